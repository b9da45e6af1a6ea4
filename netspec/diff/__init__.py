"""What changed between two networks, what it costs, and which weights would still load. Told in docs/diff.md."""

from netspec.diff.compare import Comparison, Pair, compare
from netspec.diff.marks import marks
from netspec.diff.side import Side

__all__ = ["Comparison", "Pair", "Side", "compare", "marks"]

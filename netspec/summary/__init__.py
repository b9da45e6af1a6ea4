"""A network summed up: as tables, as JSON, and as HTML for a notebook; each form a file of its own."""

from netspec.summary.notebook import html
from netspec.summary.table import DEPTHS, WIDTH, overview, rows, table, totals

__all__ = ["DEPTHS", "WIDTH", "html", "overview", "rows", "table", "totals"]

"""What the ways of writing layers in PyTorch are put to, file by file."""

from __future__ import annotations

from netspec.conventions._rules import Rules
from netspec.conventions._torch import Call, Plain

Calls = tuple[Call, ...]
WAYS: Rules[Calls] = Rules()
NOTHING: Calls = (Plain(),)

"""Where fuzzing begins: the specs of this project and the words of the language, both read from where they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from netspec.expressions import CONSTANTS, FUNCTIONS
from netspec.references import RESERVED
from netspec.registry import objects
from netspec.schema import OBJECT_KINDS, spec_schema
from netspec.suggest import KEY_WORDS, OPTION_WORDS, TYPE_WORDS

TESTS = Path(__file__).parent.parent
VALID = (TESTS.parent / "specs", TESTS / "specs")
WRONG = (TESTS / "diagnostics", TESTS / "mistakes", TESTS / "hostile")

MAX_BYTES = 16_384
"""Larger files are there for limits on size, and would only slow everything down."""

PUNCTUATION = (
    ": ", "- ", "? ", ", ", " #", "&a ", "*a", "!!", "|\n", ">-\n", "---\n", "...\n", "<<: ", "{", "}", "[", "]", "'",
    '"', "%", "@", "`", "\t", "\n  ", "\r\n", "\\u", "\x85", "\u2028", "\ufeff", "~", "0x", "0o", "1e3", ".inf", ".nan",
    "$", "$(", ")", "//", "**", ".*", ".0", "-2", "1_000",
)  # fmt: skip


def valid_specs() -> list[Path]:
    """Every spec of the project that is good, in an order that doesn't change."""
    return sorted(path for folder in VALID for path in folder.glob("*.yaml") if ".expect" not in path.suffixes)


def all_specs() -> list[Path]:
    """Every spec, good or wrong, and what such specs are made of."""
    wrong = (path for folder in WRONG for path in folder.rglob("*.yaml") if path.is_file())
    return valid_specs() + sorted(path for path in wrong if path.stat().st_size <= MAX_BYTES)


def words() -> list[str]:
    """What a spec can be made of: the keys, types, options and functions, what people write for them, and signs."""
    named = {entry.name for kind in OBJECT_KINDS for entry in objects(kind)}
    named.update(_named_by(spec_schema()), FUNCTIONS, CONSTANTS, RESERVED, KEY_WORDS, OPTION_WORDS, TYPE_WORDS)
    return [*sorted(named), *PUNCTUATION]


def _named_by(schema: Any) -> Iterator[str]:
    """Yield the names of properties and the values that a JSON Schema lists."""
    if isinstance(schema, dict):
        yield from schema.get("properties", ())
        yield from (value for value in schema.get("enum", ()) if isinstance(value, str))
        for part in schema.values():
            yield from _named_by(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _named_by(part)

"""The seeded-mistake suite as data: wrong specs, and beside them what a good message about each has to hold.

`CATEGORY/NAME.yaml` is a spec with a known mistake (a few have two or three); `CATEGORY/files/` holds bases and
libraries of such specs. `CATEGORY.yaml` has one entry a spec:

    linear_for_dense: {line: 7, says: [Linear], fix: dense}
    two_at_once: {line: [7, 9], says: [[Linear], [pading]], fix: [dense, padding]}
    window_too_large: {line: 12, says: [pool_size, 8], fix: null}

``line`` is where the mistake was made, ``files/base.yaml:3`` if in another file; ``says`` are words of the message, its
label or related notes; ``fix`` is a word of the help, or several, that name the right fix, null where only the author
can know it. A list of all that exists (`it takes filters, kernel_size, strides`) names no fix: see `without_lists`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
LIST = re.compile(r"(?:['\"]?[A-Za-z_]\w*['\"]?, ){2,}['\"]?[A-Za-z_…]\w*['\"]?")


@dataclass(frozen=True)
class Mistake:
    """One mistake: where it was made, and the words that explain it and its fix."""

    file: str
    line: int
    says: tuple[str, ...]
    fix: tuple[str, ...]

    @property
    def place(self) -> tuple[str, int]:
        return self.file, self.line


@dataclass(frozen=True)
class Case:
    """A wrong spec and its mistakes."""

    category: str
    name: str
    mistakes: tuple[Mistake, ...]

    @property
    def spec(self) -> Path:
        return FOLDER / self.category / f"{self.name}.yaml"

    def __str__(self) -> str:
        return f"{self.category}-{self.name}"


def categories() -> list[str]:
    return sorted(table.stem for table in FOLDER.glob("*.yaml"))


def table(category: str) -> dict[str, Any]:
    """The entries of a category as written, by name."""
    entries: dict[str, Any] = yaml.safe_load((FOLDER / f"{category}.yaml").read_text(encoding="utf-8"))
    return entries


def specs(category: str) -> set[str]:
    """The names of the wrong specs that a category has."""
    return {path.stem for path in (FOLDER / category).glob("*.yaml")}


def cases() -> list[Case]:
    return [
        Case(category, name, tuple(_mistakes(name, entry)))
        for category in categories()
        for name, entry in table(category).items()
    ]


def without_lists(text: str) -> str:
    """Cut out what names three things or more in a row: who lists all that exists has not said which one is right."""
    return LIST.sub("", text)


def _mistakes(name: str, entry: dict[str, Any]) -> Iterator[Mistake]:
    assert entry.keys() == {"line", "says", "fix"}, name
    columns = entry.values() if isinstance(entry["line"], list) else [[value] for value in entry.values()]
    row = dict(zip(entry, columns, strict=True))
    for line, says, fix in zip(row["line"], row["says"], row["fix"], strict=True):
        assert says, name
        file, _, number = str(line).rpartition(":")
        yield Mistake(file or f"{name}.yaml", int(number), _words(says), () if fix is None else _words(fix))


def _words(written: Any) -> tuple[str, ...]:
    """Texts as they are; numbers and booleans as YAML writes them."""
    words = written if isinstance(written, list) else [written]
    return tuple(word if isinstance(word, str) else json.dumps(word) for word in words)

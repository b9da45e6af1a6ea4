"""Inputs by number: a case is known by its number alone, as long as the specs that it is made from stay the same."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from pathlib import Path
from random import Random
from typing import Any

import yaml as pyyaml

from netspec import yaml
from netspec.errors import Source
from tests.fuzz.mutations import Mutator, changed_bytes
from tests.fuzz.seeds import all_specs, valid_specs, words
from tests.fuzz.target import check_promises, check_reading
from tests.fuzz.workspace import Check


class Cases(ABC):
    """Every case of one kind, and what is checked of each."""

    check: Check

    @abstractmethod
    def __getitem__(self, number: int) -> bytes:
        """Make the text of a case."""


class Edits(Cases):
    """Edits of the bytes of any spec, good or wrong: what the engine does, without its knowledge of coverage."""

    check = staticmethod(check_reading)

    def __init__(self) -> None:
        self.texts = [path.read_bytes() for path in all_specs()]
        self.words = words()

    def __getitem__(self, number: int) -> bytes:
        chance = Random(number)
        return changed_bytes(chance, chance.choice(self.texts), self.words)


class Structures(Cases):
    """Changes to what good specs hold, and edits of their text."""

    check = staticmethod(check_promises)

    def __init__(self) -> None:
        self.specs = valid_specs()
        self.trees = {path.name: _values(path) for path in self.specs}
        self.words = words()

    def __getitem__(self, number: int) -> bytes:
        chance = Random(number)
        path = chance.choice(self.specs)
        if chance.random() < 0.2:
            return changed_bytes(chance, path.read_bytes(), self.words)
        tree = Mutator(chance, self.trees, self.words).changed(self.trees[path.name])
        flow = chance.choice((True, False, None))  # all in brackets, all in lines, or only the leaves in brackets
        return _text(tree, flow)


class Generated(Cases):
    """Specs made from what the registry declares: by turns sensible ones, and whatever the schema allows."""

    check = staticmethod(check_promises)

    def __init__(self) -> None:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        from tests.differential.generate import spec_of  # it brings Keras, which takes seconds

        self.spec_of = spec_of

    def __getitem__(self, number: int) -> bytes:
        return _text(self.spec_of(number, "valid" if number % 2 else "any"))


def _text(tree: Any, flow: bool | None = None) -> bytes:
    return pyyaml.safe_dump(tree, default_flow_style=flow, sort_keys=False, allow_unicode=True).encode()


def _values(path: Path) -> Any:
    tree, _ = yaml.read(Source(path.name, path.read_text(encoding="utf-8")))
    return yaml.plain(tree)

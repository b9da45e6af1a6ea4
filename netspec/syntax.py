"""A spec as read: what was written, with every name resolved that can be resolved without expanding anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from netspec import yaml
from netspec.errors import Where
from netspec.options import Option
from netspec.references import Reference
from netspec.registry import Type
from netspec.values import Value


class Located(NamedTuple):
    """A reference and the place where it is written; None for a text that is none, which was reported."""

    reference: Reference | None
    where: Where


class Application(NamedTuple):
    """The function of keras.applications whose published weights fit, and the place where it is written."""

    name: str
    where: Where


Inputs = tuple[Located, ...] | dict[str, Located]


@dataclass(slots=True, eq=False)
class Source:
    """A written ``from``; for a mapping, references by input name."""

    references: Inputs
    where: Where

    def flows(self) -> bool:
        references = self.references.values() if isinstance(self.references, dict) else self.references
        return any(located.reference is None or located.reference.flows for located in references)


@dataclass(slots=True, eq=False)
class Step:
    """One written node. ``label`` is its part of built names: its own name, or its type and perhaps a number.

    A step without label is transparent: an unnamed, unrepeated group or branches, whose nodes belong to the list that
    it stands in. A step whose ``body`` is None is broken: what is wrong with it was reported. ``expanded`` says that
    the network has it: a condition may leave it out, and no node may use the block that it stands in.
    """

    where: Where
    path: str
    body: Body | None
    name: str | None = None
    label: str = ""
    source: Source | None = None
    repeat: Value | None = None
    when: Value | None = None
    expanded: bool = False

    @property
    def transparent(self) -> bool:
        return isinstance(self.body, Group | Branches) and self.name is None and self.repeat is None

    def least_layers(self) -> int:
        """How many layers this makes at least, as far as that is known without working anything out."""
        if self.body is None or self.when is not None:
            return 0
        times = 1
        if self.repeat is not None:
            times = self.repeat.constant if self.repeat.is_constant and type(self.repeat.constant) is int else 0
        return max(times, 0) * self.body.least_layers()


@dataclass(slots=True, eq=False)
class Call:
    """A layer or block with options. ``defaults`` are the spec's for this type, without those that the node says.

    Where something is wrong with it, which was reported, ``doubtful`` names the options that are not known.
    """

    entry: Type
    options: dict[str, Value]
    defaults: dict[str, Value]
    doubtful: Collection[str] | None = None
    bound: Any = None  # the layer or block call, where every option is a constant

    def least_layers(self) -> int:
        return self.entry.least_layers() if isinstance(self.entry, YamlBlock) else 1


@dataclass(slots=True, eq=False)
class Group:
    """``nodes``: a list that can repeat or have a name."""

    steps: list[Step]
    kind = "nodes"

    def least_layers(self) -> int:
        return sum(step.least_layers() for step in self.steps)


@dataclass(slots=True, eq=False)
class Branches:
    """``branches``: lists side by side on the same input, joined by ``merge``."""

    branches: list[list[Step]]
    merge: Step
    kind = "branches"

    def least_layers(self) -> int:
        return sum(step.least_layers() for branch in self.branches for step in branch) + self.merge.least_layers()


@dataclass(slots=True, eq=False)
class Share:
    """``share``: a second call of something that was built before, with the same weights.

    ``options`` are those that a layer takes at each call.
    """

    target: Reference
    where: Where
    options: dict[str, Value] = field(default_factory=dict)
    kind = "share"

    def least_layers(self) -> int:
        return 1


Body = Call | Group | Branches | Share


class YamlBlock(Type):
    """A block defined in YAML: params in JSON Schema's words, inputs, vars, and a body of nodes."""

    kind = "block"

    def __init__(self, name: str, where: Where, *, sees_vars: bool) -> None:
        super().__init__(name, self._no_target, "yaml")
        self.where = where
        self.sees_vars = sees_vars
        self.params: dict[str, Option] = {}
        self.defaults: dict[str, Value] = {}
        self.vars: dict[str, Value] = {}
        self.steps: list[Step] = []
        self.description = ""
        self.inputs = ("x",)
        self.named_inputs = False
        self.required_inputs = 1
        self._least: int | None = None

    @staticmethod
    def _no_target(**options: Any) -> Any:
        raise AssertionError("a YAML block is expanded from its nodes")

    @cached_property
    def options(self) -> Mapping[str, Option]:
        return self.params

    @cached_property
    def documentation(self) -> str:
        return self.description

    def convert(self, name: str, value: Any) -> Any:
        return value  # expressions work on values as they are written

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        return options

    def least_layers(self) -> int:
        if self._least is None:
            self._least = 0  # a block that contains itself is refused elsewhere; here it must not run away
            self._least = sum(step.least_layers() for step in self.steps)
        return self._least


@dataclass(slots=True, eq=False)
class InputDeclaration:
    """One input: a list of sizes, and a dtype."""

    shape: Value
    dtype: Value
    where: Where


@dataclass(slots=True, eq=False)
class Network:
    """A whole spec, ready to be expanded. ``tree`` is the text's tree with ``extends`` and ``set`` worked out."""

    tree: yaml.Mapping
    libraries: list[yaml.Mapping]
    name: str
    description: str = ""
    vars: dict[str, Value] = field(default_factory=dict)
    defaults: dict[str, dict[str, Value]] = field(default_factory=dict)
    inputs: dict[str, InputDeclaration] = field(default_factory=dict)
    single_input: bool = True
    padding: Value | None = None
    stages: dict[str, list[Step]] = field(default_factory=dict)
    outputs: list[tuple[Reference, Where]] | None = None
    budget: dict[str, Value] = field(default_factory=dict)
    application: Application | None = None
    blocks: dict[str, YamlBlock] = field(default_factory=dict)
    blocks_missing: bool = False  # a file that may hold more of them could not be used
    names: dict[str, Where] = field(default_factory=dict)
    used_variables: set[str] = field(default_factory=set)

"""From the tree of a text to a `Network`: structure, names, types and options, all mistakes in one pass."""

from __future__ import annotations

import netspec.blocks
import netspec.layers  # noqa: F401  (importing both registers every type)
from netspec import yaml
from netspec.block_definitions import BlockReader
from netspec.budgets import BUDGETS
from netspec.checks import KERAS_APPLICATIONS, check_budget, check_dtype, check_shape
from netspec.errors import Where
from netspec.limits import Limits
from netspec.nodes import NodeReader, Scope
from netspec.options import SPEC_KEYS, shorten, show_value
from netspec.reader import Reader
from netspec.suggest import KEY_WORDS, nearest
from netspec.syntax import Application, InputDeclaration, Network
from netspec.values import Problems, constant

LANGUAGE_VERSION = 1
INPUT_KEYS = ("shape", "dtype")
LIST_KEYS = ("use", "head", "outputs")

TOP_LEVEL = SPEC_KEYS


def parse(
    tree: yaml.Mapping,
    libraries: list[yaml.Mapping],
    name: str,
    problems: Problems,
    limits: Limits,
    *,
    blocks_missing: bool = False,
) -> Network:
    """Read a whole spec. What is wrong is added to ``problems``; what can be read is given back all the same.

    ``blocks_missing`` says that a library could not be read: a type that is not known may be from there.
    """
    return _Parser(Network(tree, libraries, name, blocks_missing=blocks_missing), Reader(problems, limits)).network()


def parse_blocks(tree: yaml.Mapping, problems: Problems, limits: Limits) -> None:
    """Read a file of blocks alone. A type that it does not define may be from a file that is used beside it."""
    reader = Reader(problems, limits)
    parser = _Parser(Network(yaml.Mapping({}, tree.where), [tree], ""), reader)
    parser.blocks()


class _Parser:
    def __init__(self, network: Network, reader: Reader) -> None:
        self.result = network
        self.tree = network.tree
        self.read = reader
        self.nodes = NodeReader(reader, self.result.blocks, self.result.defaults)

    def network(self) -> Network:
        tree, result = self.tree, self.result
        if not tree.broken:
            self._top_level()
        self._version(tree)
        result.name = self.read.text(tree, "name", result.name)
        result.description = self.read.text(tree, "description", "")
        if "name" in tree.entries and (
            any(character in result.name for character in "/\\") or not result.name.strip(". ")
        ):
            self.read.problems.say(
                "E110",
                "the name of a network can't hold / or \\, and isn't only dots or nothing",
                tree.entries["name"].where,
                path="name",
                help="it may become the name of a file: write letters, digits, - and _",
            )
        result.vars = self.read.variables(tree, "")
        self.nodes.blocks_missing = result.blocks_missing
        blocks = BlockReader(self.read, self.nodes, result.vars)
        for library in result.libraries:
            blocks.declare(library, own=False)
        blocks.declare(tree, own=True)
        self._defaults()
        self._inputs()
        blocks.read_bodies()
        self._stages()
        if "input" not in tree.entries and "inputs" not in tree.entries and not self.nodes.input_as_node:
            self._missing(["input", "inputs"], "the spec has no input", "write input: {shape: [64, 64, 3]}")
        self._outputs()
        self._budget()
        self._weights()
        result.used_variables = {name for name, _ in self.read.uses}
        return result

    def blocks(self) -> None:
        """Read nothing but the library."""
        self.nodes.alone = True
        blocks = BlockReader(self.read, self.nodes, {})
        for library in self.result.libraries:
            if "netspec" in library.entries:
                self._version(library)
            blocks.declare(library, own=False)
        blocks.read_bodies()

    def _top_level(self) -> None:
        """Refuse unknown keys. What is under one that holds a whole spec is read as if it stood at the margin."""
        tree = self.tree
        for key, where in list(tree.keys.items()):
            item = tree.entries[key]
            if key in TOP_LEVEL:
                continue
            inner = item.entries if isinstance(item, yaml.Mapping) else {}
            if any(one in inner for one in ("input", "inputs", "stages", "head")):
                assert isinstance(item, yaml.Mapping)
                help = f"take what is under {key} out: its keys begin at the left margin"
                self.read.problems.say("E106", f"a spec has no key {show_value(key)}", where, path=key, help=help)
                del tree.entries[key], tree.keys[key]
                tree.entries.update({name: one for name, one in inner.items() if name not in tree.entries})
                tree.keys.update({name: one for name, one in item.keys.items() if name not in tree.keys})
                self._top_level()
                return
            known = LIST_KEYS if isinstance(item, yaml.Sequence) else TOP_LEVEL
            self.read.unknown_key(key, known if nearest(key, known, KEY_WORDS) else TOP_LEVEL, where, key, "a spec")

    def _missing(self, keys: list[str], message: str, help: str) -> None:
        if not any(nearest(key, ["extends"], KEY_WORDS) for key in self.tree.entries if key not in TOP_LEVEL):
            self.read.missing(self.tree, keys, TOP_LEVEL, message, help=help)

    def _version(self, tree: yaml.Mapping) -> None:
        version = tree.entries.get("netspec")
        newer = isinstance(version, yaml.Scalar) and type(version.value) is int and version.value > LANGUAGE_VERSION
        later = ", or install a netspec that reads that version" if newer else ""
        if version is None:
            self._missing(
                ["netspec"], "the spec has no netspec: key, the version of the language", "begin with netspec: 1"
            )
        elif (
            not isinstance(version, yaml.Scalar) or type(version.value) is not int or version.value != LANGUAGE_VERSION
        ):
            self.read.problems.say(
                "E111",
                f"this netspec reads version {LANGUAGE_VERSION} of the language, not {show_value(yaml.plain(version))}",
                version.where,
                path="netspec",
                help=f"write netspec: {LANGUAGE_VERSION}{later}",
            )

    def _inputs(self) -> None:
        tree = self.tree
        one, many = tree.entries.get("input"), tree.entries.get("inputs")
        if one is not None and many is not None:
            self.read.problems.say(
                "E105",
                "a spec has input or inputs, not both",
                tree.keys["inputs"],
                path="inputs",
                help="keep one of the two",
            )
        if one is not None and many is None:
            self.read.claim("input", tree.keys["input"], self.result.names)
            if declaration := self._input(one, "input"):
                self.result.inputs["input"] = declaration
        elif many is not None:
            self.result.single_input = False
            if isinstance(many, yaml.Mapping) and not many.entries and not many.broken:
                help = "write inputs: {left: {shape: [64, 64, 3]}, right: {shape: [64, 64, 3]}}"
                self.read.problems.say("E108", "inputs names no input", many.where, path="inputs", help=help)
            for name, item in self.read.mapping(tree, "inputs", "").items():
                path = f"inputs.{name}"
                where = self.read.key(many, name)
                if (
                    self.read.name(name, where, path)
                    and self.read.claim(name, where, self.result.names)
                    and (declaration := self._input(item, path))
                ):
                    self.result.inputs[name] = declaration
        padding = tree.entries.get("padding")
        if padding is not None:
            if not self.result.single_input:
                self.read.problems.say(
                    "E105",
                    "padding pads the single input; with several inputs it has no meaning",
                    tree.keys["padding"],
                    path="padding",
                    help="put a zero_padding layer where it is wanted",
                )
            else:
                self.result.padding = self.read.value(padding, "padding")
                self.read.claim("padding", tree.keys["padding"], self.result.names)

    def _input(self, tree: yaml.Tree, path: str) -> InputDeclaration | None:
        if tree.broken:
            return None
        if not isinstance(tree, yaml.Mapping):
            self.read.wrong_kind(
                "E108",
                f"{path} must be a mapping with shape and dtype",
                tree,
                path,
                "write {shape: [height, width, channels]}, without the batch",
            )
            return None
        self.read.known_keys(tree, INPUT_KEYS, path)
        shape = tree.entries.get("shape")
        if shape is None:
            help = "write shape: [height, width, channels], without the batch"
            self.read.missing(tree, ["shape"], INPUT_KEYS, f"{path} has no shape", path=path, help=help)
            return None
        compiled = self.read.value(shape, f"{path}.shape")
        known = compiled.is_constant and not compiled.broken
        if known and not self.read.unmarked(compiled, self.read.variable_names, f"{path}.shape"):
            check_shape(self.read.problems, compiled, compiled.constant, f"{path}.shape")
        dtype = tree.entries.get("dtype")
        kind = self.read.value(dtype, f"{path}.dtype") if dtype is not None else constant("float32", tree)
        if kind.is_constant and not kind.broken:
            check_dtype(self.read.problems, kind, kind.constant, f"{path}.dtype")
        return InputDeclaration(compiled, kind, tree.where)

    def _stages(self) -> None:
        tree = self.tree
        named = "name each list of nodes: stages: {stem: […], body: […]}; or write the nodes under head"
        stages = self.read.mapping(tree, "stages", "", named)
        written: list[tuple[str, yaml.Tree, str, Where]] = []
        for name, item in stages.items():
            where = self.read.key(tree.entries["stages"], name)
            if self.read.name(name, where, f"stages.{name}") and self.read.claim(name, where, self.result.names):
                written.append((name, item, f"stages.{name}", where))
        head = tree.entries.get("head")
        if head is not None and self.read.claim("head", tree.keys["head"], self.result.names):
            written.append(("head", head, "head", tree.keys["head"]))
        if "stages" not in tree.entries and head is None:
            help = "write stages:, a mapping from stage name to a list of nodes"
            self._missing(["stages", "head"], "the spec has neither stages nor head", help)
        for name, item, path, where in written:
            self.result.stages[name] = self.nodes.steps(item, path, Scope(self.result.names), where)

    def _outputs(self) -> None:
        tree = self.tree.entries.get("outputs")
        if tree is None or tree.broken:
            return
        if not isinstance(tree, yaml.Sequence) or not tree.items:
            self.read.wrong_kind(
                "E108", "outputs must be a list of references", tree, "outputs", "write outputs: [name, stage.name]"
            )
            return
        self.result.outputs = []
        for index, item in enumerate(tree.items):
            reference = self.read.reference(item, f"outputs.{index}")
            if reference is not None:
                self.result.outputs.append((reference, item.where))

    def _budget(self) -> None:
        for name, item in self.read.mapping(self.tree, "budget", "", "write budget: {params: …}").items():
            if name not in BUDGETS:
                self.read.unknown_key(
                    name, BUDGETS, self.read.key(self.tree.entries["budget"], name), f"budget.{name}", "budget"
                )
                continue
            value = self.read.value(item, f"budget.{name}")
            if not value.broken:
                self.result.budget[name] = value
                if value.is_constant:
                    check_budget(self.read.problems, value, value.constant, f"budget.{name}")

    def _weights(self) -> None:
        help = "write weights: {keras_application: ResNet50}"
        written = str(yaml.plain(self.tree.entries["weights"])) if "weights" in self.tree.entries else ""
        if written.endswith((".h5", ".keras")):
            help = f"a file is named when the model is built: netspec build SPEC --weights {shorten(written)}"
        elif near := nearest(written, KERAS_APPLICATIONS):
            help = f"write weights: {{keras_application: {near}}}"
        weights = self.read.mapping(self.tree, "weights", "", help)
        if not weights:
            return
        self.read.known_keys(self.tree.entries["weights"], ("keras_application",), "weights")
        name = weights.get("keras_application")
        if name is None or name.broken:
            return
        path = "weights.keras_application"
        if not isinstance(name, yaml.Scalar) or not isinstance(name.value, str):
            self.read.wrong_kind("E108", "keras_application must be the name of one", name, path, help)
        elif name.value not in KERAS_APPLICATIONS:
            near = nearest(name.value, KERAS_APPLICATIONS)
            help = f"write {near}" if near else f"Keras has {', '.join(KERAS_APPLICATIONS)}"
            message = f"keras.applications has no {show_value(name.value)}"
            self.read.problems.say("E108", message, name.where, path=path, help=help)
        else:
            self.result.application = Application(name.value, name.where)

    def _defaults(self) -> None:
        before = len(self.read.uses)
        self._read_defaults()
        self.read.known_names(before, self.result.vars, "defaults see the vars of the spec", "defaults")

    def _read_defaults(self) -> None:
        result = self.result.defaults
        for type_name, item in self.read.mapping(self.tree, "defaults", "").items():
            path = f"defaults.{type_name}"
            entry = self.nodes.find_type(type_name, self.read.key(self.tree.entries["defaults"], type_name), path)
            if entry is None or item.broken:
                continue
            if not isinstance(item, yaml.Mapping):
                self.read.wrong_kind("E108", f"{path} must be a mapping from option to value", item, path)
                continue
            result[type_name] = {}
            for name in item.entries:
                if name not in entry.options:
                    mistake = entry.unknown_option(name, item.entries)
                    self.read.problems.mistake(mistake, item.keys[name], f"{path}.{name}")
            options = {name: tree for name, tree in item.entries.items() if name in entry.options}
            for name, tree in options.items():
                value = self.nodes.option(entry, name, tree, f"{path}.{name}")
                if not value.broken:
                    result[type_name][name] = value

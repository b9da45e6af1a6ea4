"""Blocks defined in YAML: their params, inputs and vars, and the bodies once every block is known by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netspec import yaml
from netspec.errors import Where
from netspec.layer import TYPES
from netspec.nodes import NodeReader, Scope, calls
from netspec.options import Option, compile_schema, show_value
from netspec.reader import Reader
from netspec.references import POSITIONAL
from netspec.suggest import KEY_WORDS, nearest
from netspec.syntax import Call, YamlBlock
from netspec.values import Value

LIBRARY_KEYS = ("netspec", "name", "description", "blocks")
LIBRARY_NOTE = "a block of a library sees only its params; make it one of them"
BLOCK_KEYS = ("description", "params", "inputs", "vars", "nodes")
PARAM_KEYS = ("type", "enum", "minimum", "maximum", "items", "minItems", "maxItems", "default", "description")
PARAM_TYPES = ("integer", "number", "string", "boolean", "array", "null")


class BlockReader:
    """Reads the ``blocks`` of a spec and of the libraries that it uses."""

    def __init__(self, reader: Reader, nodes: NodeReader, variables: Iterable[str]) -> None:
        self.read = reader
        self.variables = set(variables)
        self.nodes = nodes
        self.blocks = nodes.blocks
        self._bodies: list[tuple[YamlBlock, yaml.Mapping, str]] = []

    def declare(self, tree: yaml.Mapping, *, own: bool) -> None:
        """Make the blocks of a file known by name and params; ``own`` says that it is the spec and no library."""
        if not own and not tree.broken:
            self.read.known_keys(tree, LIBRARY_KEYS, "", what="a file of blocks")
        named = "write each block under its name: blocks: {conv_bn: {nodes: […]}}"
        self.nodes.broken_blocks.update(_names_of_items(tree.entries.get("blocks")))
        for name, item in self.read.mapping(tree, "blocks", "", named).items():
            path = f"blocks.{name}"
            where = self.read.key(tree.entries["blocks"], name)
            if not self.read.name(name, where, path) or not self._block_name_free(name, where):
                self.nodes.broken_blocks.add(name)  # whichever is meant by a use: nothing is said about it
                self.blocks.pop(name, None)
                continue
            if item.broken or not isinstance(item, yaml.Mapping):
                self.nodes.broken_blocks.add(name)
                if not item.broken:
                    wanted = "a block is a mapping with params and nodes"
                    self.read.wrong_kind("E112", wanted, item, path, "write {params: {…}, nodes: […]}", where)
                continue
            block = YamlBlock(name, where, sees_vars=own)
            self.blocks[name] = block
            self._bodies.append((block, item, path))
            self._block_header(block, item, path)

    def read_bodies(self) -> None:
        """Read the nodes of every declared block; refuse blocks that contain themselves."""
        for block, tree, path in self._bodies:
            self._block_body(block, tree, path)
        done: set[str] = set()
        for block in self.blocks.values():
            self._refuse_circles(block, done)

    def _block_name_free(self, name: str, where: Where) -> bool:
        other = self.blocks.get(name)
        if other is not None:
            self.read.twice(f"the block {name!r}", where, other.where)
            return False
        if name in TYPES and TYPES[name].kind == "layer":
            self.read.problems.say("E206", f"{name} is a layer already", where, help="give the block another name")
            return False
        return True

    def _block_header(self, block: YamlBlock, tree: yaml.Mapping, path: str) -> None:
        self.read.known_keys(tree, BLOCK_KEYS, path, what="a block")
        block.description = self.read.text(tree, "description", "")
        for name in _names_of_items(tree.entries.get("params")):
            self._broken_param(block, name, tree)
        named = "write each param under its name: params: {filters: {type: integer}}"
        for name, item in self.read.mapping(tree, "params", path, named).items():
            where = self.read.key(tree.entries["params"], name)
            self._broken_param(block, name, item)
            if self.read.variable_name(name, where, f"{path}.params.{name}"):
                self._param(block, name, item, f"{path}.params.{name}")
        inputs = tree.entries.get("inputs")
        if inputs is not None:
            self._block_inputs(block, inputs, f"{path}.inputs")
        self._params_of(block)
        block.vars = self.read.variables(tree, path)
        for name in block.vars:
            if name in block.params:
                self.read.twice(
                    f"the name {name!r}",
                    self.read.key(tree.entries["vars"], name),
                    self.read.key(tree.entries["params"], name),
                )

    def _params_of(self, block: YamlBlock) -> None:
        """A param's default may use the params before it and the spec's variables, nothing else."""
        seen: list[str] = []
        known = {*POSITIONAL, *(self.variables if block.sees_vars else ())}
        for name in block.params:
            default = block.defaults.get(name)
            if default is not None and not default.broken:
                for used in (used for used in _names(default) if used not in known):
                    message, help = self._unknown_in_default(block, name, used, seen)
                    self.read.problems.say("E201", message, default.where, help=help)
                    default.broken = True
            seen.append(name)
            known.add(name)

    def _unknown_in_default(self, block: YamlBlock, name: str, used: str, seen: list[str]) -> tuple[str, str]:
        if used == name:
            return f"the default of {name} uses itself", "a default can use the params before it"
        if used in block.params:
            return f"the default of {name} uses {used}, which is declared after it", f"move {used} before {name}"
        near = nearest(used, seen)
        others = f"there are {', '.join(seen)}" if seen else "make it a param before this one"
        return f"there is no variable {used!r} here", f"write {near}" if near else others

    def _block_inputs(self, block: YamlBlock, tree: yaml.Tree, path: str) -> None:
        names = tree.items if isinstance(tree, yaml.Sequence) else []
        if not names or not all(isinstance(item, yaml.Scalar) and isinstance(item.value, str) for item in names):
            if not tree.broken:
                self.read.problems.say(
                    "E112",
                    "the inputs of a block are a list of names",
                    tree.where,
                    path=path,
                    help="write inputs: [x, skip]",
                )
            return
        good: list[str] = []
        for index, item in enumerate(names):
            name = str(yaml.plain(item))
            if name in good:
                self.read.twice(f"the input {name!r}", item.where, names[good.index(name)].where)
            elif self.read.name(name, item.where, f"{path}.{index}"):
                good.append(name)
        if len(good) == len(names):
            block.inputs = tuple(good)
            block.named_inputs = True
            block.required_inputs = len(good)

    def _broken_param(self, block: YamlBlock, name: str, tree: yaml.Tree) -> None:
        """Make a param known, whatever is wrong with it; a broken default keeps the body from saying more."""
        block.params[name] = Option(name, {}, None)
        block.defaults[name] = Value(tree, broken=True)

    def _param(self, block: YamlBlock, name: str, tree: yaml.Tree, path: str) -> None:
        if tree.broken:
            return
        if not isinstance(tree, yaml.Mapping):
            shown = show_value(yaml.plain(tree))
            kind = _PARAM_TYPE_WORDS.get(str(yaml.plain(tree)), yaml.plain(tree))
            declared = f"type: {kind}" if kind in PARAM_TYPES else f"default: {shown}"
            self.read.problems.say(
                "E112",
                f"a param is a mapping, not {shown}",
                tree.where,
                path=path,
                help=f"write {name}: {{{declared}}}",
            )
            return
        schema = self._param_schema(tree, path)
        if schema is None:
            return
        default = tree.entries.get("default")
        description = self.read.text(tree, "description", "")
        if default is None:
            block.params[name] = Option(name, schema, description=description)
            del block.defaults[name]
            return
        value = self.read.value(default, f"{path}.default")
        block.defaults[name] = value
        if value.is_constant and value.constant is None and "type" in schema:
            schema = {"anyOf": [schema, {"type": "null"}]}
        shown = value.constant if value.is_constant else yaml.plain(default)
        option = Option(name, schema, shown, description)
        block.params[name] = option
        if value.is_constant and not value.broken and (mistake := option.check(value.constant)):
            self.read.problems.say(
                "E112",
                f"the default does not suit the param: {mistake.message}",
                default.where,
                path=f"{path}.default",
                help=mistake.help,
            )
            value.broken = True

    def _param_schema(self, tree: yaml.Mapping, path: str) -> dict[str, Any] | None:
        for key, where in tree.keys.items():
            if key not in PARAM_KEYS:
                near = nearest(key, PARAM_KEYS, KEY_WORDS)
                usual = f"write {near}" if near else f"there are {', '.join(PARAM_KEYS)}"
                self.read.problems.say(
                    "E112",
                    f"a param has no {show_value(key)}",
                    where,
                    path=f"{path}.{key}",
                    help=self.read.cut_at_comma(tree, key) or usual,
                )
                return None
        schema = {
            key: yaml.plain(item)
            for key, item in tree.entries.items()
            if key not in ("default", "description", "items")
        }
        for key, item in tree.entries.items():
            if key not in _PARAM_VALUES or key == "type":
                continue
            if not _param_validator(key).is_valid(schema[key]):
                self.read.problems.say(
                    "E112",
                    f"{key} can't be {show_value(schema[key])}",
                    item.where,
                    path=f"{path}.{key}",
                    help=_PARAM_VALUES[key][1],
                )
                return None
        kinds = schema.get("type", ["integer"])
        if kinds == []:
            message = "a param with no type at all takes no value"
            self.read.problems.say(
                "E112",
                message,
                tree.entries["type"].where,
                path=f"{path}.type",
                help="leave type out, to take any value",
            )
            return None
        for kind in kinds if isinstance(kinds, list) else [kinds]:
            if kind not in PARAM_TYPES:
                near = _PARAM_TYPE_WORDS.get(str(kind)) or nearest(str(kind), PARAM_TYPES)
                self.read.problems.say(
                    "E112",
                    f"there is no param type {show_value(kind)}",
                    tree.entries["type"].where,
                    path=f"{path}.type",
                    help=f"write type: {near}" if near else f"there are {', '.join(PARAM_TYPES)}",
                )
                return None
        items = tree.entries.get("items")
        if items is not None:
            if not isinstance(items, yaml.Mapping):
                self.read.wrong_kind(
                    "E112",
                    "items describes each item with a mapping",
                    items,
                    f"{path}.items",
                    "write items: {type: integer}",
                )
                return None
            inner = self._param_schema(items, f"{path}.items")
            if inner is None:
                return None
            schema["items"] = inner
        return schema

    def _block_body(self, block: YamlBlock, tree: yaml.Mapping, path: str) -> None:
        nodes = tree.entries.get("nodes")
        if nodes is None:
            self.read.missing(
                tree,
                ["nodes"],
                BLOCK_KEYS,
                f"the block {block.name} has no nodes",
                path=path,
                help="write nodes:, a list of nodes",
            )
            return
        names = dict.fromkeys(block.inputs, block.where) if block.named_inputs else {}
        before = len(self.read.uses)
        block.steps = self.nodes.steps(nodes, f"{path}.nodes", Scope(names))
        self._refuse_unknown_names(block, before, path)

    def _refuse_unknown_names(self, block: YamlBlock, before: int, path: str) -> None:
        """Report names that no call of the block could give a value, also where nothing calls it."""
        own = [*block.params, *block.vars]
        note = f"there are {', '.join(own)}" if own else "make it a param"
        outer = self.variables if block.sees_vars else ()
        self.read.known_names(before, [*own, *outer], note if block.sees_vars else LIBRARY_NOTE, path)

    def _refuse_circles(self, block: YamlBlock, done: set[str]) -> None:
        """Break every circle of blocks that contain each other, at the call that closes it."""
        # A stack of our own: a chain of blocks may be longer than Python's.
        stack = [(block, iter(calls(block.steps)))]
        open_names = [block.name]
        while stack:
            current, inside = stack[-1]
            step = next(inside, None)
            if step is None:
                stack.pop()
                open_names.pop()
                done.add(current.name)
                current.least_layers()  # inner blocks first, so that asking the outer ones goes one level deep
                continue
            entry = step.body.entry if isinstance(step.body, Call) else None
            if not isinstance(entry, YamlBlock):
                continue
            if entry.name in open_names:
                circle = [*open_names[open_names.index(entry.name) :], entry.name]
                self.read.problems.say(
                    "E211",
                    f"the block {entry.name} contains itself: {' → '.join(circle[-8:])}",
                    step.where,
                    path=step.path,
                    help="a block is made of layers and other blocks; to repeat something use repeat",
                )
                step.body = None
            elif entry.name not in done:
                stack.append((entry, iter(calls(entry.steps))))
                open_names.append(entry.name)


def _names_of_items(tree: yaml.Tree | None) -> list[str]:
    """Find the names in a list that should be a mapping: items that are names, or mappings that have one."""
    items = tree.items if isinstance(tree, yaml.Sequence) else []
    named = [item.entries.get("name") if isinstance(item, yaml.Mapping) else item for item in items]
    return [item.value for item in named if isinstance(item, yaml.Scalar) and isinstance(item.value, str)]


def _names(value: Value) -> list[str]:
    return sorted({name for expression in value.expressions for name in expression.names})


_PARAM_VALUES: dict[str, tuple[dict[str, Any], str]] = {
    "type": ({}, ""),
    "enum": ({"type": "array", "minItems": 1}, "write a list of the values that are allowed"),
    "minimum": ({"type": "number"}, "write a number"),
    "maximum": ({"type": "number"}, "write a number"),
    "minItems": ({"type": "integer", "minimum": 0}, "write a non-negative integer"),
    "maxItems": ({"type": "integer", "minimum": 0}, "write a non-negative integer"),
}
_PARAM_TYPE_WORDS = {
    "int": "integer", "float": "number", "double": "number", "bool": "boolean", "str": "string", "text": "string",
    "list": "array", "tuple": "array", "none": "null",
}  # fmt: skip
_PARAM_VALIDATORS: dict[str, Any] = {}


def _param_validator(key: str) -> Any:
    if key not in _PARAM_VALIDATORS:
        _PARAM_VALIDATORS[key] = compile_schema(_PARAM_VALUES[key][0])
    return _PARAM_VALIDATORS[key]

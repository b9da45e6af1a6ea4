"""From the tree of a text to a `Network`: structure, names, types and options, every independent mistake in one pass."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterable
from typing import Any

import netspec.blocks
import netspec.layers  # noqa: F401  (importing both registers every type)
from netspec import yaml
from netspec.cost import BUDGETS
from netspec.errors import Diagnostic, Mistake, Related, Where
from netspec.layer import TYPES
from netspec.limits import Limits
from netspec.options import Option, compile_schema, show_value
from netspec.plugins import find, installed
from netspec.references import NODE_KEYS, PREV, RESERVED, parse_reference
from netspec.registry import NAME, Mistakes, Type
from netspec.suggest import nearest
from netspec.syntax import (
    Branches,
    Call,
    Group,
    InputDeclaration,
    Network,
    Share,
    Source,
    Step,
    YamlBlock,
)
from netspec.values import Problems, Value, compile_value, constant

LANGUAGE_VERSION = 1

TOP_LEVEL = (
    "netspec", "name", "description", "extends", "set", "use", "vars", "defaults", "input", "inputs", "padding", "blocks",
    "stages", "head", "outputs", "budget", "weights",
)  # fmt: skip
LIBRARY_KEYS = ("netspec", "name", "description", "blocks")
INPUT_DTYPES = (
    "float32", "float16", "bfloat16", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "bool",
)  # fmt: skip
PARAM_KEYS = ("type", "enum", "minimum", "maximum", "items", "minItems", "maxItems", "default", "description")
PARAM_TYPES = ("integer", "number", "string", "boolean", "array", "null")
BODY_KEYS = ("type", "nodes", "branches", "share")
EXPRESSION_WORDS = frozenset({"true", "false", "null", *keyword.kwlist})


def parse(tree: yaml.Mapping, libraries: list[yaml.Mapping], name: str, problems: Problems, limits: Limits) -> Network:
    """Read a whole spec. What is wrong is added to ``problems``; what can be read is given back all the same."""
    return _Parser(tree, name, problems, limits).network(libraries)


class _Scope:
    """The names taken where a list of nodes stands; ``own`` says that its nodes are not part of the list around it."""

    def __init__(self, names: dict[str, Where], *, own: bool = True) -> None:
        self.names = names
        self.own = own


class _Parser:
    def __init__(self, tree: yaml.Mapping, name: str, problems: Problems, limits: Limits) -> None:
        self.tree = tree
        self.problems = problems
        self.limits = limits
        self.result = Network(tree, name)
        self.blocks = self.result.blocks

    # ------------------------------------------------------------------------------------------------------- the whole

    def network(self, libraries: list[yaml.Mapping]) -> Network:
        tree, result = self.tree, self.result
        if not tree.broken:
            self._known_keys(tree, TOP_LEVEL, "")
        self._version(tree)
        result.name = self._text(tree, "name", result.name)
        result.description = self._text(tree, "description", "")
        if "name" in tree.entries and any(character in result.name for character in "/\\"):
            self.problems.say(
                "E110", "the name of a network can't hold / or \\", tree.entries["name"].where, path="name"
            )
        result.vars = self._vars(self._mapping(tree, "vars", ""), "vars")
        bodies = self._declare_blocks(libraries)
        result.defaults = self._defaults()
        self._inputs()
        for block, body, path in bodies:
            self._block_body(block, body, path)
        self._refuse_recursion()
        self._stages()
        self._outputs()
        self._budget()
        self._weights()
        return result

    def _version(self, tree: yaml.Mapping) -> None:
        if tree.broken:
            return
        version = tree.entries.get("netspec")
        if version is None:
            self.problems.say(
                "E107",
                "the spec has no netspec: key, the version of the language",
                tree.where,
                help="begin with netspec: 1",
            )
        elif (
            not isinstance(version, yaml.Scalar) or type(version.value) is not int or version.value != LANGUAGE_VERSION
        ):
            self.problems.say(
                "E111",
                f"this netspec reads version {LANGUAGE_VERSION} of the language, not {show_value(yaml.plain(version))}",
                version.where,
                path="netspec",
                help=f"write netspec: {LANGUAGE_VERSION}",
            )

    def _inputs(self) -> None:
        tree = self.tree
        one, many = tree.entries.get("input"), tree.entries.get("inputs")
        if one is not None and many is not None:
            self.problems.say(
                "E105",
                "a spec has input or inputs, not both",
                tree.keys["inputs"],
                path="inputs",
                help="keep one of the two",
            )
        if one is None and many is None:
            if not tree.broken:
                self.problems.say("E107", "the spec has no input", tree.where, help="write input: {shape: [64, 64, 3]}")
            return
        if one is not None:
            self._name_taken("input", tree.keys["input"])
            if declaration := self._input(one, "input"):
                self.result.inputs["input"] = declaration
        elif many is not None:
            self.result.single_input = False
            for name, item in self._mapping(tree, "inputs", "").items():
                path = f"inputs.{name}"
                where = self._key(many, name)
                if (
                    self._name(name, where, path)
                    and self._name_taken(name, where)
                    and (declaration := self._input(item, path))
                ):
                    self.result.inputs[name] = declaration
        padding = tree.entries.get("padding")
        if padding is not None:
            if not self.result.single_input:
                self.problems.say(
                    "E105", "padding pads the single input; with several inputs it has no meaning", tree.keys["padding"],
                    path="padding", help="put a zero_padding layer where it is wanted",
                )  # fmt: skip
            else:
                self.result.padding = self._value(padding, "padding")
                self._name_taken("padding", tree.keys["padding"])

    def _input(self, tree: yaml.Tree, path: str) -> InputDeclaration | None:
        if tree.broken:
            return None
        if not isinstance(tree, yaml.Mapping):
            self.problems.say(
                "E108", f"{path} must be a mapping with shape and dtype, not {_kind(tree)}", tree.where, path=path,
                help="write {shape: [height, width, channels]}, without the batch",
            )  # fmt: skip
            return None
        self._known_keys(tree, ("shape", "dtype"), path)
        shape = tree.entries.get("shape")
        if shape is None:
            self.problems.say(
                "E107",
                f"{path} has no shape",
                tree.where,
                path=path,
                help="write shape: [height, width, channels], without the batch",
            )
            return None
        compiled = self._value(shape, f"{path}.shape")
        if compiled.is_constant and not compiled.broken:
            self.check_shape(compiled, compiled.constant, f"{path}.shape")
        dtype = tree.entries.get("dtype")
        kind = self._value(dtype, f"{path}.dtype") if dtype is not None else constant("float32", tree)
        if kind.is_constant and kind.constant not in INPUT_DTYPES:
            self.wrong_dtype(kind, kind.constant, f"{path}.dtype")
            kind.broken = True
        return InputDeclaration(compiled, kind, tree.where)

    def check_shape(self, value: Value, sizes: Any, path: str) -> None:
        """Report a shape that is not a list of sizes, and mark the value."""
        check_shape(self.problems, value, sizes, path)

    def wrong_dtype(self, value: Value, dtype: Any, path: str) -> None:
        near = nearest(dtype, INPUT_DTYPES) if isinstance(dtype, str) else None
        self.problems.say(
            "E108", f"there is no dtype {show_value(dtype)} for an input", value.where, path=path,
            help=f"write {near}" if near else f"there are {', '.join(INPUT_DTYPES)}",
        )  # fmt: skip

    def _stages(self) -> None:
        tree = self.tree
        stages = self._mapping(tree, "stages", "")
        written: list[tuple[str, yaml.Tree, str, Where]] = []
        for name, item in stages.items():
            where = self._key(tree.entries["stages"], name)
            if self._name(name, where, f"stages.{name}") and self._name_taken(name, where):
                written.append((name, item, f"stages.{name}", where))
        head = tree.entries.get("head")
        if head is not None and self._name_taken("head", tree.keys["head"]):
            written.append(("head", head, "head", tree.keys["head"]))
        if "stages" not in tree.entries and head is None and not tree.broken:
            self.problems.say(
                "E107",
                "the spec has neither stages nor head",
                tree.where,
                help="write stages:, a mapping from stage name to a list of nodes",
            )
        for name, item, path, _ in written:
            self.result.stages[name] = self.steps(item, path, _Scope(self.result.names))

    def _outputs(self) -> None:
        tree = self.tree.entries.get("outputs")
        if tree is None or tree.broken:
            return
        if not isinstance(tree, yaml.Sequence) or not tree.items:
            self.problems.say(
                "E108",
                f"outputs must be a list of references, not {_kind(tree)}",
                tree.where,
                path="outputs",
                help="write outputs: [name, stage.name]",
            )
            return
        self.result.outputs = []
        for index, item in enumerate(tree.items):
            reference = self._reference(item, f"outputs.{index}")
            if reference is not None:
                self.result.outputs.append((reference, item.where))

    def _budget(self) -> None:
        for name, item in self._mapping(self.tree, "budget", "").items():
            if name not in BUDGETS:
                self._unknown_key(
                    name, BUDGETS, self._key(self.tree.entries["budget"], name), f"budget.{name}", "budget"
                )
                continue
            value = self._value(item, f"budget.{name}")
            if not value.broken:
                self.result.budget[name] = value
                if value.is_constant:
                    check_budget(self.problems, value, value.constant, name)

    def _weights(self) -> None:
        weights = self._mapping(self.tree, "weights", "")
        if weights:
            self._known_keys(self.tree.entries["weights"], ("keras_application",), "weights")

    # -------------------------------------------------------------------------------------------- vars, defaults, blocks

    def _vars(self, entries: dict[str, yaml.Tree], path: str, mapping: yaml.Tree | None = None) -> dict[str, Value]:
        result = {}
        for name, item in entries.items():
            where = self._key(mapping or self.tree.entries["vars"], name)
            if not self._variable_name(name, where, f"{path}.{name}"):
                continue
            value = self._value(item, f"{path}.{name}")
            if not value.broken and (isinstance(item, yaml.Mapping) or (value.is_constant and value.constant is None)):
                self.problems.say(
                    "E108", f"a variable is a number, a text, true or false, or a list, not {_kind(item)}", item.where,
                    path=f"{path}.{name}",
                )  # fmt: skip
                value.broken = True
            result[name] = value
        return result

    def _defaults(self) -> dict[str, dict[str, Value]]:
        result: dict[str, dict[str, Value]] = {}
        for type_name, item in self._mapping(self.tree, "defaults", "").items():
            path = f"defaults.{type_name}"
            entry = self._type(type_name, self._key(self.tree.entries["defaults"], type_name), path)
            if entry is None or item.broken:
                continue
            if not isinstance(item, yaml.Mapping):
                self.problems.say(
                    "E108", f"{path} must be a mapping from option to value, not {_kind(item)}", item.where, path=path
                )
                continue
            result[type_name] = {}
            for name in item.entries:
                if name not in entry.options:
                    mistake = entry.unknown_option(name, item.entries)
                    self.problems.mistake(mistake, item.keys[name], f"{path}.{name}")
            options = {name: tree for name, tree in item.entries.items() if name in entry.options}
            for name, tree in options.items():
                value = self._option(entry, name, tree, f"{path}.{name}")
                if not value.broken:
                    result[type_name][name] = value
        return result

    def _declare_blocks(self, libraries: list[yaml.Mapping]) -> list[tuple[YamlBlock, yaml.Mapping, str]]:
        """Make every block of the spec and its libraries known by name and params, before any body is read."""
        declared: list[tuple[YamlBlock, yaml.Mapping, str]] = []
        for library in [*libraries, self.tree]:
            own = library is self.tree
            if not own and not library.broken:
                self._known_keys(library, LIBRARY_KEYS, "", what="a file of blocks")
            for name, item in self._mapping(library, "blocks", "").items():
                path = f"blocks.{name}"
                where = self._key(library.entries["blocks"], name)
                if not self._name(name, where, path) or not self._block_name_free(name, where):
                    continue
                if item.broken:
                    continue
                if not isinstance(item, yaml.Mapping):
                    self.problems.say(
                        "E112", f"a block is a mapping with params and nodes, not {_kind(item)}", item.where, path=path
                    )
                    continue
                block = YamlBlock(name, where, sees_vars=own)
                self.blocks[name] = block
                declared.append((block, item, path))
                self._block_header(block, item, path)
        return declared

    def _block_name_free(self, name: str, where: Where) -> bool:
        other = self.blocks.get(name)
        if other is not None:
            self._twice(f"the block {name!r}", where, other.where)
            return False
        if name in TYPES and TYPES[name].kind == "layer":
            self.problems.say("E206", f"{name} is a layer already", where, help="give the block another name")
            return False
        return True

    def _block_header(self, block: YamlBlock, tree: yaml.Mapping, path: str) -> None:
        self._known_keys(tree, ("description", "params", "inputs", "vars", "nodes"), path, what="a block")
        block.description = self._text(tree, "description", "")
        for name, item in self._mapping(tree, "params", path).items():
            where = self._key(tree.entries["params"], name)
            if self._variable_name(name, where, f"{path}.params.{name}"):
                self._param(block, name, item, f"{path}.params.{name}")
        inputs = tree.entries.get("inputs")
        if inputs is not None:
            self._block_inputs(block, inputs, f"{path}.inputs")
        self._params_of(block)
        block.vars = self._vars(self._mapping(tree, "vars", path), f"{path}.vars", tree.entries.get("vars"))
        for name in block.vars:
            if name in block.params:
                self._twice(
                    f"the name {name!r}", self._key(tree.entries["vars"], name), self._key(tree.entries["params"], name)
                )

    def _params_of(self, block: YamlBlock) -> None:
        """A param's default may use the params before it, not those after it."""
        seen: set[str] = set()
        for name in block.params:
            default = block.defaults.get(name)
            later = [used for used in _names(default) if used in block.params and used not in seen] if default else []
            if default is not None and later:
                self.problems.say(
                    "E201", f"the default of {name} uses {later[0]}, which is declared after it", default.where,
                    help=f"move {later[0]} before {name}",
                )  # fmt: skip
                default.broken = True
            seen.add(name)

    def _block_inputs(self, block: YamlBlock, tree: yaml.Tree, path: str) -> None:
        names = tree.items if isinstance(tree, yaml.Sequence) else []
        if not names or not all(isinstance(item, yaml.Scalar) and isinstance(item.value, str) for item in names):
            if not tree.broken:
                self.problems.say(
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
                self._twice(f"the input {name!r}", item.where, names[good.index(name)].where)
            elif self._name(name, item.where, f"{path}.{index}"):
                good.append(name)
        if len(good) == len(names):
            block.inputs = tuple(good)
            block.named_inputs = True
            block.required_inputs = len(good)

    def _param(self, block: YamlBlock, name: str, tree: yaml.Tree, path: str) -> None:
        block.params[name] = Option(name, {}, None)  # known, whatever is wrong with its declaration
        if tree.broken:
            return
        if not isinstance(tree, yaml.Mapping):
            shown = show_value(yaml.plain(tree))
            self.problems.say(
                "E112",
                f"a param is a mapping, not {shown}",
                tree.where,
                path=path,
                help=f"write {name}: {{default: {shown}}}",
            )
            return
        schema = self._param_schema(tree, path)
        if schema is None:
            return
        default = tree.entries.get("default")
        description = self._text(tree, "description", "")
        if default is None:
            block.params[name] = Option(name, schema, description=description)
            return
        value = self._value(default, f"{path}.default")
        block.defaults[name] = value
        if value.is_constant and value.constant is None and "type" in schema:
            schema = {"anyOf": [schema, {"type": "null"}]}
        shown = value.constant if value.is_constant else yaml.plain(default)
        option = Option(name, schema, shown, description)
        block.params[name] = option
        if value.is_constant and not value.broken and (mistake := option.check(value.constant)):
            self.problems.say(
                "E112",
                f"the default does not suit the param: {mistake.message}",
                default.where,
                path=f"{path}.default",
                help=mistake.help,
            )

    def _param_schema(self, tree: yaml.Mapping, path: str) -> dict[str, Any] | None:
        for key, where in tree.keys.items():
            if key not in PARAM_KEYS:
                near = nearest(key, PARAM_KEYS)
                self.problems.say(
                    "E112", f"a param has no {show_value(key)}", where, path=f"{path}.{key}",
                    help=f"write {near}" if near else f"there are {', '.join(PARAM_KEYS)}",
                )  # fmt: skip
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
                self.problems.say(
                    "E112",
                    f"{key} can't be {show_value(schema[key])}",
                    item.where,
                    path=f"{path}.{key}",
                    help=_PARAM_VALUES[key][1],
                )
                return None
        kinds = schema.get("type", [])
        for kind in kinds if isinstance(kinds, list) else [kinds]:
            if kind not in PARAM_TYPES:
                near = _PARAM_TYPE_WORDS.get(str(kind)) or nearest(str(kind), PARAM_TYPES)
                self.problems.say(
                    "E112", f"there is no param type {show_value(kind)}", tree.entries["type"].where, path=f"{path}.type",
                    help=f"write type: {near}" if near else f"there are {', '.join(PARAM_TYPES)}",
                )  # fmt: skip
                return None
        items = tree.entries.get("items")
        if items is not None:
            if not isinstance(items, yaml.Mapping):
                self.problems.say(
                    "E112",
                    f"items describes each item with a mapping, not {_kind(items)}",
                    items.where,
                    path=f"{path}.items",
                    help="write items: {type: integer}",
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
            if not tree.broken:
                self.problems.say(
                    "E112",
                    f"the block {block.name} has no nodes",
                    tree.where,
                    path=path,
                    help="write nodes:, a list of nodes",
                )
            return
        names = dict.fromkeys(block.inputs, block.where) if block.named_inputs else {}
        block.steps = self.steps(nodes, f"{path}.nodes", _Scope(names))

    def _refuse_recursion(self) -> None:
        """Break every circle of blocks that contain each other, at the call that closes it."""
        done: set[str] = set()
        for name in self.blocks:
            self._visit_block(self.blocks[name], [], done)

    def _visit_block(self, block: YamlBlock, trail: list[str], done: set[str]) -> None:
        # A stack of our own: a chain of blocks may be longer than Python's.
        stack: list[tuple[YamlBlock, Any]] = [(block, iter(_calls(block.steps)))]
        open_names = [block.name]
        while stack:
            current, calls = stack[-1]
            step = next(calls, None)
            if step is None:
                stack.pop()
                open_names.pop()
                done.add(current.name)
                continue
            entry = step.body.entry
            if not isinstance(entry, YamlBlock):
                continue
            if entry.name in open_names:
                circle = [*open_names[open_names.index(entry.name) :], entry.name]
                self.problems.say(
                    "E211",
                    f"the block {entry.name} contains itself: {' → '.join(circle[-8:])}",
                    step.where,
                    path=step.path,
                    help="a block is made of layers and other blocks; to repeat something use repeat",
                )
                step.body = None
            elif entry.name not in done:
                stack.append((entry, iter(_calls(entry.steps))))
                open_names.append(entry.name)

    # ------------------------------------------------------------------------------------------------------------ nodes

    def steps(self, tree: yaml.Tree, path: str, scope: _Scope) -> list[Step]:
        """Read a list of nodes."""
        if not isinstance(tree, yaml.Sequence):
            if not tree.broken:
                what = path if path.startswith(("stages.", "head")) else "nodes"
                self.problems.say(
                    "E108",
                    f"{what} must be a list of nodes, not {_kind(tree)}",
                    tree.where,
                    path=path,
                    help="begin each node with a dash: - relu",
                )
            return []
        steps = [self.step(item, f"{path}.{index}", scope) for index, item in enumerate(tree.items)]
        if scope.own:
            _label(steps)
        return steps

    def step(self, tree: yaml.Tree, path: str, scope: _Scope) -> Step:
        broken = Step(tree.where, path, None)
        if tree.broken:
            return broken
        if isinstance(tree, yaml.Scalar):
            if not isinstance(tree.value, str):
                self._not_a_node(tree, path)
                return broken
            entry = self._type(tree.value, tree.where, path)
            return Step(tree.where, path, self._call(entry, yaml.Mapping({}, tree.where), path)) if entry else broken
        if isinstance(tree, yaml.Sequence):
            self._not_a_node(tree, path)
            return broken
        kinds = [key for key in BODY_KEYS if key in tree.entries]
        if len(kinds) != 1:
            self._not_one_kind(tree, kinds, path)
            return broken
        step = Step(tree.where, path, None)
        self._node_keys(step, tree, path, scope.names)
        transparent = step.name is None and step.repeat is None
        read: Callable[[yaml.Mapping, str, _Scope], Any] = getattr(self, f"_read_{kinds[0]}")
        step.body = read(tree, path, _Scope(scope.names, own=False) if transparent else _Scope({}))
        return step

    def _not_a_node(self, tree: yaml.Tree, path: str) -> None:
        self.problems.say(
            "E109", f"a node is a name or a mapping, not {_kind(tree)}", tree.where, path=path,
            help="write - relu, or - {type: conv2d, filters: 64, kernel_size: 3}",
        )  # fmt: skip

    def _not_one_kind(self, tree: yaml.Mapping, kinds: list[str], path: str) -> None:
        if kinds:
            self.problems.say(
                "E109", f"a node has one of {', '.join(BODY_KEYS)}, not {' and '.join(kinds)}", tree.keys[kinds[1]], path=path,
                help="make two nodes of it",
            )  # fmt: skip
            return
        known = [key for key in tree.entries if key in TYPES or key in self.blocks]
        near = next((key for key in tree.entries if nearest(key, BODY_KEYS)), None)
        if known:
            help = f"write {{type: {known[0]}, …}}: a node's type is a value, not a key"
        elif near:
            help = f"write {nearest(near, BODY_KEYS)} instead of {near}"
        else:
            help = "write {type: …} for a layer or block"
        self.problems.say("E109", f"this node has none of {', '.join(BODY_KEYS)}", tree.where, path=path, help=help)

    def _node_keys(self, step: Step, tree: yaml.Mapping, path: str, names: dict[str, Where]) -> None:
        entries = tree.entries
        if "name" in entries:
            name = entries["name"]
            if not isinstance(name, yaml.Scalar) or not isinstance(name.value, str):
                self.problems.say("E110", f"a name must be text, not {_kind(name)}", name.where, path=f"{path}.name")
            elif self._name(name.value, name.where, f"{path}.name") and self._claim(name.value, name.where, names):
                step.name = name.value
        if "from" in entries:
            step.source = self._source(entries["from"], f"{path}.from")
        if "repeat" in entries:
            step.repeat = self._value(entries["repeat"], f"{path}.repeat")
            if step.repeat.is_constant and not step.repeat.broken:
                check_repeat(self.problems, step.repeat, step.repeat.constant, step)
        if "when" in entries:
            step.when = self._value(entries["when"], f"{path}.when")
            if step.when.is_constant and not step.when.broken:
                check_when(self.problems, step.when, step.when.constant, f"{path}.when")

    def _source(self, tree: yaml.Tree, path: str) -> Source | None:
        if tree.broken:
            return None
        if isinstance(tree, yaml.Mapping):
            found = {name: self._reference(item, f"{path}.{name}") for name, item in tree.entries.items()}
            return Source({name: reference or PREV for name, reference in found.items()}, tree.where)
        items = tree.items if isinstance(tree, yaml.Sequence) else [tree]
        if not items:
            self.problems.say(
                "E207", "from is an empty list", tree.where, path=path, help="leave from out to take what just flowed"
            )
            return None
        references = [self._reference(item, path) for item in items]
        return Source(tuple(reference or PREV for reference in references), tree.where)

    def _reference(self, tree: yaml.Tree, path: str) -> Any:
        if tree.broken:
            return None
        try:
            if not isinstance(tree, yaml.Scalar):
                raise Mistake(
                    "E205",
                    f"a reference is a text, not {_kind(tree)}",
                    help="write prev, a name, or a path such as block.inner",
                )
            return parse_reference(tree.value)
        except Mistake as mistake:
            self.problems.mistake(mistake, tree.where, path)
            return None

    def _read_type(self, tree: yaml.Mapping, path: str, scope: _Scope) -> Call | None:
        type_tree = tree.entries["type"]
        if not isinstance(type_tree, yaml.Scalar) or not isinstance(type_tree.value, str):
            if not type_tree.broken:
                self.problems.say(
                    "E109",
                    f"type must be the name of a layer or block, not {_kind(type_tree)}",
                    type_tree.where,
                    path=f"{path}.type",
                )
            return None
        entry = self._type(type_tree.value, type_tree.where, f"{path}.type")
        return self._call(entry, tree, path) if entry else None

    def _read_nodes(self, tree: yaml.Mapping, path: str, scope: _Scope) -> Group:
        self._known_keys(tree, ("nodes", "name", "from", "repeat", "when"), path, what="a group")
        return Group(self.steps(tree.entries["nodes"], f"{path}.nodes", scope))

    def _read_branches(self, tree: yaml.Mapping, path: str, scope: _Scope) -> Branches | None:
        self._known_keys(tree, ("branches", "merge", "name", "from", "repeat", "when"), path, what="branches")
        written = tree.entries["branches"]
        if not isinstance(written, yaml.Sequence) or not written.items:
            if not written.broken:
                self.problems.say(
                    "E108",
                    f"branches must be a list of lists of nodes, not {_kind(written)}",
                    written.where,
                    path=f"{path}.branches",
                    help="write branches: [[…], […]]",
                )
            return None
        inside = _Scope(scope.names, own=False)
        branches = [self.steps(item, f"{path}.branches.{index}", inside) for index, item in enumerate(written.items)]
        merge = tree.entries.get("merge")
        if merge is None:
            self.problems.say(
                "E107",
                "branches need merge, the node that joins them",
                tree.where,
                path=path,
                help="write merge: add, or merge: concatenate",
            )
            return None
        step = self.step(merge, f"{path}.merge", inside)
        if step.body is not None and not isinstance(step.body, Call):
            self.problems.say(
                "E109",
                "merge is a layer or block that joins the branches",
                merge.where,
                path=f"{path}.merge",
                help="write merge: add",
            )
            step.body = None
        for key in ("from", "repeat", "when"):
            if isinstance(merge, yaml.Mapping) and key in merge.entries:
                self.problems.say(
                    "E106",
                    f"merge has no {key}: its inputs are the ends of the branches",
                    merge.keys[key],
                    path=f"{path}.merge.{key}",
                )
        if scope.own:
            _label([*(inner for branch in branches for inner in branch), step])
        return Branches(branches, step)

    def _read_share(self, tree: yaml.Mapping, path: str, scope: _Scope) -> Share | None:
        self._known_keys(tree, ("share", "from", "name", "repeat", "when"), path, what="a shared call")
        written = tree.entries["share"]
        reference = self._reference(written, f"{path}.share")
        if reference is None:
            return None
        if reference.flows or reference.path == ("input",):
            self.problems.say(
                "E212",
                f"share names a layer, block or group; {reference.text} is a tensor",
                written.where,
                path=f"{path}.share",
                help="give the layer a name and share that",
            )
            return None
        return Share(reference, written.where)

    def _call(self, entry: Type, tree: yaml.Mapping, path: str) -> Call | None:
        written = {name: item for name, item in tree.entries.items() if name not in NODE_KEYS}
        for key in ("merge",):
            if key in tree.entries:
                self._unknown_key(key, (), tree.keys[key], f"{path}.{key}", f"{entry.name}")
        defaults = {
            name: value for name, value in self.result.defaults.get(entry.name, {}).items() if name not in written
        }
        good = True
        for mistake in entry.check_names({**defaults, **written}, NODE_KEYS):
            name = mistake.option[0] if mistake.option else None
            self.problems.mistake(
                mistake, tree.keys[str(name)] if name else tree.where, f"{path}.{name}" if name else path
            )
            good = False
        options: dict[str, Value] = {}
        for name, item in written.items():
            if name in entry.options:
                options[name] = self._option(entry, name, item, f"{path}.{name}")
                good = good and not options[name].broken
        if not good:
            return None
        call = Call(entry, options, defaults)
        everything = {**defaults, **options}
        if not isinstance(entry, YamlBlock) and all(value.is_constant for value in everything.values()):
            try:
                call.bound = entry.bind({name: value.constant for name, value in everything.items()})
            except Mistakes as mistakes:
                report_mistakes(self.problems, mistakes.mistakes, everything, tree.where, path)
                return None
        return call

    def _option(self, entry: Type, name: str, tree: yaml.Tree, path: str) -> Value:
        value = self._value(tree, path)
        if value.is_constant and not value.broken:
            for mistake in entry.check_value(name, value.constant):
                self.problems.add(
                    Diagnostic(
                        mistake.code, mistake.message, value.find(mistake.option[1:]), path=path, help=mistake.help
                    )
                )
                value.broken = True
        return value

    def _type(self, name: str, where: Where, path: str) -> Type | None:
        if name in self.blocks:
            return self.blocks[name]
        entry = find(name)
        if entry is None:
            mistake = TYPES.unknown(name, (*self.blocks, *installed()))
            if name.startswith("$"):
                mistake.help = "a type is written out; an expression can't stand here"
            self.problems.mistake(mistake, where, path)
        return entry

    # ------------------------------------------------------------------------------------------------------ small things

    def _value(self, tree: yaml.Tree, path: str) -> Value:
        return compile_value(tree, self.problems, self.limits, path)

    def _text(self, tree: yaml.Mapping, key: str, default: str) -> str:
        item = tree.entries.get(key)
        if item is None or item.broken:
            return default
        if not isinstance(item, yaml.Scalar) or not isinstance(item.value, str):
            self.problems.say(
                "E108", f"{key} must be text, not {_kind(item)}", item.where, path=key, help="put it in quotes"
            )
            return default
        return item.value

    def _mapping(self, tree: yaml.Mapping, key: str, path: str) -> dict[str, yaml.Tree]:
        item = tree.entries.get(key)
        if item is None or item.broken and not isinstance(item, yaml.Mapping):
            return {}
        if not isinstance(item, yaml.Mapping):
            self.problems.say(
                "E108", f"{key} must be a mapping, not {_kind(item)}", item.where, path=f"{path}.{key}".lstrip(".")
            )
            return {}
        return item.entries

    def _known_keys(self, tree: yaml.Tree, known: Iterable[str], path: str, what: str = "") -> None:
        assert isinstance(tree, yaml.Mapping)
        for key, where in tree.keys.items():
            if key not in known:
                self._unknown_key(key, known, where, f"{path}.{key}".lstrip("."), what or path or "a spec")

    def _unknown_key(self, key: str, known: Iterable[str], where: Where, path: str, what: str) -> None:
        near = nearest(key, known)
        known = list(known)
        help = f"write {near}" if near else f"there are {', '.join(known)}" if known else ""
        self.problems.say("E106", f"{what} has no key {show_value(key)}", where, path=path, help=help)

    def _key(self, tree: yaml.Tree, key: str) -> Where:
        return tree.keys[key] if isinstance(tree, yaml.Mapping) and key in tree.keys else tree.where

    def _name(self, name: str, where: Where, path: str) -> bool:
        """Refuse a name that the language can't take or has taken itself."""
        if not (name.isascii() and NAME.match(name)):
            odd = next((character for character in name if not character.isascii()), None)
            help = f"{odd!r} is U+{ord(odd):04X}; " if odd else ""
            self.problems.say(
                "E110",
                f"{show_value(name)} can't be a name",
                where,
                path=path,
                help=f"{help}a name is letters, digits and _, and begins with no digit",
            )
            return False
        if name in RESERVED:
            self.problems.say(
                "E110",
                f"{name} is a word of the language and can't be a name",
                where,
                path=path,
                help=f"write {name}_ or another name",
            )
            return False
        return True

    def _variable_name(self, name: str, where: Where, path: str) -> bool:
        if name in EXPRESSION_WORDS:
            self.problems.say(
                "E110",
                f"{name} is a word of expressions and can't be a name",
                where,
                path=path,
                help=f"write {name}_ or another name",
            )
            return False
        return self._name(name, where, path)

    def _name_taken(self, name: str, where: Where) -> bool:
        return self._claim(name, where, self.result.names)

    def _claim(self, name: str, where: Where, names: dict[str, Where]) -> bool:
        if name in names:
            self._twice(f"the name {name!r}", where, names[name])
            return False
        names[name] = where
        return True

    def _twice(self, what: str, where: Where, first: Where) -> None:
        self.problems.say(
            "E206",
            f"{what} is taken already",
            where,
            help="give this one another name",
            related=(Related("first here", first),),
        )


# ------------------------------------------------------------------------------------ checks that expanding needs as well


def report_mistakes(
    problems: Problems, mistakes: Iterable[Mistake], options: dict[str, Value], where: Where, path: str
) -> None:
    """Report what is wrong with the options of a node, each at the option where that is known."""
    for mistake in mistakes:
        value = options.get(str(mistake.option[0])) if mistake.option else None
        at = value.find(mistake.option[1:]) if value else where
        problems.mistake(mistake, at, f"{path}.{mistake.option[0]}" if value else path)


def check_shape(problems: Problems, value: Value, sizes: Any, path: str) -> None:
    """Report a shape that is not a list of sizes, and mark the value as broken."""
    if not isinstance(sizes, list):
        problems.say(
            "E108",
            f"a shape is a list of sizes, not {show_value(sizes)}",
            value.where,
            path=path,
            help="write [height, width, channels], without the batch",
        )
        value.broken = True
        return
    for index, size in enumerate(sizes):
        if size is not None and (type(size) is not int or size < 1):
            problems.say(
                "E108", f"a size is a positive integer, or null where it is unknown, not {show_value(size)}",
                value.find((index,)), path=f"{path}.{index}",
            )  # fmt: skip
            value.broken = True


def check_repeat(problems: Problems, value: Value, times: Any, step: Step) -> None:
    """Report a number of copies that is none, or copies that nothing would use."""
    if type(times) is not int or times < 0:
        problems.say(
            "E108",
            f"repeat must be a non-negative integer, not {show_value(times)}",
            value.where,
            path=f"{step.path}.repeat",
        )
        value.broken = True
    elif times > 1 and step.source is not None and not step.source.flows():
        problems.say(
            "E210", f"all {times} copies would read the same tensor, and only the last would be used", step.source.where,
            path=f"{step.path}.from", help="leave from out, so that each copy reads the one before it, or name prev in it",
        )  # fmt: skip
        value.broken = True


def check_when(problems: Problems, value: Value, decision: Any, path: str) -> None:
    """Report a condition that is neither true nor false."""
    if type(decision) is not bool:
        problems.say(
            "E108",
            f"when must be true or false, not {show_value(decision)}",
            value.where,
            path=path,
            help="compare: $(i > 0)",
        )
        value.broken = True


def check_budget(problems: Problems, value: Value, bound: Any, name: str) -> None:
    """Report a budget that is no number."""
    if type(bound) not in (int, float) or bound < 0:
        problems.say(
            "E108",
            f"budget.{name} must be a non-negative number, not {show_value(bound)}",
            value.where,
            path=f"budget.{name}",
        )
        value.broken = True


def _kind(tree: yaml.Tree) -> str:
    if isinstance(tree, yaml.Scalar):
        return show_value(tree.value)
    if isinstance(tree, yaml.Sequence):
        return "a list" if tree.items else "an empty list"
    return "a mapping"


def _names(value: Value) -> list[str]:
    return sorted({name for expression in value.expressions for name in expression.names})


def _flat(steps: list[Step]) -> Iterable[Step]:
    """Yield the steps of a list in the order of the text, those inside transparent ones too."""
    for step in steps:
        yield step
        if step.transparent:
            if isinstance(step.body, Group):
                yield from _flat(step.body.steps)
            elif isinstance(step.body, Branches):
                for branch in step.body.branches:
                    yield from _flat(branch)
                yield from _flat([step.body.merge])


def _label(steps: list[Step]) -> None:
    """Give every step of a list its part of built names: a name, or the type and a number for later ones of it.

    A step that is transparent has none; its nodes are counted with the list around it. The list inside a named or
    repeated one was labelled when that list was read.
    """
    counts: dict[str, int] = {}
    taken = {step.name for step in _flat(steps) if step.name}
    for step in _flat(steps):
        if step.name is not None:
            step.label = step.name
        elif not step.transparent:
            base = step.body.entry.name if isinstance(step.body, Call) else step.body.kind if step.body else "node"
            label = base
            while not step.label:
                count = counts.get(base, 0)
                counts[base] = count + 1
                label = f"{base}_{count}" if count else base
                if label not in taken:
                    step.label = label


def _calls(steps: list[Step]) -> Iterable[Any]:
    """Yield every call in a list of steps, however deeply it stands."""
    for step in steps:
        body = step.body
        if isinstance(body, Call):
            yield step
        elif isinstance(body, Group):
            yield from _calls(body.steps)
        elif isinstance(body, Branches):
            for branch in body.branches:
                yield from _calls(branch)
            yield from _calls([body.merge])


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

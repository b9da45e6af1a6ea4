"""What a block written in Python sees: tensors, and `apply` to put layers and other blocks on them.

    @register_block
    def squeeze_excitation(x: Tensor, *, ratio: Ratio = 16) -> Tensor:
        y = apply("global_average_pooling2d", x, keepdims=True)
        y = apply("conv2d", y, filters=x.shape[-1] // ratio, kernel_size=1, activation="relu")
        y = apply("conv2d", y, filters=x.shape[-1], kernel_size=1, activation="sigmoid")
        return apply("multiply", [x, y])

The keyword-only parameters are the block's options, the others its inputs.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol, TypeVar, overload

from netspec.errors import Mistake, RegistrationError, Source, Where
from netspec.graph import Graph, GraphBuilder, Input, Node, Site, Words
from netspec.layer import TYPES, Example, LayerType
from netspec.options import REQUIRED, Option, options_of_function, show_value
from netspec.registry import NAME, Mistakes, Type
from netspec.shapes import Shape


class Defaults(Protocol):
    """The spec's ``defaults``: options by type, which hold wherever the node itself says nothing."""

    def __contains__(self, type_name: object, /) -> bool: ...

    def of(self, type_name: str, inputs: Sequence[Node]) -> Mapping[str, Any]: ...


class _NoDefaults:
    def __contains__(self, type_name: object, /) -> bool:
        return False

    def of(self, type_name: str, inputs: Sequence[Node]) -> Mapping[str, Any]:
        return {}


class BlockScope:
    """One expansion of one block: where its layers go and how they are called."""

    __slots__ = ("_counts", "_taken", "builder", "defaults", "prefix", "site", "where")

    def __init__(self, builder: GraphBuilder, defaults: Defaults, prefix: str, site: Site, where: Where) -> None:
        self.builder = builder
        self.defaults = defaults
        self.prefix = prefix
        self.site = site
        self.where = where
        self._counts: dict[str, int] = {}
        self._taken: set[str] = set()

    def label(self, type_name: str, name: str | None) -> str:
        """Name a node: as it wants, or after its type, later ones of the same type with a number."""
        if name is None:
            count = self._counts.get(type_name, 0)
            self._counts[type_name] = count + 1
            label = f"{type_name}_{count}" if count else type_name
        else:
            label = name
            if not NAME.match(label):
                raise RegistrationError(f"{label!r} can't be the name of a node: letters, digits and _ only")
        if label in self._taken:
            raise RegistrationError(f"two nodes are called {label!r}")
        self._taken.add(label)
        return label

    def call(self, entry: Type, bound: Any, nodes: tuple[Node, ...], name: str) -> Node:
        """Put a layer or block that has its options on tensors."""
        if isinstance(entry, LayerType):
            return self.builder.add(name, bound, nodes, self.site, self.where)
        site = Site(entry, bound, self.site.path, self.site.stage, name, self.site)
        inner = BlockScope(self.builder, self.defaults, name + "-", site, self.where)
        return bound.expand(inner, nodes)  # type: ignore[no-any-return]


class Tensor:
    """The output of a layer, as a block sees it; ``shape`` has no batch axis, an unknown size is None."""

    __slots__ = ("_scope", "node")

    def __init__(self, scope: BlockScope, node: Node) -> None:
        self._scope = scope
        self.node = node

    @property
    def shape(self) -> Shape:
        return self.node.shape

    def __repr__(self) -> str:
        return repr(self.node)


def apply(type_name: str, inputs: Tensor | Sequence[Tensor], *, name: str | None = None, **options: Any) -> Tensor:
    """Put a layer or block on one tensor or several, and give back its output.

    ``type_name`` and the options are those of a spec; ``defaults`` of the spec fill in what is not said here. Raises
    `Mistake` where the shapes don't suit the layer; the line of the spec is added by whoever called the block.
    """
    tensors = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    scope = tensors[0]._scope
    nodes = tuple([tensor.node for tensor in tensors])
    entry = TYPES.get(type_name)
    if entry is None:
        raise TYPES.unknown(type_name)
    if type_name in scope.defaults:
        options = {**scope.defaults.of(type_name, nodes), **options}
    label = scope.label(type_name, name)
    try:
        check_inputs(entry, len(nodes))
        return Tensor(scope, scope.call(entry, entry.bind(options), nodes, scope.prefix + label))
    except Mistakes as mistakes:
        raise _inside(mistakes.mistakes[0], label) from None
    except Mistake as mistake:
        raise _inside(mistake, label) from None


def _inside(mistake: Mistake, label: str) -> Mistake:
    """Note on the way out of a block where it happened; what the mistake says of options is about inner ones."""
    mistake.inside = f"{label}.{mistake.inside}" if mistake.inside else label
    mistake.option = ()
    return mistake


def check_inputs(entry: Type, count: int) -> None:
    """Refuse a number of inputs that a type does not take."""
    most = None if entry.variadic else len(entry.inputs)
    if count >= entry.required_inputs and (most is None or count <= most):
        return
    wanted = (
        "one input"
        if most == 1
        else f"{entry.required_inputs} or more inputs"
        if most is None
        else f"{_span(entry.required_inputs, most)} inputs ({', '.join(entry.inputs)})"
    )
    named = ", ".join(f"{name}: …" for name in entry.inputs)
    help = (
        "join them first, with concatenate or add"
        if most == 1
        else f"write from: {{{named}}}"
        if most
        else ("write from: with a list of them")
    )
    raise Mistake("E306", f"{entry.name} takes {wanted}, but here it gets {count}", help=help)


def _span(least: int, most: int) -> str:
    return str(most) if least == most else f"{least} to {most}"


class BlockCall:
    """A block with its options, ready to be put on tensors."""

    def __init__(self, entry: Type, options: Mapping[str, Any]) -> None:
        self.entry = entry
        self.options = options

    @property
    def type_name(self) -> str:
        return self.entry.name

    def brief(self) -> str:
        return brief_options(self.entry.options, self.options)

    def expand(self, scope: BlockScope, nodes: Sequence[Node]) -> Node:
        """Run the function. Raises `Mistake`, and `RegistrationError` where the function itself is wrong."""
        try:
            result = self.entry.target(*[Tensor(scope, node) for node in nodes], **self.options)
        except Mistake as mistake:
            mistake.inputs = mistake.inputs or tuple(nodes)
            raise
        except Exception as error:
            kind = "" if isinstance(error, RegistrationError) else f"{type(error).__name__}: "
            raise RegistrationError(f"the block {self.entry.name} failed: {kind}{error}") from error
        if not isinstance(result, Tensor):
            raise RegistrationError(f"the block {self.entry.name} must return a Tensor, not {type(result).__name__}")
        return result.node


def brief_options(declared: Mapping[str, Option], options: Mapping[str, Any]) -> str:
    """Write the options that tell one call from another: the lists and first number bare, the others with a name."""
    parts: list[str] = []
    for name, option in declared.items():
        if name in options and options[name] != option.default:
            shown = show_value(options[name]).strip("'")
            parts.append(shown if not parts and option.required else f"{name}={shown}")
    return " ".join(parts)


class BlockType(Type):
    """A registered block function; its options are the keyword-only parameters, its inputs the others."""

    kind = "block"

    def __init__(self, name: str, target: Callable[..., Tensor], family: str) -> None:
        super().__init__(name, target, family)
        parameters = list(inspect.signature(target).parameters.values())
        positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        self.variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        self.inputs = tuple(p.name for p in positional)
        self.required_inputs = max(1, sum(p.default is p.empty for p in positional))
        if not (self.inputs or self.variadic):
            raise RegistrationError(f"the block {name} takes no tensor: it needs a parameter for its input")

    @cached_property
    def options(self) -> Mapping[str, Option]:
        return options_of_function(self.target)

    def convert(self, name: str, value: Any) -> Any:
        """Leave an initializer and its like as written: the block hands it on to a layer."""
        return value if self.options[name].kind else super().convert(name, value)

    def make(self, options: dict[str, Any]) -> BlockCall:
        defaults = {n: o.default for n, o in self.options.items() if o.default is not REQUIRED}
        return BlockCall(self, {**defaults, **options})


BlockFunction = TypeVar("BlockFunction", bound=Callable[..., Tensor])


@overload
def register_block(function: BlockFunction) -> BlockFunction: ...


@overload
def register_block(*, example: Example) -> Callable[[BlockFunction], BlockFunction]: ...


def register_block(function: Any = None, *, example: Example | None = None) -> Any:
    """Make a block function a type that specs can name; ``example`` is what ``netspec blocks`` shows of it.

    Raises `RegistrationError` where the name is taken or the declaration can't be used.
    """
    if function is None:
        return lambda function: _register(function, example)
    return _register(function, example)


def _register(function: BlockFunction, example: Example | None) -> BlockFunction:
    if not (function.__doc__ or "").strip():
        raise RegistrationError(f"{function.__name__} needs a docstring: its first sentence is shown by netspec blocks")
    entry = BlockType(function.__name__, function, function.__module__.rsplit(".", 1)[-1])
    entry.example = example
    TYPES.add(entry)
    return function


def expand_example(entry: BlockType, example: Example) -> Graph:
    """Expand a block on inputs of its example's shapes, with nothing around it."""
    builder = GraphBuilder()
    place = Where(Source("example"), 1, 1, 1, 1)
    site = Site(entry, Words(entry.name), "", None, None)
    inputs = [
        builder.add_input(name, Input(shape, "float32"), site, place)
        for name, shape in zip(entry.inputs, example.inputs, strict=True)
    ]
    scope = BlockScope(builder, _NoDefaults(), f"{entry.name}-", site, place)
    output = entry.bind(dict(example.options)).expand(scope, inputs)
    return builder.finish(entry.name, "", inputs, [output])[0]

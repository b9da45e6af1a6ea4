"""What every layer is: Keras's arguments as fields, and the rules for shape, weights and cost beside them.

    @register_layer
    class Dense(Layer):
        "Fully connected layer …"
        units: Units
        use_bias: UseBias = True

        def infer(self, x: Shape) -> Shape:
            return (*x[:-1], self.units)

        def weights(self, x: Shape) -> Weights: ...
        def macs(self, x: Shape, output: Shape) -> int | None: ...

The class is all there is to say: its name gives the type's name and the Keras layer, its annotations the options, the
parameters of ``infer`` the inputs. Shapes have no batch axis.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, TypeVar, dataclass_transform

from netspec import options as option_module
from netspec.dtypes import WholeNumbers
from netspec.errors import Mistake, RegistrationError
from netspec.options import Doc, Option
from netspec.reaches import Sight
from netspec.registry import Registry, Type, objects
from netspec.shapes import Shape, volume
from netspec.suggest import TYPE_WORDS

Trainable = Annotated[bool, Doc("whether training changes the weights")]
DType = Annotated[
    Literal["float32", "float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16"] | None,
    Doc("Keras dtype policy of the layer; null takes Keras's default"),
]


MAX_AXES = 64
MAX_SIZE = 10**12


class Weight(NamedTuple):
    """One weight of a layer: its name in Keras, its shape, and whether training could change it."""

    name: str
    shape: tuple[int, ...]
    trainable: bool = True
    initializer: str = ""  # the option that says how it starts, where its name does not tell


Weights = tuple[Weight, ...]


class Applied(NamedTuple):
    """What is known of a layer on inputs of certain shapes, before anything is built."""

    shape: Shape
    params: int
    trainable: int
    macs: int | None  # None where a size that it depends on is unknown, or the layer has no rule


class Work(NamedTuple):
    """What one call of a layer does and keeps besides its multiply-adds, for one sample; counts of values.

    ``elementwise`` counts additions, multiplications, divisions, comparisons and choices, ``transcendental`` calls of
    exp, log, tanh, erf, sin, cos, square root, power and their like: those of the forward pass outside of training, in
    the plainest formula. What is made of weights and sizes alone is the same for every sample and counts nothing.

    Of training, ``keeps_input`` and ``keeps_output`` say whether the gradient needs them, and ``kept`` counts what is
    made inside and kept for it, beside what follows from the kept value by value. ``workspace`` counts values that are
    made inside and are alive at once while the layer runs, beside its inputs and output.
    """

    elementwise: int = 0
    transcendental: int = 0
    keeps_input: bool = False
    keeps_output: bool = False
    kept: int = 0
    workspace: int = 0


class Formula(NamedTuple):
    """Values for each value of the output that a formula of Keras keeps for its gradient, and has alive while it runs.

    Where TensorFlow has no single operation for a layer, Keras writes a formula, and the gradient of each step of it
    keeps what that step needs. A compiler that works these values out anew would do without them.
    """

    kept: int = 0
    workspace: int = 0


class HandsOn(Enum):
    """When a layer gives back its input in the same memory, as it is or under another shape."""

    never = "it makes a new output"
    always = "a reshaped tensor is the same bytes under another shape"
    in_inference = "only training changes something"


@dataclass(frozen=True)
class Example:
    """How a type is used: the shape of each input and the options, as its page and its tests show it."""

    inputs: tuple[Shape, ...]
    options: Mapping[str, Any]

    def __init__(self, *inputs: Shape, **options: Any) -> None:
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "options", options)


def snake_case(name: str) -> str:
    """Name a class as Keras names its layers: ``MaxPooling2D`` → ``max_pooling2d``."""
    parted = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", parted).lower()


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Settings:
    """An immutable set of options with defaults: the annotated attributes of the class.

    Much like a frozen dataclass, but nothing is compiled when the class is made: a hundred types have to be imported
    before the first of them is used.
    """

    keras_name: ClassVar[str]
    type_name: ClassVar[str]

    def __init_subclass__(cls) -> None:
        if "keras_name" not in cls.__dict__:
            cls.keras_name = cls.__name__
        if "type_name" not in cls.__dict__:
            cls.type_name = snake_case(cls.__name__)

    def __init__(self, **options: Any) -> None:
        self.__dict__.update(options)
        self.check()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} can't be changed")

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.options().items())
        return f"{type(self).__name__}({shown})"

    @classmethod
    def declared(cls) -> Mapping[str, Option]:
        """The options of the class, each with its schema, default and meaning."""
        if "_declared" not in cls.__dict__:
            cls._declared = option_module.options_of_class(cls)
        return cls._declared

    _declared: ClassVar[Mapping[str, Option]]

    def options(self) -> dict[str, Any]:
        """All options with their values, the defaults written out."""
        return {name: getattr(self, name) for name in type(self).declared()}

    def check(self) -> None:
        """Refuse options that are good one by one but don't go together, by raising `Mistake`."""


class Layer(Settings):
    """One Keras layer as data."""

    options_come_last: ClassVar[bool] = True
    call_options: ClassVar[tuple[str, ...]] = ()
    """Options that Keras takes at the call: each call of a shared layer may have its own."""

    trainable: Trainable = True
    dtype: DType = None

    whole_numbers: ClassVar[WholeNumbers] = WholeNumbers.worked_with
    hands_on: ClassVar[HandsOn] = HandsOn.never
    looks_up_rows: ClassVar[bool] = False
    """Whether a call reads only the rows of its weights that its input names."""

    example: ClassVar[Example]

    # Subclasses name the inputs they take; `Any` here lets the type checker accept every such signature.

    def infer(self, *inputs: Any, **named: Any) -> Shape:
        """Work out the output's shape, or raise `Mistake` where Keras would refuse the input."""
        raise NotImplementedError

    def weights(self, *inputs: Any, **named: Any) -> Weights:
        """List the weights that Keras makes for inputs of these shapes, in its order."""
        return ()

    def macs(self, *shapes: Any, **named: Any) -> int | None:
        """Count multiply-adds for one sample, from the input shapes and the output's; None where a size is unknown."""
        return 0

    def work(self, *shapes: Any, **named: Any) -> Work | None:
        """Count what is done besides multiply-adds, from the input shapes and the output's; None where not known.

        A layer that has neither this rule nor `macs` is listed as uncounted.
        """
        return None

    @property
    def counts_macs(self) -> bool:
        """Whether the multiply-adds are known to be what `macs` says: a class without any rule counts none by default.

        One that says only what else it does, in `work`, has none.
        """
        return type(self).macs is not Layer.macs or type(self).work is not Layer.work

    def formula(self) -> Formula:
        """Say what Keras's formula for the layer keeps and needs beside its `work`."""
        return Formula()

    def output_dtype(self, compute: str, inputs: tuple[str, ...]) -> str:
        """What the output is stored as, given the dtype that the layer works in and those of its inputs."""
        return self.whole_numbers.output(compute, inputs)

    def policy(self) -> str | None:
        """The dtype policy of its own; None where the default holds."""
        return self.dtype

    def casts(self) -> bool:
        """Whether the floats that it is given are cast to the dtype in which it works."""
        return True

    def reach(self, *shapes: Any, **named: Any) -> Sight | None:
        """Say what an output position sees of each axis of each input, from the shapes as `work`; None where not known.

        What a position could see counts, whatever the weights: with causal attention all steps before it are all.
        """
        return None

    def brief(self) -> str:
        """What to write beside the type's name in a table: the options without a default, and the activation."""
        required = [getattr(self, name) for name, option in type(self).declared().items() if option.required]
        activation = getattr(self, "activation", None)
        shown = [*required, *([activation] if activation else [])]
        return " ".join(value.type_name if isinstance(value, Settings) else str(value) for value in shown)

    def lower(self, keras: Any, name: str, inputs: tuple[Shape, ...]) -> Any:
        """Make the Keras layer, every field explicit, so that Keras's defaults can't drift away from ours.

        ``inputs`` are the shapes it will be called on first: some layers are built differently for each.
        """
        return getattr(keras.layers, self.keras_name)(**self.keras_options(keras), name=name)

    def call(self, layer: Any, inputs: list[Any]) -> Any:
        """Call what `lower` made on its inputs, in the order of ``infer``'s parameters."""
        return layer(inputs[0] if len(inputs) == 1 else inputs, **self.at_call())

    def at_call(self) -> dict[str, Any]:
        """The options that Keras takes at the call."""
        return {name: getattr(self, name) for name in self.call_options}

    def keras_options(self, keras: Any) -> dict[str, Any]:
        """Turn the options into Keras's arguments; initializers and their like become Keras objects."""
        return {
            name: value.lower(keras) if isinstance(value, ConfiguredObject) else value
            for name, value in self.options().items()
            if name not in self.call_options
        }

    def called_with(self, **options: Any) -> Layer:
        """The same layer with other `call_options`."""
        return type(self)(**{**self.options(), **options})

    def is_made_like(self, other: Layer) -> bool:
        """Whether one Keras layer can be both: only what is said at the call may differ."""
        same = type(other) is type(self)
        return same and repr(other.called_with(**self.at_call())) == repr(self)

    def apply(self, inputs: tuple[Shape, ...]) -> Applied:
        """Work out shape, parameters and cost on inputs of these shapes; the same question is answered once."""
        try:
            return self._applied[inputs]
        except KeyError:
            pass
        shape = self.infer(*inputs)
        self._refuse_sizes(shape)
        weights = self.weights(*inputs)
        self._refuse_initializers(weights)
        params = sum(volume(weight.shape) or 0 for weight in weights)
        trainable = sum(volume(weight.shape) or 0 for weight in weights if weight.trainable) if self.trainable else 0
        result = Applied(shape, params, trainable, self.macs(*inputs, shape) if self.counts_macs else None)
        if len(self._applied) >= 256:
            self._applied.clear()
        self._applied[inputs] = result
        return result

    def _refuse_sizes(self, shape: Shape) -> None:
        """Refuse what no machine could hold, before sizes that grow from layer to layer take time of their own."""
        if len(shape) > MAX_AXES:
            raise Mistake("E302", f"{self.type_name} would give a shape of {len(shape)} axes; {MAX_AXES} are allowed")
        largest = max((size for size in shape if size is not None), default=0)
        if largest > MAX_SIZE:
            raise Mistake("E407", f"{self.type_name} would make a size larger than {MAX_SIZE:,}")

    def _refuse_initializers(self, weights: Weights) -> None:
        """Refuse an initializer that can't make its weight: Keras notices only when it does."""
        for weight in weights:
            option = weight.initializer or f"{weight.name.removesuffix('_kernel')}_initializer"
            initializer = getattr(self, option, None)
            if isinstance(initializer, ConfiguredObject) and (reason := initializer.refuses(weight.shape)):
                message = f"{self.type_name}: {initializer.type_name} can't start the {weight.name}: {reason}"
                help = f"write {option}: glorot_uniform, or another that makes any shape"
                raise Mistake("E305", message, help=help, option=(option,))

    @cached_property
    def _applied(self) -> dict[tuple[Shape, ...], Applied]:
        return {}


class ConfiguredObject(Settings):
    """An initializer, regularizer or constraint: an object that an option of a layer takes."""

    keras_module: ClassVar[str]

    def refuses(self, shape: tuple[int, ...]) -> str:
        """Say why it can't make a weight of a shape; nothing where it can."""
        return ""

    def lower(self, keras: Any) -> Any:
        return getattr(getattr(keras, self.keras_module), self.keras_name)(**self.options())


class SettingsType(Type):
    """A registered class of settings; its options are the class's annotated attributes."""

    target: type[Settings]

    @cached_property
    def options(self) -> Mapping[str, Option]:
        return self.target.declared()


def call_options() -> set[str]:
    """The names of all options that some layer takes at each call."""
    return {name for entry in TYPES if isinstance(entry, LayerType) for name in entry.target.call_options}


class LayerType(SettingsType):
    """A registered layer class; its inputs are the parameters of its ``infer``."""

    kind = "layer"
    target: type[Layer]

    def __init__(self, name: str, target: type[Layer], family: str) -> None:
        super().__init__(name, target, family)
        parameters = list(inspect.signature(target.infer).parameters.values())[1:]
        self.variadic = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters)
        self.inputs = tuple(parameter.name for parameter in parameters)
        self.required_inputs = 1 if self.variadic else sum(p.default is p.empty for p in parameters)
        self.example = getattr(target, "example", None)


TYPES = Registry("type", TYPE_WORDS)

LayerClass = TypeVar("LayerClass", bound=type[Layer])
ObjectClass = TypeVar("ObjectClass", bound=type[ConfiguredObject])


def register_layer(cls: LayerClass) -> LayerClass:
    """Make a `Layer` class a type that specs can name. Raises `RegistrationError` where the name is taken."""
    if not issubclass(cls, Layer):
        raise RegistrationError(f"register_layer wants a class made from netspec.Layer, not {cls!r}")
    if not (cls.__doc__ or "").strip():
        raise RegistrationError(f"{cls.__name__} needs a docstring: its first sentence is shown by netspec blocks")
    if cls.infer is Layer.infer:
        raise RegistrationError(f"{cls.__name__} needs infer, the rule for its output's shape")
    entry = LayerType(cls.type_name, cls, cls.__module__.rsplit(".", 1)[-1])
    TYPES.add(entry)
    objects("layer", TYPE_WORDS).add(entry)  # for the options that take a layer
    return cls


def register_object(kind: str) -> Any:
    """Make a class an initializer, regularizer or constraint that options can name."""

    def register(cls: ObjectClass) -> ObjectClass:
        objects(kind).add(SettingsType(cls.type_name, cls, kind))
        return cls

    return register

"""Whole numbers that stand for categories: finding their bin or index, and encoding them.

What these layers know is said in the spec: none of them is adapted to data.
See https://keras.io/api/layers/preprocessing_layers/categorical/.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from netspec.errors import Mistake
from netspec.layer import Example, Layer, Work, register_layer
from netspec.layers.counting import NOTHING, per_value, total
from netspec.layers.fields import NonNegativeInt, PositiveInt
from netspec.options import Doc, Keywords
from netspec.reaches import ALL, Axes, Sight, between, in_place
from netspec.shapes import Shape, require_rank, show

_mode = Doc(
    "int: the number itself; one_hot: a 1 at its place; multi_hot: a 1 at the place of each in the row; "
    "count: how often each is there"
)
OutputMode = Annotated[Literal["int", "one_hot", "multi_hot", "count"], _mode]

Bins = Annotated[PositiveInt, Doc("number of bins")]
Salt = Annotated[int | tuple[int, int] | None, Doc("key of a hash that others can't foresee; null for the plain hash")]


class CategoryLayer(Layer):
    """What these layers have in common: whole numbers go in, and come out as another number or encoded."""

    def one_hot(self, x: Shape, depth: int) -> Shape:
        """Give each number a row of its own; a last axis of size 1 falls away."""
        return (*(x[:-1] if x and x[-1] == 1 else x), depth)

    def of_a_row(self, x: Shape, depth: int) -> Shape:
        """Join the numbers of a row. Of more axes than one, Keras says another shape than it makes."""
        require_rank(self.type_name, x, "numbers", "put flatten before it, or write output_mode: one_hot")
        return (depth,)

    def finding(self) -> Work:
        """Count what finds the index of a number: a remainder, a hash or a look-up is one operation."""
        return Work(1)

    def work(self, x: Shape, *others: Shape) -> Work | None:
        """Find the indices. To encode them each is compared with all there are, and the numbers of a row are joined."""
        found, output_mode, output = per_value(self.finding(), x), self.options()["output_mode"], others[-1]
        if output_mode == "int":
            return found
        joined = 0 if output_mode == "one_hot" else len(others)  # with weights, which are multiplied
        weighed = 1 if output_mode == "tf_idf" else 0
        return total(found, per_value(Work(1 + joined), (*x, output[-1])), per_value(Work(weighed), output))

    def reach(self, *shapes: Shape) -> Sight:
        *inputs, _ = shapes
        return tuple(self._seen(x) for x in inputs)

    def _seen(self, x: Shape) -> Axes:
        mode = self.options()["output_mode"]
        if mode == "one_hot" and x[-1:] == (1,):
            return (*in_place(len(x) - 1), between(0, 0))
        return in_place(len(x)) if mode in ("int", "one_hot") else (ALL,) * len(x)


@register_layer
class CategoryEncoding(CategoryLayer):
    """Encodes whole numbers from 0 to `num_tokens` - 1.

    A second input, of the same shape, says how much each number counts; `output_mode` is count then.
    """

    example = Example((4,), num_tokens=10)

    num_tokens: Annotated[PositiveInt, Doc("how many numbers there are; the largest is one less")]
    output_mode: Annotated[
        Literal["multi_hot", "one_hot", "count"],
        Doc(
            "multi_hot: a 1 at the place of each number in the row; one_hot: a 1 at its place; "
            "count: how often each is there"
        ),
    ] = "multi_hot"

    def infer(self, x: Shape, count_weights: Shape | None = None) -> Shape:
        if count_weights is not None:
            self._require_weights(x, count_weights)
        return self.one_hot(x, self.num_tokens) if self.output_mode == "one_hot" else self.of_a_row(x, self.num_tokens)

    def _require_weights(self, x: Shape, count_weights: Shape) -> None:
        if self.output_mode != "count":
            raise Mistake(
                "E105",
                f"{self.type_name}: a second input says how much each number counts, which output_mode"
                f" {self.output_mode} does not ask",
                help="write output_mode: count, or give it one input",
                option=("output_mode",),
            )
        if count_weights != x:
            raise Mistake(
                "E301",
                f"{self.type_name} can't count {show(x)} with weights of {show(count_weights)}",
                help="give each number a weight",
                notes={0: f"the numbers are {show(x)}", 1: f"the weights are {show(count_weights)}"},
            )

    def call(self, layer: Any, inputs: list[Any]) -> Any:
        numbers, *count_weights = inputs
        return layer(numbers, count_weights=count_weights[0]) if count_weights else layer(numbers)

    def finding(self) -> Work:
        return NOTHING

    def output_dtype(self, compute: str, inputs: tuple[str, ...]) -> str:
        return "float64" if compute == "float64" else "float32"


@register_layer
class Discretization(CategoryLayer):
    """Gives the number of the bin that each value falls into, by the bins' boundaries."""

    example = Example((4,), bin_boundaries=(0, 1.5, 3))

    bin_boundaries: Annotated[
        Annotated[tuple[float, ...], Keywords(minItems=1)],
        Doc("where one bin ends and the next begins, from the lowest to the highest; the outer bins are open"),
    ]
    output_mode: OutputMode = "int"

    def check(self) -> None:
        if list(self.bin_boundaries) != sorted(self.bin_boundaries):
            raise Mistake(
                "E104",
                f"{self.type_name}: bin_boundaries must rise, but {list(self.bin_boundaries)} does not",
                help=f"write {sorted(self.bin_boundaries)}",
                option=("bin_boundaries",),
            )

    def infer(self, x: Shape) -> Shape:
        depth = len(self.bin_boundaries) + 1
        if self.output_mode == "int":
            return x
        return self.one_hot(x, depth) if self.output_mode == "one_hot" else self.of_a_row(x, depth)

    def keras_options(self, keras: Any) -> dict[str, Any]:
        options = super().keras_options(keras)
        del options["trainable"]  # Keras's layer doesn't take it; it has no weights
        return options

    def brief(self) -> str:
        return f"{len(self.bin_boundaries) + 1} bins"

    def finding(self) -> Work:
        return Work(len(self.bin_boundaries).bit_length())  # each comparison halves the bins it can be in

    def output_dtype(self, compute: str, inputs: tuple[str, ...]) -> str:
        return "int32" if self.output_mode == "int" else compute


@register_layer
class Hashing(CategoryLayer):
    """Puts whole numbers, as many as there may be, into a few bins by a hash. TensorFlow has to be installed."""

    example = Example((4,), num_bins=10)

    num_bins: Bins
    mask_value: Annotated[int | None, Doc("number that goes to bin 0, alone; null for none")] = None
    salt: Salt = None
    output_mode: OutputMode = "int"

    def check(self) -> None:
        refuse_float_of_int(self)

    def infer(self, x: Shape) -> Shape:
        if self.output_mode == "int":
            return x
        if self.output_mode != "one_hot":
            return self.of_a_row(x, self.num_bins)
        if x[-1:] != (1,) or x[-2:] == (1, 1):  # Keras drops one axis of size 1, and then another
            raise Mistake(
                "E305",
                f"{self.type_name}: Keras says another shape than it makes of {show(x)}, if output_mode is one_hot",
                help="put reshape before it, so that the last axis has size 1, or category_encoding behind it",
                option=("output_mode",),
            )
        return self.one_hot(x, self.num_bins)

    def output_dtype(self, compute: str, inputs: tuple[str, ...]) -> str:
        return "int64" if self.output_mode == "int" else "float32"


@register_layer
class HashedCrossing(CategoryLayer):
    """Puts pairs of whole numbers into a few bins by a hash: a category for each combination.

    The inputs must have a dtype of whole numbers. TensorFlow has to be installed.
    """

    example = Example((1,), (1,), num_bins=10)

    num_bins: Bins
    output_mode: Annotated[Literal["int", "one_hot"], Doc("int: the number of the bin; one_hot: a 1 at its place")] = (
        "int"
    )

    def check(self) -> None:
        refuse_float_of_int(self)

    def infer(self, x: Shape, y: Shape) -> Shape:
        for shape in (x, y):
            if shape not in ((), (1,)):
                raise Mistake(
                    "E302",
                    f"{self.type_name} wants a single number of each input, not {show(shape)}",
                    help="give inputs of shape [] or [1]",
                )
        if x != y:
            raise Mistake(
                "E301",
                f"{self.type_name} can't cross {show(x)} with {show(y)}",
                help="give both the same shape",
                notes={0: f"this side is {show(x)}", 1: f"this side is {show(y)}"},
            )
        return x if self.output_mode == "int" else self.one_hot(x, self.num_bins)

    def output_dtype(self, compute: str, inputs: tuple[str, ...]) -> str:
        return "int64" if self.output_mode == "int" else compute


def refuse_float_of_int(layer: Hashing | HashedCrossing) -> None:
    """Refuse to name the numbers of bins in a dtype of fractions."""
    if layer.output_mode == "int" and layer.dtype is not None:
        raise Mistake(
            "E105",
            f"{layer.type_name}: the number of a bin is a whole number, which dtype {layer.dtype} has not",
            help="leave dtype out, or write another output_mode",
            option=("dtype",),
        )


@register_layer
class IntegerLookup(CategoryLayer):
    """Gives the index of whole numbers in a vocabulary. TensorFlow has to be installed."""

    example = Example((4,), vocabulary=(12, 36, 1138, 42))

    vocabulary: Annotated[Annotated[tuple[int, ...], Keywords(minItems=1)], Doc("the numbers that are known, in order")]
    max_tokens: Annotated[
        Annotated[int, Keywords(minimum=2)] | None, Doc("most indices that there may be; null for no bound")
    ] = None
    num_oov_indices: Annotated[
        NonNegativeInt, Doc("indices for numbers that are not in the vocabulary; with 0 they are an error")
    ] = 1
    mask_token: Annotated[int | None, Doc("number that means that there is nothing, index 0; null for none")] = None
    oov_token: Annotated[int, Doc("with invert, the number for an index that is in no vocabulary")] = -1
    idf_weights: Annotated[
        tuple[float, ...] | None, Doc("how much each number of the vocabulary counts, for output_mode tf_idf")
    ] = None
    invert: Annotated[bool, Doc("whether indices become numbers of the vocabulary instead")] = False
    output_mode: Annotated[
        Literal["int", "one_hot", "multi_hot", "count", "tf_idf"],
        Doc(
            "int: the index; one_hot: a 1 at its place; multi_hot: a 1 at the place of each in the row; "
            "count: how often each is there; tf_idf: that, times idf_weights"
        ),
    ] = "int"
    pad_to_max_tokens: Annotated[bool, Doc("whether an encoding is max_tokens wide, however many are used")] = False
    oov_method: Annotated[Literal["floormod", "farmhash"], Doc("how unknown numbers are spread over their indices")] = (
        "floormod"
    )
    salt: Salt = None

    def check(self) -> None:
        if self.invert and self.output_mode != "int":
            raise self._apart("invert", "output_mode", "invert gives numbers, which are not encoded")
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise self._apart("pad_to_max_tokens", "max_tokens", "pad_to_max_tokens needs max_tokens beside it")
        if self.salt is not None and self.oov_method != "farmhash":
            raise self._apart("salt", "oov_method", "salt belongs to oov_method farmhash")
        if (self.idf_weights is None) == (self.output_mode == "tf_idf"):
            raise self._apart("idf_weights", "output_mode", "idf_weights and output_mode tf_idf belong together")
        if self.idf_weights is not None and len(self.idf_weights) != len(self.vocabulary):
            counts = f"{len(self.vocabulary)} numbers and {len(self.idf_weights)} idf_weights"
            raise self._apart("idf_weights", "vocabulary", f"{counts}, one for each is wanted")
        for name, special in (("mask_token", self.mask_token), ("oov_token", self.oov_token)):
            if special in self.vocabulary:
                raise self._apart(
                    "vocabulary", name, f"{special} is in the vocabulary, but {name} means something else"
                )
        repeated = next((number for number in self.vocabulary if self.vocabulary.count(number) > 1), None)
        if repeated is not None:
            raise Mistake(
                "E104",
                f"{self.type_name}: {repeated} is in the vocabulary twice",
                help="name every number once",
                option=("vocabulary",),
            )
        if self.max_tokens is not None and self._depth() > self.max_tokens:
            raise self._apart("max_tokens", "vocabulary", f"{self._depth()} indices are more than max_tokens")

    def _apart(self, option: str, other: str, reason: str) -> Mistake:
        return Mistake("E105", f"{self.type_name}: {reason}", help=f"change {option} or {other}", option=(option,))

    def _depth(self) -> int:
        """Count the indices: the vocabulary's, those for unknown numbers, and that for nothing."""
        masked = self.mask_token is not None and self.output_mode == "int"
        return len(self.vocabulary) + self.num_oov_indices + masked

    def infer(self, x: Shape) -> Shape:
        depth = self.max_tokens if self.pad_to_max_tokens and self.max_tokens else self._depth()
        if self.output_mode == "int":
            return x
        return self.one_hot(x, depth) if self.output_mode == "one_hot" else self.of_a_row(x, depth)

    def brief(self) -> str:
        return f"{len(self.vocabulary)} numbers"

    def output_dtype(self, compute: str, inputs: tuple[str, ...]) -> str:
        return "float32" if self.output_mode == "tf_idf" else "int64"

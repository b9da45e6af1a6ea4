"""Pooling to a given size, whatever the size of the input.

See https://keras.io/api/layers/pooling_layers/.
"""

from __future__ import annotations

from typing import Annotated

from netspec.dtypes import WholeNumbers
from netspec.errors import Mistake
from netspec.layer import Example, register_layer
from netspec.layers.convolution import SpatialLayer
from netspec.layers.fields import Size1, Size2, Size3, Sizes
from netspec.layers.pooling import LargestOf, MeanOf, Pooled
from netspec.options import Doc
from netspec.reaches import Sight, same, shared_out
from netspec.shapes import Shape, Size, require_spatial, show, volume

_size = Doc("the sizes that come out; one number for all axes, or one for each")


def values_in_windows(size: int, windows: int) -> int:
    """Count the values of all windows along an axis: each begins and ends where its part of the axis does, rounded."""
    return sum(-(-(index + 1) * size // windows) - index * size // windows for index in range(windows))


class AdaptivePooling(SpatialLayer, Pooled):
    """What these layers have in common: windows as wide as it takes to get the wanted sizes.

    TensorFlow runs more than it can compile, and training compiles: it has to know the sizes of the input, and tries a
    window that is wider by one than the widest, which has to fit too.
    """

    whole_numbers = WholeNumbers.kept

    output_size: Annotated[Sizes, _size]

    def infer(self, x: Shape) -> Shape:
        require_spatial(self.type_name, x, self.rank)
        wanted, spatial = self.along(self.output_size), x[:-1]
        if None in spatial:
            raise Mistake(
                "E304",
                f"{self.type_name} has to know the sizes that it pools, which are {show(spatial)}",
                help=f"give the input numbers instead of null; {self._global()} pools any size to one value a channel",
            )
        if 1 in wanted:
            raise Mistake(
                "E105",
                f"{self.type_name}: Keras can't compile an output_size of 1",
                help=self._instead(wanted, spatial),
                option=("output_size",),
            )
        if 1 in spatial:
            raise Mistake(
                "E305",
                f"{self.type_name}: Keras can't compile {show(wanted)} of {show(spatial)}, which has nothing to pool",
                help=f"use up_sampling{self.rank}d, which repeats values",
                option=("output_size",),
            )
        return (*wanted, x[-1])

    def reach(self, x: Shape, output: Shape) -> Sight:
        sizes = [size or 0 for size in x[:-1]]  # which infer wants to know
        along = enumerate(zip(sizes, self.along(self.output_size), strict=True))
        windows = (shared_out(axis, size, wanted) for axis, (size, wanted) in along)
        return ((*windows, same(self.rank)),)

    def windows(self, x: Shape, output: Shape) -> Size:
        pairs = zip(x[:-1], self.along(self.output_size), strict=True)
        return volume((*(size and values_in_windows(size, count) for size, count in pairs), x[-1]))

    def _global(self) -> str:
        return f"global_{self.type_name.removeprefix('adaptive_')}"

    def _instead(self, wanted: tuple[int, ...], spatial: Shape) -> str:
        """Say which layer gives the same."""
        if set(wanted) == {1}:
            return f"write {{type: {self._global()}, keepdims: true}}, which is the same"
        windows = [(size or 0) // parts for size, parts in zip(spatial, wanted, strict=True)]
        if all(size == window * parts for size, window, parts in zip(spatial, windows, wanted, strict=True)):
            plain = self.type_name.removeprefix("adaptive_")
            return f"write {{type: {plain}, pool_size: {windows}}}, which is the same"
        return f"write sizes above 1, or 1 for all axes: {self._global()}"

    def brief(self) -> str:
        return f"to {show(self.along(self.output_size))}"


class AdaptivePooling1D(AdaptivePooling):
    """Pooling of steps to a given number."""

    rank = 1
    example = Example((100, 16), output_size=10)

    output_size: Annotated[Size1, Doc("the number of steps that come out")]


class AdaptivePooling2D(AdaptivePooling):
    """Pooling to a given height and width."""

    rank = 2
    example = Example((30, 40, 16), output_size=(7, 8))

    output_size: Annotated[Size2, _size]


class AdaptivePooling3D(AdaptivePooling):
    """Pooling to a given depth, height and width."""

    rank = 3
    example = Example((8, 16, 16, 4), output_size=(2, 3, 4))

    output_size: Annotated[Size3, _size]


@register_layer
class AdaptiveAveragePooling1D(MeanOf, AdaptivePooling1D):
    """Means of as many windows of steps as are wanted."""


@register_layer
class AdaptiveAveragePooling2D(MeanOf, AdaptivePooling2D):
    """Means of windows that give the wanted height and width (He et al., 2015)."""


@register_layer
class AdaptiveAveragePooling3D(MeanOf, AdaptivePooling3D):
    """Means of windows that give the wanted depth, height and width."""


@register_layer
class AdaptiveMaxPooling1D(LargestOf, AdaptivePooling1D):
    """The largest values of as many windows of steps as are wanted."""


@register_layer
class AdaptiveMaxPooling2D(LargestOf, AdaptivePooling2D):
    """The largest values of windows that give the wanted height and width (He et al., 2015)."""


@register_layer
class AdaptiveMaxPooling3D(LargestOf, AdaptivePooling3D):
    """The largest values of windows that give the wanted depth, height and width."""

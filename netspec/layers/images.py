"""Bringing images to a size.

See https://keras.io/api/layers/preprocessing_layers/image_preprocessing/.
"""

from __future__ import annotations

from math import ceil
from typing import Annotated, ClassVar, Literal

from netspec.dtypes import WholeNumbers
from netspec.errors import Mistake
from netspec.layer import Example, Layer, Work, register_layer
from netspec.layers.counting import NOTHING, per_value
from netspec.layers.fields import PositiveInt
from netspec.options import Doc
from netspec.reaches import Sight, resized, same, shifted
from netspec.shapes import Shape, require_spatial, show

SPATIAL, ALL = (0, 1), (0, 1, 2)

Pair = tuple[int, int]

Height = Annotated[PositiveInt, Doc("height of what comes out")]
Width = Annotated[PositiveInt, Doc("width of what comes out")]


TAPS = {"nearest": 1, "bilinear": 2, "bicubic": 4, "lanczos3": 6, "lanczos5": 10}
"""How many values along each axis an interpolation makes one of; `nearest` takes it as it is."""


def interpolated(interpolation: str, output: Shape, wider: tuple[float, float] = (1, 1)) -> Work | None:
    """Count a weighted sum for each value; the window may be ``wider`` along height and width."""
    if interpolation == "nearest":
        return NOTHING
    height, width = (ceil(TAPS[interpolation] * factor) for factor in wider)
    return per_value(Work(2 * height * width - 1), output)


def cut_to_aspect_ratio(height: int, width: int, wanted_height: int, wanted_width: int) -> tuple[Pair, Pair]:
    """Cut the middle out of an image in the proportions of another: where it starts, and its sizes."""
    kept = (
        max(min(height, width * wanted_height // wanted_width), 1),
        max(min(width, height * wanted_width // wanted_height), 1),
    )
    return ((height - kept[0]) // 2, (width - kept[1]) // 2), kept


def seen_when_resized(starts: Pair, sizes: Pair, wanted: Pair, method: str, antialias: bool = False) -> Sight:
    """Say what is seen of an image of which a part, or the image with a border, is brought to a size."""
    along = enumerate(zip(starts, sizes, wanted, strict=True))
    seen = (
        resized(axis, size, made, method, antialias).within(size, made).through(shifted(axis, start))
        for axis, (start, size, made) in along
    )
    return ((*seen, same(2)),)


class ImageLayer(Layer):
    """What layers for images have in common: they take height, width and channels."""

    channels: ClassVar[tuple[int, ...]] = ()
    """The numbers of channels that it can take; empty where it takes any."""

    needs: ClassVar[tuple[int, ...]] = ()
    """The axes whose sizes TensorFlow has to know when it compiles the layer."""

    def require_image(self, x: Shape) -> None:
        """Refuse what is no image, or none that this layer can take."""
        require_spatial(self.type_name, x, 2, siblings=(2,))
        if any(x[axis] is None for axis in self.needs):
            raise Mistake(
                "E304",
                f"{self.type_name} has to know the sizes of its images, which are {show(x)}",
                help="give the input numbers instead of null"
                + (", or put resizing before it" if None in x[:-1] and self.needs != (2,) else ""),
            )
        allowed = self.allowed_channels()
        if allowed and x[-1] is not None and x[-1] not in allowed:
            raise Mistake(
                "E305",
                f"{self.type_name} wants images with {' or '.join(map(str, allowed))} channels, not {show(x)}",
                help="put it before what changes the channels of the image",
            )

    def allowed_channels(self) -> tuple[int, ...]:
        """The numbers of channels that it can take with its options; empty for any."""
        return self.channels


@register_layer
class Resizing(ImageLayer):
    """Brings images to a height and width by scaling them."""

    whole_numbers = WholeNumbers.kept
    example = Example((48, 64, 3), height=32, width=32)

    height: Height
    width: Width
    interpolation: Annotated[
        Literal["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"], Doc("how values between are found")
    ] = "bilinear"
    crop_to_aspect_ratio: Annotated[bool, Doc("whether the sides are cut off rather than squeezed")] = False
    pad_to_aspect_ratio: Annotated[bool, Doc("whether a border is added rather than the image stretched")] = False
    fill_mode: Annotated[Literal["constant"], Doc("what the border is made of: one value")] = "constant"
    fill_value: Annotated[float, Doc("the value of the border")] = 0.0
    antialias: Annotated[bool, Doc("whether all pixels count when an image is made smaller")] = False

    def check(self) -> None:
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            raise Mistake(
                "E105",
                f"{self.type_name}: crop_to_aspect_ratio and pad_to_aspect_ratio can't both be true",
                help="leave one of them out",
                option=("pad_to_aspect_ratio",),
            )

    def infer(self, x: Shape) -> Shape:
        self.require_image(x)
        return (self.height, self.width, x[-1])

    def reach(self, x: Shape, output: Shape) -> Sight | None:
        height, width, _ = x
        if height is None or width is None:
            return None
        starts, sizes = (0, 0), (height, width)
        if self.crop_to_aspect_ratio:
            starts, sizes = cut_to_aspect_ratio(height, width, self.height, self.width)
        elif self.pad_to_aspect_ratio:
            borders = (
                max(width * self.height // self.width - height, 0) // 2,
                max(height * self.width // self.height - width, 0) // 2,
            )
            starts, sizes = (-borders[0], -borders[1]), (height + 2 * borders[0], width + 2 * borders[1])
        return seen_when_resized(starts, sizes, (self.height, self.width), self.interpolation, self.antialias)

    def work(self, x: Shape, output: Shape) -> Work | None:
        return None if self.antialias and None in x else interpolated(self.interpolation, output, self._wider(x))

    def _wider(self, x: Shape) -> tuple[float, float]:
        """How many times wider the window is that lets all pixels count, where the image is made smaller."""
        if not self.antialias:
            return (1, 1)
        height, width = ((size or 0) / wanted for size, wanted in zip(x, (self.height, self.width), strict=False))
        if self.crop_to_aspect_ratio:
            height = width = min(height, width)
        if self.pad_to_aspect_ratio:
            height = width = max(height, width)
        return max(height, 1), max(width, 1)


@register_layer
class CenterCrop(ImageLayer):
    """Cuts the middle out of images; one that is too small is enlarged first."""

    example = Example((48, 64, 3), height=32, width=32)

    height: Height
    width: Width

    def infer(self, x: Shape) -> Shape:
        self.require_image(x)
        return (self.height, self.width, x[-1])

    def reach(self, x: Shape, output: Shape) -> Sight | None:
        height, width, _ = x
        if height is None or width is None:
            return None
        if height >= self.height and width >= self.width:
            return ((shifted(0, (height - self.height) // 2), shifted(1, (width - self.width) // 2), same(2)),)
        starts, sizes = cut_to_aspect_ratio(height, width, self.height, self.width)
        return seen_when_resized(starts, sizes, (self.height, self.width), "bilinear")

    def work(self, x: Shape, output: Shape) -> Work | None:
        height, width, _ = x
        if height is None or width is None:
            return None
        enlarged = height < self.height or width < self.width
        return interpolated("bilinear", output) if enlarged else NOTHING

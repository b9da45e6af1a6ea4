"""Bringing images to a size.

See https://keras.io/api/layers/preprocessing_layers/image_preprocessing/.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from netspec.errors import Mistake
from netspec.layer import Example, Layer, register_layer
from netspec.layers.fields import PositiveInt
from netspec.options import Doc
from netspec.shapes import Shape, require_spatial, show

SPATIAL, ALL = (0, 1), (0, 1, 2)

Height = Annotated[PositiveInt, Doc("height of what comes out")]
Width = Annotated[PositiveInt, Doc("width of what comes out")]


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


@register_layer
class CenterCrop(ImageLayer):
    """Cuts the middle out of images; one that is too small is enlarged first."""

    example = Example((48, 64, 3), height=32, width=32)

    height: Height
    width: Width

    def infer(self, x: Shape) -> Shape:
        self.require_image(x)
        return (self.height, self.width, x[-1])

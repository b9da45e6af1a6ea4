"""Random changes of images, so that a network sees each of them in many ways.

Keras changes images in training and leaves them alone in `predict` and `evaluate`. Called as `model(images)` it changes
them too: write `model(images, training=False)`.
See https://keras.io/api/layers/preprocessing_layers/image_augmentation/.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from netspec.dtypes import WholeNumbers
from netspec.errors import Mistake
from netspec.layer import Example, HandsOn, Work, register_layer
from netspec.layers.counting import NOTHING, per_value, total
from netspec.layers.fields import Fraction, NonNegative, PositiveInt, Seed
from netspec.layers.images import ALL, SPATIAL, ImageLayer
from netspec.options import Doc, Keywords
from netspec.reaches import Sight, each_value, mixed
from netspec.shapes import Shape, show

Signed = Annotated[float, Keywords(minimum=-1, maximum=1)]
AboveMinusOne = Annotated[float, Keywords(exclusiveMinimum=-1, maximum=1)]
Bits = Annotated[int, Keywords(minimum=1, maximum=8)]

# One number says how far it goes, two say between which it is drawn.
FractionRange = Fraction | tuple[Fraction, Fraction]
SignedRange = Signed | tuple[Signed, Signed]
ZoomRange = AboveMinusOne | tuple[AboveMinusOne, AboveMinusOne]

Chance = Annotated[FractionRange, Doc("chance of each image to be changed; of two numbers, drawn between them")]
Interpolation = Annotated[Literal["nearest", "bilinear"], Doc("how values between pixels are found")]
FillValue = Annotated[float, Doc("what stands where nothing of the image is left")]


LEVELS = 256
"""How many values a histogram tells apart."""

INTERPOLATED = 7
"""Operations that blend four values by where one lies between them."""


class Augmentation(ImageLayer):
    """What augmentations have in common: the shape stays, and nothing is learned."""

    example = Example((24, 32, 3), factor=0.2)

    def infer(self, x: Shape) -> Shape:
        self.require_image(x)
        return x

    def work(self, x: Shape, output: Shape) -> Work | None:
        return NOTHING

    reach = each_value  # used as it is built, it leaves images alone


class ColorAugmentation(Augmentation):
    """What augmentations have in common that change values, and have to know what the values mean."""

    options_come_last: ClassVar[bool] = True

    value_range: Annotated[tuple[float, float], Doc("the lowest and the highest value that a pixel can have")] = (
        0,
        255,
    )

    def check(self) -> None:
        low, high = self.value_range
        if low >= high:
            raise Mistake(
                "E104",
                f"{self.type_name}: value_range must be the lowest and then the highest value, not {[low, high]}",
                help="write [0, 255], or [0, 1] after rescaling",
                option=("value_range",),
            )


class RandomAugmentation(Augmentation):
    """What augmentations have in common that draw random numbers."""

    hands_on = HandsOn.in_inference

    options_come_last: ClassVar[bool] = True

    seed: Seed = None


class RandomColorAugmentation(ColorAugmentation, RandomAugmentation):
    """What augmentations have in common that change values at random."""


class RandomMove(RandomAugmentation):
    """What augmentations have in common that move pixels to other places."""

    options_come_last: ClassVar[bool] = True

    interpolation: Interpolation = "bilinear"
    fill_value: Annotated[float, Doc("what stands where nothing of the image is left, with fill_mode constant")] = 0.0
    fill_mode: Annotated[
        Literal["reflect", "wrap", "constant", "nearest"],
        Doc("what stands where nothing of the image is left: its mirror image, its other side, fill_value, its edge"),
    ] = "reflect"


# ---------------------------------------------------------------------------------------------------------- geometry


@register_layer
class RandomFlip(RandomAugmentation):
    """Mirrors half of the images."""

    example = Example((24, 32, 3), mode="horizontal")

    mode: Annotated[
        Literal["horizontal", "vertical", "horizontal_and_vertical"],
        Doc("whether left and right change places, top and bottom, or both"),
    ] = "horizontal_and_vertical"


@register_layer
class RandomRotation(RandomMove):
    """Turns images around their middle."""

    factor: Annotated[
        SignedRange,
        Doc("how far, as a part of a full turn: to both sides, or between two numbers (positive: counterclockwise)"),
    ]


@register_layer
class RandomTranslation(RandomMove):
    """Shifts images."""

    example = Example((24, 32, 3), height_factor=0.1, width_factor=(-0.2, 0.2))

    height_factor: Annotated[
        SignedRange, Doc("how far down, as a part of the height: to both sides, or between two numbers")
    ]
    width_factor: Annotated[
        SignedRange, Doc("how far to the right, as a part of the width: to both sides, or between two numbers")
    ]


@register_layer
class RandomZoom(RandomMove):
    """Makes what is on images smaller or larger."""

    example = Example((24, 32, 3), height_factor=0.2)

    height_factor: Annotated[
        ZoomRange, Doc("how much more height is shown, as a part of it: to both sides, or between two numbers")
    ]
    width_factor: Annotated[ZoomRange | None, Doc("the same of the width; null keeps the aspect ratio")] = None


@register_layer
class RandomShear(RandomMove):
    """Slants images, to the one side or the other."""

    example = Example((24, 32, 3), x_factor=(0, 0.2))

    x_factor: Annotated[FractionRange, Doc("how far to the side, for each row down: 0, or between two numbers")] = 0.0
    y_factor: Annotated[FractionRange, Doc("how far down, for each column: 0, or between two numbers")] = 0.0

    def check(self) -> None:
        for name, factor in (("x_factor", self.x_factor), ("y_factor", self.y_factor)):
            if not isinstance(factor, tuple) and factor:
                raise Mistake(
                    "E104",
                    f"{self.type_name}: Keras can't load a saved layer whose {name} is one number",
                    help=f"write {name}: [0, {factor}]; to which side is drawn for each image",
                    option=(name,),
                )


@register_layer
class RandomPerspective(RandomAugmentation):
    """Shows images as if they were seen from another side."""

    example = Example((24, 32, 3), factor=0.5, scale=0.3)
    needs = SPATIAL

    factor: Chance = 1.0
    scale: Annotated[Fraction, Doc("how far the corners move at most, as a part of twice the image")] = 1.0
    interpolation: Interpolation = "bilinear"
    fill_value: FillValue = 0.0

    def infer(self, x: Shape) -> Shape:
        self.require_image(x)
        if 1 in x[:-1]:
            raise Mistake(
                "E303",
                f"{self.type_name} wants images with four corners, not {show(x[:-1])}",
                help="use it where height and width are above 1",
            )
        return x


@register_layer
class RandomElasticTransform(RandomMove, ColorAugmentation):
    """Bends images as if they were of rubber (Simard et al., 2003)."""

    example = Example((24, 32, 3), factor=0.5, scale=0.3)
    needs = ALL

    factor: Chance = 1.0
    scale: Annotated[FractionRange, Doc("how far it bends; of two numbers, drawn between them")] = 1.0


# ----------------------------------------------------------------------------------------------- brightness and color


@register_layer
class RandomBrightness(RandomColorAugmentation):
    """Makes images darker or brighter."""

    whole_numbers = WholeNumbers.kept

    factor: Annotated[
        SignedRange, Doc("what is added, as a part of the range of values: to both sides, or between two numbers")
    ]


@register_layer
class RandomContrast(RandomColorAugmentation):
    """Makes the contrast of images weaker or stronger."""

    whole_numbers = WholeNumbers.kept

    factor: Annotated[
        FractionRange,
        Doc("the contrast becomes 1 to 1 + factor times as strong; of two numbers, 1 - first to 1 + second"),
    ]


@register_layer
class RandomSaturation(RandomColorAugmentation):
    """Makes the colors of images paler or stronger."""

    whole_numbers = WholeNumbers.kept
    example = Example((24, 32, 3), factor=(0.4, 0.6))
    channels = (3,)

    factor: Annotated[
        SignedRange,
        Doc("0 is gray, 0.5 leaves the colors, towards 1 they grow; one number: between its negative and it"),
    ]


@register_layer
class RandomHue(RandomColorAugmentation):
    """Turns the colors of images around the color circle."""

    whole_numbers = WholeNumbers.kept
    channels = (3,)

    factor: Annotated[
        FractionRange, Doc("how far, as a part of half the circle: up to it, or between two numbers; either way round")
    ]


@register_layer
class RandomColorJitter(RandomColorAugmentation):
    """Changes brightness, contrast, saturation and hue, one after another."""

    whole_numbers = WholeNumbers.kept
    example = Example((24, 32, 3), brightness_factor=0.2, hue_factor=(0, 0.1))

    brightness_factor: Annotated[SignedRange | None, Doc("that of random_brightness; null leaves it")] = None
    contrast_factor: Annotated[FractionRange | None, Doc("that of random_contrast; null leaves it")] = None
    saturation_factor: Annotated[SignedRange | None, Doc("that of random_saturation; null leaves it")] = None
    hue_factor: Annotated[FractionRange | None, Doc("that of random_hue; null leaves it")] = None

    def allowed_channels(self) -> tuple[int, ...]:
        return () if self.saturation_factor is None and self.hue_factor is None else (3,)


@register_layer
class RandomColorDegeneration(RandomColorAugmentation):
    """Mixes images with their gray version."""

    whole_numbers = WholeNumbers.kept
    channels = (3,)
    needs = (2,)

    factor: Annotated[
        SignedRange, Doc("how gray, 1 is wholly: between its negative, which is more colorful, and it, or two numbers")
    ]


@register_layer
class RandomGrayscale(RandomAugmentation):
    """Takes the color out of some images."""

    whole_numbers = WholeNumbers.kept
    channels = (1, 3)
    needs = (2,)

    factor: Annotated[Fraction, Doc("chance of each image to become gray")] = 0.5


@register_layer
class RandomInvert(RandomColorAugmentation):
    """Makes negatives of some images."""

    whole_numbers = WholeNumbers.kept

    factor: Chance = 1.0


@register_layer
class RandomPosterization(RandomColorAugmentation):
    """Keeps only some bits of each value."""

    whole_numbers = WholeNumbers.kept
    example = Example((24, 32, 3), factor=(3, 6))

    factor: Annotated[Bits | tuple[Bits, Bits], Doc("bits that are kept: 1 to it, or between two numbers")]


@register_layer
class RandomSharpness(RandomColorAugmentation):
    """Makes images blurred or sharper."""

    example = Example((24, 32, 3), factor=(0.3, 0.7))

    factor: Annotated[
        FractionRange, Doc("0 is blurred, 0.5 leaves the image, 1 is sharp; one number: between 0 and it")
    ]


@register_layer
class RandomGaussianBlur(RandomColorAugmentation):
    """Blurs some images."""

    example = Example((24, 32, 3), factor=0.5, kernel_size=5)

    factor: Chance = 1.0
    kernel_size: Annotated[
        PositiveInt | tuple[PositiveInt, PositiveInt], Doc("size of the window, an odd number for each axis")
    ] = 3
    sigma: Annotated[FractionRange, Doc("how far it blurs; of two numbers, drawn between them")] = 1.0

    def check(self) -> None:
        super().check()
        sizes = self.kernel_size if isinstance(self.kernel_size, tuple) else (self.kernel_size,)
        even = next((size for size in sizes if size % 2 == 0), None)
        if even is not None:
            raise Mistake(
                "E104",
                f"{self.type_name}: kernel_size must be odd, not {even}",
                help=f"write {even - 1} or {even + 1}, so that the window has a middle",
                option=("kernel_size",),
            )


@register_layer
class RandomErasing(RandomColorAugmentation):
    """Covers a rectangle of some images (Zhong et al., 2017)."""

    example = Example((24, 32, 3), factor=0.5, fill_value=(124, 116, 104))
    needs = SPATIAL

    factor: Chance = 1.0
    scale: Annotated[
        FractionRange, Doc("how much is covered, as a part of the image: up to it, or between two numbers")
    ] = (0.02, 0.33)
    fill_value: Annotated[
        float | tuple[float, float, float] | None, Doc("what covers it, or one value a channel; null for noise")
    ] = None

    def allowed_channels(self) -> tuple[int, ...]:
        return (3,) if isinstance(self.fill_value, tuple) else ()


@register_layer
class Solarization(RandomColorAugmentation):
    """Inverts the values above a threshold that is drawn for each image."""

    example = Example((24, 32, 3), threshold_factor=0.5)

    addition_factor: Annotated[
        FractionRange, Doc("what is added before, as a part of 255: up to it, or between two numbers")
    ] = 0.0
    threshold_factor: Annotated[
        FractionRange, Doc("the threshold, as a part of 255: up to it, or between two numbers")
    ] = 0.0


# ----------------------------------------------------------------------------------------------- not random, or mixed


@register_layer
class AutoContrast(ColorAugmentation):
    """Spreads the values of each image over the whole range."""

    example = Example((24, 32, 3), value_range=(0, 1))

    def reach(self, x: Shape, output: Shape) -> Sight:
        return (mixed(x, SPATIAL),)

    def work(self, x: Shape, output: Shape) -> Work | None:
        # Not only in training: min(max((x - lowest) * factor, 0), 255), of the extremes of each channel.
        return per_value(Work(6), output)


@register_layer
class ContrastLimitedAdaptiveHistogramEqualization(ColorAugmentation):
    """Spreads the values in each part of an image over the whole range, within limits (Zuiderveld, 1994)."""

    whole_numbers = WholeNumbers.kept
    example = Example((24, 32, 3), tile_grid_size=(4, 4))
    needs = SPATIAL

    clip_limit: Annotated[NonNegative, Doc("how far the contrast may grow; 0 for no limit")] = 4.0
    tile_grid_size: Annotated[
        tuple[PositiveInt, PositiveInt], Doc("number of parts along the height and the width")
    ] = (8, 8)

    def infer(self, x: Shape) -> Shape:
        self.require_image(x)
        for size, tiles in zip(x[:-1], self.tile_grid_size, strict=True):
            border = -(size or 0) % tiles  # is filled with the mirror image of what there is
            if size is not None and border > size:
                grid = show(self.tile_grid_size)
                raise Mistake(
                    "E303",
                    f"{self.type_name}: an image of {show(x[:-1])} can't be cut into {grid} tiles",
                    help="use fewer tiles",
                    option=("tile_grid_size",),
                )
        return x

    def reach(self, x: Shape, output: Shape) -> Sight:
        return (mixed(x, SPATIAL),)

    def work(self, x: Shape, output: Shape) -> Work | None:
        # Not only in training: each value is counted, found in the tables of the four nearest tiles, and these blended.
        counted = per_value(Work(1 + 2 + INTERPOLATED), output)
        # A table is cut off at the limit, gets back evenly what was cut off, is summed up, and scaled to the range.
        tables = per_value(Work(8), (*self.tile_grid_size, LEVELS, x[-1]))
        return total(counted, tables)


@register_layer
class RandAugment(RandomColorAugmentation):
    """Does a few of Keras's augmentations, drawn for each batch (Cubuk et al., 2019)."""

    example = Example((24, 32, 3), num_ops=2, factor=0.3)
    channels = (1, 3)
    needs = (2,)

    num_ops: Annotated[PositiveInt, Doc("how many, one after another")] = 2
    factor: Annotated[FractionRange, Doc("how strong each of them is; of two numbers, drawn between them")] = 0.5
    interpolation: Interpolation = "bilinear"

"""Which positions of its input an output position sees: what layers say of themselves, and how that adds up.

A layer says it axis by axis. A window that slides sees some positions before and after where it stands; enlarging by
two sees each position twice, so what is said repeats with a period; a slice sees what lies further on. All of these are
a `Reach`, and a `Reach` into what has a `Reach` itself is one again: that is the receptive field.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from math import gcd, lcm
from typing import Any, Final, NamedTuple

from netspec.shapes import Shape, Size, volume

MAX_PERIOD = 1024
MAX_ADVANCE = 10**18


class TooMuch(Exception):
    """A reach repeats after so many positions, or moves so fast, that it is not worth writing down."""


class Reach(NamedTuple):
    """What positions of an output see along one axis of an input: from a lowest to a highest position.

    Position ``q * period + k`` of the output's ``axis`` sees from ``q * advance + lowest[k]`` to ``q * advance +
    highest[k]``, both included, where the period is the number of those listed. Positions below 0 or behind the end are
    padding. Where ``axis`` is None all positions of the output see the same.
    """

    axis: int | None
    advance: int
    lowest: tuple[int, ...]
    highest: tuple[int, ...]

    def low(self, position: int) -> int:
        """The lowest position that an output position sees."""
        turns, phase = divmod(position, len(self.lowest))
        return turns * self.advance + self.lowest[phase]

    def high(self, position: int) -> int:
        """The highest position that an output position sees."""
        turns, phase = divmod(position, len(self.highest))
        return turns * self.advance + self.highest[phase]

    def through(self, inner: Reach) -> Reach:
        """What is seen through this of what ``inner`` sees. Raises `TooMuch`."""
        axis, advance, lowest, highest = self
        if advance == 1 and lowest == highest == (0,):
            return inner if axis == inner.axis else inner._replace(axis=axis)
        period = len(inner.lowest)
        if period == len(lowest) == 1:
            (low,), (high,), (inner_low,), (inner_high,) = lowest, highest, inner.lowest, inner.highest
            step = inner.advance
            advance *= step
            if advance > MAX_ADVANCE:
                raise TooMuch
            return Reach(axis, advance, (low * step + inner_low,), (high * step + inner_high,))
        common = gcd(advance, period)
        turns, step = period // common, inner.advance * advance // common
        if turns * len(lowest) > MAX_PERIOD or step > MAX_ADVANCE:
            raise TooMuch
        if advance == len(lowest) == 1:  # a window, which is by far the most frequent
            return Reach(axis, step, inner._turned(inner.lowest, lowest[0]), inner._turned(inner.highest, highest[0]))
        starts = range(0, turns * advance, advance) if advance else (0,)
        lows = tuple([inner.low(start + low) for start in starts for low in lowest])
        highs = tuple([inner.high(start + high) for start in starts for high in highest])
        return Reach(axis, step, lows, highs)

    def _turned(self, ends: tuple[int, ...], by: int) -> tuple[int, ...]:
        """Write ends down from another position on."""
        turns, start = divmod(by, len(ends))
        first, later = turns * self.advance, (turns + 1) * self.advance
        return (*[end + first for end in ends[start:]], *[end + later for end in ends[:start]])

    def within(self, size: int, output: int) -> Reach:
        """The same for so many positions of an output, where there is nothing beyond the size. Raises `TooMuch`."""
        if output > MAX_PERIOD:
            raise TooMuch
        lows = tuple([max(self.low(position), 0) for position in range(output)])
        highs = tuple([min(self.high(position), size - 1) for position in range(output)])
        return Reach(self.axis, self.advance * output // len(self.lowest), lows, highs)

    def keeps_pace_with(self, other: Reach) -> bool:
        """Whether both move along the same axis, by as much."""
        return self.axis == other.axis and (self.advance * len(other.lowest) == other.advance * len(self.lowest))

    def joined(self, other: Reach) -> Reach:
        """What is seen by this or by another that keeps pace with it. Raises `TooMuch`."""
        if self == other:
            return self
        period = lcm(len(self.lowest), len(other.lowest))
        if period > MAX_PERIOD:
            raise TooMuch
        lows = tuple([min(self.low(position), other.low(position)) for position in range(period)])
        highs = tuple([max(self.high(position), other.high(position)) for position in range(period)])
        return Reach(self.axis, self.advance * period // len(self.lowest), lows, highs)


ALL: Final = None
"""All of an axis."""

Axes = tuple[Reach | None, ...]
"""What is seen of an input, for each of its axes; `ALL` for all of an axis."""

Sight = tuple[Axes | None, ...]
"""What is seen of each input of a layer; None for one whose values are not looked at, but for its sizes."""


# ------------------------------------------------------------------------------------------------------ along one axis


@cache
def same(axis: int) -> Reach:
    """An output position sees the one position in its own place."""
    return Reach(axis, 1, (0,), (0,))


def shifted(axis: int, by: int) -> Reach:
    """An output position sees the one that lies ``by`` positions further on in the input."""
    return Reach(axis, 1, (by,), (by,))


def between(lowest: int, highest: int) -> Reach:
    """Every output position sees the same positions, both ends included."""
    return Reach(None, 0, (lowest,), (highest,))


def window(axis: int, width: int, stride: int, before: int) -> Reach:
    """A window of some width that slides, and begins ``before`` positions of padding."""
    return Reach(axis, stride, (-before,), (width - 1 - before,))


def padding_before(size: Size, width: int, stride: int, padding: str) -> int:
    """Count the positions that a convolution or pooling adds at the beginning.

    With ``same`` that hangs on the size; of one that is not known, the stride is taken to divide it.
    """
    if padding == "causal":
        return width - 1
    if padding == "valid":
        return 0
    last = width - stride if size is None else (-(-size // stride) - 1) * stride + width - size
    return max(last, 0) // 2


def spread(axis: int, size: Size, output: Size, width: int, stride: int, padding: str) -> Reach:
    """A window of a transposed convolution: each input position is spread over as many output positions.

    What sticks out is cut off: the half of it at the beginning, as a convolution back again would pad it. Raises
    `TooMuch`.
    """
    if stride > MAX_PERIOD:
        raise TooMuch
    cut = 0
    if padding == "same":
        sticking_out = width - stride if size is None or output is None else (size - 1) * stride + width - output
        cut = max(sticking_out, 0) // 2
    lows = tuple(-((width - 1 - cut - phase) // stride) for phase in range(stride))
    return Reach(axis, 1, lows, tuple((phase + cut) // stride for phase in range(stride)))


def _ratio(output: int, size: int) -> tuple[int, int]:
    """Shorten how many output positions go over how many positions of the input."""
    common = gcd(output, size)
    if output // common > MAX_PERIOD:
        raise TooMuch
    return output // common, size // common


_RADIUS = {"bilinear": 1, "bicubic": 2, "lanczos3": 3, "lanczos5": 5}


def resized(axis: int, size: int, output: int, method: str, antialias: bool = False) -> Reach:
    """A size becomes another by a method of interpolation, for which each value stands in the middle of its position.

    Raises `TooMuch`.
    """
    period, advance = _ratio(output, size)
    middles = [(2 * phase + 1) * advance for phase in range(period)]  # in halves of a period
    if method == "nearest":
        taps = tuple(middle // (2 * period) for middle in middles)
        return Reach(axis, advance, taps, taps)
    unit = 2 * max(period, advance if antialias else period)  # antialiasing widens the curve with the step
    taps_of = [_taps(middle, 2 * period, unit, _RADIUS[method]) for middle in middles]
    return Reach(axis, advance, tuple(low for low, _ in taps_of), tuple(high for _, high in taps_of))


def _taps(middle: int, pixel: int, unit: int, radius: int) -> tuple[int, int]:
    """Find the outermost pixels whose middles a curve of interpolation meets where it is not 0.

    It ends at so many units from its middle, and passes through 0 at each whole unit before.
    """
    start = middle - pixel // 2
    low = (start - radius * unit) // pixel + 1
    high = -(-(start + radius * unit) // pixel) - 1
    while low < high and (start - low * pixel) % unit == 0 and start != low * pixel:
        low += 1
    while high > low and (start - high * pixel) % unit == 0 and start != high * pixel:
        high -= 1
    return low, high


def shared_out(axis: int, size: int, output: int) -> Reach:
    """A size is shared out among windows as equal as can be, that overlap where it doesn't come out even.

    Raises `TooMuch`.
    """
    period, advance = _ratio(output, size)
    lows = tuple(phase * size // output for phase in range(period))
    return Reach(axis, advance, lows, tuple(-(-(phase + 1) * size // output) - 1 for phase in range(period)))


# ------------------------------------------------------------------------------------------------------ along all axes


@cache
def in_place(rank: int) -> Axes:
    """Every axis stays as it is."""
    return tuple(map(same, range(rank)))


def mixed(shape: Shape, axes: Collection[int]) -> Axes:
    """Values are mixed along some axes, and all others stay as they are."""
    return tuple(ALL if axis in axes else same(axis) for axis in range(len(shape)))


def aligned(shape: Shape, output: Shape) -> Axes:
    """The axes of an input that is spread over an output as NumPy broadcasts it."""
    more = len(output) - len(shape)
    if shape == output:
        return in_place(more + len(shape))
    return tuple(
        between(0, 0) if size == 1 and output[axis] != 1 else same(axis) for axis, size in enumerate(shape, start=more)
    )


def rearranged(shape: Shape, output: Shape) -> Axes:
    """The same values in another shape: an axis that keeps its neighbours' sizes stays, those that flow together don't.

    Axes of size 1 come and go.
    """
    old = [axis for axis, size in enumerate(shape) if size != 1]
    new = [axis for axis, size in enumerate(output) if size != 1]
    reaches: list[Reach | None] = [between(0, 0) if size == 1 else ALL for size in shape]
    while old and new and shape[old[0]] == output[new[0]] and shape[old[0]] is not None:
        reaches[old.pop(0)] = same(new.pop(0))
    while old and new and shape[old[-1]] == output[new[-1]] and shape[old[-1]] is not None:
        reaches[old.pop()] = same(new.pop())
    if old and new and _volume_behind(old, shape) == _volume_behind(new, output) is not None:
        reaches[old[0]] = same(new[0])  # the first of what is left is of the same size, if not known
    return tuple(reaches)


def _volume_behind(axes: list[int], shape: Shape) -> Size:
    return volume(tuple(shape[axis] for axis in axes[1:]))


# ---------------------------------------------------------------------------- rules that whole families of layers share

# Their parameters are as open as those of `Layer.reach`, so that a layer of a family may have a rule of its own.


def each_value(layer: object, *shapes: Any, **named: Any) -> Sight:
    """Every value is worked out of those in its own place."""
    *inputs, output = shapes
    return tuple([aligned(shape, output) for shape in inputs])


def each_position(layer: object, *shapes: Any, **named: Any) -> Sight:
    """Every position is worked out for itself, of all values of the last axis."""
    x, _ = shapes
    return ((*in_place(len(x) - 1), ALL),)


def everything(layer: object, *shapes: Any, **named: Any) -> Sight:
    """Every value is worked out of all there is."""
    return tuple((ALL,) * len(shape) for shape in shapes[:-1])


def nothing(layer: object, *shapes: Any, **named: Any) -> Sight:
    """Only the sizes of the input matter."""
    return (None,) * (len(shapes) - 1)


def in_other_shape(layer: object, *shapes: Any, **named: Any) -> Sight:
    """The values are the same, in another shape."""
    x, output = shapes
    return (rearranged(x, output),)

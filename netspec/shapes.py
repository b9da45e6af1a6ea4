"""Shapes and the arithmetic on them, as pure functions.

A shape has no batch axis: an RGB picture of 64×64 is ``(64, 64, 3)``. ``None`` is a size that is not known before the
model runs. Every function that can fail raises `Mistake` with the sizes written as a user thinks of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from netspec.errors import Mistake

Size = int | None
Shape = tuple[Size, ...]


def show(shape: Shape) -> str:
    """Write a shape for people: ``16×16×256``, an unknown size as ``?``, no axes at all as ``scalar``."""
    if len(shape) > 16:
        return f"{show(shape[:6])}×…×{show(shape[-2:])} ({len(shape):,} axes)"
    return "×".join("?" if size is None else str(size) for size in shape) or "scalar"


def volume(shape: Shape) -> Size:
    """Multiply the sizes; ``None`` as soon as one of them is unknown."""
    product = 1
    for size in shape:
        if size is None:
            return None
        product *= size
    return product


def tuple_of(value: int | tuple[int, ...], length: int) -> tuple[int, ...]:
    """Write out Keras's shorthand, where one number stands for the same number along each axis."""
    return (value,) * length if isinstance(value, int) else value


def window(size: Size, kernel: int, stride: int, padding: str, dilation: int = 1) -> Size:
    """Count the positions of a sliding window along one axis.

    ``padding`` is ``"valid"`` (only whole windows), ``"same"`` or ``"causal"`` (padded, so that only the stride
    divides). The result may be 0 or less where the window is larger than the input; `sliding` refuses that.
    """
    if size is None:
        return None
    if padding == "valid":
        return (size - dilation * (kernel - 1) - 1) // stride + 1
    return -(-size // stride)


def sliding(
    type_name: str,
    spatial: Shape,
    kernel: tuple[int, ...],
    strides: tuple[int, ...],
    padding: str,
    dilation: tuple[int, ...] | None = None,
    option: tuple[str | int, ...] = (),
) -> Shape:
    """Slide a window, given by ``option``, along every spatial axis; refuse one that is larger than its input."""
    dilation = dilation or (1,) * len(kernel)
    result = tuple(
        window(size, k, stride, padding, d)
        for size, k, stride, d in zip(spatial, kernel, strides, dilation, strict=True)
    )
    if any(size is not None and size < 1 for size in result):
        reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
        raise Mistake(
            "E303",
            f"{type_name} needs a window of {show(reach)}, but its input is only {show(spatial)}",
            help="use a smaller window, padding: same, or fewer strides before this line",
            option=option,
        )
    return result


def stretched(size: Size, kernel: int, stride: int, padding: str, extra: int | None, dilation: int = 1) -> Size:
    """Count what a transposed convolution makes of one axis; ``extra`` is its output padding, None for Keras's own."""
    if size is None:
        return None
    reach = dilation * (kernel - 1) + 1
    if padding == "valid":
        return (size - 1) * stride + reach + (max(stride - reach, 0) if extra is None else extra)
    return size * stride if extra is None else (size - 1) * stride + reach % 2 + extra


def require_rank(type_name: str, shape: Shape, axes: str, between: str = "") -> None:
    """Refuse a shape that does not have the axes named in ``axes``, such as ``"height×width×channels"``.

    ``between`` is the help: what usually goes before this layer to give it the shape it wants.
    """
    rank = axes.count("×") + 1
    if len(shape) != rank:
        raise Mistake(
            "E302",
            f"{type_name} wants {axes} ({_axes(rank)}), but its input is {show(shape)} ({_axes(len(shape))})",
            help=between,
        )


SPATIAL_AXES = {1: "steps×channels", 2: "height×width×channels", 3: "depth×height×width×channels"}


def require_spatial(
    type_name: str, shape: Shape, rank: int, siblings: Sequence[int] = (1, 2, 3), of_vector: str = ""
) -> None:
    """Refuse a shape that does not have ``rank`` spatial axes and channels.

    ``siblings`` are the ranks that the layer exists for: given a shape of one of those, that layer is the way out;
    ``of_vector`` says what to do where there is only a vector.
    """
    if len(shape) == rank + 1:
        return
    sibling = type_name.replace(f"{rank}d", f"{len(shape) - 1}d")
    if len(shape) == rank:
        sizes = ", ".join("-1" if size is None else str(size) for size in (*shape, 1))
        between = f"put {{type: reshape, target_shape: [{sizes}]}} before it, which adds the channels"
        if len(shape) - 1 in siblings:
            between = f"use {sibling}, or {between}"
    elif len(shape) - 1 in siblings:
        between = f"use {sibling}, or put reshape before it"
    else:
        between = "put reshape before it"
        if of_vector and len(shape) == 1:
            between = of_vector
    require_rank(type_name, shape, SPATIAL_AXES[rank], between)


def require_axis(type_name: str, shape: Shape) -> None:
    """Refuse a single number, which has no axis."""
    if not shape:
        raise Mistake(
            "E302",
            f"{type_name} wants at least 1 axis, but its input is {show(shape)} (no axes)",
            help="put reshape before it: target_shape [1] makes one axis of a single number",
        )


def axis_index(type_name: str, axis: int, shape: Shape, option: tuple[str | int, ...] = ("axis",)) -> int:
    """Find the position in ``shape`` of an axis counted as Keras counts, where axis 0 is the batch."""
    rank = len(shape)
    if axis == 0 or axis == -rank - 1:
        raise Mistake(
            "E104",
            f"{type_name}: axis {axis} is the batch, whose samples stay apart",
            help=_existing_axes(shape),
            option=option,
        )
    if not -rank <= axis <= rank:
        raise Mistake(
            "E302",
            f"{type_name}: there is no axis {axis} in {show(shape)} ({_axes(rank)})",
            help=_existing_axes(shape),
            option=option,
        )
    return axis - 1 if axis > 0 else axis + rank


def axis_indices(
    type_name: str, axes: int | tuple[int, ...], shape: Shape, option: tuple[str | int, ...] = ("axis",)
) -> tuple[int, ...]:
    """Find the positions of one or several axes; an axis named twice is refused."""
    if isinstance(axes, int):
        return (axis_index(type_name, axes, shape, option),)
    found: list[int] = []
    for position, axis in enumerate(axes):
        index = axis_index(type_name, axis, shape, (*option, position))
        if index in found:
            raise Mistake(
                "E104",
                f"{type_name}: axis {axis} is named twice in {list(axes)}",
                help="name every axis once; -1 is the last",
                option=(*option, position),
            )
        found.append(index)
    return tuple(found)


def _existing_axes(shape: Shape) -> str:
    if not shape:
        return "a single number has no axes: put reshape before it"
    last = "" if len(shape) == 1 else f" to {len(shape)}"
    return f"write 1{last}, or count from the end with -1"


def _axes(count: int) -> str:
    return "no axes" if count == 0 else "1 axis" if count == 1 else f"{count} axes"


def require_known(type_name: str, size: Size, what: str, option: tuple[str | int, ...] = ()) -> int:
    """Give back a size that weights depend on, or say that it has to be known."""
    if size is None:
        raise Mistake(
            "E304",
            f"{type_name} has weights that depend on a size that is not known here: the {what}",
            help="give that axis of the input a number instead of null",
            option=option,
        )
    return size


def broadcast(type_name: str, shapes: Sequence[Shape]) -> Shape:
    """Join shapes element by element, as NumPy broadcasts them; where one size is unknown the known one is taken."""
    result = shapes[0]
    for shape in shapes[1:]:
        if shape == result and None not in shape:
            continue
        rank = max(len(result), len(shape))
        left = (1,) * (rank - len(result)) + result
        right = (1,) * (rank - len(shape)) + shape
        joined: list[Size] = []
        for a, b in zip(left, right, strict=True):
            if a == 1 or b == 1:
                joined.append(b if a == 1 else a)
            elif a is not None and b is not None and a != b:
                raise _cannot_join(type_name, shapes, _to_the_same(result, shape))
            else:
                joined.append(b if a is None else a)
        result = tuple(joined)
    return result


def concatenate(type_name: str, shapes: Sequence[Shape], axis: int) -> Shape:
    """Lay shapes one after another along ``axis`` (of the shape without batch axis); all other sizes must agree."""
    joined = list(shapes[0])
    for shape in shapes[1:]:
        if len(shape) != len(joined):
            raise _cannot_join(
                type_name,
                shapes,
                "give every input the same number of axes: flatten or global_average_pooling2d leaves one, "
                "reshape any number",
            )
        for index, size in enumerate(shape):
            known = joined[index]
            if index == axis:
                joined[index] = None if known is None or size is None else known + size
            elif known is None:
                joined[index] = size
            elif size is not None and size != known:
                raise _cannot_join(type_name, shapes, _to_lay(tuple(joined), shape, axis))
    return tuple(joined)


def _cannot_join(type_name: str, shapes: Sequence[Shape], help: str) -> Mistake:
    shown = [show(shape) for shape in shapes]
    return Mistake(
        "E301",
        f"{type_name} can't join {' with '.join(dict.fromkeys(shown))}",
        help=help,
        notes={index: f"this side is {text}" for index, text in enumerate(shown)},
    )


def _to_the_same(left: Shape, right: Shape) -> str:
    """Say how two shapes become the same: by what differs, channels or the sizes before them."""
    if len(left) != len(right):
        return "give both the same number of axes: reshape makes any, global_average_pooling2d with keepdims keeps them"
    if all(a == b or 1 in (a, b) for a, b in zip(left[:-1], right[:-1], strict=True)):
        return _same_channels(left, right)
    if left[-1] == right[-1] or 1 in (left[-1], right[-1]):
        return _same_spatial(left, right)
    return f"{_same_spatial(left, right)}; {_same_channels(left, right)}"


def _same_channels(left: Shape, right: Shape) -> str:
    """Say how two inputs come to the same channels: all are made with them, or one is projected."""
    wanted, other = left[-1], right[-1]
    spatial = len(left) - 1
    if spatial not in SPATIAL_AXES:
        return f"make both {wanted} wide: {{type: dense, units: {wanted}}} changes the {other}"
    projection = f"{{type: conv{spatial}d, filters: {wanted}, kernel_size: 1}}"
    return f"use filters: {wanted} on both sides, or project the {other} with {projection}"


def _same_spatial(left: Shape, right: Shape) -> str:
    """Say how two inputs come to the same height and width: a small difference is padding, a large one strides."""
    pairs = [(max(a, b), min(a, b)) for a, b in zip(left[:-1], right[:-1], strict=True) if a and b]
    if all(large < 1.5 * small for large, small in pairs):
        cropping = f", or crop the larger side: cropping{len(pairs)}d" if len(pairs) in SPATIAL_AXES else ""
        return f"give every window padding: same, and the input sizes that the strides divide{cropping}"
    enlarging = f"; up_sampling{len(pairs)}d enlarges the smaller one" if len(pairs) in SPATIAL_AXES else ""
    return f"give both sides the same sizes, by the same strides and pooling{enlarging}"


def _to_lay(left: Shape, right: Shape, axis: int) -> str:
    """Say how two shapes can be laid one after another along an axis."""
    last = len(left) - 1
    if all(left[index] == right[index] for index in range(last) if index != axis):
        return f"only axis {axis + 1} may differ in size; leave axis out to lay them along the last"
    only = f"only axis {axis + 1}, along which they are laid, may differ in size"
    return f"{only}; {_same_spatial(left, right)}" if axis == last else only


def divide(type_name: str, whole: int, parts: int, what: str, option: tuple[str | int, ...] = ()) -> int:
    """Split a size into equal parts, or say that it can't be split."""
    if whole % parts:
        raise Mistake(
            "E305",
            f"{type_name}: {whole} {what} can't be split into {parts} equal groups",
            help=f"use a number of groups that divides {whole}",
            option=option,
        )
    return whole // parts

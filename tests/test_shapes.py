"""The arithmetic of shapes, against counting by hand and against numpy."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec import shapes
from netspec.errors import Mistake
from netspec.shapes import Shape, Size

sizes = st.integers(1, 40)
few = st.integers(1, 5)
known_shapes = st.lists(st.integers(1, 4), max_size=3).map(tuple)
open_shapes = st.lists(st.sampled_from((1, 2, 3, None)), max_size=3).map(tuple)


def refusal(rule: Callable[..., Any], *arguments: Any, **named: Any) -> Mistake:
    with pytest.raises(Mistake) as refused:
        rule(*arguments, **named)
    return refused.value


def refuses(rule: Callable[..., Any], *arguments: Any) -> bool:
    try:
        rule(*arguments)
    except Mistake:
        return True
    return False


# ------------------------------------------------------------------------------------------------------------- one axis


def positions(size: int, reach: int, stride: int) -> int:
    """Lay a window at every step from the first size on, and count those that fit."""
    return sum(start + reach <= size for start in range(0, size, stride))


@given(sizes, few, few, few)
def test_a_window_without_padding_counts_the_places_where_it_fits(size, kernel, stride, dilation):
    reach = range(0, kernel * dilation, dilation)[-1] + 1  # from the first tap to the last
    found = shapes.window(size, kernel, stride, "valid", dilation)
    assert found is not None
    assert max(found, 0) == positions(size, reach, stride)
    if dilation == 1:
        assert shapes.window(size, kernel, stride, "valid") == found


@given(sizes, few, few, few, st.sampled_from(["same", "causal"]))
def test_a_window_with_padding_counts_the_steps(size, kernel, stride, dilation, padding):
    assert shapes.window(size, kernel, stride, padding, dilation) == positions(size, 1, stride)


@given(st.integers(1, 12), few, few, few, st.none() | st.integers(0, 3))
def test_a_transposed_convolution_covers_what_its_windows_touch(size, kernel, stride, dilation, extra):
    touched = {start * stride + tap * dilation for start in range(size) for tap in range(kernel)}
    extent, reach = max(touched) + 1, (kernel - 1) * dilation + 1
    valid = shapes.stretched(size, kernel, stride, "valid", extra, dilation)
    same = shapes.stretched(size, kernel, stride, "same", extra, dilation)
    if extra is None:
        assert (valid, same) == (max(extent, size * stride), size * stride)
    else:
        assert (valid, same) == (extent + extra, extent - 2 * (reach // 2) + extra)
    if dilation == 1:
        assert shapes.stretched(size, kernel, stride, "valid", extra) == valid


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_an_unknown_size_stays_unknown(padding):
    assert shapes.window(None, 3, 2, padding) is None
    assert shapes.stretched(None, 3, 2, padding, None) is None
    assert shapes.stretched(None, 3, 2, padding, 1) is None


# ---------------------------------------------------------------------------------------------------- windows on shapes

axes = st.tuples(st.none() | st.integers(1, 9), few, few, few)


@given(st.lists(axes, min_size=1, max_size=3), st.sampled_from(["valid", "same"]))
def test_sliding_treats_every_axis_for_itself(along, padding):
    spatial, kernel, strides, dilation = zip(*along, strict=True)
    wanted = tuple(shapes.window(size, k, stride, padding, d) for size, k, stride, d in along)
    arguments = ("conv", spatial, kernel, strides, padding, dilation, ("kernel_size",))
    if all(size is None or size >= 1 for size in wanted):
        assert shapes.sliding(*arguments) == wanted
    else:
        mistake = refusal(shapes.sliding, *arguments)
        assert (mistake.code, mistake.option) == ("E303", ("kernel_size",))
        reach = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))
        assert shapes.show(reach) in mistake.message
        assert shapes.show(spatial) in mistake.message


def test_sliding_without_dilation():
    assert shapes.sliding("pool", (9, 8), (3, 2), (1, 2), "valid") == (7, 4)
    assert refusal(shapes.sliding, "pool", (9, 1), (3, 2), (1, 2), "valid").option == ()


@given(few | st.lists(few, max_size=3).map(tuple), few)
def test_one_number_stands_for_each_axis(value, length):
    wanted = value if isinstance(value, tuple) else tuple(value for _ in range(length))
    assert shapes.tuple_of(value, length) == wanted


# --------------------------------------------------------------------------------------------------------------- volume


@given(known_shapes)
def test_the_volume_is_the_number_of_values(shape):
    assert shapes.volume(shape) == np.zeros(shape).size


@given(open_shapes)
def test_the_volume_is_unknown_with_a_size(shape):
    assert (shapes.volume(shape) is None) == (None in shape)


# ----------------------------------------------------------------------------------------------------------------- axes


@given(st.lists(few, max_size=4).map(tuple), st.integers(-7, 7))
def test_an_axis_is_counted_as_in_keras(shape, axis):
    with_batch = ("batch", *shape)
    if not -len(with_batch) <= axis < len(with_batch):
        assert refusal(shapes.axis_index, "dot", axis, shape).code == "E302"
    elif with_batch[axis] == "batch":
        assert refusal(shapes.axis_index, "dot", axis, shape).code == "E104"
    else:
        assert shapes.axis_index("dot", axis, shape) == range(len(with_batch))[axis] - 1


@given(st.lists(st.integers(1, 3), max_size=3), st.data())
def test_several_axes_are_found_one_by_one(positive, data):
    written = [data.draw(st.sampled_from((axis, axis - 4))) for axis in positive]
    wanted = tuple(axis - 1 for axis in positive)
    if len(set(wanted)) == len(wanted):
        assert shapes.axis_indices("softmax", tuple(written), (5, 6, 7)) == wanted
    else:
        mistake = refusal(shapes.axis_indices, "softmax", tuple(written), (5, 6, 7))
        again = next(index for index, axis in enumerate(positive) if axis in positive[:index])
        assert (mistake.code, mistake.option) == ("E104", ("axis", again))


def test_a_wrong_axis_says_which_option_and_what_there_is():
    assert shapes.axis_indices("softmax", -1, (5, 6)) == (1,)
    for code, axis in (("E104", 0), ("E302", 3), ("E302", -4)):
        one = refusal(shapes.axis_index, "softmax", axis, (5, 6))
        assert (one.code, one.option) == (code, ("axis",))
        assert str(axis) in one.message
        assert "1 to 2" in one.help
        named = refusal(shapes.axis_index, "dot", axis, (5, 6), ("axes", 1))
        assert named.option == ("axes", 1)
        single = refusal(shapes.axis_indices, "softmax", axis, (5, 6), ("shared_axes",))
        assert (single.code, single.option) == (code, ("shared_axes",))
        several = refusal(shapes.axis_indices, "softmax", (1, axis), (5, 6), ("shared_axes",))
        assert (several.code, several.option) == (code, ("shared_axes", 1))
    twice = refusal(shapes.axis_indices, "softmax", (2, 1, -1), (5, 6), ("shared_axes",))
    assert twice.option == ("shared_axes", 2)


@pytest.mark.parametrize(("shape", "there_is"), [((), "no axes"), ((5,), "1,"), ((5, 6, 7), "1 to 3")])
def test_the_axes_that_there_are(shape, there_is):
    assert there_is in refusal(shapes.axis_index, "softmax", 9, shape).help


# ---------------------------------------------------------------------------------------------------------------- ranks


@pytest.mark.parametrize("rank", [1, 2, 3, 4])
def test_a_rank_is_wanted(rank):
    axes = "×".join("abcd"[:rank])
    for length in range(6):
        if length == rank:
            shapes.require_rank("layer", (1,) * length, axes)
            continue
        mistake = refusal(shapes.require_rank, "layer", (1,) * length, axes, "put something between")
        assert (mistake.code, mistake.help) == ("E302", "put something between")
        assert counted(rank) in mistake.message
        assert counted(length) in mistake.message
        assert refusal(shapes.require_rank, "layer", (1,) * length, axes).help == ""


def counted(axes: int) -> str:
    return {0: "(no axes)", 1: "(1 axis)"}.get(axes, f"({axes} axes)")


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_spatial_axes_and_channels_are_wanted(rank):
    for length in range(7):
        shape = (8,) * length
        if length == rank + 1:
            shapes.require_spatial(f"conv{rank}d", shape, rank)
            continue
        mistake = refusal(shapes.require_spatial, f"conv{rank}d", shape, rank)
        assert mistake.code == "E302"
        assert shapes.SPATIAL_AXES[rank] in mistake.message
        assert (f"use conv{length - 1}d" in mistake.help) == (length in (2, 3, 4))
        assert "reshape" in mistake.help
        assert ("target_shape" in mistake.help) == (length == rank)
        of_vector = refusal(shapes.require_spatial, f"conv{rank}d", shape, rank, of_vector="leave it out")
        assert (of_vector.help == "leave it out") == (length == 1 and rank > 1)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_missing_channels_are_added(rank):
    for shape, sizes in (((9, 8, 7)[:rank], (9, 8, 7)[:rank]), ((9, None, 7)[:rank], (9, -1, 7)[:rank])):
        for siblings in ((), (1, 2, 3)):
            help = refusal(shapes.require_spatial, f"conv{rank}d", shape, rank, siblings).help
            assert f"target_shape: {[*sizes, 1]}" in help
            assert (f"use conv{rank - 1}d" in help) == (bool(siblings) and rank > 1)


def test_only_a_layer_that_exists_is_named():
    help = refusal(shapes.require_spatial, "depthwise_conv2d", (8,) * 4, 2, siblings=(1, 2)).help
    assert "conv3d" not in help
    assert "use depthwise_conv1d" in refusal(shapes.require_spatial, "depthwise_conv2d", (8, 8), 2, (1, 2)).help


def test_an_axis_is_wanted():
    shapes.require_axis("dense", (5,))
    shapes.require_axis("dense", (None,))
    assert refusal(shapes.require_axis, "dense", ()).code == "E302"


# ---------------------------------------------------------------------------------------------------------------- joins


def fillings(inputs: Sequence[Shape]) -> Iterator[list[tuple[int, ...]]]:
    """Put every combination of small sizes in place of the unknown ones."""
    unknown = sum(shape.count(None) for shape in inputs)
    for filled in itertools.product((1, 2, 3), repeat=unknown):
        numbers = iter(filled)
        yield [tuple(next(numbers) if size is None else size for size in shape) for shape in inputs]


def results(join: Callable[[list[tuple[int, ...]]], tuple[int, ...]], inputs: Sequence[Shape]) -> list[tuple[int, ...]]:
    """Let numpy join all fillings, those that it takes."""
    found = []
    for filled in fillings(inputs):
        try:
            found.append(join(filled))
        except ValueError:
            continue
    return found


def certain(joined: list[tuple[int, ...]]) -> Shape:
    """Keep the sizes that are the same in every result."""
    return tuple(size[0] if len(set(size)) == 1 else None for size in zip(*joined, strict=True))


@given(st.lists(known_shapes, min_size=1, max_size=4))
def test_broadcasting_is_that_of_numpy(inputs):
    try:
        wanted = np.broadcast_shapes(*inputs)
    except ValueError:
        assert refusal(shapes.broadcast, "add", inputs).code == "E301"
    else:
        assert shapes.broadcast("add", inputs) == wanted


@given(st.tuples(open_shapes, open_shapes))
def test_broadcasting_knows_what_is_certain(inputs):
    possible = results(lambda filled: tuple(np.broadcast_shapes(*filled)), inputs)
    if possible:
        assert shapes.broadcast("add", inputs) == certain(possible)
    else:
        assert refuses(shapes.broadcast, "add", inputs)


@given(open_shapes)
def test_what_is_alike_joins_to_itself(shape):
    assert shapes.broadcast("add", [shape] * 3) == shape


def laid(filled: list[tuple[int, ...]], axis: int) -> tuple[int, ...]:
    return np.concatenate([np.zeros(shape) for shape in filled], axis).shape


@st.composite
def shapes_alike(draw: st.DrawFn, items: st.SearchStrategy[Size]) -> list[Shape]:
    """Draw two or three shapes, mostly of one rank and mostly with the same sizes."""
    first = draw(st.lists(items, min_size=1, max_size=3))
    others = [
        [draw(items) if draw(st.integers(0, 3)) == 0 else size for size in first]
        for _ in range(draw(st.integers(1, 2)))
    ]
    if draw(st.integers(0, 9)) == 0:
        others[-1].append(draw(items))
    return [tuple(first), *map(tuple, others)]


@given(shapes_alike(st.integers(1, 3)), st.data())
def test_concatenating_is_that_of_numpy(inputs, data):
    axis = data.draw(st.integers(0, len(inputs[0]) - 1))
    try:
        wanted = laid(inputs, axis)
    except ValueError:
        assert refusal(shapes.concatenate, "concatenate", inputs, axis).code == "E301"
    else:
        assert shapes.concatenate("concatenate", inputs, axis) == wanted


@given(shapes_alike(st.sampled_from((2, 3, None))), st.data())
def test_concatenating_knows_what_is_certain(inputs, data):
    axis = data.draw(st.integers(0, len(inputs[0]) - 1))
    possible = results(lambda filled: laid(filled, axis), inputs)
    if possible:
        assert shapes.concatenate("concatenate", inputs, axis) == certain(possible)
    else:
        assert refuses(shapes.concatenate, "concatenate", inputs, axis)


def test_large_sizes_join_as_small_ones():
    one, other = int("1000"), int("1000")  # equal, but not the same object
    assert shapes.broadcast("add", [(one, 1), (other, 5)]) == (1000, 5)
    assert shapes.concatenate("concatenate", [(one, 1), (other, 5)], 1) == (1000, 6)
    shapes.require_rank("layer", (1,) * one, "×" * (other - 1))


def test_a_join_says_what_every_side_brings():
    different = [(3, 4), (3, 5), (3, 4)]
    for mistake in (
        refusal(shapes.broadcast, "add", different),
        refusal(shapes.concatenate, "concatenate", different, 0),
        refusal(shapes.concatenate, "concatenate", [(3, 4), (3, 5), (3, 4, 1)], 1),
    ):
        assert mistake.code == "E301"
        assert "3×4 with 3×5" in mistake.message
        assert list(mistake.notes) == [0, 1, 2]
        assert "3×5" in mistake.notes[1]
    assert "axis 1" in refusal(shapes.concatenate, "concatenate", different, 0).help


# ---------------------------------------------------------------------------------------------------------- other sizes


@given(st.integers(1, 60), st.integers(1, 12))
def test_dividing_gives_parts_that_make_the_whole(whole, parts):
    equal = [part for part in range(1, whole + 1) if part * parts == whole]
    if equal:
        found = shapes.divide("conv2d", whole, parts, "channels")
        assert ([found], type(found)) == (equal, int)
    else:
        mistake = refusal(shapes.divide, "conv2d", whole, parts, "channels", ("groups",))
        assert (mistake.code, mistake.option) == ("E305", ("groups",))
        assert f"{whole} channels" in mistake.message
        assert refusal(shapes.divide, "conv2d", whole, parts, "channels").option == ()


def test_a_size_that_has_to_be_known():
    assert shapes.require_known("dense", 7, "channels") == 7
    mistake = refusal(shapes.require_known, "dense", None, "channels", ("axis",))
    assert (mistake.code, mistake.option) == ("E304", ("axis",))
    assert "channels" in mistake.message
    assert refusal(shapes.require_known, "dense", None, "channels").option == ()


@pytest.mark.parametrize(
    ("shape", "shown"),
    [
        ((), "scalar"),
        ((7,), "7"),
        ((16, None, 256), "16×?×256"),
        ((1,) * 16, "×".join("1" * 16)),
        ((1, 2, 3, 4, 5, 6, *(9,) * 9, 7, 8), "1×2×3×4×5×6×…×7×8 (17 axes)"),
        ((1,) * 2000, "1×1×1×1×1×1×…×1×1 (2,000 axes)"),
    ],
)
def test_shapes_are_written_for_people(shape, shown):
    assert shapes.show(shape) == shown

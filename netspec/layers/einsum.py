"""Dense layers for tensors of any number of axes.

See https://keras.io/api/layers/core_layers/einsum_dense/.
"""

from __future__ import annotations

import re
from functools import cached_property
from string import ascii_lowercase
from typing import Annotated, NamedTuple

from netspec.errors import Mistake
from netspec.layer import Example, Layer, Weight, Weights, Work, register_layer
from netspec.layers.core import refuse_constrained_lora
from netspec.layers.counting import after_product
from netspec.layers.fields import (
    Activation,
    Constraint,
    Initializer,
    LoraAlpha,
    LoraRank,
    PositiveInt,
    Regularizer,
)
from netspec.options import Doc, shorten, show_value
from netspec.reaches import ALL, Sight, same
from netspec.shapes import Shape, Size, require_known, show, volume

FORMS = "ab,bc->ac, ...b,bc->...c or ab...,bc->ac..."

MAX_AXES = 10
"""TensorFlow's einsum takes tensors of so many axes, and the batch."""

ALONG_LAST_AXIS = ("softmax", "log_softmax", "sparsemax")


class Subscripts(NamedTuple):
    """The letters of an equation, and whether ``...`` stands before or after those of the input and the output.

    Without a ``...`` before them the first letter of both is the batch.
    """

    inputs: str
    kernel: str
    outputs: str
    dots_before: bool
    dots_after: bool

    @property
    def made(self) -> str:
        """The letters of the output whose sizes are given: all but the batch."""
        return self.outputs if self.dots_before else self.outputs[1:]

    def with_more_axes(self, count: int) -> str:
        """Write the equation for an input of so many axes more behind the batch; nothing where letters run out."""
        used = "".join(self[:3])
        more = [letter for letter in ascii_lowercase if letter not in used][:count]
        if len(more) < count or len({*used, *more}) > len(ascii_lowercase):
            return ""
        inputs, outputs = (side[0] + "".join(more) + side[1:] for side in (self.inputs, self.outputs))
        order = dict.fromkeys(inputs + self.kernel + outputs)
        in_order = str.maketrans(dict(zip(order, ascii_lowercase, strict=False)))
        return f"{inputs},{self.kernel}->{outputs}".translate(in_order)


def parse(equation: str) -> Subscripts | None:
    """Read an equation in one of Keras's three forms; None where it is in none of them."""
    found = re.fullmatch(r"(\.\.\.)?([A-Za-z]+)(\.\.\.)?,([A-Za-z]+)->(\.\.\.)?([A-Za-z]+)(\.\.\.)?", equation)
    if found is None:
        return None
    before, inputs, after, kernel, before_output, outputs, after_output = found.groups()
    if (before, after) != (before_output, after_output) or (before and after) or (after and len(inputs) == 1):
        return None
    return Subscripts(inputs, kernel, outputs, before is not None, after is not None)


@register_layer
class EinsumDense(Layer):
    """Sums products of the input and a kernel over the axes that an equation names, in the notation of einsum."""

    example = Example((32, 128), equation="abc,cde->abde", output_shape=(None, 8, 64), bias_axes="de")

    equation: Annotated[
        str, Doc("letters for the axes of input, kernel and output, the batch first: ab,bc->ac is a dense layer")
    ]
    output_shape: Annotated[
        PositiveInt | tuple[PositiveInt | None, ...],
        Doc("sizes of the output's letters, without the batch; null leaves one open that the input has too"),
    ]
    activation: Activation = None
    bias_axes: Annotated[str | None, Doc("letters of the output that the bias has; null for no bias")] = None
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    bias_constraint: Constraint = None
    lora_rank: LoraRank = None
    lora_alpha: LoraAlpha = None

    # -- options

    def check(self) -> None:
        self._refuse_letters()
        self._refuse_sizes_of_letters()
        refuse_constrained_lora(self.type_name, self.lora_rank, self.kernel_constraint, "kernel_constraint")

    @cached_property
    def _letters(self) -> Subscripts:
        letters = parse(self.equation)
        if letters is None:
            quoted = "" if "," in self.equation else '; where a comma ends a value, put it in quotes: "ab,bc->ac"'
            tidy = re.sub(r"=>|→", "->", "".join(self.equation.split()))
            meant = f'write equation: "{tidy}"; it has ' if parse(tidy) else "write "
            raise self._wrong_equation(
                f"must be like {FORMS}, not {show_value(self.equation)}",
                f"{meant}the letters of the input, a comma, those of the kernel, -> and those of the output{quoted}",
            )
        return letters

    def _refuse_letters(self) -> None:
        letters = self._letters
        for part in letters[:3]:
            for letter in part:
                if part.count(letter) > 1:
                    raise self._wrong_equation(
                        f"has {letter} twice in {shorten(part)}", "give each axis a letter of its own"
                    )
        batch = "" if letters.dots_before else letters.inputs[0]
        if batch and (letters.outputs[0] != batch or batch in letters.kernel):
            raise self._wrong_equation(
                f"{self.equation} mixes samples: {batch}, the first letter, is the batch",
                f"begin the output with {batch}, and leave {batch} out of the kernel; "
                "two tensors are joined by dot or dot_product_attention",
            )
        for letter in letters.kernel:
            if letter not in letters.inputs + letters.outputs:
                raise self._wrong_equation(
                    f"has {letter} in the kernel alone", f"put {letter} into the input, or into the output as well"
                )
        for letter in letters.outputs:
            if letter not in letters.inputs + letters.kernel:
                raise self._wrong_equation(
                    f"has {letter} in the output alone", f"put {letter} into the kernel as well: a new axis of it"
                )

    def _wrong_equation(self, what: str, help: str) -> Mistake:
        return Mistake("E104", f"{self.type_name}: equation {what}", help=help, option=("equation",))

    def _refuse_sizes_of_letters(self) -> None:
        letters, given, bias = self._letters, self._given(), self.bias_axes
        if len(given) != len(letters.made):
            named = f": {', '.join(letters.made)}" if letters.made else ""
            sizes = "1 size" if len(given) == 1 else f"{len(given)} sizes"
            raise self._wrong_shape(f"has {sizes}, but the output has {len(letters.made)}{named}")
        if bias is not None and (not bias or set(bias) - set(letters.made)):
            raise Mistake(
                "E105",
                f"{self.type_name}: bias_axes must be letters of the output but the batch, not {show_value(bias)}",
                help=f"write bias_axes: {letters.made[-1:] or 'null'}, or leave it out for no bias",
                option=("bias_axes",),
            )
        for letter, size in zip(letters.made, given, strict=True):
            weights = [name for name, axes in (("kernel", letters.kernel), ("bias", bias or "")) if letter in axes]
            if size is None and weights:
                raise self._wrong_shape(f"must be a number for {letter}, an axis of the {weights[0]}")

    def _wrong_shape(self, what: str) -> Mistake:
        needed = self._letters.kernel + (self.bias_axes or "")
        open_letters = [letter for letter in self._letters.made if letter in needed]
        sizes = {letter: f"size of {letter}" for letter in open_letters}
        if len(open_letters) == 1 and isinstance(self.output_shape, int):
            sizes = {open_letters[0]: str(self.output_shape)}
        wanted = ", ".join(sizes.get(letter, "null") for letter in self._letters.made)
        return Mistake(
            "E105",
            f"{self.type_name}: output_shape {what}",
            help=f"write output_shape: [{wanted}]",
            option=("output_shape",),
        )

    def _given(self) -> Shape:
        return (self.output_shape,) if isinstance(self.output_shape, int) else self.output_shape

    # -- shapes

    def infer(self, x: Shape) -> Shape:
        letters = self._letters
        sizes, others = self._sizes(x)
        for position, (letter, given) in enumerate(zip(letters.made, self._given(), strict=True)):
            if letter in sizes and given is not None and sizes[letter] != given:
                fitting = sizes[letter] or ("" if letter in letters.kernel else "null")
                raise Mistake(
                    "E305",
                    f"{self.type_name}: output_shape gives {letter} the size {given}, "
                    f"but in the input {show(x)} it is {show((sizes[letter],))}",
                    help=f"write {fitting} for {letter}" if fitting else "give that axis of the input a number",
                    option=("output_shape",) if isinstance(self.output_shape, int) else ("output_shape", position),
                )
        output = (*others, *self._given()) if letters.dots_before else (*self._given(), *others)
        if max(len(x), len(output)) > MAX_AXES:
            raise Mistake(
                "E302",
                f"{self.type_name} would make {show(output)} of {show(x)}; {MAX_AXES} axes are the most",
                help="put reshape before it, which lays axes in one row",
            )
        if letters.dots_before and others != others[::-1]:
            raise self._turned(letters, others)
        if not output and self.activation in ALONG_LAST_AXIS:
            raise Mistake(
                "E302",
                f"{self.type_name}: {self.activation} works along an axis, but {self.equation} leaves a single number",
                help="leave an axis in the output",
                option=("activation",),
            )
        return output

    def reach(self, x: Shape, output: Shape) -> Sight:
        letters, (sizes, others) = self._letters, self._sizes(x)
        ahead = len(others) if letters.dots_before else 0
        places = {letter: place for place, letter in enumerate(letters.made, start=ahead)}
        if self.activation in ALONG_LAST_AXIS:
            places = {letter: place for letter, place in places.items() if place != len(output) - 1}
        named = (same(places[letter]) if letter in places else ALL for letter in sizes)
        start = 0 if letters.dots_before else len(letters.made)
        dotted = (same(place) for place in range(start, start + len(others)))
        return ((*dotted, *named) if letters.dots_before else (*named, *dotted),)

    def _sizes(self, x: Shape) -> tuple[dict[str, Size], Shape]:
        """Find the size of each letter of the input but the batch, and the sizes that the dots stand for."""
        letters = self._letters
        named = letters.inputs if letters.dots_before else letters.inputs[1:]
        others = len(x) - len(named)
        if others < 0 or (others > 0 and not (letters.dots_before or letters.dots_after)):
            or_more = " or more" if letters.dots_before or letters.dots_after else ""
            axes = "1 axis" if f"{len(named)}{or_more}" == "1" else f"{len(named)}{or_more} axes"
            longer = letters.with_more_axes(others) if others > 0 else ""
            fitting = f', as "{longer}" does' if longer else ""
            raise Mistake(
                "E302",
                f"{self.type_name} {self.equation} wants {axes} beside the batch, "
                f"but its input is {show(x)} ({len(x)})",
                help=f"give each axis of the input a letter of the equation{fitting}, or put reshape before it",
                option=("equation",),
            )
        if letters.dots_before:
            return dict(zip(named, x[others:], strict=True)), x[:others]
        return dict(zip(named, x, strict=False)), x[len(named) :]

    def _turned(self, letters: Subscripts, others: Shape) -> Mistake:
        """Refuse what Keras gives a wrong shape: it writes the axes that leading dots stand for in reverse order."""
        free = [letter for letter in ascii_lowercase if letter not in "".join(letters[:3])]
        first = "".join(free[: len(others) + 1])
        equation = f"{first}{letters.inputs},{letters.kernel}->{first}{letters.outputs}"
        shape = ", ".join("null" if size is None else str(size) for size in (*(None for _ in others), *self._given()))
        return Mistake(
            "E305",
            f"{self.type_name}: Keras turns round the axes {show(others)} that ... stands for",
            help=f'write equation: "{equation}" and output_shape: [{shape}]',
            option=("equation",),
        )

    # -- weights and cost

    def weights(self, x: Shape) -> Weights:
        letters = self._letters
        inputs, others = self._sizes(x)
        made = dict(zip(letters.made, self._given(), strict=True))
        kernel = tuple(
            require_known(self.type_name, {**inputs, **made}[letter], f"axis {letter}") for letter in letters.kernel
        )
        weights = [Weight("kernel", kernel, trainable=self.lora_rank is None)]
        if self.bias_axes is not None:
            # It is spread over the axes behind its first letter that it does not have.
            behind = letters.made[min(map(letters.made.index, self.bias_axes)) :]
            after = (1,) * len(others) if letters.dots_after else ()
            bias = (made[letter] or 1 if letter in self.bias_axes else 1 for letter in behind)
            weights.append(Weight("bias", (*bias, *after)))
        if self.lora_rank is not None:
            weights.append(Weight("lora_kernel_a", (*kernel[:-1], self.lora_rank)))
            weights.append(Weight("lora_kernel_b", (self.lora_rank, kernel[-1])))
        return tuple(weights)

    def macs(self, x: Shape, output: Shape) -> int | None:
        sizes, others = self._known_sizes(x)
        return volume((*others, *sizes.values()))

    def _known_sizes(self, x: Shape) -> tuple[dict[str, Size], Shape]:
        """Find the size of each letter, of the input's also where the output leaves it open, and those of the dots."""
        inputs, others = self._sizes(x)
        made = dict(zip(self._letters.made, self._given(), strict=True))
        return {**made, **inputs}, others

    def work(self, x: Shape, output: Shape) -> Work | None:
        sizes, others = self._known_sizes(x)
        named = tuple(sizes[letter] for letter in self._letters.made)
        known = (*others, *named) if self._letters.dots_before else (*named, *others)
        return after_product(known, self.bias_axes is not None, self.activation, trainable=self.trainable)

    def brief(self) -> str:
        activation = f" {self.activation}" if self.activation else ""
        return f"{self.equation} {show(self._given())}{activation}"

"""What layers do beside products and keep for training, against the record of XLA and jax (`record_work`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from netspec.errors import Mistake
from netspec.layer import Layer, Work
from netspec.layers.recurrent import RecurrentLayer
from netspec.layers.wrappers import TimeDistributed
from netspec.registry import Mistakes
from netspec.shapes import Shape, volume
from tests.layers import record, record_work
from tests.layers.agreement import LAYER_TYPES, apply

EACH_TYPE = pytest.mark.parametrize("name", LAYER_TYPES)

SCALARS = 8
"""So many operations on single numbers, or numbers kept, are not compared: constants, seeds, the count of a loop."""


class Apart(NamedTuple):
    """Types of which the other counts from ``low`` to ``high`` times as much as we do, and why; None: not compared."""

    types: str
    low: float | None
    high: float
    reason: str


FORMULA = "jax writes a longer formula, safe for large numbers"
ROWS = "one operation more for each row, which is compared with minus infinity"
INDICES = "XLA counts the arithmetic of the indices that are looked up"
TABLES = "XLA makes a table of sizes alone anew, and counts it, mostly by sums of all before"

OPERATIONS = (
    Apart("relu", 1, 1.5, "Keras compares twice with a threshold"),
    Apart("elu|celu|selu", 1.2, 1.7, FORMULA),
    Apart("prelu", 1.6, 2, "Keras takes relu(x) - alpha * relu(-x)"),
    Apart("softmax|log_softmax|attention|additive_attention", 1, 1.5, ROWS),
    Apart("hard_tanh", 2, 2.1, "Keras clips twice, by numbers that it compares themselves"),
    Apart("log_sigmoid|mish|softplus", 2.6, 6, FORMULA),
    Apart("sparsemax", 1.5, 2.4, "sums of all before are sums of windows"),
    Apart("gelu", 1, 16.5, "XLA has no erf: it writes a polynomial"),
    Apart("average_pooling.d", 1, 2, "with padding, XLA counts the values of each window, too"),
    Apart("adaptive_average_.*", 1.2, 60, "Keras pools with both sizes of windows everywhere, and takes some"),
    Apart("adaptive_max_.*", None, 0, "as those of averages, and windows of one value take nothing by our rule"),
    Apart("take|(reversible_)?embedding|learned_tokens", None, 0, INDICES),
    Apart("multi_head_attention", 0.8, 1.6, ROWS + "; masks are made anew, and a factor of 1 is left out"),
    Apart("group_query_attention|dot_product_attention", 0.8, 1.4, ROWS + "; masks too, and a factor of 1 is left out"),
    Apart("resizing|center_crop|up_sampling2d", None, 0, "Keras's jax multiplies by matrices of the weights"),
    Apart("auto_contrast", 1.3, 2.4, "Keras scales to 255 and back, and looks for what is no number"),
    Apart("contrast_limited_.*", 30, 45, "Keras makes its histograms by comparing each value with 256 levels"),
    Apart("category_encoding", 1, 2, "each number is compared with all bounds, too"),
    Apart("discretization", None, 0, "Keras's jax searches in a loop that it writes out"),
    Apart("batch_normalization", 1, 2.3, "XLA counts what is made of weights alone, once a channel"),
    Apart("layer_normalization", 1.2, 2, "jax finds the variance of numbers and of complex numbers alike"),
    Apart("group_normalization", 1, 1.2, "a few more for each channel"),
    Apart("normalization", 0.5, 1, "a mean of 0 is not taken away"),
    Apart("channel_scale|layer_scale", 0, 0.5, "for XLA the factors are a product of matrices, which is left out here"),
    Apart("mel_spectrogram", None, 0, "XLA makes the filters anew; what is left of little is no measure"),
    Apart("positions|sinusoidal_position_embedding|rotary_embedding", None, 0, TABLES),
    Apart("einsum_dense", 1, 1, "an axis that is summed up by itself is no product for XLA, but is one for us"),
)

TRANSCENDENTAL = (
    Apart("batch_normalization", None, 0, "XLA counts the root of each channel's variance, which is made of weights"),
    Apart("sinusoidal_position_embedding|rotary_embedding", None, 0, TABLES),
    Apart("resizing|mel_spectrogram", None, 0, "XLA makes the weights of the interpolation and the filters anew"),
    Apart("multi_head_attention", 1, 3, "along several axes the softmax has a sum of logarithms in it"),
)


def of_case(case: record_work.Case) -> Work:
    layer: Layer = LAYER_TYPES[case.type].bind(case.options)
    work = layer.work(*case.inputs, apply(case.type, case.options, case.inputs).shape)
    assert work is not None
    return work


def bounds(case: record_work.Case, table: tuple[Apart, ...]) -> tuple[float, float] | None:
    """Between what factors the other count may lie, by the type and by all that is inside; None: not compared."""
    low = high = 1.0
    for name in {case.type, *types_inside(case.options)}:
        for apart in table:
            if re.fullmatch(apart.types, name):
                if apart.low is None:
                    return None
                low, high = min(low, apart.low), max(high, apart.high)
    return low, high


def types_inside(options: Mapping[str, Any]) -> Iterator[str]:
    """The activations of a layer, and the types of layers in it with theirs."""
    for key in ("activation", "recurrent_activation"):
        if options.get(key):
            yield options[key]
    for key in ("layer", "backward_layer"):
        if written := options.get(key):
            inner = written if isinstance(written, Mapping) else {"type": written}
            yield from (inner["type"], *types_inside(inner))


def outside(wanted: int, ours: int, between: tuple[float, float] | None, slack: int = SCALARS) -> bool:
    return between is not None and not between[0] * ours - slack <= wanted <= between[1] * ours + slack


def cases_of(name: str) -> list[record_work.Case]:
    return [case for case in record_work.cases() if case.type == name]


@EACH_TYPE
def test_operations_are_those_of_xla(name: str) -> None:
    found = [(case, of_case(case)) for case in cases_of(name)]
    assert [
        (case.line(), work)
        for case, work in found
        if outside(case.elementwise, work.elementwise, bounds(case, OPERATIONS))
        or outside(case.transcendental, work.transcendental, bounds(case, TRANSCENDENTAL), slack=0)
    ] == []


CHOICES = "jax keeps what was compared, as truths, and zeros for what was not chosen"
STEPS = "jax keeps what each step of a formula needs; XLA works most of it out again"
COPIES = "jax keeps copies that are padded or spread"
NO_GRADIENT = "mostly part of the data; jax keeps what even the gradient of the images needs"

KEPT = (
    Apart("relu|(leaky|p)_?relu|relu6|hard_.*|sparse_.*|soft_shrink|threshold|(c|s)?elu", 1, 6, CHOICES),
    Apart("(log_)?sigmoid|log_softmax|softmax|mish|silu|softplus|softsign|gelu|glu", 1, 6, STEPS),
    Apart("tanh|tanh_shrink|squareplus|sparsemax", 1, 3, STEPS),
    Apart(".*_normalization", 1, 6, STEPS),
    Apart("(multi_head_|group_query_|additive_|dot_product_)?attention", 1, 4, STEPS),
    Apart("lstm|gru|simple_rnn|bidirectional", 1, 6, STEPS + ", but not in a loop that is written out"),
    Apart("stft_spectrogram", 1, 4, STEPS),
    Apart("(adaptive_)?max_pooling.d", 0.5, 2, "TensorFlow keeps the output, too; jax only the input"),
    Apart("dropout|alpha_dropout", 1, 3, CHOICES),
    Apart("stochastic_depth|spatial_dropout.d", None, 0, "jax spreads the random numbers over all values first"),
    Apart("(depthwise_|separable_)?conv.d", 1, 4, COPIES),
    Apart("conv.d_transpose", None, 0, "jax keeps a kernel that is turned round as a value"),
    Apart("conv_lstm.d", None, 0, "jax keeps the kernels that go through its loop as values"),
    Apart("average_pooling.d|adaptive_average_.*", None, 0, "jax keeps how many values are in each window"),
    Apart("activity_regularization", None, 0, "the penalty is not part of the output that jax was asked about"),
    Apart("masking", None, 0, "jax keeps a truth for each value, not for each step"),
    Apart("random_.*|rand_augment|solarization|auto_contrast|contrast_limited_.*", None, 0, NO_GRADIENT),
    Apart("resizing|center_crop|up_sampling2d|mel_spectrogram|rotary_embedding", None, 0, "tables that jax makes anew"),
    Apart("normalization|learned_tokens", None, 0, "weights that are not trained, and indices"),
    Apart("spectral_normalization", None, 0, "in training the kernel is normalized, which is work on weights"),
)


@EACH_TYPE
def test_what_is_kept_is_what_jax_keeps(name: str) -> None:
    found = [(case, of_case(case)) for case in cases_of(name)]
    assert [
        (case.line(), work)
        for case, work in found
        if outside(case.kept + case.kept_truths, held(case, work), bounds(case, KEPT))
    ] == []


def held(case: record_work.Case, work: Work) -> int:
    """Count all values that are kept: inputs, output, and what is made inside."""
    inputs = sum(volume(shape) or 0 for shape in case.inputs) if work.keeps_input else 0
    output = apply(case.type, case.options, case.inputs).shape
    return inputs + (volume(output) or 0 if work.keeps_output else 0) + work.kept


def test_the_record_has_all_that_runs_on_jax() -> None:
    needing_tensorflow = {"hashing", "hashed_crossing", "integer_lookup"}
    assert {case.type for case in record_work.cases()} == set(LAYER_TYPES) - needing_tensorflow


# --------------------------------------------------------------------------------------------------------- every rule


def example_of(name: str) -> tuple[Layer, tuple[Shape, ...]]:
    example = LAYER_TYPES[name].target.example
    layer: Layer = LAYER_TYPES[name].bind(dict(example.options))
    return layer, example.inputs


@EACH_TYPE
def test_every_type_has_a_rule(name: str) -> None:
    layer, inputs = example_of(name)
    work = layer.work(*inputs, layer.apply(inputs).shape)
    assert layer.counts_macs
    assert work is not None
    assert all(type(count) is int and count >= 0 for count in (work.elementwise, work.transcendental, *work[4:]))
    assert (type(work.keeps_input), type(work.keeps_output)) == (bool, bool)


@EACH_TYPE
def test_rules_take_unknown_sizes_and_never_guess(name: str) -> None:
    """What is counted of a layer of unknown size is None, or does not depend on that size."""
    for case in record.cases():
        if case.type != name or case.keras is None or None not in sum(case.inputs, ()):
            continue
        try:
            shape = apply(name, case.options, case.inputs).shape
        except (Mistake, Mistakes):
            continue
        layer: Layer = LAYER_TYPES[name].bind(case.options)
        work = layer.work(*case.inputs, shape)
        for size in (4, 12):
            known = tuple(tuple(size if axis is None else axis for axis in given) for given in case.inputs)
            try:
                filled = layer.apply(known).shape
            except Mistake:
                continue
            assert work in (None, layer.work(*known, filled)), case.line()


# ------------------------------------------------------------------------------------------------ single rules, plugins


def work_of(name: str, *inputs: Shape, **options: Any) -> Work | None:
    layer: Layer = LAYER_TYPES[name].bind(options)
    return layer.work(*inputs, layer.apply(inputs).shape)


@pytest.mark.parametrize(
    ("name", "options", "inputs", "wanted"),
    [
        ("conv2d", {"filters": 4, "kernel_size": 1}, ((5, 5, 3),), Work(100, keeps_input=True)),
        ("conv2d", {"filters": 4, "kernel_size": 1, "use_bias": False}, ((None, 5, 3),), Work(keeps_input=True)),
        ("conv2d", {"filters": 4, "kernel_size": 1}, ((None, 5, 3),), None),
        (
            "conv2d", {"filters": 4, "kernel_size": 1, "activation": "relu"}, ((5, 5, 3),),
            Work(200, keeps_input=True, keeps_output=True),
        ),
        (
            "conv2d", {"filters": 4, "kernel_size": 1, "activation": "silu"}, ((5, 5, 3),),
            Work(500, 100, keeps_input=True, kept=100),
        ),
        ("dense", {"units": 4, "trainable": False}, ((3,),), Work(4)),
        ("multiply", {}, ((6,), (6,)), Work(6, keeps_input=True)),
        ("multiply", {}, ((6,), (6,), (6,)), Work(12, keeps_input=True, kept=6)),
        ("add", {}, ((6,), (6,), (6,)), Work(12)),
        ("average", {}, ((6,), (6,), (6,)), Work(18)),
        ("dropout", {"rate": 0.5, "noise_shape": [None, 1, 3]}, ((7, 3),), Work(kept=3)),
        ("adaptive_max_pooling1d", {"output_size": 2}, ((5, 1),), Work(4, keeps_input=True, keeps_output=True)),
        ("time_distributed", {"layer": "sigmoid"}, ((4, 3),), Work(36, 12, keeps_output=True)),
        ("up_sampling2d", {"interpolation": "bilinear"}, ((2, 2, 1),), Work(7 * 16)),
        ("resizing", {"height": 2, "width": 2, "antialias": True}, ((4, 2, 1),), Work(15 * 4)),
    ],
)  # fmt: skip
def test_single_rules(name: str, options: dict[str, Any], inputs: tuple[Shape, ...], wanted: Work | None) -> None:
    assert work_of(name, *inputs, **options) == wanted


def test_dropping_scores_keeps_which() -> None:
    plain, dropping = (
        work_of("multi_head_attention", (6, 8), num_heads=2, key_dim=4, dropout=rate) for rate in (0, 0.5)
    )
    assert plain is not None
    assert dropping == plain._replace(kept=plain.kept + 2 * 6 * 6)


class Uncounted(Layer):
    """A layer of a plugin, without a rule for its cost."""

    def infer(self, x: Shape) -> Shape:
        return x


class Counted(Uncounted):
    """One that says what it does."""

    def work(self, x: Shape, output: Shape) -> Work:
        return Work(1)


class Multiplying(Uncounted):
    """One that multiplies."""

    def macs(self, x: Shape, output: Shape) -> int:
        return 7


@pytest.mark.parametrize(("target", "macs"), [(Uncounted, None), (Counted, 0), (Multiplying, 7)])
def test_a_layer_without_a_rule_is_uncounted_not_free(target: type[Layer], macs: int | None) -> None:
    layer = target()
    assert layer.counts_macs == (macs is not None)
    assert layer.apply(((3,),)).macs == macs
    options: dict[str, Any] = {"layer": layer}
    within = TimeDistributed(**options)
    assert within.counts_macs == layer.counts_macs
    assert (within.work((2, 3), (2, 3)) is None) == (layer.work((3,), (3,)) is None)


class Cell(RecurrentLayer):
    """A recurrent layer of a plugin that says nothing of its steps."""

    gates = 1

    def infer(self, sequence: Shape) -> Shape:
        return self.through(sequence)


def test_steps_without_a_rule_are_unknown() -> None:
    assert Cell(units=3).work((2, 4), (3,)) is None

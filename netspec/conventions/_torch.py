"""Calls of PyTorch's modules and functions as data: what a tool sees that counts a network written in PyTorch.

One call is for one sample; ``times`` is more where a layer of the network is called on every step of a sequence, which
PyTorch does by making samples of the steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

Sizes = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a module or function."""

    times: int = 1

    @property
    def name(self) -> str:
        """What it is called in PyTorch: ``nn.Conv2d``."""
        return f"nn.{type(self).__name__}"

    @property
    def parameters(self) -> int:
        """How many parameters the module has."""
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain(Call):
    """Something that no tool counts: an activation, a sum, another arrangement of the same values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Convolution(Call):
    inputs: int
    outputs: int
    kernel: Sizes
    groups: int
    bias: bool
    read: Sizes
    """Sizes of the input's spatial axes."""
    made: Sizes
    """Sizes of the output's spatial axes."""

    @property
    def name(self) -> str:
        return f"nn.Conv{len(self.kernel)}d"

    @property
    def weight(self) -> int:
        return self.inputs // self.groups * self.outputs * prod(self.kernel)

    @property
    def biases(self) -> int:
        return self.outputs if self.bias else 0

    @property
    def parameters(self) -> int:
        return self.weight + self.biases


@dataclass(frozen=True, slots=True, kw_only=True)
class TransposedConvolution(Convolution):
    strides: Sizes

    @property
    def name(self) -> str:
        return f"nn.ConvTranspose{len(self.kernel)}d"


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear(Call):
    inputs: int
    outputs: int
    bias: bool
    positions: int
    tied: bool = False
    """Whether the matrix is that of an embedding."""
    apart: bool = False
    """Whether it is a module of its own beside that of the layer's other calls."""

    @property
    def weight(self) -> int:
        return self.inputs * self.outputs

    @property
    def biases(self) -> int:
        return self.outputs if self.bias else 0

    @property
    def parameters(self) -> int:
        return self.weight + self.biases


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalization(Call):
    shape: Sizes
    """The tensor's, channels last."""
    weight: int
    biases: int

    @property
    def values(self) -> int:
        return prod(self.shape)

    @property
    def parameters(self) -> int:
        return self.weight + self.biases


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchNorm(Normalization):
    @property
    def name(self) -> str:
        return f"nn.BatchNorm{max(1, len(self.shape) - 1)}d"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerNorm(Normalization):
    """Over the last axes of the tensor, as many as ``axes``."""

    axes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupNorm(Normalization):
    groups: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RMSNorm(Normalization):
    axes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool(Call):
    """Pooling of windows of the spatial axes."""

    channels: int
    read: Sizes
    made: Sizes


@dataclass(frozen=True, slots=True, kw_only=True)
class AvgPool(Pool):
    @property
    def name(self) -> str:
        return f"nn.AvgPool{len(self.read)}d"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptiveAvgPool(Pool):
    @property
    def name(self) -> str:
        return f"nn.AdaptiveAvgPool{len(self.read)}d"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpolate(Call):
    """``F.interpolate``, by itself or in ``nn.Upsample``."""

    mode: str
    channels: int
    read: Sizes
    made: Sizes

    @property
    def name(self) -> str:
        return "F.interpolate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upsample(Interpolate):
    @property
    def name(self) -> str:
        return "nn.Upsample"


@dataclass(frozen=True, slots=True, kw_only=True)
class Softmax(Call):
    shape: Sizes
    axis: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PReLU(Call):
    shape: Sizes
    weight: int

    @property
    def parameters(self) -> int:
        return self.weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding(Call):
    rows: int
    size: int
    positions: int

    @property
    def weight(self) -> int:
        return self.rows * self.size

    @property
    def parameters(self) -> int:
        return self.weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrent(Call):
    """``nn.LSTM`` and its like, which have two biases for each gate."""

    inputs: int
    units: int
    steps: int
    bias: bool
    directions: int = 1
    gates = 1

    @property
    def weight(self) -> int:
        return self.directions * self.gates * self.units * (self.inputs + self.units)

    @property
    def parameters(self) -> int:
        return self.weight + (2 * self.directions * self.gates * self.units if self.bias else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RNN(Recurrent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class GRU(Recurrent):
    gates = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LSTM(Recurrent):
    gates = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiheadAttention(Call):
    """``nn.MultiheadAttention``, called with ``need_weights=False``."""

    size: int
    key_size: int
    value_size: int
    heads: int
    bias: bool
    queries: int
    keys: int

    @property
    def projections(self) -> int:
        """Multiply-adds of the four projections."""
        return self.queries * 2 * self.size**2 + self.keys * self.size * (self.key_size + self.value_size)

    @property
    def added_biases(self) -> int:
        return (self.queries + self.keys) * 2 * self.size if self.bias else 0

    @property
    def parameters(self) -> int:
        weights = self.size * (2 * self.size + self.key_size + self.value_size)
        return weights + (4 * self.size if self.bias else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledDotProductAttention(Call):
    queries: int
    keys: int
    heads: int
    size: int
    value_size: int

    @property
    def name(self) -> str:
        return "F.scaled_dot_product_attention"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixProduct(Call):
    """``torch.matmul`` of (batch of) matrices: ``rows × inner`` by ``inner × columns``."""

    batch: int
    rows: int
    inner: int
    columns: int

    @property
    def name(self) -> str:
        return "torch.matmul"


@dataclass(frozen=True, slots=True, kw_only=True)
class Einsum(Call):
    """``torch.einsum`` of a tensor and a bare parameter."""

    equation: str
    first: Sizes
    second: Sizes

    @property
    def name(self) -> str:
        return "torch.einsum"

    @property
    def sizes(self) -> dict[str, int]:
        """The size of each letter."""
        first, second = self.equation.partition("->")[0].split(",")
        return dict(zip(first + second, self.first + self.second, strict=True))

    @property
    def sums(self) -> bool:
        """Whether an axis is summed away."""
        return any(letter not in self.equation.partition("->")[2] for letter in self.sizes)

    @property
    def parameters(self) -> int:
        return prod(self.second)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Call):
    """A bare ``nn.Parameter``, which is added or multiplied value by value."""

    count: int

    @property
    def parameters(self) -> int:
        return self.count

"""Under which circumstances a network is costed, and what they make of its tensors and weights."""

from __future__ import annotations

from dataclasses import dataclass, field

from netspec.dtypes import DEFAULT_POLICY, POLICIES, SIZES, Policy, is_float
from netspec.graph import Input, Node
from netspec.layer import TYPES, HandsOn, Layer, LayerType, Weights, Work
from netspec.shapes import volume
from netspec.suggest import nearest


@dataclass(frozen=True, slots=True)
class Setting:
    """How many samples go through at once, and the dtype policy of the layers that have none of their own.

    Remembers what it works out of a node, so one setting is best used for a whole network. Raises ValueError, with a
    plain sentence, for a batch below 1 and a policy that Keras does not have.
    """

    batch: int = 1
    dtype: str | None = None
    _dtypes: dict[Node, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.batch < 1:
            raise ValueError(f"a batch has at least 1 sample, not {self.batch}")
        if self.dtype is not None and self.dtype not in POLICIES:
            near = nearest(self.dtype, POLICIES)
            help = f"did you mean {near}?" if near else f"there are {', '.join(POLICIES)}"
            raise ValueError(f"there is no dtype policy {self.dtype!r}: {help}")

    def dtype_of(self, node: Node) -> str:
        """What the output of a node is stored as."""
        known = self._dtypes
        if node in known:
            return known[node]
        waiting = [node]
        while waiting:  # no recursion: a network may be 20,000 layers deep
            current = waiting[-1]
            unknown = [read for read in current.inputs if read not in known]
            if unknown and current not in known:
                waiting += unknown
                continue
            waiting.pop()
            if current not in known:
                known[current] = self._output_dtype(current, tuple([known[read] for read in current.inputs]))
        return known[node]

    def _output_dtype(self, node: Node, inputs: tuple[str, ...]) -> str:
        if isinstance(node.layer, Input):
            return node.layer.dtype
        return node.layer.output_dtype(self.policy_of(node).compute, inputs)

    def policy_of(self, node: Node) -> Policy:
        """What a node works in, and what it keeps its weights in."""
        own = node.layer.policy() or self.dtype if isinstance(node.layer, Layer) else None
        return POLICIES[own or DEFAULT_POLICY]

    def output_bytes(self, node: Node) -> int | None:
        """The size of a node's output for one sample; None where a size is unknown."""
        values = volume(node.shape)
        return None if values is None else values * SIZES[self.dtype_of(node)]

    def is_cast(self, node: Node, read: Node) -> bool:
        """Whether a node casts what it reads to the dtype in which it works."""
        dtype = self.dtype_of(read)
        differs = is_float(dtype) and dtype != self.policy_of(node).compute
        return differs and isinstance(node.layer, Layer) and node.layer.casts()

    def cast_bytes(self, node: Node) -> int | None:
        """What one sample's inputs take a second time where a node casts them."""
        total = 0
        for read in dict.fromkeys(node.inputs):
            if self.is_cast(node, read):
                values = volume(read.shape)
                if values is None:
                    return None
                total += values * SIZES[self.policy_of(node).compute]
        return total

    def passes_on(self, node: Node, *, training: bool) -> bool:
        """Whether the output of a node is its input in the same memory: not where it has to be cast."""
        when = node.layer.hands_on if isinstance(node.layer, Layer) else HandsOn.never
        if when is HandsOn.never or (training and when is HandsOn.in_inference):
            return False
        return self.dtype_of(node) == self.dtype_of(node.inputs[0])


def work_of(node: Node) -> Work | None:
    """What one call does besides multiply-adds, for one sample; None where no rule says so, or a size is unknown."""
    if not isinstance(node.layer, Layer):
        return Work()
    return node.layer.work(*[read.shape for read in node.inputs], node.shape)


def with_formula(node: Node, work: Work) -> Work:
    """Add what the formula of a layer, and that of its activation, keep to what `Layer.work` says."""
    if not isinstance(node.layer, Layer):
        return work
    values = volume(node.shape) or 0
    formulas = [node.layer.formula()]
    activation = getattr(node.layer, "activation", None)
    entry = TYPES.get(activation) if isinstance(activation, str) else None
    if isinstance(entry, LayerType):
        formulas.append(entry.target().formula())
    return work._replace(
        kept=work.kept + values * sum(formula.kept for formula in formulas),
        workspace=max([work.workspace, *(values * formula.workspace for formula in formulas)]),
    )


def is_uncounted(node: Node, work: Work | None) -> bool:
    """Whether a node has no rule for its work, though all its sizes are known."""
    return work is None and all(None not in shape for shape in (node.shape, *(read.shape for read in node.inputs)))


def weights_of(node: Node) -> Weights:
    """The weights that a node owns: none where it calls the layer of another node again."""
    if not isinstance(node.layer, Layer) or node.owner is not None:
        return ()
    weights = node.layer.weights(*[read.shape for read in node.inputs])
    return weights if node.layer.trainable else tuple(weight._replace(trainable=False) for weight in weights)

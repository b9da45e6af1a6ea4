"""What Keras's optimizers keep of each trained weight, with their default arguments: https://keras.io/api/optimizers/."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

from netspec.suggest import nearest

Slots = Callable[[str, tuple[int, ...]], int]
"""How many values are kept of a weight, by its path (``layer/weight``) and shape."""


def _copies(count: int) -> Slots:
    """So many values of the weight's own shape."""
    return lambda path, shape: count * prod(shape)


def _factored(path: str, shape: tuple[int, ...]) -> int:
    """A velocity, and of a matrix the mean of its rows and that of its columns (Shazeer and Stern, 2018)."""
    if len(shape) < 2:
        return prod(shape)
    return prod(shape) + prod(shape[:-1]) + prod(shape[:-2]) * shape[-1]


def _orthogonalized(path: str, shape: tuple[int, ...]) -> int:
    """A momentum; and Adam's velocity of what is no matrix, and of embeddings, which Keras tells by their path."""
    matrix = len(shape) == 2 and "embedding" not in path.lower()
    return (1 if matrix else 2) * prod(shape)


OPTIMIZERS: Mapping[str, Slots] = {
    "adadelta": _copies(2),  # accumulated gradients and changes
    "adafactor": _factored,
    "adagrad": _copies(1),  # accumulator
    "adam": _copies(2),  # momentum and velocity
    "adamw": _copies(2),
    "adamax": _copies(2),
    "ftrl": _copies(2),  # accumulator and linear
    "lamb": _copies(2),
    "lion": _copies(1),  # momentum
    "muon": _orthogonalized,
    "nadam": _copies(2),
    "rmsprop": _copies(1),  # velocity
    "schedulefreeadamw": _copies(2),
    "sgd": _copies(0),
    "sgd_momentum": _copies(1),
}
"""By the names that ``model.compile`` takes, and one more for SGD with a momentum."""


def slots_of(name: str) -> Slots:
    """Find an optimizer by its name. Raises ValueError, with a plain sentence, where there is none."""
    try:
        return OPTIMIZERS[name]
    except KeyError:
        near = nearest(name, OPTIMIZERS)
        help = f"did you mean {near}?" if near else f"there are {', '.join(OPTIMIZERS)}"
        raise ValueError(f"there is no optimizer {name!r}: {help}") from None

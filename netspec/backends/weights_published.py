"""The originals of keras.applications, whose weights Keras publishes: https://keras.io/api/applications/.

They are built on the user's machine, downloaded and cached by Keras. Only their weights matter, so an original is built
at the size that its weights are published for, whatever the spec's.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any, NamedTuple

from netspec.backends.keras import import_keras
from netspec.backends.matching import Matching, match
from netspec.errors import Diagnostic, SpecError
from netspec.options import escape

if TYPE_CHECKING:
    from netspec.syntax import Application

# What else is published than the default, by the name of the function and its argument.
KNOBS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "MobileNet": tuple({"alpha": alpha} for alpha in (0.25, 0.5, 0.75)),
    "MobileNetV2": tuple({"alpha": alpha} for alpha in (0.35, 0.5, 0.75, 1.3, 1.4)),
    "MobileNetV3Small": ({"alpha": 0.75}, {"minimalistic": True}),
    "MobileNetV3Large": ({"alpha": 0.75}, {"minimalistic": True}),
}
SAME = 1e-3  # relative; far more than rounding makes of one network, far less than a missing layer


class Original(NamedTuple):
    """An original, without trained weights, the options that it was built with, and what a model has of it."""

    model: Any
    options: Mapping[str, Any]
    found: Matching


def nearest(application: Application, model: Any) -> Original:
    """The original that a model has most of. Other widths are tried where more than half of the model is unlike.

    One without classifier is taken where the model has none and all the rest is the same.
    """
    best: Original | None = None
    for options in ({}, *KNOBS.get(application.name, ())):
        original = build(application, options, model)
        if original.found.source_rest and not original.found.target_rest:
            headless = build(application, {**options, "include_top": False}, model)
            if headless.found.complete:
                return headless
        if best is None or len(original.found.pairs) > len(best.found.pairs):
            best = original
        if len(best.found.pairs) >= len(best.found.target_rest):
            break
    assert best is not None
    return best


def build(application: Application, options: Mapping[str, Any], model: Any) -> Original:
    """An original without trained weights, and what a model has of it."""
    original = _function(application)(weights=None, **options)
    return Original(original, options, match(original, model))


def published(application: Application, options: Mapping[str, Any], model: Any) -> Any:
    """An original with its ImageNet weights, at the model's input size if they are published for it.

    Raises `SpecError` (E506).
    """
    function = _function(application)
    with redirect_stdout(sys.stderr):  # where Keras shows how the download goes
        try:
            try:
                return function(weights="imagenet", input_shape=tuple(model.inputs[0].shape)[1:], **options)
            except ValueError:
                return function(weights="imagenet", **options)
        except Exception as error:
            raise _not_to_be_had(application, error) from error


def _function(application: Application) -> Any:
    return getattr(import_keras().applications, application.name)


def differences(original: Any, model: Any) -> tuple[str, ...]:
    """Say whether a model that has all the weights of its original computes something else all the same.

    Both are given one random picture, if both take one of that size. What has no weights may differ: an activation, a
    padding, a rescaling.
    """
    import numpy

    sizes = [[tuple(one.shape) for one in (*both.inputs, *both.outputs)] for both in (original, model)]
    if sizes[0] != sizes[1] or len(sizes[0]) != 2 or None in sizes[0][0][1:]:
        return ()
    ops = import_keras().ops
    picture = numpy.random.default_rng(0).uniform(0, 255, (1, *sizes[0][0][1:])).astype("float32")
    theirs, ours = (
        ops.convert_to_numpy(ops.cast(both(ops.cast(picture, both.inputs[0].dtype), training=False), "float32"))
        for both in (original, model)
    )
    difference = float(numpy.abs(theirs - ours).max() / (numpy.abs(theirs).max() or 1))
    if not difference > SAME:
        return ()
    return (
        f"with these weights its output differs from the original's by {difference:.0%} on a random picture: "
        "something without weights (an activation, a padding, a rescaling) is not the same",
    )


def _not_to_be_had(application: Application, error: Exception) -> SpecError:
    lines = str(error).strip().splitlines()
    return SpecError(
        [
            Diagnostic(
                "E506",
                f"Keras can't give the ImageNet weights of {application.name}: "
                f"{escape(lines[0]) if lines else type(error).__name__}",
                application.where,
                path="weights.keras_application",
                help="Keras downloads them once and keeps them in ~/.keras/models; "
                "or name a file that has them: --weights FILE.weights.h5",
            )
        ]
    )

"""Keras's recorded word on random layers (`tests.layers.record`): netspec says the same, and no Keras is needed."""

from __future__ import annotations

import math

import pytest

from netspec.errors import Mistake
from netspec.layer import Applied
from netspec.registry import Mistakes
from tests.layers import record
from tests.layers.agreement import LAYER_TYPES, apply, disagreement, expected_macs

# The family stands in each test's name: -k pooling takes all of that family.
EACH_TYPE = pytest.mark.parametrize(
    "name", [pytest.param(name, id=f"{entry.family}.{name}") for name, entry in LAYER_TYPES.items()]
)


def cases_of(name: str) -> list[record.Case]:
    return [case for case in record.cases() if case.type == name]


def accepted(case: record.Case) -> Applied | None:
    try:
        return apply(case.type, case.options, case.inputs)
    except (Mistake, Mistakes):
        return None


@EACH_TYPE
def test_netspec_agrees_with_the_record(name: str) -> None:
    found = [(case, disagreement(LAYER_TYPES[name], case.options, case.inputs, case.keras)) for case in cases_of(name)]
    assert [(case.line(), difference) for case, difference in found if difference] == []


@EACH_TYPE
def test_counts_follow_from_the_record(name: str) -> None:
    counted = 0
    for case in cases_of(name):
        applied = accepted(case)
        if applied is None or case.keras is None:
            continue
        counted += 1
        sizes = [(math.prod(weight.shape), weight.trainable) for weight in case.keras.weights]
        trainable = sum(size for size, is_trainable in sizes if is_trainable)
        assert (applied.params, applied.trainable) == (sum(size for size, _ in sizes), trainable), case.line()
        wanted = expected_macs(name, case.options, case.keras.weights, case.inputs, case.keras.shape)
        assert applied.macs == wanted, case.line()
    assert counted > 0

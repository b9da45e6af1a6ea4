"""Random options and shapes: netspec accepts what Keras accepts, and then both know the same shape and weights."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netspec.shapes import Shape
from tests.layers import chosen, record
from tests.layers.oracle import LAYER_TYPES, disagreement, facts
from tests.layers.strategies import options_of, shapes_for

CASES = int(os.environ.get("NETSPEC_RANDOM_CASES", "60"))


@pytest.mark.parametrize("name", LAYER_TYPES)
@settings(max_examples=CASES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_netspec_and_keras_agree(name: str, data: st.DataObject) -> None:
    entry = LAYER_TYPES[name]
    options = data.draw(options_of(entry), "options")
    inputs = data.draw(shapes_for(entry, options), "inputs")
    assert disagreement(entry, options, inputs) is None


@pytest.mark.parametrize("name", LAYER_TYPES)
def test_the_record_is_what_keras_says(name: str) -> None:
    """Two cases of each type; ``python -m tests.layers.record`` asks for all of them anew."""
    cases = [case for case in record.cases() if case.type == name]
    assert cases, "python -m tests.layers.record"
    for case in (cases[0], cases[-1]):
        assert facts(LAYER_TYPES[name], case.options, case.inputs) == case.keras


@pytest.mark.parametrize(("name", "options", "inputs", "wanted"), chosen.CASES)
def test_chosen_cases_are_as_in_keras(
    name: str, options: Mapping[str, Any], inputs: tuple[Shape, ...], wanted: object
) -> None:
    assert disagreement(LAYER_TYPES[name], options, inputs) is None

"""The same spec on another backend of Keras gives the same outputs; ``python -m tests.backends`` compares more."""

from tests.backends import SPECS, TOLERANCE, differences


def test_jax_computes_what_tensorflow_computes():
    found = list(differences(["jax"], SPECS))
    assert [one.spec for one in found] == list(SPECS)
    assert {one.spec.stem: one.largest for one in found if not one.largest <= TOLERANCE} == {}

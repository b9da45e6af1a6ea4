"""The seeded mistakes of `mistakes/`: each is reported where it was made, and only there, with its reason and its fix.

`mistakes/reader.py` says how the cases are written; `benchmarks/mistakes.py` scores them beside other tools.
"""

import os

import pytest

from netspec import SpecError, load_spec
from netspec.limits import DEFAULT_LIMITS
from tests.mistakes.reader import FOLDER, cases, categories, specs, table, without_lists

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_mistake(case):
    with pytest.raises(SpecError) as refusal:
        load_spec(case.spec)
    found = refusal.value.diagnostics
    places = [(os.path.relpath(one.where.file, case.spec.parent), one.where.line) for one in found]
    report = str(refusal.value)
    assert set(places) == {mistake.place for mistake in case.mistakes}, report
    for mistake in case.mistakes:
        here = [one for one, place in zip(found, places, strict=True) if place == mistake.place]
        said = "\n".join(
            text for one in here for text in (one.message, one.label, *(note.message for note in one.related))
        )
        assert [word for word in mistake.says if word not in said] == [], said
        helps = [without_lists(one.help) for one in here]
        assert any(all(word in help for word in mistake.fix) for help in helps), helps


@pytest.mark.parametrize("category", categories())
def test_every_entry_has_its_spec(category):
    names = list(table(category))
    assert set(names) == specs(category)
    assert names == sorted(names)


def test_there_are_enough():
    assert len(CASES) >= 150


def test_no_spec_is_refused_for_its_length():
    sizes = {str(path): path.stat().st_size for path in FOLDER.rglob("*.yaml")}
    assert [name for name, size in sizes.items() if size > DEFAULT_LIMITS.file_bytes] == []

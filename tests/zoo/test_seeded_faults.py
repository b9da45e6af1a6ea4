"""The comparison with keras.applications finds small faults (`faults.yaml`), and nothing where there is none."""

import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from netspec import load_spec
from tests.zoo.applications import FOLDER, TOLERANCE, spec_of
from tests.zoo.comparison import Comparison, compare, randomised, without_softmax
from tests.zoo.originals import original

HERE = Path(__file__).parent
FAULTS: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "faults.yaml").read_text(encoding="utf-8"))


def application_of(name: str) -> str:
    """A fault is called by the network, a comma and what is wrong."""
    return name.partition(",")[0]


UNTOUCHED = sorted({(application_of(name), fault.get("use", "")) for name, fault in FAULTS.items()})

SMALL = [64, 64, 3]
SMALLEST = {"InceptionV3": [96, 96, 3]}  # which pads nothing at first


@cache
def reference(application: str) -> Any:
    return randomised(original(application, tuple(SMALLEST.get(application, SMALL))))


def compared(application: str, folder: Path, use: str) -> Comparison:
    """What the comparison says of a spec in a copy of the zoo; ``use`` is one more library for it."""
    path = folder / spec_of(application).name
    changes: dict[str, Any] = {"input.shape": SMALLEST.get(application, SMALL)}
    if use:
        changes["use"] = [*yaml.safe_load(path.read_text(encoding="utf-8")).get("use", []), f"blocks/{use}"]
    ours = load_spec(path, set=changes).build()
    return compare(reference(application), without_softmax(ours))


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    """A copy of the zoo, with the libraries of this folder."""
    folder = shutil.copytree(FOLDER, tmp_path / "zoo")
    for library in HERE.glob("blocks/*.yaml"):
        shutil.copy(library, folder / "blocks")
    return folder


@pytest.mark.parametrize(("application", "use"), UNTOUCHED)
def test_nothing_is_found_without_a_fault(application: str, use: str, zoo: Path):
    found = compared(application, zoo, use)
    assert found.same, found


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_found(name: str, zoo: Path):
    fault = FAULTS[name]
    application = application_of(name)
    for edit in fault["edits"]:
        path = zoo / edit.get("file", spec_of(application).name)
        text = path.read_text(encoding="utf-8")
        assert text.count(edit["right"]) == 1, "the text must stand in the file once"
        path.write_text(text.replace(edit["right"], edit["wrong"]), encoding="utf-8")
    found = compared(application, zoo, fault.get("use", ""))
    assert not found.same
    assert told(found) == fault["seen_in"], found


def told(found: Comparison) -> list[str]:
    """The fields that tell two models apart; a difference that could not be measured tells nothing."""
    words = [field for field in ("parameters", "structure", "training") if getattr(found, field)]
    return [*words, *(["difference"] if found.difference > TOLERANCE else [])]

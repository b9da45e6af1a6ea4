"""What is said about a wrong spec, letter by letter: `diagnostics/NAME.yaml` and beside it what is drawn on stderr.

NETSPEC_UPDATE=1 writes the texts anew; look at the difference before you believe it. A NAME begins with the code that
it is about, or says what it shows. `diagnostics/parts` holds bases and libraries, `diagnostics/open` specs whose text
is not good yet: once it is, the spec moves up one folder.
"""

import json
import os
import re
import shlex
from pathlib import Path

import pytest

import netspec
from netspec import cli
from netspec.errors import CODES
from netspec.reference import explain

FOLDER = Path(__file__).parent / "diagnostics"
PACKAGE = Path(netspec.__file__).parent
SPECS = sorted(FOLDER.glob("*.yaml"))

# Codes that one file alone can't bring about, whatever it holds: see test_limits.py and test_weights.py.
NOT_BY_A_FILE = {"E001", "E402", "E405", "E409", "E410", "E501", "E502", "E503", "E504", "E505", "E506", "E113"}
# Of these, the explanation shows the command that leads there, and no spec.
NOT_BY_A_SPEC = {"E001", "E002", "E113", "E501", "E502", "E503", "E504", "E505", "E506"}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_text(spec, capsys, monkeypatch):
    monkeypatch.chdir(FOLDER)  # so that the path in the text is the same everywhere
    result = cli.run(["validate", spec.name])
    printed = capsys.readouterr()
    expected = spec.with_suffix(".txt")
    if os.environ.get("NETSPEC_UPDATE"):
        expected.write_text(printed.err, encoding="utf-8")
    assert printed.err == expected.read_text(encoding="utf-8")
    only_warns = spec.name.startswith("W")
    assert printed.out == (f"{spec.name}: good\n" if only_warns else "")
    assert result == (cli.GOOD if only_warns else cli.WRONG_SPEC)
    code = re.match(r"[EW]\d{3}", spec.name)
    assert code is None or f"[{code[0]}]" in printed.err


def test_every_text_has_its_spec():
    assert {text.stem for text in FOLDER.glob("*.txt")} == {spec.stem for spec in SPECS}


def test_every_code_a_file_can_show_is_shown():
    shown = {spec.stem.split("-")[0] for spec in SPECS}
    assert shown >= set(CODES) - NOT_BY_A_FILE


# ------------------------------------------------------------------------------------------------------- explanations


def test_every_code_has_its_explanation():
    assert {path.stem for path in (PACKAGE / "explanations").glob("*")} == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_explanation_reads_well(code):
    text = explain(code)
    lines = text.splitlines()
    assert lines[0] == f"# {code}: {CODES[code]}"
    assert [line for line in lines if line.startswith("## ")] == ["## Wrong", "## Right"]
    assert max(map(len, lines)) <= 100
    assert text.isprintable() or all(line.isprintable() for line in lines)
    assert "```yaml" in text or code in NOT_BY_A_SPEC


@pytest.mark.parametrize("code", [code for code in CODES if code not in NOT_BY_A_SPEC])
def test_explained_specs(code, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    wrong, right = re.split(r"\n## (?:Wrong|Right)\n", explain(code))[1:]
    found = run_example(wrong, tmp_path / "wrong", monkeypatch, capsys)
    assert found == {code}
    options = [word for word in command(wrong)[3:] if command(wrong)[1] == "validate"]
    assert run_example(right, tmp_path / "right", monkeypatch, capsys, options) == set()


def command(section):
    """The words of the command that a section of an explanation shows, or of the usual one."""
    shown = re.search(r"```sh\n(.*?)\n```", section, re.DOTALL)
    return shlex.split(shown[1]) if shown else ["netspec", "validate", "spec.yaml"]


def run_example(section, folder, monkeypatch, capsys, options=()):
    """Write the specs of a section of an explanation, run what it shows, and give back the codes that are reported."""
    folder.mkdir()
    monkeypatch.chdir(folder)
    name = "spec.yaml"
    for text in re.findall(r"```yaml\n(.*?)```", section, re.DOTALL):
        named = re.match(r"# (\S+\.yaml)\n", text)
        name = named[1] if named else "spec.yaml"
        (folder / name).write_text(text, encoding="utf-8")
    _, verb, _, *more = command(section)
    result = cli.run([verb, name, *more, *options, *(["--json"] if verb == "validate" else [])])
    printed = capsys.readouterr()
    if verb == "validate":
        (file,) = json.loads(printed.out)["files"]
        codes = {diagnostic["code"] for diagnostic in file["diagnostics"]}
        errors = {found for found in codes if found.startswith("E")}
        assert result == (cli.WRONG_SPEC if errors else cli.GOOD)
        return codes
    return set(re.findall(r"^error\[(\w+)\]", printed.err, re.MULTILINE))


# -------------------------------------------------------------------------------------------------------------- codes


def test_codes_in_use_are_those_of_the_table():
    used = set()
    for path in PACKAGE.rglob("*.py"):
        if path.name != "errors.py":
            used |= set(re.findall(r'"([EW]\d{3})"', path.read_text(encoding="utf-8")))
    assert used == set(CODES)

"""`netspec validate --format sarif`: valid by the format's own schema, and what code review services make of it."""

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest

import netspec
from netspec.cli import run
from netspec.errors import CODES
from netspec.options import escape
from netspec.reports import sarif

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "tests/editor/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
DIAGNOSTICS = sorted(str(path) for path in (ROOT / "tests" / "diagnostics").glob("*.yaml"))

WRONG = "netspec: 1\ninput: {shape: [8, 8, 3]}\nhead:\n  - {type: conv2d, fliters: 4, kernel_size: 1}\n"
UNUSED = (
    "netspec: 1\ninput: {shape: [8]}\nhead:\n  - {type: dense, units: 8}\n  - {type: dense, units: 3, from: input}\n"
)


@pytest.fixture
def validate(capsys):
    """The log that a command prints, after the schema has accepted it."""
    schema = jsonschema.Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))

    def validated(*arguments: str, code: int = 1) -> dict[str, Any]:
        assert run(["validate", "--format", "sarif", *arguments]) == code
        out, err = capsys.readouterr()
        assert err == ""
        assert out.count("\n") == 1, "machines read it; it is one line"
        log: dict[str, Any] = json.loads(out)
        schema.validate(log)
        (only,) = log["runs"]
        return dict(only)

    return validated


@pytest.fixture
def spec(tmp_path, monkeypatch):
    """Write a spec into the current folder."""
    monkeypatch.chdir(tmp_path)

    def written(text: str, name: str = "spec.yaml") -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return name

    return written


def place(location):
    region = location["physicalLocation"]["region"]
    return [region.get(key) for key in ("startLine", "startColumn", "endLine", "endColumn")]


def uri(location):
    return location["physicalLocation"]["artifactLocation"]["uri"]


def test_the_schema_would_notice():
    schema = jsonschema.Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert not schema.is_valid({"version": "2.1.0", "runs": [{"results": []}]}), "a run needs a tool"
    assert not schema.is_valid({"version": "2.1.0", "runs": [], "more": 1}), "keys are fixed"


def test_every_mistake_we_have_an_example_of(validate, capsys):
    log = validate(*DIAGNOSTICS)
    run(["validate", "--json", *DIAGNOSTICS])
    told = [one for file in json.loads(capsys.readouterr().out)["files"] for one in file["diagnostics"]]
    rules = log["tool"]["driver"]["rules"]
    assert {rule["id"] for rule in rules} == {one["code"] for one in told}
    for rule in rules:
        assert rule["shortDescription"]["text"].lower() == CODES[rule["id"]].lower()
        assert rule["fullDescription"]["text"]
        assert "## Right" in rule["help"]["markdown"]
        assert rule["help"]["text"] in rule["help"]["markdown"]
    assert {in_sarif(result, rules) for result in log["results"]} == {in_json(one) for one in told}


def in_sarif(result, rules):
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert rules[result["ruleIndex"]]["defaultConfiguration"]["level"] == result["level"]
    (location,) = result["locations"]
    file = ROOT / unquote_to_bytes(uri(location)).decode()
    text = result["message"]["text"].replace("{{", "{").replace("}}", "}")
    return (result["ruleId"], result["level"], file, *(number or 1 for number in place(location)), text)


def in_json(one):
    text = escape(one["message"]) + ("\nhelp: " + escape(one["help"]) if one["help"] else "")
    numbers = (one["line"], one["column"], one["end_line"], one["end_column"])
    return (one["code"], one["severity"], ROOT / one["file"], *numbers, text)


def test_the_tool_says_who_it_is(validate, spec):
    driver = validate(spec(WRONG))["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("netspec", netspec.__version__)
    assert "informationUri" not in driver, "the project has no address yet"


def test_one_result(validate, spec):
    (result,) = validate(spec(WRONG))["results"]
    fingerprint = result.pop("partialFingerprints")
    assert result == {
        "ruleId": "E102",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "conv2d has no option 'fliters'\nhelp: write filters"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "spec.yaml"},
                    "region": {"startLine": 4, "startColumn": 20, "endLine": 4, "endColumn": 27},
                },
                "logicalLocations": [{"fullyQualifiedName": "head.0.fliters"}],
            }
        ],
    }
    assert list(fingerprint) == ["netspec/line/v1"]


def test_good_specs_and_warnings(validate, spec):
    assert validate(str(ROOT / "specs" / "resnet50.yaml"), code=0)["results"] == []
    (warning,) = validate(spec(UNUSED), code=0)["results"]
    assert (warning["ruleId"], warning["level"]) == ("W201", "warning")


def test_a_column_counts_code_points(validate, spec):
    before = "{netspec: 1, description: 𝔸é, input: {shape: [8]}, head: [{type: "
    log = validate(spec(before + "rleu}]}\n"))
    assert log["columnKind"] == "unicodeCodePoints"
    (result,) = log["results"]
    assert place(result["locations"][0]) == [1, len(before) + 1, 1, len(before) + 5]


def fingerprints(log):
    return [result["partialFingerprints"]["netspec/line/v1"] for result in log["results"]]


def test_a_fingerprint_survives_what_happens_around_it(validate, spec):
    before = fingerprints(validate(spec(WRONG)))
    moved = WRONG.replace("head:", "# more\n\nhead:\n  - relu").replace("  - {type: conv2d", "  -   {type: conv2d")
    assert fingerprints(validate(spec(moved))) == before
    assert fingerprints(validate(spec(WRONG.replace("4,", "5,")))) != before


def test_two_of_a_kind_have_two_fingerprints(validate, spec):
    line = WRONG.splitlines()[-1]
    names = fingerprints(validate(spec(WRONG + line + "\n")))
    assert len(names) == len(set(names)) == 2
    other = fingerprints(validate(spec(WRONG), spec(WRONG, "other.yaml")))
    assert len(set(other)) == 1, "the file is told by its name"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("spec.yaml", "spec.yaml"),
        ("./spec.yaml", "spec.yaml"),
        ("nets/a b.yaml", "nets/a%20b.yaml"),
        ("nets/../spec.yaml", "spec.yaml"),
        ("100%.yaml", "100%25.yaml"),
        ("größe#1?.yaml", "gr%C3%B6%C3%9Fe%231%3F.yaml"),
        ("c:net.yaml", "c%3Anet.yaml"),
        (os.fsdecode(b"\xff.yaml"), "%FF.yaml"),
    ],
)
def test_a_file_is_a_relative_uri(written, shown, validate, spec):
    spec(WRONG, "nets/spec.yaml")
    (result,) = validate(spec(WRONG, written))["results"]
    assert uri(result["locations"][0]) == shown


def test_an_absolute_path(validate, spec, tmp_path, monkeypatch):
    path = str(tmp_path / spec(WRONG, "nets/spec.yaml"))
    assert uri(validate(path)["results"][0]["locations"][0]) == "nets/spec.yaml"
    monkeypatch.chdir(ROOT)
    assert uri(validate(path)["results"][0]["locations"][0]) == Path(path).as_uri()


def test_a_file_that_is_not_there(validate, spec):
    spec(WRONG)
    (result,) = validate("nowhere.yaml")["results"]
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "nowhere.yaml"},
        "region": {"startLine": 1},
    }


def test_standard_input(validate, monkeypatch, spec):
    with Path(spec(WRONG)).open(encoding="utf-8") as file:
        monkeypatch.setattr("sys.stdin", file)
        (result,) = validate("-")["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "stdin", "description": {"text": "standard input"}}


def test_the_other_places_of_a_mistake(validate, spec):
    spec("netspec: 1\ninput: {shape: [8]}\nhead: [{type: dense, unist: 3}]\n", "base.yaml")
    variants = [spec("netspec: 1\nextends: base.yaml\n", name) for name in ("one.yaml", "two.yaml")]
    (result,) = validate(*variants)["results"]
    assert uri(result["locations"][0]) == "base.yaml", "said once, where it is"
    (related,) = result["relatedLocations"]
    assert uri(related) == "one.yaml"
    assert related["message"]["text"] == "one.yaml extends it here"
    assert place(related)[0] == 2


@pytest.mark.parametrize(
    ("name", "shown"),
    [("{0}", "{{0}}"), ("[a](https://example.org)", "[a\\](https://example.org)")],
)
def test_what_a_spec_says_stays_text(name, shown, validate, spec):
    text = f'netspec: 1\ninput: {{shape: [8]}}\nhead: [{{type: "{name}"}}]\n'
    (result,) = validate(spec(text))["results"]
    assert shown in result["message"]["text"]


def test_nothing_is_hidden_in_a_message(validate, spec):
    spec(WRONG)
    (result,) = validate("a\u202eb.yaml")["results"]
    assert "a\\u202eb.yaml does not exist" in result["message"]["text"]


def test_no_more_than_a_service_takes(validate, spec, monkeypatch):
    monkeypatch.setattr(sarif, "MAX_RESULTS", 2)
    log = validate(spec(WRONG + (WRONG.splitlines()[-1] + "\n") * 4))
    assert len(log["results"]) == 2
    (notification,) = log["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"] == "3 more results are left out"

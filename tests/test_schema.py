"""The JSON Schema: current, complete, and as strict as a schema can be."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import netspec.blocks
import netspec.layers  # noqa: F401
from netspec import yaml
from netspec.errors import Source
from netspec.layer import TYPES
from netspec.parse import TOP_LEVEL
from netspec.registry import objects

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "schemas" / "netspec.schema.json"
schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
definitions = schema["$defs"]
validator = Draft202012Validator(schema)

SPECS = sorted((ROOT / "specs").rglob("*.yaml"))
TESTED_SPECS = [path for path in (ROOT / "tests/specs").rglob("*.yaml") if not path.name.endswith(".expect.yaml")]


def read(text):
    """Read YAML as netspec does, by the rules of YAML 1.2."""
    tree, mistakes = yaml.read(Source("spec.yaml", text))
    assert not mistakes
    return yaml.plain(tree)


def errors(text):
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(read(text))]


def test_the_committed_schema_is_current():
    command = [sys.executable, "-m", "netspec", "schema"]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True)
    assert made.stdout == SCHEMA.read_text(encoding="utf-8"), "netspec schema -o schemas/netspec.schema.json"


def test_it_is_a_schema():
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def references(part):
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def test_every_definition_is_used_and_every_reference_leads_to_one():
    assert set(references(schema)) == {f"#/$defs/{name}" for name in definitions}


# --------------------------------------------------------------------------------------------------------- descriptions


def properties(part, path=""):
    """Yield every key that the schema describes; true and false only allow or forbid one, and a condition is no key."""
    if isinstance(part, dict):
        for name, inner in part.items():
            if name == "properties":
                yield from ((f"{path}.{key}", key_schema) for key, key_schema in inner.items())
            if name not in ("if", "enum", "const", "default"):
                yield from properties(inner, f"{path}.{name}")
    elif isinstance(part, list):
        for index, inner in enumerate(part):
            yield from properties(inner, f"{path}.{index}")


def description(key_schema):
    if "$ref" in key_schema and "description" not in key_schema:
        return description(definitions[key_schema["$ref"].removeprefix("#/$defs/")])
    return key_schema.get("description", "")


def test_every_key_has_a_description():
    found = [(path, described) for path, described in properties(schema) if not isinstance(described, bool)]
    assert len(found) > 600
    assert [path for path, described in found if not description(described).strip()] == []


def test_every_top_level_key_is_described():
    assert set(schema["properties"]) == set(TOP_LEVEL)


@pytest.mark.parametrize("entry", list(TYPES), ids=lambda entry: entry.name)
def test_every_option_of_every_type_is_described(entry):
    keys = definitions[f"type.{entry.name}"]["properties"]
    for name, option in entry.options.items():
        assert description(keys[name]) == option.description
    allowed = {"type", "name", "from", "repeat", "when"}
    assert {name: inner for name, inner in keys.items() if name not in entry.options} == dict.fromkeys(allowed, True)


def test_every_option_of_every_object_is_described():
    for kind in ("initializer", "regularizer", "constraint"):
        cases = {
            case["if"]["properties"]["type"]["pattern"]: case["then"]["properties"]
            for letter in definitions[kind]["anyOf"][-1]["allOf"]
            for case in letter["then"]["allOf"]
        }
        assert cases.keys() == {f"^{entry.name}$" for entry in objects(kind)}
        for entry in objects(kind):
            assert cases[f"^{entry.name}$"].keys() == {"type", *entry.options}


# ------------------------------------------------------------------------------------------------------ right and wrong


@pytest.mark.parametrize("path", [*SPECS, *TESTED_SPECS], ids=lambda path: path.stem)
def test_specs_are_valid(path):
    assert errors(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_specs_begin_with_the_way_to_the_schema(path):
    first, _, _ = path.read_text(encoding="utf-8").partition("\n")
    written = first.removeprefix("# yaml-language-server: $schema=")
    assert written != first
    assert (path.parent / written).resolve() == SCHEMA


START = "netspec: 1\ninput: {shape: [8, 8, 3]}\n"

RIGHT = {
    "a block of the spec takes any option": START + "head: [{type: mine, anything: 3, and: {more: [1]}}]",
    "a node with keys": START
    + "head: [{type: relu, name: a, from: [prev, -2, b.0.c, g.*.d], repeat: $n, when: $(i > 0)}]",
    "inputs by name": START + "head: [{type: mine, from: {x: prev, y: input}}]",
    "a group": START + "head: [{nodes: [relu, {type: relu}], name: b, repeat: 2}]",
    "branches": START + "head: [{branches: [[relu], []], merge: {type: concatenate, axis: 1}}]",
    "a shared call": START + "head: [{share: a, from: prev}]",
    "expressions": START + "head: [{type: conv2d, filters: $(2 * n), kernel_size: [$k, 3], use_bias: $b}]",
    "an expression in a mapping": START + "head: [{type: batch_normalization, renorm_clipping: {rmax: $x}}]",
    "objects": START + "head: [{type: dense, kernel_regularizer: {type: l2, l2: $x}, bias_initializer: ones}]",
    "defaults, of a block too": START + "defaults: {conv2d: {padding: same}, mine: {k: 3}}\nhead: [relu]",
    "null in an edit": START + "set: {head.1: null}\nhead: [relu]",
    "unknown sizes": "netspec: 1\ninputs: {a: {shape: [null, 3]}, b: {shape: $s, dtype: int32}}\nhead: [relu]",
    "a file of blocks": "blocks: {a: {params: {k: {type: [integer, 'null'], default: null}}, nodes: [relu]}}",
    "a variant": "extends: base.yaml\ninput: {dtype: float16}\nhead: null\nstages: {a: null}\nblocks: {b: null}",
}

WRONG = {
    # the whole
    "no version": "input: {shape: [8]}\nhead: [relu]",
    "another version": "netspec: 2\ninput: {shape: [8]}\nhead: [relu]",
    "no input": "netspec: 1\nhead: [relu]",
    "input and inputs": START + "inputs: {a: {shape: [8]}}\nhead: [relu]",
    "unknown top-level key": START + "haed: [relu]",
    "null removes nothing here": START + "head: null",
    "null removes no stage here": START + "stages: {a: null}",
    "head is no list": START + "head: relu",
    "stage is no list": START + "stages: {a: {type: relu}}",
    "stage with a name that is none": START + "stages: {1st: [relu]}",
    "stage with a word of the language": START + "stages: {prev: [relu]}",
    "variable that is a mapping": START + "vars: {a: {b: 1}}\nhead: [relu]",
    "input without shape": "netspec: 1\ninput: {dtype: float32}\nhead: [relu]",
    "input with a wrong dtype": "netspec: 1\ninput: {shape: [8], dtype: float}\nhead: [relu]",
    "input with an empty size": "netspec: 1\ninput: {shape: [0]}\nhead: [relu]",
    "padding of three": START + "padding: [[1, 2, 3], 1]\nhead: [relu]",
    "unknown budget": START + "budget: {flops: 3}\nhead: [relu]",
    "negative budget": START + "budget: {params: -3}\nhead: [relu]",
    "output that is no reference": START + "outputs: ['a/b']\nhead: [relu]",
    # nodes
    "node that is a number": START + "head: [3]",
    "node that is a list": START + "head: [[relu]]",
    "node without a kind": START + "head: [{name: a}]",
    "node with its type for a key": START + "head: [{conv2d: {filters: 3}}]",
    "type that is a number": START + "head: [{type: 3}]",
    "type that is an expression": START + "head: [{type: $t}]",
    "two kinds": START + "head: [{nodes: [relu], branches: [[relu]]}]",
    "two kinds, one a type": START + "head: [{type: relu, nodes: [relu]}]",
    "two kinds, one a block's": START + "head: [{type: mine, share: a}]",
    "group with an option": START + "head: [{nodes: [relu], filters: 3}]",
    "shared call with an option": START + "head: [{share: a, units: 3}]",
    "branches without merge": START + "head: [{branches: [[relu], []]}]",
    "branches that are no lists": START + "head: [{branches: [relu], merge: add}]",
    "merge that is a group": START + "head: [{branches: [[relu], []], merge: {nodes: [add]}}]",
    "merge that reads elsewhere": START + "head: [{branches: [[relu], []], merge: {type: add, from: a}}]",
    "negative repeat": START + "head: [{type: relu, repeat: -1}]",
    "repeat that is a text": START + "head: [{type: relu, repeat: twice}]",
    "when that is a number": START + "head: [{type: relu, when: 1}]",
    "name that is a word of the language": START + "head: [{type: relu, name: prev}]",
    "step forward": START + "head: [{type: relu, from: 2}]",
    "reference with brackets": START + "head: [{type: relu, from: 'a[2]'}]",
    "wrong node in a block": START + "blocks: {a: {nodes: [{type: relu, slope: 1}]}}\nhead: [a]",
    "wrong node in a group in a branch": START
    + "head: [{branches: [[{nodes: [{type: relu, slope: 1}]}]], merge: add}]",
    # options
    "misspelt option": START + "head: [{type: conv2d, fliters: 3}]",
    "option of another type": START + "head: [{type: conv2d, units: 3}]",
    "option of a longer name": START + "head: [{type: conv2d, output_padding: 1}]",
    "option of a type that has none": START + "head: [{type: flatten, axis: 1}]",
    "wrong choice": START + "head: [{type: conv2d, padding: sme}]",
    "float for an integer": START + "head: [{type: conv2d, filters: 6.5}]",
    "number that is too small": START + "head: [{type: conv2d, filters: 0}]",
    "number that is a text": START + "head: [{type: conv2d, filters: '64'}]",
    "boolean of YAML 1.1": START + "head: [{type: conv2d, use_bias: no}]",
    "list that is too long": START + "head: [{type: conv2d, kernel_size: [3, 3, 3]}]",
    "expression that is not closed": START + "head: [{type: conv2d, filters: '$(2 * n'}]",
    "null where it means nothing": START + "head: [{type: conv2d, filters: null}]",
    "wrong initializer": START + "head: [{type: dense, kernel_initializer: he_norml}]",
    "regularizer for an initializer": START + "head: [{type: dense, kernel_initializer: l2}]",
    "initializer without a type": START + "head: [{type: dense, kernel_initializer: {seed: 1}}]",
    "initializer with an unknown option": START
    + "head: [{type: dense, kernel_initializer: {type: he_normal, sed: 1}}]",
    "misspelt option in defaults": START + "defaults: {conv2d: {fliters: 3}}\nhead: [relu]",
    "key of a node in defaults": START + "defaults: {conv2d: {name: a}}\nhead: [relu]",
    # blocks
    "block without nodes": "blocks: {a: {params: {}}}",
    "unknown key in a block": "blocks: {a: {body: [relu], nodes: [relu]}}",
    "unknown key in a param": "blocks: {a: {params: {k: {tpye: integer}}, nodes: [relu]}}",
    "unknown type of a param": "blocks: {a: {params: {k: {type: int}}, nodes: [relu]}}",
    "param that is a value": "blocks: {a: {params: {k: 3}, nodes: [relu]}}",
    "param with a word of the language": "blocks: {a: {params: {channels: {}}, nodes: [relu]}}",
}


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_right(text):
    assert errors(text) == []


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_wrong(text):
    assert errors(text) != []


def mappings(schema):
    """Yield the properties of every mapping in a schema."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield schema["properties"]
        for part in schema.values():
            yield from mappings(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from mappings(part)


def test_the_schema_knows_the_keys_that_the_checker_knows():
    """Two lists of one thing: what an editor offers is what netspec reads."""
    from netspec.block_definitions import BLOCK_KEYS, PARAM_KEYS
    from netspec.budgets import BUDGETS
    from netspec.options import NODE_KEYS
    from netspec.parse import INPUT_KEYS, TOP_LEVEL
    from netspec.schema import spec_schema

    schema = spec_schema()
    definitions = schema["$defs"]
    assert set(schema["properties"]) == set(TOP_LEVEL)
    keys = [set(found) for found in mappings(schema)]
    for known in (BLOCK_KEYS, PARAM_KEYS, INPUT_KEYS, BUDGETS):
        assert set(known) in keys
    written = json.dumps(definitions["node"])
    assert all(f'"{key}": {{' in written for key in NODE_KEYS)


def test_choices_do_not_depend_on_the_order_of_imports():
    """Python takes `Literal["a", "b"]` and `Literal["b", "a"]` for one: whichever comes first would be shown twice."""
    written = [
        tuple(re.findall(r'"([^"]*)"', literal))
        for path in (ROOT / "netspec").rglob("*.py")
        for literal in re.findall(r"Literal\[([^\]]*)\]", path.read_text(encoding="utf-8"))
    ]
    assert len(written) > 20
    orders = {frozenset(choices): choices for choices in written}
    assert [choices for choices in written if orders[frozenset(choices)] != choices] == []

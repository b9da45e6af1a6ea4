"""What an editor makes of the schema: asked of the real YAML language server, which most editors run."""

from pathlib import Path

import pytest

import netspec.blocks
import netspec.layers  # noqa: F401
from netspec.budgets import BUDGETS
from netspec.layer import TYPES, call_options
from tests.editor.server import CURSOR, Mark, language_server

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "specs"
LINE = "# yaml-language-server: $schema=../schemas/netspec.schema.json\n"
START = LINE + "netspec: 1\ninput: {shape: [64, 64, 3]}\n"

NODE_KEYS = {"name", "from", "repeat", "when"}
KINDS = {"type", "nodes", "branches", "share"}
BLOCK = "blocks:\n  mine:\n    nodes:\n"

NO_NODE = "A node is the name of a layer or block, or a mapping with exactly one of type, nodes, branches, share."

# Everywhere a node may stand.
PLACES = {
    "head": "head:\n  - NODE\n",
    "a stage": "stages:\n  one:\n    - NODE\n",
    "a block": BLOCK + "      - relu\n      - NODE\n",
    "a branch": "head:\n  - branches:\n      - []\n      - - NODE\n    merge: add\n",
    "a group in a block": BLOCK + "      - nodes:\n          - NODE\n        repeat: 2\n",
}


@pytest.fixture(scope="module")
def server():
    with language_server(FOLDER) as running:
        yield running


def put(node, place):
    """Put a node, written as a mapping of its own lines, into a place."""
    before, after = place.split("NODE")
    margin = "\n" + " " * len(before.rpartition("\n")[2])
    return START + before + node.replace("\n", margin) + after


@pytest.fixture(params=list(PLACES.values()), ids=list(PLACES))
def place(request):
    return request.param


def text_of(item):
    documentation = item.get("documentation", "")
    return documentation["value"] if isinstance(documentation, dict) else documentation


def summary(name):
    return TYPES[name].summary


# ----------------------------------------------------------------------------------------------------------- completion


@pytest.mark.parametrize("node", ["{type: co‸}", "{type: ‸}", "type: co‸", "type: ‸", "name: a\ntype: co‸"])
def test_types_are_offered_with_what_they_are(server, place, node):
    offered = server.completions(put(node, place))
    assert {name: text_of(item) for name, item in offered.items()} == {entry.name: entry.summary for entry in TYPES}


@pytest.mark.parametrize("node", ["re‸", "‸"])
def test_a_bare_name_is_offered(server, place, node):
    offered = server.completions(put(node, place))
    assert text_of(offered["relu"]) == summary("relu")
    assert offered.keys() == {entry.name for entry in TYPES} | KINDS | NODE_KEYS


@pytest.mark.parametrize("node", ["{type: conv2d, fi‸}", "type: conv2d\nfi‸", "type: conv2d\n‸", "{fi‸, type: conv2d}"])
def test_the_options_of_a_type_are_offered(server, place, node):
    offered = server.completions(put(node, place))
    assert {"filters", "kernel_size", "strides"} < offered.keys()
    assert text_of(offered["filters"]) == "number of output channels"
    assert not {"units", "pool_size", "output_padding", "nodes", "share"} & offered.keys()


@pytest.mark.parametrize("name", [entry.name for entry in TYPES])
def test_every_type_offers_its_own_options_only(server, name):
    offered = server.completions(START + f"head:\n  - {{type: {name}, {CURSOR}x}}\n")
    assert {key: text_of(item) for key, item in offered.items() if key not in NODE_KEYS} == {
        key: option.description for key, option in TYPES[name].options.items()
    }
    assert offered.keys() >= NODE_KEYS


@pytest.mark.parametrize(
    ("node", "offered"),
    [
        ("{t‸}", {entry.name for entry in TYPES} | KINDS | NODE_KEYS),
        ("type: mine\n‸", NODE_KEYS),
        ("nodes: [relu]\n‸", NODE_KEYS),
        ("branches: [[relu], []]\n‸", NODE_KEYS | {"merge"}),
        ("share: a\n‸", NODE_KEYS | call_options()),
        ("{branches: [[], []], merge: ‸}", {entry.name for entry in TYPES}),
        ("{branches: [[], []], merge: {type: concatenate, a‸}}", NODE_KEYS | {"axis", "trainable", "dtype"}),
        ("{type: conv2d, padding: ‸}", {"valid", "same"}),
        ("{type: conv2d, use_bias: ‸}", {"true", "false"}),
        ("{type: dense, kernel_regularizer: {type: l1, l‸}}", {"l1"}),
        ("{type: time_distributed, layer: {type: rescaling, s‸}}", {"scale", "offset", "trainable", "dtype"}),
        ("{type: time_distributed, layer: d‸}", {entry.name for entry in TYPES}),
    ],
)
def test_exactly_this_is_offered(server, place, node, offered):
    assert server.completions(put(node, place)).keys() == offered


def test_initializers_are_offered_with_what_they_are(server):
    for node in ("{type: dense, kernel_initializer: he‸}", "{type: dense, kernel_initializer: {type: he‸}}"):
        offered = server.completions(START + f"head:\n  - {node}\n")
        assert text_of(offered["he_normal"]).startswith("He et al. (2015)")
        assert "l2" not in offered


def test_top_level_keys_are_offered(server):
    offered = server.completions(LINE + "netspec: 1\nst‸\n")
    assert {"name", "input", "vars", "blocks", "stages", "head", "budget"} < offered.keys()
    assert "netspec" not in offered
    assert text_of(offered["stages"]).startswith("Stages by name")


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("input: {s‸}", {"shape", "dtype"}),
        ("inputs:\n  a:\n    ‸", {"shape", "dtype"}),
        ("budget:\n  ‸", set(BUDGETS)),
        ("defaults:\n  dr‸", {entry.name for entry in TYPES}),
        ("defaults:\n  dropout:\n    ‸", {"rate", "noise_shape", "seed", "trainable", "dtype"}),
        ("blocks:\n  b:\n    ‸", {"description", "params", "inputs", "vars", "nodes"}),
        (
            "blocks:\n  b:\n    params:\n      k: {type: in‸}",
            {"integer", "number", "string", "boolean", "array", '"null"'},
        ),
    ],
)
def test_exactly_this_is_offered_elsewhere(server, text, offered):
    assert server.completions(LINE + f"netspec: 1\n{text}\n").keys() == offered


# ---------------------------------------------------------------------------------------------------------------- hover


@pytest.mark.parametrize(
    ("node", "shown"),
    [
        ("{type: conv2d, fil‸ters: 64}", "number of output channels"),
        ("{type: conv2d, fil‸ters: $(2 * n)}", "number of output channels"),
        ("type: conv2d\nfil‸ters: 64", "number of output channels"),
        ("{type: conv2d, kernel_s‸ize: [3, 3]}", "size of the window"),
        ("{type: dense, kernel_init‸ializer: $how}", "how the weight starts"),
        ("{type: dense, kernel_initializer: he_‸normal}", "He et al. (2015), truncated normal"),
        ("{type: dense, kernel_regularizer: {type: l2, l‸2: 0.1}}", "factor of the penalty"),
        ("{type: con‸v2d, filters: 64}", summary("conv2d")),
        ("{type: iden‸tity, f: 3}", summary("identity")),
        ("re‸lu", summary("relu")),
        ("{type: mine, re‸peat: 2}", "So many copies in a row"),
        ("{branches: [[], []], mer‸ge: add}", summary("add")),
        ("{bran‸ches: [[], []], merge: add}", "Lists of nodes side by side"),
    ],
)
def test_hovering_shows_what_it_is(server, place, node, shown):
    found = server.hover(put(node, place)).removeprefix("#### expression\n\n")
    assert found.startswith(shown)
    assert "||" not in found
    assert "Allowed Values" not in found


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("va‸rs: {n: 3}", "Named values, used as $name"),
        ("in‸put: {shape: [3]}", "The single input."),
        ("input: {sh‸ape: [3]}", "Sizes without the batch"),
        ("sta‸ges: {a: [relu]}", "Stages by name"),
        ("budget: {ma‸cs: 3}", "At most so many macs, such as 26M."),
        ("defaults: {conv2d: {pad‸ding: same}}", "valid: only whole windows"),
        ("blocks: {a: {par‸ams: {}}}", "The block's options by name"),
    ],
)
def test_hovering_over_other_keys(server, text, shown):
    assert server.hover(LINE + f"netspec: 1\n{text}\n").startswith(shown)


# ---------------------------------------------------------------------------------------------------------------- marks


@pytest.mark.parametrize(
    ("node", "marked", "message"),
    [
        ("{type: conv2d, ‸fliters: 64}", "fliters", "Property fliters is not allowed."),
        ("type: conv2d\n‸fliters: 64", "fliters", "Property fliters is not allowed."),
        ("{type: conv2d, padding: ‸sme}", "sme", 'Value is not accepted. Valid values: "valid", "same".'),
        ("{type: conv2d, ‸units: 3}", "units", "Property units is not allowed."),
        ("{type: conv2d, filters: ‸6.5}", "6.5", 'Incorrect type. Expected "integer | string".'),
        ("{type: conv2d, filters: ‸0}", "0", "Value is below the minimum of 1."),
        ("{type: conv2d, kernel_size: [3, ‸a]}", "a", 'Incorrect type. Expected "integer".'),
        ("{type: dense, kernel_initializer: {type: zeros, ‸sed: 3}}", "sed", "Property sed is not allowed."),
        ("{type: mine, ‸nodes: [relu]}", "nodes", "Property nodes is not allowed."),
        ("{nodes: [relu], ‸share: a}", "share", "Property share is not allowed."),
        ("‸{branches: [[], []]}", "{", 'Missing property "merge".'),
        ("‸{tpye: relu}", "{tpye: relu}", NO_NODE),
        ("‸3", "3", NO_NODE),
    ],
)
def test_a_mistake_in_a_node_is_marked(server, node, marked, message):
    texts = [put(node, place) for place in PLACES.values()]
    opened = [server.open(text.replace(CURSOR, "")) for text in texts]
    found = [server.marks(uri) for uri in opened]
    assert found == [[Mark(text.partition(CURSOR)[0].count("\n") + 1, marked, message)] for text in texts]


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("haed: [relu]", Mark(4, "haed", "Property haed is not allowed.")),
        ("head: relu", Mark(4, "relu", "Incorrect type. Expected one of array, null.")),
        ("head: null", Mark(4, "null", "Matches a schema that is not allowed.")),
        ("budget: {flops: 3}", Mark(4, "flops", "Property flops is not allowed.")),
        ("defaults: {conv2d: {fliters: 3}}", Mark(4, "fliters", "Property fliters is not allowed.")),
        ("blocks: {b: {params: {}}}", Mark(4, "b", 'Missing property "nodes".')),
    ],
)
def test_a_mistake_elsewhere_is_marked(server, text, mark):
    assert server.marks(server.open(START + text + "\n")) == [mark]


def test_good_specs_have_no_marks(server):
    specs = sorted(FOLDER.rglob("*.yaml"))
    tested = [path for path in (ROOT / "tests/specs").rglob("*.yaml") if not path.name.endswith(".expect.yaml")]
    assert specs
    assert tested
    opened = {path.name: server.open(path.read_text(encoding="utf-8"), path) for path in specs}
    opened |= {path.name: server.open(LINE + path.read_text(encoding="utf-8")) for path in tested}
    assert {name: marks for name, uri in opened.items() if (marks := server.marks(uri))} == {}


def test_the_line_leads_to_the_schema(server):
    """Where it doesn't, nothing would be marked, whatever is wrong."""
    paths = sorted(FOLDER.rglob("*.yaml"))
    wrong = [path.read_text(encoding="utf-8") + "\nhaed: [relu]\n" for path in paths]
    opened = [server.open(text, path.with_suffix(".wrong.yaml")) for text, path in zip(wrong, paths, strict=True)]
    assert [[mark.text for mark in server.marks(uri)] for uri in opened] == [["haed"]] * len(paths)


def test_a_long_spec_is_answered(server):
    node = "  - {type: conv2d, filters: 64, kernel_size: 3}\n"
    text = START + "head:\n" + node * 3000
    assert "filters" in server.completions(text + "  - {type: conv2d, f‸}\n")
    assert server.hover(text + "  - {type: conv2d, fil‸ters: 3}\n").startswith("number of output channels")

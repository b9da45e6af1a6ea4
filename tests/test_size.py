"""What a few lines can ask for: refused by a limit, whatever shape the request has, without doing the work first."""

import pytest

from netspec import SpecError, parse_spec

HEAD = "netspec: 1\ninput: {shape: [8, 8, 4]}\n"

CASES = {
    "copies of copies": ("head: [{nodes: [{nodes: [relu], repeat: 10000}], repeat: 10000}]", "E406"),
    "copies of nothing": ("head: [{nodes: [], repeat: 1000000}]", "E406"),
    "reading every copy again and again": (
        "head:\n  - {type: relu, name: g, repeat: 10000}\n  - {type: add, from: [prev, g.*], repeat: 9000}",
        "E406",
    ),
    "outputs without end": (
        f"head: [{{type: relu, name: a, repeat: 15000}}]\noutputs: [{', '.join(['a.*'] * 500)}]",
        "E406",
    ),
    "sizes that double": ("head: [{type: concatenate, from: [prev, prev], repeat: 10000}]", "E407"),
    "sizes that multiply": ("head: [{type: up_sampling2d, size: 1000000, repeat: 10000}]", "E407"),
    "shared calls of shared calls": (
        "head:\n  - {name: g0, nodes: [relu]}\n"
        + "".join(f"  - {{nodes: [{{share: g{k}}}], name: g{k + 1}}}\n" for k in range(300)),
        "E403",
    ),
    "groups in blocks in groups": (
        "blocks:\n  b0: {nodes: [relu]}\n"
        + "".join(
            f"  b{n}: {{nodes: [{'{nodes: [' * 20}b{n - 1}{']}' * 20}]}}\n" for n in range(1, 60)
        )
        + "head: [b59]",
        "E403",
    ),
    "lists in lists": (
        "vars:\n  a0: 1\n" + "".join(f"  a{k + 1}: '$([a{k}])'\n" for k in range(2000)) + "head: [relu]",
        "E408",
    ),
    "an option of many values": (f"head: [{{type: reshape, target_shape: [{'1, ' * 5000}1]}}]", "E104"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code"), CASES.values(), ids=CASES.keys())
def test_large_requests_are_refused(text, code):
    with pytest.raises(SpecError) as refused:
        parse_spec(HEAD + text + "\n")
    assert [mistake.code for mistake in refused.value.diagnostics] == [code]


def test_a_shape_of_many_axes():
    with pytest.raises(SpecError, match="a shape of 3,000 axes; 64 are allowed"):
        parse_spec(f"netspec: 1\ninput: {{shape: [{'1, ' * 2999}1]}}\nhead: [flatten]\n")


def test_the_search_for_mistakes_ends():
    with pytest.raises(SpecError) as refused:
        parse_spec(HEAD + "head:\n" + "".join(f"  - no_such_type_{n}\n" for n in range(3000)))
    assert 500 <= len(refused.value.diagnostics) < 510


def test_many_warnings_are_no_mistake():
    spec = parse_spec(HEAD + "head:\n" + "  - {type: relu, from: input}\n" * 600)
    assert len(spec.warnings) == 500
    assert len(spec.graph().nodes) == 2

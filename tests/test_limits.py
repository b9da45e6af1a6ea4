"""Codes that take more than a file's text: unreadable files, limits (good at the limit, not past it), building."""

import os
import subprocess
import sys

import pytest

from netspec import SpecError, cli, load_spec, parse_spec
from netspec.limits import Limits

GOOD = "netspec: 1\ninput: {shape: [8]}\nhead: [relu]\n"


def mistakes(read, *arguments, **options):
    """The diagnostics of a spec, none where it is good."""
    try:
        read(*arguments, **options)
    except SpecError as error:
        return error.diagnostics
    return ()


def codes(read, *arguments, **options):
    return [diagnostic.code for diagnostic in mistakes(read, *arguments, **options)]


# -------------------------------------------------------------------------------------------- reading (E001, E002)


def test_missing_file(tmp_path):
    (found,) = mistakes(load_spec, tmp_path / "nothing.yaml")
    assert (found.code, found.where.file) == ("E001", str(tmp_path / "nothing.yaml"))
    assert "does not exist" in found.message


def test_folder(tmp_path):
    (found,) = mistakes(load_spec, tmp_path)
    assert found.code == "E001"
    assert "is a folder" in found.message


def test_pipe_does_not_wait(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    (found,) = mistakes(load_spec, tmp_path / "pipe.yaml")
    assert found.code == "E001"
    assert "not a regular file" in found.message


def test_folder_as_library(tmp_path):
    (tmp_path / "folder").mkdir()
    spec = tmp_path / "spec.yaml"
    spec.write_text(GOOD + "use: [folder]\n")
    (found,) = mistakes(load_spec, spec)
    assert (found.code, found.where.line) == ("E208", 4)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (GOOD.encode() + b"name: caf\xe9\n", "byte 0xe9 in line 4"),
        (GOOD.encode("utf-16"), "UTF-16"),
        (GOOD.encode() + b"name: a\x1b[31m\n", "U+001B"),
        (GOOD.encode() + b"name: a\x00b\n", "U+0000"),
    ],
)
def test_no_plain_text(tmp_path, data, words):
    spec = tmp_path / "spec.yaml"
    spec.write_bytes(data)
    (found,) = mistakes(load_spec, spec)
    assert found.code == "E002"
    assert words in found.message


def test_byte_order_mark_is_no_part_of_the_text(tmp_path):
    spec = tmp_path / "spec.yaml"
    spec.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("relu", "relo").encode())
    (found,) = mistakes(load_spec, spec)
    assert (found.where.line, found.where.column) == (3, 8)


# -------------------------------------------------------------------------------------------------------- limits (E40x)


def nested(depth):
    """A spec whose deepest YAML node has ``depth`` collections around it, itself included."""
    groups = (depth - 2) // 2
    return "netspec: 1\ninput: {shape: [8]}\nhead: [" + "{nodes: [" * groups + "relu" + "]}" * groups + "]\n"


def aliases(count):
    return "netspec: 1\ninput: {shape: [8]}\nhead:\n  - &a {type: dense, units: 8}\n" + "  - *a\n" * count


def copies(count):
    return f"netspec: 1\ninput: {{shape: [8]}}\nhead:\n  - {{type: relu, repeat: {count}}}\n"


def worked_out_copies(count):
    return f"netspec: 1\nvars: {{n: {count}}}\ninput: {{shape: [8]}}\nhead:\n  - {{type: relu, repeat: $n}}\n"


def written_out(count):
    return "netspec: 1\ninput: {shape: [8]}\nhead:\n" + "  - relu\n" * count


def in_a_block(count):
    return (
        f"netspec: 1\nblocks: {{b: {{nodes: [{{type: relu, repeat: {count}}}]}}}}\ninput: {{shape: [8]}}\nhead: [b]\n"
    )


def with_padding(count):
    return f"netspec: 1\ninput: {{shape: [8, 3]}}\npadding: 1\nhead:\n  - {{type: relu, repeat: {count - 1}}}\n"


def units(count):
    return f"netspec: 1\ninput: {{shape: [8]}}\nhead:\n  - {{type: dense, units: {count}}}\n"


def calculated_units(count):
    return f"netspec: 1\ninput: {{shape: [8]}}\nhead:\n  - {{type: dense, units: $({count} - 1 + 1)}}\n"


def long_expression(length):
    return f"netspec: 1\ninput: {{shape: [8]}}\nhead:\n  - type: dense\n    units: $({'1'.rjust(length - 3)})\n"


def long_list(items):
    return f"netspec: 1\nvars: {{a: '$([1] * {items - 1})'}}\ninput: {{shape: [8]}}\nhead: [relu]\n"


def long_text(length):
    return GOOD + f"description: {('a ' * length)[: length - 1]}b\n"


def long_word(length):
    return f"netspec: 1\ninput: {{shape: [8]}}\nhead:\n  - {{type: relu, name: {'a' * length}}}\n"


def long_key(length):
    return f"netspec: 1\nvars:\n  ? {'a' * length}\n  : 1\ninput: {{shape: [8]}}\nhead: [relu]\n"


def long_anchor(length):
    return f"netspec: 1\ninput: {{shape: [8]}}\nhead: [&{'a' * length} relu]\n"


def long_calculated_text(length):
    return f"netspec: 1\nvars: {{a: \"$('a' * {length})\"}}\ninput: {{shape: [8]}}\nhead: [relu]\n"


def axes(count):
    return f"netspec: 1\ninput: {{shape: [{', '.join(['1'] * count)}]}}\nhead: [relu]\n"


def made_axes(count):
    return f"netspec: 1\ninput: {{shape: [8]}}\nhead:\n  - {{type: reshape, target_shape: [8{', 1' * (count - 1)}]}}\n"


def option_list(count):
    return f"netspec: 1\ninput: {{shape: [{count}]}}\nhead:\n  - {{type: rescaling, scale: [{'1, ' * count}]}}\n"


def expression_steps(steps):
    """A thousand steps for every copy: three operations, and the reading of 9,970 items."""
    items = ", ".join(["1"] * 9970)
    copies = -(-steps // 1000)
    return (
        f"netspec: 1\nvars: {{l: [{items}]}}\ninput: {{shape: [8]}}\n"
        f"head:\n  - {{type: relu, when: $(1 in l), repeat: {copies}}}\n"
    )


def nested_expression(depth):
    return f"netspec: 1\ninput: {{shape: [8]}}\nhead:\n  - {{type: dense, units: $({'+' * (depth - 1)}8)}}\n"


def nested_list(depth):
    lists = "".join(f"  v{n}: $([v{n - 1}])\n" for n in range(2, depth + 2))
    return f"netspec: 1\nvars:\n  v1: $([1])\n{lists}input: {{shape: [8]}}\nhead: [relu]\n"


AT_THE_LIMIT = [
    ("E403", nested, Limits().nesting),
    ("E404", aliases, Limits().aliases),
    ("E406", copies, 20_000),
    ("E406", worked_out_copies, 20_000),
    ("E406", written_out, 20_000),
    ("E406", in_a_block, 20_000),
    ("E406", with_padding, 20_000),
    ("E407", units, Limits().magnitude),
    ("E407", calculated_units, Limits().magnitude),
    ("E408", long_expression, Limits().expression_length),
    ("E408", long_list, 10_000),
    ("E408", long_calculated_text, 10_000),
    ("E408", nested_expression, 100),
    ("E408", nested_list, 100),
    ("E411", expression_steps, Limits().expression_steps),
    ("E412", long_text, Limits().text_length),
    ("E412", long_word, Limits().word_length),
    ("E412", long_key, Limits().word_length),
    ("E412", long_anchor, Limits().word_length),
    ("E108", axes, 64),
    ("E302", made_axes, 64),
    ("E104", option_list, 1_000),
]


@pytest.mark.parametrize(
    ("code", "make", "limit"), AT_THE_LIMIT, ids=lambda value: getattr(value, "__name__", str(value))
)
def test_limit_is_inclusive(code, make, limit):
    assert codes(parse_spec, make(limit)) == []
    (found,) = mistakes(parse_spec, make(limit + (2 if make is nested else 1)))
    assert found.code == code


def test_file_size(tmp_path):
    spec = tmp_path / "spec.yaml"
    for size, expected in ((2**20, []), (2**20 + 1, ["E402"])):
        spec.write_text(GOOD + "#" * (size - len(GOOD)))
        assert spec.stat().st_size == size
        assert codes(load_spec, spec) == expected
        assert codes(parse_spec, spec.read_bytes()) == expected


def test_file_size_of_standard_input(monkeypatch, capsys, tmp_path):
    (tmp_path / "in").write_text(GOOD + "#" * 2**20)
    with (tmp_path / "in").open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert cli.run(["validate", "-"]) == cli.WRONG_SPEC
    assert "error[E402]: <stdin> is larger than 1,048,576 bytes" in capsys.readouterr().err


def test_yaml_nodes():
    nodes = 11  # seven keys and values, two mappings, two lists
    assert codes(parse_spec, GOOD, limits=Limits(yaml_nodes=nodes)) == []
    assert codes(parse_spec, GOOD, limits=Limits(yaml_nodes=nodes - 1)) == ["E405"]
    doubling = "netspec: 1\na: &a [x, x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)}, *{chr(97 + i)}]\n" for i in range(20)
    )
    assert "E405" in codes(parse_spec, doubling)  # 41 aliases, two million nodes


@pytest.mark.parametrize(
    ("limits", "code", "text"),
    [
        (Limits(text_length=10), "E412", GOOD + "description: eleven chars\n"),
        (Limits(word_length=3), "E412", GOOD + "name: relu\n"),
        (
            Limits(expression_steps=5),
            "E411",
            worked_out_copies(3).replace("type: relu", "type: dense, units: $(i + 1)"),
        ),
    ],
)
def test_limit_that_is_changed(limits, code, text):
    assert codes(parse_spec, text) == []
    assert codes(parse_spec, text, limits=limits) == [code]


def test_steps_are_counted_for_the_whole_network(tmp_path):
    """A block of a library sees no variable of the spec, but its expressions are counted with the spec's."""
    items = ", ".join(["1"] * 9000)
    (tmp_path / "library.yaml").write_text(
        f"blocks: {{b: {{vars: {{l: [{items}]}}, nodes: [{{type: relu, when: $(1 in l)}}]}}}}\n"
    )
    spec = tmp_path / "spec.yaml"
    spec.write_text(GOOD.replace("[relu]", "[{type: b, repeat: 15000}]") + "use: [library.yaml]\n")
    assert codes(load_spec, spec) == ["E411"]


def test_mistakes():
    """501 mistakes are found and no more, whether in the YAML or in what it says."""
    for text in (GOOD + "a: 1\n" * 2_000, GOOD + "".join(f"k{n}: 1\n" for n in range(2_000))):
        assert len(mistakes(parse_spec, text)) == 501


def test_files_that_extend_each_other(tmp_path):
    """17 files, each the base of the next, are too many; 16 steps down are not."""
    (tmp_path / "0.yaml").write_text(GOOD)
    for number in range(1, 18):
        (tmp_path / f"{number}.yaml").write_text(f"netspec: 1\nextends: {number - 1}.yaml\n")
    assert codes(load_spec, tmp_path / "16.yaml") == []
    (found,) = mistakes(load_spec, tmp_path / "17.yaml")
    assert (found.code, found.where.line) == ("E409", 2)
    assert codes(load_spec, tmp_path / "2.yaml", limits=Limits(extends_depth=1)) == ["E409"]


def test_blocks_in_blocks():
    chain = "".join(f"  b{n}: {{nodes: [b{n - 1}]}}\n" for n in range(1, 120))
    spec = "netspec: 1\nblocks:\n  b0: {nodes: [relu]}\n" + chain + "input: {shape: [8]}\nhead: [b%d]\n"
    assert codes(parse_spec, spec % 98) == []
    assert codes(parse_spec, spec % 101) == ["E403"]


@pytest.mark.parametrize("word", ["layer=3", "layers", "layers=-1", "layers=many", "=3"])
def test_limit_that_is_none(word, capsys, tmp_path):
    (tmp_path / "spec.yaml").write_text(GOOD)
    assert cli.run(["validate", str(tmp_path / "spec.yaml"), "--limit", word]) == cli.WRONG_COMMAND


# -------------------------------------------------------------------------------- building (E410, E501, E502, E503)


def test_too_many_parameters(tmp_path, capsys):
    spec = tmp_path / "spec.yaml"
    spec.write_text("netspec: 1\ninput: {shape: [9]}\nhead:\n  - {type: dense, units: 10}\n")
    assert cli.run(["build", str(spec), "--limit", "build_parameters=99"]) == cli.WRONG_SPEC
    said = capsys.readouterr().err
    assert "error[E410]: this network has 100 parameters; 99 are allowed to be built" in said
    assert "--limit build_parameters=N" in said
    assert cli.run(["build", str(spec), "--limit", "build_parameters=100"]) == cli.GOOD


def test_too_many_parameters_by_default(tmp_path, capsys):
    spec = tmp_path / "spec.yaml"
    spec.write_text("netspec: 1\ninput: {shape: [200000]}\nhead:\n  - {type: dense, units: 200000}\n")
    assert cli.run(["validate", str(spec)]) == cli.GOOD
    assert cli.run(["build", str(spec)]) == cli.WRONG_SPEC
    assert "E410" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["no/such/folder/model.keras", "a_file/model.keras", "folder.keras"])
def test_place_that_can_not_be_written(tmp_path, monkeypatch, capsys, place):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a_file").write_text("here before")
    (tmp_path / "folder.keras").mkdir()
    (tmp_path / "spec.yaml").write_text(GOOD)
    assert cli.run(["build", "spec.yaml", "-o", place]) == cli.WRONG_SPEC
    said = capsys.readouterr().err
    assert said.startswith(f"error[E501]: {place} can't be written: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a_file", "folder.keras", "spec.yaml"]
    assert (tmp_path / "a_file").read_text() == "here before"


def test_ending_that_names_no_format(tmp_path, capsys):
    (tmp_path / "spec.yaml").write_text(GOOD)
    assert cli.run(["build", str(tmp_path / "spec.yaml"), "-o", str(tmp_path / "model.pt")]) == cli.WRONG_COMMAND
    said = capsys.readouterr().err
    assert all(ending in said for ending in (".keras", ".weights.h5", ".json"))


def test_ending_that_names_no_format_from_python(tmp_path):
    from netspec.backends import keras as backend

    assert codes(backend.save, None, tmp_path / "model.pt") == ["E501"]


def test_layer_that_keras_refuses(monkeypatch):
    from netspec.backends import keras as backend

    spec = parse_spec(GOOD)

    def refuse(*arguments):
        raise ValueError("no such thing\nand much more")

    monkeypatch.setattr(backend, "_add", refuse)
    (found,) = mistakes(spec.build)
    assert found.code == "E502"
    assert found.message.endswith("no such thing")
    assert found.where.line >= 2


@pytest.mark.parametrize("backend", ["jax", "no_such_backend"])
def test_backend_that_is_not_there(tmp_path, backend):
    (tmp_path / "spec.yaml").write_text(GOOD)
    # as if jax were not installed, on machines that have it too
    code = "import sys; sys.modules['jax'] = None; from netspec.cli import main; main(['build', 'spec.yaml'])"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == cli.WRONG_SPEC, run.stderr
    assert f"error[E503]: Keras can't start on the backend {backend}" in run.stderr


# ------------------------------------------------------------------------------------------- files of one spec


@pytest.mark.parametrize(("count", "expected"), [(100, []), (101, ["E409"])])
def test_libraries(tmp_path, count, expected):
    for number in range(count):
        (tmp_path / f"library{number}.yaml").write_text(f"blocks: {{b{number}: {{nodes: [relu]}}}}\n")
    spec = tmp_path / "spec.yaml"
    spec.write_text(GOOD + f"use: [{', '.join(f'library{number}.yaml' for number in range(count))}]\n")
    assert codes(load_spec, spec) == expected


@pytest.mark.parametrize(("more", "expected"), [(0, []), (1, ["E402"])])
def test_files_together(tmp_path, more, expected):
    for name, size in (("first", 400), ("second", 400), ("third", 400 + more)):
        text = f"blocks: {{{name}: {{nodes: [relu]}}}}\n"
        (tmp_path / f"{name}.yaml").write_text(text + "#" * (size - len(text)))
    spec = tmp_path / "spec.yaml"
    spec.write_text(GOOD + "use: [first.yaml, second.yaml, third.yaml]\n")
    assert codes(load_spec, spec, limits=Limits(file_bytes=600)) == expected

"""What section 2 of the language refuses: each wrong spec, its code, its line, and a part of what is said about it."""

from pathlib import Path

import pytest

from netspec import SpecError, load_spec, parse_spec

HEAD = """\
netspec: 1
name: x
input: {shape: [8, 8, 3]}
"""


def read_table():
    """Rows of name, line, code, part of what is said, and text."""
    rows = []
    for row in (Path(__file__).parent / "language_refusals.txt").read_text().split("\n=== ")[1:]:
        header, _, text = row.partition("\n")
        name, line, code, part = header.split(" | ", 3)
        rows.append((name, int(line), code, part, text.replace("HEAD\n", HEAD)))
    return rows


WRONG = read_table()

# name, file, line, code, part of the message or its help, {file: text}; main.yaml is loaded, from the folder `specs`
BASE = HEAD + "head:\n  - {name: last, type: dense, units: 4}\n"
FILES = [
    ("extends_missing", "specs/main.yaml", 2, "E208", "nowhere.yaml", {"main": "netspec: 1\nextends: nowhere.yaml\n"}),
    (
        "extends_outside",
        "specs/main.yaml",
        2,
        "E208",
        "outside",
        {"main": "netspec: 1\nextends: ../other.yaml\n", "../other": BASE},
    ),
    ("extends_absolute", "specs/main.yaml", 2, "E208", "/etc/passwd", {"main": "netspec: 1\nextends: /etc/passwd\n"}),
    (
        "extends_expression",
        "specs/main.yaml",
        3,
        "E208",
        "$b",
        {"main": "netspec: 1\nvars: {b: base.yaml}\nextends: $b\n", "base": BASE},
    ),
    ("extends_itself", "specs/main.yaml", 2, "E208", "main.yaml", {"main": "netspec: 1\nextends: main.yaml\n"}),
    (
        "extends_in_circles",
        "specs/base.yaml",
        2,
        "E208",
        "main.yaml",
        {"main": "netspec: 1\nextends: base.yaml\n", "base": "netspec: 1\nextends: main.yaml\n"},
    ),
    (
        "mistake_in_base",
        "specs/base.yaml",
        5,
        "E102",
        "units",
        {"main": "netspec: 1\nextends: base.yaml\n", "base": BASE.replace("units", "unit")},
    ),
    (
        "set_no_name",
        "specs/main.yaml",
        3,
        "E209",
        "last",
        {"main": "netspec: 1\nextends: base.yaml\nset: {head.lasst.units: 3}\n", "base": BASE},
    ),
    (
        "set_past_the_end",
        "specs/main.yaml",
        3,
        "E209",
        "1",
        {"main": "netspec: 1\nextends: base.yaml\nset: {head.+2: relu}\n", "base": BASE},
    ),
    (
        "set_wrong_option",
        "specs/main.yaml",
        3,
        "E104",
        "units",
        {"main": "netspec: 1\nextends: base.yaml\nset: {head.last.units: many}\n", "base": BASE},
    ),
    ("use_missing", "specs/main.yaml", 4, "E208", "lib.yaml", {"main": HEAD + "use: [lib.yaml]\nhead: [relu]\n"}),
    (
        "use_outside",
        "specs/main.yaml",
        4,
        "E208",
        "outside",
        {"main": HEAD + "use: [../lib.yaml]\nhead: [relu]\n", "../lib": "blocks: {}\n"},
    ),
    (
        "library_with_more",
        "specs/lib.yaml",
        1,
        "E106",
        "vars",
        {"main": HEAD + "use: [lib.yaml]\nhead: [relu]\n", "lib": "vars: {a: 1}\nblocks: {}\n"},
    ),
    (
        "library_sees_no_vars",
        "specs/lib.yaml",
        2,
        "E201",
        "units",
        {
            "main": HEAD + "vars: {units: 3}\nuse: [lib.yaml]\nhead: [b]\n",
            "lib": "blocks:\n  b: {nodes: [{type: dense, units: $units}]}\n",
        },
    ),
    (
        "block_twice",
        "specs/main.yaml",
        5,
        "E206",
        "b",
        {
            "main": HEAD + "use: [lib.yaml]\nblocks: {b: {nodes: [elu]}}\nhead: [b]\n",
            "lib": "blocks:\n  b: {nodes: [relu]}\n",
        },
    ),
    (
        "mistake_in_library",
        "specs/lib.yaml",
        2,
        "E101",
        "relu",
        {"main": HEAD + "use: [lib.yaml]\nhead: [b]\n", "lib": "blocks:\n  b: {nodes: [rellu]}\n"},
    ),
]


def said(refused):
    return [(d.where.line, d.code, f"{d.message} {d.help or ''}") for d in refused.value.diagnostics]


@pytest.mark.parametrize(("name", "line", "code", "part", "text"), WRONG, ids=[row[0] for row in WRONG])
def test_text(name, line, code, part, text):
    with pytest.raises(SpecError) as refused:
        parse_spec(text)
    assert any((line, code) == found[:2] and part in found[2] for found in said(refused)), said(refused)


@pytest.mark.parametrize(("name", "file", "line", "code", "part", "files"), FILES, ids=[row[0] for row in FILES])
def test_files(tmp_path, name, file, line, code, part, files):
    (tmp_path / "specs").mkdir()
    for stem, text in files.items():
        (tmp_path / "specs" / f"{stem}.yaml").write_text(text)
    with pytest.raises(SpecError) as refused:
        load_spec(tmp_path / "specs/main.yaml")
    where = [str(d.where.file) for d in refused.value.diagnostics]
    assert any(
        (line, code) == found[:2] and part in found[2] and place.endswith(file)
        for found, place in zip(said(refused), where, strict=True)
    ), list(zip(where, said(refused), strict=True))


# One mistake, one diagnostic: nothing that merely follows from it, and nothing twice.
ALONE = ["unknown_top_key", "var_cycle", "unknown_type", "unknown_reference", "shapes_do_not_join", "param_missing"]


@pytest.mark.parametrize("name", ALONE)
def test_one_mistake_is_told_once(name):
    text = next(row[4] for row in WRONG if row[0] == name)
    with pytest.raises(SpecError) as refused:
        parse_spec(text)
    assert len(refused.value.diagnostics) == 1, said(refused)


def test_the_table_is_whole():
    assert len(WRONG) >= 100
    assert len({row[0] for row in WRONG}) == len(WRONG)

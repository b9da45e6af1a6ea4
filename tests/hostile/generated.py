"""Hostile specs that can't be committed (links, pipes, devices) or are large, made where they are wanted.

``MADE`` names each by topic and name and has the function that makes it in a folder; it gives back the path to load.
"""

from __future__ import annotations

import os
import socket
import string
from collections.abc import Callable
from pathlib import Path

START = "netspec: 1\ninput: {shape: [8]}\n"
GOOD = START + "head: [relu]\n"
MEBIBYTE = 2**20
ROOM = MEBIBYTE - 1000

Maker = Callable[[Path], Path]


def text(content: str) -> Maker:
    """Make a file of this content."""

    def make(folder: Path) -> Path:
        path = folder / "spec.yaml"
        path.write_text(content, encoding="utf-8")
        return path

    return make


def filled(start: str, piece: str, size: int = ROOM) -> Maker:
    """Make a file that repeats a piece until it is nearly as large as a file may be."""
    return text(start + piece * (size // len(piece.encode())))


def numbered(start: str, piece: Callable[[int], str], size: int = ROOM) -> Maker:
    """Make a file of as many different pieces as fit."""
    pieces, length, number = [], 0, 0
    while length < size:
        pieces.append(piece(number))
        length += len(pieces[-1])
        number += 1
    return text(start + "".join(pieces[:-1]))


def node(content: str) -> Maker:
    return text(f"{START}head:\n  - {content}\n")


def outside(folder: Path) -> Path:
    """Make a file that lies beside the root folder, and say where."""
    path = folder.parent / "report.outside.yaml"
    path.write_text(GOOD + "description: outside, and not to be read\n")
    return path


def naming(name: str, prepare: Callable[[Path], object], use: bool = False) -> Maker:
    """Make a spec that extends (or uses) a file of this name, and that file."""

    def make(folder: Path) -> Path:
        prepare(folder)
        path = folder / "spec.yaml"
        path.write_text(f"use: [{name}]\n{GOOD}" if use else f"netspec: 1\nextends: {name}\n")
        return path

    return make


def linked(target: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "link.yaml").symlink_to(target)


def link_out(folder: Path) -> None:
    (folder / "link.yaml").symlink_to(outside(folder))


def folder_link_out(folder: Path) -> None:
    outside(folder)
    (folder / "folder").symlink_to("..")


def link_circle(folder: Path) -> None:
    (folder / "link.yaml").symlink_to("other.yaml")
    (folder / "other.yaml").symlink_to("link.yaml")


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe.yaml")


def listening(folder: Path) -> None:
    """Make the socket under a short name first: the path of one may have about a hundred characters."""
    here = Path.cwd()
    os.chdir(folder)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("socket.yaml")
    finally:
        os.chdir(here)


def given(name: str, prepare: Callable[[Path], object]) -> Maker:
    """Name on the command line a file that is no spec."""

    def make(folder: Path) -> Path:
        prepare(folder)
        return folder / name

    return make


def sparse(folder: Path) -> Path:
    path = folder / "spec.yaml"
    path.write_text(GOOD)
    os.truncate(path, 10 * 2**30)
    return path


def linked_base(folder: Path) -> Path:
    (folder / "real.yaml").write_text(GOOD)
    (folder / "link.yaml").symlink_to("real.yaml")
    path = folder / "spec.yaml"
    path.write_text("netspec: 1\nextends: link.yaml\n")
    return path


def linked_folder(folder: Path) -> Path:
    (folder / "real").mkdir()
    (folder / "real/base.yaml").write_text(GOOD)
    (folder / "real/spec.yaml").write_text("netspec: 1\nextends: base.yaml\n")
    (folder / "link").symlink_to("real")
    return folder / "link/spec.yaml"


def libraries(folder: Path) -> Path:
    """Make a spec that uses thirty libraries of ten thousand nodes each."""
    for number in range(30):
        steps = "      - {type: dense, units: 8}\n" * 3_000
        (folder / f"library{number}.yaml").write_text(f"blocks:\n  b{number}:\n    nodes:\n{steps}")
    path = folder / "spec.yaml"
    path.write_text(START + f"use: [{', '.join(f'library{number}.yaml' for number in range(30))}]\nhead: [relu]\n")
    return path


def escaping(folder: Path) -> Path:
    """Make a wrong spec whose name would turn a terminal red."""
    path = folder / "a\x1b[31m\u202e.yaml"
    path.write_text(START + "head: [rellu]\n")
    return path


def deeper(folder: Path) -> Path:
    """Put what is as deep as a file may be into the deepest place of the base, again and again."""
    levels = 28
    inner = "{nodes: [" * levels + "{name: n%d, nodes: [relu]}" + "]}" * levels
    path_down = ".".join(["0.nodes"] * levels)
    (folder / "16.yaml").write_text(START + f"head: [{inner % 16}]\n")
    for number in range(15, -1, -1):
        depth = ".".join([path_down] * (16 - number))
        edit = f"netspec: 1\nextends: {number + 1}.yaml\nset:\n  head.{depth}.0: {inner % number}\n"
        (folder / f"{number}.yaml").write_text(edit)
    return folder / "0.yaml"


LONG = "x" * 900_000
QUOTES = "'" * 981

MADE: dict[str, Maker] = {
    # many of something
    "size/names_unknown": text(
        START + "vars:\n" + "".join(f"  v{n}: $(w{n} + 1)\n" for n in range(3_000)) + "head: [relu]\n"
    ),
    "size/types_unknown": numbered(START + "head:\n", lambda number: f"  - frobnicate_{number}\n", 200_000),
    "size/params_chained": text(
        START
        + "head: [relu]\nblocks:\n  b:\n    nodes: [relu]\n    params:\n      p0: {type: integer}\n"
        + "".join(f"      p{n}: {{default: $p{n - 1}}}\n" for n in range(1, 10_000))
    ),
    "size/libraries": libraries,
    "size/library_missing_many_times": text(START + f"use: [{'gone.yaml, ' * 90}gone.yaml]\nhead: [relu]\n"),
    "size/libraries_many": text(START + f"use: [{'gone.yaml, ' * 3_000}gone.yaml]\nhead: [relu]\n"),
    # paths
    "paths/extends_link_out": naming("link.yaml", link_out),
    "paths/extends_link_to_device": naming("link.yaml", linked("/dev/zero")),
    "paths/extends_link_to_process": naming("link.yaml", linked("/proc/self/environ")),
    "paths/extends_folder_link_out": naming("folder/report.outside.yaml", folder_link_out),
    "paths/extends_link_circle": naming("link.yaml", link_circle),
    "paths/extends_pipe": naming("pipe.yaml", pipe),
    "paths/extends_socket": naming("socket.yaml", listening),
    "paths/use_link_out": naming("link.yaml", link_out, use=True),
    "paths/use_link_to_device": naming("link.yaml", linked("/dev/zero"), use=True),
    "paths/use_pipe": naming("pipe.yaml", pipe, use=True),
    "paths/extends_long_name": naming("a" * 300 + ".yaml", lambda folder: None),
    "paths/extends_long_path": naming("a/" * 50_000 + "a.yaml", lambda folder: None),
    "paths/spec_pipe": given("pipe.yaml", pipe),
    "paths/spec_device": lambda folder: Path("/dev/zero"),
    "paths/spec_folder": lambda folder: folder,
    "paths/spec_socket": given("socket.yaml", listening),
    "paths/spec_link_to_device": given("link.yaml", linked("/dev/zero")),
    "paths/spec_name_with_escapes": escaping,
    "paths/spec_missing": lambda folder: folder / "nothing.yaml",
    "paths/spec_name_not_utf8": lambda folder: folder / os.fsdecode(b"a\xff.yaml"),
    # nesting
    "nesting/flow_lists": text(START + "head: " + "[" * 100_000 + "]" * 100_000 + "\n"),
    "nesting/flow_lists_never_closed": text(START + "head: " + "[" * 500_000),
    "nesting/flow_mappings": text(START + "head: " + "{a: " * 100_000 + "}" * 100_000 + "\n"),
    "nesting/flow_mappings_never_closed": text(START + "head: " + "{" * 500_000),
    "nesting/dashes": text(START + "head:\n  " + "- " * 300_000 + "relu\n"),
    "nesting/keys": text("".join(" " * depth + "k:\n" for depth in range(1_000))),
    "nesting/lists_in_mappings": text(START + "head: " + "[{a: " * 100_000),
    "nesting/set_path": text(GOOD + "set: {? " + "a." * 100_000 + "a: 1}\n"),
    "nesting/set_path_of_variables": text(GOOD + "set: {vars" + ".a" * 5_000 + ": 1}\n"),
    "nesting/set_deeper_and_deeper": deeper,
    # size
    "size/comments": filled(GOOD, "# nothing to see\n", 3 * MEBIBYTE),
    "size/sparse": sparse,
    "size/one_byte_more": text(GOOD + "#" * (MEBIBYTE + 1 - len(GOOD))),
    "size/newlines": filled("", "\n"),
    "size/blanks": filled("", " "),
    "size/dashes": filled("", "-"),
    "size/lists": filled("", "- "),
    "size/colons": filled("", ":"),
    "size/open_mappings": filled("", ": "),
    "size/brackets": filled("", "["),
    "size/braces": filled("", "{"),
    "size/closing_brackets": filled("", "]"),
    "size/quotes": filled("", "'"),
    "size/double_quotes": filled("", '"'),
    "size/ampersands": filled("", "&"),
    "size/stars": filled("", "*"),
    "size/exclamation_marks": filled("", "!"),
    "size/question_marks": filled("", "?"),
    "size/complex_keys": filled("", "? "),
    "size/percent_signs": filled("", "%"),
    "size/directives": filled("", "%YAML 1.1\n"),
    "size/bars": filled("", "|"),
    "size/block_texts": filled("", "- |\n"),
    "size/tabs": filled("", "\t"),
    "size/commas": filled("", ","),
    "size/dollars": filled("", "$"),
    "size/backslashes": filled('"', "\\"),
    "size/hashes": filled("", "#"),
    "size/at_signs": filled("", "@"),
    "size/open_key_blanks": filled("{ a:", " "),
    "size/open_keys": filled("", "{ a: "),
    "size/words_in_braces": filled("{ a: ", "x "),
    "size/words_and_commas": filled("{ ", "a b, "),
    "size/one_line_of_words": filled("", "relu "),
    "size/open_expressions": filled("a: [", "$("),
    "size/open_quotes_in_an_expression": filled("a: [$(", "' "),
    "size/unclosed_expressions": numbered(START + "head:\n", lambda n: f"  - {{type: dense, units: $(max({n}, 2))}}\n"),
    "size/keys": numbered(GOOD, lambda n: f"k{n}: 1\n"),
    "size/empty_mappings": filled(START + "head:\n", "- {}\n"),
    "size/many_scalars": filled("a: [", "x,"),
    "size/unknown_types": numbered(START + "head:\n", lambda n: f"- kind{n}\n"),
    "size/unknown_long_types": numbered(START + "head:\n", lambda n: f"- {n}{'conv2d' * 200}\n"),
    "size/unknown_options": numbered(START + "head:\n", lambda n: f"- {{type: dense, units: 3, unit{n}: 3}}\n"),
    "size/wrong_values": numbered(START + "head:\n", lambda n: f"- {{type: dense, units: many{n}}}\n"),
    "size/unknown_references": numbered(
        START + "head:\n", lambda n: f"- {{type: relu, name: n{n}, from: m{n}}}\n", ROOM // 2
    ),
    "size/duplicate_keys": filled(START + "head: [relu]\n", "head: [relu]\n"),
    "size/names_twice": filled(START + "head:\n", "- {type: relu, name: a}\n"),
    "size/documents": filled(GOOD, "---\n"),
    "size/anchors": numbered(START + "head:\n", lambda n: f"- &a{n} relu\n"),
    "size/edits": numbered(GOOD + "set:\n", lambda n: f"  head.+{n}: relu\n"),
    "size/edits_of_variables": numbered(GOOD + "set:\n", lambda n: f"  vars.v{n}: 1\n"),
    "size/edits_by_name": numbered(
        START + "head: [" + "{type: relu, name: a}, " * 1_000 + "]\nset:\n", lambda n: f"  head.b{n}.x: 1\n", ROOM // 2
    ),
    # strings
    "strings/type": node(LONG),
    "strings/name": node(f"{{type: relu, name: {LONG}}}"),
    "strings/network_name": text(f"{GOOD}name: {LONG}\n"),
    "strings/description": text(f"{GOOD}description: {LONG}\n"),
    "strings/key": text(f"{GOOD}? {LONG}\n: 1\n"),
    "strings/option": node("{type: dense, units: 3, ? " + LONG + " : 1}"),
    "strings/value": node(f"{{type: dense, units: {LONG}}}"),
    "strings/expression": node(f"{{type: dense, units: $({LONG})}}"),
    "strings/reference": node(f"{{type: relu, from: {LONG}}}"),
    "strings/long_path_reference": node("{type: relu, from: a" + ".a" * 400_000 + "}"),
    "strings/share": node(f"{{share: {LONG}}}"),
    "strings/merge": node(f"{{branches: [[], []], merge: {LONG}}}"),
    "strings/file": text(f"netspec: 1\nextends: {LONG}\n"),
    "strings/library": text(f"{GOOD}use: [{LONG}]\n"),
    "strings/variable": text(f"{GOOD}vars:\n  ? {LONG}\n  : 1\n"),
    "strings/variable_in_an_expression": text(f"{GOOD}vars: {{a: {LONG}, b: $(a + a)}}\n"),
    "strings/stage": text(f"{START}stages:\n  ? {LONG}\n  : [relu]\n"),
    "strings/block": text(f"{GOOD}blocks:\n  ? {LONG}\n  : {{nodes: [relu]}}\n"),
    "strings/input": text(f"netspec: 1\ninputs:\n  ? {LONG}\n  : {{shape: [8]}}\nhead: [relu]\n"),
    "strings/param_type": text(f"{GOOD}blocks: {{b: {{params: {{a: {{type: {LONG}}}}}, nodes: [relu]}}}}\n"),
    "strings/dtype": text(f"netspec: 1\ninput: {{shape: [8], dtype: {LONG}}}\nhead: [relu]\n"),
    "strings/anchor": node(f"&{LONG} relu"),
    "strings/alias": node(f"*{LONG}"),
    "strings/tag": node(f"!{LONG} relu"),
    "strings/edit_path": text(f"{GOOD}set:\n  ? {LONG}\n  : 1\n"),
    "strings/initializer": node(f"{{type: dense, units: 3, kernel_initializer: {LONG}}}"),
    "strings/version": text(GOOD.replace("1", LONG, 1)),
    "strings/budget": text(f"{GOOD}budget: {{params: {LONG}}}\n"),
    "strings/text_in_an_expression": node("{type: dense, units: \"$('" + "x" * 900 + "')\"}"),
    "strings/names_of_sixty_thousand": numbered(
        START + "head:\n", lambda n: f"- {{type: {string.ascii_lowercase[n % 26] * 60_000}}}\n"
    ),
    # bombs
    "bombs/branches": node("{branches: [" + "[], " * 10_000 + "], merge: add}"),
    "bombs/branches_that_concatenate": node("{branches: [" + "[], " * 10_000 + "], merge: concatenate}"),
    "bombs/written_out": text(START + "head: [" + "relu, " * 20_000 + "relu]\n"),
    "bombs/expanded_axes": text(START + "head:\n" + "  - {type: reshape, target_shape: [8" + ", 1" * 64 + "]}\n"),
    "bombs/clashing_names": numbered(
        START + "head:\n", lambda n: f"- relu\n- {{type: elu, name: relu_{n + 1}}}\n", ROOM // 2
    ),
    "bombs/empty_groups": filled(START + "head:\n", "- nodes: []\n"),
    "bombs/named_groups": numbered(START + "head:\n", lambda n: f"- {{name: g{n}, nodes: [relu]}}\n", ROOM // 2),
    "bombs/nested_groups_of_names": text(
        START + "head: [" + "{name: a, nodes: [" * 28 + "relu, " * 20_000 + "relu" + "]}" * 28 + "]\n"
    ),
    "bombs/wide_defaults": text(
        START
        + "defaults: {dense: {kernel_initializer: {type: constant, value: 1}, use_bias: $(true)}}\nhead: ["
        + "{type: dense, units: $(8 + 0)}, " * 20_001
        + "]\n"
    ),
    # expressions
    "expressions/list_per_copy": node("{type: rescaling, scale: [$i" + ", 1" * 900 + "], repeat: 15000}"),
    "expressions/one_per_item_per_copy": node("{type: rescaling, scale: [" + "$i, " * 900 + "1], repeat: 15000}"),
    "expressions/long_per_copy": node("{type: dense, units: $(8" + "+0*i" * 90 + "), repeat: 20000}"),
    "expressions/long_condition_per_copy": node(
        "{nodes: [{type: relu, when: $(" + " and ".join(["i < 0 or true"] * 40) + ")}], repeat: 20000}"
    ),
    "expressions/variables_in_a_chain": text(
        "vars:\n" + "".join(f"  v{n}: $(v{n + 1} + 1)\n" for n in range(4_000)) + "  v4000: 1\n" + GOOD
    ),
    "expressions/many_of_the_longest": text(
        START + "vars:\n" + "".join(f"  v{n}: $(1{'+1' * 98}{' ' * 790})\n" for n in range(300)) + "head: [relu]\n"
    ),
    "expressions/many_large_lists": text(
        START + "vars:\n" + "".join(f"  v{n}: '$([{n}] * 9000)'\n" for n in range(10_000)) + "head: [relu]\n"
    ),
    "expressions/many_that_backtrack": text(
        START + "vars:\n" + "".join(f'  v{n}: "$({"shape " * 160})"\n' for n in range(1_000)) + "head: [relu]\n"
    ),
    "expressions/many_that_backtrack_in_quotes": text(
        START + "vars:\n" + "".join(f"  v{n}: $({QUOTES}\n" for n in range(1_000)) + "head: [relu]\n"
    ),
    "expressions/backtracking_lists": node('{type: relu, when: "$(' + "[" * 90 + "]" * 90 + ' == [])"}'),
    # legal
    "legal/five_hundred_layers": text(START + "head:\n" + "  - {type: dense, units: 8}\n" * 500),
    "legal/linked_base": linked_base,
    "legal/linked_folder": linked_folder,
    "legal/file_of_the_largest_size": text(GOOD + "#" * (MEBIBYTE - len(GOOD))),
}

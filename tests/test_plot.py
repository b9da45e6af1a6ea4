"""`netspec plot`: every network in every format, nothing on top of anything else, strangers' words as plain text."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from subprocess import run
from xml.etree import ElementTree

import pygraphviz
import pytest

from netspec import load_spec, parse_spec
from netspec.cli import run as run_command
from netspec.draw import DEPTHS, DIRECTIONS, FORMATS, Options, draw, format_of
from netspec.draw.figure import figure
from netspec.draw.items import Box, Frame, Picture
from netspec.draw.picture import picture
from netspec.draw.style import COLOURS, DARK, LIGHT
from netspec.draw.text import fitted, width
from netspec.graph import Graph
from netspec.layer import TYPES
from tests.plot.geometry import faults

ROOT = Path(__file__).parents[1]
FOLDERS = ("specs", "specs/zoo", "tests/specs")
SPECS = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.yaml")) if ".expect." not in path.name]
HOSTILE = ROOT / "tests/plot/hostile.yaml"
SVG = "{http://www.w3.org/2000/svg}"

# Networks that are no chains are looked at at every depth and in every direction, the others as most see them.
THOROUGH = ("unet", "fpn", "inceptionv3", "siamese", "two_input", "wavenet", "gpt2small", "merges", "names")


def graph(path: Path) -> Graph:
    return load_spec(path).graph()


def by_name(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


@pytest.fixture
def resnet() -> Graph:
    return graph(ROOT / "specs/zoo/resnet50.yaml")


# -------------------------------------------------------------------------------------------------- all the networks


@pytest.mark.parametrize("path", SPECS, ids=by_name)
def test_nothing_lies_on_anything_else(path: Path) -> None:
    network = graph(path)
    thorough = path.stem in THOROUGH
    for depth in DEPTHS if thorough else ("block",):
        for direction in DIRECTIONS if thorough else ("auto",):
            drawn = picture(network, depth)
            assert drawn.depth == depth
            assert list(faults(figure(drawn, Options(depth=depth, direction=direction)))) == []
            assert copies(drawn.root) == len(network.nodes)


@pytest.mark.parametrize("path", [path for path in SPECS if path.stem in THOROUGH], ids=by_name)
def test_text_formats(path: Path) -> None:
    network = graph(path)
    for depth in DEPTHS:
        for direction in DIRECTIONS:
            options = Options(depth=depth, direction=direction)
            ElementTree.fromstring(draw(network, "svg", options).content)
            for form in ("mmd", "dot"):
                check_links(draw(network, form, options).content.decode(), form)


def copies(frame: Frame) -> int:
    """How many layers the boxes of a frame stand for: those that are drawn, as often as they are there."""
    return sum(item.copies * copies(item) if isinstance(item, Frame) else len(item.nodes) for item in frame.items)


def check_links(text: str, form: str) -> None:
    """Every edge joins boxes that are there; groups are closed."""
    declared = set(re.findall(r"^ *(\w+) ?\[", text, re.MULTILINE)) - {"graph", "node", "edge"}
    arrow = r"^ *(\w+) -- \".*\" --> (\w+)$" if form == "mmd" else r"^ *(\w+) -> (\w+) \["
    links = re.findall(arrow, text, re.MULTILINE)
    assert {end for link in links for end in link} <= declared
    assert links
    if form == "mmd":
        assert len(re.findall(r"^ *subgraph ", text, re.MULTILINE)) == len(re.findall(r"^ *end$", text, re.MULTILINE))
    else:
        assert text.count("{\n") == text.count("}\n")


# ------------------------------------------------------------------------------------------------------ what is drawn


def rows(items: Sequence[Box | Frame]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Frame):
            yield f"[{item.title}" + (f" ×{item.copies}]" if item.copies > 1 else "]")
            yield from rows(item.items)
        else:
            yield " | ".join(f"{row.head} {row.tail}".rstrip() for row in item.rows) + (
                f" ×{item.copies}" if item.copies > 1 else ""
            )


def test_repeats_are_drawn_once(resnet: Graph) -> None:
    drawn = picture(resnet)
    assert list(rows(drawn.root.items))[:10] == [
        "input",
        "padding: zero_padding2d",
        "[stage1]",
        "conv2d 64 7×7/2 | batch_normalization | relu",
        "zero_padding2d",
        "max_pooling2d 3×3/2",
        "[stage2]",
        "convolutional [64, 64, 256] f=3 s=1",
        "identity [64, 64, 256] f=3 ×2",
        "[stage3]",
    ]
    assert [panel.title for panel in drawn.panels] == ["convolutional", "identity"]


def test_a_network_that_comes_up_again_stands_upright() -> None:
    drawn = figure(picture(graph(ROOT / "specs/zoo/unet.yaml")), Options())
    skips = [line for line in drawn.lines if len(line.points) == 2 and line.points[0][1] == line.points[1][1]]
    assert len(skips) == 4
    assert len({line.points[1][0] for line in skips}) == 1


def test_blocks_that_look_alike_are_one_box_with_what_changes() -> None:
    drawn = picture(graph(ROOT / "specs/zoo/wavenet.yaml"))
    assert "gated A 1 … 256 ×29" in list(rows(drawn.root.items))


def test_variants_of_a_block_are_told_apart() -> None:
    drawn = picture(graph(ROOT / "specs/zoo/fpn.yaml"))
    assert [panel.title for panel in drawn.panels] == ["bottleneck A", "bottleneck B", "down"]
    assert "bottleneck B 512 ×3" in list(rows(drawn.root.items))


def long_chain(stages: int, layers: int) -> Graph:
    dense = [[f"{{type: dense, units: {2 + (n + m) % 5}}}" for m in range(layers)] for n in range(stages)]
    lines = [f"  s{n}: [{', '.join(nodes)}]" for n, nodes in enumerate(dense)]
    return parse_spec("netspec: 1\nname: long\ninput: {shape: [4]}\nstages:\n" + "\n".join(lines)).graph()


@pytest.mark.parametrize(
    ("stages", "layers", "note"),
    [
        (2, 1500, "at depth layer it has more than 600 boxes: drawn at depth stage"),
        (700, 2, "it has too many boxes at depth layer: its middle is one box"),
    ],
)
def test_large_networks_are_drawn_shallower_and_say_so(stages: int, layers: int, note: str) -> None:
    network = long_chain(stages, layers)
    drawn = draw(network, "svg", Options(depth="layer"))
    assert drawn.notes == (note,)
    assert list(faults(figure(picture(network, "layer"), Options()))) == []
    assert copies(picture(network, "layer").root) == len(network.nodes)


def test_the_geometry_notices_faults(resnet: Graph) -> None:
    drawn = figure(picture(resnet), Options())
    drawn.boxes[3].x += 60
    drawn.boxes[3].y += 40
    found = " ".join(faults(drawn))
    assert "lies on" in found
    assert "leaves its box" in found
    assert "leaves the frame" in found


# --------------------------------------------------------------------------------------------------- words and colours


def test_text_is_measured_and_cut() -> None:
    assert width("conv2d", 10) == pytest.approx(32.24)  # of Helvetica's metrics: c 500, o n d 2 556, v 500
    assert width("conv2d", 10, bold=True) > width("conv2d", 10)
    assert fitted("abcdefgh", 1000, 10) == "abcdefgh"
    cut = fitted("a" * 100, 100, 10)
    assert cut.endswith("…")
    assert width(cut, 10) <= 100
    assert fitted("a\u0007b", 1000, 10) == "a\\u0007b"


def test_every_colour_of_a_family_is_in_both_palettes() -> None:
    assert set(COLOURS.values()) <= set(LIGHT)
    assert set(LIGHT) == set(DARK)
    assert set(COLOURS) <= {entry.family for entry in TYPES}


@pytest.mark.parametrize(("theme", "light", "dark"), [("light", 1, 0), ("dark", 0, 1), ("auto", 1, 1)])
def test_themes(resnet: Graph, theme: str, light: int, dark: int) -> None:
    text = draw(resnet, "svg", Options(theme=theme)).content.decode()  # type: ignore[arg-type]
    assert text.count(".netspec .paper{fill:#ffffff}") == light
    assert text.count(".netspec .paper{fill:#18181c}") == dark
    assert text.count("prefers-color-scheme") == light * dark


def test_words_of_strangers_stay_words() -> None:
    network = graph(HOSTILE)
    root = ElementTree.fromstring(draw(network, "svg").content)
    assert root.findtext(f"{SVG}title") == network.name
    assert not list(root.iter(f"{SVG}script"))
    known = {"svg", "title", "desc", "style", "rect", "path", "g", "text"}
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= known
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on") or "href" in name]
    mermaid, dot = (draw(network, form).content.decode() for form in ("mmd", "dot"))
    check_links(mermaid, "mmd")
    check_links(dot, "dot")
    assert "<script" not in mermaid
    assert "->ac" not in mermaid


def test_a_figure_loads_nothing_and_says_what_it_shows(resnet: Graph) -> None:
    text = draw(resnet, "svg").content.decode()
    assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"]
    assert "url(" not in text
    assert "@import" not in text
    description = ElementTree.fromstring(text).findtext(f"{SVG}desc") or ""
    assert "25.6 M parameters" in description
    assert "stage5" in description


# ------------------------------------------------------------------------------------------------------ other formats


def test_png_has_the_size_and_is_not_blank(resnet: Graph) -> None:
    drawn = figure(picture(resnet), Options())
    content = draw(resnet, "png", Options(scale=2)).content
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    size = int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    assert size == pytest.approx((drawn.width * 2, drawn.height * 2), abs=2)
    assert len(content) > 50_000  # white paper alone packs into a few kB


def test_pdf_has_its_fonts_inside(resnet: Graph) -> None:
    content = draw(resnet, "pdf").content
    assert content.startswith(b"%PDF-")
    assert b"/FontFile" in content
    assert b"/Subtype /Image" not in content


def test_a_scale_beyond_reason_is_lowered_in_words() -> None:
    network = graph(ROOT / "specs/zoo/inceptionv3.yaml")
    assert draw(network, "png", Options(scale=10)).notes[-1].startswith("at scale 10 it has more than")


def test_dot_is_laid_out_by_graphviz() -> None:
    for path in (HOSTILE, ROOT / "specs/zoo/unet.yaml"):
        parsed = pygraphviz.AGraph(string=draw(graph(path), "dot").content.decode())
        parsed.layout("dot")
        assert all(node.attr["pos"] for node in parsed.nodes())


def test_the_notebook_shows_the_picture_above_the_table() -> None:
    html = load_spec(ROOT / "specs/zoo/resnet50.yaml")._repr_html_()
    assert html.index("<svg") < html.index("<table")
    assert ' id="' not in html
    assert len(html) < 40_000


# ---------------------------------------------------------------------------------------------------------- the command


def test_the_command_writes_every_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = str(ROOT / "specs/digits.yaml")
    for ending in FORMATS:
        target = tmp_path / f"figure.{ending}"
        assert run_command(["plot", spec, "-o", str(target)]) == 0
        drawn = draw(graph(Path(spec)), ending, Options(file=spec)).content
        assert len(target.read_bytes()) == len(drawn)  # the names of the fonts in a PDF are chance
        assert target.read_bytes() == drawn or ending == "pdf"
    assert capsys.readouterr().out.count("saved ") == len(FORMATS)


def test_the_default_is_an_svg_beside_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["plot", str(ROOT / "specs/digits.yaml")]) == 0
    assert (tmp_path / "digits.svg").read_bytes().startswith(b"<svg")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "figure.jpg"], "end it with .dot, .html, .mmd, .pdf, .png, .svg"),
        (["-o", "figure"], "names no format"),
        (["-o", "-", "--format", "png"], "png is not text"),
        (["--format", "jpg"], "'jpg' is none of"),
        (["--depth", "deep"], "'deep' is not one of"),
        (["--scale", "0"], "0.1<=x<=10"),
    ],
)
def test_wrong_command_lines(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["plot", str(ROOT / "specs/digits.yaml"), *arguments]) == 2
    assert said in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_the_spec_itself_is_spared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "network.svg"
    spec.write_bytes((ROOT / "specs/digits.yaml").read_bytes())
    assert run_command(["plot", str(spec), "-o", str(spec)]) == 2
    assert "is a file that the spec is read from" in capsys.readouterr().err
    assert spec.read_bytes() == (ROOT / "specs/digits.yaml").read_bytes()


def test_a_wrong_spec_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("netspec: 1\nname: x\n")
    assert run_command(["plot", str(tmp_path / "wrong.yaml"), "-o", str(tmp_path / "x.svg")]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["wrong.yaml"]


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "fast_sugiyama", None)
    assert run_command(["plot", str(ROOT / "specs/digits.yaml"), "-o", "x.svg"]) == 2
    assert "fast_sugiyama, which is not installed" in " ".join(capsys.readouterr().err.split())


def test_text_goes_to_standard_output_without_heavy_imports() -> None:
    code = (
        "import sys, netspec.cli; code = netspec.cli.run(['plot', 'specs/digits.yaml', '-o', '-', '--format', 'mmd']);"
        "sys.exit(code or any(name in sys.modules for name in ('keras', 'tensorflow', 'numpy', 'vl_convert')))"
    )
    done = run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith(b"flowchart TD\n")


def test_format_of_a_path() -> None:
    assert format_of(Path("a/B.SVG")) == "svg"
    with pytest.raises(ValueError, match="names no format"):
        format_of(Path("svg"))


def test_a_picture_of_nothing_repeated() -> None:
    drawn: Picture = picture(parse_spec("netspec: 1\nname: one\ninput: {shape: [4]}\nstages: {s: [relu]}").graph())
    assert list(rows(drawn.root.items)) == ["input", "[s]", "relu"]
    assert drawn.panels == []

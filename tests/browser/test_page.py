"""The page of a network in a real browser, as a person uses it: with pointer, keys and finger, at day and at night."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from netspec.api import load_spec, parse_spec
from netspec.graph import Graph
from netspec.page import Mark, MarkKind, View, page, view_data

SPECS = Path(__file__).parents[2] / "specs"
HOSTILE = "</script><img src=x onerror=alert(1)>"

Opened = Callable[..., Page]
CALM: Any = {"reduced_motion": "reduce", "viewport": {"width": 1280, "height": 1300}}


def graph(name: str) -> Graph:
    return load_spec(SPECS / f"{name}.yaml", root=SPECS).graph()


def view(name: str, **more: Any) -> View:
    return View(graph(name), name, f"{name}.yaml", **more)


@pytest.fixture
def shown(open_page: Opened, tmp_path: Path) -> Callable[..., Page]:
    """Write a page, open it without a network, and let it draw."""

    def show(*views: View, fragment: str = "", compare: bool = False, **options: Any) -> Page:
        file = tmp_path / "page.html"
        file.write_text(page(views, compare=compare), "utf-8")
        tab = open_page(offline=True, **{**CALM, **options})
        tab.goto(file.as_uri() + fragment)
        return tab

    return show


def part(tab: Page, name: str) -> Locator:
    """The boxes of a part: their accessible names begin with what stands on them."""
    return tab.get_by_role("treeitem", name=re.compile("^" + name.replace("/", r"\/")))


def focused(tab: Page) -> str:
    return str(tab.evaluate("document.activeElement.key || ''"))


def settle(tab: Page) -> None:
    """Wait until what has to be drawn is drawn."""
    tab.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def panel(tab: Page) -> Locator:
    return tab.get_by_role("complementary")


def test_blocks_unfold_and_fold(shown: Opened) -> None:
    tab = shown(view("resnet50"))
    stage = part(tab, "stage2")
    expect(stage).to_have_attribute("aria-expanded", "true")
    block = part(tab, "convolutional, .64, 64, 256.")
    expect(block).to_have_attribute("aria-expanded", "false")
    expect(part(tab, "conv2d, 256 1×1")).to_have_count(0)
    block.locator(".toggle").click()
    expect(block).to_have_attribute("aria-expanded", "true")
    expect(part(tab, "conv2d, 256 1×1")).to_have_count(2)
    block.locator(".toggle").click()
    expect(part(tab, "conv2d, 256 1×1")).to_have_count(0)
    stage.locator(".toggle").click()
    expect(block).to_have_count(0)
    expect(stage).to_have_attribute("aria-expanded", "false")


def test_a_run_shows_each_copy_with_its_own_sizes(shown: Opened) -> None:
    tab = shown(view("zoo/densenet121"))
    run = part(tab, "dense_layer, 32, 6 copies")
    run.dblclick()
    copies = part(tab, r"dense_layer-\d, 32, output 56×56×")
    expect(copies).to_have_count(6)
    assert [
        re.findall(r"56×56×(\d+)", label or "") for label in copies.evaluate_all("all => all.map(e => e.ariaLabel)")
    ] == [[str(width)] for width in range(96, 257, 32)]


def test_a_click_opens_the_panel(shown: Opened) -> None:
    tab = shown(view("resnet50"))
    part(tab, "conv2d, 64 7×7/2").click()
    said = panel(tab)
    for text in ("stage1", "32×32×64", "9,472", "resnet50.yaml:10", "- {type: conv2d, filters: 64", "kernel_size"):
        expect(said).to_contain_text(text)
    said.get_by_text("at their defaults").click()
    expect(said).to_contain_text("glorot_uniform")
    said.get_by_role("button", name="stage1-batch_normalization").click()
    expect(said.get_by_role("heading", level=2)).to_have_text("batch_normalization")
    expect(said.get_by_role("button", name="stage1-conv2d")).to_be_visible()
    said.get_by_role("button", name="Close").click()
    expect(said).to_have_count(0)


def test_sums_of_folded_parts_are_shown(shown: Opened) -> None:
    tab = shown(view("resnet50"))
    part(tab, "stage4").click()
    stage = [node for node in graph("resnet50").nodes.values() if node.stage == "stage4"]
    for number in (sum(node.params for node in stage), sum(node.macs or 0 for node in stage)):
        expect(panel(tab)).to_contain_text(f"{number:,}")


def test_search_finds_what_is_folded(shown: Opened) -> None:
    tab = shown(view("resnet50"))
    tab.keyboard.press("/")
    tab.keyboard.type("conv2d filters=2048")
    expect(tab.locator(".search .count")).to_have_text("4")
    expect(tab.locator(".dot.hit")).not_to_have_count(0)
    tab.keyboard.press("Enter")
    expect(tab.locator(".search .count")).to_have_text("1 of 4")
    expect(panel(tab).get_by_role("heading", level=2)).to_have_text("conv2d_2")
    expect(tab.locator(".box.hit.selected")).to_be_in_viewport()
    tab.keyboard.press("Enter")
    expect(panel(tab).get_by_role("heading", level=2)).to_have_text("conv2d_3")
    tab.keyboard.press("Escape")
    expect(tab.locator(".hit")).to_have_count(0)


@pytest.mark.parametrize("key", ["params", "macs", "memory", "sight"])
def test_colours_show_what_parts_have(shown: Opened, key: str) -> None:
    tab = shown(view("resnet50"))
    tab.get_by_label("colour by").select_option(key)
    expect(tab.locator(".legend")).to_contain_text("log scale")
    faces = tab.locator(".box.on-dark .face, .box.on-light .face")
    colours = set(faces.evaluate_all("all => all.map(e => getComputedStyle(e).fill)"))
    assert len(colours) > 3
    expect(tab).to_have_url(re.compile(f"colour={key}"))


def test_the_keys_lead_everywhere(shown: Opened) -> None:
    tab = shown(view("resnet50"))
    tab.get_by_role("tree").focus()
    met = []
    for key in ["ArrowDown", *["ArrowDown"] * 8, "Enter", "ArrowDown", "ArrowRight", "ArrowLeft", "ArrowUp", "ArrowUp"]:
        tab.keyboard.press(key)
        met.append(focused(tab))
    block = "stage2-convolutional"
    assert met[:4] == ["input", "padding", "stage1", "stage1-conv2d"]
    within = [f"{block}-conv2d", f"{block}-conv2d_3", f"{block}-conv2d"]
    assert met[7:] == ["stage2", block, block, *within, block, "stage2"]
    tab.keyboard.press("Space")
    expect(panel(tab).get_by_role("heading", level=2)).to_have_text("stage2")
    tab.keyboard.press("Escape")
    expect(panel(tab)).to_have_count(0)
    tab.keyboard.press("?")
    expect(tab.get_by_role("dialog")).to_contain_text("follow the flow")
    tab.keyboard.press("Escape")
    tab.keyboard.press("e")
    expect(part(tab, "convolutional").first).to_have_attribute("aria-expanded", "true")
    tab.keyboard.press("c")
    expect(part(tab, "convolutional").first).to_have_attribute("aria-expanded", "false")


def test_what_has_the_focus_can_be_seen(shown: Opened) -> None:
    tab = shown(view("resnet50"))
    tab.get_by_role("tree").focus()
    for _ in range(18):
        tab.keyboard.press("ArrowDown")
        expect(tab.locator(".box:focus")).to_be_in_viewport()
    width = tab.locator(".box:focus .face").evaluate("e => getComputedStyle(e).strokeWidth")
    assert width == "3px"


def test_the_drawing_moves_and_grows(shown: Opened) -> None:
    tab = shown(view("resnet50"))
    box = part(tab, "conv2d, 64 7×7/2")
    before = box.bounding_box()
    assert before
    tab.mouse.move(100, 400)
    tab.mouse.wheel(0, 60)
    tab.mouse.down()
    tab.mouse.move(160, 400, steps=3)
    tab.mouse.up()
    tab.keyboard.press("+")
    settle(tab)
    after = box.bounding_box()
    assert after
    assert after["width"] == pytest.approx(before["width"] * 1.3, rel=0.02)
    tab.keyboard.press("0")
    expect(part(tab, "dense, 6 softmax")).to_be_in_viewport()
    expect(tab.locator(".panel")).to_be_hidden()


def test_an_address_brings_a_view_back(shown: Opened, open_page: Opened) -> None:
    tab = shown(view("resnet50"), fragment="#layer=stage4-identity-3-conv2d_1&shut=stage2")
    expect(panel(tab).get_by_role("heading", level=2)).to_have_text("conv2d_1")
    expect(tab.locator(".box.selected")).to_be_in_viewport()
    tab.get_by_label("colour by").select_option("macs")
    tab.get_by_role("button", name="Theme").click()
    expect(tab).to_have_url(re.compile("theme=dark"))
    again = open_page(offline=True, **CALM)
    again.goto(tab.url)
    expect(panel(again).get_by_role("heading", level=2)).to_have_text("conv2d_1")
    expect(again.get_by_label("colour by")).to_have_value("macs")
    drawn = "[...netspec.app.active.spots.keys()]"
    assert again.evaluate(drawn) == tab.evaluate(drawn)
    assert "stage2-convolutional" not in tab.evaluate(drawn)
    assert again.locator("html").get_attribute("data-theme") == "dark"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_as_bright_as_the_system(shown: Opened, scheme: str) -> None:
    tab = shown(view("resnet50"), color_scheme=scheme)
    red = int(tab.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]"))
    assert (red < 60) == (scheme == "dark")


def test_it_can_be_read_and_used_on_a_phone(shown: Opened) -> None:
    tab = shown(view("resnet50"), viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    box = part(tab, "conv2d, 64 7×7/2")
    size = box.bounding_box()
    assert size
    assert size["height"] >= 26
    box.tap()
    sheet = panel(tab)
    place = sheet.bounding_box()
    assert place
    assert place["y"] > 400
    assert place["width"] == 390
    expect(box).to_be_in_viewport()
    buttons = (
        tab.get_by_role("button")
        .filter(visible=True)
        .evaluate_all("all => all.filter(e => e.className.includes('icon')).map(e => e.getBoundingClientRect().height)")
    )
    assert min(buttons) >= 38
    assert tab.evaluate("document.documentElement.scrollWidth") == 390


def test_names_are_never_markup(shown: Opened) -> None:
    text = f"netspec: 1\nname: n\ninput: {{shape: [4]}}\nhead:\n  - {{type: dense, units: 2}} # {HOSTILE}\n"
    made = View(
        parse_spec(text, name=HOSTILE).graph(), HOSTILE, HOSTILE, marks={"head-dense": Mark(MarkKind.changed, HOSTILE)}
    )
    tab = shown(made)
    part(tab, "dense").click()
    expect(panel(tab)).to_contain_text(HOSTILE)
    expect(tab.locator("img")).to_have_count(0)
    expect(tab).to_have_title(HOSTILE)
    tab.evaluate(
        "text => netspec.problems(text, [{severity: 'error', code: text, message: text, file: text, line: 1, column: 1,"
        " help: text, frame: text}])",
        HOSTILE,
    )
    expect(tab.get_by_role("alert")).to_contain_text(HOSTILE)
    expect(tab.locator("img")).to_have_count(0)


def test_two_networks_stand_side_by_side(shown: Opened) -> None:
    changed = {"stage4-identity-0": Mark(MarkKind.changed, "filters"), "head-dense": Mark(MarkKind.removed)}
    added = {"stage4-identity-0": Mark(MarkKind.changed, "filters"), "stage4-identity-9": Mark(MarkKind.added)}
    tab = shown(view("resnet50", marks=changed), view("resnet101", marks=added), compare=True)
    expect(tab.locator(".pane")).to_have_count(2)
    expect(tab.locator(".marks .count")).to_have_text("3 marks")
    expect(tab.locator(".dot.added")).to_have_count(1)
    tab.keyboard.press("n")
    expect(tab.locator(".box.marked.changed.selected")).to_have_count(2)
    expect(panel(tab)).to_contain_text("filters")
    tab.keyboard.press("n")
    expect(tab.locator(".box.marked.removed.selected")).to_be_in_viewport()
    tab.keyboard.press("n")
    expect(tab.locator(".box.marked.added.selected")).to_be_in_viewport()
    tab.get_by_role("button", name="Close").click()
    tops = tab.locator(".camera").evaluate_all("all => all.map(e => e.getAttribute('transform').split('scale')[1])")
    assert tops[0] == tops[1]


def test_a_server_can_tell_of_changes(shown: Opened) -> None:
    tab = shown(view("resnet50"))
    part(tab, "convolutional, .64, 64, 256.").dblclick()
    part(tab, "conv2d, 64 3×3").click()
    before = tab.locator(".camera").get_attribute("transform")
    edited = load_spec(SPECS / "resnet50.yaml", set={"stages.stage2.0.filters": [64, 96, 256]}).graph()
    tab.evaluate("data => netspec.update(data)", view_data(View(edited, "resnet50", "resnet50.yaml")))
    expect(part(tab, "conv2d, 96 3×3")).to_have_class(re.compile("selected"))
    expect(part(tab, "conv2d, 96 3×3")).to_have_class(re.compile("flash"))
    expect(tab.locator(".box.flash").first).to_be_visible()
    assert tab.locator(".camera").get_attribute("transform") == before
    mistake = {"severity": "error", "code": "E301", "message": "it does not fit", "file": str(SPECS / "resnet50.yaml"),
               "line": 16, "column": 7, "help": "", "frame": "16│ here"}  # fmt: skip
    tab.evaluate("said => netspec.problems('resnet50.yaml', [said])", mistake)
    expect(tab.get_by_role("alert")).to_contain_text("it does not fit")
    expect(tab.locator(".dot.mistake")).to_have_count(1)
    expect(tab.locator(".pane.stale")).to_have_count(1)
    tab.evaluate("netspec.problems('resnet50.yaml', [])")
    expect(tab.get_by_role("alert")).to_have_count(0)
    expect(tab.locator(".stale, .dot.mistake")).to_have_count(0)


@pytest.mark.parametrize("name", ["zoo/nasnetmobile", "zoo/unet", "zoo/siamese", "zoo/fpn", "zoo/text_lstm"])
def test_boxes_never_overlap_nor_do_lines_cross_them(shown: Opened, name: str) -> None:
    tab = shown(view(name), fragment="#fold=none")
    found = tab.evaluate(
        """() => {
          const wrong = [], pane = netspec.app.active;
          const walk = (layout) => {
            const { boxes } = layout;
            boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
              const across = a.x < b.x + b.w && b.x < a.x + a.w;
              if (across && a.y < b.y + b.h && b.y < a.y + a.h) wrong.push([a.part.key, b.part.key]);
            }));
            for (const { path } of layout.lines) {
              let x = 0, y = 0;
              for (const [, command, said] of path.matchAll(/([MVHQ])([^MVHQ]*)/g)) {
                const numbers = said.trim().split(/[ ,]+/).map(Number), from = [x, y];
                if (command === "V") y = numbers[0];
                else if (command === "H") x = numbers[0];
                else [x, y] = numbers.slice(-2);
                if (command !== "V") continue;
                const [top, bottom] = [Math.min(from[1], y) + 0.6, Math.max(from[1], y) - 0.6];
                for (const box of boxes) {
                  const inside = x > box.x + 0.6 && x < box.x + box.w - 0.6;
                  if (inside && top < box.y + box.h - 0.6 && bottom > box.y + 0.6) wrong.push([path, box.part.key]);
                }
              }
            }
            for (const box of boxes) {
              const outside = box.x < 0 || box.x + box.w > layout.w + 0.6 || box.y + box.h > layout.h + 0.6;
              if (outside) wrong.push([box.part.key]);
              if (box.inner) walk(box.inner);
            }
          };
          walk(pane.layout);
          return wrong;
        }"""
    )
    assert found == []


def test_eight_thousand_layers_do_not_all_stand_in_the_document(shown: Opened) -> None:
    conv = "{type: conv2d, filters: 8, kernel_size: 3, padding: same}"
    unit = f"{{name: unit, repeat: 2000, nodes: [{conv}, relu, {conv}, {{type: add, from: [prev, input]}}]}}"
    spec = parse_spec(f"netspec: 1\nname: long\ninput: {{shape: [8, 8, 8]}}\nstages: {{body: [{unit}]}}")
    tab = shown(View(spec.graph(), "long", "long.yaml"))
    tab.keyboard.press("e")
    assert tab.evaluate("netspec.app.views[0].leaves.length") == 8001
    expect(part(tab, "conv2d").first).to_be_visible()
    assert tab.evaluate("document.querySelectorAll('svg *').length") < 3000
    tab.keyboard.press("0")
    assert tab.evaluate("document.querySelectorAll('svg *').length") < 6000
    tab.get_by_label("search parts").fill("unit-1999-add")
    tab.keyboard.press("Enter")
    expect(tab.locator(".box.hit.selected")).to_be_in_viewport()
    tab.get_by_role("tree").focus()


def test_drawing_is_timed(shown: Opened) -> None:
    tab = shown(view("resnet50"))
    settle(tab)
    settle(tab)
    timing = json.loads(tab.evaluate("JSON.stringify(netspec.timing)"))
    assert 0 < timing["drawn"] <= timing["painted"]

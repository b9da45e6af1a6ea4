"""Types and error codes looked up by people: ``netspec blocks`` and ``netspec explain``."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import netspec.blocks
import netspec.layers  # noqa: F401  (importing both registers every type)
from netspec.errors import CODES, Mistake
from netspec.layer import TYPES, Example, Layer
from netspec.options import Option, show_value
from netspec.plugins import find, load_all
from netspec.registry import NAME, Type, objects
from netspec.shapes import Shape, show
from netspec.suggest import nearest
from netspec.tensors import BlockType, expand_example

WIDTH = 100
OBJECT_KINDS = ("initializer", "regularizer", "constraint")


def list_types() -> str:
    """Every type with a line about it, by family."""
    broken = load_all()
    lines = []
    for (kind, family), entries in sorted(_families().items()):
        width = max(len(entry.name) for entry in entries)
        lines.append(f"{family.replace('_', ' ')} ({kind}s)")
        lines += [f"  {entry.name:<{width}}  {_cut(entry.summary, WIDTH - width - 4)}" for entry in entries]
        lines.append("")
    return "\n".join([*lines, *broken, "netspec blocks TYPE shows one with its options, shapes and an example"])


def _families() -> dict[tuple[str, str], list[Type]]:
    families: dict[tuple[str, str], list[Type]] = {}
    for entry in sorted(TYPES, key=lambda entry: entry.name):
        families.setdefault((entry.kind, entry.family), []).append(entry)
    return families


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def describe_type(name: str) -> str:
    """One type: what it is, its options, what it does to a shape, an example. Raises `Mistake` (E101)."""
    entry = find(name)
    if entry is None:
        raise TYPES.unknown(name)
    lines = [f"{entry.name} · {entry.kind}", "", *_wrapped(entry.documentation), "", "options"]
    lines += _options(entry)
    lines += ["", f"inputs: {_inputs(entry)}"]
    if entry.example is not None:
        lines += ["", "example", *_example(entry)]
    return "\n".join(lines)


def _inputs(entry: Type) -> str:
    if entry.variadic:
        return f"any number, {entry.inputs[0]}"
    optional = entry.inputs[entry.required_inputs :]
    return ", ".join(f"{name} (optional)" if name in optional else name for name in entry.inputs)


def _wrapped(text: str) -> list[str]:
    lines: list[str] = []
    for paragraph in text.split("\n\n"):
        lines += [
            *textwrap.wrap(" ".join(paragraph.split()), WIDTH, break_long_words=False, break_on_hyphens=False),
            "",
        ]
    return lines[:-1]


def _options(entry: Type) -> list[str]:
    lines = []
    width = max((len(name) for name in entry.options), default=0)
    for name, option in entry.options.items():
        default = "required" if option.required else f"default {_shown_default(option)}"
        head = f"  {name:<{width}}  {option.words}; {default}"
        lines += textwrap.wrap(head, WIDTH, subsequent_indent=" " * (width + 4), break_on_hyphens=False)
        if option.description:
            lines += textwrap.wrap(
                option.description, WIDTH, initial_indent=" " * (width + 4), subsequent_indent=" " * (width + 4)
            )
    return lines or ["  none"]


def _example(entry: Type) -> list[str]:
    example: Example = entry.example
    shape, params, macs = _worked_out(entry, example)
    options = "".join(f", {name}: {_flow(value)}" for name, value in example.options.items())
    source = "" if len(example.inputs) == 1 else ", from: [a, b]" if len(example.inputs) == 2 else ", from: [a, b, c]"
    node = f"  - {{type: {entry.name}{source}{options}}}"
    shapes = " and ".join(show(shape) for shape in example.inputs)
    cost = "MACs unknown" if macs is None else f"{macs:,} MACs"
    return [node, f"    {shapes} → {show(shape)}, {params:,} parameters, {cost}"]


def _worked_out(entry: Type, example: Example) -> tuple[Shape, int, int | None]:
    """Shape, parameters and multiply-adds of an example."""
    if isinstance(entry, BlockType):
        graph = expand_example(entry, example)
        return graph.nodes[graph.outputs[0]].shape, graph.params.total, graph.macs
    result = entry.bind(dict(example.options)).apply(example.inputs)
    return result.shape, result.params, result.macs


def _flow(value: Any) -> str:
    """Write a value as it stands in braces; a text that YAML would cut there in quotes."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    shown = show_value(value)
    return shown.strip("'") if isinstance(value, str) and NAME.match(value) else shown


def _plain(value: Any) -> Any:
    return list(map(_plain, value)) if isinstance(value, tuple) else value


def explain(code: str) -> str:
    """An error code at length. Raises `Mistake` (E101) where there is no such code."""
    wanted = code.upper()
    if wanted not in CODES:
        near = nearest(wanted, CODES)
        raise Mistake(
            "E101",
            f"there is no error code {show_value(code)}",
            help=f"write {near}" if near else "codes look like E301",
        )
    text = files("netspec").joinpath("explanations", f"{wanted}.md").read_text(encoding="utf-8")
    return text.rstrip()


# ---------------------------------------------------------------------------------------------------------- the page


def types_page() -> str:
    """Every type that netspec brings, with its options, as a Markdown page."""
    lines = [
        "# Layers and blocks",
        "",
        "Made from the code by `make docs`. Shapes have no batch axis; every layer also takes `trainable` and `dtype`.",
        "",
    ]
    for (kind, family), entries in sorted(_families().items()):
        lines += [f"## {family.replace('_', ' ').capitalize()} ({kind}s)", ""]
        for entry in entries:
            lines += [f"### {entry.name}", "", entry.documentation, "", *_options_table(entry), *_example_block(entry)]
    for kind in OBJECT_KINDS:
        lines += [f"## {kind.capitalize()}s", "", "| name | options | |", "| --- | --- | --- |"]
        for entry in sorted(objects(kind), key=lambda entry: entry.name):
            options = ", ".join(f"`{name}: {_shown_default(option)}`" for name, option in entry.options.items())
            lines.append(f"| `{entry.name}` | {options} | {entry.summary} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _options_table(entry: Type) -> list[str]:
    options = {name: option for name, option in entry.options.items() if name not in Layer.declared()}
    if not options:
        return ["No options of its own.", ""]
    rows = [
        f"| `{name}` | {option.words.replace('|', chr(92) + '|')} | {_shown_default(option)} | {option.description} |"
        for name, option in options.items()
    ]
    return ["| option | takes | default | |", "| --- | --- | --- | --- |", *rows, ""]


def _shown_default(option: Option) -> str:
    return "required" if option.required else show_value(_plain(option.default)).strip("'")


def _example_block(entry: Type) -> list[str]:
    if entry.example is None:
        return []
    node, result = _example(entry)
    return ["```yaml", node.strip(), "```", "", result.strip(), ""]

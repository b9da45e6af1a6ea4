"""YAML that can be read, but not as it was meant: ``(3, 3)``, ``0,5``, ``$(min(a, b))`` in braces, ``units=64``, a tag.

Asked only where something was found wrong. Columns count from 0 here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from netspec.characters import describe
from netspec.options import shorten
from netspec.repairs.templates import balanced
from netspec.suggest import OPTION_WORDS, nearest


class Meant(NamedTuple):
    """What to say of a stretch of a line."""

    code: str
    start: int
    end: int
    message: str
    help: str


# -------------------------------------------------------------------------------------- brackets that YAML doesn't know

_OPENING = re.compile(r"([\u201c\u201d\u2018\u2019]?)(\$|[A-Za-z_][\w.]*)?\(|\$[A-Za-z_]\w*\[")


def split_at_bracket(line: str, column: int) -> Meant | None:
    """Explain a text with an open bracket at a column: YAML ended it at a comma, colon, ``]`` or ``#`` inside."""
    for match in _OPENING.finditer(line):
        if match.start() > column:
            return None
        end = balanced(line, match.end() - 1)
        if end is not None and end <= column:
            continue
        found = _explained(line, match, end)
        if found:
            return found
    return None


def _explained(line: str, match: re.Match[str], end: int | None) -> Meant | None:
    quote, before, start = match[1], match[2], match.start()
    written = line[start:end].rstrip()
    if quote:
        straight = re.sub("[\u201c\u201d\u2018\u2019]", "", written)
        message = f"{quote} ({describe(quote)}) only looks like a quote: YAML ends the text early"
        return Meant(
            "E008",
            start,
            len(written) + start,
            message,
            f"write straight quotes: {shorten(f'{chr(34)}{straight}{chr(34)}')}",
        )
    if before == "$" or match[0][0] == "$":
        return _expression(line, match, end)
    if end is None:
        return None
    inner = line[match.end() : end - 1]
    if before:
        named = [f"{one[1]}: {_as_yaml(one[2])}" for one in _ARGUMENT.finditer(inner) if one[1]]
        others = [] if len(named) == inner.count("=") > 0 and "=" in inner.split(",")[0] else ["…"]
        meant = ", ".join([f"type: {snake_case(before.rpartition('.')[2])}", *others, *named])
        message = f"{shorten(written)} is a call, and YAML ends it at the comma"
        return Meant("E109", start, end, message, f"write {shorten(f'{{{meant}}}')}")
    message = f"{shorten(written)} is no list here: YAML ends it at the comma"
    return Meant("E104", start, end, message, f"write {shorten(as_list(written))}")


def _expression(line: str, match: re.Match[str], end: int | None) -> Meant | None:
    start = match.start()
    if end is None and "#" not in line[start:]:
        closing = re.search(r"\s*(?:,\s*[A-Za-z_]\w*:\s.*|[\]}]+\s*)?$", line[match.end() :])
        stop = match.end() + closing.start() if closing else len(line)
        missing = line.count("(", start, stop) - line.count(")", start, stop)
        meant = line[start:stop] + ")" * missing
        return Meant("E203", start, stop, "this ( is never closed", f"add the ) that is missing: {shorten(meant)}")
    written = line[start:end]
    if match[0].endswith("["):
        written = f"$({written[1:]})"
    meant = f"'{written}'" if '"' in written else f'"{written}"'
    shown = f": {shorten(meant)}" if end else ""
    message = "quote this expression: YAML ends it early"
    return Meant(
        "E008", start, end or len(line), message, f"put the whole expression, with its $, in double quotes{shown}"
    )


def as_list(text: str) -> str:
    """Write a tuple, also one of tuples, as a list."""
    inner = re.sub(r",\s*\)", ")", text)
    return inner.replace("(", "[").replace(")", "]")


def snake_case(name: str) -> str:
    """Spell a class as its type is spelled: ``BatchNormalization`` as ``batch_normalization``."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return apart.lower()


# -------------------------------------------------------------------------------------------------- numbers with commas


def number_as_key(line: str, column: int) -> Meant | None:
    """Explain a number that became a key, for the comma before it: ``{rate: 0,5}``, ``{kernel_size: 3, 3}``."""
    braces = re.search(r"(?<!\w)([A-Za-z_]\w*)\s*:\s*\{\s*$", line[:column])
    items = re.match(r"[-+\d.]+(?:\s*,\s*[-+\d.]+)*(?=\s*\})", line[column:])
    if braces and items:
        start, end = line.rindex("{", 0, column), column + items.end() + 1
        meant = f"[{items[0]}]" if "," in items[0] else items[0]
        message = f"{shorten(line[start:end])} is a mapping with numbers as keys"
        return Meant("E005", start, end, message, f"write {braces[1]}: {shorten(meant)}")
    value = re.search(r"(?<!\w)([A-Za-z_]\w*)\s*:\s*((?:[-+]?[\d.]+\s*,\s*)+)$", line[:column])
    if not value:
        return None
    rest = re.match(r"(?:[-+]?[\d.]+\s*,\s*)*[-+]?[\d.]+", line[column:])
    end = column + (rest.end() if rest else 1)
    written = line[value.start(2) : end].rstrip(", ")
    message = f"the comma in {value[1]}: {shorten(written)} begins another key"
    return Meant("E005", value.start(2), end, message, f"write {value[1]}: {shorten(with_commas(written))}")


def with_commas(text: str) -> str:
    """Read numbers with commas between them as a person would: a decimal comma, thousands, or a list."""
    if re.fullmatch(r"[-+]?0,\d+", text):
        return text.replace(",", ".")
    if re.fullmatch(r"[-+]?[1-9]\d{0,2}(,\d{3})+", text):
        return text.replace(",", "")
    items = [item.strip() for item in text.split(",")]
    return f"[{', '.join(items)}]"


# ------------------------------------------------------------------------------------------------ keys that ate a value

_TEMPLATE = re.compile(r"\$?\{+\s*([^{}]*?)\s*\}\}")


def template_as_key(line: str, column: int) -> Meant | None:
    """Explain a mapping that became a key: ``{{ name }}``, as templates have it."""
    start = column - 1 if line[column - 1 : column + 1] == "{{" else column
    match = _TEMPLATE.match(line, start)
    if not match or line[start : start + 2] != "{{":
        return None
    meant = as_expression(match[1])
    return Meant("E203", start, match.end(), f"{shorten(match[0])} names no variable", f"write {shorten(meant)}")


def as_expression(inner: str) -> str:
    """Write what stood in the braces of a template or shell as this language does."""
    inner = inner.strip().removeprefix("vars.").lstrip("$")
    return f"${inner}" if re.fullmatch(r"[A-Za-z_]\w*", inner) else f"$({inner})"


_EATEN = re.compile(r"\s*([A-Za-z_]\w*)\s*(?::=|=>|->|[:=]|(?=\s))\s*(\S.*)", re.DOTALL)


def split_key(key: str) -> tuple[str, str] | None:
    """Give the key and value that a key without value was meant to be: ``units=64``, ``units:64``, ``units 64``."""
    match = _EATEN.fullmatch(key[:200])
    return (match[1], match[2].rstrip()) if match else None


def odd_blank(text: str) -> str:
    """Name a character that only looks like a space, or isn't seen at all, as a part of a message; or nothing."""
    odd = next((character for character in text if character.isspace() and not character.isascii()), None)
    return f"; {describe(odd)} stands where a space should be" if odd else ""


# --------------------------------------------------------------------------------------------------------------- calls

_CALL = re.compile(r"\s*[A-Za-z_][\w.]*\s*\((.*)\)\s*", re.DOTALL)
_ARGUMENT = re.compile(
    r"\s*(?:([A-Za-z_]\w*)\s*=\s*)?((?:\([^()]*\)|\[[^\[\]]*\]|'[^']*'|\"[^\"]*\"|[^,])+?)\s*(?:,|$)"
)


def from_call(text: str, name: str, options: Iterable[str]) -> str | None:
    """Write a call as a mapping: ``Conv2D(32, 3, padding='same')``. None for a text that is no call with arguments.

    ``name`` is the type, ``options`` what it takes, in the order of its arguments.
    """
    match = _CALL.fullmatch(text[:200])
    if not match or not match[1].strip():
        return None
    free = list(options)
    parts = [f"type: {name}"]
    for argument in _ARGUMENT.finditer(match[1]):
        option = nearest(argument[1], free, OPTION_WORDS) if argument[1] else next(iter(free), None)
        if option is None:
            return None
        free.remove(option)
        parts.append(f"{option}: {_as_yaml(argument[2])}")
    return shorten("{" + ", ".join(parts) + "}")


_PYTHON = {"True": "true", "False": "false", "None": "null"}


def _as_yaml(text: str) -> str:
    """Write a Python value as YAML."""
    bare = text.strip("'\"")
    return _PYTHON.get(bare, as_list(bare))


# ----------------------------------------------------------------------------------------------------------------- tags


def instead_of_tag(tag: str, value: str | None) -> str:
    """Say what to write in place of a tag. ``value`` is what it stands before, None for a list or mapping."""
    name = tag.rpartition(":")[2].lstrip("!")
    last = name.rpartition(".")[2].rpartition("/")[2]
    if name in ("include", "import", "load", "file", "inc"):
        return f"name a file of blocks with use: [{shorten(value)}]" if value else "name files of blocks with use: […]"
    if name in ("ref", "expr", "eval", "calc", "var", "env", "ENV"):
        return "leave the tag out; a value is worked out by $name or $(…)"
    if tag.startswith("!") and value == "" and re.fullmatch(r"[a-z_]\w*", name):
        return f"leave the tag out; for its opposite write $(not {shorten(name)})"
    if last[:1].isupper() or "." in name:
        return f"name what it stands for with type: {{type: {shorten(snake_case(last))}, …}}"
    if value is None and re.fullmatch(r"[A-Za-z_]\w*", name) and not tag.startswith("tag:"):
        return f"name what it stands for with type: {{type: {shorten(name)}, …}}"
    return "leave the tag out"

"""Expressions that YAML ends early, and placeholders of other template languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec.options import shorten
from netspec.repairs.common import TEXT_KEYS, WORD
from netspec.repairs.lines import OPENERS, PAIRS, Line, Lines, Repair

_TEMPLATE = re.compile(
    r"\$\[\s*([^\[\]]*?)\s*\]|(?<=:\s)[@%]([A-Za-z_]\w*)%?(?=\s*(?:[,}\]]|$))|\$?\{\{\s*([^{}]*?)\s*\}\}|\$\{\s*([^{}]*?)\s*\}|<%=?\s*([^%<>]*?)\s*%>"
)


def templates(lines: Lines, number: int) -> Iterator[Repair]:
    """Names in braces, as shells and templates have them."""
    line = lines.line(number)
    match = _TEMPLATE.search(line.text[: line.end], line.start)
    if not match or line.key in TEXT_KEYS:
        return
    repaired = _TEMPLATE.sub(_expression, line.text[: line.end]) + line.text[line.end :]
    message = (
        f"{match[0][:2]} … {match[0][-1]} names no variable" if len(match[0]) > 40 else f"{match[0]} names no variable"
    )
    repair = Repair(number, *match.span(), message, f"write {shorten(_expression(match))}", {number: repaired}, "E203")
    yield repair


def _expression(match: re.Match[str]) -> str:
    inner = next((group for group in match.groups() if group), "").removeprefix("vars.").lstrip("$")
    written = f"${inner}" if WORD.match(inner) else f"$({inner})"
    return f'"{written}"' if re.search(r"[,\[\]{}#]|: ", written) else written


_OPENS = re.compile(r"(?<!['\"\w])\$(?:\(|([A-Za-z_]\w*)(?=\[))")


_INDEXED = re.compile(r"(?<![$\w.(])([A-Za-z_][\w.]*)\[(\d+|\*|-\d+)\](?!\s*[*/+\-%(])")


def indexed(lines: Lines, number: int) -> Iterator[Repair]:
    """Brackets behind a name: the copy of a node, or an item of a variable without its $( )."""
    line = lines.line(number)
    match = _INDEXED.search(line.text, line.start, line.end)
    if not match:
        return
    if re.search(r"\b(?:from|share|outputs)\s*:[^:]*$", line.text[: match.start()]):
        meant = f"{match[1]}.{match[2]}"
        message = f"{shorten(match[0])} is not a reference"
        help = f"write {shorten(meant)}: a copy's number follows a dot"
        repaired = _INDEXED.sub(r"\1.\2", line.text[: line.end]) + line.text[line.end :]
        yield Repair(number, *match.span(), message, help, {number: repaired}, "E205")
    else:
        meant = f'"$({match[0]})"'
        message = f"{shorten(match[0])} is no expression without $( ), and YAML ends it at the bracket"
        repaired = line.replaced(*match.span(), meant)
        yield Repair(number, *match.span(), message, f"write {shorten(meant)}", {number: repaired}, "E008")


def split_expressions(lines: Lines, number: int) -> Iterator[Repair]:
    """Expressions that YAML ends early, since a bracket, comma, colon or # in them means something to it."""
    line = lines.line(number)
    for match in _OPENS.finditer(line.text, line.start):
        if any(token.start() < match.start() < token.end() for token in line.tokens):
            continue
        end = balanced(line.text, match.end() - 1 if match[0] == "$(" else match.end())
        if end is None:
            yield from _unclosed_expression(line, number, match)
            continue
        if match[1]:
            rest = re.compile(r"(?:\[[^\]]*\])*").match(line.text, end)
            end = rest.end() if rest else end
        written = line.text[match.start() : end]
        meant = f"$({written[1:]})" if match[1] else written
        quote = "'" if '"' in meant else '"'
        help = f"put the whole expression, with its $, in double quotes: {shorten(quote + meant + quote)}"
        message = "quote this expression: YAML ends it early"
        repaired = line.replaced(match.start(), end, quote + meant + quote)
        yield Repair(number, match.start(), end, message, help, {number: repaired}, "E008")


def _unclosed_expression(line: Line, number: int, match: re.Match[str]) -> Iterator[Repair]:
    text = line.text[: line.end]
    ends = [found.start() for found in re.finditer(r",\s*[A-Za-z_]\w*:", text[match.end() :])]
    closing = re.search(r"[\]}]+$", text)
    for end in [*(match.end() + end for end in ends[:1]), closing.start() if closing else line.end]:
        missing = text.count("(", match.start(), end) - text.count(")", match.start(), end)
        written = text[match.start() : end] + ")" * max(missing, 1)
        help = f"add the ) that is missing: {shorten(written)}"
        quoted = f'"{written}"' if closing else written
        repaired = line.replaced(match.start(), end, quoted)
        yield Repair(
            number, match.start(), end, "this ( is never closed: a ) is missing", help, {number: repaired}, "E203"
        )


def balanced(text: str, start: int) -> int | None:
    """Where the bracket at ``start`` is closed, quoted texts left out; None where it isn't."""
    waiting: list[str] = []
    for match in _BRACKET_OR_TEXT.finditer(text, start):
        if match[0] in PAIRS:
            waiting.append(PAIRS[match[0]])
        elif match[0] in OPENERS:
            if not waiting or waiting.pop() != match[0]:
                return None
            if not waiting:
                return match.end()
    return None


_BRACKET_OR_TEXT = re.compile(r"'[^']*'|\"[^\"]*\"|[\[\](){}]")


def block_text(lines: Lines, number: int) -> Iterator[Repair]:
    """``description: >`` with its text at the left margin."""
    line, above = lines.line(number), lines.before(number)
    if above is None or not re.fullmatch(r"[>|][-+\d]*", lines.line(above).text[lines.line(above).value :].rstrip()):
        return
    column = lines.line(above).start + 2
    repaired = {number: " " * column + line.text[line.indent :]}
    message = f"this text belongs to {lines.line(above).key or 'the line above'}, and stands too far to the left"
    yield Repair(number, line.start, line.end, message, f"indent it by {column} spaces", repaired)

"""Quotes that are missing, doubled or too few, and texts that need them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from netspec.options import escape, shorten
from netspec.repairs.common import PAIR, TEXT_KEYS, change, quoted
from netspec.repairs.lines import Line, Lines, Repair


def quotes(lines: Lines, number: int) -> Iterator[Repair]:
    """Quotes left open, quotes inside quotes, text behind the closing one."""
    line = lines.line(number)
    for index, token in enumerate(line.tokens):
        quote = token[0][0]
        if quote not in "'\"":
            continue
        depth = _depth(line.tokens[:index])
        end = _value_end(line, token.end(), flow=depth > 0)
        if len(token[0]) == 1:
            yield from _open_quote(line, number, token, end)
        elif line.text[token.end() : end].strip():
            yield from _more_than_quoted(line, number, token, end)


def _depth(tokens: Sequence[re.Match[str]]) -> int:
    return sum((token[0] in "{[") - (token[0] in "}]") for token in tokens)


NEXT_KEY = re.compile(r"\s*,\s*[A-Za-z_]\w*\s*:(?:\s|$)")
_CLOSING = re.compile(r"[\s\]},]*\Z")


def _value_end(line: Line, start: int, *, flow: bool) -> int:
    """Where a value ends for a reader: at the next key of a mapping in braces, at its closing brace, or at the end."""
    if not flow:
        return line.end
    following = NEXT_KEY.search(line.text, start, line.end)
    if following:
        return following.start()
    closing = _CLOSING.search(line.text[: line.end], start)
    return closing.start() if closing else line.end


def _open_quote(line: Line, number: int, token: re.Match[str], end: int) -> Iterator[Repair]:
    quote, start = token[0], token.start()
    other = "'" if quote == '"' else '"'
    written = line.text[start + 1 : end]
    if written.endswith(other):
        meant = quote + written[:-1] + quote
        message = f"this {quote} is closed by {other}"
        yield change(number, line, start, end, meant, message, f"write {shorten(meant)}")
    if re.fullmatch(r"-?\d+(?:\.\d+)?|true|false|null", written):
        help = f"take it out: {shorten(written)}"
        yield change(number, line, start, start + 1, "", f"this {quote} is never closed", help)
    for stop in dict.fromkeys((end, *(m.start() for m in [re.compile(r"\s*,").search(line.text, start, end)] if m))):
        meant = line.text[start:stop] + quote
        help = f"add the {quote} that is missing: {shorten(meant)}"
        repaired = line.replaced(start, stop, meant)
        yield Repair(number, start, start + 1, f"this {quote} is never closed", help, {number: repaired})


def _more_than_quoted(line: Line, number: int, token: re.Match[str], end: int) -> Iterator[Repair]:
    quote, start = token[0][0], token.start()
    written = line.text[start:end]
    quoted_key = re.compile(r"[\"']\s*:").search(line.text, token.end() + 1, end)
    if PAIR.search(line.text, token.end(), end) or quoted_key or line.text[token.end()] == ":":
        return
    if re.fullmatch(rf"{quote}[^{quote}]*\w{quote}\w[^{quote}]*", written):
        meant = quoted(written[1:])
        message = f"this {quote} is closed by the one inside of the text"
        yield change(number, line, start, end, meant, message, f"write {shorten(meant)}")
    if written.startswith(quote * 3):
        meant = quote + written.strip(quote) + quote
        yield change(
            number, line, start, end, meant, "a text stands in single quotes or double ones", f"write {shorten(meant)}"
        )
    if written.endswith(quote):
        inner = written[1:-1]
        if quote == "'":
            meant = "'" + inner.replace("''", "'").replace("'", "''") + "'"
            help = f"double the quote inside: {shorten(meant)}"
        else:
            meant = "'" + inner.replace("'", "''") + "'"
            help = f"put single quotes around it all: {shorten(meant)}"
        yield change(number, line, start, end, meant, "a quote inside the quotes ends the text early", help)
    meant = quoted(written)
    help = f"put quotes around it all: {shorten(meant)}"
    repaired = line.replaced(start, end, meant)
    yield Repair(number, token.end(), end, "text follows the closing quote", help, {number: repaired})


def escapes(lines: Lines, number: int) -> Iterator[Repair]:
    r"""Backslashes in double quotes: ``"C:\models"``."""
    line = lines.line(number)
    for token in line.tokens:
        odd = re.search(
            r"\\[^0abtnvfre \"/\\N_LPxuU]|\\(?:x(?![0-9a-fA-F]{2})|u(?![0-9a-fA-F]{4})|U(?![0-9a-fA-F]{8}))", token[0]
        )
        if token[0][0] == '"' and odd:
            meant = "'" + token[0][1:-1].replace("'", "''") + "'"
            help = f"put the text in single quotes, where \\ is itself: {shorten(meant)}"
            message = f"{escape(odd[0])} stands for no character in double quotes"
            yield change(number, line, *token.span(), meant, message, help)


def unquoted_text(lines: Lines, number: int) -> Iterator[Repair]:
    """Text that holds or begins with a sign that means something to YAML."""
    line = lines.line(number)
    text = line.text[line.value : line.end]
    if not text or text[0] in "\"'" or (text[0] in "{[" and line.key not in TEXT_KEYS):
        return
    bare = text.strip("`")
    if text[0] == "`":
        yield change(
            number, line, line.value, line.end, quoted(bare), "` is no quotation mark", f"write {shorten(bare)}"
        )
    meant = quoted(text)
    if text[0] in "@`%*&!|>{[" or text.startswith(("- ", "? ")):
        message = f"a text can't begin with {text[0]}"
    elif ": " in text or text.endswith(":"):
        message = "a text can't hold ': ' without quotes: it begins a value"
    else:
        return
    repaired = line.replaced(line.value, line.end, meant)
    help = f"put the text in quotes: {shorten(meant)}"
    yield Repair(number, line.value, line.end, message, help, {number: repaired}, weak=True)

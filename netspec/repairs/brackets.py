"""Brackets and braces that are not closed or not opened, and what stands between them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec.options import shorten
from netspec.repairs.common import PAIR, change
from netspec.repairs.lines import OPENERS, PAIRS, Line, Lines, Repair
from netspec.repairs.quotes import NEXT_KEY


def brackets(lines: Lines, number: int) -> Iterator[Repair]:
    """Brackets without a partner on the line, of the wrong kind, or one too many."""
    line = lines.line(number)
    stack: list[re.Match[str]] = []
    for token in line.tokens:
        if token[0] in PAIRS:
            stack.append(token)
        elif token[0] in OPENERS:
            if stack and PAIRS[stack[-1][0]] == token[0]:
                stack.pop()
                continue
            yield from _wrong_closer(line, number, stack, token)
            return
    if not stack or all(token[0] == "(" for token in stack):
        return
    last = stack[-1]
    if following := _next_key_behind_list(line, last):
        yield _closed(line, number, last, following)
    yield _closed(line, number, last, line.end, "".join(PAIRS[token[0]] for token in reversed(stack)))
    yield from _closed_below(lines, number, stack)


def _next_key_behind_list(line: Line, opener: re.Match[str]) -> int | None:
    """Where a list that holds no keys must have ended: before the comma and the key that follow."""
    if opener[0] != "[":
        return None
    following = NEXT_KEY.search(line.text, opener.end(), line.end)
    return following.start() if following else None


def _closed(line: Line, number: int, opener: re.Match[str], at: int, closers: str = "") -> Repair:
    closers = closers or PAIRS[opener[0]]
    meant = line.text[opener.start() : at].rstrip() + closers[0]
    repaired = line.replaced(at, at, closers)
    help = f"add the {PAIRS[opener[0]]} that is missing: {shorten(meant)}"
    return Repair(
        number,
        *opener.span(),
        f"this {opener[0]} is never closed: a {PAIRS[opener[0]]} is missing",
        help,
        {number: repaired},
    )


def _wrong_closer(line: Line, number: int, stack: list[re.Match[str]], token: re.Match[str]) -> Iterator[Repair]:
    """A closing bracket that does not fit the last open one, or where none is open."""
    closer, at = token[0], token.start()
    opener = OPENERS[closer]
    if stack:
        last = stack[-1]
        right = PAIRS[last[0]]
        fits_further_out = any(PAIRS[open_[0]] == closer for open_ in stack)
        if fits_further_out and last[0] != "(":
            if following := _next_key_behind_list(line, last):
                yield _closed(line, number, last, following)
            yield _closed(line, number, last, at)
        meant = line.text[last.start() : at] + right
        message = f"this {closer} closes a {last[0]}"
        if last[0] != "(":
            yield change(number, line, at, at + 1, right, message, f"write {right}: {shorten(meant)}")
        elif closer == "]":
            meant = "[" + line.text[last.end() : at] + "]"
            message = "a list stands in [ ]"
            yield change(number, line, *last.span(), "[", message, f"write {shorten(meant)}")
        if closer == ")":
            return
    if closer != ")":
        yield from _missing_opener(line, number, stack, token, opener)
        yield change(number, line, at, at + 1, "", f"one {closer} too many", f"take the {closer} out")


def _missing_opener(
    line: Line, number: int, stack: list[re.Match[str]], token: re.Match[str], opener: str
) -> Iterator[Repair]:
    at = token.start()
    starts = [line.start + match.end() for match in re.finditer(r":\s+|[\[{]", line.text[line.start : at])]
    start = next((start for start in reversed(starts) if _is_list(line.text[start:at])), line.start)
    if opener == "{":
        pair = re.match(r"[A-Za-z_]\w*:\s", line.text[line.value :])
        start = line.value if pair and not stack else line.start
        if stack or not PAIR.match(line.text, start):
            return
    elif not _is_list(line.text[start:at]):
        return
    meant = opener + line.text[start : at + 1]
    yield Repair(
        number, start, at + 1, f"this {token[0]} closes nothing: a {opener} is missing", f"write {shorten(meant)}",
        {number: line.replaced(start, start, opener)},
    )  # fmt: skip


def _is_list(text: str) -> bool:
    """Whether a text has a comma outside of brackets, and no bracket without its partner."""
    depth = commas = 0
    for sign in re.findall(r"[\[\](){},]", text):
        depth += (sign in "[({") - (sign in "])}")
        commas += sign == "," and depth == 0
        if depth < 0:
            return False
    return depth == 0 and commas > 0


def _closed_below(lines: Lines, number: int, stack: list[re.Match[str]]) -> Iterator[Repair]:
    """Close what this line opens at the end of the lines that are indented more."""
    last = number
    while (below := lines.after(last)) is not None and lines.line(below).indent > lines.line(number).indent:
        last = below
    if last == number:
        return
    line, end = lines.line(last), lines.line(last).end
    closers = "".join(PAIRS[token[0]] for token in reversed(stack))
    opener = stack[-1]
    help = f"add the {PAIRS[opener[0]]} that is missing, at the end of line {last + 1}"
    message = f"this {opener[0]} is never closed: a {PAIRS[opener[0]]} is missing"
    yield Repair(number, *opener.span(), message, help, {last: line.replaced(end, end, closers)})


_KEY_IN_BRACES = re.compile(r"(?<=[{,])(\s*)([A-Za-z_]\w*)(\s*(?:=>|->|:=|=)\s*|\s+)(?=[\[{\"'])")


def colons_in_braces(lines: Lines, number: int) -> Iterator[Repair]:
    """``{shape=[8, 8, 1]}``, ``{shape [8, 8, 1]}``: keys in braces before a list, mapping or quoted text."""
    line = lines.line(number)
    match = _KEY_IN_BRACES.search(line.text, line.start, line.end)
    if match:
        repaired = _KEY_IN_BRACES.sub(r"\1\2: ", line.text[: line.end])
        sign = match[3].strip()
        message = (
            f"a key ends with a colon, not with {sign}" if sign else f"a colon is missing after the key {match[2]}"
        )
        following = repaired[match.end(1) : match.end(1) + line.end - match.start(2)]
        help = f"write {shorten(following)}"
        changed = {number: repaired + line.text[line.end :]}
        yield Repair(number, match.start(2), match.end(2), message, help, changed)


def commas(lines: Lines, number: int) -> Iterator[Repair]:
    """Commas that are missing, doubled or out of place, and what stands for them elsewhere."""
    line = lines.line(number)
    text = line.text[: line.end]
    if "{" in text or "[" in text:
        missing = re.compile(r"(?<=[^\s,\[{:;|])(\s*[;|]?\s+|\s*;)(?=[\"']?[A-Za-z_]\w*[\"']?:(?:\s|$))")
        if match := missing.search(text, line.value):
            meant = missing.sub(", ", text[line.value :])
            name = re.match(r"\w+", text[match.end() :].lstrip("\"'"))
            sign = match[0].strip()
            message = f"a comma is missing before {shorten(name[0]) if name else 'this'}"
            message = f"{sign} stands where a comma should be" if sign else message
            help = f"put a comma between the keys: {shorten(meant)}"
            yield Repair(
                number, match.end(), match.end() + len(name[0] if name else ""), message, help,
                {number: text[: line.value] + meant + line.text[line.end :]},
            )  # fmt: skip
        gap = re.compile(r"(?<=[\]}])\s*(?=[\[{])")
        if match := gap.search(text, line.start):
            meant = gap.sub(", ", text[line.value :])
            message = "a comma is missing between the brackets"
            repaired = text[: line.value] + meant + line.text[line.end :]
            yield Repair(number, match.start(), match.end() + 1, message, f"write {shorten(meant)}", {number: repaired})
        doubled = re.compile(r"(?:,\s*){2,}|(?<=[\[{])\s*,\s*")
        if match := doubled.search(text, line.start):
            meant = doubled.sub(lambda m: ", " if text[m.start() - 1] not in "[{" else "", text)
            repaired = meant + line.text[line.end :]
            yield Repair(number, *match.span(), "one comma too many", "take the comma out", {number: repaired})
    if match := re.match(r"(\{[^{}]*)\}\s*[,;]?\s*(?:\{\s*([^{}]+)\}|(\w+:\s[^{}]+))$", text[line.value :]):
        meant = f"{match[1]}, {match[2] or match[3]}}}"
        at = line.value + match.end(1)
        repaired = line.replaced(line.value, line.end, meant)
        message, help = "the mapping ends here, before all of its keys", f"write {shorten(meant)}"
        yield Repair(number, at, at + 1, message, help, {number: repaired})
    if match := re.search(r"(?<=[\]}'\"])\s*[,;.]+$", text):
        help = f"take the {match[0].strip()} out"
        message = f"{match[0].strip()} has no meaning at the end of a line"
        yield change(number, line, *match.span(), "", message, help)

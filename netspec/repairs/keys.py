"""Keys and values: several on a line, a colon that is missing or glued."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netspec.options import NODE_KEYS, shorten
from netspec.repairs.common import BODY_KEYS, PAIR, TEXT_KEYS, WORD, rewrite
from netspec.repairs.lines import TOKEN, Lines, Repair


def several_keys(lines: Lines, number: int) -> Iterator[Repair]:
    """Several keys on one line without braces: ``- type: dense, units: 64``."""
    line = lines.line(number)
    body = line.body
    if not body or body[0] in "{[" or (line.key in TEXT_KEYS and not re.search(r",\s*\w+:\s|[\"'\]}]\s*\w+:\s", body)):
        return
    keys = list(PAIR.finditer(body))
    keys = [match for match in keys if not _inside(body, match.start())]
    lead = body[: keys[0].start()].strip(" ,:{") if keys else ""
    if not keys or len(keys) < (1 if lead else 2) or (lead and not (line.dashed and WORD.match(lead))):
        return
    values = [
        body[a.end() : b].strip(" \t,;") for a, b in zip(keys, [*(m.start() for m in keys[1:]), len(body)], strict=True)
    ]
    names = [match[1] for match in keys]
    if lead:
        values[-1] = (
            values[-1].removesuffix("}").rstrip() if values[-1].count("}") > values[-1].count("{") else values[-1]
        )
    shown = [*(["type"] if lead else []), *names]
    inside = _braces(names, values, lead)
    if not line.dashed and values[0] and len(keys) > 1:
        # beside other keys: only a new line can help
        rest = body[keys[1].start() :]
        meant = f"{names[0]}: {values[0]}\n{' ' * line.start}{rest}"
        message = f"a line holds one key, and this one holds {names[0]} and {names[1]}"
        help = f"begin a new line with {shorten(rest)}"
        at = line.start + keys[1].start()
        yield Repair(number, at, line.end, message, help, {number: line.with_body(meant)}, moves=True)
        return
    below = lines.after(number)
    if len(keys) > 1 and not values[-1] and below is not None and lines.line(below).indent >= line.indent:
        rest = body[keys[1].start() :]
        message = f"{names[0]} and {names[1]} can't share a line"
        repaired = line.with_body(f"{names[0]}:\n{' ' * (line.start + 2)}{rest}")
        at = line.start + keys[1].start()
        yield Repair(
            number, at, line.end, message, f"begin a new line with {shorten(rest)}", {number: repaired}, moves=True
        )
        return
    if not line.dashed:
        inside = f"{names[0]}: {_braces(names[1:], values[1:])}"
    message = f"{' and '.join(shown[:2])} can't share a line without braces"
    help = f"write {'- ' if line.dashed else ''}{shorten(inside)}"
    yield rewrite(number, line, inside, message, help)


def _inside(text: str, at: int) -> bool:
    """Whether a place is inside of quotes or brackets."""
    depth = 0
    for token in TOKEN.finditer(text, 0, at):
        depth += (token[0] in "{[(") - (token[0] in "}])")
    return depth > 0 or any(token.start() < at < token.end() for token in TOKEN.finditer(text))


def _braces(names: list[str], values: list[str], lead: str = "") -> str:
    """Write keys and values as one mapping; a key without value holds what comes after it."""
    if not lead and names and not values[0] and len(names) > 1:
        if names[0] in NODE_KEYS:
            return f"{{{names[0]}: {_braces(names[1:], values[1:])}}}"
        lead, names, values = names[0], names[1:], values[1:]
    parts = [f"{name}: {value or 'null'}" for name, value in zip(names, values, strict=True)]
    return "{" + ", ".join([*([f"type: {lead}"] if lead else []), *parts]) + "}"


_ASSIGNED = re.compile(r"([A-Za-z_]\w*)\s*(:=|=>|->|=(?!=))\s*(\S.*)\Z")
_GLUED = re.compile(r"([A-Za-z_]\w*)\s*:([^\s:/].*)\Z")
_COLON_BEFORE = re.compile(r"([A-Za-z_]\w*)\s+(?!-\s)([^\s:=].*)\Z")
_BRACKET_BEFORE = re.compile(r"([A-Za-z_]\w*)([\[{\"'].*)\Z")


def colons(lines: Lines, number: int) -> Iterator[Repair]:
    """Keys without colon, with another sign for it, or without the space behind it."""
    line = lines.line(number)
    body = line.body
    if match := _ASSIGNED.match(body):
        meant = f"{match[1]}: {match[3]}"
        yield rewrite(number, line, meant, f"a key ends with a colon, not with {match[2]}", f"write {shorten(meant)}")
    if match := _GLUED.match(body):
        meant = f"{match[1]}: {match[2]}"
        message = f"a space is missing after the colon of the key {shorten(match[1])}"
        yield rewrite(number, line, meant, message, f"write {shorten(meant)}")
    above = lines.before(number)
    if above is not None and lines.line(above).key in TEXT_KEYS and body.count(" ") > 1 and ":" not in body:
        message = f"this line belongs to the text of {lines.line(above).key}, and stands too far to the left"
        indent = lines.line(above).start + 2
        repaired = {number: " " * indent + line.text[line.indent :]}
        yield Repair(number, line.start, line.end, message, f"indent it by {indent} spaces", repaired)
    if match := _BRACKET_BEFORE.match(body) or _COLON_BEFORE.match(body):
        if line.dashed and match[1] not in NODE_KEYS:
            if braces := re.match(r"\{(.*)\}\Z", match[2]):
                meant = f"{{type: {match[1]}, {braces[1]}}}"
                yield rewrite(number, line, meant, f"{match[1]} has its options beside it", f"write - {shorten(meant)}")
        else:
            meant = f"{match[1]}: {match[2]}"
            message = f"a colon is missing after the key {shorten(match[1])}"
            yield rewrite(number, line, meant, message, f"write {shorten(meant)}")
    below = lines.after(number)
    if WORD.match(body) and below is not None:
        deeper = lines.line(below).indent > line.indent or (
            lines.line(below).dashed and lines.line(below).indent >= line.indent
        )
        listed = line.indent > 0 and lines.line(below).dashed and lines.line(below).indent == line.indent
        if listed and lines.offsets[True].most_common(1)[:1] != [(0, lines.offsets[True][0])]:
            return  # one of the items, whose dash is missing
        if deeper and (not line.dashed or body in BODY_KEYS[1:3]):
            message = f"a colon is missing after the key {shorten(body)}"
            yield rewrite(number, line, f"{body}:", message, f"write {shorten(body)}:")
        elif line.dashed and lines.line(below).indent >= line.start and lines.line(below).key:
            message = f"{shorten(body)} has options below it, so it is a value too"
            yield rewrite(number, line, f"type: {body}", message, f"write - type: {shorten(body)}")


def item_behind_key(lines: Lines, number: int) -> Iterator[Repair]:
    """``head: - relu``: a list that begins on the line of its key."""
    line = lines.line(number)
    match = re.match(r"-\s+(.*)", line.text[line.value : line.end])
    if line.key and match and line.key not in TEXT_KEYS:
        below = lines.after(number)
        column = lines.line(below).indent if below is not None and lines.line(below).dashed else line.start + 2
        repaired = line.text[: line.value].rstrip() + "\n" + " " * column + line.text[line.value :]
        message = f"a list can't begin on the line of its key {shorten(line.key)}"
        help = f"begin a new line with {shorten(line.text[line.value : line.end])}"
        yield Repair(number, line.value, line.end, message, help, {number: repaired}, moves=True)


def items_on_one_line(lines: Lines, number: int) -> Iterator[Repair]:
    """``- relu - flatten``: two items of a list on one line."""
    line = lines.line(number)
    match = re.search(r"\s+-\s+(?=[A-Za-z_{])", line.body)
    if line.dashed and match and not _inside(line.body, match.start()):
        first, second = line.body[: match.start()], line.body[match.end() :]
        start = line.start + match.end()
        repaired = line.text[: line.start] + first + "\n" + line.text[: line.start] + second
        help = f"begin a new line with - {shorten(second)}"
        yield Repair(number, start, line.end, "two items of a list share a line", help, {number: repaired}, moves=True)

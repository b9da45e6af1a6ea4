"""Lines that are no YAML at all: marks of a merge, odd characters, comments of other languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from netspec.characters import INVISIBLE, ODD_BLANKS, describe
from netspec.repairs.lines import Line, Lines, Repair


def leftovers(lines: Lines, number: int) -> Iterator[Repair]:
    """Marks of a merge that git left behind, and the fences that a text has in Markdown."""
    text = lines[number]
    if re.match(r"(?:<{7}|>{7})(?: |$)|={7}$", text):
        marked = [n for n, line in enumerate(lines) if re.match(r"(?:<{7}|>{7})(?: |$)|={7}$", line)]
        message = "git left this mark of a merge that is not finished"
        yield Repair(marked[0], 0, len(lines[marked[0]]), message, "keep one of the two versions", {}, weak=True)
    if text.startswith("```"):
        fences = {n: "" for n, line in enumerate(lines) if line.startswith("```")}
        message = "``` belongs to Markdown, not to the spec"
        yield Repair(number, 0, len(text), message, "take the lines with ``` out", fences)


_SIGNS = {
    **dict.fromkeys(ODD_BLANKS, " "),
    **dict.fromkeys("“”„‟＂«»", '"'),
    **dict.fromkeys("‘’‚‛＇", "'"),
    **dict.fromkeys("–—‐‑‒―−－", "-"),
    "：": ":", "﹕": ":", "∶": ":", "꞉": ":", "，": ",", "、": ",", "﹐": ",", "；": ";",
    "［": "[", "］": "]", "【": "[", "】": "]", "｛": "{", "｝": "}",
    "（": "(", "）": ")", "＃": "#", "＊": "*", "＄": "$",
}  # fmt: skip
_ODD = re.compile(f"[{re.escape(''.join(_SIGNS))}]|{INVISIBLE.pattern}")


def odd_characters(lines: Lines, number: int) -> Iterator[Repair]:
    """Characters that look like those of YAML and aren't, or that can't be seen: here alone, then here and below."""
    found = next((match for match in _ODD.finditer(lines[number]) if _matters(lines.line(number), match)), None)
    if not found:
        return
    message, help = _explained(found[0])
    start, end = found.span()
    everywhere = {n: _ODD.sub(_meant, text) for n, text in enumerate(lines) if n >= number and _ODD.search(text)}
    for changed in ({number: everywhere[number]}, everywhere):
        yield Repair(number, start, end, message, help, changed)


def _meant(match: re.Match[str]) -> str:
    """What stands for an odd character in ASCII; nothing for one that can't be seen."""
    return _SIGNS.get(match[0], "")


def _matters(line: Line, match: re.Match[str]) -> bool:
    """Whether a character stands outside of quotes and comments."""
    return not any(
        token.start() <= match.start() < token.end() and token[0][0] in "#'\"" and len(token[0]) > 1
        for token in line.tokens
    )


def _explained(character: str) -> tuple[str, str]:
    """Say what an odd character is, and what to write in its place."""
    meant = _SIGNS.get(character, "")
    if character in ODD_BLANKS:
        return f"{describe(character)} stands where a space should be", "write an ordinary space"
    if not meant:
        return f"{describe(character)} can't be seen, but is there", "delete it"
    kind = "quotes" if meant in "'\"" else unicodedata.name(meant).lower().replace("-minus", "")
    return f"{describe(character)} only looks like {meant}", f"write an ordinary {meant} ({kind})"


_COMMENT = re.compile(r"//+|/\*+|\*/|<!--|--+(?=\s)|;+|%+|\"{3}|REM\s")
_COMMENT_BEHIND = re.compile(r"(?<=[\s\]}'\",])(?://+|/\*+|<!--|--+|;+|%+)(?=\s)")


def comments(lines: Lines, number: int) -> Iterator[Repair]:
    """Comments as other languages begin them."""
    line = lines.line(number)
    body = lines[number].lstrip()
    match = _COMMENT.match(body)
    item = match and match[0].startswith("--") and re.match(r"\w+\s*(?::.*)?$|[{\[]", body[match.end() :].strip())
    if match and not item:
        sign, indent = match[0].strip(), len(lines[number]) - len(body)
        block = {number: lines[number][:indent] + "# " + body}
        if sign in ("/*", "/**", "<!--", '"""'):  # all lines up to the end of it
            closing = {"<!--": "-->", '"""': '"""'}.get(sign, "*/")
            last = next(
                (n for n in range(number, min(len(lines), number + 50)) if closing in lines[n][n == number :]), number
            )
            block |= {n: "# " + lines[n] for n in range(number, last + 1)}
        message = f"{sign} begins no comment"
        yield Repair(number, indent, indent + len(sign), message, "begin a comment with #", block)
    for match in _COMMENT_BEHIND.finditer(line.text, line.start, line.end):
        repaired = line.replaced(match.start(), match.end(), " # ")
        message = f"{match[0]} begins no comment"
        yield Repair(number, *match.span(), message, "begin a comment with #, after a space", {number: repaired})

"""Ways to mend a line of YAML that can't be read: what a person may have done, and the line as it was meant.

Each function looks at one line and proposes repairs; it need not be sure, for a repair is believed only if the text can
be read with it. What comes first in `FINDERS` is tried first, so the more particular a pattern the higher it stands.
Lines and columns count from 0 here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from netspec import indentation
from netspec.characters import describe
from netspec.lines import OPENERS, PAIRS, TOKEN, Finder, Line, Lines, Repair
from netspec.options import NODE_KEYS, escape, shorten

MAX_LINE = 1_000
"""A longer line was not written by hand; no repair is looked for in it."""

BODY_KEYS = NODE_KEYS[:4]
TEXT_KEYS = ("name", "description")

_PAIR = re.compile(r"(?:^|(?<=[\s,;{]))([A-Za-z_]\w*)[ \t]*:(?=\s|$|[\[{\"'])")
_WORD = re.compile(r"[A-Za-z_]\w*\Z")


def _change(number: int, line: Line, start: int, end: int, new: str, message: str, help: str) -> Repair:
    """Replace a stretch of a line, and point there."""
    return Repair(number, start, max(end, start + 1), message, help, {number: line.replaced(start, end, new)})


def _rewrite(number: int, line: Line, body: str, message: str, help: str) -> Repair:
    """Replace the body of a line, and point at it."""
    return Repair(number, line.start, line.end, message, help, {number: line.with_body(body)})


def _quoted(text: str) -> str:
    """Put a text in quotes, the kind that needs nothing doubled if there is one."""
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"


# ---------------------------------------------------------------------------------------------- what is no YAML at all


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


_ODD_BLANKS = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_INVISIBLE = "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_LOOKALIKES = {
    **dict.fromkeys(_ODD_BLANKS, " "),
    **dict.fromkeys(_INVISIBLE, ""),
    **dict.fromkeys("“”„‟＂«»", '"'),
    **dict.fromkeys("‘’‚‛＇", "'"),
    **dict.fromkeys("–—‐‑‒―−－", "-"),
    "：": ":", "﹕": ":", "∶": ":", "꞉": ":", "，": ",", "、": ",", "﹐": ",", "；": ";",
    "［": "[", "］": "]", "【": "[", "】": "]", "｛": "{", "｝": "}",
    "（": "(", "）": ")", "＃": "#", "＊": "*", "＄": "$",
}  # fmt: skip
_ODD = re.compile(f"[{re.escape(''.join(_LOOKALIKES))}]")
_TRANSLATION = str.maketrans(_LOOKALIKES)


def odd_characters(lines: Lines, number: int) -> Iterator[Repair]:
    """Characters that look like those of YAML and aren't, or that can't be seen: here alone, then here and below."""
    found = next((match for match in _ODD.finditer(lines[number]) if _matters(lines.line(number), match)), None)
    if not found:
        return
    message, help = lookalike(found[0])
    start, end = found.span()
    everywhere = {n: text.translate(_TRANSLATION) for n, text in enumerate(lines) if n >= number and _ODD.search(text)}
    for changed in ({number: everywhere[number]}, everywhere):
        yield Repair(number, start, end, message, help, changed)


def _matters(line: Line, match: re.Match[str]) -> bool:
    """Whether a character stands outside of quotes and comments."""
    return not any(
        token.start() <= match.start() < token.end() and token[0][0] in "#'\"" and len(token[0]) > 1
        for token in line.tokens
    )


def lookalike(character: str) -> tuple[str, str]:
    """Say what an odd character is, and what to write in its place."""
    meant = _LOOKALIKES.get(character, "")
    if character in _ODD_BLANKS:
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


# --------------------------------------------------------------------------------------------------------- expressions

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
    written = f"${inner}" if _WORD.match(inner) else f"$({inner})"
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


# -------------------------------------------------------------------------------------------------------------- quotes


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


_NEXT_KEY = re.compile(r"\s*,\s*[A-Za-z_]\w*\s*:(?:\s|$)")
_CLOSING = re.compile(r"[\s\]},]*\Z")


def _value_end(line: Line, start: int, *, flow: bool) -> int:
    """Where a value ends for a reader: at the next key of a mapping in braces, at its closing brace, or at the end."""
    if not flow:
        return line.end
    following = _NEXT_KEY.search(line.text, start, line.end)
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
        yield _change(number, line, start, end, meant, message, f"write {shorten(meant)}")
    if re.fullmatch(r"-?\d+(?:\.\d+)?|true|false|null", written):
        help = f"take it out: {shorten(written)}"
        yield _change(number, line, start, start + 1, "", f"this {quote} is never closed", help)
    for stop in dict.fromkeys((end, *(m.start() for m in [re.compile(r"\s*,").search(line.text, start, end)] if m))):
        meant = line.text[start:stop] + quote
        help = f"add the {quote} that is missing: {shorten(meant)}"
        repaired = line.replaced(start, stop, meant)
        yield Repair(number, start, start + 1, f"this {quote} is never closed", help, {number: repaired})


def _more_than_quoted(line: Line, number: int, token: re.Match[str], end: int) -> Iterator[Repair]:
    quote, start = token[0][0], token.start()
    written = line.text[start:end]
    quoted_key = re.compile(r"[\"']\s*:").search(line.text, token.end() + 1, end)
    if _PAIR.search(line.text, token.end(), end) or quoted_key or line.text[token.end()] == ":":
        return
    if re.fullmatch(rf"{quote}[^{quote}]*\w{quote}\w[^{quote}]*", written):
        meant = _quoted(written[1:])
        message = f"this {quote} is closed by the one inside of the text"
        yield _change(number, line, start, end, meant, message, f"write {shorten(meant)}")
    if written.startswith(quote * 3):
        meant = quote + written.strip(quote) + quote
        yield _change(
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
        yield _change(number, line, start, end, meant, "a quote inside the quotes ends the text early", help)
    meant = _quoted(written)
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
            yield _change(number, line, *token.span(), meant, message, help)


# ------------------------------------------------------------------------------------------------------------ brackets


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
    following = _NEXT_KEY.search(line.text, opener.end(), line.end)
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
            yield _change(number, line, at, at + 1, right, message, f"write {right}: {shorten(meant)}")
        elif closer == "]":
            meant = "[" + line.text[last.end() : at] + "]"
            message = "a list stands in [ ]"
            yield _change(number, line, *last.span(), "[", message, f"write {shorten(meant)}")
        if closer == ")":
            return
    if closer != ")":
        yield from _missing_opener(line, number, stack, token, opener)
        yield _change(number, line, at, at + 1, "", f"one {closer} too many", f"take the {closer} out")


def _missing_opener(
    line: Line, number: int, stack: list[re.Match[str]], token: re.Match[str], opener: str
) -> Iterator[Repair]:
    at = token.start()
    starts = [line.start + match.end() for match in re.finditer(r":\s+|[\[{]", line.text[line.start : at])]
    start = next((start for start in reversed(starts) if _is_list(line.text[start:at])), line.start)
    if opener == "{":
        pair = re.match(r"[A-Za-z_]\w*:\s", line.text[line.value :])
        start = line.value if pair and not stack else line.start
        if stack or not _PAIR.match(line.text, start):
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
        yield _change(number, line, *match.span(), "", message, help)


# ------------------------------------------------------------------------------------------------------ keys and values


def several_keys(lines: Lines, number: int) -> Iterator[Repair]:
    """Several keys on one line without braces: ``- type: dense, units: 64``."""
    line = lines.line(number)
    body = line.body
    if not body or body[0] in "{[" or (line.key in TEXT_KEYS and not re.search(r",\s*\w+:\s|[\"'\]}]\s*\w+:\s", body)):
        return
    keys = list(_PAIR.finditer(body))
    keys = [match for match in keys if not _inside(body, match.start())]
    lead = body[: keys[0].start()].strip(" ,:{") if keys else ""
    if not keys or len(keys) < (1 if lead else 2) or (lead and not (line.dashed and _WORD.match(lead))):
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
    yield _rewrite(number, line, inside, message, help)


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
        yield _rewrite(number, line, meant, f"a key ends with a colon, not with {match[2]}", f"write {shorten(meant)}")
    if match := _GLUED.match(body):
        meant = f"{match[1]}: {match[2]}"
        message = f"a space is missing after the colon of the key {shorten(match[1])}"
        yield _rewrite(number, line, meant, message, f"write {shorten(meant)}")
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
                yield _rewrite(
                    number, line, meant, f"{match[1]} has its options beside it", f"write - {shorten(meant)}"
                )
        else:
            meant = f"{match[1]}: {match[2]}"
            message = f"a colon is missing after the key {shorten(match[1])}"
            yield _rewrite(number, line, meant, message, f"write {shorten(meant)}")
    below = lines.after(number)
    if _WORD.match(body) and below is not None:
        deeper = lines.line(below).indent > line.indent or (
            lines.line(below).dashed and lines.line(below).indent >= line.indent
        )
        listed = line.indent > 0 and lines.line(below).dashed and lines.line(below).indent == line.indent
        if listed and lines.offsets[True].most_common(1)[:1] != [(0, lines.offsets[True][0])]:
            return  # one of the items, whose dash is missing
        if deeper and (not line.dashed or body in BODY_KEYS[1:3]):
            message = f"a colon is missing after the key {shorten(body)}"
            yield _rewrite(number, line, f"{body}:", message, f"write {shorten(body)}:")
        elif line.dashed and lines.line(below).indent >= line.start and lines.line(below).key:
            message = f"{shorten(body)} has options below it, so it is a value too"
            yield _rewrite(number, line, f"type: {body}", message, f"write - type: {shorten(body)}")


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


# -------------------------------------------------------------------------------------------------------------- dashes

_GLUED_DASH = re.compile(r"(\s*)-+([^\s\-].*)\Z")
_BULLET = re.compile(r"(\s*)(?:[*+•·‣◦▪●>~–—]|--+|\d+[.)])\s*([^\s*+].*)\Z")


def _items_near(lines: Lines, number: int) -> Iterator[int]:
    """The items of lists that a line may be one of: the next below it, and the nearest above."""
    indent = lines.line(number).indent
    if (below := lines.after(number)) is not None and lines.line(below).dashed:
        yield below
    above = number
    for _ in range(30):
        previous = lines.before(above)
        if previous is None or lines.line(previous).indent < indent - 2:
            return
        above = previous
        if lines.line(above).dashed and lines.line(above).indent <= indent:
            yield above
            return


def dashes(lines: Lines, number: int) -> Iterator[Repair]:
    """Dashes without a space, other bullets, dashes that are missing or too many."""
    line = lines.line(number)
    text = line.text
    for pattern, message in (
        (_GLUED_DASH, "a space is missing after the dash of this list item"),
        (_BULLET, "an item of a list begins with a dash"),
    ):
        match = pattern.match(text)
        if match and not line.dashed:
            alike = {
                n: f"{m[1]}- {m[2]}"
                for n, one in enumerate(lines)
                if (m := pattern.match(one)) and not lines.line(n).dashed
            }
            both = {number: f"{match[1]}- - {match[2]}"} if text.lstrip().startswith("--") else alike
            for changed in (both, {number: alike[number]}, alike):
                first = min(changed)
                written = lines.line(first)
                help = f"write {shorten(changed[first][: written.end + 1].strip())}"
                yield Repair(first, written.indent, written.end, message, help, changed)
    above = lines.before(number)
    if above is None or not line.body:
        return
    if not line.dashed and line.key not in NODE_KEYS[4:]:
        first = lines.usual_column(number) == line.indent and line.key in BODY_KEYS
        columns = [lines.line(n).indent for n in _items_near(lines, number)] + ([line.indent] if first else [])
        starts_node = not line.key or line.key in BODY_KEYS
        for column in dict.fromkeys(sorted(columns, key=lambda column: abs(column - line.indent))):
            if starts_node and abs(column - line.indent) <= 2:
                message = "a dash is missing before this item of a list"
                repaired = " " * column + "- " + text[line.indent :]
                help = f"write - {shorten(line.body)}"
                yield Repair(number, line.indent, line.end, message, help, {number: repaired})
    if line.dashed and line.key and line.key not in BODY_KEYS and not lines.line(above).text.rstrip().endswith(":"):
        siblings = lines.line(above)
        for column in dict.fromkeys((line.indent, siblings.start)):
            message = "an item of a list can't stand between the keys of a mapping"
            help = f"take the dash out: {shorten(line.body)}"
            repaired = " " * column + text[line.start :]
            yield Repair(number, line.indent, line.end, message, help, {number: repaired})


# -------------------------------------------------------------------------------------------- text that needs quotes


def unquoted_text(lines: Lines, number: int) -> Iterator[Repair]:
    """Text that holds or begins with a sign that means something to YAML."""
    line = lines.line(number)
    text = line.text[line.value : line.end]
    if not text or text[0] in "\"'" or (text[0] in "{[" and line.key not in TEXT_KEYS):
        return
    bare = text.strip("`")
    if text[0] == "`":
        yield _change(
            number, line, line.value, line.end, _quoted(bare), "` is no quotation mark", f"write {shorten(bare)}"
        )
    meant = _quoted(text)
    if text[0] in "@`%*&!|>{[" or text.startswith(("- ", "? ")):
        message = f"a text can't begin with {text[0]}"
    elif ": " in text or text.endswith(":"):
        message = "a text can't hold ': ' without quotes: it begins a value"
    else:
        return
    repaired = line.replaced(line.value, line.end, meant)
    help = f"put the text in quotes: {shorten(meant)}"
    yield Repair(number, line.value, line.end, message, help, {number: repaired}, weak=True)


FINDERS: tuple[Finder, ...] = (
    leftovers,
    odd_characters,
    indentation.tabs,
    templates,
    split_expressions,
    indexed,
    comments,
    quotes,
    escapes,
    colons_in_braces,
    brackets,
    commas,
    several_keys,
    block_text,
    colons,
    dashes,
    indentation.first_below_key,
    indentation.regular,
    item_behind_key,
    items_on_one_line,
    indentation.irregular,
    unquoted_text,
)

"""Expressions as other languages write them, and how they are written here: ``a && b``, ``pow(2, i)``, ``d ? 3 : 1``.

Asked only about expressions that can't be parsed. Every rewriting is parsed before it is advised.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

from netspec.options import shorten
from netspec.suggest import nearest


class Foreign(NamedTuple):
    """A way of writing that is none here: what to say, what to write instead of it, and the whole rewritten."""

    message: str
    instead: str
    rewritten: str


QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_NAME = r"[A-Za-z_]\w*"
_OPERAND = rf"(?:{_NAME}(?:\([^()]*\))?|\d[\d.]*|\([^()]*\))"

# Sign, pattern, what is written here: as a pattern's replacement, and as a word for the help.
_SIGNS: tuple[tuple[str, str, str, str], ...] = (
    ("&&", r"\s*&&\s*", " and ", "and"),
    ("||", r"\s*\|\|\s*", " or ", "or"),
    ("!==", r"!==", "!=", "!="),
    ("===", r"===", "==", "=="),
    ("<>", r"<>", "!=", "!="),
    ("!", r"!(?!=)\s*", "not ", "not"),
    ("^", r"\^", "**", "**"),
    ("=>", r"=>", ">=", ">="),
    ("=<", r"=<", "<=", "<="),
    ("=", r"(?<![=<>!:+\-*/%])=(?![=<>])", "==", "=="),
    (":=", r":=", "==", "=="),
    ("×", r"[×·⋅∙]", "*", "*"),
    ("÷", r"[÷∕]", "/", "/"),
    ("−", r"[−–—]", "-", "-"),
    ("²", r"²", " ** 2", "**"),
    ("³", r"³", " ** 3", "**"),
    ("≤", r"≤", "<=", "<="),
    ("≥", r"≥", ">=", ">="),
    ("≠", r"≠", "!=", "!="),
    ("AND", r"\bAND\b", "and", "and"),
    ("OR", r"\bOR\b", "or", "or"),
    ("NOT", r"\bNOT\b", "not", "not"),
    ("x", r"(?<=[\w)])(?<!\bfor)\s+x\s+(?!in\b)(?=[\w(])", " * ", "*"),
    ("“", r"[“”„«»]", '"', '"'),
    ("‘", r"[‘’‚]", "'", "'"),
    ("div", r"\bdiv\b(?!\s*\()", "//", "//"),
    ("mod", r"\bmod\b(?!\s*\()", "%", "%"),
    ("is not", r"\bis\s+not\b", "!=", "!="),
    ("is", r"\bis\b", "==", "=="),
    ("True", r"\b(?:True|TRUE)\b", "true", "true"),
    ("False", r"\b(?:False|FALSE)\b", "false", "false"),
    ("None", r"\b(?:None|NULL|nil|undefined)\b", "null", "null"),
    ("& for and", r"(?<!&)&(?!&)", "and", "and"),
    ("| for or", r"(?<!\|)\|(?!\|)", "or", "or"),
    ("<<", r"<<\s*", "* 2 ** ", "* 2 **"),
    (">>", r">>\s*", "// 2 ** ", "// 2 **"),
    ("~", r"~\s*", "not ", "not"),
)
_MODULES = re.compile(
    r"\b(math|Math|np|numpy|tf|torch|keras|jnp|ops|builtins|statistics|cmath)(?:\.\w+)*\.(?=[A-Za-z_]\w*\s*\()"
)
_CALLS: Mapping[str, tuple[str, Callable[..., str]]] = {
    "pow": ("**", lambda a, b: f"{_bracketed(a)} ** {_bracketed(b)}"),
    "power": ("**", lambda a, b: f"{_bracketed(a)} ** {_bracketed(b)}"),
    "exp2": ("2 **", lambda a: f"2 ** {_bracketed(a)}"),
    "sqrt": ("** 0.5", lambda a: f"{_bracketed(a)} ** 0.5"),
    "square": ("** 2", lambda a: f"{_bracketed(a)} ** 2"),
    "abs": ("max", lambda a: f"max({a}, -{_bracketed(a)})"),
    "fabs": ("max", lambda a: f"max({a}, -{_bracketed(a)})"),
    "float": ("* 1.0", lambda a: f"{_bracketed(a)} * 1.0"),
    "bool": ("== or !=", lambda a: f"{_bracketed(a)} != 0"),
    "mod": ("%", lambda a, b: f"{_bracketed(a)} % {_bracketed(b)}"),
    "fmod": ("%", lambda a, b: f"{_bracketed(a)} % {_bracketed(b)}"),
    "div": ("//", lambda a, b: f"{_bracketed(a)} // {_bracketed(b)}"),
    "floordiv": ("//", lambda a, b: f"{_bracketed(a)} // {_bracketed(b)}"),
    "mul": ("*", lambda a, b: f"{_bracketed(a)} * {_bracketed(b)}"),
    "add": ("+", lambda a, b: f"{a} + {b}"),
    "sub": ("-", lambda a, b: f"{a} - {_bracketed(b)}"),
    "clip": ("min and max", lambda a, low, high: f"min(max({a}, {low}), {high})"),
    "clamp": ("min and max", lambda a, low, high: f"min(max({a}, {low}), {high})"),
    "mean": ("sum and len", lambda a: f"sum({a}) / len({a})"),
    "avg": ("sum and len", lambda a: f"sum({a}) / len({a})"),
    "if": ("… if … else …", lambda test, yes, no: f"{yes} if {test} else {no}"),
    "where": ("… if … else …", lambda test, yes, no: f"{yes} if {test} else {no}"),
    "list": ("[ ]", lambda a: a),
}  # fmt: skip
_NAMES = {
    "ceiling": "ceil", "roundup": "ceil", "trunc": "int", "truncate": "int", "integer": "int", "rounddown": "floor",
    "length": "len", "size": "len", "count": "len", "total": "sum", "add_up": "sum", "maximum": "max", "minimum": "min",
    "rint": "round", "make_divisable": "make_divisible", "round_filters": "make_divisible", "amax": "max",
    "amin": "min", "_make_divisible": "make_divisible",
}  # fmt: skip


_BY_NAME = r"(?:value|divisor|v|x|n|a|number|ndigits|digits)\s*="  # what the arguments are called where they have names
MAX_EXPLAINED = 200
"""Longer expressions are not rewritten."""


def explain(inner: str, functions: list[str], parses: Callable[[str], bool]) -> tuple[str, str] | None:
    """Say what is foreign in an expression (what stands in the parentheses), and how it is written; None if unknown."""
    if len(inner) > MAX_EXPLAINED:
        return None
    text, found = inner, None
    for step in (_wrappers, _dots, _signs, _choices, _functions, _products, _parentheses):
        foreign = step(text, functions)
        if foreign is not None:
            found = found or foreign
            text = foreign.rewritten
            if parses(text):
                break
    if found is None:
        return None
    if not parses(text):
        return found.message, f"write {found.instead}" if found.instead else ""
    whole = as_value(text)
    if found.instead.startswith("the "):
        return found.message, f"add {found.instead}: {shorten(whole)}"
    return found.message, f"write {found.instead}: {shorten(whole)}" if found.instead else f"write {shorten(whole)}"


def as_value(inner: str) -> str:
    """Write an expression as a value, in quotes where YAML could end it early."""
    if re.fullmatch(r"true|false|null|-?\d+", inner):
        return inner
    written = f"${inner}" if re.fullmatch(_NAME, inner, re.ASCII) else f"$({inner})"
    if not re.search(r"[,\[\]{}#]|: ", written):
        return written
    return f"'{written}'" if '"' in written else f'"{written}"'


def _outside_quotes(pattern: str, new: str | Callable[[re.Match[str]], str], text: str) -> str:
    """Replace a pattern where it isn't part of a text in quotes."""
    parts = re.split(f"({QUOTED})", text)
    return "".join(part if index % 2 else re.sub(pattern, new, part) for index, part in enumerate(parts))


def _has(pattern: str, text: str) -> str | None:
    """The first match of a pattern outside of quotes."""
    found = re.search(pattern, re.sub(QUOTED, lambda match: " " * len(match[0]), text))
    return found[0].strip() if found else None


def _cant_stand(sign: str) -> str:
    return f"{sign} can't stand in an expression"


def _wrappers(text: str, functions: list[str]) -> Foreign | None:
    """A $ or braces around names: ``2 * $width``, ``{{ width }} * 2``."""
    pattern = r"(?:\$\{|\{\{)\s*([A-Za-z_][\w.]*)\s*\}?\}|\$\(\s*([A-Za-z_][\w.]*)\s*\)|\$(?=[A-Za-z_(])"
    found = _has(pattern, text)
    if found is None:
        return None
    rewritten = _outside_quotes(pattern, lambda match: match[1] or match[2] or "", text)
    message = "inside of $( ) names stand without $" if found[0] == "$" else f"{found} names no variable"
    return Foreign(message, "", rewritten)


_OF_A_NAME = {"length": "len", "size": "len", "len": "len", "shape": "shape"}


def _dots(text: str, functions: list[str]) -> Foreign | None:
    """Modules, ``vars.`` and what is asked of a value with a dot."""
    if (module := _MODULES.search(text)) and _has(_MODULES.pattern, text):
        name = re.match(_NAME, text[module.end() :])
        rewritten = _outside_quotes(_MODULES.pattern, "", text)
        further = _functions(rewritten, functions)
        instead = further.instead if further else name[0] if name and name[0] in functions else ""
        return Foreign(
            _cant_stand(f"{module[0]}{name[0] if name else ''}()"), instead, further.rewritten if further else rewritten
        )
    if _has(r"\bvars\.[A-Za-z_]", text):
        return Foreign(
            "variables are used by their names alone, without vars", "", _outside_quotes(r"\bvars\.", "", text)
        )
    if found := _has(rf"\b{_NAME}\.\d+\b", text):
        rewritten = _outside_quotes(rf"\b({_NAME})\.(\d+)\b", r"\1[\2]", text)
        return Foreign(f"an item is taken with [ ], not with a dot as in {found}", "", rewritten)
    if found := _has(rf"\b({_NAME})\.(length|size|len|shape)\b(?:\(\))?", text):
        rewritten = _outside_quotes(
            rf"\b({_NAME})\.(length|size|len|shape)\b(?:\(\))?", lambda m: f"{_OF_A_NAME[m[2]]}({m[1]})", text
        )
        return Foreign(_cant_stand(found), "", rewritten)
    if found := _has(r"\b(?:prev|input)\.(?:channels|filters|out_channels)\b", text):
        pattern = r"\b(prev|input)\.(?:channels|filters|out_channels)\b"
        rewritten = _outside_quotes(pattern, lambda m: "channels" if m[1] == "prev" else "in_channels", text)
        return Foreign(_cant_stand(found), "", rewritten)
    return None


def _signs(text: str, functions: list[str]) -> Foreign | None:
    first = None
    keyword = re.search(rf"[(,]\s*{_NAME}\s*=(?!=)", text)
    for sign, pattern, new, word in _SIGNS:
        if (sign == "=" and keyword) or _has(pattern, text) is None:
            continue
        text = _outside_quotes(pattern, new, text)
        shown = sign.partition(" for ")[0]
        message = (
            f"{shown} is not a word of this language" if shown in ("True", "False", "None") else _cant_stand(shown)
        )
        first = first or (message, word)
    if first is None:
        return None
    return Foreign(first[0], first[1], re.sub(r"\s{2,}", " ", text).strip())


def _choices(text: str, functions: list[str]) -> Foreign | None:
    """Choices as C, shells and Lua write them, or without else."""
    test, question, rest = text.partition("?")
    yes, colon, no = rest.rpartition(":")
    if question and colon:
        return Foreign(_cant_stand("?"), "", f"{yes.strip()} if {test.strip()} else {no.strip()}")
    parts = [part.strip(" :") for part in re.split(r"\b(?:if|then|else|end)\b|:", text)]
    parts = [part for part in parts if part]
    if re.match(r"\s*if\b", text) and len(parts) == 3:
        return Foreign("the condition stands in the middle", "", f"{parts[1]} if {parts[0]} else {parts[2]}")
    if re.search(r"\bif\b", text) and not re.search(r"\b(?:else|for)\b", text):
        return Foreign("an if needs an else", f"{shorten(text.strip())} else …", text)
    if re.search(r"\belse\s*$", text):
        return Foreign("nothing stands behind else", f"{shorten(text.strip())} …", text)
    return None


def _functions(text: str, functions: list[str]) -> Foreign | None:
    """Functions of other languages, misspelt ones, and arguments by name."""
    first: tuple[str, str] | None = None
    for _ in range(5):
        calls = [call for call in _called(text) if call[0] not in functions or _keywords(call[1])]
        if not calls:
            break
        call = calls[-1]  # those inside of others first
        name, arguments, start, end = call
        written, word = _call(name, arguments, functions)
        if written is None:
            return Foreign(*first, text) if first else None
        message = f"{name}() takes its arguments by position" if name in functions else f"there is no function {name}()"
        first = first or (message, word)
        whole = start == 0 and end == len(text)
        text = text[:start] + (written if whole else _alone(written)) + text[end:]
    return Foreign(*first, text) if first else None


def _called(text: str) -> Iterator[tuple[str, list[str], int, int]]:
    """Yield the calls of a text: name, arguments, start and end."""
    for match in re.finditer(rf"(?<![\w.])({_NAME})\s*\(", text):
        depth, starts = 0, [match.end()]
        for token in re.finditer(rf"{QUOTED}|[\[\](){{}},]", text[match.end() - 1 :]):
            at = match.end() - 1 + token.start()
            depth += (token[0] in "([{") - (token[0] in ")]}")
            if depth == 0:
                bounds = zip(starts, [*(start - 1 for start in starts[1:]), at], strict=True)
                arguments = [text[a:b].strip() for a, b in bounds]
                yield match[1], [one for one in arguments if one], match.start(), at + 1
                break
            if token[0] == "," and depth == 1:
                starts.append(at + 1)


def _keywords(arguments: list[str]) -> bool:
    return any(re.match(rf"{_NAME}\s*=(?!=)", argument) for argument in arguments)


def _call(name: str, arguments: list[str], functions: list[str]) -> tuple[str | None, str]:
    """Write a call as this language has it."""
    if _keywords(arguments):
        if not all(re.match(_BY_NAME, argument) for argument in arguments if re.match(rf"{_NAME}\s*=(?!=)", argument)):
            return None, ""
        arguments = [re.sub(rf"^{_NAME}\s*=\s*", "", argument) for argument in arguments]
        if name in functions:
            return f"{name}({', '.join(arguments)})", ""
    known = _CALLS.get(name) or _CALLS.get(name.casefold())
    if known is not None:
        word, write = known
        try:
            return write(*arguments), word
        except TypeError:
            return None, ""
    near = _NAMES.get(name.casefold()) or nearest(name, functions)
    return (f"{near}({', '.join(arguments)})", near) if near else (None, "")


def _bracketed(text: str) -> str:
    return text if re.fullmatch(_OPERAND, text) else f"({text})"


def _alone(text: str) -> str:
    """Put what was a call in parentheses, unless it binds as tightly without."""
    tight = re.fullmatch(rf"{_OPERAND} \*\* {_OPERAND}|{_NAME}\(.*\)", text)
    return text if tight and (text[-1] != ")" or text.count("(") == text.count(")")) else f"({text})"


def _products(text: str, functions: list[str]) -> Foreign | None:
    """A number before a name, without a sign: ``2 width``, ``3(i + 1)``; numbers with commas or letters."""
    pattern = r"(?<![\w.])(\d+(?:\.\d+)?)\s*(?=\(|(?!(?:if|else|and|or|in|not|is|for|[jJ]|[eExX][\da-f]\w*)\b)[A-Za-z])"
    if (found := _has(pattern, text)) is not None:
        return Foreign(f"a * is missing after {found}", "", _outside_quotes(pattern, r"\1 * ", text))
    if re.fullmatch(r"\s*\d{1,3}(?:,\d{3})+\s*", text):
        return Foreign("numbers are written without commas", "", text.strip().replace(",", ""))
    pattern = rf"\b({'|'.join(functions)})\s+({_NAME}|\d[\d.]*)"
    if (found := _has(pattern, text)) is not None:
        return Foreign(f"{found} is no call", "", _outside_quotes(pattern, r"\1(\2)", text))
    words = r"(?:if|else|and|or|in|not|is|for|lambda)\b"
    pattern = rf"(?<=[\w)\]])(?<!\bif)(?<!\belse)(?<!\band)(?<!\bor)(?<!\bin)(?<!\bnot)\s+(?!{words})(?=[\w(])"
    if _has(pattern, text) is not None and re.search(r"[(\[]", text) and not re.search(r"\bfor\b", text):
        return Foreign("a comma is missing", "", _outside_quotes(pattern, ", ", text))
    if text.rstrip().endswith((",", ";")):
        return Foreign(f"{text.rstrip()[-1]} at the end means nothing", "", text.rstrip().rstrip(",; "))
    return None


def _parentheses(text: str, functions: list[str]) -> Foreign | None:
    bare = re.sub(QUOTED, "", text)
    for quote in "'\"":
        if bare.count(quote) == 1:
            return Foreign(f"this {quote} is never closed", f"the {quote} that is missing", text.rstrip() + quote)
    for left, right in ("()", "[]"):
        missing = bare.count(left) - bare.count(right)
        if 0 < missing <= 5:
            return Foreign(f"this {left} is never closed", f"the {right} that is missing", text + right * missing)
        if -5 <= missing < 0 and text.rstrip().endswith(right * -missing):
            kind = f"one {right} too many" if missing == -1 else f"{-missing} {right} too many"
            return Foreign(kind, "", text.rstrip()[:missing])
    return None


def unwrapped(text: str) -> str:
    """Take every $ and the braces around names out of a text: ``$vars.width * 2``, ``${a} + ${b}``, ``$(a) + 1``."""
    inner = text.strip().rstrip(".;,")
    inner = re.sub(
        r"^(?:eval|expr|calc)\((.*)\)$|^=\s*(.*)$|^[@%<#]+(\w+)[%>#]*$", lambda m: m[1] or m[2] or m[3] or "", inner
    )
    inner = _outside_quotes(r"^\$\[(.*)\]$", r"\1", inner)
    inner = _outside_quotes(r"\$?\{\{?\s*([^{}]*?)\s*\}?\}", r"\1", inner)
    inner = _outside_quotes(r"\$(?=[A-Za-z_(\s])|^\$+|\$$", "", inner).strip()
    inner = _outside_quotes(r"\b(?:vars|var|params|self)\.(?=[A-Za-z_])", "", inner)
    whole = re.fullmatch(rf"\(\s*({_NAME})\s*\)", inner)
    return whole[1] if whole else inner


def as_expression(text: str, names: Collection[str], functions: Collection[str], parses: Callable[[str], bool]) -> str:
    """Write a text as the expression that it was probably meant to be: ``classes``, ``2 * width``; or give nothing."""
    inner = unwrapped(text.strip())
    if inner in names:
        return as_value(inner)
    if len(inner) > MAX_EXPLAINED or not re.search(r"[-+*/%<>=(\[]|\b(?:if|and|or|not)\b", inner):
        return ""
    used = {word for word in re.findall(rf"(?<![\w.]){_NAME}", re.sub(QUOTED, "", inner)) if word not in _WORDS}
    known = used <= {*names, *functions}
    return as_value(inner) if known and (used or re.search(r"\d\s*[-+*/%]+\s*[\d(]", inner)) and parses(inner) else ""


_WORDS = frozenset({"true", "false", "null", "if", "else", "and", "or", "not", "in"})

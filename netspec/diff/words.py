"""What differs, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from netspec.diff.compare import FROM, NAME, OUTPUTS, PLACE, SHARES, TYPE, Difference
from netspec.diff.fold import Line
from netspec.options import escape

LONGEST_VALUE = 40


def ranges(line: Line) -> Iterator[Difference]:
    """Of options that differ from place to place, the first and the last values."""
    for place, first in enumerate(line.differences):
        last = line.pairs[-1].differences[place]
        before = value(first.before) + (f" … {value(last.before)}" if last.before != first.before else "")
        after = value(first.after) + (f" … {value(last.after)}" if last.after != first.after else "")
        yield Difference(first.what, _Written(before), _Written(after))


class _Written(str):
    """A value that is written out already."""

    __slots__ = ()


def told(difference: Difference) -> str:
    """Tell one difference: ``filters 64 → 96``."""
    what, before, after = difference
    say = WORDS.get(what)
    return say(before, after) if say else f"{escape(what)} {value(before)} → {value(after)}"


def _reads(before: Sequence[str], after: Sequence[str], word: str = "reads ") -> str:
    """What is read, or given out, now and before; of long lists only what differs."""
    more, less = [one for one in after if one not in before], [one for one in before if one not in after]
    if len(after) > len(before) and not less:
        return f"{word}also {listed(more)}"
    if len(after) < len(before) and not more:
        return f"{word}no longer {listed(less)}"
    return f"{word}{listed(before)} → {listed(after)}"


def _weights_of(owner: str | None) -> str:
    return "its own" if owner is None else f"those of {escape(owner)}"


def listed(names: Sequence[str], most: int = 3) -> str:
    """Name the first of several."""
    return ", ".join(map(escape, names[:most])) + (f", … ({len(names)})" if len(names) > most else "")


def value(given: object) -> str:
    """Write the value of an option as YAML would, in one line and not too long."""
    if isinstance(given, _Written):
        return given
    if isinstance(given, dict):
        text = f"{{{', '.join(f'{name}: {value(item)}' for name, item in given.items())}}}"
    elif isinstance(given, list | tuple):
        text = f"[{', '.join(map(value, given))}]"
    elif given is None or isinstance(given, bool):
        text = {None: "null", True: "true", False: "false"}[given]
    elif isinstance(given, float):
        text = f"{given:.6g}" if len(repr(given)) > 10 else repr(given)
    else:
        text = escape(str(given))
    return fit(text, LONGEST_VALUE)


WORDS: Mapping[str, Callable[[Any, Any], str]] = {
    NAME: lambda before, after: f"now called {value(after)}",
    TYPE: lambda before, after: f"{value(before)} → {value(after)}",
    PLACE: lambda before, after: f"moved, {value(after)} instead of {value(before)}",
    SHARES: lambda before, after: f"weights: {_weights_of(before)} → {_weights_of(after)}",
    FROM: _reads,
    OUTPUTS: lambda before, after: _reads(before, after, ""),
}
"""How the differences are told that are no options."""


def fit(text: str, width: int) -> str:
    """Cut the middle out of what is too long."""
    if len(text) <= width:
        return text
    left = (width - 1) // 2
    return text[:left] + "…" + text[len(text) - (width - 1 - left) :]

"""Reading the tree of a text: the small steps that every part of a spec is read by."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterable

from netspec import yaml
from netspec.errors import Mistake, Related, Where
from netspec.expressions import expression_meant
from netspec.limits import Limits
from netspec.options import shorten, show_value
from netspec.references import POSITIONAL, RESERVED, Reference, parse_reference
from netspec.registry import NAME
from netspec.suggest import KEY_NOTES, KEY_WORDS, fold, nearest
from netspec.values import Problems, Value, compile_value, names_in

EXPRESSION_WORDS = frozenset({"true", "false", "null", *keyword.kwlist})


class Reader:
    """Reads values, names and keys; what is wrong goes to ``problems``, and reading goes on."""

    def __init__(self, problems: Problems, limits: Limits) -> None:
        self.problems = problems
        self.limits = limits
        self.uses: list[tuple[str, Where]] = []  # every name that an expression uses, and where
        self.variable_names: set[str] = set()  # of the spec

    def value(self, tree: yaml.Tree, path: str) -> Value:
        value = compile_value(tree, self.problems, self.limits, path)
        self.uses += [(name, value.where) for name in names_in(value)]
        return value

    def text(self, tree: yaml.Mapping, key: str, default: str) -> str:
        item = tree.entries.get(key)
        if item is None or item.broken:
            return default
        if not isinstance(item, yaml.Scalar) or not isinstance(item.value, str):
            quotes = "put it in quotes" if isinstance(item, yaml.Scalar) else ""
            self.wrong_kind("E108", f"{key} must be text", item, key, quotes)
            return default
        return item.value

    def mapping(self, tree: yaml.Mapping, key: str, path: str, help: str = "") -> dict[str, yaml.Tree]:
        item = tree.entries.get(key)
        if item is None or (item.broken and not isinstance(item, yaml.Mapping)):
            return {}
        if not isinstance(item, yaml.Mapping):
            self.wrong_kind("E108", f"{key} must be a mapping", item, f"{path}.{key}".lstrip("."), help, tree.keys[key])
            return {}
        return item.entries

    def known_keys(
        self, tree: yaml.Tree, known: Iterable[str], path: str, what: str = "", also: Collection[str] = ()
    ) -> None:
        """Refuse other keys than these; ``also`` may be there, but is only named to who nearly wrote it."""
        assert isinstance(tree, yaml.Mapping)
        for key, where in tree.keys.items():
            if key not in known and key not in also:
                near = [*known, *also] if nearest(key, also, KEY_WORDS) else known
                cut = self.cut_at_comma(tree, key)
                self.unknown_key(key, near, where, f"{path}.{key}".lstrip("."), what or path or "a spec", cut)

    def cut_at_comma(self, tree: yaml.Mapping, key: str) -> str:
        """Say how a text is quoted that was cut at a comma, so that its end stands there as a key without a value."""
        if NAME.match(key):  # a word: an option, misspelt or without its value
            return ""
        keys = list(tree.entries)
        before = keys[keys.index(key) - 1] if keys.index(key) else ""
        text, rest = tree.entries.get(before), tree.entries[key]
        if not (isinstance(text, yaml.Scalar) and isinstance(text.value, str) and isinstance(rest, yaml.Scalar)):
            return ""
        absent = rest.where.line == rest.where.end_line and rest.where.column == rest.where.end_column
        cut = text.plain and rest.value is None and absent
        space = " " * (tree.keys[key].column - text.where.end_column - 1)
        return f'a comma ends a text; write {before}: "{shorten(f"{text.value},{space}{key}")}"' if cut else ""

    def unknown_key(self, key: str, known: Iterable[str], where: Where, path: str, what: str, cut: str = "") -> None:
        """Refuse a key; ``cut`` says what to write where it is none, but the end of a text."""
        known = list(known)
        split = None if NAME.match(key) else _split(key)
        near = nearest(split[0] if split else key, known, KEY_WORDS)
        written = f"{near}: {shorten(split[1])}" if split else near
        help = f"write {written}" if near else cut or (f"it has {', '.join(known)}" if known else "")
        help = KEY_NOTES.get((fold(key), near), help)
        self.problems.say("E106", f"{what} has no key {show_value(key)}", where, path=path, help=help)

    def key(self, tree: yaml.Tree, key: str) -> Where:
        return tree.keys[key] if isinstance(tree, yaml.Mapping) and key in tree.keys else tree.where

    def name(self, name: str, where: Where, path: str) -> bool:
        """Refuse a name that the language can't take or has taken itself."""
        if not (name.isascii() and NAME.match(name)):
            odd = next((character for character in name if not character.isascii()), None)
            help = f"{odd!r} is U+{ord(odd):04X}; " if odd else _as_a_name(name)
            self.problems.say(
                "E110",
                f"{show_value(name)} can't be a name",
                where,
                path=path,
                help=f"{help}a name is letters, digits and _, and begins with no digit",
            )
            return False
        if name in RESERVED:
            self.problems.say(
                "E110",
                f"{name} is a word of the language and can't be a name",
                where,
                path=path,
                help=f"write {name}_ or another name",
            )
            return False
        return True

    def variable_name(self, name: str, where: Where, path: str) -> bool:
        if name in EXPRESSION_WORDS:
            self.problems.say(
                "E110",
                f"{name} is a word of expressions and can't be a name",
                where,
                path=path,
                help=f"write {name}_ or another name",
            )
            return False
        return self.name(name, where, path)

    def claim(self, name: str, where: Where, names: dict[str, Where]) -> bool:
        if name in names:
            self.twice(f"the name {name!r}", where, names[name])
            return False
        names[name] = where
        return True

    def wrong_kind(
        self, code: str, wanted: str, tree: yaml.Tree, path: str, help: str = "", key: Where | None = None
    ) -> None:
        """Report a tree of the wrong kind: what is wanted, and what stands there.

        Where it begins below its ``key``, the key is the line to look at.
        """
        if isinstance(tree, yaml.Scalar) and isinstance(tree.value, str) and "mapping" in wanted:
            split = _split(tree.value)
            help = f"write {split[0]}: {shorten(split[1])}" if split else help
        below = key is not None and key.source is tree.where.source and key.line < tree.where.line
        where = key if key is not None and below else tree.where
        self.problems.say(code, f"{wanted}, not {kind_of(tree)}", where, path=path, help=help)

    def missing(self, tree: yaml.Mapping, keys: Iterable[str], known: Iterable[str], message: str, **more: str) -> None:
        """Report a key that is not there, unless it is there misspelt, which was reported."""
        misspelt = {nearest(key, known, KEY_WORDS) for key in tree.entries if key not in known}
        if not tree.broken and not misspelt & set(keys):
            self.problems.say("E107", message, tree.where, **more)

    def known_names(self, before: int, known: Iterable[str], note: str, path: str) -> None:
        """Report names that expressions use and that can't have a value there, of all uses since ``before``."""
        known = {*known, *POSITIONAL}
        for name, where in self.uses[before:]:
            if name not in known:
                near = nearest(name, known)
                help = f"write {near}" if near else note
                self.problems.say("E201", f"there is no variable {name!r} here", where, path=path, help=help)

    def twice(self, what: str, where: Where, first: Where) -> None:
        """Report a name that is taken: at the later of the two places, as a reader meets them."""
        if where.source is first.source and (where.line, where.column) < (first.line, first.column):
            where, first = first, where
        self.problems.say(
            "E206",
            f"{what} is taken already",
            where,
            help="give this one another name",
            related=(Related("first here", first),),
        )

    def reference(self, tree: yaml.Tree, path: str) -> Reference | None:
        if tree.broken:
            return None
        try:
            if not isinstance(tree, yaml.Scalar):
                raise Mistake(
                    "E205",
                    f"a reference is a text, not {kind_of(tree)}",
                    help="write prev, a name, or a path such as block.inner",
                )
            return parse_reference(tree.value)
        except Mistake as mistake:
            self.problems.mistake(mistake, tree.where, path)
            return None

    def variables(self, tree: yaml.Mapping, path: str) -> dict[str, Value]:
        """Read the ``vars`` of a spec or block."""
        result = {}
        for name, item in self.mapping(tree, "vars", path).items():
            where = self.key(tree.entries["vars"], name)
            at = f"{path}.vars.{name}".lstrip(".")
            value = self.value(item, at)
            if not NAME.match(name) and value.is_constant and value.constant is None and (split := _split(name)):
                message = f"{show_value(name)} can't be a name: it holds the value too"
                self.problems.say("E110", message, where, path=at, help=f"write {split[0]}: {shorten(split[1])}")
                value.broken = True
                result[split[0]] = value
                continue
            if not self.variable_name(name, where, at):
                value.broken = True  # known, so that its uses are not mistakes too
            if not value.broken and (isinstance(item, yaml.Mapping) or (value.is_constant and value.constant is None)):
                message = f"a variable is a number, a text, true or false, or a list, not {kind_of(item)}"
                self.problems.say("E108", message, item.where, path=at)
                value.broken = True
            result[name] = value
        if not path:
            self.variable_names = set(result)
        return result

    def unmarked(self, value: Value, names: Collection[str], path: str) -> bool:
        """Report a text that was meant to be an expression, for what it holds, and mark the value."""
        written = value.constant if isinstance(value.constant, list) else [value.constant]
        for index, text in enumerate(written):
            if isinstance(text, str) and (meant := expression_meant(text, names)):
                at = value.find(Mistake("E108", "", option=("", index)))
                message = f"{path.rpartition('.')[2]} holds the text {show_value(text)}; an expression begins with $"
                self.problems.say("E108", message, at, path=path, help=f"write {meant}")
                value.broken = True
                return True
        return False


def _split(key: str) -> tuple[str, str] | None:
    from netspec.misread import split_key

    return split_key(key)


def _as_a_name(name: str) -> str:
    """Suggest the name that a text becomes when what a name can't hold is replaced."""
    plain = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
    plain = f"_{plain}" if plain[:1].isdigit() else plain
    return f"write {plain}: " if NAME.match(plain) and len(plain) <= 60 else ""


def kind_of(tree: yaml.Tree) -> str:
    """Say what was written where something else was wanted."""
    if isinstance(tree, yaml.Scalar):
        return show_value(tree.value)
    if isinstance(tree, yaml.Sequence):
        return "a list" if tree.items else "an empty list"
    return "a mapping"

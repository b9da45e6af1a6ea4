"""What was written where a node was wanted, and which node it was meant to be: calls, classes, options without a type.

Asked only where something was found wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from netspec import yaml
from netspec.errors import Where
from netspec.misread import split_key
from netspec.options import NODE_KEYS, shorten, show_value
from netspec.registry import NAME, Type
from netspec.suggest import KEY_WORDS, fold, nearest

BODY_KEYS = NODE_KEYS[:4]
COMMON_KEYS = NODE_KEYS[5:]

COMMENT = re.compile(r"\s*(?://|/\*|--|;|#).*", re.DOTALL)
"""A comment as other languages write it, or without the space that it needs."""

TYPE_KEYS = ("target", "cls", "classpath", "classtype", "component", "nntype", "typename", "layername", "layerclass")
"""What other tools call the type, beyond what `KEY_WORDS` knows."""

FindType = Callable[[str], Type | None]
"""Gives the type of a name, or the one that a name was meant to be."""


class Explained(NamedTuple):
    """What to say about a node that is none."""

    where: Where
    message: str
    help: str


def without_type(tree: yaml.Mapping, meant: FindType) -> Explained | None:
    """Explain a mapping that has no ``type``, but something that stands for it."""
    for key, item in tree.entries.items():
        if (split := split_key(key)) and split[0] in BODY_KEYS and _is_null(item):
            message = f"a space is missing after the colon of {split[0]}" if key == f"{split[0]}:{split[1]}" else (
                f"the key {shorten(key)} holds its value too"
            )  # fmt: skip
            return Explained(tree.keys[key], message, f"write {split[0]}: {shorten(split[1])}")
    for key, item in tree.entries.items():
        named = isinstance(item, yaml.Scalar) and isinstance(item.value, str)
        stands_for = "type" if fold(key) in TYPE_KEYS else nearest(key, BODY_KEYS, KEY_WORDS)
        if stands_for == "type" and named:
            assert isinstance(item, yaml.Scalar)
            entry = meant(str(item.value))
            name = entry.name if entry else str(item.value)
            options = {option: value for option, value in tree.entries.items() if option != key}
            message = f"a node's type is named by type, not by {shorten(key)}"
            return Explained(tree.keys[key], message, f"write {_node(name, options)}")
        if stands_for in ("nodes", "branches") and isinstance(item, yaml.Sequence):
            message = f"this node has none of {', '.join(BODY_KEYS)}"
            return Explained(tree.keys[key], message, f"write {stands_for} instead of {shorten(key)}")
    for key, item in tree.entries.items():
        entry = meant(key) if isinstance(item, yaml.Mapping) or _is_null(item) or len(tree.entries) == 1 else None
        if entry is not None and key not in NODE_KEYS:
            options = {option: value for option, value in tree.entries.items() if option != key}
            if isinstance(item, yaml.Mapping):
                options.update(item.entries)
            elif not _is_null(item):
                values = item.items if isinstance(item, yaml.Sequence) else [item]
                options.update(zip(entry.options, values, strict=False))
            message = f"{shorten(key)} stands as a key; a type is a value, behind type:"
            return Explained(tree.keys[key], message, f"write {_node(entry.name, options)}")
    return None


def _node(name: str, options: Mapping[str, yaml.Tree]) -> str:
    """Write a node in braces; a mapping that only wraps its options is opened."""
    parts = [f"type: {name}"]
    for option, item in options.items():
        inner = item.entries.items() if isinstance(item, yaml.Mapping) else [(option, item)]
        parts += [f"{key}: {as_written(value)}" for key, value in inner]
    return shorten("{" + ", ".join(parts) + "}")


def as_written(tree: yaml.Tree) -> str:
    """Write a value as it stands in a spec, on one line."""
    return show_value(yaml.plain(tree)).strip("'")


def _is_null(tree: yaml.Tree) -> bool:
    return isinstance(tree, yaml.Scalar) and tree.value is None


def with_swallowed_keys(tree: yaml.Mapping) -> yaml.Mapping:
    """Add keys of the node that were written into one word with their values, which is reported: ``{name:stem, …}``."""
    odd = [key for key in tree.entries if not NAME.match(key) and _is_null(tree.entries[key])]
    found = {}
    for key in odd:
        split = split_key(key)
        if split and split[0] in COMMON_KEYS and split[0] not in tree.entries:
            value = int(split[1]) if split[1].isdecimal() and len(split[1]) < 10 else split[1]
            found[split[0]] = yaml.Scalar(value, tree.keys[key])
    if not found:
        return tree
    keys = {name: item.where for name, item in found.items()}
    return yaml.Mapping({**tree.entries, **found}, tree.where, {**tree.keys, **keys}, tree.broken)


def next_node(where: Where) -> tuple[str, Where] | None:
    """Explain a type of several lines, the second being a node that isn't below the first: the help, and its place."""
    lines = yaml.LINE_BREAK.split(where.source.text)
    above, text = lines[where.line - 1], lines[where.line]
    indent, body = len(above) - len(above.lstrip()), text.strip()
    if not body:
        return None
    place = Where(
        where.source, where.line + 1, len(text) - len(text.lstrip()) + 1, where.line + 1, len(text.rstrip()) + 1
    )
    spaces = f"indent it by {indent} space{'' if indent == 1 else 's'}, as line {where.line}"
    if body.startswith("- "):
        return f"two nodes ran together: {spaces}", place
    return f"two nodes ran together: write - {shorten(body)}, and {spaces}", place


# ------------------------------------------------------------------------------------------------------ a dash too many


def join_stray_options(items: list[yaml.Tree], find: FindType, say: Callable[[Explained], None]) -> list[yaml.Tree]:
    """Put options that a dash made a node of their own back to the node above them, which is reported."""
    joined: list[yaml.Tree] = []
    last = -2
    for index, item in enumerate(items):
        above = joined[-1] if joined else None
        if isinstance(item, yaml.Mapping) and above is not None and (owner := _owner(item, above, find)):
            assert isinstance(above, yaml.Mapping | yaml.Scalar)
            key = next(iter(item.entries))
            if last != index - 1:
                message = f"{key} is no node: the dash keeps it from {owner} above"
                say(Explained(item.keys[key], message, f"take the dash out: {key} belongs to {owner}"))
            last = index
            entries = dict(above.entries) if isinstance(above, yaml.Mapping) else {"type": above}
            keys = dict(above.keys) if isinstance(above, yaml.Mapping) else {"type": above.where}
            joined[-1] = yaml.Mapping({**entries, **item.entries}, above.where, {**keys, **item.keys})
        else:
            joined.append(item)
    return joined


def _owner(item: yaml.Mapping, above: yaml.Tree, find: FindType) -> str | None:
    """What a mapping without type belongs to, if all that it holds is missing there."""
    keys = item.entries.keys()
    if not keys or item.broken or above.broken or any(key in keys for key in BODY_KEYS):
        return None
    entries = above.entries if isinstance(above, yaml.Mapping) else {}
    if "branches" in entries and "merge" not in entries and "merge" in keys:
        return "branches"
    name = entries.get("type") if isinstance(above, yaml.Mapping) else above
    if not isinstance(name, yaml.Scalar) or not isinstance(name.value, str) or entries.keys() & keys:
        return None
    entry = find(name.value)
    known: Collection[str] = {*entry.options, *COMMON_KEYS} if entry else ()
    return entry.name if entry and all(key in known for key in keys) else None

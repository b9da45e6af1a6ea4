"""Files to one tree: reading, ``extends``, ``set`` and ``use``, all of it inside the root folder.

What is read is never run, and nothing outside the folder tree of the spec is read: a path is resolved, links and all,
before it is opened.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from netspec import yaml
from netspec.block_definitions import LIBRARY_KEYS
from netspec.errors import Diagnostic, Related, Source, SpecError, Where
from netspec.limits import DEFAULT_LIMITS, Limits
from netspec.options import SPEC_KEYS, escape, show_value
from netspec.registry import NAME
from netspec.suggest import nearest
from netspec.values import Problems

MAX_LIBRARIES = 100
"""So many files a spec may use."""

FILES_TOGETHER = 2
"""The bases and libraries of a spec together may be so many times as large as one file."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The tree of a spec with everything laid over it, the block libraries it uses, and the name it has by its file.

    ``new_variables`` are variables that only an edit made, each with the warning that is due if nothing uses it.
    """

    tree: yaml.Mapping
    libraries: list[yaml.Mapping]
    name: str
    new_variables: Mapping[str, Diagnostic]
    libraries_missing: bool = False

    @property
    def holds_only_blocks(self) -> bool:
        """Whether the file is no spec, but a library that specs use."""
        keys = self.tree.entries.keys()
        return "blocks" in keys and not keys - {*LIBRARY_KEYS} & {*SPEC_KEYS}


class Loader:
    """Reads the files of one spec. ``root`` is the folder that nothing may leave."""

    def __init__(self, root: Path | None, problems: Problems, limits: Limits = DEFAULT_LIMITS) -> None:
        self.root = root.resolve() if root else None
        self.problems = problems
        self.limits = limits
        self.brought: dict[str, Related] = {}
        self.paths: dict[str, Path] = {}  # by the name of the source
        self.main: Path | None = None
        self.new_variables: dict[str, Diagnostic] = {}
        self.libraries_missing = False
        self.characters = 0  # of all other files

    def load(self, source: Source, path: Path | None, edits: Mapping[str, Any]) -> Loaded:
        """Read a spec from its text; ``edits`` are the command line's, applied last. Raises `SpecError`."""
        if path is not None:
            self.paths[source.name] = path.resolve()
        self.main = path
        tree = self._extended(source, [])
        self._set(tree)
        for edit, value in edits.items():
            self._apply_set(tree, _edit_tree(edit, value, self.problems, self.limits))
        if self.problems.errors and any(found.code == "E209" for found in self.problems.errors):
            raise SpecError(self.problems.all)  # what an edit did not change may be wrong only for that
        name = path.name.split(".")[0] if path else "network"
        libraries = self._libraries(tree)
        return Loaded(tree, libraries, name, self.new_variables, self.libraries_missing)

    def explain(self, diagnostic: Diagnostic) -> Diagnostic:
        """Say of a mistake in another file who brought that file in."""
        related = self.brought.get(diagnostic.where.file)
        return diagnostic.with_related(related) if related else diagnostic

    # ------------------------------------------------------------------------------------------------ extends and set

    def _extended(self, source: Source, chain: list[Path]) -> yaml.Mapping:
        """Read a file and lay it over its base, whose own edits are made before."""
        tree = self._read(source)
        base = tree.entries.pop("extends", None)
        if base is None:
            return tree
        where = tree.keys.pop("extends")
        chain = [*chain, *([self.paths[source.name]] if source.name in self.paths else [])]
        if len(chain) > self.limits.extends_depth:
            self._fail("E409", f"more than {self.limits.extends_depth} files extend each other", base.where)
        found = self._other_file(base, "extends")
        if found in chain:
            self._fail(
                "E208", f"{escape(found.name)} extends itself", base.where, "a base must not lead back to its variant"
            )
        base_source = self._open(found, base.where)
        self.brought.setdefault(base_source.name, Related(f"{source.name} extends it here", where))
        below = self._extended(base_source, chain)
        self._set(below)
        self._refuse_mappings_over_lists(below, tree, "")
        return _overlay(below, tree)

    def _refuse_mappings_over_lists(self, base: yaml.Mapping, variant: yaml.Mapping, path: str) -> None:
        """A list is replaced as a whole: report a mapping that is meant to change items of one, and leave it out."""
        for key, item in list(variant.entries.items()):
            below = base.entries.get(key)
            if isinstance(below, yaml.Mapping) and isinstance(item, yaml.Mapping):
                self._refuse_mappings_over_lists(below, item, f"{path}{key}.")
            elif isinstance(below, yaml.Sequence) and isinstance(item, yaml.Mapping) and not item.broken:
                inner = next(iter(item.entries), "0")
                message = f"{path}{key} is a list in the base, and a mapping can't be laid over it"
                help = f"change its items with set: {{{path}{key}.{inner}: …}}, or write the whole list"
                self.problems.say("E108", message, variant.keys[key], path=f"{path}{key}", help=help)
                del variant.entries[key], variant.keys[key]

    def _set(self, tree: yaml.Mapping) -> None:
        edits = tree.entries.pop("set", None)
        tree.keys.pop("set", None)
        if edits is None or edits.broken:
            return
        if not isinstance(edits, yaml.Mapping):
            self.problems.say(
                "E108",
                "set must be a mapping from path to value",
                edits.where,
                path="set",
                help="write set: {vars.classes: 10}",
            )
            return
        self._apply_set(tree, edits)

    def _apply_set(self, tree: yaml.Mapping, edits: yaml.Mapping) -> None:
        for path, value in edits.entries.items():
            try:
                if path.startswith("vars.") and path.count(".") == 1:
                    self._note_new_variable(tree, path[5:], value, edits.keys[path])
                _edit(tree, path, value, edits.keys[path])
            except _EditMistake as mistake:
                self.problems.say("E209", mistake.message, edits.keys[path], path=path, help=mistake.help)

    def _note_new_variable(self, tree: yaml.Mapping, name: str, value: yaml.Tree, where: Where) -> None:
        """Remember a variable that an edit makes: if nothing uses it, its name is probably misspelt."""
        if _is_null(value):
            self.new_variables.pop(name, None)
            return
        known = tree.entries.get("vars")
        names = known.entries if isinstance(known, yaml.Mapping) else {}
        if name not in names:
            near = nearest(name, names)
            help = f"write vars.{near}" if near else "use it as $" + name
            message = f"no variable {show_value(name)} was there before, and nothing uses it"
            self.new_variables[name] = Diagnostic("W202", message, where, path=f"vars.{name}", help=help)

    # -------------------------------------------------------------------------------------------------------- libraries

    def _libraries(self, tree: yaml.Mapping) -> list[yaml.Mapping]:
        use = tree.entries.get("use")
        if use is None or use.broken:
            return []
        if not isinstance(use, yaml.Sequence):
            self._fail("E108", "use must be a list of files", use.where, "write use: [blocks.yaml]")
        libraries: dict[Path, yaml.Mapping] = {}
        if len(use.items) > MAX_LIBRARIES:
            message = f"{len(use.items):,} files to use; {MAX_LIBRARIES} are allowed"
            self._fail("E409", message, tree.keys["use"], "put the blocks of several files into one")
        failed: set[str] = set()
        for item in use.items:
            try:
                found = self._other_file(item, "use")
                if found not in libraries and str(found) not in failed:
                    failed.add(str(found))
                    libraries[found] = self._library(found, item.where)
            except SpecError:  # it is in the problems; what does not need this file can still be checked
                self.libraries_missing = True
        return list(libraries.values())

    def _library(self, found: Path, where: Where) -> yaml.Mapping:
        """Read a file of blocks. Raises `SpecError` where it can't be read, or is a whole spec."""
        source = self._open(found, where)
        self.brought.setdefault(source.name, Related("it is used here", where))
        tree = self._read(source)
        whole = next((key for key in tree.entries if key in ("input", "inputs", "stages", "head", "extends")), None)
        if whole is None:
            return tree
        message = f"{escape(found.name)} is a spec; use takes files that hold only blocks"
        related = (Related("this makes it a spec", tree.keys[whole]),)
        help = "write extends to change that spec, or move its blocks to a file of their own"
        self.problems.say("E208", message, where, help=help, related=related)
        raise SpecError(self.problems.all)

    # ------------------------------------------------------------------------------------------------------------ files

    def _read(self, source: Source) -> yaml.Mapping:
        tree: yaml.Tree
        try:
            tree, found = yaml.read(source, self.limits)
        except SpecError as error:
            for diagnostic in error.diagnostics:
                self.problems.add(diagnostic)
            raise SpecError(self.problems.all) from None
        for diagnostic in found:
            self.problems.add(diagnostic)
        if not isinstance(tree, yaml.Mapping):
            self._fail("E009", "a spec is a mapping from keys to values", tree.where, "begin with netspec: 1")
        return _owned(tree)

    def _other_file(self, tree: yaml.Tree, what: str) -> Path:
        """Find the file that ``extends`` or ``use`` names; refuse all that is not a plain file below the root."""
        if not isinstance(tree, yaml.Scalar) or not isinstance(tree.value, str) or not tree.value:
            shown = show_value(yaml.plain(tree))
            self._fail("E208", f"{what} names a file by a path relative to this one, not {shown}", tree.where)
        written, shown = tree.value, show_value(tree.value)
        if self.root is None:
            message = f"{what} needs a folder to look in, and this spec was not read from a file"
            self._fail("E208", message, tree.where, "give the spec as a file, or name the folder with --root")
        if written.startswith("$"):
            self._fail("E208", f"{what} is written out; {shown} is an expression, and can't stand here", tree.where)
        if "://" in written:
            self._fail("E208", f"{shown} is an address; nothing is fetched", tree.where, "put the file beside the spec")
        relative = Path(written)
        written_in = self.paths.get(tree.where.source.name, self.main)
        folder = written_in.resolve().parent if written_in else self.root
        if relative.is_absolute():
            self._fail("E208", f"{shown} is not a relative path", tree.where, "write the path from this file's folder")
        try:
            found = (folder / relative).resolve()
            inside = found.is_relative_to(self.root)
        except (OSError, RuntimeError, ValueError):
            self._fail("E208", f"{shown} can't be followed", tree.where)
        if not inside:
            self._fail("E208", f"{shown} is outside of the spec's folder", tree.where, "move it in, or use --root")
        return found

    def _open(self, found: Path, where: Where) -> Source:
        shown = _shown(found, self.main)
        text, mistake = read_text(found, self.limits)
        if mistake:
            code, message = mistake
            missing = code == "E001"
            self._fail(
                "E208" if missing else code, f"{escape(shown)} {message}", where, self._near(found) if missing else ""
            )
        self.paths[shown] = found
        self.characters += len(text)
        if self.characters > FILES_TOGETHER * self.limits.file_bytes:
            allowed = f"{FILES_TOGETHER * self.limits.file_bytes:,} characters are allowed for all files together"
            self._fail("E402", f"with {escape(shown)} this spec is too large: {allowed}", where)
        return Source(shown, text)

    def _near(self, found: Path) -> str:
        """Name a file that may be meant, of the folder that a missing one should be in."""
        if self.root is None or not found.parent.is_relative_to(self.root):
            return ""
        try:
            names = sorted(item.name for item in found.parent.iterdir() if item.suffix in (".yaml", ".yml"))[:500]
        except OSError:
            return ""
        near = nearest(found.name, names)
        return f"there is {near}" if near else ""

    def _fail(self, code: str, message: str, where: Where, help: str = "") -> NoReturn:
        self.problems.say(code, message, where, help=help)
        raise SpecError(self.problems.all)


def _shown(found: Path, path: Path | None) -> str:
    """Name a file as a person would, relative to the spec that was given."""
    if path is None:
        return found.name
    return os.path.normpath(path.parent / os.path.relpath(found, path.resolve().parent))


def read_text(path: Path, limits: Limits) -> tuple[str, tuple[str, str] | None]:
    """Read a regular file of at most the allowed size; what prevents it is given back as a code and words."""
    try:
        kind = path.stat().st_mode  # before it is opened: that can do something, where it is a device
        if not stat.S_ISREG(kind):
            return "", ("E001", "is a folder, not a file" if stat.S_ISDIR(kind) else "is not a regular file")
        # O_NONBLOCK: opening a named pipe must not wait for somebody to write to it
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return "", ("E001", "does not exist")
    except (OSError, ValueError) as error:
        return "", ("E001", f"can't be opened: {getattr(error, 'strerror', None) or error}")
    kind = os.fstat(handle).st_mode
    if not stat.S_ISREG(kind):
        os.close(handle)
        return "", ("E001", "is a folder, not a file" if stat.S_ISDIR(kind) else "is not a regular file")
    with os.fdopen(handle, "rb") as file:
        data = file.read(limits.file_bytes + 1)
    return decode(data, limits)


def decode(data: bytes, limits: Limits) -> tuple[str, tuple[str, str] | None]:
    """Turn the bytes of a file into text; a byte order mark is allowed."""
    if len(data) > limits.file_bytes:
        return "", ("E402", f"is larger than {limits.file_bytes:,} bytes")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "", ("E002", "is UTF-16; save it as UTF-8")
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return "", ("E002", f"is not UTF-8: byte 0x{data[error.start]:02x} in line {line}; save it as UTF-8")


# ------------------------------------------------------------------------------------------------------ laying one over


def _owned(tree: yaml.Mapping) -> yaml.Mapping:
    """Copy the collections of a tree, so that edits can't show through an alias. Scalars are shared."""
    copied = _copy(tree)
    assert isinstance(copied, yaml.Mapping)
    return copied


def _copy(tree: yaml.Tree) -> yaml.Tree:
    if isinstance(tree, yaml.Scalar):
        return tree
    if isinstance(tree, yaml.Sequence):
        return replace(tree, items=[_copy(item) for item in tree.items])
    return replace(tree, entries={key: _copy(item) for key, item in tree.entries.items()}, keys=dict(tree.keys))


def _is_null(tree: yaml.Tree) -> bool:
    return isinstance(tree, yaml.Scalar) and tree.value is None and not tree.broken


def _overlay(base: yaml.Mapping, variant: yaml.Mapping) -> yaml.Mapping:
    """Lay a variant over its base: mappings merge key by key, everything else replaces, null removes.

    A stage that only the variant has goes after the one it follows in the variant's text, if the base has that one.
    """
    merged = _merge(base, variant)
    mine, theirs = variant.entries.get("stages"), base.entries.get("stages")
    if isinstance(mine, yaml.Mapping) and isinstance(theirs, yaml.Mapping):
        stages = merged.entries["stages"]
        assert isinstance(stages, yaml.Mapping)
        order = list(theirs.entries)
        before: str | None = None
        for name in mine.entries:
            if name not in theirs.entries and name in stages.entries:
                order.insert(order.index(before) + 1 if before in order else len(order), name)
            before = name
        stages.entries = {name: stages.entries[name] for name in order if name in stages.entries}
    return merged


def _merge(base: yaml.Mapping, variant: yaml.Mapping) -> yaml.Mapping:
    entries, keys = dict(base.entries), dict(base.keys)
    for key, item in variant.entries.items():
        below = entries.get(key)
        if below is not None and _is_null(item):
            del entries[key], keys[key]
            continue
        if isinstance(below, yaml.Mapping) and isinstance(item, yaml.Mapping):
            entries[key] = _merge(below, item)
        else:
            entries[key] = item
        keys[key] = variant.keys[key]
    return yaml.Mapping(entries, variant.where, keys, base.broken or variant.broken)


# ------------------------------------------------------------------------------------------------------------------ set


class _EditMistake(Exception):
    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


Container = yaml.Mapping | yaml.Sequence


def _edit(tree: yaml.Mapping, path: str, value: yaml.Tree, where: Where) -> None:
    """Carry out one edit. Raises `_EditMistake` where the path leads nowhere."""
    segments = path.split(".")
    other = re.sub(r"\[\s*['\"]?([\w+-]+)['\"]?\s*\]", r".\1", path, flags=re.ASCII).replace("/", ".")
    if other != path and all(other.split(".")):
        raise _EditMistake(f"{show_value(path)} is not a path", f"write {other}")
    if not all(segments):
        raise _EditMistake(
            f"{show_value(path)} is not a path",
            "write keys, positions and names with dots between them: stages.stage2.0.filters",
        )
    if segments[0] in ("extends", "set"):
        raise _EditMistake(f"{segments[0]} is worked out before edits are made; it can't be edited")
    here: Container = tree
    for index, segment in enumerate(segments[:-1]):
        done = ".".join(segments[: index + 1])
        # A mapping that is not there yet is made, where the rest of the path is one that a new mapping can have.
        names = all(NAME.match(later) for later in segments[index:])
        here = _step_into(here, segment, done, where, make=names and not _is_null(value))
    if isinstance(here, yaml.Mapping):
        _edit_entry(here, segments[-1], path, value, where)
    else:
        _edit_item(here, segments[-1], path, value)


def _step_into(here: Container, segment: str, path: str, where: Where, *, make: bool) -> Container:
    if isinstance(here, yaml.Mapping):
        if segment == "merge" and segment in here.entries:
            here.entries[segment] = _written_out(here.entries[segment])
        below = here.entries.get(segment)
        if below is None:
            if not make or nearest(segment, here.entries):
                raise _nothing_at(here, segment, path)
            below = yaml.Mapping({}, where)
            here.entries[segment], here.keys[segment] = below, where
            return below
    else:
        position = _position(here, segment, path)
        below = here.items[position] = _written_out(here.items[position])
    if isinstance(below, yaml.Scalar):
        raise _EditMistake(f"{path} is {show_value(below.value)}, which has nothing inside")
    return below


def _written_out(tree: yaml.Tree) -> yaml.Tree:
    """Write out a bare name, which is a node with no options, so that it can be given one."""
    if isinstance(tree, yaml.Scalar) and isinstance(tree.value, str):
        return yaml.Mapping({"type": tree}, tree.where, {"type": tree.where})
    return tree


def _edit_entry(here: yaml.Mapping, key: str, path: str, value: yaml.Tree, where: Where) -> None:
    if _is_null(value):
        if key not in here.entries:
            raise _nothing_at(here, key, path)
        del here.entries[key], here.keys[key]
        return
    if key.startswith("+"):
        raise _EditMistake(f"{path}: + inserts into a list, and this is a mapping", "write the new key's name")
    here.entries[key], here.keys[key] = value, where


def _edit_item(here: yaml.Sequence, segment: str, path: str, value: yaml.Tree) -> None:
    if segment.startswith("+"):
        if _is_null(value):
            raise _EditMistake(f"{path}: null removes, and + inserts")
        at = len(here.items) if segment == "+" else _number(segment[1:], here, path, last=len(here.items))
        here.items[at:at] = value.items if isinstance(value, yaml.Sequence) else [value]
        return
    position = _position(here, segment, path)
    if _is_null(value):
        del here.items[position]
    else:
        here.items[position] = value


def _position(here: yaml.Sequence, segment: str, path: str) -> int:
    """Find an item of a list by its position or its node's name."""
    if segment.isascii() and segment.isdigit():
        return _number(segment, here, path, last=len(here.items) - 1)
    names: list[str] = []
    for index, item in enumerate(here.items):
        name = item.entries.get("name") if isinstance(item, yaml.Mapping) else None
        if isinstance(name, yaml.Scalar) and isinstance(name.value, str):
            if name.value == segment:
                return index
            names.append(name.value)
    near = nearest(segment, names)
    raise _EditMistake(
        f"{path}: no item of this list has the name {show_value(segment)}",
        f"write {near}" if near else "name an item by its position from 0, or give its node a name",
    )


def _number(text: str, here: yaml.Sequence, path: str, last: int) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise _EditMistake(f"{path}: {show_value(text)} is not a position", "positions count from 0")
    if int(text) > last:
        count = len(here.items)
        raise _EditMistake(f"{path}: there is no item {text}; the list has {count}", f"positions go from 0 to {last}")
    return int(text)


def _nothing_at(here: yaml.Mapping, key: str, path: str) -> _EditMistake:
    near = nearest(key, here.entries)
    stages = here.entries.get("stages") if path == key else None
    if isinstance(stages, yaml.Mapping) and key in stages.entries:
        return _EditMistake(f"{path}: there is no {show_value(key)} here", f"it is a stage: write stages.{key}…")
    known = ", ".join(list(here.entries)[:8])
    return _EditMistake(
        f"{path}: there is no {show_value(key)} here",
        f"write {near}" if near else f"there are {known}" if known else "",
    )


def _edit_tree(path: str, value: Any, problems: Problems, limits: Limits) -> yaml.Mapping:
    """Make a one-edit mapping of ``--set PATH=VALUE``, or of a value given from Python."""
    text = str(value) if isinstance(value, CommandLineText) else to_yaml(value)
    source = Source("--set", f"{path}={text}")
    start = len(path) + 1
    key = Where(source, 1, 1, 1, start)
    if not text.strip():
        return yaml.Mapping({path: yaml.Scalar(None, key)}, key, {path: key})
    try:
        # Blanks in place of the path: columns are then those of what was typed.
        tree, found = yaml.read(source, limits, " " * start + text)
    except SpecError as error:
        for diagnostic in error.diagnostics:
            problems.add(diagnostic)
        raise SpecError(problems.all) from None
    for diagnostic in found:
        problems.add(diagnostic)
    return yaml.Mapping({path: tree}, key, {path: key})


class CommandLineText(str):
    """A value as typed after ``--set PATH=``: YAML text, not a value yet."""


def to_yaml(value: Any) -> str:
    """Write a Python value as YAML that reads back as the same value. Raises `SpecError` for what no spec can hold."""
    import json

    try:
        return json.dumps(_json_ready(value, 0), ensure_ascii=False, indent=1, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        source = Source("<Python>", "")
        where = Where(source, 1, 1, 1, 1)
        raise SpecError(
            [Diagnostic("E108", f"this value can't stand in a spec: {escape(str(error))}", where)]
        ) from None


def _json_ready(value: Any, depth: int) -> Any:
    """Accept tuples, NumPy numbers and paths the way Python users hand them over."""
    if depth > 200:
        raise ValueError("it is nested too deeply")
    if isinstance(value, Mapping):
        return {_text_key(key): _json_ready(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_ready(item, depth + 1) for item in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if not isinstance(value, str | bool | int | float | None) and hasattr(value, "item"):
        return value.item()
    return value


def _text_key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a key must be text, not {key!r}")
    return key

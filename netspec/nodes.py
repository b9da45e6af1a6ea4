"""Nodes: from the tree of a list to steps, with types, options, names and references read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from netspec import yaml
from netspec.checks import check_repeat, check_when, report_mistakes
from netspec.errors import Diagnostic, Mistake, RegistrationError, Where
from netspec.expressions import expression_meant, value_of
from netspec.layer import TYPES, call_options
from netspec.options import NODE_KEYS, shorten, show_value
from netspec.plugins import find, installed
from netspec.reader import Reader
from netspec.references import POSITIONAL
from netspec.registry import NAME, Mistakes, Type
from netspec.suggest import fold, nearest
from netspec.syntax import Branches, Call, Group, Located, Share, Source, Step, YamlBlock
from netspec.values import Value, constant

if TYPE_CHECKING:
    from netspec.not_nodes import Explained

BODY_KEYS = ("type", "nodes", "branches", "share")
COMMON_KEYS = ("name", "from", "repeat", "when")
GROUP_KEYS = ("nodes", *COMMON_KEYS)
BRANCHES_KEYS = ("branches", "merge", *COMMON_KEYS)
INPUT_WORDS = ("input", "inputs", "inputlayer", "kerasinput", "placeholder")
SHARE_KEYS = ("share", *COMMON_KEYS)


MAX_GUESSED = 100
"""For so many mistakes it is guessed what a node without type was meant to be; 20 are shown."""


class Scope:
    """The names taken where a list of nodes stands; ``own`` says that its nodes are not part of the list around it."""

    def __init__(self, names: dict[str, Where], *, own: bool = True) -> None:
        self.names = names
        self.own = own


class NodeReader:
    """Reads lists of nodes. ``blocks`` and ``defaults`` are the spec's; they are filled while it is read."""

    def __init__(self, reader: Reader, blocks: dict[str, YamlBlock], defaults: dict[str, dict[str, Value]]) -> None:
        self.read = reader
        self.blocks = blocks
        self.broken_blocks: set[str] = set()
        self.blocks_missing = False  # blocks that are not known are not mistakes then
        self.alone = False  # it is a library, and what it uses may be in any other
        self.input_as_node = False  # so the spec's input isn't missing, but in the wrong place
        self.conditional: set[Where] = set()  # places of names whose nodes have a condition
        self.defaults = defaults

    def steps(self, tree: yaml.Tree, path: str, scope: Scope, key: Where | None = None) -> list[Step]:
        """Read a list of nodes; ``key`` is where it is named."""
        if not isinstance(tree, yaml.Sequence):
            if not tree.broken:
                what = path if path.startswith(("stages.", "head")) else "nodes"
                help = "begin each node with a dash: - relu"
                if ".branches." in path:
                    help = "write each branch as a list: [[relu], []]; [] is the input itself"
                if isinstance(tree, yaml.Mapping) and any(
                    kind in tree.entries for kind in ("type", "branches", "share")
                ):
                    key = None  # one node whose dash is missing, not a mapping of something else
                elif isinstance(tree, yaml.Scalar) and isinstance(tree.value, str):
                    key = None
                    first = shorten(tree.value.lstrip("-").split(" - ")[0])
                    space = ": a space follows each dash" if tree.value.startswith("-") else ""
                    help = f"begin each node with a dash: - {first}{space}" if ".branches." not in path else help
                self.read.wrong_kind("E108", f"{what} must be a list of nodes", tree, path, help, key)
            return []
        items = tree.items
        if any(self._lacks_type(item) for item in items[1:]):
            from netspec.not_nodes import join_stray_options

            items = join_stray_options(items, self._type, lambda stray: self._explained(stray, path))
        steps = [self.step(item, f"{path}.{index}", scope) for index, item in enumerate(items)]
        if scope.own:
            _label(steps)
        return steps

    def _lacks_type(self, tree: yaml.Tree) -> bool:
        return isinstance(tree, yaml.Mapping) and not any(key in tree.entries for key in BODY_KEYS)

    def _type(self, name: str) -> Type | None:
        return self.blocks.get(name) or TYPES.get(name)

    def _type_meant(self, name: str) -> Type | None:
        near = TYPES.nearest(name, self.blocks)
        return self._type(near) if near else None

    def _explained(self, found: Explained, path: str) -> None:
        self.read.problems.say("E109", found.message, found.where, path=path, help=found.help)

    def step(self, tree: yaml.Tree, path: str, scope: Scope) -> Step:
        broken = Step(tree.where, path, None)
        if tree.broken:
            if isinstance(tree, yaml.Mapping):  # its name is known all the same
                self._node_keys(broken, tree, path, scope.names)
            return broken
        if isinstance(tree, yaml.Scalar):
            if not isinstance(tree.value, str):
                self._not_a_node(tree, path)
                return broken
            entry = self.find_type(tree.value, tree.where, path)
            nothing = yaml.Mapping({}, tree.where)
            body = self._call(entry, nothing, path) if entry else self._meant(tree.value, nothing, path)
            return Step(tree.where, path, body)
        if isinstance(tree, yaml.Sequence):
            self._not_a_node(tree, path)
            return self.step(tree.items[0], path, scope) if len(tree.items) == 1 else broken
        if not all(key.isidentifier() for key in tree.entries):
            from netspec.not_nodes import with_swallowed_keys

            tree = with_swallowed_keys(tree)
        kinds = [key for key in BODY_KEYS if key in tree.entries]
        step = Step(tree.where, path, None)
        self._node_keys(step, tree, path, scope.names)
        if len(kinds) != 1:
            self._not_one_kind(tree, kinds, path)
            return step
        transparent = step.name is None and step.repeat is None
        read: Callable[[yaml.Mapping, str, Scope], Any] = getattr(self, f"_read_{kinds[0]}")
        step.body = read(tree, path, Scope(scope.names, own=False) if transparent else Scope({}))
        return step

    def _not_a_node(self, tree: yaml.Tree, path: str) -> None:
        help = "write - relu, or - {type: conv2d, filters: 64, kernel_size: 3}"
        if isinstance(tree, yaml.Sequence) and len(tree.items) == 1 and tree.items[0].where.line == tree.where.line:
            from netspec.not_nodes import as_written

            help = f"one dash or bracket too many: write - {shorten(as_written(tree.items[0]))}"
        self.read.wrong_kind("E109", "a node is a name or a mapping", tree, path, help)

    def _not_one_kind(self, tree: yaml.Mapping, kinds: list[str], path: str) -> None:
        if kinds:
            self.read.problems.say(
                "E109",
                f"a node has one of {', '.join(BODY_KEYS)}, not {' and '.join(kinds)}",
                tree.keys[kinds[1]],
                path=path,
                help="make two nodes of it",
            )
            return
        from netspec.not_nodes import without_type

        few = len(self.read.problems.found) < MAX_GUESSED
        if few and (explained := without_type(tree, lambda name: self._type(name) or self._type_meant(name))):
            self._explained(explained, path)
            return
        near = next((key for key in tree.entries if nearest(key, BODY_KEYS)), None)
        help = f"write {nearest(near, BODY_KEYS)} instead of {near}" if near else "write {type: …} for a layer or block"
        self.read.problems.say(
            "E109", f"this node has none of {', '.join(BODY_KEYS)}", tree.where, path=path, help=help
        )

    def _node_keys(self, step: Step, tree: yaml.Mapping, path: str, names: dict[str, Where]) -> None:
        entries = tree.entries
        if "name" in entries:
            name = entries["name"]
            if not isinstance(name, yaml.Scalar) or not isinstance(name.value, str):
                self.read.wrong_kind("E110", "a name must be text", name, f"{path}.name")
            elif self.read.name(name.value, name.where, f"{path}.name"):
                self._claim(name.value, name.where, names, conditional="when" in entries)
                step.name = name.value
        if "from" in entries:
            step.source = self._source(entries["from"], f"{path}.from")
        if "repeat" in entries:
            step.repeat = self.read.value(entries["repeat"], f"{path}.repeat")
            if self._worked_out(step.repeat, f"{path}.repeat"):
                check_repeat(self.read.problems, step.repeat, step.repeat.constant, f"{path}.repeat", step.source)
        if "when" in entries:
            step.when = self.read.value(entries["when"], f"{path}.when")
            if self._worked_out(step.when, f"{path}.when"):
                check_when(self.read.problems, step.when, step.when.constant, f"{path}.when")

    def _worked_out(self, value: Value, path: str) -> bool:
        """Whether a value is known here. A text that was meant to be an expression is reported."""
        known = value.is_constant and not value.broken
        return known and not self.read.unmarked(value, self._variables(path), path)

    def _variables(self, path: str) -> set[str]:
        """The names that an expression at a place can use."""
        block = self.blocks.get(path.split(".")[1]) if path.startswith("blocks.") else None
        if block is None:
            return {*self.read.variable_names, *POSITIONAL}
        own = self.read.variable_names if block.sees_vars else set()
        return {*own, *block.params, *block.vars, *POSITIONAL}

    def _claim(self, name: str, where: Where, names: dict[str, Where], *, conditional: bool) -> None:
        """Take a name. Nodes with conditions may share one, where only one of them is there; expanding sees to that."""
        if not (conditional and name in names and names[name] in self.conditional):
            self.read.claim(name, where, names)
        if conditional:
            self.conditional.add(where)

    def _source(self, tree: yaml.Tree, path: str) -> Source | None:
        if tree.broken:
            return None
        if isinstance(tree, yaml.Mapping):
            named = {name: self._located(item, f"{path}.{name}") for name, item in tree.entries.items()}
            return Source(named, tree.where)
        items = tree.items if isinstance(tree, yaml.Sequence) else [tree]
        if not items:
            self.read.problems.say(
                "E207", "from is an empty list", tree.where, path=path, help="leave from out to take what just flowed"
            )
            return None
        return Source(tuple(self._located(item, path) for item in items), tree.where)

    def _located(self, tree: yaml.Tree, path: str) -> Located:
        return Located(self.read.reference(tree, path), tree.where)

    def _read_type(self, tree: yaml.Mapping, path: str, scope: Scope) -> Call | None:
        type_tree = tree.entries["type"]
        if not isinstance(type_tree, yaml.Scalar) or not isinstance(type_tree.value, str):
            if not type_tree.broken:
                self.read.wrong_kind("E109", "type must be the name of a layer or block", type_tree, f"{path}.type")
            return None
        entry = self.find_type(type_tree.value, type_tree.where, f"{path}.type")
        return self._call(entry, tree, path) if entry else self._meant(type_tree.value, tree, path)

    def _meant(self, name: str, tree: yaml.Mapping, path: str) -> Call | None:
        """Read a node whose type does not exist as the one that was suggested.

        Where that is a guess, only if all its options suit it: nothing is said of options by a wrong guess.
        """
        if name in self.broken_blocks:
            return None
        if certain := TYPES.nearest(name, self.blocks, guess=False):
            entry = self._type(certain)
            return self._call(entry, tree, path) if entry else None
        near = TYPES.nearest(name, self.blocks)
        entry = None if near is None else self.blocks.get(near) or TYPES.get(near)
        if entry is None:
            return None
        written = {name: item for name, item in tree.entries.items() if name not in NODE_KEYS}
        options = {name: self.read.value(item, f"{path}.{name}") for name, item in written.items()}
        defaults = {name: value for name, value in self.defaults.get(entry.name, {}).items() if name not in written}
        if next(entry.check_names({**defaults, **options}), None):
            return None
        if any(self._wrong(entry, option, value) for option, value in options.items()):
            return None
        return Call(entry, options, defaults)

    def _wrong(self, entry: Type, name: str, value: Value) -> bool:
        """Whether a value can't be that of an option; one that has to be worked out may be good."""
        return value.broken or (value.is_constant and any(True for _ in entry.check_value(name, value.constant)))

    def _read_nodes(self, tree: yaml.Mapping, path: str, scope: Scope) -> Group:
        self.read.known_keys(tree, GROUP_KEYS, path, what="a group")
        return Group(self.steps(tree.entries["nodes"], f"{path}.nodes", scope, tree.keys["nodes"]))

    def _read_branches(self, tree: yaml.Mapping, path: str, scope: Scope) -> Branches | None:
        self.read.known_keys(tree, BRANCHES_KEYS, path, what="a branches node")
        written = tree.entries["branches"]
        if not isinstance(written, yaml.Sequence) or not written.items:
            if not written.broken:
                self.read.wrong_kind(
                    "E108",
                    "branches must be a list of lists of nodes",
                    written,
                    f"{path}.branches",
                    "write branches: [[…], […]]",
                    tree.keys["branches"],
                )
            return None
        inside = Scope(scope.names, own=False)
        branches = [self.steps(item, f"{path}.branches.{index}", inside) for index, item in enumerate(written.items)]
        merge = tree.entries.get("merge")
        if merge is None:
            message = "branches need merge, the node that joins them"
            self.read.missing(
                tree, ["merge"], BRANCHES_KEYS, message, path=path, help="write merge: add, or merge: concatenate"
            )
            return None
        if isinstance(merge, yaml.Sequence):
            help = "write merge: add, or another node, without a list"
            self.read.wrong_kind("E109", "merge is one node", merge, f"{path}.merge", help, tree.keys["merge"])
            return Branches(branches, Step(merge.where, f"{path}.merge", None))
        step = self.step(merge, f"{path}.merge", inside)
        if step.body is not None and not isinstance(step.body, Call):
            self.read.problems.say(
                "E109",
                "merge is a layer or block that joins the branches",
                merge.where,
                path=f"{path}.merge",
                help="write merge: add",
            )
            step.body = None
        for key in ("from", "repeat", "when"):
            if isinstance(merge, yaml.Mapping) and key in merge.entries:
                self.read.problems.say(
                    "E106",
                    f"merge has no {key}: its inputs are the ends of the branches",
                    merge.keys[key],
                    path=f"{path}.merge.{key}",
                )
        if scope.own:
            _label([*(inner for branch in branches for inner in branch), step])
        return Branches(branches, step)

    def _read_share(self, tree: yaml.Mapping, path: str, scope: Scope) -> Share | None:
        at_call = call_options()
        self.read.known_keys(tree, SHARE_KEYS, path, what="a shared call", also=at_call)
        written = tree.entries["share"]
        reference = self.read.reference(written, f"{path}.share")
        if reference is None:
            return None
        if reference.flows or reference.path == ("input",):
            self.read.problems.say(
                "E212",
                f"share names a layer, block or group; {reference.text} is a tensor",
                written.where,
                path=f"{path}.share",
                help="give the layer a name and share that",
            )
            return None
        options = {key: self.read.value(tree.entries[key], f"{path}.{key}") for key in tree.entries if key in at_call}
        return Share(reference, written.where, options)

    def _call(self, entry: Type, tree: yaml.Mapping, path: str) -> Call | None:
        written = {name: item for name, item in tree.entries.items() if name not in NODE_KEYS}
        written, keys = self._unnested(entry, written, tree, path)
        if "merge" in tree.entries:
            help = "merge joins branches: {branches: [[…], […]], merge: add}"
            message = f"{entry.name} has no key 'merge'"
            self.read.problems.say("E106", message, tree.keys["merge"], path=f"{path}.merge", help=help)
        defaults = {name: value for name, value in self.defaults.get(entry.name, {}).items() if name not in written}
        options: dict[str, Value] = {}
        doubtful: set[str] = set()
        good = True
        for mistake in entry.check_names({**defaults, **written}, NODE_KEYS):
            good = False
            name = str(mistake.option[0]) if mistake.option else None
            near = entry.meant(name, {**written, **options}) if name else None
            if name and near is None and (cut := self.read.cut_at_comma(tree, name)):
                mistake.help = cut
            elif name and near is None and not entry.note(name):
                self._known_elsewhere(mistake, entry, written)
            self.read.problems.mistake(mistake, keys[name] if name else tree.where, f"{path}.{name}" if name else path)
            if name and near:
                options[near] = value = self.read.value(written[name], f"{path}.{name}")
                if not value.is_constant or self._wrong(entry, near, value):
                    doubtful.add(near)
            else:
                doubtful |= set(entry.options) if name else entry.missing({**defaults, **written})
        good = self._read_options(entry, written, path, options, doubtful) and good
        call = Call(entry, options, defaults, None if good else doubtful)
        everything = {**defaults, **options}
        if good and not isinstance(entry, YamlBlock) and all(value.is_constant for value in everything.values()):
            try:
                call.bound = entry.bind({name: value.constant for name, value in everything.items()})
            except Mistakes as mistakes:
                report_mistakes(self.read.problems, mistakes.mistakes, everything, tree.where, path)
                call.doubtful = entry.doubtful(mistakes.mistakes)
        return call

    def _read_options(
        self, entry: Type, written: Mapping[str, yaml.Tree], path: str, options: dict[str, Value], doubtful: set[str]
    ) -> bool:
        """Read the options that exist, and say whether all are good.

        A misspelt word is taken for the one that was meant, to go on with; what can't be told is in doubt.
        """
        good = not doubtful
        for name, item in written.items():
            if name not in entry.options:
                continue
            options[name] = self.option(entry, name, item, f"{path}.{name}")
            if options[name].broken:
                good = False
                meant = entry.options[name].choice_meant(options[name].constant)
                if meant is None:
                    doubtful.add(name)
                else:
                    options[name] = constant(meant, item)
        return good

    def _unnested(
        self, entry: Type, written: dict[str, yaml.Tree], tree: yaml.Mapping, path: str
    ) -> tuple[dict[str, yaml.Tree], dict[str, Where]]:
        """Take options out of a mapping of their own (``params: {units: 64}``), which is reported."""
        options: dict[str, yaml.Tree] = {}
        keys = dict(tree.keys)
        for name, item in written.items():
            inner = item.entries if isinstance(item, yaml.Mapping) and name not in entry.options else {}
            if not any(option in entry.options for option in inner):
                options[name] = item
                continue
            assert isinstance(item, yaml.Mapping)
            first = next(option for option in inner if option in entry.options)
            shown = yaml.plain(inner[first])
            message = f"{entry.name} has no option {show_value(name)}"
            help = f"write the options beside type: {{type: {entry.name}, {first}: {show_value(shown)}, …}}"
            self.read.problems.say("E102", message, tree.keys[name], path=f"{path}.{name}", help=help)
            options.update(inner)
            keys.update(item.keys)
        return options, keys

    def _known_elsewhere(self, mistake: Mistake, entry: Type, written: Mapping[str, object]) -> None:
        """Where an option has no meaning here, name a type of the same family that has it."""
        able = [other for other in TYPES if other.family == entry.family and all(n in other.options for n in written)]
        if able:
            near = min(able, key=lambda other: other.name[-2:] != entry.name[-2:])  # of the same number of axes
            mistake.help = f"{near.name} has it; {mistake.help}"

    def option(self, entry: Type, name: str, tree: yaml.Tree, path: str) -> Value:
        if entry.options[name].kind == "layer":
            tree = self._with_defaults(tree)
        value = self.read.value(tree, path)
        if value.is_constant and not value.broken:
            for mistake in entry.check_value(name, value.constant):
                help = self._expression(entry, name, value, mistake, path) or mistake.help
                inside = ".".join(map(str, [path, *mistake.option[1:]]))
                self.read.problems.add(
                    Diagnostic(mistake.code, mistake.message, value.find(mistake), path=inside, help=help)
                )
                value.broken = True
        return value

    def _with_defaults(self, tree: yaml.Tree) -> yaml.Tree:
        """Add to a layer that an option takes what ``defaults`` says of its type."""
        written = tree if isinstance(tree, yaml.Mapping) else yaml.Mapping({"type": tree}, tree.where)
        defaults = self.defaults.get(str(yaml.plain(written.entries.get("type", written))))
        if not defaults:
            return tree
        added = {name: value.tree for name, value in defaults.items() if name not in written.entries}
        return yaml.Mapping({**written.entries, **added}, written.where, written.keys, written.broken)

    def _expression(self, entry: Type, name: str, value: Value, mistake: Mistake, path: str) -> str:
        """Say how a text is written that was meant to be an expression."""
        text = value.constant
        for step in mistake.option[1:]:
            if isinstance(text, list) and isinstance(step, int) and step < len(text):
                text = text[step]
        if isinstance(text, dict) and len(text) == 1 and None in text.values():  # {classes}, braces as in a template
            text = next(iter(text))
        names = self._variables(path)
        if not isinstance(text, str) or (mistake.help and text not in names - {*POSITIONAL}):
            return ""
        meant = expression_meant(text, names)
        if meant and value.constant == text and (known := value_of(meant)) is not None:
            return "" if any(True for _ in entry.check_value(name, known)) else f"write {meant}"
        return f"write {meant}" if meant else ""

    def find_type(self, name: str, where: Where, path: str) -> Type | None:
        if name in self.blocks:
            return self.blocks[name]
        if name in self.broken_blocks:
            return None
        if fold(name) in INPUT_WORDS:
            self.input_as_node = True
            help = "the input stands at the top of the spec: input: {shape: [height, width, channels]}"
            self.read.problems.say("E101", f"there is no type {name!r}", where, path=path, help=help)
            return None
        try:
            entry = find(name)
        except RegistrationError as error:
            self.read.problems.say(
                "E113", str(error), where, path=path, help="this is a fault of the package that brings it"
            )
            return None
        if entry is None and not self._may_be_elsewhere(name):
            from netspec.not_nodes import next_node

            mistake = TYPES.unknown(name, (*self.blocks, *installed()))
            if where.end_line > where.line and (ran_together := next_node(where)):
                mistake.help, where = ran_together
            else:
                mistake.help = self._type_written(name) or mistake.help
            self.read.problems.mistake(mistake, where, path)
        return entry

    def _may_be_elsewhere(self, name: str) -> bool:
        """Whether a type that is not known may be a block of a file that is missing here."""
        if self.alone:
            return NAME.match(name) is not None and fold(name) not in {fold(entry.name) for entry in TYPES}
        return self.blocks_missing and TYPES.nearest(name, self.blocks) is None

    def _type_written(self, name: str) -> str:
        """Say how a type is written that was written as an expression, as a call, or with a comment behind it."""
        if name.startswith("$"):
            return "a type is written out; an expression can't stand here"
        from netspec.misread import from_call
        from netspec.not_nodes import COMMENT

        word = COMMENT.split(name[:200], maxsplit=1)[0]
        if word != name and self._type(word):
            return f"write {word}; a comment begins with #, after a space"
        near = self._type_meant(name) if "(" in name else None
        if re.search(r"\s.*[=:]", name[:200]) and (entry := self._type(name.split(maxsplit=1)[0].rstrip(",:"))):
            near, name = entry, f"{entry.name}({name.partition(' ')[2].replace(': ', '=')})"
        node = from_call(name, near.name, near.options) if near else None
        return f"write {node}" if node else ""


def _flat(steps: list[Step]) -> Iterator[Step]:
    """Yield the steps of a list in the order of the text, those inside transparent ones too."""
    for step in steps:
        yield step
        if step.transparent:
            if isinstance(step.body, Group):
                yield from _flat(step.body.steps)
            elif isinstance(step.body, Branches):
                for branch in step.body.branches:
                    yield from _flat(branch)
                yield from _flat([step.body.merge])


def _label(steps: list[Step]) -> None:
    """Give every step of a list its part of built names: a name, or the type and a number for later ones of it.

    A step that is transparent has none; its nodes are counted with the list around it. The list inside a named or
    repeated one was labelled when that list was read.
    """
    counts: dict[str, int] = {}
    taken = {step.name for step in _flat(steps) if step.name}
    for step in _flat(steps):
        if step.name is not None:
            step.label = step.name
        elif not step.transparent:
            base = step.body.entry.name if isinstance(step.body, Call) else step.body.kind if step.body else "node"
            label = base
            while not step.label:
                count = counts.get(base, 0)
                counts[base] = count + 1
                label = f"{base}_{count}" if count else base
                if label not in taken:
                    step.label = label


def calls(steps: list[Step]) -> Iterator[Step]:
    """Yield every call in a list of steps, however deeply it stands."""
    for step in steps:
        body = step.body
        if isinstance(body, Call):
            yield step
        elif isinstance(body, Group):
            yield from calls(body.steps)
        elif isinstance(body, Branches):
            for branch in body.branches:
                yield from calls(branch)
            yield from calls([body.merge])

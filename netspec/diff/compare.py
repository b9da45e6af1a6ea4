"""Two networks, part by part: what has a partner, what is new, what is gone, what is another now.

Stages, blocks and layers are aligned list by list, from the outside in. What two parts read is looked at last, when it
is known which node of one network is which of the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from netspec import yaml
from netspec.diff.align import Aligner
from netspec.diff.definitions import definition, depends_on_shapes
from netspec.diff.features import GROUP, Features, Numbers, is_same, likeness, plain
from netspec.diff.side import Side
from netspec.graph import Input, Node
from netspec.layer import Layer
from netspec.outline import Kind, Part, outline
from netspec.syntax import YamlBlock
from netspec.tensors import BlockCall


class Difference(NamedTuple):
    """What is another in a part: an option by its name, or one of the words below; and its values."""

    what: str
    before: Any
    after: Any


NAME, TYPE, FROM, SHARES, OUTPUTS, PLACE = "name", "type", "from", "shares", "outputs", "place"
"""Differences that are no options; of an input ``shape`` and ``dtype`` are its options."""


@dataclass(eq=False)
class Pair:
    """A part of one network and its partner in the other; one of them is missing where it is new or gone.

    ``differences`` are its own, ``inside`` the pairs in it, where they are looked at one by one. ``follows`` says that
    what differs inside comes from the options of the block, or from the shapes that it reads.
    """

    before: Part | None
    after: Part | None
    differences: list[Difference] = field(default_factory=list)
    inside: list[Pair] = field(default_factory=list)
    follows: bool = False

    @property
    def part(self) -> Part:
        """The part as it is now, or as it was where it is gone."""
        part = self.after or self.before
        assert part is not None
        return part

    @property
    def change(self) -> str:
        """What became of it: ``added``, ``removed``, ``moved``, ``renamed`` or ``changed``; nothing if it is the same.

        A part in which something is changed is ``changed``.
        """
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        kinds = {difference.what for difference in self.differences}
        if kinds - {NAME, PLACE} or any(pair.change for pair in self.inside):
            return "changed"
        return "moved" if PLACE in kinds else "renamed" if kinds else ""

    @property
    def only_follows(self) -> bool:
        """Whether nothing has changed but what comes from changes elsewhere."""
        return self.follows and not self.differences

    @property
    def sides(self) -> tuple[Sequence[Node], Sequence[Node]]:
        return (self.before.nodes if self.before else ()), (self.after.nodes if self.after else ())

    def walk(self) -> Iterator[Pair]:
        """This pair and all inside, from the outside in."""
        yield self
        for pair in self.inside:
            yield from pair.walk()


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two networks and what differs between them. ``partners`` tells which node of the first is which of the second."""

    a: Side
    b: Side
    root: Pair
    partners: dict[Node, Node]

    @property
    def equal(self) -> bool:
        """Whether nothing differs; what the two networks are called, and what is said of them, does not count."""
        return not self.root.change

    @property
    def same_but_names(self) -> bool:
        """Whether nothing differs but names of parts."""
        return all(
            pair.before is not None and pair.after is not None and {one.what for one in pair.differences} <= {NAME}
            for pair in self.root.walk()
        )


def compare(a: Side, b: Side) -> Comparison:
    """Compare two networks."""
    return _Comparer(a, b).run()


class _Comparer:
    """Compares two networks, once."""

    def __init__(self, a: Side, b: Side) -> None:
        self.a, self.b = a, b
        self.numbers = Numbers()
        self.aligner: Aligner[Part] = Aligner(lambda part: self._of(part).exact, self._likeness)
        self.features: dict[Part, Features] = {}
        self.partners: dict[Node, Node] = {}
        self.said_at: dict[Node, Pair] = {}  # the pair that says what differs in a node of the second network
        self.partnered: set[Node] = set()  # of the second
        self.moved: set[Node] = set()  # of both

    def run(self) -> Comparison:
        root = Pair(outline(self.a.graph), outline(self.b.graph))
        self._inside(root)
        self._find_moved(root)
        self.partnered.update(self.partners.values())
        self._compare_reads()
        self._compare_outputs(root)
        self._hide_what_follows(root)
        return Comparison(self.a, self.b, root, self.partners)

    def _of(self, part: Part) -> Features:
        if part not in self.features:
            self.features[part] = Features(part, self.numbers)
        return self.features[part]

    # -- pairs

    def _inside(self, pair: Pair) -> None:
        """Pair what is inside of two parts."""
        assert pair.before is not None
        assert pair.after is not None
        for before, after in self.aligner.align(pair.before.parts, pair.after.parts):
            inner = Pair(before, after)
            pair.inside.append(inner)
            if before is not None and after is not None:
                self._pair(inner, before, after)

    def _likeness(self, a: Part, b: Part) -> float | None:
        return likeness(self._of(a), self._of(b))

    def _pair(self, pair: Pair, before: Part, after: Part) -> None:
        """Say what differs in two parts that are partners."""
        a, b = self._of(before), self._of(after)
        if a.own != b.own and (a.own or b.own):
            pair.differences.append(Difference(NAME, before.label, after.label))
        if before.kind is Kind.layer or before.kind is Kind.input:
            self._pair_nodes(pair, before.node, after.node)
            pair.differences += _layer_differences(before.node, after.node)
        elif a.key == b.key and a.names == b.names:
            for one, other in zip(before.nodes, after.nodes, strict=True):
                self._pair_nodes(pair, one, other)
        else:
            if a.key != b.key:
                pair.differences += _block_differences(a, b)
            self._inside(pair)

    def _pair_nodes(self, pair: Pair, before: Node, after: Node) -> None:
        self.partners[before] = after
        self.said_at[after] = pair

    # -- what stands elsewhere now

    def _find_moved(self, root: Pair) -> None:
        """Pair what is gone in one place and new in another, where there is just one such part."""
        gone: dict[object, list[tuple[Pair, Pair]]] = {}
        new: dict[object, list[tuple[Pair, Pair]]] = {}
        for around in root.walk():
            for pair in around.inside:
                for part, found in ((pair.before, gone), (pair.after, new)):
                    if part is not None and not (pair.before and pair.after):
                        for key in self._keys_of_moved(around, part):
                            found.setdefault(key, []).append((around, pair))
        taken: set[Pair] = set()
        for key in sorted(gone.keys() & new.keys(), key=str):
            if len(gone[key]) == len(new[key]) == 1 and not taken & {gone[key][0][1], new[key][0][1]}:
                (old_around, old), (new_around, pair) = gone[key][0], new[key][0]
                taken |= {old, pair}
                self._move(old_around, old, new_around, pair)

    def _keys_of_moved(self, around: Pair, part: Part) -> Iterator[object]:
        """What a part that moved is known by: its own name, or how it is built, in the same list; or both anywhere."""
        features = self._of(part)
        if features.own:
            yield 0, part.kind.value, id(around), features.own, features.type
        yield 1, part.kind.value, id(around), features.key
        if features.own or len(part.nodes) > 1:
            yield 2, part.kind.value, features.own, features.key

    def _move(self, old_around: Pair, old: Pair, new_around: Pair, pair: Pair) -> None:
        assert old.before is not None
        assert pair.after is not None
        pair.before = old.before
        places = (_place(old_around.inside, old, 0), _place(new_around.inside, pair, 1))
        old_around.inside.remove(old)
        self.moved.update(old.before.nodes, pair.after.nodes)
        self._pair(pair, old.before, pair.after)
        pair.differences.append(Difference(PLACE, *places))

    # -- what flows where

    def _compare_reads(self) -> None:
        for before, after in self.partners.items():
            pair = self.said_at[after]
            if not self.moved.isdisjoint((before, after)):
                continue
            if not self._read_alike(before.inputs, after.inputs):
                difference = Difference(FROM, _names(before.inputs), _names(after.inputs))
                if all(one.what != FROM for one in pair.differences):
                    pair.differences.append(difference)
            elif _owner(before) != _owner(after) and not self._own_alike(before.owner, after.owner):
                pair.differences.append(Difference(SHARES, _owner(before), _owner(after)))

    def _read_alike(self, before: Sequence[Node], after: Sequence[Node]) -> bool:
        """Whether the same is read, but for what was put in between, taken out or moved."""
        if all(map(lambda one, other: self.partners.get(one) is other, before, after)) and len(before) == len(after):
            return True
        return len(before) == len(after) and all(
            self.partners.get(one) is other or not self._origins(one, True).isdisjoint(self._origins(other, False))
            for one, other in zip(before, after, strict=True)
        )

    def _origins(self, node: Node, of_first: bool) -> set[Node]:
        """The nodes with a partner, as nodes of the second network, from which a node without one is made."""
        found: set[Node] = set()
        waiting, seen = [node], {node}
        while waiting:
            one = waiting.pop()
            known = self.partners.get(one) if of_first else one if one in self.partnered else None
            if known is not None and one not in self.moved:
                found.add(known)
                continue
            waiting += [read for read in one.inputs if read not in seen]
            seen.update(one.inputs)
        return found

    def _own_alike(self, before: Node | None, after: Node | None) -> bool:
        return before is not None and after is not None and self.partners.get(before) is after

    def _compare_outputs(self, root: Pair) -> None:
        before = [self.a.graph.nodes[name] for name in self.a.graph.outputs]
        after = [self.b.graph.nodes[name] for name in self.b.graph.outputs]
        if not self._read_alike(before, after):
            root.differences.append(Difference(OUTPUTS, _names(before), _names(after)))

    # -- what is only a consequence

    def _hide_what_follows(self, root: Pair) -> None:
        for pair in root.walk():
            if pair.before is None or pair.after is None:
                continue
            a, b = self._of(pair.before).written, self._of(pair.after).written
            if isinstance(a, BlockCall) and isinstance(b, BlockCall) and pair.change == "changed":
                because = _options(pair) or (_reads_other_shapes(pair) and depends_on_shapes(b.entry))
                pair.follows = because and definition(a.entry) == definition(b.entry)


def _reads_other_shapes(pair: Pair) -> bool:
    """Whether a block reads other shapes, and nothing differs inside but sizes that may be worked out from them."""
    assert pair.before is not None
    assert pair.after is not None
    shapes = [[node.shape for node in part.entering] for part in (pair.before, pair.after)]
    inside = [inner for one in pair.inside for inner in one.walk()]
    return (
        shapes[0] != shapes[1]
        and not pair.differences
        and all(one.before is not None and one.after is not None for one in inside)
        and all(_is_size(one.before) and _is_size(one.after) for inner in inside for one in inner.differences)
    )


def _is_size(value: Any) -> bool:
    return type(value) is int or (isinstance(value, list) and all(map(_is_size, value)))


def _layer_differences(before: Node, after: Node) -> Iterator[Difference]:
    """The type, or the options, that differ between two layers."""
    if before.type != after.type:
        yield Difference(TYPE, before.type, after.type)
    elif isinstance(before.layer, Input) and isinstance(after.layer, Input):
        if before.shape != after.shape:
            yield Difference("shape", list(before.shape), list(after.shape))
        if before.layer.dtype != after.layer.dtype:
            yield Difference("dtype", before.layer.dtype, after.layer.dtype)
    elif isinstance(before.layer, Layer) and isinstance(after.layer, Layer) and before.layer is not after.layer:
        one, other = before.layer.options(), after.layer.options()
        for name in one:
            if not is_same(one[name], other[name]):
                yield Difference(name, plain(one[name]), plain(other[name]))


def _block_differences(a: Features, b: Features) -> Iterator[Difference]:
    """The type, or the options, that differ between two blocks that are not built alike."""
    if a.type != b.type and a.part.kind is Kind.block:
        yield Difference(TYPE, _called(a), _called(b))
    if not (isinstance(a.written, BlockCall) and isinstance(b.written, BlockCall) and a.type == b.type):
        return
    names = dict.fromkeys([*a.written.entry.options, *b.written.entry.options])
    for name in names:
        one, other = _option(a.written, name), _option(b.written, name)
        if not is_same(one, other):
            yield Difference(name, one, other)


def _called(features: Features) -> str:
    return GROUP if features.type == GROUP else features.type


def _option(call: BlockCall, name: str) -> Any:
    """The value of an option of a block; its default, as written, where the call says nothing."""
    if name in call.options or not isinstance(call.entry, YamlBlock):
        return plain(call.options.get(name))
    default = call.entry.defaults.get(name)
    return None if default is None else yaml.plain(default.tree)


def _options(pair: Pair) -> bool:
    return any(difference.what not in (NAME, TYPE, FROM, SHARES, PLACE) for difference in pair.differences)


def _names(nodes: Sequence[Node]) -> list[str]:
    return [node.name for node in nodes]


def _owner(node: Node) -> str | None:
    return node.owner.name if node.owner else None


def _place(pairs: Sequence[Pair], pair: Pair, side: int) -> str:
    """Where a part stands in its list: behind which other."""
    last = ""
    for one in pairs:
        if one is pair:
            break
        part = (one.before, one.after)[side]
        last = part.label if part else last
    around = pair.part.parent
    return f"after {last}" if last else f"first of {around.label}" if around else "first"

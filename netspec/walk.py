"""Walking lists of nodes: repeats, branches, scopes, shared calls and YAML blocks become nodes of a graph.

A node whose inputs are wrong, or that depends on one that is, leaves `BROKEN` behind: what follows is still checked as
far as it can be known, and nothing is said twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from netspec.calls import STEPS_PER_USE, Caller
from netspec.checks import check_repeat, check_when
from netspec.errors import Mistake, Related, SpecError, Where
from netspec.graph import Input, Node, Presumed, Site, Words
from netspec.layer import TYPES, Layer
from netspec.limits import Limits
from netspec.options import show_value
from netspec.references import PREV, Reference
from netspec.registry import Type
from netspec.scopes import (
    BROKEN,
    Broken,
    Entry,
    Flow,
    Here,
    Names,
    Origin,
    Place,
    resolve,
    resolve_entry,
)
from netspec.suggest import INPUT_WORDS, nearest
from netspec.syntax import Branches, Call, Group, Located, Network, Share, Source, Step, YamlBlock
from netspec.tensors import BlockCall, check_inputs
from netspec.values import Problems

MAX_DEPTH = 100
"""How deeply blocks, groups, branches and shared calls may contain each other; Python's own stack is far from there."""


class Walker(Caller):
    """Expands the nodes of one network into a `GraphBuilder`."""

    def __init__(self, network: Network, problems: Problems, limits: Limits) -> None:
        super().__init__(network, problems, limits)
        self.inside_blocks: set[Node] = set()
        self._scopes: list[Names] = []
        self._sharing_depth = 0

    def open_scope(self, parent: Names | None = None, written: Mapping[str, Where] | None = None) -> Names:
        """Make a scope, which `close` empties."""
        names = Names(parent, written=written or {})
        self._scopes.append(names)
        return names

    def close(self) -> None:
        """Let go of all scopes: they and what they name refer to each other, and would wait to be collected."""
        for names in self._scopes:
            names.named.clear()
            names.automatic.clear()
        self._scopes.clear()

    # -- lists of nodes

    def stage(self, stage: str, steps: list[Step], root: Place) -> None:
        inside = self.open_scope(root.names)
        start = len(self.builder.nodes)
        entered = tuple(root.history[-1:])
        place = Place(inside, root.variables, root.history, root.entered)
        root.names.named[stage] = Entry(BROKEN, inside, open=True)
        self._steps(steps, place, Here(f"{stage}-", stage), also=root.names)
        if not root.history:
            del root.names.named[stage]
            root.names.absent[stage] = "nothing flows in it"
            return
        output = root.history[-1]
        span = (start, len(self.builder.nodes))
        whole = Step(self.network.names[stage], stage, Group(steps), name=stage)  # for a shared call it is a group
        origin = Origin(whole, root, None, 0)
        root.names.named[stage] = Entry(output, inside, None, stage, span, entered, origin=origin)

    def _steps(self, steps: list[Step], place: Place, here: Here, also: Names | None = None) -> None:
        """Expand a list; what its nodes are called is known in ``place.names``, and their own names in ``also`` too."""
        for step in steps:
            self._step(step, place, here, also)

    def _step(self, step: Step, place: Place, here: Here, also: Names | None) -> None:
        if step.repeat is None:
            if self._when(step, place):
                self._refuse_second(step, place.names)
                if isinstance(step.body, Group | Branches):
                    self._register(step, Entry(BROKEN, open=True), place.names, also)
                entry = self._once(step, place, here, here.prefix + step.label, also)
                place.history.append(entry.output)
                self._register(step, entry, place.names, also)
            elif step.name:
                place.names.absent[step.name] = "its when is false"
            return
        self._refuse_second(step, place.names)
        times = self._times(step, place)
        if times is None:
            place.history.append(BROKEN)
            self._register(step, Entry(BROKEN), place.names, also)
            return
        copies: dict[int, Entry] = {}
        self._register(step, Entry(BROKEN, copies=copies), place.names, also)  # a copy can name those before it
        outer = place.iteration
        for number in range(times):
            self.count_step(step, 1)
            place.iteration = number
            if self._when(step, place):
                entry = self._once(step, place, here, f"{here.prefix}{step.label}-{number}", also)
                copies[number] = entry
                place.history.append(entry.output)
        place.iteration = outer

    def _refuse_second(self, step: Step, names: Names) -> None:
        """Refuse a second node of one name, where conditions let both of them be there."""
        if step.when is not None and step.name is not None and step.name in names.named:
            mistake = Mistake("E206", f"the name {step.name!r} is taken already", help="give this one another name")
            self.say(mistake, step.where, step.path)

    def _register(self, step: Step, entry: Entry, names: Names, also: Names | None) -> None:
        if step.name is not None:
            names.named[step.name] = entry
            if also is not None:
                also.named[step.name] = entry
        elif step.label:
            names.automatic[step.label] = entry

    def _times(self, step: Step, place: Place) -> int | None:
        assert step.repeat is not None
        check = partial(check_repeat, source=step.source)
        times = self.checked(step.repeat, place, f"{step.path}.repeat", check)
        if times is None:
            return None
        least = times * (step.body.least_layers() if step.body else 0)
        made = len(self.builder.nodes) - len(self.network.inputs)
        if made + least > self.limits.layers and step.when is None:
            self.too_many(made + least, step)
        if times > self._steps_left:
            self.too_many_steps(times, step)
        return int(times)

    def _when(self, step: Step, place: Place) -> bool:
        if step.when is None:
            return True
        decision = self.checked(step.when, place, f"{step.path}.when", check_when)
        return decision is not False  # where it is not known, go on: there may be more to find

    def _once(self, step: Step, place: Place, here: Here, built: str, also: Names | None) -> Entry:
        """Expand one copy of one step."""
        step.expanded = True
        start = len(self.builder.nodes)
        inputs = self._read(step, place)
        self.count_step(step, len(inputs or ()))
        body = step.body
        if place.depth >= MAX_DEPTH:
            self.problems.say(
                "E403", f"blocks and groups are nested more than {MAX_DEPTH} levels deep", step.where, path=step.path
            )
            raise SpecError(self.problems.all)
        if body is None or inputs is None:
            entry = Entry(BROKEN)
            if isinstance(body, Group | Branches):
                self._inside(step, body, BROKEN, place, here, built, also)
        elif isinstance(body, Call):
            entry = self._call(step, body, inputs, place, here, built)
        elif isinstance(body, Share):
            entry = self._share(step, body, inputs, place, here, built)
        elif len(inputs) != 1:
            message = f"{body.kind} take one input, but here they get {len(inputs)}"
            self.say(Mistake("E306", message, help="join them first, with concatenate or add"), step.where, step.path)
            entry = Entry(BROKEN)
        else:
            entry = self._inside(step, body, inputs[0], place, here, built, also)
        entry.built = built
        entry.span = (start, len(self.builder.nodes))
        entry.entered = tuple(inputs or ())
        if isinstance(body, Call) and not body.entry.variadic:
            entry.inputs = body.entry.inputs
        entry.origin = entry.origin or Origin(step, place, place.iteration, len(place.history))
        return entry

    def _read(self, step: Step, place: Place) -> list[Flow] | None:
        """Find what a step reads from."""
        place.step = step.name
        source = step.source
        if source is None:
            if place.history:
                return place.history[-1:]
            return self._found(PREV, place, step.where, step.path)
        if isinstance(source.references, dict):
            return self._read_by_name(step, source, source.references, place)
        found: list[Flow] = []
        for reference, where in source.references:
            tensors = self._found(reference, place, where, f"{step.path}.from")
            if tensors is None:
                return None
            found.extend(tensors)
        return found

    def _found(self, reference: Reference | None, place: Place, where: Where, path: str) -> list[Flow] | None:
        """Resolve a reference; None where it leads nowhere, and that was reported."""
        if reference is None:
            return None
        with self.reporting(where, path):
            return resolve(reference, place)
        return None

    def _read_by_name(
        self, step: Step, source: Source, references: Mapping[str, Located], place: Place
    ) -> list[Flow] | None:
        taker = self._named_inputs(step, place)
        if taker is None:
            return None
        name, inputs, required = taker
        path = f"{step.path}.from"
        if not inputs:
            texts = [located.reference.text for located in references.values() if located.reference]
            help = f"write from: [{', '.join(texts)}]"
            message = f"the inputs of {'a group' if name == 'nodes' else name} have no names"
            self.problems.say("E207", message, source.where, path=path, help=help)
            return None
        for wrong in (name for name in references if name not in inputs):
            near = nearest(wrong, inputs, INPUT_WORDS)
            help = f"write {near}" if near else f"its inputs are {', '.join(inputs)}"
            self.problems.say("E207", f"{name} has no input {show_value(wrong)}", source.where, path=path, help=help)
            return None
        last = max((inputs.index(one) for one in references), default=-1)  # those before it are told by their place
        missing = [one for one in inputs[: max(required, last + 1)] if one not in references]
        if missing:
            help = f"write from: {{{', '.join(f'{one}: …' for one in inputs)}}}"
            self.problems.say("E306", f"{name} needs an input {missing[0]}", source.where, path=path, help=help)
            return None
        found: list[Flow] = []
        for located in (references[one] for one in inputs if one in references):
            tensors = self._found(located.reference, place, located.where, path)
            if tensors is None:
                return None
            found.extend(tensors)
        return found

    def _named_inputs(self, step: Step, place: Place) -> tuple[str, tuple[str, ...], int] | None:
        """What a step is called, the names of its inputs, and how many of them it needs; None where it is broken."""
        body = step.body
        if isinstance(body, Call):
            entry = body.entry
            return entry.name, () if entry.variadic else entry.inputs, entry.required_inputs
        if isinstance(body, Share):
            with self.reporting(body.where, f"{step.path}.share"):
                target = resolve_entry(body.target, place)
                shared = _layer_of(target)
                return body.target.text, target.inputs, shared.required_inputs if shared else len(target.inputs)
            return None
        return (body.kind, (), 0) if body else None

    def _inside(
        self,
        step: Step,
        body: Group | Branches,
        entered: Flow,
        place: Place,
        here: Here,
        built: str,
        also: Names | None,
    ) -> Entry:
        """Expand a group or branches. A transparent one shares the names around it, others have their own."""
        if step.transparent:
            inner, names, outer_names = here, place.names, also
        else:
            site = Site(step, Words(step.label), step.path, here.stage, built, here.site)
            inner, names, outer_names = Here(f"{built}-", here.stage, site), self.open_scope(place.names), None
        ends: list[Flow] = []
        lists = [body.steps] if isinstance(body, Group) else body.branches
        for steps in lists:
            within = replace(place, names=names, history=[entered], depth=place.depth + 1)
            self._steps(steps, within, inner, outer_names)
            ends.append(within.history[-1])
        output = ends[0]
        if isinstance(body, Branches):
            output = self._merge(body, ends, names, place, inner, outer_names)
        return Entry(output, None if step.transparent else names)

    def _merge(
        self, body: Branches, ends: list[Flow], names: Names, place: Place, here: Here, also: Names | None
    ) -> Flow:
        merge = body.merge
        if not isinstance(merge.body, Call):
            return BROKEN
        merge.expanded = True
        within = Place(names, place.variables, ends[-1:], place.entered, place.iteration, place.depth)
        start = len(self.builder.nodes)
        entry = self._call(merge, merge.body, ends, within, here, here.prefix + merge.label)
        entry.built, entry.span, entry.entered = (
            here.prefix + merge.label,
            (start, len(self.builder.nodes)),
            tuple(ends),
        )
        self._register(merge, entry, names, also)
        return entry.output

    def _call(self, step: Step, call: Call, inputs: list[Flow], place: Place, here: Here, built: str) -> Entry:
        """Expand a call of a layer or block."""
        inputs = self.inputs_for(step, call, inputs)
        if isinstance(call.entry, YamlBlock):
            return self._yaml_block(step, call, call.entry, inputs, place, here, built)
        return self.make(step, call, place, inputs, here, built)

    def _yaml_block(
        self, step: Step, call: Call, block: YamlBlock, inputs: list[Flow], place: Place, here: Here, built: str
    ) -> Entry:
        self.count_step(step, STEPS_PER_USE)  # a use takes time, even where the block is empty
        options, _ = self.bind(step, call, place)
        site = Site(step, BlockCall(block, options or {}), step.path, here.stage, built, here.site)
        names = self.open_scope()
        if block.named_inputs:
            for name, tensor in zip(block.inputs, [*inputs, *[BROKEN] * len(block.inputs)], strict=False):
                names.named[name] = Entry(tensor)
        first = inputs[0]
        variables = self.block_variables(block, options, call, place.variables, first, names)
        within = Place(names, variables, [first], first, None, place.depth + 1, in_block=True)
        start = len(self.builder.nodes)
        outermost = self.use is None
        self.use = self.use or step.where
        self._steps(block.steps, within, Here(f"{built}-", here.stage, site))
        if outermost:
            self.use = None
            self.inside_blocks.update(self.builder.nodes[start:])
        return Entry(within.history[-1], names)

    # -- shared calls

    def _share(self, step: Step, share: Share, inputs: list[Flow], place: Place, here: Here, built: str) -> Entry:
        """Call what a reference names again: every node it made, on new inputs, with the weights it has."""
        target: Entry | None = None
        with self.reporting(share.where, f"{step.path}.share"):
            found = resolve_entry(share.target, place)
            if self._unsure(found, inputs):
                return Entry(BROKEN)
            if found.origin is None and isinstance(found.output, Node) and isinstance(found.output.layer, Input):
                raise Mistake("E212", f"{share.target.text} is an input; it has no weights to share")
            if found.origin is None and not (isinstance(found.output, Node) and found.output.name == found.built):
                raise Mistake("E212", f"{share.target.text} is part of a block; share the block, or one layer of it")
            if found.origin is not None and not found.entered:
                message = f"nothing flows into {share.target.text}: its nodes read inputs by name"
                raise Mistake("E212", message, help="put the nodes into a block or a named group, and share that")
            target = found
        if target is None:
            return Entry(BROKEN)
        assert isinstance(target.output, Node)
        shared = _layer_of(target)
        if shared and not shared.variadic:
            try:
                check_inputs(shared, len(inputs))
            except Mistake as mistake:
                self.say(mistake, step.where, step.path)
                return Entry(BROKEN)
        elif len(inputs) != (len(target.entered) or len(target.output.inputs)):
            message = f"{share.target.text} takes {len(target.entered)} inputs, but here it gets {len(inputs)}"
            self.say(Mistake("E306", message), step.where, step.path)
            return Entry(BROKEN)
        made = self.builder.nodes[slice(*target.span)]
        if shared:
            return self._share_layer(step, share, target, inputs, place, here, built)
        if share.options:
            self._not_at_call(step, share, next(iter(share.options)), share.target.text)
            return Entry(BROKEN)
        assert target.origin is not None
        site = Site(step, Words("share", share.target.text), step.path, here.stage, built, here.site)
        self.count_step(step, STEPS_PER_USE)
        outer, self.use = self.use, self.use or step.where
        outer_depth, self._sharing_depth = self._sharing_depth, place.depth + 1
        with self.builder.sharing(made, target.built, built):
            entry = self._once_more(target.origin, inputs, replace(here, site=site), built)
        self.use, self._sharing_depth = outer, outer_depth
        entry.origin, entry.inputs = target.origin, target.inputs
        return entry

    def _unsure(self, target: Entry, inputs: list[Flow]) -> bool:
        """Whether a mistake stands in the way of a shared call: in what is shared, or in what flows into a call."""
        first, last = target.span
        flows = (*inputs, *target.entered, target.output)
        return any(isinstance(flow, Broken | Presumed) for flow in flows) or any(
            first <= at <= last for at in self.presumed_at
        )

    def _once_more(self, origin: Origin, inputs: list[Flow], here: Here, built: str) -> Entry:
        """Expand a step as it was expanded before, with all that it saw, on other inputs."""
        step, place, iteration, steps_before = origin
        history = place.history[:steps_before]
        seen = replace(place, history=history, iteration=iteration, depth=self._sharing_depth)
        if isinstance(step.body, Call):
            return self._call(step, step.body, inputs, seen, here, built)
        assert isinstance(step.body, Group | Branches)
        return self._inside(step, step.body, inputs[0], seen, here, built, None)

    def _not_at_call(self, step: Step, share: Share, option: str, target: str) -> None:
        message = f"{target} does not take {option} at each call"
        able = [entry.name for entry in TYPES if option in getattr(entry.target, "call_options", ())]
        help = f"take it out, or share a layer that does: {', '.join(able)}"
        self.say(Mistake("E102", message, help=help), share.options[option].where, f"{step.path}.{option}")

    def _said_at_call(self, step: Step, share: Share, layer: Layer, place: Place) -> Layer | None:
        """The shared layer with the options of this call; None where something is wrong with them."""
        said: dict[str, Any] = {}
        for name, value in share.options.items():
            if name not in layer.call_options:
                self._not_at_call(step, share, name, layer.type_name)
                return None
            path = f"{step.path}.{name}"
            found = self.evaluate(value, place, path, missing=BROKEN)
            mistakes = [] if found is BROKEN else list(TYPES[layer.type_name].check_value(name, found))
            for mistake in mistakes:
                self.say(mistake, value.where, path)
            if mistakes or found is BROKEN:
                return None
            said[name] = found
        return layer.called_with(**said) if said else layer

    def _share_layer(
        self, step: Step, share: Share, target: Entry, inputs: list[Flow], place: Place, here: Here, built: str
    ) -> Entry:
        node = target.output
        assert isinstance(node, Node)
        assert isinstance(node.layer, Layer)
        layer = self._said_at_call(step, share, node.layer, place)
        if layer is None:
            return Entry(BROKEN)
        site = here.site or Site(step, Words("share", node.name), step.path, here.stage, None)
        nodes = tuple(tensor for tensor in inputs if isinstance(tensor, Node))
        self.room_for_one(step)
        try:
            with self.builder.sharing([node], node.name, built):
                return Entry(self.builder.add(built, layer, nodes, site, step.where), inputs=target.inputs)
        except Mistake as mistake:
            self.shape_mistake(mistake, step, None, site, [Related(f"{node.type} is made here", node.where)])
            return Entry(BROKEN)


def _layer_of(target: Entry) -> Type | None:
    """The type of the layer that a shared call calls again; None where it is a block or group."""
    node = target.output
    first, last = target.span
    alone = target.origin is None or last - first == 1
    return TYPES[node.type] if alone and isinstance(node, Node) and node.name == target.built else None

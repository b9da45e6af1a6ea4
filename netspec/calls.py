"""Calls of layers and blocks: options worked out, the layer made and put on its inputs, mistakes of shapes reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from netspec.block_definitions import LIBRARY_NOTE
from netspec.checks import place_of
from netspec.errors import Diagnostic, Mistake, RegistrationError, Related, SpecError, Where
from netspec.evaluate import Evaluator
from netspec.graph import GraphBuilder, Node, Presumed, Site, Words
from netspec.layer import Layer, LayerType
from netspec.limits import Limits
from netspec.presume import in_doubt, partly_known, presumed_shape
from netspec.registry import Mistakes
from netspec.scopes import BROKEN, UNKNOWN, Entry, Flow, Here, Inside, Names, Place, Seen, Variables
from netspec.story import misread_input, tell
from netspec.syntax import Call, Network, Step, YamlBlock
from netspec.tensors import BlockScope, check_inputs
from netspec.values import ExpressionMistake, Problems, Unknowable, Value

STEPS_PER_LAYER = 10
"""Steps that make no layer (empty copies, false conditions) take time too: so many are allowed per allowed layer."""


STEPS_PER_USE = 5
"""A use of a block written in YAML, or of something shared, counts as so many steps."""


class _SpecDefaults:
    """The spec's ``defaults`` as blocks written in Python see them."""

    def __init__(self, walker: Caller) -> None:
        self._walker = walker
        self._constant: dict[str, dict[str, Any] | None] = {}

    def __contains__(self, type_name: object) -> bool:
        return type_name in self._walker.network.defaults

    def of(self, type_name: str, inputs: Sequence[Node]) -> Mapping[str, Any]:
        values = self._walker.network.defaults[type_name]
        if type_name not in self._constant:
            known = all(value.is_constant for value in values.values())
            self._constant[type_name] = {name: value.constant for name, value in values.items()} if known else None
        constant = self._constant[type_name]
        if constant is not None:
            return constant
        place = Place(Names(), self._walker.variables, list(inputs[:1]), inputs[0])
        return {name: value.evaluate(Seen(place.variables, place)) for name, value in values.items()}


class Caller(Evaluator):
    """Makes the layers of one network in a `GraphBuilder`."""

    def __init__(self, network: Network, problems: Problems, limits: Limits) -> None:
        super().__init__(problems)
        self.network = network
        self.limits = limits
        self.builder = GraphBuilder()
        self.variables = Variables(network.vars, {}, None)
        self.defaults = _SpecDefaults(self)
        self._worked: dict[Where, bool] = {}  # whether a step whose use failed made nodes in another
        self.blamed: set[Where] = set()  # places of variables' values that were found wrong
        self.presumed_at: list[int] = []  # so many nodes were there when one was presumed
        self._steps_left = limits.layers * STEPS_PER_LAYER

    def inputs_for(self, step: Step, call: Call, inputs: list[Flow]) -> list[Flow]:
        """Refuse a number of inputs that a type does not take; what it gives is then still known in part."""
        try:
            check_inputs(call.entry, len(inputs))
        except Mistake as mistake:
            self.say(mistake, step.source.where if step.source else step.where, step.path)
            return [BROKEN]
        return inputs

    def make(self, step: Step, call: Call, place: Place, inputs: list[Flow], here: Here, built: str) -> Entry:
        """Make a layer or a block written in Python, and put it on its inputs."""
        bound, known = self.bind(step, call, place)
        entry = call.entry
        nodes = tuple([tensor for tensor in inputs if isinstance(tensor, Node)])
        start = len(self.builder.nodes)
        is_layer = isinstance(entry, LayerType)
        site = here.site
        if site is None or not is_layer:
            block = None if is_layer else built
            site = Site(step, bound or Words(entry.name), step.path, here.stage, block, here.site)
        try:
            if bound is None or len(nodes) < len(inputs) or in_doubt(nodes):
                return Entry(self._presume(known, inputs, built, site, step))
            self.room_for_one(step)
            if is_layer:
                return Entry(self.builder.add(built, bound, nodes, site, step.where))
            scope = BlockScope(self.builder, self.defaults, built + "-", site, step.where)
            output = bound.expand(scope, nodes)
        except (ExpressionMistake, Unknowable) as mistake:  # in a value of defaults
            self.problems.mistake(mistake, step.where, step.path)
            return Entry(BROKEN)
        except Mistake as mistake:
            self.shape_mistake(mistake, step, call, site)
            return Entry(BROKEN)
        except RegistrationError as error:
            self.problems.say(
                "E113", str(error), step.where, path=step.path, help="this is a fault of the block's own code"
            )
            return Entry(BROKEN)
        return Entry(output, Inside(self.builder.nodes[start:], built + "-"))

    def bind(self, step: Step, call: Call, place: Place) -> tuple[Any, Layer | None]:
        """Work out the options of a node and make the layer or block call.

        Where something is wrong there is None instead, and beside it what is still known of a layer.
        """
        if call.bound is not None:
            return call.bound, call.bound if isinstance(call.bound, Layer) else None
        written = {**call.defaults, **call.options}
        doubtful = set(call.doubtful or ())
        options: dict[str, Any] = {}
        for name, value in written.items():
            path = f"{step.path}.{name}" if name in call.options else f"defaults.{call.entry.name}.{name}"
            # A default was not written here: of the names around, it sees only the spec's and those of the position.
            found = self.evaluate(value, place if name in call.options else self._outside(place), path, missing=BROKEN)
            if found is BROKEN:
                doubtful.add(name)
            else:
                options[name] = found
        try:
            if call.doubtful is None and not doubtful:
                bound = call.entry.bind(options)
                return bound, bound if isinstance(bound, Layer) else None
            worked_out = {name: found for name, found in options.items() if not written[name].is_constant}
            mistakes = [m for name, found in worked_out.items() for m in call.entry.check_value(name, found)]
        except Mistakes as error:
            mistakes = error.mistakes
        doubtful |= call.entry.doubtful(mistakes)
        for mistake in mistakes:
            self._wrong_option(mistake, written, step, place.variables)
        return None, partly_known(call.entry, options, doubtful) if isinstance(call.entry, LayerType) else None

    def _wrong_option(self, mistake: Mistake, written: Mapping[str, Value], step: Step, variables: Variables) -> None:
        """Report an option whose value turned out wrong; where that is a variable's, once for the variable."""
        value = written.get(str(mistake.option[0])) if mistake.option else None
        origin = variables.place(value.variable) if value and value.variable else None
        if origin in self.blamed:
            return
        related = None
        if value and origin:
            self.blamed.add(origin)
            related = Related(f"{value.variable} is set here", origin)
        path = f"{step.path}.{mistake.option[0]}" if mistake.option else step.path
        self.say(mistake, place_of(mistake, written, step.where), path, related)

    def _presume(self, layer: Layer | None, inputs: list[Flow], built: str, site: Site, step: Step) -> Flow:
        """Go on behind a mistake with what is known. Raises `Mistake` where that can't go together either."""
        nodes = tuple([tensor for tensor in inputs if isinstance(tensor, Node)])
        self.presumed_at.append(len(self.builder.nodes))
        if layer is None:
            return BROKEN
        try:
            shape = presumed_shape(layer, [tensor.shape if isinstance(tensor, Node) else None for tensor in inputs])
        except Mistake as mistake:
            mistake.inputs = nodes
            raise
        return BROKEN if shape is None else Presumed(built, nodes, shape, site, step.where)

    def _outside(self, place: Place) -> Place:
        return Place(Names(), self.variables, place.history, place.entered, place.iteration)

    def shape_mistake(
        self, mistake: Mistake, step: Step, call: Call | None, site: Site, also: Sequence[Related] = ()
    ) -> None:
        """Report a mistake that shapes made, at the step, or for a step inside a YAML block where the block is used."""
        value = call.options.get(str(mistake.option[0])) if call and mistake.option else None
        focus = value.find(mistake) if value else None
        label, related, help = tell(mistake, step, site.outermost)
        related += also
        message = mistake.message
        if call and mistake.inside:
            message = f"{message} (in {call.entry.name}, at its {mistake.inside})"
        where = step.where
        blamed = misread_input(mistake, call.bound) if call and isinstance(call.bound, Layer) else None
        if blamed:
            source, label, help = blamed
            related = [Related(f"{call.entry.name} is refused here", self.use or where)] if call else []
            where, focus = source.where, None
        elif self.use is not None:
            related.insert(0, Related("inside, here", focus or where))
            where, focus = self.use, None
        told = Diagnostic(mistake.code, message, where, step.path, label, focus, help, tuple(related))
        if self.use is None:
            self.problems.add(told)
        else:
            self.problems.add_inside(told, step.where, lambda: self._never_worked(step.where))

    def _never_worked(self, where: Where) -> bool:
        """Whether a step has made no node in any use of its block."""
        if where not in self._worked:
            self._worked[where] = any(node.where == where for node in self.builder.nodes)
        return not self._worked[where]

    def block_variables(
        self,
        block: YamlBlock,
        options: dict[str, Any] | None,
        call: Call,
        caller: Variables,
        first: Flow,
        names: Names,
    ) -> Variables:
        """What a body sees: its params, its vars, and the vars of the file that defines it."""
        outer = self.variables if block.sees_vars else None
        if options is None:
            return Variables(dict.fromkeys((*block.params, *block.vars), UNKNOWN), {}, outer)
        known = dict(options)
        values = dict(block.vars)
        for name, default in block.defaults.items():
            if default.broken:
                known.pop(name, None)
                values[name] = UNKNOWN
            elif name not in options:
                values[name] = default
        note = "" if block.sees_vars else LIBRARY_NOTE
        variables = Variables(values, known, outer, note, (call.options, caller))
        place = Place(names, variables, [first], first, in_block=True)
        for name, value in values.items():
            if value is UNKNOWN:
                continue
            with self.reporting(value.where, f"blocks.{block.name}"):
                found = variables.value(name, place)
                if name in block.params and (mistake := block.params[name].check(found)):
                    raise Mistake(mistake.code, f"{block.name}: {mistake.message}", help=mistake.help)
                continue
            variables.spoil(name)
        return variables

    # -- limits

    def count_step(self, step: Step, count: int) -> None:
        """Count steps that are taken, and tensors that are read: both take time, also where they make no layer."""
        self._steps_left -= count
        if self._steps_left < 0:
            self.too_many_steps(self.limits.layers * STEPS_PER_LAYER, step)

    def room_for_one(self, step: Step) -> None:
        if len(self.builder.nodes) >= self.limits.layers + len(self.network.inputs):
            self.too_many(len(self.builder.nodes) + 1, step)

    def too_many(self, layers: int, step: Step) -> NoReturn:
        """Refuse a network of too many layers, before they are made."""
        self._refuse_size(f"this makes {layers:,} layers or more; {self.limits.layers:,} are allowed", step)

    def too_many_steps(self, steps: int, step: Step) -> NoReturn:
        allowed = self.limits.layers * STEPS_PER_LAYER
        self._refuse_size(f"this takes {steps:,} steps or more; {allowed:,} are allowed", step)

    def _refuse_size(self, message: str, step: Step) -> NoReturn:
        where = step.repeat.where if step.repeat else step.where
        help = "repeat less, or raise the limit with --limit layers=N"
        self.problems.say("E406", message, where, path=step.path, help=help)
        raise SpecError(self.problems.all)

"""A `Network` to a `Graph`: inputs, padding, stages and outputs, then what the whole has to keep to."""

from __future__ import annotations

from netspec.budgets import bound_of, breach
from netspec.checks import check_budget, check_dtype, check_shape, report_mistakes
from netspec.errors import Mistake, SpecError
from netspec.graph import Graph, Input, Node, Site, Words
from netspec.layer import TYPES
from netspec.limits import Limits
from netspec.registry import Mistakes
from netspec.scopes import BROKEN, Entry, Flow, Place, resolve
from netspec.shapes import show
from netspec.syntax import Call, Network, Share, Step
from netspec.values import Problems
from netspec.walk import Walker


def expand(network: Network, problems: Problems, limits: Limits) -> Graph | None:
    """Expand a network and infer every shape. Mistakes go to ``problems``; the graph is None where there are any.

    Raises `SpecError` at a limit, where going on would take what the limit is to save.
    """
    expander = _Expander(network, problems, limits)
    try:
        return expander.run()
    finally:
        expander.walker.close()


class _Expander:
    """Expands one network, once."""

    def __init__(self, network: Network, problems: Problems, limits: Limits) -> None:
        self.network = network
        self.problems = problems
        self.limits = limits
        self.walker = Walker(network, problems, limits)
        self.builder = self.walker.builder

    def run(self) -> Graph | None:
        root = Place(self.walker.open_scope(written=self.network.names), self.walker.variables, [], None)
        self._check_variables(root)
        inputs = self._inputs(root)
        self._padding(root)
        least = sum(step.least_layers() for steps in self.network.stages.values() for step in steps)
        if least > self.limits.layers:
            self.walker.too_many(least, self._largest())
        for stage, steps in self.network.stages.items():
            self.walker.stage(stage, steps, root)
        outputs = self._outputs(root)
        if self.problems.errors or outputs is None:
            return None
        graph, unused = self.builder.finish(self.network.name, self.network.description, inputs, outputs)
        self._warn_unused(graph, unused)
        self._budget(graph, root)
        return None if self.problems.errors else graph

    def _check_variables(self, root: Place) -> None:
        for name, value in self.network.vars.items():
            with self.walker.reporting(value.where, f"vars.{name}"):
                self.walker.variables.value(name, root)

    def _inputs(self, root: Place) -> list[Node]:
        nodes = []
        for name, declaration in self.network.inputs.items():
            entry = Entry(BROKEN)
            path = "input" if self.network.single_input else f"inputs.{name}"
            shape = self.walker.checked(declaration.shape, root, f"{path}.shape", check_shape)
            dtype = self.walker.checked(declaration.dtype, root, f"{path}.dtype", check_dtype)
            if shape is not None and dtype is not None:
                site = Site(declaration, Words(name), name, None, None)
                layer = Input(tuple(shape), dtype)
                node = self.builder.add_input(name, layer, site, declaration.where)
                nodes.append(node)
                entry.output = node
                if not self.network.single_input:
                    entry.span = (len(self.builder.nodes) - 1, len(self.builder.nodes))
            if self.network.single_input:
                root.entered = entry.output
            else:
                root.names.named[name] = entry
            if len(self.network.inputs) == 1:
                root.history.append(entry.output)
        if not self.network.inputs:  # what is wrong with it was reported
            root.history.append(BROKEN)
            root.entered = BROKEN
        return nodes

    def _padding(self, root: Place) -> None:
        """Pad the input with zeros: the ordinary layer for its rank, as a first node of its own name."""
        padding = self.network.padding
        if padding is None or not root.history:
            return
        output: Flow = BROKEN
        entered = root.history[-1]
        amount = self.walker.evaluate(padding, root, "padding", missing=BROKEN)
        if amount is not BROKEN and isinstance(entered, Node):
            dimensions = len(entered.shape) - 1
            entry = TYPES.get(f"zero_padding{dimensions}d")
            if entry is None:
                self.problems.say(
                    "E302",
                    f"an input of {show(entered.shape)} can't be padded",
                    padding.where,
                    path="padding",
                    help="padding is for sequences, pictures and volumes, channels last",
                )
            else:
                if dimensions == 1 and isinstance(amount, list) and len(amount) == 1:
                    amount = amount[0]  # along the only axis: Keras wants it without the list around it
                try:
                    layer = entry.bind({"padding": amount})
                    site = Site(padding, layer, "padding", None, None)
                    output = self.builder.add("padding", layer, (entered,), site, padding.where)
                except Mistakes as mistakes:
                    report_mistakes(self.problems, mistakes.mistakes, {"padding": padding}, padding.where, "padding")
                except Mistake as mistake:
                    self.problems.mistake(mistake, padding.where, "padding")
        root.history.append(output)
        root.names.named["padding"] = Entry(
            output, built="padding", span=(len(self.builder.nodes) - 1, len(self.builder.nodes)), entered=(entered,)
        )

    def _outputs(self, root: Place) -> list[Node] | None:
        if self.network.outputs is None:
            if not root.history:
                where = self.network.tree.where
                self.problems.say("E107", "no node of this spec gives an output", where, help="add a node to a stage")
                return None
            last = root.history[-1]
            return [last] if isinstance(last, Node) else None
        outputs: list[Node] = []
        good = True
        for index, (reference, where) in enumerate(self.network.outputs):
            tensors: list[Flow] = [BROKEN]
            with self.walker.reporting(where, f"outputs.{index}"):
                tensors = resolve(reference, root)
            if len(outputs) + len(tensors) > self.limits.layers:
                message = f"outputs name more than {self.limits.layers:,} tensors"
                self.problems.say(
                    "E406", message, where, path=f"outputs.{index}", help="raise the limit with --limit layers=N"
                )
                raise SpecError(self.problems.all)
            good = good and all(isinstance(tensor, Node) for tensor in tensors)
            outputs.extend(tensor for tensor in tensors if isinstance(tensor, Node))
        if good and not outputs:
            place = self.network.outputs[0][1] if self.network.outputs else self.network.tree.where
            message = "outputs name no tensor: nothing that they name is there"
            help = "name a node that is there whatever the variables are"
            self.problems.say("E205", message, place, path="outputs", help=help)
            return None
        return outputs if good else None

    def _warn_unused(self, graph: Graph, unused: list[Node]) -> None:
        """Warn of written nodes that reach no output; of those inside a block only where all of the block is unused."""
        self._warn_unread_inputs(graph)
        if not unused:
            return
        used_blocks = {node.block for node in graph.nodes.values()}
        used_places = {node.where for node in graph.nodes.values()}
        used_stages = {node.stage for node in graph.nodes.values()}
        warned: set[object] = set()
        for node in unused:
            if node.stage is not None and node.stage not in used_stages:
                self._warn_unused_stage(node, warned)
                continue
            step = node.site.step
            in_block = node in self.walker.inside_blocks or (
                isinstance(step, Step) and isinstance(step.body, Call | Share)
            )
            if node.block in used_blocks if in_block and node.block else node.block and node.where in used_places:
                continue
            where = step.where if in_block and isinstance(step, Step) else node.where
            if where not in warned:
                warned.add(where)
                help = "name it in outputs, read it with from, or delete it"
                name = node.block if in_block and node.block else node.name
                message = f"{name} reaches no output, so it is not built"
                self.problems.say("W201", message, where, path=node.site.path, help=help)

    def _warn_unused_stage(self, node: Node, warned: set[object]) -> None:
        """Warn once of a stage that is unused as a whole, as the tail is where a variant taps a tensor."""
        if node.stage not in warned:
            warned.add(node.stage)
            message = f"nothing of {node.stage} reaches an output, so it is not built"
            where = self.network.names[str(node.stage)]
            self.problems.say(
                "W201", message, where, path=node.site.path.rsplit(".", 1)[0], help="delete it if that is meant"
            )

    def _warn_unread_inputs(self, graph: Graph) -> None:
        read = {node.name for reader in self.builder.nodes for node in reader.inputs}
        for name in graph.inputs:
            if name not in read and name not in graph.outputs:
                help = f"read it with from: {name}, or delete it"
                self.problems.say(
                    "W201", f"nothing reads the input {name}", graph.nodes[name].where, path=name, help=help
                )

    def _budget(self, graph: Graph, root: Place) -> None:
        for name, value in self.network.budget.items():
            path = f"budget.{name}"
            written = self.walker.checked(value, root, path, check_budget)
            if written is None:
                continue
            broken = breach(graph, name, bound_of(name, written), value.where, path)
            if broken is not None:
                self.problems.add(broken)

    def _largest(self) -> Step:
        steps = [step for steps in self.network.stages.values() for step in steps]
        return max(steps, key=Step.least_layers)

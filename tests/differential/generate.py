"""Random small specs, drawn from what the registry declares and the language allows.

A spec is a mapping, as YAML would be read. `specs` is a hypothesis strategy of them; `spec_of` gives the spec of a
number, the same on every machine and every run.

The author of a spec has a rough idea of the shape that flows, from netspec's rule for each layer, so that a good part
of what it writes is accepted. It keeps no more of it than that: what a spec means is for others to say.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import count
from math import prod
from typing import Any, Literal

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from netspec.errors import Mistake
from netspec.layer import LayerType
from netspec.registry import Mistakes
from netspec.shapes import Shape
from tests.layers.agreement import LAYER_TYPES, apply
from tests.layers.strategies import NEVER_LEFT_OUT, options_of, values_of

Flavour = Literal["any", "valid"]
Spec = dict[str, Any]
Node = str | dict[str, Any]

SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 12)
CHANNELS = (1, 2, 3, 4, 6, 8)
LARGEST = 2_000
"""Values in a tensor: what grows above is drawn anew, so that networks stay small."""

RESIDUAL = ("identity", "convolutional", "basic")
TRANSFORMER = ("class_token", "position_embedding", "rotary_attention")
NAMES = ("v", "n", "s", "b", "p", "x")  # how vars, nodes, stages, blocks, params and inputs begin

# Keras takes numbers of the right dtype alone, or makes some of another than it says; shapes know nothing of dtypes.
LEFT_OUT = {"hashing", "hashed_crossing", "integer_lookup"}

ANY_RANK = {"dense", "flatten", "linear", "reshape", "permute", "dropout"}
ANY_RANK |= {"absolute", "take", "slice", "threshold", "layer_scale", "channel_scale", "masking", "embedding"}
ANY_RANK |= {"discretization", "rescaling", "normalization", "reversible_embedding", "einsum_dense"}
ANY_FAMILY = {"activations", "regularization", "normalization"}

RECURRENT = ("lstm", "gru", "simple_rnn", "conv_lstm1d", "conv_lstm2d", "conv_lstm3d")
WRAPPERS = {"time_distributed": 2, "bidirectional": 2, "spectral_normalization": 1}
"""The wrappers, and how many axes their input has at least."""

SLOW = {*RECURRENT, *WRAPPERS, "stft_spectrogram", "mel_spectrogram", "resizing", "center_crop"}
SLOW |= {entry.name for entry in LAYER_TYPES.values() if entry.family == "augmentation"}
"""Types that take Keras as long as a small network of others, or longer."""

BY_RANK: dict[int | None, list[LayerType]] = {}
SLOW_BY_RANK: dict[int | None, list[LayerType]] = {}
for _entry in LAYER_TYPES.values():
    _anywhere = _entry.family in ANY_FAMILY or _entry.name in ANY_RANK
    _fits = None if _anywhere else len(_entry.example.inputs[0])
    if not _entry.variadic and _entry.name not in {*LEFT_OUT, *WRAPPERS}:
        (SLOW_BY_RANK if _entry.name in SLOW else BY_RANK).setdefault(_fits, []).append(_entry)
JOINS = [entry for entry in LAYER_TYPES.values() if entry.variadic]


@dataclass
class Known:
    """What the author knows of a name: what it gives, what flowed in, the names inside, how many copies."""

    shape: Shape | None
    entered: tuple[Shape | None, ...] = ()
    inside: dict[str, Known] = field(default_factory=dict)
    copies: int | None = None
    inputs: tuple[str, ...] = ()
    complete: bool = True
    layer: LayerType | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Place:
    """Where a list of nodes is being written."""

    history: list[Shape | None]
    names: dict[str, Known]
    around: tuple[dict[str, Known], ...] = ()
    params: dict[str, Any] = field(default_factory=dict)
    entered: Shape | None = None
    has_input: bool = True
    repeats: bool = False
    depth: int = 0

    def visible(self) -> dict[str, Known]:
        return {name: known for names in (*self.around, self.names) for name, known in names.items() if known.complete}


@dataclass
class Block:
    """A YAML block: its text, the shapes that it was written for, and arguments that suit it."""

    text: dict[str, Any]
    inputs: tuple[Shape | None, ...]
    output: Shape | None
    arguments: dict[str, int]
    inside: dict[str, Known]


_between = cache(st.integers)  # making a strategy takes longer than drawing from it


class Author:
    """Writes one spec."""

    def __init__(self, draw: st.DrawFn, flavour: Flavour) -> None:
        self.draw = draw
        self.careful = flavour == "any"
        self.vars: dict[str, Any] = {}
        self.known_vars: dict[str, Any] = {}
        self.defaults: dict[str, dict[str, Any]] = {}
        self.blocks: dict[str, Block] = {}
        self.numbers = {letter: count() for letter in NAMES}

    # -- small choices

    def chance(self, percent: int) -> bool:
        return self.draw(_between(0, 99)) < percent

    def one(self, choices: Sequence[Any]) -> Any:
        return choices[self.draw(_between(0, len(choices) - 1))]

    def number(self, low: int, high: int) -> int:
        return self.draw(_between(low, high))

    def name(self, letter: str) -> str:
        return f"{letter}{next(self.numbers[letter])}"

    # -- the whole

    def spec(self) -> Spec:
        spec: Spec = {"netspec": 1}
        root = Place([], {})
        for _ in range(self.number(0, 2)):
            self.new_variable(self.number(1, 6))
        for _ in range(self.number(1, 2) if self.chance(25) else 0):
            self._default()
        self._inputs(spec, root)
        if root.has_input and self.chance(8):
            self._padding(spec, root)
        stages: dict[str, list[Node]] = {self.name("s"): [] for _ in range(self.one((0, 1, 1, 2, 3)))}
        left = self.number(1, 10)
        for index, stage in enumerate(stages):
            entered = tuple(root.history[-1:])
            take = max(1, left // (len(stages) + 1 - index))
            inside: dict[str, Known] = {}
            root.names[stage] = Known(None, (), inside, complete=False)
            stages[stage] = self.nodes(root, take, also=inside)
            inside |= {label: Known(None) for label in _automatic(stages[stage])}
            root.names[stage] = Known(root.history[-1] if root.history else None, entered, inside)
            left -= take
        if stages:
            spec["stages"] = stages
        if not stages or self.chance(60):
            spec["head"] = self.nodes(root, max(1, left))
        if self.chance(20):
            spec["outputs"] = self._outputs(root)
        if self.chance(5):
            spec |= {"name": "small-net", "description": "drawn by chance", "budget": {"params": 10**9}}
        if self.vars:
            spec["vars"] = self.vars
        if self.defaults:
            spec["defaults"] = self.defaults
        if self.blocks:
            spec["blocks"] = {name: block.text for name, block in self.blocks.items()}
        return {key: spec[key] for key in self.draw(st.permutations(list(spec)))} if self.chance(30) else spec

    def _inputs(self, spec: Spec, root: Place) -> None:
        if self.chance(80):
            shape = self._shape()
            spec["input"] = self._input(shape)
            root.history.append(shape)
            root.entered = shape
            return
        root.has_input = False
        first = self._shape()
        shapes = [first, *(first if self.chance(60) else self._shape() for _ in range(self.one((0, 1, 1, 2))))]
        spec["inputs"] = {}
        for shape in shapes:
            name = self.name("x")
            spec["inputs"][name] = self._input(shape)
            root.names[name] = Known(shape)
        if len(shapes) == 1:
            root.history.append(first)

    def _input(self, shape: Shape) -> dict[str, Any]:
        written: dict[str, Any] = {"shape": [self.spelt(size, None) if self.chance(5) else size for size in shape]}
        if self.chance(10):
            written["dtype"] = self.one(("float32", "int32", "float16"))
        return written

    def _shape(self) -> Shape:
        rank = self.one((1, 1, 2, 2, 3, 3, 3, 3, 4, 0))
        sizes: list[int | None] = [self.one(SIZES) for _ in range(rank - 1)]
        unknown = self.chance(12)
        sizes = [None if unknown and self.chance(50) else size for size in sizes]
        return (*sizes, self.one(CHANNELS)) if rank else ()

    def _padding(self, spec: Spec, root: Place) -> None:
        rank = len(root.history[0] or ()) - 1
        amounts = [self.number(0, 2) for _ in range(max(1, rank))]
        pairs = [[amount, self.number(0, 2)] for amount in amounts]
        amount = self.one((amounts[0], amounts, pairs))
        spec["padding"] = self.spelt(amount, None) if isinstance(amount, int) else amount
        known = self.after(f"zero_padding{rank}d", {"padding": amount}, (root.history[0],))
        root.history.append(known)
        root.names["padding"] = Known(known, (root.history[0],))

    def _default(self) -> None:
        entry = self.one(
            [
                "conv2d",
                "dense",
                "batch_normalization",
                "max_pooling2d",
                "relu",
                "conv1d",
                "dropout",
                "lstm",
                "attention",
            ]
        )
        option = self.one([option for option in LAYER_TYPES[entry].options.values() if option.name != "dtype"])
        value = self.draw(values_of(LAYER_TYPES[entry], option.name))
        self.defaults[entry] = {option.name: self.spelt(value, None)}

    def _outputs(self, root: Place) -> list[str]:
        names = [*self.references(root), "prev"]
        return [self.one(names) for _ in range(self.number(1, 3))]

    # -- values

    def new_variable(self, value: Any) -> str:
        name = self.name("v")
        numbers = [known for known in self.known_vars if type(self.known_vars[known]) is int]
        written = value
        if numbers and type(value) is int and self.chance(40):
            other = self.one(numbers)
            written = f"$({other} + {value - self.known_vars[other]})"
        self.vars[name] = written
        self.known_vars[name] = value
        return name

    def spelt(self, value: Any, place: Place | None) -> Any:
        """Write a value as it is, or as an expression that means it."""
        if isinstance(value, list | tuple):
            return [self.spelt(item, place) for item in value]
        if isinstance(value, Mapping):  # the options of a wrapped layer, an initializer, …
            return {key: item if key == "type" else self.spelt(item, place) for key, item in value.items()}
        if not self.chance(12) or (isinstance(value, str) and "$" in value):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return self._spelt_integer(value, place)
        if value is None:
            return "$(null)"
        same = [name for name, known in self.known_vars.items() if type(known) is type(value) and known == value]
        return f"${self.one(same) if same else self.new_variable(value)}"

    def _spelt_integer(self, value: int, place: Place | None) -> str:
        same = [name for name, known in self.known_vars.items() if type(known) is int and known == value]
        ways = [
            f"$({value - 1} + 1)",
            f"$({2 * value} // 2)",
            f"$(max({value}, {value - 2}))",
            f"$(len([1]) * {value})",
        ]
        ways += [f"${name}" for name in same] * 3
        if place is not None:
            ways += [f"${name}" for name, known in place.params.items() if known == value] * 8
            ways += ["$(i + 1)", f"$(i + {value})", f"$({value} if i > 0 else {value})"] * 2 if place.repeats else []
            ways += self._from_shapes(value, place)
        if value > 0:
            ways.append(f"$(make_divisible({value}, 1))")
        return self.one(ways) if ways and self.chance(85) else f"${self.new_variable(value)}"

    def _from_shapes(self, value: int, place: Place) -> Iterator[str]:
        shape = place.history[-1] if place.history else None
        if shape and shape[-1] == value:
            yield from ("$channels", "$(shape(prev)[-1])")
        if shape and shape[-1] == 2 * value:
            yield "$(channels // 2)"
        if place.entered and place.has_input and place.entered[-1] == value:
            yield from ("$in_channels", "$(shape(input)[-1])")
        for name, known in place.visible().items():
            if known.shape and known.shape[0] == value and known.copies is None:
                yield f"$(shape({name})[0])"

    # -- lists of nodes

    def nodes(
        self, place: Place, number: int, also: dict[str, Known] | None = None, *, steady: bool = False
    ) -> list[Node]:
        """Write a list of nodes; with ``steady`` each of them mostly keeps the shape that flows."""
        nodes: list[Node] = []
        for _ in range(number):
            node = self._node(place, steady=steady)
            nodes.append(node)
            if also is not None and isinstance(node, dict) and "name" in node and node["name"] in place.names:
                also[node["name"]] = place.names[node["name"]]
        return nodes

    def _node(self, place: Place, *, steady: bool) -> Node:
        node: dict[str, Any] = {}
        if self.chance(30):
            node["name"] = self.name("n")
        repeats = bool(place.history) and self.chance(12)
        times = self.one((0, 1, 2, 2, 2, 3)) if repeats else 1
        shown = self.spelt(times, place)
        outer = place.repeats
        if repeats:
            place.repeats = True
        on = True
        if self.chance(8):
            on = self.chance(70)
            node["when"] = self._condition(on, place)
        kinds = ["layer"] * 60 + ["join"] * 14 + ["share"] * 7 + ["residual"] * 3 + ["transformer"] * 3
        if any(known.layer and known.layer.target.call_options for known in place.visible().values()):
            kinds += ["share"] * 20
        if place.depth < 3:
            kinds += ["block"] * 9 + ["group"] * 8 + ["branches"] * 9
        kind = self.one(kinds if place.history else ["layer", "layer", "join"])
        steady = steady or (repeats and self.chance(85))
        before = len(place.history)
        known = getattr(self, f"_{kind}")(node, place, steady)
        del place.history[before:]
        place.repeats = outer
        if repeats:
            node["repeat"] = shown
        if on:
            place.history += [known.shape] * times
        if on and "name" in node:
            copies = times if repeats else None
            place.names[node["name"]] = replace(known, copies=copies, complete=times > 0)
        if set(node) == {"type"} and self.chance(60):
            return str(node["type"])
        return {key: node[key] for key in self.draw(st.permutations(list(node)))} if self.chance(25) else node

    def _condition(self, on: bool, place: Place) -> Any:
        ways = [on, "$(1 < 2)" if on else "$(not true)"]
        numbers = [name for name, known in self.known_vars.items() if type(known) is int]
        ways += [f"$({name} {'<' if on else '>'} 99)" for name in numbers]
        if place.repeats:
            ways += ["$(i > 0)", "$(i % 2 == 0)"] * 2
        return self.one(ways)

    def _reading(self, node: dict[str, Any], place: Place, wanted: Shape | None = None) -> Shape | None:
        """Say where a node reads from, often nothing: then it reads what flows."""
        must = not place.history
        if must or self.chance(10):
            references = self.references(place, single=True)
            if wanted is not None:
                references = {text: shape for text, shape in references.items() if shape == wanted} or references
            if references and not place.repeats:
                text = self.one(list(references))
                node["from"] = text if self.chance(80) else [text]
                return references[text]
            if place.history:
                node["from"] = self.one(("prev", -1, ["prev"]))
        return place.history[-1] if place.history else None

    def references(self, place: Place, *, single: bool = False) -> dict[str, Shape | None]:
        """List what can be named at a place, and what it gives."""
        found: dict[str, Shape | None] = {}
        if place.history:
            found["prev"] = place.history[-1]
            found |= {str(-back): place.history[-back] for back in range(1, min(len(place.history), 4) + 1)}
        if place.has_input:
            found["input"] = place.entered
        for name, known in place.visible().items():
            found |= self._paths(name, known, single=single)
        if self.chance(1) and not self.careful:
            found |= {"nowhere": None, "-30": None}
        return found

    def _paths(self, name: str, known: Known, *, single: bool) -> dict[str, Shape | None]:
        found: dict[str, Shape | None] = {name: known.shape}
        if known.copies is not None:
            found |= {f"{name}.{number}": known.shape for number in range(known.copies)}
            if known.copies and not single:
                found[f"{name}.*"] = known.shape
        for inner, one in known.inside.items():
            if one.complete:
                found |= self._paths(f"{name}.{inner}", one, single=single)
        return found

    # -- one node

    def after(self, type_name: str, options: Mapping[str, Any], inputs: tuple[Shape | None, ...]) -> Shape | None:
        """Guess what comes out; None where it isn't known, or the layer would refuse."""
        shapes = tuple(shape for shape in inputs if shape is not None)
        if type_name not in LAYER_TYPES or len(shapes) < max(len(inputs), LAYER_TYPES[type_name].required_inputs):
            return None
        known = {key: value for key, value in self.defaults.get(type_name, {}).items() if "$" not in str(value)}
        try:
            return apply(type_name, {**known, **options}, shapes).shape
        except (Mistake, Mistakes):
            return None

    def _layer(self, node: dict[str, Any], place: Place, steady: bool) -> Known:
        shape = self._reading(node, place)
        fitting = self._fitting(shape)
        wild = not self.careful or self.chance(15)
        everything = [entry for entries in BY_RANK.values() for entry in entries]
        entry, options = self.one(everything if wild else fitting or BY_RANK[None]), {}
        others: list[tuple[str, Shape | None]] = []
        output: Shape | None = None
        for _ in range(8):
            options = self._options(entry, shape)
            others = self._further(entry, shape, options, place)
            output = self.after(entry.name, options, (shape, *(other for _, other in others)))
            small = output is not None and prod(size or 1 for size in output) <= LARGEST
            if (wild and (output is None or small)) or (small and (not steady or output == shape)):
                break
            entry = self.one(fitting or BY_RANK[None])
        else:
            entry, options, output, others = LAYER_TYPES["relu"], {}, shape, []
        node["type"] = entry.name
        node |= {key: self.spelt(value, place) for key, value in options.items()}
        if entry.target.call_options and "name" not in node and self.chance(60):  # so that it can be called again
            node["name"] = self.name("n")
        if others:
            texts = [_alone(node.get("from", "prev")), *(text for text, _ in others)]
            self._reads(node, entry.inputs, texts)
        elif isinstance(node.get("from"), str) and self.chance(10):
            node["from"] = {entry.inputs[0]: node["from"]}
        entered = (shape, *(other for _, other in others))
        return Known(output, entered, inputs=entry.inputs, layer=entry, options=options)

    def _fitting(self, shape: Shape | None) -> list[LayerType]:
        """The types that a shape suits, now and then of those that are slow."""
        rank = len(shape or ())
        if self.chance(6):
            wrappers = [LAYER_TYPES[name] for name, least in WRAPPERS.items() if rank >= least]
            if wrappers and self.chance(40):
                return wrappers
            return SLOW_BY_RANK.get(rank, [])
        return BY_RANK[None] * (1 if self.chance(50) else 0) + BY_RANK.get(rank, [])

    def _further(
        self, entry: LayerType, shape: Shape | None, options: dict[str, Any], place: Place
    ) -> list[tuple[str, Shape | None]]:
        """Choose what a type with several inputs reads beside the first: the reference and the shape of each."""
        most = len(entry.inputs) - 1
        number = self.number(entry.required_inputs - 1, most) if entry.required_inputs > 1 or self.chance(60) else 0
        references = {"prev": shape} if place.repeats else self.references(place, single=True)
        if not number or not references or (place.repeats and not place.history):
            return []
        if entry.name in RECURRENT and self.chance(95):
            states = [(text, state) for text, state in references.items() if state and len(state) == 1 and state[0]]
            if not states or "units" not in options:
                return []
            text, state = self.one(states)
            options["units"] = state[0]
            return [(text, state)] * most
        like = {text: other for text, other in references.items() if other and shape and len(other) == len(shape)}
        like = {text: other for text, other in like.items() if shape and other and other[-1] == shape[-1]} or like
        value = self.one(list((like if self.careful and self.chance(85) else references) or references))
        key = value if self.chance(70) else self.one(list(references))
        return [(text, references[text]) for text in (value, key)[:number]]

    def _options(self, entry: LayerType, shape: Shape | None) -> dict[str, Any]:
        """Draw options, fewer of them than the layers' own tests do; shapes are suited where they must be."""
        options = self.draw(options_of(entry))
        if self.careful:
            required = {name for name, option in entry.options.items() if option.required}
            kept = {*required, *NEVER_LEFT_OUT}
            options = {name: value for name, value in options.items() if name in kept or self.chance(50)}
            if entry.name == "reshape" and shape and None not in shape:
                options["target_shape"] = self.one(([*shape[::-1]], [-1], [-1, shape[-1]], [*shape[:-1], 1, shape[-1]]))
            if entry.name == "permute" and shape:
                options["dims"] = self.draw(st.permutations(range(1, len(shape) + 1)))
            if entry.name == "einsum_dense" and shape and self.chance(70):
                options |= self._equation(shape)
            if entry.name in WRAPPERS and shape and self.chance(90):
                options["layer"] = self._inner(entry.name, shape)
        return options

    def _equation(self, shape: Shape) -> dict[str, Any]:
        """Write an equation that keeps the axes of a shape but the last, of which it makes one or two others."""
        kept, made = "abcdefg"[: len(shape)], self.one(("y", "yz"))
        return {
            "equation": f"{kept}x,x{made}->{kept}{made}",
            "output_shape": [*shape[:-1], *(self.number(1, 4) for _ in made)],
            "bias_axes": self.one((None, made, made[-1])),
        }

    def _inner(self, wrapper: str, shape: Shape) -> Any:
        """Draw a layer for a wrapper whose input has a shape: by its name, or with options."""
        inside = shape[1:] if wrapper == "time_distributed" else shape
        rank = len(inside)
        if wrapper == "bidirectional":
            fitting = [entry for entry in SLOW_BY_RANK.get(rank, []) if entry.name in RECURRENT]
        elif wrapper == "spectral_normalization":
            fitting = [LAYER_TYPES["dense"], *(entry for entry in BY_RANK.get(rank, []) if "conv" in entry.name)]
        else:
            fitting = self._fitting(inside)
        known = [entry for entry in fitting if entry.name in self.defaults]
        inner = self.one(known if known and self.chance(70) else fitting or BY_RANK[None])
        options = self._options(inner, inside)
        return inner.name if not options and self.chance(60) else {"type": inner.name, **options}

    def _join(self, node: dict[str, Any], place: Place, steady: bool) -> Known:
        entry = self.one(JOINS)
        options = self.draw(options_of(entry)) if entry.name == "dot" or self.chance(30) else {}
        references = self.references(place)
        flowing = place.history[-1] if place.history else None
        if place.repeats:  # a copy has to read what the copy before it gives
            references = {"prev": flowing}
        like = {text: shape for text, shape in references.items() if flowing is None or shape == flowing}
        choices = list(like if like and self.careful and self.chance(70) else references)
        number = 2 if entry.name in ("dot", "subtract") and self.careful else self.one((2, 2, 2, 3, 1))
        texts = [self.one(choices) for _ in range(number)]
        if place.history and self.chance(60):
            texts[0] = "prev"
        node["type"] = entry.name
        node["from"] = texts
        node |= {key: self.spelt(value, place) for key, value in options.items()}
        shapes = tuple(references[text] for text in texts)
        return Known(self.after(entry.name, options, shapes), shapes)

    def _residual(self, node: dict[str, Any], place: Place, steady: bool) -> Known:
        shape = self._reading(node, place)
        if shape is None or len(shape) != 3 or None in shape:
            return self._layer(node, place, steady)
        kind = "identity" if steady else self.one(RESIDUAL)
        height, width, channels = shape
        last = channels if kind == "identity" and self.chance(90) else self.number(1, 6)
        if kind == "basic":
            options: dict[str, Any] = {"filters": channels if self.chance(50) else last}
            output = (height, width, options["filters"])
        else:
            options = {"filters": [self.number(1, 4), self.number(1, 4), last], "f": self.number(1, 3)}
            output = (height, width, last)
        if kind != "identity" and self.chance(60):
            options["s"] = self.number(1, 2)
        if kind == "convolutional" or options.get("s", 1) > 1:
            stride = options.get("s", 2)
            output = (-(-height // stride), -(-width // stride), output[-1])  # type: ignore[operator]
        node["type"] = kind
        node |= {key: self.spelt(value, place) for key, value in options.items()}
        inside = {label: Known(None) for label in ("conv2d", "batch_normalization", "conv2d_1")}
        return Known(output, (shape,), inside)

    def _transformer(self, node: dict[str, Any], place: Place, steady: bool) -> Known:
        shape = self._reading(node, place)
        if shape is None or len(shape) != 2 or (None in shape and self.chance(80)):
            return self._layer(node, place, steady)
        kind = self.one(TRANSFORMER[1:] if steady else TRANSFORMER)
        steps, size = shape
        options: dict[str, Any] = {}
        inside = ("learned_tokens", "concatenate")
        if kind == "position_embedding":
            options = {"length": self.number(1, 12)} if self.chance(40) else {}
            inside = ("positions", "embedding")
        if kind == "rotary_attention":
            heads = self.one((1, 2, 4))
            options = {"key_dim": self.one((2, 4)), "num_key_value_heads": self.one((1, heads)), "use_bias": True}
            options = {key: value for key, value in options.items() if self.chance(60)} | {"num_heads": heads}
            inside = ("query", "rotary_embedding_1")
        elif self.chance(30):
            options["embeddings_initializer"] = self.one(("zeros", "he_normal"))
        node["type"] = kind
        node |= {key: self.spelt(value, place) for key, value in options.items()}
        output = (steps + 1, size) if kind == "class_token" and steps else shape
        return Known(output, (shape,), {label: Known(None) for label in inside})

    def _group(self, node: dict[str, Any], place: Place, steady: bool) -> Known:
        shape = self._reading(node, place)
        own = "name" in node or place.repeats
        inner = Place(
            [shape], {} if own else place.names, (*place.around, place.names) if own else place.around, place.params,
            place.entered, place.has_input, place.repeats, place.depth + 1,
        )  # fmt: skip
        node["nodes"] = self.nodes(inner, self.number(1, 3), steady=steady)
        return Known(inner.history[-1], (shape,), inner.names if own else {})

    def _branches(self, node: dict[str, Any], place: Place, steady: bool) -> Known:
        shape = self._reading(node, place)
        own = "name" in node or place.repeats
        names = {} if own else place.names
        around = (*place.around, place.names) if own else place.around
        merge = self.one(("add", "add", "concatenate", "multiply", "maximum", "average", "subtract"))
        alike = self.careful and (merge != "concatenate" or self.chance(50))
        ends: list[Shape | None] = []
        branches = []
        for _ in range(2 if merge == "subtract" else self.one((1, 2, 2, 2, 3))):
            inner = Place(
                [shape], names, around, place.params, place.entered, place.has_input, place.repeats,
                place.depth + 1,
            )  # fmt: skip
            branches.append(self.nodes(inner, self.one((0, 1, 1, 2)), steady=alike))
            ends.append(inner.history[-1])
        node["branches"] = branches
        node["merge"] = merge if self.chance(70) else {"type": merge}
        if isinstance(node["merge"], dict) and self.chance(40):
            node["merge"]["name"] = self.name("n")
            names[node["merge"]["name"]] = Known(self.after(merge, {}, tuple(ends)), tuple(ends))
        return Known(self.after(merge, {}, tuple(ends)), (shape,), names if own else {})

    def _block(self, node: dict[str, Any], place: Place, steady: bool) -> Known:
        shape = self._reading(node, place)
        fitting = [name for name, block in self.blocks.items() if block.inputs[0] == shape]
        if steady:
            fitting = [name for name in fitting if self.blocks[name].output == shape]
        if self.blocks and (not self.careful or self.chance(3)):
            fitting = list(self.blocks)
        name = self.one(fitting) if fitting and self.chance(60) else self._new_block(shape, place, steady)
        block = self.blocks[name]
        if len(block.inputs) > 1:
            others = [text for text, one in self.references(place, single=True).items() if one == block.inputs[1]]
            texts = [_alone(node.get("from", "prev")), self.one(others) if others else "prev"]
            self._reads(node, block.text["inputs"], texts)
        node["type"] = name
        for param, value in block.arguments.items():
            described = block.text["params"][param]
            if "default" not in described or self.chance(40):
                chosen = value if self.chance(75) else self.number(1, 6)
                node[param] = self.spelt(chosen, place)
        entered = (shape, *block.inputs[1:])
        return Known(block.output, entered, block.inside, inputs=tuple(block.text.get("inputs", ())))

    def _reads(self, node: dict[str, Any], names: Sequence[str], texts: list[Any]) -> None:
        """Name several inputs: in a list, or each by its own name."""
        named = list(zip(names, texts, strict=False))
        node["from"] = texts if not names or self.chance(60) else dict(self.draw(st.permutations(named)))

    def _new_block(self, shape: Shape | None, place: Place, steady: bool) -> str:
        arguments = {self.name("p"): self.number(1, 6) for _ in range(self.number(0, 2))}
        text: dict[str, Any] = {}
        if arguments:
            text["params"] = {}
            for param, value in arguments.items():
                described: dict[str, Any] = {"type": "integer"}
                if self.chance(30):
                    described["minimum"] = self.number(0, 2)
                if self.chance(40):
                    described["default"] = self.spelt(value, Place([], {}, params=self._earlier(arguments, param)))
                text["params"][param] = described
        inner = Place([shape], {}, (), arguments, shape, depth=place.depth + 1)
        inputs: tuple[Shape | None, ...] = (shape,)
        if self.chance(25):
            names = [self.name("x"), self.name("x")]
            text["inputs"] = names
            inputs = (shape, shape)
            inner.names |= {one: Known(shape) for one in names}
        if arguments and self.chance(20):
            param, value = next(iter(arguments.items()))
            own = self.name("p")
            text["vars"] = {own: f"$({param} + 1)"}
            inner.params = {**arguments, own: value + 1}
        text["nodes"] = self.nodes(inner, self.number(1, 3), steady=steady or self.chance(50))
        name = self.name("b")
        inside = {one: known for one, known in inner.names.items() if one not in text.get("inputs", ())}
        self.blocks[name] = Block(text, inputs, inner.history[-1], arguments, inside)
        return name

    @staticmethod
    def _earlier(arguments: Mapping[str, int], param: str) -> dict[str, Any]:
        names = list(arguments)
        return {name: arguments[name] for name in names[: names.index(param)]}

    def _share(self, node: dict[str, Any], place: Place, steady: bool) -> Known:
        flowing = place.history[-1]
        choices = {
            text: known
            for name, known in place.visible().items()
            for text, known in self._shareable(name, known)
            if (known.entered[:1] == (flowing,) and (not steady or known.shape == flowing))
            or (known.entered and not self.careful)
            or (not steady and _goes_back(known, flowing))
        }
        if not choices:
            return self._layer(node, place, steady)
        text = self.one(list(choices))
        node["share"] = text
        known = choices[text]
        entered = (flowing, *known.entered[1:])
        if known.layer and not known.layer.variadic and self.chance(20):
            entered = (flowing,)  # a layer may get more inputs at one call than at another
        if len(entered) > 1:
            references = self.references(place, single=True)
            texts = ["prev"]
            for wanted in entered[1:]:
                others = [other for other, shape in references.items() if shape == wanted]
                texts.append(self.one(others) if others else "prev")
            self._reads(node, known.inputs, texts)
        said = self._said_at_call(known, flowing)
        node |= {key: self.spelt(value, place) for key, value in said.items()}
        if not said or known.layer is None:
            return replace(known, copies=None)
        output = self.after(known.layer.name, {**known.options, **said}, entered)
        return replace(known, shape=output, entered=entered, copies=None)

    def _said_at_call(self, known: Known, flowing: Shape | None) -> dict[str, Any]:
        """Draw options that a shared call says for itself, now and then one that it may not say."""
        said: dict[str, Any] = {}
        for option in known.layer.target.call_options if known.layer else ():
            if _goes_back(known, flowing):
                said[option] = True
            elif self.chance(60):
                said[option] = self.chance(50)
        if not self.careful and self.chance(10):
            said["use_causal_mask"] = True
        return said

    def _shareable(self, name: str, known: Known) -> Iterator[tuple[str, Known]]:
        yield name, known
        if known.copies:
            yield f"{name}.0", known
        for inner, one in known.inside.items():
            if one.complete:
                yield f"{name}.{inner}", one


def _goes_back(known: Known, shape: Shape | None) -> bool:
    """Whether an embedding could be called again backwards, on vectors of a shape."""
    if not shape or known.layer is None or "reverse" not in known.layer.options:
        return False
    return shape[-1] == known.options.get("output_dim")


def _alone(source: Any) -> Any:
    """The reference in a ``from`` that holds one."""
    return source[0] if isinstance(source, list) else source


def _automatic(nodes: list[Node]) -> Iterator[str]:
    """Find automatic names that a path can use: of layers without a name, where they are the first of their type."""
    met: set[str] = set()
    for node in nodes:
        if isinstance(node, dict) and "type" not in node:
            return  # what is inside may be counted, too
        kind = node if isinstance(node, str) else node["type"]
        if kind not in met and (isinstance(node, str) or not {"name", "repeat", "when"} & node.keys()):
            yield kind
        met.add(kind)


@st.composite
def specs(draw: st.DrawFn, flavour: Flavour = "any") -> Spec:
    """Draw a spec: ``any`` is sensible for the most part, ``valid`` only what the schema allows."""
    return Author(draw, flavour).spec()


def spec_of(number: int, flavour: Flavour = "any") -> Spec:
    """Give the spec of a number."""
    chance = random.Random(number)
    drawn: list[Spec] = []
    while not drawn:  # a text that is too short for a long spec gives none
        _drawing(flavour)(chance.randbytes(1 << 14), drawn)
    return drawn[0]


@cache
def _drawing(flavour: Flavour) -> Callable[[bytes, list[Spec]], None]:
    """Make the function that draws a spec from bytes, as a fuzzer would."""
    place: list[list[Spec]] = []

    @settings(database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(specs(flavour))
    def keep(spec: Spec) -> None:
        place[-1].append(spec)

    fuzz: Callable[[bytes], object] = keep.hypothesis.fuzz_one_input  # type: ignore[attr-defined]

    def draw(text: bytes, drawn: list[Spec]) -> None:
        place[:] = [drawn]
        fuzz(text)

    return draw

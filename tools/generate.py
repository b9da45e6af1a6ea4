"""Write what is generated from the code: the JSON Schema, pages and pictures in docs/, the screens in README.md.

    python tools/generate.py [--check]

With ``--check`` nothing is written, and what is out of date is named.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent


def schema() -> str:
    from netspec.schema import spec_schema

    return json.dumps(spec_schema(), indent=1, ensure_ascii=False) + "\n"


def types() -> str:
    from netspec.reference import types_page

    return types_page()


# The layers of Keras that are no type, and why.
NOT_COVERED: Mapping[str, str] = {
    name: reason
    for names, reason in {
        "Layer Wrapper": "Other layers are made from it; on its own it computes nothing.",
        "InputLayer": "A spec says its inputs with the key `input` or `inputs`.",
        "Pipeline": "It runs layers one after another, as the nodes of a spec do.",
        "Lambda": "It runs Python code, and a spec holds none.",
        "FlaxLayer JaxLayer TorchModuleWrapper": "It runs code of another framework, and a spec holds no code.",
        "TFSMLayer": "It runs a TensorFlow program from a file, and a spec opens nothing but specs.",
        "StringLookup TextVectorization": "It takes text, and the tensors of a spec hold numbers.",
        "RNN": "It goes through a sequence with a cell that is made in Python; those of Keras are types of their own.",
        "GRUCell": "It is one step of `gru`, and gives several tensors; a type gives one.",
        "LSTMCell": "It is one step of `lstm`, and gives several tensors; a type gives one.",
        "SimpleRNNCell": "It is one step of `simple_rnn`, and gives several tensors; a type gives one.",
        "StackedRNNCells": "It goes through several cells in each step; recurrent layers in a row do the same.",
        "CutMix MixUp": "It mixes the images of a batch, and their labels, which don't flow through the network.",
        "MaxNumBoundingBoxes": "It bounds the number of bounding boxes, which don't flow through the network.",
        "AugMix": "It chooses its changes in Python while it is compiled, once for all batches.",
        "Equalization": "Keras can't put it into a model: it takes the output for the input, and sees a cycle.",
        "RandomCrop": "Outside training it doesn't crop, so that the output has another size than the layer says.",
    }.items()
    for name in names.split()
}


def keras_layers() -> dict[str, type]:
    """The public layers of Keras, each by one name."""
    import keras

    public = {
        name: value
        for name, value in vars(keras.layers).items()
        if isinstance(value, type) and issubclass(value, keras.layers.Layer)
    }
    names: dict[type, str] = {}
    for name, value in public.items():
        if value not in names or name == value.__name__:  # some have short names too
            names[value] = name
    return {name: value for value, name in names.items()}


def types_by_layer(layers: Mapping[str, type]) -> dict[str, list[str]]:
    """The types that are built as each of the layers."""
    import keras

    import netspec.layers  # noqa: F401  registers every type
    from netspec.layer import TYPES, LayerType

    types: dict[str, list[str]] = {name: [] for name in layers}
    for entry in TYPES:
        if isinstance(entry, LayerType):
            built = getattr(keras.layers, entry.target.keras_name, None)
            for name in [name for name, layer in layers.items() if layer is built]:
                types[name].append(entry.name)
    return types


def layers() -> str:
    """Every public layer of Keras: the types that are built as it, or why there is none."""
    import keras

    types = types_by_layer(keras_layers())
    covered = {name: named for name, named in types.items() if named}
    lines = [
        f"# {len(covered)} of the {len(types)} layers of Keras",
        "",
        f"What becomes of every public layer of Keras {keras.__version__}; made from the code by `make docs`.",
        "[types.md](types.md) has each type with its options.",
        "",
        *table("layer", "type", ((name, ", ".join(f"`{one}`" for one in sorted(covered[name]))) for name in covered)),
        "",
        f"## The other {len(types) - len(covered)}",
        "",
        *table("layer", "why it is no type", ((name, NOT_COVERED[name]) for name in types if name not in covered)),
    ]
    return "\n".join(lines) + "\n"


def table(left: str, right: str, rows: Iterable[tuple[str, str]]) -> list[str]:
    return [f"| {left} | {right} |", "| --- | --- |", *(f"| {name} | {text} |" for name, text in sorted(rows))]


def screens(page: str) -> str:
    """Run every command of a page's console blocks, and put below it what it prints."""

    def run(match: re.Match[str]) -> str:
        return f"```console\n$ {match[1]}\n{printed(match[1])}```"

    return re.sub(r"```console\n\$ ([^\n]+)\n.*?```", run, page, flags=re.DOTALL)


def printed(command: str) -> str:
    from netspec import cli

    words = command.split()
    assert words[0] == "netspec"
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        cli.run(words[1:])
    return out.getvalue().rstrip("\n") + "\n"


PICTURES = ("resnet50", "unet", "gpt2small")


def picture(name: str) -> str:
    from netspec import load_spec
    from netspec.draw import draw

    return draw(load_spec(f"specs/zoo/{name}.yaml").graph(), "svg").content.decode()


def generated() -> dict[Path, str]:
    """What every generated file should hold."""
    readme = ROOT / "README.md"
    return {
        ROOT / "schemas" / "netspec.schema.json": schema(),
        ROOT / "docs" / "types.md": types(),
        ROOT / "docs" / "layers.md": layers(),
        **{ROOT / "docs" / "pictures" / f"{name}.svg": picture(name) for name in PICTURES},
        readme: screens(readme.read_text(encoding="utf-8")),
    }


def main(check: bool) -> int:
    os.chdir(ROOT)
    stale = [path for path, text in generated().items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        print(f"{'out of date' if check else 'wrote'}: {path.relative_to(ROOT)}")
        if not check:
            path.write_text(generated()[path], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))

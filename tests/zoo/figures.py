"""The figures of docs/zoo.md: ``python -m tests.zoo.figures`` compares every network anew, in about ten minutes."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import keras

from netspec import load_spec
from tests.zoo.applications import PAGE, SPECS, known, recorded, spec_of
from tests.zoo.comparison import compare, randomised, without_softmax
from tests.zoo.originals import original

INTRODUCTION = """\
# The zoo

Networks of the literature as specs, in [specs/zoo](../specs/zoo). Each is written in netspec's own layers and blocks,
as the paper has it; what several share stands once, in `specs/zoo/blocks`. Knobs are `vars`:

```sh
netspec summary specs/zoo/mobilenetv2.yaml --set vars.alpha=0.5
```

Every spec is compared with its original: parameters, multiply-adds, shapes, the settings that only training shows, and
the outputs on random input when both have the same random weights (statistics of batch normalization too). *Difference*
is the largest one between outputs, before any softmax, as a part of the largest output. *Lines* are those of the file,
comments and all. `python -m tests.zoo.figures` measures all of it anew and writes this page.
"""

OF_KERAS = """
## keras.applications

All 40 functions of Keras, each at its own input size with 1,000 classes. *Keras* is the file that the original is
written in, which holds its whole family, and its lines.

| spec | input | parameters | MACs | lines | Keras | difference |
| --- | --- | ---: | ---: | ---: | --- | ---: |
"""

OTHERS = """
## Others

The reference is written by hand in plain Keras, in another way ([references.py](../tests/zoo/references.py)), or is
KerasHub's. The published counts stand in the tests, with their sources (`tests/zoo/test_other_networks.py`,
`tests/zoo/test_transformers.py`). Here are the sizes that the files describe; smaller inputs or depths are compared
where that shows the same. `benchmarks/against_torchvision.py` compares ResNet, ResNeXt, Wide ResNet and RegNet-Y with
torchvision's.

| spec | input | parameters | MACs | lines | reference | difference |
| --- | --- | ---: | ---: | ---: | --- | ---: |
"""


def row(path: Path, reference: str, difference: float) -> str:
    return f"{known(path)} {reference} | {f'{difference:.0e}' if difference else 0} |\n"


def of_keras() -> Iterator[str]:
    for name, facts in recorded().items():
        theirs = randomised(original(name))
        found = compare(theirs, without_softmax(load_spec(spec_of(name)).build()))
        assert found.same, (name, found)
        yield row(spec_of(name), f"{facts.module}, {facts.module_lines}", found.difference)
        del theirs
        keras.utils.clear_session()
        gc.collect()


def of_others() -> Iterator[str]:
    from tests.zoo.test_other_networks import NETWORKS, difference_by_hand
    from tests.zoo.test_transformers import VITS
    from tests.zoo.transformers import difference_of_gpt2, difference_of_llama, difference_of_vit

    found = {name: ("by hand", difference_by_hand(name)) for name in NETWORKS}
    found |= {name: ("KerasHub", difference_of_vit(name, changes, *sizes)) for name, changes, sizes in VITS}
    found["gpt2small"] = ("KerasHub", difference_of_gpt2())
    found["tinyllama"] = ("KerasHub", difference_of_llama())
    for path in SPECS:
        if path.stem in found:
            yield row(path, *found.pop(path.stem))
    assert not found


def main() -> None:
    text = INTRODUCTION
    for heading, rows in ((OF_KERAS, of_keras()), (OTHERS, of_others())):
        text += heading
        for line in rows:
            print(line, end="", flush=True)
            text += line
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

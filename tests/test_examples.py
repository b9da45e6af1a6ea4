"""The examples do what they say, and the specs are the networks they name."""

import runpy
from pathlib import Path

import pytest

from netspec import load_spec

ROOT = Path(__file__).parent.parent


def test_the_digits_are_learned(capsys):
    """On a quarter that training has not seen."""
    train = runpy.run_path(str(ROOT / "examples" / "train_digits.py"))["train"]
    assert train(epochs=10) >= 0.97
    assert "77,866 parameters" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "total", "trainable", "macs"),
    [
        ("resnet50", 23_600_006, 23_546_886, 308_178_944),
        ("resnet50_v1_5", 25_610_152, 25_557_032, 4_089_184_256),
    ],
)
def test_the_published_counts(name, total, trainable, macs):
    graph = load_spec(ROOT / "specs" / f"{name}.yaml").graph()
    assert (graph.params.total, graph.params.trainable, graph.macs) == (total, trainable, macs)


# Trainable parameters of torchvision's networks (11,689,512 and 21,797,672), less their head of 1,000 classes.
@pytest.mark.parametrize(("name", "published"), [("resnet18", 11_689_512), ("resnet34", 21_797_672)])
def test_the_small_ones_are_torchvisions_but_for_the_head(name, published):
    graph = load_spec(ROOT / "specs" / f"{name}.yaml").graph()
    head = 512 * 6 + 6
    assert graph.params.trainable - head == published - (512 * 1000 + 1000)


# Of keras.applications, less the head; the stem and blocks are those of specs/resnet50.yaml.
@pytest.mark.parametrize(("name", "published"), [("resnet101", 44_707_176), ("resnet152", 60_419_944)])
def test_the_deep_ones_are_those_of_keras_but_for_the_head(name, published):
    graph = load_spec(ROOT / "specs" / f"{name}.yaml").graph()
    head = 2048 * 6 + 6
    assert graph.params.total - head == published - (2048 * 1000 + 1000)

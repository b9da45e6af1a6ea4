"""Building: plain Keras, repeatable by seed, saved whole, loaded without netspec."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy
import pytest

from netspec import InternalError, SpecError, load_spec, parse_spec
from netspec.backends import keras as backend
from netspec.graph import Graph, Parameters

ROOT = Path(__file__).parent.parent
SPECS = sorted((ROOT / "specs").glob("*.yaml"))

SMALL = """
netspec: 1
name: small
inputs: {left: {shape: [8, 8, 3]}, right: {shape: [8, 8, 3]}}
stages:
  towers:
    - {type: conv2d, filters: 4, kernel_size: 3, activation: relu, name: conv, from: left,
       kernel_initializer: {type: he_normal, seed: 3}, kernel_regularizer: l2}
    - {share: conv, from: right, name: again}
    - {type: gelu, approximate: true}
    - {type: add, from: [conv, prev]}
head:
  - global_average_pooling2d
  - {type: dense, units: 2, name: scores}
outputs: [scores, towers.add]
"""


@pytest.fixture(scope="module")
def small():
    return parse_spec(SMALL)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_builds_as_foreseen(path):
    spec = load_spec(path)
    model = spec.build()
    assert model.name == spec.name
    assert model.count_params() == spec.graph().params.total
    assert {layer.name for layer in model.layers} == set(spec.graph().nodes)
    assert len(model.layers) == spec.graph().layer_count


def test_every_field_is_explicit(small):
    config = small.build().get_layer("towers-conv").get_config()
    assert config["padding"] == "valid"
    assert config["kernel_initializer"]["class_name"] == "HeNormal"
    assert config["kernel_initializer"]["config"]["seed"] == 3
    assert config["kernel_regularizer"]["class_name"] == "L2"


def test_a_shared_layer_is_one_layer(small):
    model = small.build()
    assert len([layer for layer in model.layers if layer.name.startswith("towers-")]) == 2  # conv and add
    assert small.graph().nodes["towers-again"].params == 0
    assert small.graph().nodes["towers-again"].macs == small.graph().nodes["towers-conv"].macs > 0


def test_the_same_seed_gives_the_same_weights(small):
    def weights(seed):
        return [weight.copy() for weight in small.build(seed=seed).get_weights()]

    first, second, other = weights(5), weights(5), weights(6)
    assert all(numpy.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not all(numpy.array_equal(a, b) for a, b in zip(first, other, strict=True))


LOAD = """
    import sys
    sys.modules["netspec"] = None        # importing it fails from here on
    import keras, numpy
    if {path!r}.endswith(".keras"):
        model = keras.models.load_model({path!r})
    else:
        model = keras.models.model_from_json(open({path!r}).read())
        model.load_weights({weights!r})
    x = numpy.load({x!r})
    numpy.save({y!r}, model.predict([x, x + 1], verbose=0)[0])
"""


@pytest.mark.parametrize("ending", [".keras", ".json"])
def test_what_is_saved_loads_in_plain_keras(small, tmp_path, ending):
    model = small.build(seed=1)
    path, weights, x, y = (str(tmp_path / name) for name in ("model" + ending, "model.weights.h5", "x.npy", "y.npy"))
    backend.save(model, Path(path))
    backend.save(model, Path(weights))
    images = numpy.random.default_rng(0).normal(size=(3, 8, 8, 3)).astype("float32")
    numpy.save(x, images)
    code = textwrap.dedent(LOAD).format(path=path, weights=weights, x=x, y=y)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    expected = model.predict([images, images + 1], verbose=0)[0]
    numpy.testing.assert_allclose(numpy.load(y), expected, rtol=1e-5, atol=1e-6)


def test_a_failed_save_leaves_the_old_file(small, tmp_path, monkeypatch):
    model = small.build()
    target = tmp_path / "model.keras"
    target.write_bytes(b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(model), "save", full)
    with pytest.raises(SpecError, match="No space left"):
        backend.save(model, target)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_saving_replaces_a_file_and_leaves_nothing_beside_it(small, tmp_path):
    target = tmp_path / "model.weights.h5"
    target.write_bytes(b"old")
    backend.save(small.build(), target)
    assert target.stat().st_size > 1000
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_that_is_not_there(small, tmp_path):
    with pytest.raises(SpecError, match="can't be written"):
        backend.save(small.build(), tmp_path / "nowhere" / "model.keras")


def test_what_differs_from_keras_is_an_internal_error(small):
    graph = small.graph()
    wrong = Graph(graph.name, graph.nodes, graph.inputs, graph.outputs, Parameters(1, 1), graph.macs)
    with pytest.raises(InternalError, match="1 trainable parameters were foreseen"):
        backend.build(wrong, small.limits)


def test_a_network_that_is_too_large_is_not_built():
    spec = parse_spec("netspec: 1\ninput: {shape: [100000]}\nhead: [{type: dense, units: 100000}]\n")
    with pytest.raises(SpecError, match="10,000,100,000 parameters"):
        spec.build()


def test_a_backend_that_is_not_installed():
    code = "import sys; from netspec.cli import run; sys.exit(run(['build', 'specs/digits.yaml']))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env={**os.environ, "KERAS_BACKEND": "nothing"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "error[E503]" in done.stderr
    assert "Traceback" not in done.stderr

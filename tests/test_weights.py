"""Weights from files, by name, and from the originals, by structure. What is not taken is listed with the reason."""

import re
import shutil
import zipfile
from pathlib import Path

import h5py
import ml_dtypes
import numpy as np
import pytest

from netspec import SpecError, load_spec, parse_spec
from netspec.backends import weights_files
from netspec.backends.matching import copy_by_structure, settle
from netspec.checks import KERAS_APPLICATIONS
from netspec.cli import GOOD, WRONG_COMMAND, WRONG_SPEC, run

SPECS = Path(__file__).parent / "specs"

SPEC = """
netspec: 1
name: small
vars: {width: 8}
input: {shape: [8, 8, 3]}
stages:
  stem:
    - {type: conv2d, filters: $width, kernel_size: 3, use_bias: false}
    - batch_normalization
    - {type: dropout, rate: 0.5}
    - {name: side, type: conv2d, filters: 4, kernel_size: 1}
head:
  - flatten
  - {name: classes, type: dense, units: 5}
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Every test has a folder of its own, with the spec in it; paths in texts are the same everywhere."""
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(SPEC, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module", autouse=True)
def made(tmp_path_factory):
    """Files of weights of the spec, as Keras saves them, and the model that they are of."""
    import keras

    folder = tmp_path_factory.mktemp("made")
    model = parse_spec(SPEC, name="small.yaml").build(seed=1)
    randomise(model)
    model.save_weights(folder / "small.weights.h5")
    model.save(folder / "small.keras")
    yield folder, {weight.path: weight.numpy() for weight in model.weights}
    keras.utils.clear_session()


@pytest.fixture
def files(made, here):
    for file in made[0].iterdir():
        shutil.copy(file, here / file.name)
    return made[1]


def randomise(model, seed=0):
    """Weights with which every layer still hears of the input."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        *window, size = [size for size in weight.shape if size != 1] or [1]
        if window:
            values = rng.normal(
                0, np.sqrt(2 / np.prod(window[:2] if "depthwise" in weight.path else window)), weight.shape
            )
        else:
            values = rng.uniform(0.5, 1.5, size) if re.search("gamma|var", weight.name) else rng.normal(0, 0.1, size)
        weight.assign(np.reshape(values, weight.shape))
    for layer in model.layers:
        settle(layer)
    return model


def build(*arguments):
    return run(["build", "small.yaml", *arguments])


def values(model):
    return {weight.path: weight.numpy() for weight in model.weights}


def same(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


# ------------------------------------------------------------------------------------------------------------ by name

# What is changed in the spec, and what is said of the weights of the unchanged one.
BY_NAME = {
    "nothing": ([], "small.weights.h5: 4 of 4 layers taken by name\n"),
    "another head": (
        ["head.classes.units=7"],
        "small.weights.h5: 3 of 4 layers taken by name\n"
        "  not taken: head-classes: shape differs: 144×5 in the file, 144×7 here; 5 in the file, 7 here\n",
    ),
    "another name": (
        ["head.classes.name=labels"],
        "small.weights.h5: 3 of 4 layers taken by name\n"
        "  not taken: head-labels: in the spec but not in the file\n"
        "  not taken: head-classes: in the file but not in the spec\n",
    ),
    "a bias more": (
        ["stages.stem.0.use_bias=true"],
        "small.weights.h5: 3 of 4 layers taken by name\n"
        "  not taken: stem-conv2d: 1 weight (3×3×3×8) in the file, 2 weights (3×3×3×8, 8) here\n",
    ),
    "a layer less": (
        ["stages.stem.side=null"],
        "small.weights.h5: 2 of 3 layers taken by name\n"
        "  not taken: head-classes: shape differs: 144×5 in the file, 288×5 here\n"
        "  not taken: stem-side: in the file but not in the spec\n",
    ),
    "a width": (
        ["vars.width=16"],
        "small.weights.h5: 1 of 4 layers taken by name\n"
        "  not taken: stem-conv2d: shape differs: 3×3×3×8 in the file, 3×3×3×16 here\n"
        "  not taken: stem-batch_normalization: shape differs: 8 in the file, 16 here; 8 in the file, 16 here; "
        "8 in the file, 16 here\n"
        "  not taken: stem-side: shape differs: 1×1×8×4 in the file, 1×1×16×4 here\n",
    ),
}


@pytest.mark.parametrize("ending", [".weights.h5", ".keras"])
@pytest.mark.parametrize(("edits", "text"), BY_NAME.values(), ids=BY_NAME)
def test_by_name(edits, text, ending, files, capsys):
    edits = [word for edit in edits for word in ("--set", edit)]
    assert build("--weights", f"small{ending}", "--seed", "3", "-o", "new.weights.h5", *edits) == GOOD
    printed = capsys.readouterr()
    assert printed.err == text.replace(".weights.h5", ending)
    assert printed.out == "saved new.weights.h5\n"
    left = set(re.findall(r"not taken: (\S+):", text))
    with weights_files.opened(Path("new.weights.h5")) as store:
        taken = {name: weights for name, weights in store.layers.items() if name not in left}
        assert taken
        for name, weights in taken.items():
            for path, weight in weights.items():
                parts = [one for one in files if one.startswith(f"{name}/")]
                assert np.array_equal(weight.read(), files[parts[int(path.rpartition("/")[2])]])


def test_what_is_not_taken_is_as_it_was(files):
    spec = load_spec("small.yaml", set={"head.classes.units": 7})
    untouched = values(spec.build(seed=5))
    with pytest.warns(UserWarning, match="not taken: head-classes: shape differs"):
        model = spec.build(seed=5, weights="small.keras")
    for path, value in values(model).items():
        assert np.array_equal(value, untouched[path] if path.startswith("head") else files[path])


@pytest.mark.parametrize("edits", [edits for edits, _ in list(BY_NAME.values())[1:]], ids=list(BY_NAME)[1:])
def test_strict(edits, files, capsys):
    edits = [word for edit in edits for word in ("--set", edit)]
    Path("new.keras").write_bytes(b"old")
    assert build("--weights", "small.keras", "--strict", "-o", "new.keras", *edits) == WRONG_SPEC
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "error[E505]: the weights of " in printed.err
    assert Path("new.keras").read_bytes() == b"old"


def test_strict_points_into_the_spec(files, capsys):
    Path("small.yaml").write_text(SPEC.replace("units: 5", "units: 7"), encoding="utf-8")
    assert build("--weights", "small.keras", "--strict") == WRONG_SPEC
    assert capsys.readouterr().err == (
        "error[E505]: the weights of head-classes can't be taken from small.keras: shape differs: "
        "144×5 in the file, 144×7 here; 5 in the file, 7 here\n"
        "  ┌─ small.yaml:14:5\n"
        "14│   - {name: classes, type: dense, units: 7}\n"
        "  │     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "  = help: without --strict what fits is taken and the rest is listed\n\n"
    )


def test_strict_leaves_the_model_as_it_was(files):
    spec = load_spec("small.yaml", set={"head.classes.units": 7})
    model = spec.build(seed=5)
    before = values(model)
    with pytest.raises(SpecError):
        spec.load_weights(model, "small.keras", strict=True)
    assert same(values(model), before)


def test_loaded_weights_as_data(files):
    spec = load_spec("small.yaml", set={"head.classes.name": "labels"})
    loaded = spec.load_weights(spec.build(), Path("small.keras"))
    assert loaded.way == "name"
    assert loaded.taken == ("stem-conv2d", "stem-batch_normalization", "stem-side")
    assert [(one.layer, one.ours) for one in loaded.left] == [("head-labels", True), ("head-classes", False)]


COMPOSITE = """
netspec: 1
input: {shape: [6, 4]}
head:
  - {name: mix, type: multi_head_attention, num_heads: 2, key_dim: 3, dropout: 0.1}
  - {name: both, type: bidirectional, layer: {type: gru, units: 3}}
  - {name: scale, type: normalization}
"""


def test_layers_with_layers_inside():
    spec = parse_spec(COMPOSITE)
    source, target = randomise(spec.build()), spec.build()
    source.save_weights("one.weights.h5")
    assert spec.load_weights(target, "one.weights.h5", strict=True).taken == ("head-mix", "head-both", "head-scale")
    given = np.random.default_rng(0).uniform(0, 1, (2, 6, 4)).astype("float32")
    np.testing.assert_allclose(np.asarray(target(given)), np.asarray(source(given)), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_other_precisions(dtype, files):
    """A file of one precision fits a model of another; numbers are rounded, never reinterpreted."""
    spec = load_spec("small.yaml")
    low = load_spec("small.yaml", set={"defaults": {"dense": {"dtype": dtype}, "conv2d": {"dtype": dtype}}})
    there = low.build(weights="small.keras")
    there.save_weights("there.weights.h5")
    back = values(spec.build(weights="there.weights.h5"))
    assert all(np.allclose(back[path], value, rtol=1e-2) for path, value in files.items())
    kernel = there.get_layer("head-classes").kernel.numpy()
    assert kernel.dtype == (ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)


def test_integers_are_no_weights_for_floats(files):
    with h5py.File("small.weights.h5", "r+") as file:
        del file["layers/dense/vars/1"]
        file["layers/dense/vars/1"] = np.arange(5)
    spec = load_spec("small.yaml")
    (left,) = spec.load_weights(spec.build(), "small.weights.h5").left
    assert left == ("head-classes", "type differs: integer in the file, float here", True)


# --------------------------------------------------------------------------------------------- without the same names


def plain(*, name="conv2d", wide=8):
    """What the spec describes, as plain Keras code has it, with names that Keras made up."""
    import keras

    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(wide, 3, use_bias=False, name=name),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Conv2D(4, 1, name="point"),
            keras.layers.Flatten(),
            keras.layers.Dense(5, name="top"),
        ]
    )


def test_by_order_where_only_one_order_is_possible(capsys):
    randomise(plain()).save("plain.keras")
    assert build("--weights", "plain.keras", "--strict", "-o", "new.keras") == GOOD
    assert capsys.readouterr().err == "plain.keras: 4 of 4 layers taken by the order of equal layers\n"
    given = np.random.default_rng(0).uniform(0, 1, (2, 8, 8, 3)).astype("float32")
    import keras

    wanted, got = (np.asarray(keras.models.load_model(name)(given)) for name in ("plain.keras", "new.keras"))
    np.testing.assert_allclose(got, wanted, rtol=1e-5)


def test_no_name_and_no_order(capsys):
    plain(wide=9).save_weights("plain.weights.h5")
    assert build("--weights", "plain.weights.h5") == WRONG_SPEC
    assert capsys.readouterr().err == (
        "error[E505]: no layer of plain.weights.h5 has the name of a layer of the spec\n"
        " ┌─ plain.weights.h5\n"
        " = help: its layers are called norm, conv2d, point, …, those of the spec stem-batch_normalization, "
        "stem-conv2d, stem-side, …; if they are of keras.applications, say so: weights: {keras_application: NAME}\n\n"
    )


def test_names_without_a_shape_that_fits(capsys):
    plain(name="stem-conv2d", wide=9).save_weights("plain.weights.h5")
    assert build("--weights", "plain.weights.h5") == WRONG_SPEC
    assert capsys.readouterr().err == (
        "error[E505]: no layer of the spec can take its weights from plain.weights.h5\n"
        " ┌─ plain.weights.h5\n"
        " = help: stem-conv2d: shape differs: 3×3×3×9 in the file, 3×3×3×8 here\n\n"
    )


BRANCHES = """
netspec: 1
input: {shape: [4]}
head:
  - {branches: [[{name: left, type: dense, units: 4}], [{name: right, type: dense, units: 4}]], merge: concatenate}
"""


def test_equal_layers_side_by_side_have_no_order():
    import keras

    given = keras.Input((4,))
    ends = [keras.layers.Dense(4)(given) for _ in range(2)]
    original = keras.Model(given, keras.layers.Concatenate()(ends))
    original.save_weights("branches.weights.h5")
    spec = parse_spec(BRANCHES)
    with pytest.raises(SpecError) as raised:
        spec.build(weights="branches.weights.h5")
    (diagnostic,) = raised.value.diagnostics
    assert "doesn't say which of head-left and head-right" in diagnostic.message
    assert "copy_by_structure" in diagnostic.help
    assert len(copy_by_structure(original, spec.build())) == 2


def test_a_name_that_two_layers_have(files):
    with h5py.File("small.weights.h5", "r+") as file:
        file["layers/conv2d_1/vars"].attrs["name"] = "stem-conv2d"
    spec = load_spec("small.yaml")
    loaded = spec.load_weights(spec.build(), "small.weights.h5")
    assert loaded.taken == ("stem-batch_normalization", "head-classes")
    assert ("stem-conv2d", "several layers of the file have this name", True) in loaded.left


def test_a_spec_without_weights(files):
    spec = parse_spec("{netspec: 1, input: {shape: [4]}, head: [relu]}")
    with pytest.raises(SpecError, match="no layer of the spec has weights"):
        spec.build(weights="small.keras")


# -------------------------------------------------------------------------------------------- files that mean no good


def cut(share):
    def harm(path):
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * share)])

    return harm


def opened(change):
    def harm(path):
        with h5py.File(path, "r+") as file:
            change(file)

    return harm


def bias(make):
    """Put something else in the place of the bias of the dense layer."""

    def change(file):
        del file["layers/dense/vars/1"]
        make(file, "layers/dense/vars/1")

    return opened(change)


def virtual(file, path):
    layout = h5py.VirtualLayout((5,), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "secret", (5,))
    file.create_virtual_dataset(path, layout)


def unknown_filter(file, path):
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((5,))
    properties.set_filter(305, h5py.h5z.FLAG_OPTIONAL, (1,))
    space = h5py.h5s.create_simple((5,))
    h5py.h5d.create(file.id, path.encode(), h5py.h5t.NATIVE_FLOAT, space, properties)


def loop(file):
    for number in range(9):
        file[f"layers/dense/again{number}"] = file["layers"]


def bomb(file, path):
    file.create_dataset(path, (10**6, 10**6), "f4", chunks=(1000, 1000), compression="gzip")


def damaged(path):
    """Nothing but zeros where the groups are described."""
    data = bytearray(path.read_bytes())
    data[200:4000] = bytes(3800)
    path.write_bytes(data)


HARMED_STORES = {
    "empty": (lambda path: path.write_bytes(b""), "it is damaged, or no HDF5 file"),
    "text": (lambda path: path.write_text("weights\n" * 99), "it is damaged, or no HDF5 file"),
    "half of it": (cut(0.5), "it is damaged, or no HDF5 file"),
    "a byte": (lambda path: path.write_bytes(b"\x89"), "it is damaged, or no HDF5 file"),
    "damaged": (damaged, "it is damaged"),
    "another HDF5 file": (opened(lambda file: file.pop("layers")), "it holds no layers with weights"),
    "Keras 2": (
        opened(lambda file: (file.pop("layers"), file.attrs.__setitem__("layer_names", ["a"]))),
        "it is in the format of Keras 2",
    ),
    "layers is no group": (
        opened(lambda file: (file.pop("layers"), file.__setitem__("layers", 1.0))),
        "it holds no layers with weights",
    ),
    "an external link": (
        bias(lambda file, path: file.__setitem__(path, h5py.ExternalLink("/etc/passwd", "/"))),
        "layers/dense/vars/1 is a link to another place",
    ),
    "a soft link": (
        bias(lambda file, path: file.__setitem__(path, h5py.SoftLink("/layers/dense/vars/0"))),
        "layers/dense/vars/1 is a link to another place",
    ),
    "objects": (
        bias(lambda file, path: file.create_dataset(path, (5,), h5py.special_dtype(vlen=str))),
        "layers/dense/vars/1 holds no numbers, but object",
    ),
    "texts": (bias(lambda file, path: file.__setitem__(path, np.array(b"x" * 20))), "holds no numbers, but |S20"),
    "nothing": (bias(lambda file, path: file.__setitem__(path, h5py.Empty("f4"))), "holds no numbers, but float32"),
    "a record": (
        bias(lambda file, path: file.__setitem__(path, np.zeros(5, [("a", "f4"), ("b", "i4")]))),
        "holds no numbers, but [('a', '<f4'), ('b', '<i4')]",
    ),
    "complex numbers": (
        bias(lambda file, path: file.__setitem__(path, np.zeros(5, "c8"))),
        "no numbers, but complex64",
    ),
    "a virtual dataset": (bias(virtual), "layers/dense/vars/1 stands in another file"),
    "an external dataset": (
        bias(lambda file, path: file.create_dataset(path, (5,), "f4", external=[("/etc/passwd", 0, 20)])),
        "layers/dense/vars/1 stands in another file",
    ),
    "an unknown filter": (bias(unknown_filter), "packed in a way that Keras doesn't use (HDF5 filter 305)"),
    "a loop": (opened(loop), "its groups are nested deeper than 24"),
}


@pytest.mark.parametrize(("harm", "words"), HARMED_STORES.values(), ids=HARMED_STORES)
def test_harmed_stores(harm, words, files, capsys):
    harm(Path("small.weights.h5"))
    refused("small.weights.h5", words, capsys)
    with zipfile.ZipFile("zipped.keras", "w") as archive:
        archive.write("small.weights.h5", weights_files.STORE)
    refused("zipped.keras", words.replace("small.weights.h5", "zipped.keras"), capsys)


def refused(name, words, capsys):
    """Nothing is written, and what is said is one error with a way out."""
    there = set(Path.cwd().iterdir())
    assert build("--weights", name, "-o", "new.keras") == WRONG_SPEC
    printed = capsys.readouterr()
    assert printed.out == ""
    assert re.findall(r"^error\[(\w+)\]", printed.err, re.MULTILINE) in (["E504"], ["E505"])
    assert words in printed.err
    assert "= help: " in printed.err
    assert "Traceback" not in printed.err
    assert set(Path.cwd().iterdir()) == there


def test_a_shape_that_is_too_large_is_only_looked_at(files):
    bias(bomb)(Path("small.weights.h5"))
    spec = load_spec("small.yaml")
    (left,) = spec.load_weights(spec.build(), "small.weights.h5").left
    assert left == ("head-classes", "shape differs: 1000000×1000000 in the file, 5 here", True)


def test_an_odd_name_is_shown_escaped(files, capsys):
    with h5py.File("small.weights.h5", "r+") as file:
        file["layers/dense/vars"].attrs["name"] = "\x1b[31mred"
        file["layers/conv2d/vars"].attrs["name"] = np.zeros(3)
    assert build("--weights", "small.weights.h5") == GOOD
    printed = capsys.readouterr().err
    assert "not taken: \\u001b[31mred: in the file but not in the spec" in printed
    assert "not taken: conv2d: in the file but not in the spec" in printed


def rezip(change):
    def harm(path):
        with zipfile.ZipFile(path) as archive:
            entries = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w") as archive:
            change(archive, entries)

    return harm


def without_store(archive, entries):
    archive.writestr("../../model.weights.h5", entries[weights_files.STORE])


def twice(archive, entries):
    for _ in range(2):
        archive.writestr(weights_files.STORE, entries[weights_files.STORE])


def packed_bomb(archive, entries):
    archive.writestr(weights_files.STORE, bytes(2**27), zipfile.ZIP_DEFLATED)


def damaged_inside(path):
    data = bytearray(path.read_bytes())
    place = data.index(b"\x89HDF") + 3000
    data[place : place + 9] = b"something"
    path.write_bytes(data)


def encrypted(path):
    """The flag that says so, in both headers of the store."""
    data = bytearray(path.read_bytes())
    for found in re.finditer(re.escape(weights_files.STORE.encode()), bytes(data)):
        for signature, flags, name in ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)):
            start = found.start() - name
            if data[start : start + 4] == signature:
                data[start + flags] |= 1
    path.write_bytes(data)


HARMED_ARCHIVES = {
    "no archive": (lambda path: path.write_text("weights"), "it is damaged, or no .keras file"),
    "half of it": (cut(0.5), "it is damaged, or no .keras file"),
    "no store": (rezip(without_store), "it holds no model.weights.h5"),
    "two stores": (rezip(twice), "it holds more than one model.weights.h5"),
    "a bomb": (rezip(packed_bomb), "claims to unpack to 134,217,728"),
    "damaged inside": (damaged_inside, "it is damaged, or no .keras file: Bad CRC-32"),
    "encrypted": (encrypted, "its model.weights.h5 is encrypted"),
}


@pytest.mark.parametrize(("harm", "words"), HARMED_ARCHIVES.values(), ids=HARMED_ARCHIVES)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_harmed_archives(harm, words, files, capsys):
    harm(Path("small.keras"))
    refused("small.keras", words, capsys)


def test_what_a_keras_file_says_besides_is_not_read(files):
    def other(archive, entries):
        archive.writestr("config.json", '{"class_name": "Lambda"}')
        archive.writestr("../outside.txt", "x")
        archive.writestr(weights_files.STORE, entries[weights_files.STORE], zipfile.ZIP_DEFLATED)

    rezip(other)(Path("small.keras"))
    assert same(values(load_spec("small.yaml").build(weights="small.keras")), files)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.keras", "there is no such file"),
        ("folder.keras", "it is not a file"),
        ("small.yaml", "small.yaml is neither .weights.h5 nor .keras"),
        ("small.h5", "small.h5 is neither .weights.h5 nor .keras"),
        ("ImageNet", "ImageNet is neither .weights.h5 nor .keras"),
        ("", "is neither .weights.h5 nor .keras"),
        ("a" * 300 + ".keras", "File name too long"),
        ("nul\0.keras", "can't be read"),
    ],
)
def test_what_is_no_file_of_weights(name, words, capsys):
    Path("folder.keras").mkdir()
    refused(name, words, capsys)


def test_strict_alone_is_a_wrong_command(capsys):
    assert build("--strict") == WRONG_COMMAND
    assert "--strict" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------- published weights


@pytest.fixture
def mobilenet(here):
    """A spec of MobileNetV2 that says what it is."""
    text = (SPECS / "mobilenet_v2.yaml").read_text(encoding="utf-8")
    Path("mobilenet.yaml").write_text(f"{text}weights: {{keras_application: MobileNetV2}}\n", encoding="utf-8")
    return "mobilenet.yaml"


@pytest.fixture
def published(monkeypatch):
    """Keras's function, with weights made here instead of downloaded; the models that it gave out."""
    import keras

    made, original = [], keras.applications.MobileNetV2

    def function(*, weights, **options):
        if weights == "imagenet" and options.get("input_shape", (224, 224, 3)) != (224, 224, 3):
            raise ValueError("imagenet weights are for another size")
        model = original(weights=None, **options)
        if weights == "imagenet":
            made.append(randomise(model, seed=7))
        return model

    monkeypatch.setattr(keras.applications, "MobileNetV2", function)
    yield made
    keras.utils.clear_session()


def agree(original, model, sizes):
    """Both compute the same on a random picture."""
    picture = np.random.default_rng(0).uniform(-1, 1, (1, *sizes)).astype("float32")
    wanted, other, got = (np.asarray(one) for one in (original(picture), original(-picture), model(picture)))
    assert np.abs(wanted - other).max() > 0.01 * np.abs(wanted).max(), "outputs that say nothing of the input"
    np.testing.assert_allclose(got, wanted, rtol=1e-3, atol=1e-5 * np.abs(wanted).max())


def test_published(mobilenet, published, capsys):
    import keras

    assert run(["build", mobilenet, "--weights", "imagenet", "--strict", "-o", "new.keras"]) == GOOD
    printed = capsys.readouterr()
    assert printed.err == "ImageNet weights of MobileNetV2: 105 of 105 layers taken by structure\n"
    assert printed.out == "saved new.keras\n"
    agree(published[0], keras.models.load_model("new.keras"), (224, 224, 3))


def test_other_classes_and_size(mobilenet, published):
    spec = load_spec(mobilenet, set={"vars.classes": 10, "input.shape": [96, 96, 3]})
    model = spec.build()
    loaded = spec.load_weights(model, "imagenet")
    assert (len(loaded.taken), loaded.way) == (104, "structure")
    (left,) = loaded.left
    assert left == ("head-dense", "shape differs: 1280×1000 in the original's predictions, 1280×10 here", True)
    import keras

    original = keras.applications.MobileNetV2(weights=None, input_shape=(96, 96, 3))
    copy_by_structure(published[0], original)
    theirs, ours = (keras.Model(one.input, one.layers[-2].output) for one in (original, model))
    agree(theirs, ours, (96, 96, 3))
    with pytest.raises(SpecError, match="head-dense can't be taken from ImageNet weights of MobileNetV2"):
        spec.build(weights="imagenet", strict=True)


def test_without_a_classifier(mobilenet, published):
    spec = load_spec(mobilenet, set={"head.4": None})
    loaded = spec.load_weights(spec.build(), "imagenet", strict=True)
    assert (len(loaded.taken), loaded.left) == (104, ())


def test_another_width(mobilenet, published):
    spec = load_spec(mobilenet, set={"vars.alpha": 0.35})
    loaded = spec.load_weights(spec.build(), "imagenet", strict=True)
    assert len(loaded.taken) == 105


def test_another_network(mobilenet, published, capsys):
    edits = ["--set", "weights.keras_application=MobileNetV2", "--weights", "imagenet"]
    assert build(*edits) == WRONG_SPEC
    assert capsys.readouterr().err == (
        "error[E505]: the spec is not mobilenetv2_1.00_224: not even the first layers with weights are the same\n"
        " ┌─ ImageNet weights of MobileNetV2\n"
        " = help: stem-conv2d: shape differs: 3×3×3×32 in the original's Conv1, 3×3×3×8 here; "
        "stem-batch_normalization: in the spec but not in the original, or after something that differs; "
        "stem-side: in the spec but not in the original, or after something that differs\n\n"
    )
    assert not published, "nothing is downloaded for a spec that it doesn't fit"


def test_something_without_weights_differs(mobilenet, published):
    spec = load_spec(mobilenet, set={"defaults.relu.max_value": 1.0})
    loaded = spec.load_weights(spec.build(), "imagenet", strict=True)
    (note,) = loaded.notes
    assert re.match(r"with these weights its output differs from the original's by \d+% on a random picture", note)


def test_a_file_of_the_original(mobilenet, published, capsys):
    """Its layers have Keras's names, which say nothing here; the original's structure tells which is which."""
    import keras

    original = randomise(keras.applications.MobileNetV2(weights=None), seed=9)
    original.save_weights("original.weights.h5")
    assert run(["build", mobilenet, "--weights", "original.weights.h5", "-o", "new.keras"]) == GOOD
    printed = capsys.readouterr().err
    assert printed == "original.weights.h5 (mobilenetv2_1.00_224): 105 of 105 layers taken by structure\n"
    agree(original, keras.models.load_model("new.keras"), (224, 224, 3))


def test_a_failed_download(mobilenet, monkeypatch, capsys):
    import keras

    original = keras.applications.MobileNetV2

    def function(*, weights, **options):
        if weights == "imagenet":
            raise Exception("URL fetch failure on https://example.org/…: None -- no route to host\nmore")
        return original(weights=None, **options)

    monkeypatch.setattr(keras.applications, "MobileNetV2", function)
    assert run(["build", mobilenet, "--weights", "imagenet", "-o", "new.keras"]) == WRONG_SPEC
    assert capsys.readouterr().err == (
        "error[E506]: Keras can't give the ImageNet weights of MobileNetV2: "
        "URL fetch failure on https://example.org/…: None -- no route to host\n"
        "  ┌─ mobilenet.yaml:57:30\n"
        "57│ weights: {keras_application: MobileNetV2}\n"
        "  │                              ^^^^^^^^^^^\n"
        "  = help: Keras downloads them once and keeps them in ~/.keras/models; "
        "or name a file that has them: --weights FILE.weights.h5\n\n"
    )
    assert not Path("new.keras").exists()


def test_a_spec_that_says_no_original(capsys):
    assert build("--weights", "imagenet") == WRONG_SPEC
    assert capsys.readouterr().err == (
        "error[E506]: the spec doesn't say which published weights it takes\n"
        " ┌─ small.yaml\n"
        " = help: say what the spec is written after, weights: {keras_application: ResNet50}, "
        "or name a file of weights\n\n"
    )


def test_every_original_is_known():
    import keras

    functions = {
        name for name in dir(keras.applications) if name[0].isupper() and callable(getattr(keras.applications, name))
    }
    assert functions == set(KERAS_APPLICATIONS)
    assert len(KERAS_APPLICATIONS) == 40


# ------------------------------------------------------------------------------------------------------- the language


KEYS = {
    "good": ("{keras_application: ResNet50}", None),
    "lower case": ("{keras_application: resnet50}", "keras.applications has no 'resnet50' | write ResNet50"),
    "a word more": ("{keras_application: EfficientNet-B0}", "no 'EfficientNet-B0' | write EfficientNetB0"),
    "unknown": ("{keras_application: AlexNet}", "no 'AlexNet' | Keras has ConvNeXtBase, ConvNeXtLarge,"),
    "no text": ("{keras_application: 50}", "keras_application must be the name of one, not 50 | write weights:"),
    "a list": ("[ResNet50]", "weights must be a mapping, not a list | write weights: {keras_application: ResNet50}"),
    "a text": ("imagenet", "weights must be a mapping, not 'imagenet' | write weights: {keras_application: ResNet50}"),
    "another key": ("{keras_aplication: ResNet50}", "weights has no key 'keras_aplication' | write keras_application"),
    "empty": ("{}", None),
}


@pytest.mark.parametrize(("written", "words"), KEYS.values(), ids=KEYS)
def test_key(written, words):
    text = f"{SPEC}weights: {written}\n"
    if words is None:
        application = parse_spec(text).network.application
        assert (application and application.name) == ("ResNet50" if "ResNet50" in written else None)
        return
    with pytest.raises(SpecError) as raised:
        parse_spec(text)
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.where.line == 15
    assert words in f"{diagnostic.message} | {diagnostic.help}"


def test_variants(here):
    Path("base.yaml").write_text(f"{SPEC}weights: {{keras_application: ResNet50}}\n", encoding="utf-8")

    def named(more):
        spec = parse_spec(f"{{netspec: 1, extends: base.yaml{more}}}", root=here)
        return spec.network.application and spec.network.application.name

    assert named("") == "ResNet50"
    assert named(", weights: {keras_application: VGG16}") == "VGG16"
    assert named(", weights: null") is None
    assert named(", weights: {keras_application: null}") is None


def test_resolved():
    spec = parse_spec(f"{SPEC}weights: {{keras_application: ResNet50}}\n")
    resolved = spec.resolve()
    assert resolved.endswith("weights: {keras_application: ResNet50}\n")
    assert parse_spec(resolved).network.application

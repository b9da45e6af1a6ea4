"""Whatever goes wrong while a file is written: the one that was there stays as it was, nothing is left beside it."""

import io
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

import pytest

from netspec.cli import run
from netspec.files import ABANDONED_SECONDS, write_whole
from tests import saver

ROOT = Path(__file__).parent.parent
NOBODY = 65534

SPEC = """
netspec: 1
name: small
input: {shape: [50]}
head: [{type: dense, units: 100}, batch_normalization, {type: dense, units: 10}]
"""
OLD = b"what was there before\n" * 100

# What is saved, by the command line that does it, and the size that it has at least.
KINDS = {
    ".keras": ["build", "spec.yaml", "-o", "model.keras"],
    ".weights.h5": ["build", "spec.yaml", "-o", "model.weights.h5"],
    ".json": ["build", "spec.yaml", "-o", "model.json"],
    "schema": ["schema", "-o", "spec.schema.json"],
}

# What goes wrong, the code that it leaves with, and what is said. A limit is a share of the whole file.
WAYS: dict[str, tuple[dict[str, object], int, str]] = {
    "no room at all": ({"share": 0.0}, 1, "File too large"),
    "room for half": ({"share": 0.5}, 1, "File too large"),
    "a byte too little": ({"share": 1.0}, 1, "File too large"),
    "full when synced": ({"troubles": ["full when synced"]}, 1, "No space left on device"),
    "full when closed": ({"troubles": ["full when closed"]}, 1, "Disk quota exceeded"),
    "not to be moved": ({"troubles": ["not to be moved"]}, 1, "Operation not permitted"),
    "a folder that is read only": ({"user": NOBODY, "folder": 0o555}, 1, "its folder is protected against writing"),
    "a file that is read only": ({"user": NOBODY, "file": 0o444}, 1, "it is protected against writing"),
    "Ctrl-C": ({"troubles": ["SIGINT"]}, 130, ""),
    "asked to end": ({"troubles": ["SIGTERM"]}, 143, ""),
    "the terminal closed": ({"troubles": ["SIGHUP"]}, 129, ""),
}


@pytest.fixture(scope="module")
def netspec():
    """Run a command in the one process that has TensorFlow, and get its answer."""
    command = [sys.executable, "-m", "tests.saver"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        tasks, answers = process.stdin, process.stdout
        assert tasks
        assert answers

        def answered(*arguments, **task):
            tasks.write(json.dumps({"arguments": list(map(str, arguments)), **task}) + "\n")
            tasks.flush()
            answer = answers.readline()
            assert answer, f"the process has died: {process.wait()}"
            answer = json.loads(answer)
            assert answer.pop("handled") == [], "signals are the caller's again"
            assert "Traceback" not in answer["err"]
            assert "Exception ignored" not in answer["err"]
            return answer

        yield answered
        tasks.close()
    assert process.returncode == 0, "what HDF5 could not write must not come back when Python ends"


@pytest.fixture
def folder():
    """A folder that others can reach too, with a spec in it."""
    path = Path(tempfile.mkdtemp(prefix="saving-")).resolve()
    path.chmod(0o755)
    (path / "spec.yaml").write_text(SPEC, encoding="utf-8")
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    yield path
    path.chmod(0o755)
    shutil.rmtree(path)


def inside(folder, arguments):
    """The same command line with its files in a folder."""
    return [str(folder / word) if "." in word else word for word in arguments]


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def sizes(netspec, tmp_path_factory):
    """How large each kind of file is when nothing goes wrong."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "spec.yaml").write_text(SPEC, encoding="utf-8")
    found = {}
    for kind, arguments in KINDS.items():
        done = netspec(*inside(folder, arguments))
        assert done["code"] == 0, done
        found[kind] = (folder / arguments[-1]).stat().st_size
        assert found[kind] > 1000
    return found


# ------------------------------------------------------------------------------------------------------ what goes wrong


@pytest.mark.parametrize("existing", [True, False], ids=["over a file", "as a new file"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_half_written(way, kind, existing, netspec, folder, sizes):
    trouble, code, words = WAYS[way]
    task = dict(trouble)
    target = folder / KINDS[kind][-1]
    if existing:
        target.write_bytes(OLD)
        if os.geteuid() == 0:
            os.chown(target, NOBODY, NOBODY)
        target.chmod(int(str(task.pop("file", 0o640))))
    elif task.pop("file", None):
        folder.chmod(0o555)
        words = "its folder is protected"
    if "folder" in task:
        folder.chmod(int(str(task.pop("folder"))))
    if "share" in task:
        task["limit"] = max(0, int(sizes[kind] * float(str(task.pop("share")))) - 1)
    before = contents(folder)
    done = netspec(*inside(folder, KINDS[kind]), **task)
    assert done["code"] == code, done
    assert done["out"] == ""
    if words:
        assert f"error[E501]: {target} can't be written: " in done["err"]
        assert words in done["err"]
    else:
        assert done["err"].strip() in ("", "Aborted!")
    assert contents(folder) == before


@pytest.mark.parametrize("kind", [".keras", ".weights.h5"])
def test_no_memory_for_the_weights(kind, netspec, folder):
    (folder / KINDS[kind][-1]).write_bytes(OLD)
    before = contents(folder)
    done = netspec(*inside(folder, KINDS[kind]), troubles=["no memory"])
    assert done["code"] == 1
    assert "the weights don't fit into memory a second time" in done["err"]
    assert contents(folder) == before


def test_keras_puts_no_weights_of_a_large_model_beside_it(netspec, folder, sizes):
    arguments = inside(folder, KINDS[".keras"])
    before = contents(folder)
    done = netspec(*arguments, troubles=["a large model"], limit=sizes[".keras"] // 2)
    assert done["code"] == 1
    assert contents(folder) == before
    assert netspec(*arguments, troubles=["a large model"])["code"] == 0
    assert set(contents(folder)) == {"spec.yaml", "model.keras"}
    assert zipfile.ZipFile(folder / "model.keras").testzip() is None


def test_a_device_that_is_always_full(netspec, folder):
    """As nobody: were the device replaced instead of written to, root could."""
    done = netspec("schema", "-o", "/dev/full", user=NOBODY)
    assert done["code"] == 1
    assert "/dev/full can't be written: No space left on device" in done["err"]
    assert "make room" in done["err"]


DIES = """
import os, signal
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup has it ignored,
signal.signal(signal.SIGINT, signal.default_int_handler)  # and a job in the background that
os.fsync = lambda _: os.kill(os.getpid(), signal.{signal})
from netspec.cli import main
main({arguments!r})
"""


def left_by(process_signal, arguments, folder):
    code = DIES.format(signal=process_signal, arguments=inside(folder, arguments))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("kind", ["schema", ".keras"])
def test_a_killed_process_leaves_the_old_file(kind, folder):
    target = folder / KINDS[kind][-1]
    target.write_bytes(OLD)
    code, _ = left_by("SIGKILL", KINDS[kind], folder)
    assert code == -signal.SIGKILL
    assert target.read_bytes() == OLD
    (left,) = set(contents(folder)) - {"spec.yaml", target.name}
    assert re.fullmatch(rf"\.{re.escape(target.name)}\.netspec-[0-9a-f]{{8}}", left)


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_process_that_is_asked_to_end_tidies_up(name, code, folder):
    before = contents(folder)
    assert left_by(name, KINDS["schema"], folder) == (code, "")
    assert contents(folder) == before


def test_a_later_save_takes_away_what_a_killed_one_left(folder):
    long_ago = time.time() - ABANDONED_SECONDS - 60
    abandoned = [".model.json.netspec-0123abcd", ".model.json.netspec-ffffffff"]
    others = [".other.json.netspec-0123abcd", ".model.json.netspec-notes", "model.json.netspec-0123abcd"]
    for name in [*abandoned, *others]:
        (folder / name).write_bytes(OLD)
        os.utime(folder / name, (long_ago, long_ago))
    (folder / ".model.json.netspec-89abcdef").write_bytes(b"of a save that goes on")
    write_whole(folder / "model.json", "{}\n")
    assert set(contents(folder)) == {*others, ".model.json.netspec-89abcdef", "model.json", "spec.yaml"}


# ------------------------------------------------------------------------------------------------------ what is refused


def linked(folder):
    (folder / "loop.keras").symlink_to("loop.keras")
    (folder / "nowhere.keras").symlink_to("no/such/folder.keras")
    (folder / "folder.keras").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket.keras"))


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("folder.keras", 1, "it is a folder"),
        ("missing/model.keras", 1, "there is no folder"),
        ("missing/model.keras", 1, "help: make the folder first"),
        ("nowhere.keras", 1, "no/such"),
        ("spec.yaml/model.keras", 1, "Not a directory"),
        ("loop.keras", 1, "Too many levels of symbolic links"),
        ("socket.keras", 1, "it is neither a file nor a pipe"),
        ("a" * 300 + ".keras", 1, "File name too long"),
        ("model.txt", 2, "model.txt names no format; end it with .keras, .weights.h5, .json"),
        ("model.h5", 2, "model.h5 names no format"),
        ("model.KERAS", 2, "names no format"),
        ("model", 2, "names no format"),
        (".keras", 2, "names no format"),
        ("", 2, "names no format"),
    ],
)
def test_a_place_that_can_take_no_model(name, code, words, folder, capsys, monkeypatch):
    """Said before anything is built: TensorFlow is not imported."""
    linked(folder)
    before = sorted(folder.rglob("*"))
    monkeypatch.setitem(sys.modules, "keras", None)
    monkeypatch.chdir(folder)
    assert run(["build", "spec.yaml", "-o", name]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert words in " ".join(err.split())
    assert sorted(folder.rglob("*")) == before


JSON_SPEC = '{"netspec": 1, "input": {"shape": [8]}, "head": [{"type": "dense", "units": 3}]}'


@pytest.mark.parametrize(
    "output", ["net.json", "./net.json", "base.json", "blocks.json", "linked.json", "hard.json", "nets/../base.json"]
)
def test_no_model_is_written_over_its_spec(output, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "keras", None)
    (tmp_path / "nets").mkdir()
    files = {
        "base.json": JSON_SPEC,
        "blocks.json": '{"blocks": {"twice": {"nodes": ["relu", "relu"]}}}',
        "net.json": '{"netspec": 1, "extends": "base.json", "use": ["blocks.json"]}',
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "linked.json").symlink_to("base.json")
    (tmp_path / "hard.json").hardlink_to("base.json")
    assert run(["build", "net.json", "-o", output]) == 2
    assert "is a file that the spec is read from" in capsys.readouterr().err
    for name, text in files.items():
        assert (tmp_path / name).read_text(encoding="utf-8") == text
    assert (tmp_path / "linked.json").is_symlink()


def test_nor_over_a_spec_from_standard_input(tmp_path):
    spec = tmp_path / "net.json"
    spec.write_text(JSON_SPEC, encoding="utf-8")
    with spec.open(encoding="utf-8") as file:
        command = [sys.executable, "-m", "netspec", "build", "-", "-o", str(spec)]
        done = subprocess.run(command, cwd=ROOT, stdin=file, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is a file that the spec is read from" in done.stderr
    assert spec.read_text(encoding="utf-8") == JSON_SPEC


def test_a_name_with_path_separators_leads_nowhere(tmp_path, capsys):
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC.replace("name: small", "name: ../../outside"), encoding="utf-8")
    assert run(["build", str(spec), "-o", str(tmp_path / "model.json")]) == 1
    assert "error[E110]" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [spec]


# ----------------------------------------------------------------------------------------------------------- what works


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_replaced_with_its_permissions(kind, netspec, folder):
    target = folder / KINDS[kind][-1]
    target.write_bytes(OLD)
    target.chmod(0o604)
    if os.geteuid() == 0:
        os.chown(target, NOBODY, NOBODY)
    owner = target.stat().st_uid
    done = netspec(*inside(folder, KINDS[kind]))
    assert (done["code"], done["err"]) == (0, "")
    assert str(target) in done["out"]
    assert target.read_bytes() != OLD
    assert (stat.S_IMODE(target.stat().st_mode), target.stat().st_uid) == (0o604, owner)
    assert set(contents(folder)) == {"spec.yaml", target.name}


def test_a_new_file_has_the_permissions_that_are_usual(folder):
    before = os.umask(0o027)
    try:
        write_whole(folder / "new.json", "{}")
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder / "new.json").stat().st_mode) == 0o640


@pytest.mark.parametrize("existing", [True, False], ids=["to a file", "to nothing yet"])
def test_a_link_stays(existing, folder):
    (folder / "store").mkdir()
    real = folder / "store" / "model.json"
    if existing:
        real.write_bytes(OLD)
    (folder / "latest.json").symlink_to("store/model.json")
    write_whole(folder / "latest.json", "{}")
    assert (folder / "latest.json").is_symlink()
    assert real.read_text(encoding="utf-8") == "{}"
    assert list(real.parent.iterdir()) == [real]


def test_another_hard_link_keeps_the_old_file(folder):
    (folder / "model.json").write_bytes(OLD)
    (folder / "kept.json").hardlink_to(folder / "model.json")
    write_whole(folder / "model.json", "{}")
    assert (folder / "kept.json").read_bytes() == OLD


@pytest.mark.parametrize(
    "name", ["a b.json", "größe.json", "-o.json", "new\nline.json", "é" * 125 + ".json", os.fsdecode(b"\xff.json")]
)
def test_any_name_that_the_file_system_takes(name, folder):
    for _ in range(2):
        write_whole(folder / name, "{}")
    assert set(contents(folder)) == {"spec.yaml", name}


def read_all(path, into):
    into.append(path.read_bytes())


@pytest.mark.parametrize("kind", KINDS)
def test_a_pipe_is_written_to(kind, netspec, folder):
    pipe = folder / KINDS[kind][-1]
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=read_all, args=(pipe, read), daemon=True)
    reader.start()
    done = netspec(*inside(folder, KINDS[kind]))
    reader.join()
    assert done["code"] == 0, done
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    if kind == ".keras":
        archive = zipfile.ZipFile(io.BytesIO(read[0]))
        assert archive.testzip() is None
        assert "model.weights.h5" in archive.namelist()
    elif kind == ".weights.h5":
        assert read[0].startswith(b"\x89HDF\r\n")
    else:
        assert json.loads(read[0])


def test_a_terminal_is_written_to():
    controller, terminal = os.openpty()
    try:
        write_whole(Path(os.ttyname(terminal)), "{}\n")
        assert os.read(controller, 100) == b"{}\r\n"
    finally:
        os.close(terminal)
        os.close(controller)


def test_whoever_reads_a_pipe_may_leave(netspec, folder):
    pipe = folder / "spec.schema.json"
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: os.close(os.open(pipe, os.O_RDONLY)), daemon=True)
    reader.start()
    done = netspec(*inside(folder, KINDS["schema"]))
    reader.join()
    assert done["code"] == 1
    assert "Broken pipe" in done["err"]


def test_every_trouble_is_used():
    used = {trouble for task, _, _ in WAYS.values() for trouble in task.get("troubles", ())}  # type: ignore[attr-defined]
    assert used | {"a large model", "no memory"} == set(saver.TROUBLES)

"""The wheel and the sdist: what they hold, and that what is installed from them works."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_wheel_holds_the_package_and_its_data(built):
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "netspec").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert package <= names
    assert {"netspec/schemas/netspec.schema.json", "netspec/py.typed", "netspec/explanations/E301.md"} <= names
    assert not any(name.startswith(("tests/", "specs/", "docs/")) for name in names)


def test_the_sdist_holds_what_builds_and_tests_it(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert {
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "specs/resnet50.yaml",
        "tests/test_package.py",
        "Makefile",
    } <= names


def test_the_installed_wheel_works(built, tmp_path):
    (wheel,) = built.glob("*.whl")
    site = tmp_path / "site"
    install = ["pip", "install", "-q", "--no-deps", "--no-index", "--target", str(site), str(wheel)]
    subprocess.run([sys.executable, "-m", *install], check=True, capture_output=True)
    code = (
        f"import sys; sys.path.insert(0, {str(site)!r})\n"
        "import netspec; from netspec.cli import run\n"
        f"assert netspec.__file__.startswith({str(site)!r}), netspec.__file__\n"
        f"sys.exit(run(['summary', {str(ROOT / 'specs' / 'resnet50.yaml')!r}]) or run(['explain', 'E301']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "23,600,006 parameters" in done.stdout


def test_the_version_is_said_once():
    import netspec

    assert f'version = "{netspec.__version__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")

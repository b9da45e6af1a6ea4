"""The hooks that other projects take from `.pre-commit-hooks.yaml`, run by the real pre-commit."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
MANIFEST = ROOT / ".pre-commit-hooks.yaml"
HOOKS = {hook["id"]: hook for hook in yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))}
PAGE = (ROOT / "docs" / "checking.md").read_text(encoding="utf-8")

GOOD = "netspec: 1\ninput: {shape: [8]}\nhead: [{type: dense, units: 3}]\n"
WRONG = GOOD.replace("units", "unist")

BIN = Path(sys.executable).parent
WHO = {f"GIT_{who}_{what}": "nobody@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
ENVIRONMENT = {**os.environ, **WHO, "GIT_CONFIG_GLOBAL": os.devnull, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


def git(folder, *arguments):
    command = ["git", "-c", "init.defaultBranch=main", *arguments]
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A repository that offers the hooks, and the commit to name."""
    folder = tmp_path_factory.mktemp("published")
    shutil.copy(MANIFEST, folder)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "hooks")
    return folder, git(folder, "rev-parse", "HEAD")


@pytest.fixture
def project(tmp_path, published):
    """A project with specs and other YAML, that uses a hook as the page says."""
    folder, commit = published

    def made(hook):
        (written,) = (text for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if text.startswith("repos:"))
        config = yaml.safe_load(written)
        (source,) = config["repos"]
        (wanted,) = source["hooks"]
        source.update(repo=str(folder), rev=commit)
        # What the hook `netspec` runs in is a fresh installation; here it is the one under test.
        wanted.update(id=hook, language="system")
        (tmp_path / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        for name, text in {"specs/good.yaml": GOOD, "nets/specs/wrong.yml": WRONG, "other.yaml": "a: 1\n"}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        git(tmp_path, "init", "-q")
        git(tmp_path, "add", "-A")
        return tmp_path

    return made


def pre_commit(folder):
    command = [sys.executable, "-m", "pre_commit", "run", "--color=never"]
    environment = {**ENVIRONMENT, "PRE_COMMIT_HOME": str(folder / ".git" / "pre-commit")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_wrong_spec_is_not_committed(hook, project):
    folder = project(hook)
    done = pre_commit(folder)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Failed" in done.stdout
    assert "nets/specs/wrong.yml:3:22" in done.stdout
    assert "write units" in done.stdout
    assert "specs/good.yaml: good" in done.stdout
    assert "other.yaml" not in done.stdout, "only YAML below a folder called specs"
    (folder / "nets/specs/wrong.yml").write_text(GOOD, encoding="utf-8")
    git(folder, "add", "-A")
    done = pre_commit(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout


def test_the_hooks_run_the_command_of_this_package():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert {hook: manifest["language"] for hook, manifest in HOOKS.items()} == {
        "netspec": "python",
        "netspec-installed": "system",
    }
    for manifest in HOOKS.values():
        assert manifest["entry"].split() == ["netspec", "validate"]
        assert manifest["entry"].split()[0] in scripts


def test_the_workflow_of_the_page_uploads_what_it_writes():
    (written,) = (text for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "jobs:" in text)
    steps = yaml.safe_load(written)["jobs"]["specs"]["steps"]
    (check,) = (step["run"] for step in steps if "netspec validate" in step.get("run", ""))
    (upload,) = (step for step in steps if "upload-sarif" in step.get("uses", ""))
    assert check.split()[-1] == upload["with"]["sarif_file"]
    assert upload["if"] == "always()", "it has most to say when the check fails"
    words = check.partition(" > ")[0].replace("specs/*.yaml", "specs/resnet50.yaml").split()
    done = subprocess.run(words, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert '"version":"2.1.0"' in done.stdout

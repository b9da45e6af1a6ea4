"""Validation, shapes and cost must not cost the import of TensorFlow or Keras."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SPEC = "specs/resnet50.yaml"

PROBE = """
import sys
from netspec.cli import run
code = run({arguments!r}) if {arguments!r} else 0
import netspec
heavy = sorted(name for name in sys.modules if name.split(".")[0] in {{"tensorflow", "keras", "numpy", "torch", "jax"}})
assert not heavy, heavy[:5]
sys.exit(code)
"""

COMMANDS = {
    "import": [],
    "help": ["--help"],
    "validate": ["validate", SPEC, "specs/resnet50_v1_5.yaml"],
    "summary": ["summary", SPEC],
    "summary --json": ["summary", SPEC, "--json"],
    "summary of costs": ["summary", SPEC, "--cost", "--training", "adam", "--fits", "8GiB", "--budget", "params<=30M"],
    "summary by a convention": ["summary", SPEC, "--convention", "fvcore"],
    "diff": ["diff", SPEC, "specs/resnet101.yaml"],
    "plot as text": ["plot", SPEC, "-o", "-"],
    "plot as a page": ["plot", SPEC, "--format", "html", "-o", "-"],
    "resolve": ["resolve", SPEC],
    "blocks": ["blocks"],
    "blocks TYPE": ["blocks", "conv2d"],
    "schema": ["schema"],
    "explain": ["explain", "E301"],
}


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS.keys())
def test_heavy_modules_stay_out(arguments):
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(arguments=arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_probe_would_notice():
    probe = PROBE.format(arguments=["validate", SPEC]).replace("import netspec\n", "import netspec, numpy\n")
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "numpy" in done.stderr

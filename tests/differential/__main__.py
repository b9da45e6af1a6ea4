"""Compare netspec with Keras on many random specs: `python -m tests.differential --runs 20000 --seed 0`.

Spec number N of a seed is the same on every machine. A run that was stopped goes on where it was; what was found stands
in the folder of `--state`, a file a disagreement.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from tests.differential import verdict
from tests.differential.generate import spec_of
from tests.differential.rewrites import dumped
from tests.differential.shrink import smallest

REST_EVERY = 200
"""Specs after which Keras forgets what it counted, and the state is saved."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20_000, help="how many specs, from the first one on")
    parser.add_argument("--seed", type=int, default=0, help="which row of specs")
    parser.add_argument("--flavour", choices=("any", "valid"), default="any")
    parser.add_argument("--only", type=int, metavar="N", help="show spec N of the seed and what is said about it")
    parser.add_argument("--state", type=Path, default=Path(".differential"), help="folder for what was found")
    given = parser.parse_args(arguments)
    if given.only is not None:
        spec = spec_of(number_of(given.seed, given.only), given.flavour)
        found = verdict.judge(spec)
        print(json.dumps(spec), f"{found.outcome}: {found.reason}", sep="\n")
        if found.outcome == verdict.DISAGREE:
            spec = smallest(spec, lambda one: verdict.judge(one).kind == found.kind)
            print("as small as it gets:", dumped(spec), verdict.judge(spec).reason, sep="\n")
        return int(found.outcome == verdict.DISAGREE)
    warnings.simplefilter("ignore")  # of masks that a layer drops
    folder = given.state / f"{given.flavour}-{given.seed}"
    counted = run(given.runs, given.seed, given.flavour, folder)
    print(table(counted))
    return int(counted[verdict.DISAGREE] > 0)


def number_of(seed: int, index: int) -> int:
    """Number the specs of all seeds in one row."""
    return seed * 1_000_000_000 + index


def run(runs: int, seed: int, flavour: Any, folder: Path) -> Counter[str]:
    folder.mkdir(parents=True, exist_ok=True)
    state = folder / "state.json"
    counted = Counter(json.loads(state.read_text()) if state.exists() else {})
    begun = time.monotonic()
    first = counted["specs"]
    for index in range(first, runs):
        spec = spec_of(number_of(seed, index), flavour)
        found = verdict.judge(spec)
        counted["specs"] += 1
        counted[found.outcome] += 1
        counted.update(found.compared)
        if found.outcome == verdict.DISAGREE:
            (folder / f"{index}.json").write_text(json.dumps({"spec": spec, "reason": found.reason}, indent=1) + "\n")
        if counted["specs"] % REST_EVERY == 0 or counted["specs"] == runs:
            verdict.forget()
            gc.collect()
            state.write_text(json.dumps(counted) + "\n")
            each = (time.monotonic() - begun) / (counted["specs"] - first)
            outcomes = ", ".join(f"{counted[one]:,} {one}" for one in verdict.OUTCOMES if counted[one])
            print(f"{counted['specs']:,} of {runs:,}: {outcomes}; {each * 1000:.0f} ms each", flush=True)
    return counted


def table(counted: Counter[str]) -> str:
    names = [name for name in (*verdict.OUTCOMES, *verdict.COMPARED) if counted[name] or name == verdict.DISAGREE]
    return "\n".join(f"{counted[name]:>10,}  {name}" for name in names)


sys.exit(main(sys.argv[1:]))

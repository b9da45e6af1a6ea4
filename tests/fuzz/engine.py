"""Bytes led by coverage: atheris watches netspec and tries what takes it to new places.

A process of its own, since atheris has to see every import, and since it ends with the process:

    python -m tests.fuzz.engine FOLDER TOTAL

All that it knows is in the folder, so that a run goes on where the last one ended.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["netspec", "yaml"]):
    from netspec import broken_yaml
    from tests.fuzz import seeds
    from tests.fuzz.target import check_reading
    from tests.fuzz.workspace import MEMORY, Workspace, limit_memory

MAX_BYTES = 1024
"""Small specs reach what large ones do, several times as fast."""

CHARACTERS_TRIED = 5_000
"""Most inputs are broken YAML, and looking for repairs would take most of the time."""

MAX_SECONDS = 60
"""The workspace stops what is slow in Python. This stops, and keeps, what hangs below it."""


def main(folder: str, total: str) -> None:
    workspace = Workspace(Path(folder))
    corpus = workspace.folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, spec in enumerate(seeds.all_specs()):
        (corpus / f"seed-{number}").write_bytes(spec.read_bytes())
    dictionary = workspace.folder / "dictionary"
    dictionary.write_text("\n".join(map(_quoted, seeds.words())))

    def target(data: bytes) -> None:
        if workspace.done >= int(total):  # the engine may try a few more than it was told to
            return
        workspace.try_input(data, check_reading)
        if workspace.done == int(total):
            workspace.save()

    options = {
        "runs": int(total) - workspace.done,
        "seed": workspace.done + 1,
        "max_len": MAX_BYTES,
        "timeout": MAX_SECONDS,
        "report_slow_units": MAX_SECONDS,
        "rss_limit_mb": 2 * MEMORY // 2**20,  # of the whole process, which must not grow from input to input
        "dict": dictionary,
        "artifact_prefix": f"{workspace.finds}/",
    }
    broken_yaml.MAX_TRIED = CHARACTERS_TRIED
    limit_memory()
    atheris.Setup([sys.argv[0], *(f"-{name}={value}" for name, value in options.items()), str(corpus)], target)
    atheris.Fuzz()


def _quoted(word: str) -> str:
    """Write a word as a line of the engine's dictionary."""
    return '"' + "".join(f"\\x{byte:02X}" for byte in word.encode()) + '"'


if __name__ == "__main__":
    main(*sys.argv[1:])

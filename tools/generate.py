"""Write what is generated from the code: the JSON Schema, docs/types.md, and the screens in README.md.

    python tools/generate.py [--check]

With ``--check`` nothing is written, and what is out of date is named.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def schema() -> str:
    from netspec.schema import spec_schema

    return json.dumps(spec_schema(), indent=1, ensure_ascii=False) + "\n"


def types() -> str:
    from netspec.reference import types_page

    return types_page()


def screens(page: str) -> str:
    """Run every command of a page's console blocks, and put below it what it prints."""

    def run(match: re.Match[str]) -> str:
        return f"```console\n$ {match[1]}\n{printed(match[1])}```"

    return re.sub(r"```console\n\$ ([^\n]+)\n.*?```", run, page, flags=re.DOTALL)


def printed(command: str) -> str:
    from netspec import cli

    words = command.split()
    assert words[0] == "netspec"
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        cli.run(words[1:])
    return out.getvalue().rstrip("\n") + "\n"


def generated() -> dict[Path, str]:
    """What every generated file should hold."""
    readme = ROOT / "README.md"
    return {
        ROOT / "schemas" / "netspec.schema.json": schema(),
        ROOT / "docs" / "types.md": types(),
        readme: screens(readme.read_text(encoding="utf-8")),
    }


def main(check: bool) -> int:
    os.chdir(ROOT)
    stale = [path for path, text in generated().items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        print(f"{'out of date' if check else 'wrote'}: {path.relative_to(ROOT)}")
        if not check:
            path.write_text(generated()[path], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))

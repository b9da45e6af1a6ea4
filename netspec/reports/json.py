"""netspec's own JSON, which `docs/output.md` describes."""

from __future__ import annotations

import json
from collections.abc import Sequence

from netspec.characters import FORBIDDEN
from netspec.render import as_json
from netspec.reports import Checked


def report(checked: Sequence[Checked]) -> str:
    """All files as one object of the schema ``netspec.validate/1``."""
    files = [
        {"file": one.file, "ok": one.good, "diagnostics": [as_json(diagnostic) for diagnostic in one.diagnostics]}
        for one in checked
    ]
    text = json.dumps({"schema": "netspec.validate/1", "files": files}, indent=1, ensure_ascii=False)
    return FORBIDDEN.sub(lambda found: json.dumps(found[0])[1:-1], text)  # a file's name may hold anything

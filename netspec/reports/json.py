"""netspec's own JSON, which `docs/output.md` describes."""

from __future__ import annotations

import json
from collections.abc import Sequence

from netspec.render import as_json
from netspec.reports import Checked


def report(checked: Sequence[Checked]) -> str:
    """All files as one object of the schema ``netspec.validate/1``."""
    files = [
        {"file": one.file, "ok": one.good, "diagnostics": [as_json(diagnostic) for diagnostic in one.diagnostics]}
        for one in checked
    ]
    return json.dumps({"schema": "netspec.validate/1", "files": files}, indent=1, ensure_ascii=False)

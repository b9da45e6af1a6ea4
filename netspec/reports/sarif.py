"""SARIF, which code review services show beside the lines of a change.

The format is version 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
(§ below). One run holds all files. Only the rules that were broken are in it, and no blanks, so that it stays small.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from netspec import __version__
from netspec.errors import CODES, Diagnostic, Where
from netspec.options import escape
from netspec.reference import explain
from netspec.reports import Checked
from netspec.yaml import LINE_BREAK

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
STANDARD_INPUT = "<stdin>"
FINGERPRINT = "netspec/line/v1"
MAX_RESULTS = 5000  # what GitHub keeps of a run

Object = dict[str, Any]


def report(checked: Sequence[Checked]) -> str:
    """All files as one SARIF log."""
    found = list(_each_once(diagnostic for one in checked for diagnostic in one.diagnostics))
    codes = sorted({diagnostic.code for diagnostic in found[:MAX_RESULTS]})
    invocation: Object = {"executionSuccessful": True}
    if len(found) > MAX_RESULTS:
        left_out = f"{len(found) - MAX_RESULTS:,} more results are left out"
        invocation["toolExecutionNotifications"] = [{"level": "warning", "message": {"text": left_out}}]
    run = {
        "tool": {"driver": {"name": "netspec", "version": __version__, "rules": [_rule(code) for code in codes]}},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n", "\r", "\x85", "\u2028", "\u2029"],
        "results": list(_results(found[:MAX_RESULTS], codes)),
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, separators=(",", ":"))


def _rule(code: str) -> Object:
    text = explain(code)
    description = text.partition("\n## ")[0].partition("\n")[2].strip()
    return {
        "id": code,
        "shortDescription": {"text": CODES[code][0].upper() + CODES[code][1:]},
        "fullDescription": {"text": " ".join(description.partition("\n\n")[0].split())},
        "help": {"text": description, "markdown": text},
        "defaultConfiguration": {"level": "warning" if code.startswith("W") else "error"},
    }


def _each_once(diagnostics: Iterable[Diagnostic]) -> Iterable[Diagnostic]:
    """Leave out what was said before: a mistake in a base is found with each of its variants."""
    seen = set()
    for diagnostic in diagnostics:
        key = (diagnostic.code, str(diagnostic.where), diagnostic.message)
        if key not in seen:
            seen.add(key)
            yield diagnostic


def _results(diagnostics: Iterable[Diagnostic], codes: Sequence[str]) -> Iterable[Object]:
    seen: Counter[str] = Counter()
    for diagnostic in diagnostics:
        fingerprint = _fingerprint(diagnostic)
        key = f"{diagnostic.where.file}\n{fingerprint}"
        seen[key] += 1
        where = _location(diagnostic.where, "" if diagnostic.focus else diagnostic.label)
        if diagnostic.path:
            where["logicalLocations"] = [{"fullyQualifiedName": diagnostic.path}]
        related = [_location(diagnostic.focus, diagnostic.label)] if diagnostic.focus else []
        related += [_location(related.where, related.message) for related in diagnostic.related]
        yield {
            "ruleId": diagnostic.code,
            "ruleIndex": codes.index(diagnostic.code),
            "level": diagnostic.severity,
            "message": {"text": _message(diagnostic)},
            "locations": [where],
            **({"relatedLocations": related} if related else {}),
            "partialFingerprints": {FINGERPRINT: f"{fingerprint}:{seen[key]}"},
        }


def _message(diagnostic: Diagnostic) -> str:
    text = _literal(diagnostic.message)
    return f"{text}\nhelp: {_literal(diagnostic.help)}" if diagnostic.help else text


def _literal(text: str) -> str:
    """Write a text so that no part of it is a placeholder (§3.11.5), a link (§3.11.6) or hidden."""
    return escape(text).replace("{", "{{").replace("}", "}}").replace("](", "\\](")


def _location(where: Where, message: str = "") -> Object:
    location: Object = {"physicalLocation": {"artifactLocation": _artifact(where.file), "region": _region(where)}}
    if message:
        location["message"] = {"text": _literal(message)}
    return location


def _artifact(file: str) -> Object:
    """Name a file as a URI relative to the current folder, which should be that of the repository (§3.4)."""
    if file == STANDARD_INPUT:
        return {"uri": "stdin", "description": {"text": "standard input"}}
    path = Path(os.path.normpath(file))
    if path.is_absolute():
        if not path.is_relative_to(Path.cwd()):
            return {"uri": path.as_uri()}
        path = path.relative_to(Path.cwd())
    return {"uri": quote(os.fsencode(path.as_posix()))}


def _region(where: Where) -> Object:
    if not where.source.text:  # a file that could not be read
        return {"startLine": 1}
    return {
        "startLine": where.line,
        "startColumn": where.column,
        "endLine": where.end_line,
        "endColumn": where.end_column,
    }


def _fingerprint(diagnostic: Diagnostic) -> str:
    """Tell a mistake by its code and the text of its line, which may move (§3.27.17)."""
    lines = LINE_BREAK.split(diagnostic.where.source.text)
    line = lines[diagnostic.where.line - 1] if diagnostic.where.line <= len(lines) else ""
    # A file that can't be read has no line, and its message names the file, which lies elsewhere on every machine.
    known = f"{diagnostic.code}\n{' '.join(line.split())}"
    return hashlib.sha256(known.encode(errors="surrogatepass")).hexdigest()[:16]

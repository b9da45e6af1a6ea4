"""The page of a network: one HTML file that works offline and loads nothing, or the parts of one for a server.

`page` gives a whole file. A server sends `served_page` with `style` and `script` beside it, and tells the open page
what has changed: ``netspec.update(data)`` with what `view_data` gives, ``netspec.problems(key, list, marks)`` with what
`problems_data` gives and marks as in a view's data.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

from netspec.page.data import view_data
from netspec.page.view import Mark, MarkKind, View, problems_data

__all__ = ["Mark", "MarkKind", "View", "page", "problems_data", "script", "served_page", "style", "view_data"]

SCRIPTS = ("model.js", "layout.js", "overview.js", "draw.js", "panel.js", "page.js")
"""The parts of the script, in the order in which they are joined."""


@cache
def style() -> str:
    """The style sheet of every page."""
    return _asset("page.css")


@cache
def script() -> str:
    """The script of every page; comments and indents stay at home."""
    lines = [line.strip() for name in SCRIPTS for line in _asset(name).splitlines()]
    kept = "\n".join(line for line in lines if line and not line.startswith("//"))
    return f'"use strict";(()=>{{\n{kept}\n}})();\n'


def page(views: Sequence[View], *, compare: bool = False) -> str:
    """Write a whole HTML file with everything inside of it.

    Several views are tabs; with ``compare`` two of them stand side by side and move together. A content-security policy
    lets the page load nothing and run nothing but its own script.
    """
    sources = f"style-src {_hash(style())}; script-src {_hash(script())}; img-src data:"
    policy = f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'"
    head = "\n".join(
        [
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<link rel="icon" href="data:,">',
            f"<style>{style()}</style>",
        ]
    )
    return _filled(views, compare, head, f"<script>{script()}</script>")


def served_page(views: Sequence[View], *, style: str, scripts: Sequence[str], compare: bool = False) -> str:
    """Write a page whose style sheet and scripts are fetched from the addresses given; the policy is the server's."""
    head = f'<link rel="stylesheet" href="{escape(style)}">'
    tail = "\n".join(f'<script src="{escape(address)}"></script>' for address in scripts)
    return _filled(views, compare, head, tail)


def _filled(views: Sequence[View], compare: bool, head: str, tail: str) -> str:
    data = {"compare": compare, "views": [view_data(view) for view in views]}
    title = escape(" · ".join(dict.fromkeys(view.title for view in views)) or "netspec")
    return (
        _asset("page.html")
        .replace("<!--title-->", title, 1)
        .replace("<!--head-->", head, 1)
        .replace("<!--data-->", _json(data), 1)
        .replace("<!--tail-->", tail, 1)
    )


def _json(value: Any) -> str:
    """JSON that can't end the element it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


@cache
def _asset(name: str) -> str:
    return (files(__name__) / name).read_text("utf-8")

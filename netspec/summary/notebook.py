"""The table of a network as HTML, for a notebook."""

from __future__ import annotations

import html as html_module
from collections.abc import Iterator

from netspec.graph import Graph
from netspec.options import escape
from netspec.summary.table import digits, rows, title, totals


def html(graph: Graph, file: str = "") -> str:
    """The table as HTML, for a notebook."""
    cells = [
        [row.stage, row.text, str(row.copies), row.output, digits(row.params), digits(row.macs)] for row in rows(graph)
    ]
    head = "".join(f"<th>{name}</th>" for name in ("stage", "block", "×", "output", "params", "MACs"))
    body = "".join(f"<tr>{''.join(_cells(line))}</tr>" for line in cells)
    caption = html_module.escape(title(graph, file, 0)[0])
    return (
        f'<table class="netspec"><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>'
        f'<tfoot><tr><td colspan="6">{html_module.escape(totals(graph))}</td></tr></tfoot></table>'
    )


def _cells(line: list[str]) -> Iterator[str]:
    for column, cell in enumerate(line):
        style = ' style="text-align:right"' if column in (2, 4, 5) else ' style="text-align:left"'
        yield f"<td{style}>{html_module.escape(escape(cell))}</td>"

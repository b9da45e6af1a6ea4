"""A spec that is watched: read again and again, with the last good graph kept while it is wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netspec.api import load_spec
from netspec.errors import Diagnostic, Source, SpecError, Where
from netspec.graph import Graph
from netspec.limits import DEFAULT_LIMITS, Limits
from netspec.page import View, problems_data, view_data
from netspec.watch.marks import mark_mistakes
from netspec.watch.sources import Sources

MOST_PROBLEMS = 50
MOST_LOOKS = 4
SETTLING_SECONDS = 0.03


@dataclass(frozen=True)
class Settings:
    """How specs are read: the command line's ``--set``, ``--root`` and ``--limit``."""

    set: Mapping[str, Any]
    root: Path | None = None
    limits: Limits = DEFAULT_LIMITS


@dataclass(frozen=True, eq=False)
class State:
    """What there is to show of a spec. ``drawing`` and ``problems`` are the data of two kinds of news, as JSON."""

    view: View
    drawing: str
    problems: str

    @property
    def is_wrong(self) -> bool:
        return any(problem.severity == "error" for problem in self.view.problems)


class Watched:
    """One spec. ``name`` is what the user called it; nothing else of its path is ever told to the page."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.settings = settings
        self._sources = Sources(Path(name), settings.root, settings.limits)
        self._good: tuple[Graph, str] | None = None
        self.state = self._read()

    @property
    def folders(self) -> frozenset[Path]:
        """Where to look for changes."""
        return self._sources.folders()

    def refresh(self) -> bool:
        """Read the spec anew if one of its files has changed; whether there is something else to show now.

        A mistake is looked at twice: editors that empty a file before they write it are not done yet.
        """
        before = self.state
        for _ in range(MOST_LOOKS):
            if not self._is_stale:
                break
            self.state = self._read()
            if not self.state.is_wrong:
                break
            time.sleep(SETTLING_SECONDS)
        return self.state.drawing != before.drawing

    @property
    def _is_stale(self) -> bool:
        return self._sources.stamps() != self._stamps

    def _read(self) -> State:
        """Read the spec and whatever it needs, whatever is in there."""
        # What changes from here on is noticed, whether or not it is read below.
        self._sources.find()
        self._stamps = self._sources.stamps()
        problems: tuple[Diagnostic, ...]
        try:
            spec = load_spec(self.name, set=self.settings.set, root=self.settings.root, limits=self.settings.limits)
            self._good, problems = (spec.graph(), spec.name), spec.warnings
        except SpecError as error:
            problems = tuple(error.diagnostics)
        except Exception as error:  # noqa: BLE001 - a fault of our own must not end the watch
            problems = (_own_fault(self.name, error),)
        if len(problems) > MOST_PROBLEMS:
            first, rest = problems[:MOST_PROBLEMS], problems[MOST_PROBLEMS:]
            problems = (*first, Diagnostic("…", f"{len(rest)} more; mend these first", rest[0].where))
        return self._show(problems)

    def _show(self, problems: tuple[Diagnostic, ...]) -> State:
        graph, title = self._good or (None, Path(self.name).name.split(".")[0])
        wrong = [problem for problem in problems if problem.severity == "error"]
        marks = mark_mistakes(graph, wrong) if graph and wrong else {}
        view = View(graph, title, self.name, marks, problems, self.name)
        data = view_data(view)
        news = {"key": self.name, "marks": data["marks"], "problems": problems_data(problems)}
        return State(view, _json(data), _json(news))


def _own_fault(name: str, error: Exception) -> Diagnostic:
    start = Where(Source(name), 1, 1, 1, 1)
    help = "this is a fault of netspec, not of your spec; please report it"
    return Diagnostic("internal", f"netspec failed: {type(error).__name__}: {error}", start, help=help)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))

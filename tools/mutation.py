"""Mutation testing of the shape rules and the expression evaluator: are the tests as strict as they look?

    make mutation                                                   everything; goes on where it ended
    make mutation WITH='netspec/shapes.py'                          one file, or several
    make mutation WITH='--again'                                    tries those that lived once more

Every mutant is one small change of netspec, made by cosmic-ray: another operator, a number one more or one less, a
condition negated, a loop that ends at once. The tests that need no Keras have to notice. Each runs in a process of
its own, forked from this one, on a copy of the tree in ``build/mutation``; results are kept there, one cosmic-ray
session for each version of a file, and taken over for functions that have not changed since.

``mutation-survivors.toml`` lists the mutants that live and were looked at, each with a word why. The command fails
where fewer than 90% die, or where one lives that nobody has looked at.
"""

from __future__ import annotations

import argparse
import compileall
import gc
import hashlib
import os
import re
import resource
import shutil
import signal
import sys
import time
import tomllib
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any

import cosmic_ray.plugins
import hypothesis
import jsonschema  # noqa: F401  imported before the fork, as are the next: every mutant saves that time
import numpy as np  # noqa: F401
import parso
import pytest
import referencing.jsonschema  # noqa: F401
import yaml  # noqa: F401
from cosmic_ray.commands.init import init
from cosmic_ray.mutating import mutate_code
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome, WorkResult

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build" / "mutation"
TREE = BUILD / "tree"
SURVIVORS = Path(__file__).with_name("mutation-survivors.toml")

WANTED_SHARE = 0.9
SECONDS = 15  # of computing
BYTES = 4 * 2**30

EXPRESSIONS = "tests/test_expressions.py"
SHAPES = "tests/test_shapes.py"
RECORDED = "tests/layers/test_recorded.py"
REST = ("tests/layers/test_refusals.py", "tests/layers/test_rules.py")
SCHEMA = "tests/test_schema.py::test_the_committed_schema_is_current"

# What the layers of other files are made of, too.
SHARED = ("convolution.py", "fields.py", "kernels.py", "objects.py")

# Of layer.py, only these compute or refuse shapes; in the others, these build, and print what a table shows.
RULES_OF_LAYER = {"apply", "_refuse_sizes", "_refuse_initializers", "refuses"}
MESSAGES_OF_EXPRESSIONS = {
    "_explain", "_neither_form", "_is_expression", "expression_meant", "_refuse_syntax", "_refuse_lookalikes",
}  # fmt: skip

# These die as soon as a line is run, and would only beautify the figures.
TRIVIAL = {
    r"core/ReplaceBinaryOperator_BitOr_\w+": "union of types",
    r"core/ReplaceBinaryOperator_\w+_(LShift|RShift|BitAnd|BitOr|BitXor|Pow)": "bits or a power instead of arithmetic",
}

NO_RULES = {"lower", "call", "keras_options", "arguments", "brief", "brief_window"}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make mutation", description="Change netspec and see whether a test notices.")
    parser.add_argument("files", nargs="*", type=Path, help="which files to change; all that hold rules by default")
    parser.add_argument("--again", action="store_true", help="try those that lived once more")
    parser.add_argument("--report", action="store_true", help="only say what is known")
    options = parser.parse_args(arguments)
    files = [path.resolve().relative_to(ROOT) for path in options.files] or rule_files()
    if not options.report:
        copy_tree()
    reports = []
    for file in files:
        with session(file) as database:
            if not options.report:
                run(file, database, again=options.again)
            reports.append(report(file, database))
    return tell(reports)


def rule_files() -> list[Path]:
    layers = sorted((ROOT / "netspec/layers").glob("*.py"))
    named = [ROOT / "netspec" / name for name in ("shapes.py", "expressions.py", "layer.py")]
    return [path.relative_to(ROOT) for path in [*named, *layers] if path.name != "__init__.py"]


def copy_tree() -> None:
    shutil.rmtree(TREE, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", "node_modules")
    for name in ("netspec", "tests", "schemas"):
        shutil.copytree(ROOT / name, TREE / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", TREE)
    # Compiled files that are told by their source's content, not by its date: a mutant is seconds old.
    compileall.compile_dir(TREE / "netspec", quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)


# -------------------------------------------------------------------------------------------------------------- mutants


def session(file: Path) -> Any:
    """Open the results for a file as it is now; begin with what is known of an earlier version where there are none."""
    code = (ROOT / file).read_bytes()
    path = BUILD / f"{file.stem}-{hashlib.sha256(str(file).encode() + code).hexdigest()[:12]}.sqlite"
    BUILD.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        earlier = sorted(BUILD.glob(f"{file.stem}-*.py"), key=lambda kept: kept.with_suffix(".sqlite").stat().st_mtime)
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        with use_db(unfinished, WorkDB.Mode.create) as database:
            init([ROOT / file], database, {})
            skip_what_is_no_rule(file, database)
            if earlier:
                take_over(earlier[-1], code.decode(), database)
        unfinished.rename(path)
        path.with_suffix(".py").write_bytes(code)
    return use_db(path, WorkDB.Mode.open)


def take_over(kept: Path, code: str, database: WorkDB) -> None:
    """Keep the results of mutants in functions that have not changed."""
    known: dict[object, WorkResult] = {}
    with use_db(kept.with_suffix(".sqlite"), WorkDB.Mode.open) as before:
        keys = mutant_keys(kept.read_text(encoding="utf-8"), before)
        known = {keys[job]: result for job, result in before.results if result.worker_outcome is WorkerOutcome.NORMAL}
    keys = mutant_keys(code, database)
    for item in database.pending_work_items:
        if keys[item.job_id] in known:
            database.set_result(item.job_id, known[keys[item.job_id]])


def mutant_keys(code: str, database: WorkDB) -> dict[str, object]:
    """Name each mutant by the function or statement it changes, and by where and how it does."""
    tree = parso.parse(code)
    keys: dict[str, object] = {}
    times: Counter[object] = Counter()
    for item in sorted(database.work_items, key=lambda item: item.mutations[0].occurrence):
        (mutation,) = item.mutations
        parents = list(ancestors(tree.get_leaf_for_position(mutation.start_pos, include_prefixes=True)))
        functions = [parent for parent in parents if parent.type == "funcdef"]
        unit = functions[-1] if functions else parents[-2]
        place = (mutation.start_pos[0] - unit.start_pos[0], mutation.start_pos[1])
        how = (mutation.definition_name, unit.get_code(include_prefix=False), place, mutation.operator_name)
        keys[item.job_id] = (*how, times[how])
        times[how] += 1
    return keys


def skip_what_is_no_rule(file: Path, database: WorkDB) -> None:
    tree = parso.parse((ROOT / file).read_text(encoding="utf-8"))
    for item in database.work_items:
        (mutation,) = item.mutations
        reason = no_rule(file, mutation, tree.get_leaf_for_position(mutation.start_pos, include_prefixes=True))
        if reason:
            database.set_result(item.job_id, WorkResult(WorkerOutcome.SKIPPED, output=reason))


def no_rule(file: Path, mutation: MutationSpec, leaf: Any) -> str:
    """Say why a mutant is no change of a shape rule or of the evaluator; nothing where it is one."""
    for operator, reason in TRIVIAL.items():
        if re.fullmatch(operator, mutation.operator_name):
            return reason
    parents = list(ancestors(leaf))
    names = [parent.name.value for parent in parents if parent.type == "funcdef"]
    about_shapes = RULES_OF_LAYER.intersection(names) if file.name == "layer.py" else not NO_RULES.intersection(names)
    if not about_shapes:
        return "not about shapes"
    if any(makes_text(file, parent) for parent in parents):
        return "text of a message"
    for inner, outer in zip([leaf, *parents], parents, strict=False):
        if outer.type in ("fstring", "fstring_expr") or (outer.type == "argument" and inner_name(outer) == "help"):
            return "text of a message"
        if outer.type == "decorator" and "register" in outer.get_code():
            return "registration"
        if outer.type in ("annassign", "tfpdef") and inner in outer.children[:3] and inner is annotation(outer):
            return "annotation"
        if (
            outer.type == "funcdef"
            and "->" in outer.children
            and inner is outer.children[outer.children.index("->") + 1]
        ):
            return "annotation"
        if outer.type == "expr_stmt" and outer.children[0].get_code().strip() == "example":
            return "example"
    return ""


def makes_text(file: Path, node: Any) -> bool:
    """Tell whether a function only words a mistake: by its name, or because it returns a text."""
    if node.type != "funcdef" or node.name.value in ("show", "refuses"):
        return False
    if file.name == "expressions.py":
        return node.name.value in MESSAGES_OF_EXPRESSIONS
    return node.annotation is not None and node.annotation.get_code().strip() == "str"


def ancestors(node: Any) -> Iterator[Any]:
    while node.parent is not None:
        node = node.parent
        yield node


def annotation(node: Any) -> Any:
    return node.children[1 if node.type == "annassign" else 2]


def inner_name(argument: Any) -> str:
    return str(argument.children[0].value) if argument.children[0].type == "name" else ""


# ------------------------------------------------------------------------------------------------------------------ run


def run(file: Path, database: WorkDB, again: bool) -> None:
    """Try every mutant of a file that has no result yet."""
    code = (ROOT / file).read_text(encoding="utf-8")
    pending = sorted(database.pending_work_items, key=lambda item: item.mutations[0].start_pos)
    if again:
        pending += [item for item, result in database.completed_work_items if lives(result)]
    if pending and try_tests(rounds_for(file, ""), compiling=True):
        raise SystemExit(f"the tests of {file} fail on netspec as it is; see {BUILD / 'output.txt'}")
    started = time.monotonic()
    for number, item in enumerate(pending, start=1):
        (mutation,) = item.mutations
        operator = cosmic_ray.plugins.get_operator(mutation.operator_name)()
        mutated = mutate_code(code, operator, mutation.occurrence)
        assert mutated is not None
        try:
            (TREE / file).write_text(mutated, encoding="utf-8")
            ending = try_tests(rounds_for(file, mutation.definition_name or ""))
        finally:
            (TREE / file).write_text(code, encoding="utf-8")
        outcome = TestOutcome.KILLED if ending else TestOutcome.SURVIVED
        change = "\n".join(changed_lines(code, mutated))
        database.set_result(item.job_id, WorkResult(WorkerOutcome.NORMAL, ending, outcome, change))
        if sys.stderr.isatty() or number % 100 == 0:
            rate = number / (time.monotonic() - started)
            print(f"\r{file}: {number} of {len(pending)} tried, {rate:.1f} a second", end="", file=sys.stderr)
    if pending:
        print(file=sys.stderr)


def rounds_for(file: Path, definition: str) -> tuple[tuple[str, ...], ...]:
    """List arguments of pytest, a round after the other: the quick tests first, as they notice most."""
    declared = ((SCHEMA,),) if definition[:1].isupper() or not definition else ()  # no function: a class or the file
    if file.name == "expressions.py":
        return (EXPRESSIONS, "-k", "not python and not any_text and not divisible"), (EXPRESSIONS,)
    if file.name in ("shapes.py", "layer.py"):
        return (RECORDED, "-k", "convolution. or pooling. or merging. or core."), REST, (RECORDED,), (SHAPES,)
    if file.name in SHARED:
        return (RECORDED, "-k", "convolution. or depthwise_convolution."), REST, (RECORDED,), *declared
    return (RECORDED, "-k", f"{file.stem}."), REST, *declared


def changed_lines(code: str, mutated: str) -> Iterator[str]:
    """Show what a mutant changes, its lines without indentation."""
    before, after = code.splitlines(), mutated.splitlines()
    while before and after and before[-1] == after[-1]:
        del before[-1], after[-1]
    same = next(
        (index for index, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    yield from (f"- {line.strip()}" for line in before[same:] if line.strip())
    yield from (f"+ {line.strip()}" for line in after[same:] if line.strip())


def try_tests(rounds: Sequence[Sequence[str]], compiling: bool = False) -> str:
    """Run tests in a process forked from this one; say how they failed, nothing where all passed."""
    child = os.fork()
    if child == 0:
        sys.dont_write_bytecode = not compiling
        code = 70
        try:
            code = tests_in_child(rounds)
        except BaseException:  # noqa: BLE001  whatever a mutant raises, it has been noticed
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return "timed out"
    return "failed" if status else ""


def tests_in_child(rounds: Sequence[Sequence[str]]) -> int:
    output = os.open(BUILD / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    os.chdir(TREE)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.path[:0] = [str(TREE)]
    gc.disable()  # a process of two seconds; so is looking for exceptions that nobody saw when it ends
    unneeded = ("cacheprovider", "doctest", "faulthandler", "junitxml", "threadexception", "unraisableexception")
    options = ["-x", "-q", "--tb=line", *(f"-pno:{plugin}" for plugin in unneeded)]
    for tests in rounds:
        ending = int(pytest.main([*options, *tests], plugins=[NoShrinking()]))
        if ending:
            return ending
    return 0


hypothesis.settings.register_profile(
    "mutation",
    derandomize=True,
    deadline=None,
    database=None,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)


class NoShrinking:
    """To find an example that shows a mutant is enough; hypothesis need not look for the smallest one."""

    def pytest_plugin_registered(self) -> None:
        hypothesis.settings.load_profile("mutation")  # after a conftest.py has loaded its own


# --------------------------------------------------------------------------------------------------------------- report


@dataclass(frozen=True)
class Report:
    """How the mutants of a file ended; ``alive`` are those that live: their line, definition and change."""

    file: Path
    killed: int
    timed_out: int
    alive: tuple[tuple[int, str, str], ...]
    pending: int
    skipped: Counter[str]


def lives(result: WorkResult) -> bool:
    return result.worker_outcome is WorkerOutcome.NORMAL and result.test_outcome is TestOutcome.SURVIVED


def report(file: Path, database: WorkDB) -> Report:
    done = database.completed_work_items
    skipped = Counter(result.output for _, result in done if result.worker_outcome is WorkerOutcome.SKIPPED)
    tried = [(item.mutations[0], result) for item, result in done if result.worker_outcome is WorkerOutcome.NORMAL]
    alive = sorted(
        (mutation.start_pos[0], mutation.definition_name or "", result.diff)
        for mutation, result in tried
        if lives(result)
    )
    timed_out = sum(result.output == "timed out" for _, result in tried)
    return Report(file, len(tried) - len(alive), timed_out, tuple(alive), database.num_work_items - len(done), skipped)


def looked_at() -> set[tuple[str, str]]:
    """Read the mutants that live and were looked at: file and change."""
    if not SURVIVORS.exists():
        return set()
    listed = tomllib.loads(SURVIVORS.read_text(encoding="utf-8"))
    return {
        (file, f"- {entry['line']}\n+ {becomes}" if becomes else f"- {entry['line']}")
        for file, entries in listed.items()
        for entry in entries
        for becomes in entry["becomes"]
    }


def tell(reports: Sequence[Report]) -> int:
    """Print the figures and what is open; give back the exit code."""
    known = looked_at()
    unseen = [
        (one.file, line, definition, change)
        for one in reports
        for line, definition, change in one.alive
        if (str(one.file), change) not in known
    ]
    for file, line, definition, change in unseen:
        print(f"{file}:{line}: in {definition} this lives, and nobody has looked at it:\n{change}\n")
    print(f"{'file':<42} {'mutants':>8} {'killed':>8} {'lived':>8} {'share':>8}")
    for one in reports:
        print(row(str(one.file), one.killed, len(one.alive)))
    killed, alive = sum(one.killed for one in reports), sum(len(one.alive) for one in reports)
    print(row("all", killed, alive))
    print(f"\nof the killed, {sum(one.timed_out for one in reports)} ran out of time")
    skipped = sum((one.skipped for one in reports), Counter())
    print("left out: " + ", ".join(f"{reason} {count}" for reason, count in skipped.most_common()))
    pending = sum(one.pending for one in reports)
    if pending:
        print(f"not tried yet: {pending}")
    return int(bool(unseen or pending) or killed < WANTED_SHARE * (killed + alive))


def row(name: str, killed: int, alive: int) -> str:
    share = killed / (killed + alive) if killed + alive else 1
    return f"{name:<42} {killed + alive:>8,} {killed:>8,} {alive:>8,} {share:>8.1%}"


if __name__ == "__main__":
    sys.exit(main())

"""Runs netspec's command with everything watched that a spec must never reach.

    python tests/hostile/watched.py [--warm] < jobs

A job is a line of JSON: ``commands`` (a list of command lines), ``report`` (a file to write), ``folder`` (to run in)
and ``folders`` (where files may be opened, beside those where Python and netspec are installed). Each job has a process
of its own, held to 1 GiB of address space and five seconds of a processor's time for each command, and killed after
thirty seconds, should it wait for something. There every command is run as ``python -m netspec`` would run it. What one
printed goes to REPORT.N.out and REPORT.N.err; a line of JSON tells the exit codes, or None where the process was
killed, and every event that should not have been: a socket, a new process, a file elsewhere, code that netspec had run,
a module that it does not need.

``--warm`` imports netspec once, before the jobs: a process is then ready in hundredths of a second.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import runpy
import signal
import sys
import sysconfig
import time
import traceback
from pathlib import Path
from typing import Any

ADDRESS_SPACE = 2**30
SECONDS = 5
WAITED_SECONDS = 30

KNOWN = (
    "netspec", "yaml", "_yaml", "jsonschema", "jsonschema_specifications", "referencing", "rpds", "attr", "attrs",
    "typer", "click", "rich", "shellingham", "typing_extensions", "annotated_doc", "pygments", "markdown_it", "mdurl",
    *sys.stdlib_module_names,
)  # fmt: skip
"""Packages that the static path stands on, and what they stand on."""

LOOKED_FOR = (
    "fqdn", "idna", "rfc3987", "rfc3986_validator", "rfc3987_syntax", "rfc3339_validator", "webcolors", "jsonpointer",
    "uri_template", "isoduration", "org",
)  # fmt: skip
"""What jsonschema and Python's own platform module use if it is there."""

STARTS_SOMETHING = (
    "socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.startfile", "os.system", "pty.",
    "ctypes.", "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.", "mmap.", "code.__new__", "marshal.loads",
    "pickle.", "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.chmod", "os.truncate",
    "os.putenv", "os.kill", "shutil.", "tempfile.",
)  # fmt: skip
LOOKS_AT_FILES = ("open", "os.listdir", "os.scandir")


class Watch:
    """An audit hook that notes what should not be."""

    def __init__(self, folders: list[Path]) -> None:
        paths = sysconfig.get_paths()
        python = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
        package = Path(__file__).resolve().parents[2] / "netspec"
        self.allowed = [*python, sys.base_prefix, sys.prefix, str(package), *map(str, folders)]
        self.netspec = str(package)
        self.on = False
        self.seen: list[str] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on:
            return
        self.on = False  # what is looked at here is not netspec's doing
        try:
            if self._is_wrong(event, arguments):
                self.seen.append(f"{event} {arguments!r}"[:300])
        finally:
            self.on = True

    def _is_wrong(self, event: str, arguments: tuple[Any, ...]) -> bool:
        if event == "import":
            return str(arguments[0]).split(".")[0] not in KNOWN + LOOKED_FOR
        if event in LOOKS_AT_FILES:  # installed packages are looked for on the path
            return arguments[0] not in sys.path and not self._may_see(arguments[0])
        if event in ("exec", "compile"):
            return self._called_by_netspec()
        # byte code of a module is unmarshalled by the import system itself
        return event.startswith(STARTS_SOMETHING) and not (event.startswith("marshal") and self._importing())

    def _may_see(self, path: object) -> bool:
        if isinstance(path, int) or path is None:  # an open file, the working folder
            return True
        name = os.path.realpath(os.fsdecode(path))  # type: ignore[arg-type]
        return any(name == folder or name.startswith(folder.rstrip(os.sep) + os.sep) for folder in self.allowed)

    def _called_by_netspec(self) -> bool:
        """Whether code is made or run by netspec's own files, not by a module that is imported or a dataclass."""
        frame = sys._getframe(3)
        return frame.f_code.co_filename.startswith(self.netspec)

    @staticmethod
    def _importing() -> bool:
        return "importlib" in sys._getframe(3).f_code.co_filename


def run(arguments: list[str]) -> int:
    """Run one command line as ``python -m netspec`` does; give back its exit code."""
    sys.argv = ["netspec", *arguments]
    try:
        runpy.run_module("netspec", run_name="__main__", alter_sys=True)
    except SystemExit as finished:
        return finished.code if isinstance(finished.code, int) else 1 if finished.code else 0
    return 0


def work(job: dict[str, Any]) -> None:
    """Do a job in this process and write its report."""
    report = job["report"]
    os.chdir(job["folder"])
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    seconds = SECONDS * len(job["commands"])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    watch = Watch([Path(folder).resolve() for folder in job["folders"]])
    sys.addaudithook(watch)
    codes = []
    for number, arguments in enumerate(job["commands"]):
        for handle, stream in ((1, "out"), (2, "err")):
            file = os.open(f"{report}.{number}.{stream}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(file, handle)
            os.close(file)
        watch.on = True
        codes.append(run(arguments))
        sys.stdout.flush()
        sys.stderr.flush()
        watch.on = False
    Path(report).write_text(json.dumps({"codes": codes, "events": watch.seen}))


def supervise(job: dict[str, Any]) -> dict[str, Any]:
    """Do a job in a process of its own; give back its report."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            work(job)
            code = 0
        finally:
            if code:
                traceback.print_exc()
            os._exit(code)
    deadline = time.monotonic() + WAITED_SECONDS
    while time.monotonic() < deadline:
        ended, status, used = os.wait4(child, os.WNOHANG)
        if ended:
            report = Path(job["report"])
            found: dict[str, Any] = json.loads(report.read_text()) if report.exists() else {"codes": None, "events": []}
            seconds = used.ru_utime + used.ru_stime
            return {**found, "status": os.waitstatus_to_exitcode(status), "seconds": seconds}
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return {"codes": None, "events": [], "status": f"killed after {WAITED_SECONDS} seconds"}


def main() -> None:
    if "--warm" in sys.argv:
        for name in ("cli", "api", "render", "summary", "resolve", "schema"):
            importlib.import_module(f"netspec.{name}")
    for line in sys.stdin:
        print(json.dumps(supervise(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()

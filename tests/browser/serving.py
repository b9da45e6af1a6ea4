"""`netspec watch` as a program of its own, as a user starts it, and what it answers."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 30
"""Seconds after which something that did not come will not come."""


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str


class Served:
    """A running `netspec watch`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert process.stdout
        self.announced = process.stdout.readline()
        assert " at http" in self.announced, self.announced + process.communicate()[1]
        self.address = self.announced.split(" at ")[1].split(" ")[0]
        self.port = urlsplit(self.address).port or 0

    def get(self, path: str = "/", headers: Sequence[tuple[str, str]] = (), method: str = "GET") -> Answer:
        """Ask for a path, with no other headers than these; without a ``Host`` among them it is the right one."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        if "Host" not in dict(headers):
            connection.putheader("Host", f"127.0.0.1:{self.port}")
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        answer = Answer(response.status, dict(response.getheaders()), response.read().decode())
        connection.close()
        return answer

    @contextmanager
    def news(self, seen: str = "", headers: Mapping[str, str] | None = None) -> "Iterator[News]":
        """The stream of news, from what was seen on."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", f"/events?seen={seen}", headers=headers or {})
        try:
            yield News(connection.getresponse())
        finally:
            connection.close()

    def end(self, number: int = signal.SIGINT) -> tuple[int, str, str]:
        """Ask the program to end; its exit code and what else it printed."""
        self.process.send_signal(number)
        printed, complained = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, printed, complained


class News:
    """Events as they come."""

    def __init__(self, lines: Any) -> None:
        self.lines = lines
        self.seen = ""

    def next(self) -> tuple[str, Any]:
        """The kind and data of the next event."""
        kind, end = "", time.monotonic() + PATIENCE
        for line in iter(self.lines.readline, b""):
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                kind = value
            elif field == "id":
                self.seen = value
            elif field == "data":
                return kind, json.loads(value)
            assert time.monotonic() < end, "no news"
        raise EOFError

    def of(self, key: str) -> tuple[str, Any]:
        """The next event about a spec."""
        while True:
            kind, data = self.next()
            if data.get("key") == key:
                return kind, data


@contextmanager
def watching(folder: Path, *arguments: str) -> Iterator[Served]:
    """Run `netspec watch` in a folder on a port that is free."""
    port = () if "--port" in arguments else ("--port", "0")
    command = [sys.executable, "-m", "netspec", "watch", *arguments, *port]
    environment = {**os.environ, "NETSPEC_DEBUG": "1"}
    with subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            yield Served(process)
        finally:
            process.kill()

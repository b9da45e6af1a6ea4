"""An editor in a few lines: it speaks to the real YAML language server, as VS Code or Neovim would."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

HERE = Path(__file__).parent
SERVER = HERE / "node_modules/yaml-language-server/bin/yaml-language-server"
SETTINGS = {"validate": True, "completion": True, "hover": True, "schemaStore": {"enable": False}}  # nothing is fetched
PATIENCE = 60
CURSOR = "‸"

Json = dict[str, Any]


class Mark(NamedTuple):
    """What the editor underlines: its line and text, and what it says there."""

    line: int
    text: str
    message: str


class Server:
    """The language server, with the texts that are open in the editor."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._answers: queue.Queue[Json | None] = queue.Queue()
        self._sent = self._opened = 0
        self._lines: dict[str, list[str]] = {}
        self._published: dict[str, list[Json]] = {}
        self._configured = False
        threading.Thread(target=self._listen, daemon=True).start()
        self._start()

    def _start(self) -> None:
        documentation = {"documentationFormat": ["markdown", "plaintext"], "snippetSupport": True}
        capabilities = {
            "workspace": {"configuration": True},
            "textDocument": {
                "completion": {"completionItem": documentation},
                "hover": {"contentFormat": ["markdown", "plaintext"]},
            },
        }
        self._ask("initialize", {"processId": os.getpid(), "rootUri": None, "capabilities": capabilities})
        self._tell("initialized", {})
        while not self._configured:
            self._take()

    # ------------------------------------------------------------------------------------------ what an editor can ask

    def open(self, text: str, path: Path | None = None) -> str:
        """Show a text, as that of a file, which need not exist; a file is shown once. Gives back its address."""
        self._opened += 1
        uri = (path or self._folder / f"text{self._opened}.yaml").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        self._lines[uri] = text.splitlines()
        return uri

    def marks(self, uri: str) -> list[Mark]:
        """List what is marked in an open text."""
        while uri not in self._published:
            self._take()
        return [_mark(found, self._lines[uri]) for found in self._published[uri]]

    def completions(self, text: str) -> dict[str, Json]:
        """Open a text and list what is offered at its cursor, by label."""
        found = self._at_cursor("textDocument/completion", text)
        return {item["label"]: item for item in found["items"]}

    def hover(self, text: str) -> str:
        """Open a text and read what is shown of the word at its cursor."""
        found = self._at_cursor("textDocument/hover", text)
        return str(found["contents"]["value"]) if found else ""

    def _at_cursor(self, method: str, text: str) -> Any:
        before, after = text.split(CURSOR)
        line = before.count("\n")
        column = len(before.rpartition("\n")[2].encode("utf-16-le")) // 2
        uri = self.open(before + after)
        return self._ask(method, {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}})

    # ----------------------------------------------------------------------------------------------------- the protocol

    def _ask(self, method: str, params: Json | None) -> Any:
        self._sent += 1
        self._send({"id": self._sent, "method": method, "params": params})
        while True:
            message = self._take()
            if message.get("id") == self._sent and "method" not in message:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]

    def _tell(self, method: str, params: Json | None) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: Json) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stream = self._process.stdin
        assert stream
        stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        stream.flush()

    def _take(self) -> Json:
        """Wait for one message; what the server asks is answered, what it publishes is kept."""
        try:
            message = self._answers.get(timeout=PATIENCE)
        except queue.Empty:
            raise AssertionError(f"the YAML language server has said nothing for {PATIENCE} s") from None
        assert message is not None, f"the YAML language server has ended: {self._process.wait(PATIENCE)}"
        match message.get("method"):
            case "workspace/configuration":
                items = message["params"]["items"]
                result = [SETTINGS if item.get("section") == "yaml" else None for item in items]
                self._send({"id": message["id"], "result": result})
                self._configured = True
            case "textDocument/publishDiagnostics":
                self._published[message["params"]["uri"]] = message["params"]["diagnostics"]
            case str() if "id" in message:
                self._send({"id": message["id"], "result": None})
        return message

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream
        for message in _messages(stream):
            self._answers.put(message)
        self._answers.put(None)

    def close(self) -> None:
        """Let the server end in its own way."""
        self._ask("shutdown", None)
        self._tell("exit", None)
        self._process.wait(PATIENCE)


def _messages(stream: IO[bytes]) -> Iterator[Json]:
    while head := stream.readline():
        name, _, value = head.partition(b":")
        if name.lower() == b"content-length":
            size = int(value)
        elif not head.strip():
            yield json.loads(stream.read(size))


def _mark(found: Json, lines: list[str]) -> Mark:
    start, end = found["range"]["start"], found["range"]["end"]
    line = lines[start["line"]].encode("utf-16-le")
    stop = end["character"] * 2 if end["line"] == start["line"] else None
    return Mark(start["line"] + 1, line[start["character"] * 2 : stop].decode("utf-16-le"), found["message"])


def find_node() -> str:
    """Find Node: the one that pip put beside this Python, or the machine's own."""
    beside = Path(sys.executable).parent
    node = shutil.which("node", path=str(beside)) or shutil.which("node")
    assert node, "Node is missing: make test installs it"
    return node


@contextmanager
def language_server(folder: Path) -> Iterator[Server]:
    """Run the server, for texts that would stand in ``folder``."""
    assert SERVER.exists(), f"{SERVER} is missing: make test installs it"
    command = [find_node(), str(SERVER), "--stdio"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder) as process:
        try:
            server = Server(process, folder)
            yield server
            server.close()
        finally:
            process.kill()

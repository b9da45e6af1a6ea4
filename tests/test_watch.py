"""`netspec watch` as a server: who is answered, what is noticed, what is told. Its page is in `tests/browser/`."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netspec.api import parse_spec
from netspec.errors import SpecError
from netspec.limits import DEFAULT_LIMITS
from netspec.watch.guard import HEADERS
from netspec.watch.marks import mark_mistakes
from netspec.watch.news import News as Newspaper
from netspec.watch.sources import Sources
from netspec.watch.watched import MOST_PROBLEMS, Settings, Watched
from tests.browser.serving import Served, watching

HERE = Path(__file__).parent

GOOD = "netspec: 1\ninput: {shape: [8]}\nhead:\n  - {type: dense, units: 4}\n"
WIDER = GOOD.replace("4", "5")
WRONG = GOOD.replace("units", "unit")
LIBRARY = "blocks:\n  mine:\n    nodes: [{type: dense, units: 4}]\n"
USES = "netspec: 1\nuse: [parts/library.yaml]\ninput: {shape: [8]}\nhead: [mine]\n"
EXTENDS = "extends: base.yaml\n"
PARAMETERS = {4: 36, 5: 45}


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def replace(file: Path, text: str) -> None:
    """Save as many editors do: write another file, and move it into the place of the old one."""
    write(file.with_name(f".{file.name}.new"), text).replace(file)


def put_aside(file: Path, text: str) -> None:
    """Save as others do: rename the old file first."""
    file.rename(file.with_name(f"{file.name}~"))
    write(file, text)


# ------------------------------------------------------------------------------------------------------------ who may


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("secret-folder")
    write(folder / "net.yaml", GOOD)
    write(folder / "other.yaml", GOOD)
    with watching(folder, "net.yaml") as served:
        yield served
        assert served.end() == (0, "", "")


@pytest.mark.parametrize(
    ("status", "method", "headers"),
    [
        (200, "GET", {}),
        (200, "GET", {"Host": "localhost:PORT"}),
        (200, "GET", {"Host": "LocalHost:PORT"}),
        (200, "GET", {"Origin": "http://127.0.0.1:PORT", "Sec-Fetch-Site": "same-origin"}),
        (200, "GET", {"Host": "localhost:PORT", "Origin": "http://localhost:PORT"}),
        (200, "GET", {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}),
        (421, "GET", {"Host": "example.com"}),
        (421, "GET", {"Host": "example.com:PORT"}),
        (421, "GET", {"Host": "127.0.0.1.example.com:PORT"}),
        (421, "GET", {"Host": "localhost.:PORT"}),
        (421, "GET", {"Host": "127.0.0.1"}),
        (421, "GET", {"Host": "127.0.0.1:1"}),
        (421, "GET", {"Host": "0.0.0.0:PORT"}),
        (421, "GET", {"Host": "[::1]:PORT"}),
        (421, "GET", {"Host": "user@127.0.0.1:PORT"}),
        (421, "GET", {"Host": ""}),
        (421, "GET", {"Host": "example.com", "X-Forwarded-Host": "127.0.0.1:PORT"}),
        (403, "GET", {"Origin": "http://example.com"}),
        (403, "GET", {"Origin": "https://127.0.0.1:PORT"}),
        (403, "GET", {"Origin": "http://localhost:PORT"}),
        (403, "GET", {"Origin": "http://127.0.0.1:1"}),
        (403, "GET", {"Origin": "null"}),
        (403, "GET", {"Origin": ""}),
        (403, "GET", {"Sec-Fetch-Site": "cross-site"}),
        (403, "GET", {"Sec-Fetch-Site": "same-site"}),
        (403, "GET", {"Origin": "http://127.0.0.1:PORT", "Sec-Fetch-Site": "cross-site"}),
        (405, "HEAD", {}),
        (405, "POST", {"Origin": "http://127.0.0.1:PORT"}),
        (405, "PUT", {}),
        (405, "DELETE", {}),
        (405, "OPTIONS", {"Access-Control-Request-Method": "GET"}),
        (405, "TRACE", {}),
    ],
)
@pytest.mark.parametrize("path", ["/", "/events", "/page.js"])
def test_only_pages_of_its_own_are_answered(
    served: Served, path: str, status: int, method: str, headers: dict[str, str]
) -> None:
    sent = [(name, value.replace("PORT", str(served.port))) for name, value in headers.items()]
    if path == "/events" and status == 200:
        return  # a stream without an end; `test_news_may_be_asked_for_by_localhost_too` asks for it
    answer = served.get(path, sent, method)
    assert answer.status == status
    assert answer.headers.items() >= HEADERS.items()
    assert "resnet" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_news_may_be_asked_for_by_localhost_too(served: Served, host: str) -> None:
    address = f"{host}:{served.port}"
    with served.news(headers={"Host": address, "Origin": f"http://{address}"}) as news:
        assert news.next()[0] == "hello"


def test_two_hosts_are_none(served: Served) -> None:
    right = ("Host", f"127.0.0.1:{served.port}")
    assert served.get("/", [right, ("Host", "example.com")]).status in (400, 421)
    assert served.get("/", [right, ("Origin", "http://example.com"), ("Origin", f"http://{right[1]}")]).status == 403


def test_the_policy_lets_the_page_do_nothing_but_look() -> None:
    directives = dict(directive.split(" ", 1) for directive in HEADERS["content-security-policy"].split("; "))
    assert directives.pop("default-src") == "'none'"
    assert directives.pop("img-src") == "'self' data:"
    assert {key for key, value in directives.items() if value == "'self'"} == {"script-src", "style-src", "connect-src"}
    assert {key for key, value in directives.items() if value == "'none'"} == {
        "base-uri",
        "form-action",
        "frame-ancestors",
    }


@pytest.mark.parametrize(
    "path",
    [
        "/net.yaml",
        "/other.yaml",
        "/../net.yaml",
        "/..%2fnet.yaml",
        "//etc/passwd",
        "/etc/passwd",
        "/page.js/",
        "/PAGE.JS",
        "/static/page.js",
        "/%00",
        "/events/..",
        "/watch.py",
        "/%C3%A4",
    ],
)
def test_nothing_of_the_machine_is_served(served: Served, path: str) -> None:
    answer = served.get(path)
    assert (answer.status, answer.text) == (404, "Not Found")
    assert answer.headers.items() >= HEADERS.items()


def test_what_is_served_tells_no_more_of_the_machine_than_the_user_did(served: Served) -> None:
    kinds = {"/": "text/html", "/page.css": "text/css", "/page.js": "text/javascript", "/watch.js": "text/javascript"}
    for path, kind in kinds.items():
        answer = served.get(path)
        assert answer.status == 200
        assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
        assert answer.headers.keys() & {"server", "set-cookie", "access-control-allow-origin"} == set()
        assert "secret-folder" not in answer.text
        assert str(HERE.parent) not in answer.text
        assert "://" not in answer.text.replace("http://www.w3.org/", "")
    with served.news() as news:
        assert "secret-folder" not in str([news.next(), news.next()])


def test_web_sockets_are_not_spoken(served: Served) -> None:
    wanted = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "eA==",
    }
    assert served.get("/events", [*wanted.items(), ("Origin", "http://example.com")]).status == 403
    assert served.get("/socket", list(wanted.items())).status == 404


def test_other_addresses_of_the_machine_are_not_listened_on(served: Served) -> None:
    for address in ("127.0.0.2", "::1"):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, served.port), timeout=2).close()


# ------------------------------------------------------------------------------------------------------ what is noticed


def save_in_place(folder: Path) -> None:
    write(folder / "net.yaml", WIDER)


def save_by_replacing(folder: Path) -> None:
    replace(folder / "net.yaml", WIDER)


def save_by_putting_aside(folder: Path) -> None:
    put_aside(folder / "net.yaml", WIDER)


def save_under_the_same_date(folder: Path) -> None:
    date = (folder / "net.yaml").stat().st_mtime_ns
    os.utime(write(folder / "net.yaml", WIDER), ns=(date, date))


def turn_the_link(folder: Path) -> None:
    write(folder / "versions" / "2.yaml", WIDER)
    (folder / "new").symlink_to("versions/2.yaml")
    (folder / "new").replace(folder / "net.yaml")


def save_behind_the_link(folder: Path) -> None:
    replace(folder / "versions" / "1.yaml", WIDER)


def turn_the_link_of_the_folder(folder: Path) -> None:
    write(folder / "2" / "net.yaml", WIDER)
    (folder / "new").symlink_to("2")
    (folder / "new").replace(folder / "current")


def save_the_base(folder: Path) -> None:
    replace(folder / "base.yaml", WIDER)


def save_the_library(folder: Path) -> None:
    write(folder / "parts" / "library.yaml", LIBRARY.replace("4", "5"))


def replace_the_folder(folder: Path) -> None:
    write(folder / "new" / "library.yaml", LIBRARY.replace("4", "5"))
    (folder / "parts").rename(folder / "old")
    (folder / "new").rename(folder / "parts")


def plain(folder: Path) -> None:
    write(folder / "net.yaml", GOOD)


def linked(folder: Path) -> None:
    write(folder / "versions" / "1.yaml", GOOD)
    (folder / "net.yaml").symlink_to("versions/1.yaml")


def in_a_linked_folder(folder: Path) -> None:
    write(folder / "1" / "net.yaml", GOOD)
    (folder / "current").symlink_to("1")
    (folder / "net.yaml").symlink_to("current/net.yaml")


def with_a_base(folder: Path) -> None:
    write(folder / "net.yaml", EXTENDS)
    write(folder / "base.yaml", GOOD)


def with_a_library(folder: Path) -> None:
    write(folder / "net.yaml", USES)
    write(folder / "parts" / "library.yaml", LIBRARY)


SAVES: list[tuple[Callable[[Path], None], Callable[[Path], None]]] = [
    (plain, save_in_place),
    (plain, save_by_replacing),
    (plain, save_by_putting_aside),
    (plain, save_under_the_same_date),
    (linked, turn_the_link),
    (linked, save_behind_the_link),
    (linked, save_by_replacing),
    (in_a_linked_folder, turn_the_link_of_the_folder),
    (with_a_base, save_the_base),
    (with_a_base, save_in_place),
    (with_a_library, save_the_library),
    (with_a_library, replace_the_folder),
]


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Served]]:
    """A server of many specs, each in a folder of its own by its number."""
    folder = tmp_path_factory.mktemp("several")
    for number, (prepare, _) in enumerate(SAVES):
        (folder / str(number)).mkdir()
        prepare(folder / str(number))
    with watching(folder, *(f"{number}/net.yaml" for number in range(len(SAVES)))) as served:
        yield folder, served
        assert served.end() == (0, "", "")


@pytest.mark.parametrize("number", range(len(SAVES)), ids=[f"{one.__name__}-{two.__name__}" for one, two in SAVES])
def test_a_save_is_noticed(several: tuple[Path, Served], number: int) -> None:
    folder, served = several
    with served.news() as news:
        assert news.next()[0] == "hello"
        known = {data["key"]: data for _, data in (news.next() for _ in SAVES)}
        data = known[f"{number}/net.yaml"]
        assert (data["params"][0], data["problems"]) == (PARAMETERS[4], [])
        SAVES[number][1](folder / str(number))
        kind, data = news.next()
        assert (kind, data["key"], data["params"][0]) == ("drawing", f"{number}/net.yaml", PARAMETERS[5])


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return write(tmp_path / "net.yaml", GOOD)


def test_a_mistake_is_told_and_the_last_good_graph_kept(spec: Path) -> None:
    with watching(spec.parent, spec.name) as served, served.news() as news:
        news.of(spec.name)
        write(spec, "# a line more\n" + WRONG)
        kind, data = news.next()
        assert kind == "problems"
        assert data["marks"] == {"head-dense": ["mistake", "E102: dense has no option 'unit'"]}
        [unknown] = data["problems"]
        assert (unknown["code"], unknown["file"], unknown["line"]) == ("E102", "net.yaml", 5)
        assert "5│   - {type: dense, unit: 4}\n" in unknown["frame"]

        with served.news() as later:  # who comes now sees the last good graph, with the mistakes
            kind, drawn = later.of(spec.name)
            assert (kind, drawn["params"][0], drawn["problems"]) == ("drawing", PARAMETERS[4], data["problems"])
        with served.news(news.seen) as nothing_new:
            assert nothing_new.next()[0] == "hello"
            write(spec, WIDER)
            kind, data = nothing_new.next()
        assert (kind, data["params"][0], data["problems"], data["marks"]) == ("drawing", PARAMETERS[5], [], {})
        assert news.next() == (kind, data)

        spec.unlink()
        kind, data = news.next()
        assert (kind, [problem["code"] for problem in data["problems"]]) == ("problems", ["E001"])
        write(spec, WIDER)
        assert news.next()[1]["problems"] == []
        assert served.end() == (0, "", "")


def test_what_is_wrong_from_the_start_is_mended_too(tmp_path: Path) -> None:
    spec = write(tmp_path / "net.yaml", EXTENDS)
    with watching(tmp_path, spec.name) as served, served.news() as news:
        kind, data = news.of(spec.name)
        assert (kind, [problem["code"] for problem in data["problems"]]) == ("drawing", ["E208"])
        assert "params" not in data
        assert "base.yaml does not exist" in served.get().text
        write(tmp_path / "base.yaml", USES.replace("parts/", "deep/down/"))
        assert "library.yaml does not exist" in str(news.next())
        write(tmp_path / "deep" / "down" / "library.yaml", LIBRARY)
        kind, data = news.next()
        assert (kind, data["params"][0], data["problems"]) == ("drawing", PARAMETERS[4], [])
        assert served.end(signal.SIGTERM) == (0, "", "")


def test_the_newest_of_many_saves_wins_and_the_options_hold(spec: Path) -> None:
    with watching(spec.parent, spec.name, "--set", "name=mine", "--limit", "layers=2") as served, served.news() as news:
        assert news.of(spec.name)[1]["title"] == "mine"
        for units in range(5, 105):
            write(spec, GOOD.replace("4", str(units)))
        while news.next()[1]["params"][0] != 104 * 9:
            pass
        write(spec, GOOD + "  - relu\n" * 10)
        assert [problem["code"] for problem in news.next()[1]["problems"]] == ["E406"]


def test_hostile_specs_do_not_end_it(spec: Path) -> None:
    hostile = sorted(
        file for file in (HERE / "hostile").rglob("*.yaml") if "layers" in file.parts or "nesting" in file.parts
    )
    many = "netspec: 1\ninput: {shape: [8]}\nhead:\n" + "  - {type: dense, unit: 4}\n" * 200
    with watching(spec.parent, spec.name) as served, served.news() as news:
        news.of(spec.name)
        for file in hostile:
            shutil.copy(file, spec)
            assert served.get("/watch.js").status == 200
        spec.write_bytes(b"\xff\xfe\x00")
        assert served.get().status == 200
        write(spec, many)
        while len((data := news.next()[1])["problems"]) != MOST_PROBLEMS + 1:
            pass
        assert data["problems"][-1]["message"].endswith("more; mend these first")
        os.mkfifo(spec.with_name("pipe"))
        spec.with_name("pipe").replace(spec)
        assert "is not a regular file" in str(news.next())
        spec.unlink()
        write(spec, WIDER)
        while news.next()[0] != "drawing":
            pass
        assert served.end() == (0, "", "")


# -------------------------------------------------------------------------------------------------------- command line


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "netspec", "watch", *arguments]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["missing.yaml"], 1, "error[E001]: missing.yaml does not exist"),
        (["net.yaml", "."], 1, "error[E001]: . is a folder"),
        (["-"], 2, "standard input can't be watched"),
        (["net.yaml", "--port", "65536"], 2, "65536 is not in the range"),
        (["net.yaml", "--port", "TAKEN"], 2, "another program listens there"),
        (["net.yaml", "--set", "units"], 2, "is not PATH=VALUE"),
        ([], 2, "Missing argument"),
    ],
)
def test_what_is_refused_at_once(served: Served, spec: Path, arguments: list[str], code: int, words: str) -> None:
    ended = run(spec.parent, *(argument.replace("TAKEN", str(served.port)) for argument in arguments))
    assert ended[:2] == (code, "")
    assert words in " ".join(ended[2].replace("│", " ").split())
    assert "Traceback" not in ended[2]


def test_it_starts_again_on_the_same_port_while_pages_are_open(spec: Path) -> None:
    with watching(spec.parent, spec.name) as first, first.news() as news:
        news.of(spec.name)
        ended = first.end(signal.SIGINT)
        assert ended == (0, "", "")
        with pytest.raises(EOFError):
            news.next()
        with watching(spec.parent, spec.name, "--port", str(first.port)) as second:
            assert second.announced == first.announced
            with second.news(news.seen) as later:
                assert [later.next()[0], later.next()[0]] == ["hello", "drawing"]


def test_the_command_line_starts_without_a_server() -> None:
    program = "import sys, netspec.cli; print({'starlette', 'uvicorn', 'watchfiles'} & sys.modules.keys())"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "set()\n"


# -------------------------------------------------------------------------------------------------------------- inside


async def told(news: Newspaper, mark: str, count: int) -> list[str]:
    """The kinds of the next news after a mark."""
    kinds: list[str] = []
    follower = news.follow(mark)
    while len(kinds) < count:
        event = await anext(follower)
        kinds += [line.removeprefix("event: ") for line in event.split("\n") if line.startswith("event: ")]
    await follower.aclose()
    return kinds


@pytest.mark.parametrize(
    ("mark", "kinds"),
    [
        ("NOW", ["hello"]),
        ("", ["hello", "drawing"]),
        ("00000000-1", ["hello", "drawing"]),
        ("NOW0", ["hello"]),
        ("x\ndata: {}\n\n", ["hello", "drawing"]),
        ("-" * 10_000, ["hello", "drawing"]),
        ("FIRST", ["hello", "problems"]),
    ],
)
def test_a_page_is_told_what_it_has_not_seen(spec: Path, mark: str, kinds: list[str]) -> None:
    async def ask() -> list[str]:
        watched = Watched(str(spec), Settings({}))
        news = Newspaper([watched], "{}")
        first, _ = news.now()
        write(spec, WRONG)
        assert watched.refresh()
        news.publish(watched.name, watched.state)
        now, views = news.now()
        assert [len(view.problems) for view in views] == [1]
        return await told(news, mark.replace("NOW", now).replace("FIRST", first), len(kinds))

    assert asyncio.run(ask()) == kinds


def test_only_what_makes_a_difference_is_told(spec: Path) -> None:
    watched = Watched(str(spec), Settings({}))
    assert not watched.refresh()
    spec.touch()
    assert not watched.refresh()
    write(spec, WIDER)
    assert watched.refresh()


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"net.yaml": GOOD}, ["net.yaml"]),
        ({"net.yaml": EXTENDS, "base.yaml": USES}, ["net.yaml", "base.yaml", "parts/library.yaml"]),
        ({"net.yaml": "extends: ../outside.yaml\nuse: [/etc/hostname]"}, ["net.yaml"]),
        ({"net.yaml": "extends: net.yaml"}, ["net.yaml"]),
        ({"net.yaml": "extends: base.yaml", "base.yaml": "extends: net.yaml"}, ["net.yaml", "base.yaml"]),
        ({"net.yaml": "extends: [base.yaml]\nuse: {a: b}"}, ["net.yaml"]),
        ({"net.yaml": "use: [a.yaml, 3, [b.yaml], '']"}, ["net.yaml", "a.yaml"]),
        ({"net.yaml": "- extends"}, ["net.yaml"]),
        ({"net.yaml": "{"}, ["net.yaml"]),
        ({}, ["net.yaml"]),
    ],
)
def test_the_files_of_a_spec_are_known(tmp_path: Path, files: dict[str, str], found: list[str]) -> None:
    for name, text in files.items():
        write(tmp_path / name, text)
    sources = Sources(tmp_path / "net.yaml", None, DEFAULT_LIMITS)
    sources.find()
    assert sources.files == tuple(tmp_path / name for name in found)
    assert [stamp is not None for stamp in sources.stamps()] == [name in files for name in found]
    assert all(folder.is_dir() for folder in sources.folders())


def test_the_files_of_a_broken_spec_stay_known(tmp_path: Path) -> None:
    write(tmp_path / "net.yaml", EXTENDS)
    sources = Sources(tmp_path / "net.yaml", None, DEFAULT_LIMITS)
    sources.find()
    write(tmp_path / "net.yaml", "extends: [")
    sources.find()
    assert sources.files == (tmp_path / "net.yaml", tmp_path / "base.yaml")


def test_links_in_a_circle_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    sources = Sources(tmp_path / "a" / "net.yaml", tmp_path, DEFAULT_LIMITS)
    sources.find()
    assert sources.folders() == {tmp_path}


BODY = """\
netspec: 1
input: {shape: [8, 8, 3]}
blocks:
  pair:
    nodes:
      - {type: conv2d, filters: 4, kernel_size: 1}
      - relu
stages:
  one:
    - {type: pair, name: first, repeat: 2}
    - type: conv2d
      filters: 4
      kernel_size: 3
  two:
    - {type: identity, filters: [4, 4, 4], f: 3}
    - flatten
"""


@pytest.mark.parametrize(
    ("edit", "marked"),
    [
        (("kernel_size: 3", "kernel_siz: 3"), ["one-conv2d"]),
        (("      kernel_size: 3\n", ""), ["one-conv2d"]),
        (("f: 3}", "f: x}"), ["two-identity"]),
        (("netspec: 1\n", "netspec: 1\n\n# more\n"), []),
        (("filters: 4, kernel_size: 1", "filters: 0, kernel_size: 1"), ["one-first-0-conv2d", "one-first-1-conv2d"]),
        (("    - flatten\n", "    - flatten\n    - flaten\n"), ["two-flatten"]),
        (("name: first,", "nam: first,"), ["one-first-0", "one-first-1"]),
        (("[8, 8, 3]", "[8, 8, x]"), ["input"]),
        (("netspec: 1", "netspec: 2"), []),
        (("stages:", "stage:"), []),
    ],
)
@pytest.mark.parametrize("above", ["", "# a comment\n# and another\n"])
def test_the_parts_that_a_mistake_is_about_are_marked(edit: tuple[str, str], above: str, marked: list[str]) -> None:
    graph = parse_spec(BODY).graph()
    wrong = above + BODY.replace(*edit)
    try:
        problems = parse_spec(wrong).warnings
    except SpecError as error:
        problems = tuple(error.diagnostics)
    assert list(mark_mistakes(graph, problems)) == marked

"""What nginx.conf makes of a request on its way to the workers, tried with nginx itself in front of mirrors."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.services_under_test import nginx_in_front_of, wait_until

WEBSOCKET = {"Upgrade": "websocket", "Connection": "Upgrade"}
NAMES = ["w1", "w2", "w3", "w4"]
SESSION = "/socket.io/?EIO=4&transport=polling"


class Mirror(ThreadingHTTPServer):
    """A worker that answers with its name and the headers that arrived, as JSON with small-letter names.

    Requests below /held/ are answered when ``release`` is set; files below /assets/ are there when ``has_assets`` is.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, name: str) -> None:
        super().__init__(("127.0.0.1", 0), _Reflection)
        self.name = name
        self.has_assets = True
        self.held = 0
        self.posts = 0
        self.connections: list[socket.socket] = []
        self.release = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self.release.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Reflection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # an answer goes out in one piece
    server: Mirror

    def setup(self) -> None:
        super().setup()
        self.server.connections.append(self.connection)

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.server.posts += 1
        left = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, 1 << 20)))
        self._answer()

    def _answer(self) -> None:
        if self.path.startswith("/held/"):
            self.server.held += 1
            self.server.release.wait(30)
        found = {name.lower(): value for name, value in self.headers.items()}
        body = json.dumps({"worker": self.server.name, **found, "padding": "x" * 1000}).encode()
        there = self.server.has_assets or not self.path.startswith("/assets/")
        self.send_response(200 if there else 404)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class Visitor:
    """Asks one thing after another over a connection that is kept."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)

    def asks(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def is_led_to(self, path: str) -> str:
        """The worker that answers."""
        status, body = self.asks(path)
        assert status == 200, (status, path)
        worker: str = json.loads(body)["worker"]
        return worker

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def visitor(address: str) -> Iterator[Visitor]:
    visitor = Visitor(address)
    yield visitor
    visitor.close()


@pytest.fixture(scope="module")
def mirrors() -> Iterator[list[Mirror]]:
    with ExitStack() as stack:
        mirrors = [Mirror(name) for name in NAMES]
        for mirror in mirrors:
            stack.callback(mirror.close)
        yield mirrors


@pytest.fixture(scope="module")
def address(mirrors: list[Mirror], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with nginx_in_front_of(ports_of(mirrors), tmp_path_factory.mktemp("nginx")) as url:
        yield url


@pytest.fixture
def others(tmp_path: Path) -> Iterator[tuple[list[Mirror], str]]:
    """Four more workers that a test may end, with an nginx of their own."""
    with ExitStack() as stack:
        mirrors = [Mirror(name) for name in NAMES]
        for mirror in mirrors:
            stack.callback(mirror.close)
        yield mirrors, stack.enter_context(nginx_in_front_of(ports_of(mirrors), tmp_path))


def ports_of(mirrors: list[Mirror]) -> list[int]:
    return [mirror.server_port for mirror in mirrors]


def arrived(address: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
    """The headers with which a request came to the worker."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    connection.request("GET", path, headers=headers)
    found: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return found


def test_a_socket_may_become_a_websocket(address: str) -> None:
    headers = arrived(address, "/socket.io/?EIO=4&transport=websocket", WEBSOCKET)
    assert headers["upgrade"].lower() == "websocket"
    assert headers["connection"].lower() == "upgrade"


@pytest.mark.parametrize("path", ["/", "/api/v1/welcome", "/socket.ioo/", "/files/socket.io/"])
def test_nothing_else_may(address: str, path: str) -> None:
    headers = arrived(address, path, WEBSOCKET)
    assert "upgrade" not in headers
    assert "connection" not in headers


def test_a_socket_becomes_nothing_but_a_websocket(address: str) -> None:
    headers = arrived(address, "/socket.io/", {"Upgrade": "h2c", "Connection": "Upgrade"})
    assert "upgrade" not in headers


def test_polling_keeps_its_connection_to_the_worker(address: str) -> None:
    assert "connection" not in arrived(address, "/socket.io/?EIO=4&transport=polling", {})


@pytest.mark.parametrize("path", ["/", "/socket.io/"])
def test_what_a_visitor_claims_about_the_way_counts_for_nothing(address: str, path: str) -> None:
    claims = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Proto": "gopher",
        "X-Forwarded-Host": "evil.example",
        "X-Real-IP": "203.0.113.9",
        "Forwarded": "for=203.0.113.9",
    }
    headers = arrived(address, path, claims)
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-real-ip"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-host"] == urlsplit(address).netloc
    assert headers["host"] == urlsplit(address).netloc
    assert "forwarded" not in headers


# Sessions and their workers


def test_a_session_stays_with_its_worker_whatever_its_id_looks_like(visitor: Visitor) -> None:
    # As the engine makes them. nginx looks them up as host names, which have no capitals, "_" or "-" at their ends.
    ids = [f"{name}.{secrets.token_urlsafe(15)}" for name in NAMES for _ in range(1000)]
    odd = [
        "-AbC",
        "_",
        "--__--",
        "AbC-",
        "AbC_",
        "80",
        "x" * 200,
        "W2.x",
        "w2",
        "a.b.c",
        "com",
        "*",
        "~x",
        "%2Fx",
        "%2e",
    ]
    ids += [f"{name}.{rest}" for name in NAMES for rest in odd]
    for sid in ids:
        assert visitor.is_led_to(f"{SESSION}&sid={sid}") == sid[:2], sid


@pytest.mark.parametrize(
    "sid", ["", "w1", "w9.AbC", "w11.AbC", ".w1.AbC", "xw1.AbC", "default", "hostnames", "w1-.AbC"]
)
def test_what_names_no_worker_is_for_anybody(visitor: Visitor, sid: str) -> None:
    assert {visitor.is_led_to(f"{SESSION}&sid={sid}") for _ in range(8)} == set(NAMES)


def test_new_sessions_go_to_everybody_in_equal_parts(visitor: Visitor) -> None:
    seen = Counter(visitor.is_led_to(SESSION) for _ in range(80))
    assert set(seen) == set(NAMES)
    assert max(seen.values()) - min(seen.values()) <= 2


def test_whoever_has_least_to_do_gets_what_is_new(others: tuple[list[Mirror], str]) -> None:
    mirrors, address = others
    waiting = [threading.Thread(target=lambda: Visitor(address).asks("/held/")) for _ in range(8)]
    for thread in waiting:
        thread.start()
    wait_until(lambda: sum(mirror.held for mirror in mirrors) == 8, 10, lambda: "they did not arrive")
    assert [mirror.held for mirror in mirrors] == [2, 2, 2, 2]
    mirrors[2].release.set()
    wait_until(lambda: sum(thread.is_alive() for thread in waiting) == 6, 10, lambda: "nobody was answered")
    visitor = Visitor(address)
    assert [visitor.is_led_to(SESSION) for _ in range(20)] == ["w3"] * 20
    for mirror in mirrors:
        mirror.release.set()
    for thread in waiting:
        thread.join()
    visitor.close()


def test_a_dead_worker_is_passed_over(others: tuple[list[Mirror], str], tmp_path: Path) -> None:
    mirrors, address = others
    mirrors[1].close()
    visitor = Visitor(address)
    assert {visitor.is_led_to(SESSION) for _ in range(40)} == {"w1", "w3", "w4"}
    assert {visitor.is_led_to("/api/v1/welcome?link=a-secret") for _ in range(40)} == {"w1", "w3", "w4"}
    # A session of its own is gone with it: nobody else is asked, and the client begins anew.
    assert visitor.asks(f"{SESSION}&sid=w2.a-secret")[0] == 502
    for mirror in mirrors[2:]:
        mirror.close()
    assert {visitor.is_led_to("/") for _ in range(10)} == {"w1"}
    mirrors[0].close()
    assert visitor.asks("/?link=a-secret")[0] == 502
    visitor.close()
    # Which worker failed is to be seen, and nothing that is secret.
    log = (tmp_path / "access.log").read_text()
    assert f"127.0.0.1:{mirrors[1].server_port}, 127.0.0.1:" in log
    assert "502, 200" in log
    assert "a-secret" not in log + (tmp_path / "error.log").read_text()


def test_one_worker_is_enough(mirrors: list[Mirror], tmp_path: Path) -> None:
    with nginx_in_front_of(mirrors[0].server_port, tmp_path) as address:
        visitor = Visitor(address)
        assert {
            visitor.is_led_to(path) for path in (SESSION, "/", "/assets/x.js", "/api/v1/files") for _ in range(10)
        } == {"w1"}
        visitor.close()


# Bodies, compression, files of the app


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/socket.io/?sid=w1.AbC", 128_000, 200),
        ("/socket.io/?sid=w1.AbC", 300_000, 413),
        ("/api/v1/accounts", 1_000_001, 200),  # which the worker refuses in its own words
        ("/api/v1/accounts", 3_000_000, 413),
        ("/api/v1/files", 30_000_000, 200),
        ("/api/v1/uploads/7", 30_000_000, 200),
    ],
)
def test_a_body_has_its_limit_where_one_is_known(visitor: Visitor, path: str, size: int, status: int) -> None:
    try:
        assert visitor.asks(path, "POST", bytes(size))[0] == status
    except ConnectionError:
        assert status == 413


def test_an_upload_reaches_the_worker_while_it_comes_in(address: str, mirrors: list[Mirror]) -> None:
    host, port = urlsplit(address).netloc.split(":")
    before = sum(mirror.posts for mirror in mirrors)
    with socket.create_connection((host, int(port)), timeout=30) as visitor:
        visitor.sendall(b"POST /api/v1/files HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + bytes(50_000))
        wait_until(lambda: sum(mirror.posts for mirror in mirrors) > before, 10, lambda: "it did not arrive")
        visitor.sendall(bytes(50_000))
        assert visitor.recv(100).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("path", "is_compressed"),
    [("/api/v1/welcome", True), ("/", True), (SESSION, False), ("/api/v1/files/7/plan.txt", False)],
)
def test_text_is_compressed_and_nothing_of_a_socket(visitor: Visitor, path: str, is_compressed: bool) -> None:
    status, body = visitor.asks(path, **{"Accept-Encoding": "gzip"})
    assert status == 200
    assert body.startswith(b"\x1f\x8b") == is_compressed
    assert json.loads(gzip.decompress(body) if is_compressed else body)["worker"] in NAMES


def test_a_file_of_the_app_is_found_where_it_is(others: tuple[list[Mirror], str]) -> None:
    mirrors, address = others
    for mirror in mirrors[:3]:
        mirror.has_assets = False
    visitor = Visitor(address)
    assert {visitor.is_led_to("/assets/index-AbC.js") for _ in range(10)} == {"w4"}
    mirrors[3].has_assets = False
    assert visitor.asks("/assets/index-AbC.js")[0] == 404
    visitor.close()


def test_the_folder_of_files_is_closed(visitor: Visitor) -> None:
    assert visitor.asks("/internal-files/ab/abcdef")[0] == 404


# Limits and logs


def test_a_flood_of_new_sessions_is_refused_and_sessions_go_on(others: tuple[list[Mirror], str]) -> None:
    visitor = Visitor(others[1])
    began, seen = time.monotonic(), Counter[int]()
    while not seen[429]:
        seen[visitor.asks(SESSION)[0]] += 1
    assert set(seen) == {200, 429}
    assert 1000 <= seen[200] <= 1001 + 50 * (time.monotonic() - began)
    assert {visitor.asks(f"{SESSION}&sid=w1.AbC")[0] for _ in range(100)} == {200}
    visitor.close()


def test_the_access_log_keeps_paths_and_no_query_strings(mirrors: list[Mirror], tmp_path: Path) -> None:
    with nginx_in_front_of(ports_of(mirrors), tmp_path) as address:
        arrived(address, "/socket.io/?EIO=4&sid=w1.a-secret", {})
    logged = (tmp_path / "access.log").read_text()
    assert '"GET /socket.io/" 200' in logged
    assert "a-secret" not in logged

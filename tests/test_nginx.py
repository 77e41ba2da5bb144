"""What nginx.conf makes of a request on its way to the worker, tried with nginx itself in front of a mirror."""

import http.client
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.services_under_test import nginx_in_front_of

WEBSOCKET = {"Upgrade": "websocket", "Connection": "Upgrade"}


class Mirror(BaseHTTPRequestHandler):
    """Answers every GET with the headers that arrived, as JSON with small-letter names."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def mirror() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def address(mirror: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with nginx_in_front_of(mirror, tmp_path_factory.mktemp("nginx")) as url:
        yield url


def arrived(address: str, path: str, headers: dict[str, str]) -> dict[str, str]:
    """The headers with which a request came to the worker."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.request("GET", path, headers=headers)
    found: dict[str, str] = json.loads(connection.getresponse().read())
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


def test_the_access_log_keeps_paths_and_no_query_strings(mirror: int, tmp_path: Path) -> None:
    with nginx_in_front_of(mirror, tmp_path) as address:
        arrived(address, "/socket.io/?EIO=4&sid=w1.a-secret", {})
    logged = (tmp_path / "access.log").read_text()
    assert '"GET /socket.io/" 200' in logged
    assert "a-secret" not in logged

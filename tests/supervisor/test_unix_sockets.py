"""Workers on Unix sockets instead of ports."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.workers import Place, ask, check_free, listen
from tests.services_under_test import wait_until
from tests.supervisor.running import DEADLINE_S, Workers, is_gone


class OnSockets(Workers):
    """Ready when each answers on its socket."""

    def place_of(self, name: str) -> Place:
        folder = Path(self.environment["MADANG_SOCKET_DIR"])
        return Place(name, "", 0, folder / f"{name}.sock")

    def is_ready(self, name: str) -> bool:
        answer = asyncio.run(ask(self.place_of(name)))
        return answer is not None and answer.ready

    def _is_ready(self) -> bool:
        return all(self.is_ready(name) for name in self.names)


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a short name: what a socket may be called has an end."""
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        yield Path(folder)


def test_workers_listen_on_sockets_and_come_back_to_them(tmp_path: Path, short: Path) -> None:
    with OnSockets(tmp_path / "data", 2, socket_dir=str(short / "run")) as workers:
        assert sorted(path.name for path in (short / "run").iterdir()) == ["w1.sock", "w2.sock"]
        assert f"2 workers, w1 to w2, on sockets in {short / 'run'}" in workers.output
        # Who comes by the socket comes from this machine, or through the proxy that says where from.
        assert [status_at(short / "run" / "w1.sock", "/metrics", *forwarded) for forwarded in ([], ["1.2.3.4"])] == [
            200,
            403,
        ]
        pids = workers.pids()
        os.kill(pids["w1"], signal.SIGKILL)
        workers.waits_for("w1", other_than=pids["w1"])
        left = list(workers.pids().values())
        assert workers.stop() == 0
        assert is_gone(*left)
        # What they leave behind is no obstacle.
        workers.start()
        left = list(workers.pids().values())
    wait_until(lambda: is_gone(*left), DEADLINE_S, lambda: "they live on")


def status_at(path: Path, target: str, *forwarded: str) -> int:
    """What is answered there to a GET."""
    with socket.socket(socket.AF_UNIX) as visitor:
        visitor.connect(str(path))
        headers = "".join(f"X-Forwarded-For: {address}\r\n" for address in forwarded)
        visitor.sendall(f"GET {target} HTTP/1.0\r\nHost: localhost\r\n{headers}\r\n".encode())
        return int(visitor.makefile("rb").readline().split()[1])


def test_anybody_who_may_enter_the_folder_may_connect(short: Path) -> None:
    with listen(short / "run" / "w1.sock"):
        assert (short / "run" / "w1.sock").stat().st_mode & 0o777 == 0o666


def test_a_socket_in_use_is_not_taken_over(short: Path) -> None:
    place = Place("w1", "", 0, short / "w1.sock")
    with listen(short / "w1.sock"):
        with pytest.raises(OSError, match="already"):
            check_free(place)
    check_free(place)
    with socket.socket(socket.AF_UNIX) as old:
        # Left behind by a process that has ended.
        old.bind(str(short / "w2.sock"))
    check_free(Place("w2", "", 0, short / "w2.sock"))
    with pytest.raises(OSError, match="103 bytes"):
        check_free(Place("w1", "", 0, short / ("x" * 120)))

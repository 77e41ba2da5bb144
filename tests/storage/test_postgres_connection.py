"""What every connection to PostgreSQL has."""

from __future__ import annotations

import contextlib
import socket
import sys

import pytest

from server.storage.postgres_connection import READER, WRITER, Part, connect


@pytest.mark.skipif(sys.platform != "linux", reason="the names of socket options are Linux's")
@pytest.mark.parametrize("part", [WRITER, READER])
def test_a_machine_that_died_is_noticed_while_an_answer_is_awaited(postgres_address: str, part: Part) -> None:
    assert _seconds_of_silence(postgres_address, part) <= 10
    assert _seconds_of_silence(f"{postgres_address}?keepalives_idle=60", part) > 60, "the address goes before"


def _seconds_of_silence(address: str, part: Part) -> int:
    """So long nothing may come until the connection counts as broken."""
    with contextlib.closing(connect(address, part)) as raw, socket.socket(fileno=raw.fileno()) as end:
        asked = [
            end.getsockopt(socket.IPPROTO_TCP, option)
            for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        ]
        assert end.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        end.detach()
    idle, interval, count = asked
    return idle + interval * count

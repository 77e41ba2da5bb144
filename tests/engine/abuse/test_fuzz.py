"""Whatever clients send leaves no crash, no traceback, no ghost and no growth; and the fuzzer finds what would.

5,000 clients here, 100,000 in `make prove`. A failure names seed and visits, and has them again by
`python -m tests.prove fuzz --seed 20261121 --first 440 --inputs 8`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
import uvloop

from server.engine import packets
from server.engine.connection import Connection
from server.engine.frames import FrameReader
from server.engine.link import WebSocketLink
from server.engine.outflow import Outflow
from server.engine.rooms import Rooms
from server.engine.socket_server import SocketServer
from tests.engine.abuse.fuzz import fuzz
from tests.engine.abuse.player import Wrong
from tests.engine.abuse.streams import POLLING, UPGRADE, WEBSOCKET, visit

SEED = 20261121
MEMORY = 2000
REAL = 250


@pytest.mark.parametrize("take_over", [True, False], ids=["taken over", "left with aiohttp"])
@pytest.mark.parametrize("part", [0, 1])
def test_whatever_comes_leaves_no_trace(take_over: bool, part: int) -> None:
    first = part * MEMORY // 2
    found = fuzz(seed=SEED + take_over, numbers=range(first, first + MEMORY // 2), take_over=take_over)
    assert found.inputs == MEMORY // 2
    assert found.known > 600
    assert set(found.kinds) == {WEBSOCKET, POLLING, UPGRADE}
    assert set(found.codes) == {"1000", "1002", "1007", "1008", "1009"}


@pytest.mark.parametrize("take_over", [True, False], ids=["taken over", "left with aiohttp"])
@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_nor_does_it_over_real_sockets(take_over: bool, loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    assert fuzz(seed=SEED, numbers=range(REAL), take_over=take_over, loop=loop).inputs == REAL


def test_a_visit_is_its_seed_and_number() -> None:
    assert visit(3, 17) == visit(3, 17)
    assert visit(3, 17) != visit(4, 17)


# The fuzzer is not blind: it finds each of these


Bug = Callable[[pytest.MonkeyPatch], None]


def short_text_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    careful: Any = FrameReader._take

    def take(self: Any, first: int, opcode: int, body: bytearray) -> None:
        if first == 0x81 and len(body) == 1:
            self._sink.message(body.decode("latin-1"))
        else:
            careful(self, first, opcode, body)

    patch.setattr(FrameReader, "_take", take)


def an_empty_ping_is_a_surprise(patch: pytest.MonkeyPatch) -> None:
    careful: Any = WebSocketLink.pinged

    def pinged(self: Any, payload: bytes) -> None:
        careful(self, payload)
        payload[0]

    patch.setattr(WebSocketLink, "pinged", pinged)


def json_is_what_python_takes_for_it(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(packets, "loads", lambda text, max_depth: json.loads(text))


def any_name_is_an_events(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(packets, "RESERVED", frozenset())


def a_room_keeps_who_left(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Rooms, "_take_out", lambda self, member, room: None)


def a_parse_error_is_told_to_nobody(patch: pytest.MonkeyPatch) -> None:
    careful: Any = SocketServer._lost

    async def lost(self: Any, connection: Connection, reason: str) -> None:
        if reason != "parse error":
            await careful(self, connection, reason)

    patch.setattr(SocketServer, "_lost", lost)


def what_was_sent_still_counts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Outflow, "forget", lambda self, outlet: None)


def somebody_remembers_connections(patch: pytest.MonkeyPatch) -> None:
    careful: Any = Connection.__init__
    remembered = []

    def begin(self: Any, house: Any, sid: str) -> None:
        careful(self, house, sid)
        remembered.append(self)

    patch.setattr(Connection, "__init__", begin)


BUGS: dict[Bug, str] = {
    short_text_is_not_looked_at: "closed with 1002, not",
    an_empty_ping_is_a_surprise: "IndexError",
    json_is_what_python_takes_for_it: "not closed by|sound|handler failed",
    any_name_is_an_events: "not closed by|times|handler failed",
    a_room_keeps_who_left: "rooms",
    a_parse_error_is_told_to_nobody: "still there|left 0 times",
    what_was_sent_still_counts: "unsent",
    somebody_remembers_connections: "grown by",
}


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__.replace("_", " "))
def test_it_finds(bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    bug(monkeypatch)
    with pytest.raises(Wrong, match=BUGS[bug]) as found:
        fuzz(seed=SEED, numbers=range(500), take_over=True)
    assert f"seed {SEED}, visit" in str(found.value)

"""Two namespaces over one connection: each has its pid, and they share the room that a connection has."""

from __future__ import annotations

import json

import pytest
from aiohttp import web

from server.engine import Limits, MemoryRecovery, Recalled, SocketServer
from tests.engine.running import Poller, serving

NAMES = ("/a", "/b")


class Nameless(MemoryRecovery):
    """Knows who was where, and nobody's session id."""

    async def recall(self, namespace: str, pid: str) -> Recalled | None:
        found = await super().recall(namespace, pid)
        return None if found is None else Recalled(None, (), found.start)


async def joins(poller: Poller, **pids: str) -> dict[str, list[str]]:
    """What each namespace hears up to the answer to both."""
    packets = [f"40{name},{json.dumps({'pid': pids[name[1:]]} if pids else {})}" for name in NAMES]
    assert await poller.post("\x1e".join(packets)) == (200, "ok")
    heard: dict[str, list[str]] = {name: [] for name in NAMES}
    while not all(any('"end"' in packet for packet in packets) for packets in heard.values()):
        for packet in (await poller.hears()).split("\x1e"):
            heard[packet[2:4]].append(packet)
    return heard


def pid_of(heard: list[str]) -> str:
    return str(json.loads(heard[0][len("40/a,") :])["pid"])


@pytest.mark.parametrize(("each", "both_fit"), [(20, True), (30, False)])
async def test_what_waits_for_a_poll_is_counted_together(each: int, both_fit: bool) -> None:
    memory = Nameless()
    server = SocketServer(NAMES, limits=Limits(out_packets=50), recovery=memory)
    for name in NAMES:

        async def connect(sid: str, environ: object, auth: object, name: str = name) -> None:
            server.manager.greet(sid, name, "end", 0)

        server.on("connect", connect, namespace=name)
    app = web.Application()
    server.attach(app)
    async with serving(app, "socket.io") as visitor:
        first = await joins(await visitor.poller())
        pids = {name[1:]: pid_of(first[name]) for name in NAMES}
        for name in NAMES:
            for number in range(each):
                memory.numbered("n", number, namespace=name)
        again = await joins(await visitor.poller(), **pids)
        recovered = {name: pid_of(again[name]) == pids[name[1:]] for name in NAMES}
        assert recovered == {"/a": True, "/b": both_fit}
        await server.drain()


async def test_whoever_had_no_session_id_keeps_the_new_one_when_the_recall_ends() -> None:
    server = SocketServer(["/a"], recovery=Nameless())
    sids: list[tuple[str, str]] = []

    async def connect(sid: str, environ: object, auth: object) -> None:
        sids.append((sid, server.end_recall(sid, "/a")))
        assert server.recalled(sid, "/a") is None
        server.manager.greet(sid, "/a", "end", 0)

    server.on("connect", connect, namespace="/a")
    app = web.Application()
    server.attach(app)
    async with serving(app, "socket.io") as visitor:
        pid = ""
        for _ in range(2):
            poller = await visitor.poller()
            assert await poller.post("40/a," + json.dumps({"pid": pid})) == (200, "ok")
            answer = (await poller.hears()).split("\x1e")[0]
            assert pid_of([answer]) != pid
            pid = pid_of([answer])
            assert json.loads(answer[5:])["sid"] == sids[-1][0] == sids[-1][1]
        assert server.counters.recoveries == {"ended": 1}
        await server.drain()

"""A journey through every public method of the stock server, on ours: none leads into what we replaced."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import socketio
from aiohttp import web

from server.engine import SocketServer
from tests.engine.running import Socket, Visitor, eventually, serving


class Custom(socketio.AsyncNamespace):  # type: ignore[misc]
    """A class-based namespace, as the library's documentation has it."""

    def __init__(self, namespace: str) -> None:
        super().__init__(namespace)
        self.heard: list[Any] = []

    async def on_connect(self, sid: str, environ: Any, auth: Any) -> None:
        self.heard.append(("connect", environ["REMOTE_ADDR"], auth))

    async def on_say(self, sid: str, what: str) -> str:
        self.heard.append(("say", what))
        return what.upper()

    async def on_silent(self, sid: str) -> None:
        self.heard.append(("silent",))

    def on_disconnect(self, sid: str, reason: str) -> None:
        self.heard.append(("disconnect", reason))


@pytest.fixture
async def server() -> SocketServer:
    return SocketServer(["/", "/custom"])


@pytest.fixture
async def visitor(server: SocketServer) -> AsyncIterator[Visitor]:
    app = web.Application()
    server.attach(app)
    async with serving(app, "socket.io") as visitor:
        yield visitor


async def joined(visitor: Visitor, server: SocketServer) -> tuple[Socket, str]:
    before = {sid for sid, _ in server.manager.get_participants("/", None)}
    socket = await visitor.socket()
    await socket.says("40")
    await socket.hears_until("40")
    ((sid, _),) = [one for one in server.manager.get_participants("/", None) if one[0] not in before]
    return socket, sid


async def test_sending_and_rooms(server: SocketServer, visitor: Visitor) -> None:
    """emit, send, enter_room, leave_room, close_room, rooms."""
    (one, first), (other, second) = await joined(visitor, server), await joined(visitor, server)
    for sid in (first, second):
        await server.enter_room(sid, "r")
    assert server.rooms(first) == [first, "r"]
    await server.emit("news", ("a", 1), room="r", skip_sid=second)
    await server.leave_room(first, "r")
    await server.send("a message", room="r")
    await server.close_room("r")
    await server.emit("nobody hears this", room="r")
    await server.emit("end")
    assert [await one.hears(), await one.hears()] == ['42["news","a",1]', '42["end"]']
    assert [await other.hears(), await other.hears()] == ['42["message","a message"]', '42["end"]']
    assert server.rooms(first) == [first]


async def test_asking_a_client(server: SocketServer, visitor: Visitor) -> None:
    """emit with a callback; call refuses, since its answer would wait behind the handler that asks (R14)."""
    socket, sid = await joined(visitor, server)
    answers: list[Any] = []
    await server.emit("question", 1, to=sid, callback=lambda *answer: answers.append(answer))
    assert await socket.hears() == '421["question",1]'
    await socket.says('431["yes",2]')
    await eventually(lambda: answers == [("yes", 2)])
    with pytest.raises(RuntimeError, match="async_handlers"):
        await server.call("question", 2, to=sid)


async def test_sessions(server: SocketServer, visitor: Visitor) -> None:
    """get_session, save_session, session, get_environ, transport."""
    _, sid = await joined(visitor, server)
    await server.save_session(sid, {"name": "Ann"})
    async with server.session(sid) as session:
        session["age"] = 30
    assert await server.get_session(sid) == {"name": "Ann", "age": 30}
    assert await server.get_session(sid) is await server.get_session(sid)
    assert server.get_environ(sid)["REMOTE_ADDR"] == "127.0.0.1"
    assert server.transport(sid) == "websocket"


async def test_a_class_of_handlers(server: SocketServer, visitor: Visitor) -> None:
    """register_namespace, disconnect; R13: what it does not know is counted, and answered to nobody."""
    custom = Custom("/custom")
    server.register_namespace(custom)
    socket = await visitor.socket()
    await socket.says('40/custom,{"token":1}')
    await socket.hears_until("40/custom,")
    await socket.says(
        '42/custom,0["say","hello"]', '42/custom,1["silent"]', '42/custom,2["sing"]', '42/custom,3["silent"]'
    )
    assert [await socket.hears() for _ in range(3)] == ['43/custom,0["HELLO"]', "43/custom,1[]", "43/custom,3[]"]
    assert server.counters.faults == {"unknown event": 1}
    ((sid, _),) = server.manager.get_participants("/custom", None)
    await custom.emit("news", to=sid)
    await custom.disconnect(sid)
    assert [await socket.hears(), await socket.hears()] == ['42/custom,["news"]', "41/custom,"]
    assert custom.heard == [
        ("connect", "127.0.0.1", {"token": 1}),
        ("say", "hello"),
        *[("silent",)] * 2,
        ("disconnect", "server disconnect"),
    ]


async def test_functions_of_all_kinds(server: SocketServer, visitor: Visitor) -> None:
    """on, event: synchronous or not, and one for everything."""
    heard: list[Any] = []

    @server.event
    async def known(sid: str, *arguments: Any) -> Any:
        return arguments

    @server.on("plain")
    def plain(sid: str) -> str:
        return "at once"

    @server.on("*")
    async def everything(event: str, sid: str, *arguments: Any) -> None:
        heard.append((event, *arguments))

    socket, _ = await joined(visitor, server)
    await socket.says('421["known",1,2]', '422["plain"]', '423["else",4]')
    assert [await socket.hears() for _ in range(3)] == ["431[1,2]", '432["at once"]', "433[]"]
    assert heard == [("else", 4)]
    assert server.counters.faults == {}


async def test_work_beside_and_the_end(server: SocketServer, visitor: Visitor) -> None:
    """start_background_task, sleep, is_asyncio_based, shutdown."""
    assert server.is_asyncio_based()
    reasons: list[str] = []
    server.on("disconnect", lambda sid, reason: reasons.append(reason))
    socket, _ = await joined(visitor, server)

    async def beside() -> None:
        await server.sleep(0)
        await server.emit("beside")

    await server.start_background_task(beside)
    assert await socket.hears() == '42["beside"]'
    ended = asyncio.create_task(socket.ended())
    await server.shutdown()
    assert await ended == 1012
    await eventually(lambda: reasons == ["server shutting down"])

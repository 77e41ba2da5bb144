"""Where the engine enters python-socketio, python-engineio and aiohttp: one test a seam, named after it.

A release that moves a seam fails here first, and says which.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import aiohttp._websocket.helpers
import engineio
import pytest
import socketio
from aiohttp.web_protocol import RequestHandler
from socketio import packet

from server.engine import Limits, Rooms, SocketServer
from server.engine.engine_server import EngineServer
from server.engine.socket_server import StrictPacket


def server() -> SocketServer:
    return SocketServer(["/", "/custom"], limits=Limits(), origins=["https://a.example"], worker="w7")


def test_engineio_server_class_builds_ours() -> None:
    assert type(server().eio) is EngineServer


def test_session_ids_name_their_worker_and_carry_120_bits() -> None:
    sids = {server().eio.generate_id() for _ in range(100)}
    assert len(sids) == 100
    assert all(re.fullmatch(r"w7\.[A-Za-z0-9_-]{20}", sid) for sid in sids)


def test_what_socketio_asks_of_the_engine_is_what_we_serve() -> None:
    asked = set()
    for path in Path(socketio.__file__).parent.glob("*.py"):
        # The admin page and the client are not ours; a synchronous server has its own.
        if path.name in {"async_admin.py", "admin.py", "async_client.py", "client.py", "server.py", "manager.py"}:
            continue
        asked |= set(re.findall(r"(?:self|server)\.eio\.([a-z_]+)", path.read_text()))
    served = {"attach", "get_session", "handle_request", "on", "send", "send_packet", "shutdown", "transport"}
    inherited = {"async_mode", "create_event", "sleep", "start_background_task"}
    client_only = {"connect", "create_queue", "connection_url", "connection_transports", "queue_empty", "state", "wait"}
    assert asked - client_only - {"disconnect", "sid"} <= served | inherited | {"generate_id"}
    assert all(hasattr(EngineServer, name) for name in served | {"disconnect", "generate_id"})


def test_manager_methods_that_touch_tables_are_all_ours() -> None:
    kept = {"can_disconnect", "disconnect", "enter_room", "leave_room", "close_room", "trigger_callback"}
    kept |= {"set_server", "initialize"}
    names = {name for name, _ in inspect.getmembers(socketio.AsyncManager, inspect.isfunction) if name[0] != "_"}
    ours = {name for name in names if name in vars(Rooms)}
    assert names == ours | kept
    privates = {name for name, _ in inspect.getmembers(socketio.AsyncManager, inspect.isfunction) if name[0] == "_"}
    assert privates - {"__init__"} == {"_generate_ack_id", "_get_logger"}


@pytest.mark.parametrize("name", ["can_disconnect", "disconnect", "enter_room", "leave_room", "close_room"])
def test_manager_methods_we_keep_only_pass_on(name: str) -> None:
    source = inspect.getsource(getattr(socketio.AsyncManager, name))
    assert re.search(r"return self\.(basic_[a-z_]+|is_connected)\(", source)


@pytest.mark.parametrize(
    ("kind", "namespace", "ack_id", "data"),
    [
        (packet.CONNECT, "/custom", None, {"sid": "x"}),
        (packet.DISCONNECT, "/", None, None),
        (packet.DISCONNECT, "/custom", None, None),
        (packet.EVENT, "/", None, ["a", {"b": [1, None, "é"]}]),
        (packet.EVENT, "/custom", 7, ["a", b"1", {"c": b"2"}]),
        (packet.ACK, "/custom", 7, []),
        (packet.ACK, "/", 0, [b"1"]),
        (packet.CONNECT_ERROR, "/custom", None, {"message": "no"}),
    ],
)
def test_our_packets_have_the_stock_bytes(kind: int, namespace: str, ack_id: int | None, data: Any) -> None:
    def read(encoded: Any) -> Any:
        first, *rest = encoded if isinstance(encoded, list) else [encoded]
        found = packet.Packet(encoded_packet=first)
        for part in rest:
            found.add_attachment(part)
        return found.packet_type, found.namespace, found.id, found.data, len(rest)

    ours = StrictPacket(kind, data, namespace, ack_id).encode()
    stock = packet.Packet(kind, data, namespace, ack_id).encode()
    assert read(ours) == read(stock)


async def test_trigger_event_looks_up_as_documented_and_says_not_handled() -> None:
    sockets = server()
    calls: list[str] = []

    class Custom(socketio.AsyncNamespace):  # type: ignore[misc]
        async def trigger_event(self, event: str, *arguments: Any) -> Any:
            calls.append(f"namespace {event}")
            return "object"

    sockets.on("known", lambda sid: calls.append("function"), "/custom")
    sockets.register_namespace(Custom("/custom"))
    await sockets._trigger_event("known", "/custom", "sid")
    assert await sockets._trigger_event("other", "/custom", "sid") == "object"
    assert await sockets._trigger_event("other", "/", "sid") is sockets.not_handled
    assert calls == ["function", "namespace other"]


async def test_trigger_event_swallows_cancellation_so_deadlines_are_asked() -> None:
    assert "except asyncio.CancelledError" in inspect.getsource(socketio.AsyncServer._trigger_event)


async def test_ways_we_replaced_are_closed() -> None:
    sockets = server()
    with pytest.raises(RuntimeError):
        await sockets._handle_eio_message("sid", "2")
    with pytest.raises(RuntimeError):
        await sockets._handle_eio_disconnect("sid", "x")
    with pytest.raises(RuntimeError):
        StrictPacket(encoded_packet="2")


def test_every_public_method_of_the_library_is_known() -> None:
    public = {name for name, _ in inspect.getmembers(socketio.AsyncServer, inspect.isfunction) if name[0] != "_"}
    assert public == {
        *("attach", "call", "close_room", "disconnect", "emit", "enter_room", "event", "get_environ", "get_session"),
        *("handle_request", "instrument", "is_asyncio_based", "leave_room", "on", "register_namespace", "rooms"),
        *("save_session", "send", "session", "shutdown", "sleep", "start_background_task", "transport"),
    }


def test_engineio_reasons_are_the_words_we_use() -> None:
    reasons = engineio.Server.reason
    assert reasons.SERVER_DISCONNECT == "server disconnect"
    assert reasons.CLIENT_DISCONNECT == "client disconnect"
    assert reasons.PING_TIMEOUT == "ping timeout"
    assert reasons.TRANSPORT_CLOSE == "transport close"
    assert reasons.TRANSPORT_ERROR == "transport error"


def test_aiohttp_hands_a_parser_what_came_behind_the_request() -> None:
    source = inspect.getsource(RequestHandler.set_parser)
    assert "_message_tail" in source
    assert "feed_data" in source


def test_aiohttp_lets_a_protocol_go_by_connection_lost() -> None:
    source = inspect.getsource(RequestHandler.connection_lost)
    assert "feed_eof" in source
    assert "transport" in vars(aiohttp.base_protocol.BaseProtocol)


def test_aiohttp_masks_in_place() -> None:
    data = bytearray(b"abcd")
    aiohttp._websocket.helpers.websocket_mask(b"\1\2\3\4", data)
    assert data == bytes(byte ^ mask for byte, mask in zip(b"abcd", b"\1\2\3\4", strict=True))


def test_only_listed_namespaces_are_served() -> None:
    sockets = server()
    with pytest.raises(ValueError, match="/other"):
        sockets.register_namespace(socketio.AsyncNamespace("/other"))
    with pytest.raises(ValueError, match="namespaces"):
        SocketServer([])

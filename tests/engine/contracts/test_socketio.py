"""Where the engine enters python-socketio: one test a seam. A release that moves one fails here, and says which."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import socketio
from socketio import exceptions, packet

from server.engine import Limits, Rooms, SocketServer
from server.engine.engine_server import EngineServer
from server.engine.socket_server import StrictPacket

SERVER, MANAGER = socketio.AsyncServer, socketio.AsyncManager


def server() -> SocketServer:
    return SocketServer(["/", "/custom"], limits=Limits(), origins=["https://a.example"], worker="w7")


def test_the_server_asks_a_method_for_its_engine() -> None:
    class Ours(EngineServer):
        pass

    class Asks(SERVER):  # type: ignore[misc]
        def _engineio_server_class(self) -> type[EngineServer]:
            return Ours

    assert type(Asks().eio) is Ours, (
        "AsyncServer._engineio_server_class is no longer asked: socket_server.py would get the stock engine"
    )
    assert type(server().eio) is EngineServer, "socket_server.py no longer answers with its own engine"


def test_the_options_of_the_engine_are_passed_on() -> None:
    eio = server().eio
    assert (eio.worker, eio.limits) == ("w7", Limits()), (
        "AsyncServer no longer passes unknown options on: engine_server.py never hears its limits"
    )
    assert SERVER(logger=True, serializer=StrictPacket).packet_class is StrictPacket, (
        "AsyncServer(serializer=) no longer takes a class: socket_server.py gives StrictPacket"
    )


def test_session_ids_name_their_worker_and_carry_120_bits() -> None:
    """R29."""
    sids = {server().eio.generate_id() for _ in range(100)}
    assert len(sids) == 100
    assert all(re.fullmatch(r"w7\.[A-Za-z0-9_-]{20}", sid) for sid in sids), "engine_server.py: generate_id"


def test_what_the_library_asks_of_the_engine_is_what_we_serve() -> None:
    asked = set()
    # The admin page and the clients are not ours; a synchronous server has its own.
    foreign = {"async_admin.py", "admin.py", "async_client.py", "client.py", "server.py", "manager.py"}
    for path in Path(socketio.__file__).parent.glob("*.py"):
        if path.name not in foreign:
            asked |= set(re.findall(r"(?:self|server)\.eio\.([a-z_]+)", path.read_text()))
    ours = {"attach", "generate_id", "get_session", "handle_request", "send", "send_packet", "shutdown"}
    inherited = {"async_mode", "create_event", "on", "sleep", "start_background_task", "transport"}
    clients = {"connect", "create_queue", "connection_url", "connection_transports", "disconnect", "queue_empty"}
    unknown = asked - ours - inherited - clients - {"sid", "state", "wait"}
    assert not unknown, f"python-socketio asks its engine for {unknown}: engine_server.py has to serve it"
    lost = ours - asked
    assert not lost, f"python-socketio no longer asks its engine for {lost}: engine_server.py overrides it for nothing"
    assert all(name in vars(EngineServer) for name in ours), "engine_server.py lost one of its own"
    assert all(hasattr(EngineServer, name) for name in inherited - {"async_mode"}), (
        "engineio.AsyncServer lost what python-socketio calls on engine_server.py"
    )


def test_the_managers_methods_that_touch_tables_are_all_ours() -> None:
    kept = {"can_disconnect", "disconnect", "enter_room", "leave_room", "close_room", "trigger_callback"}
    kept |= {"set_server", "initialize"}
    names = {name for name, _ in inspect.getmembers(MANAGER, inspect.isfunction) if name[0] != "_"}
    ours = {name for name in names if name in vars(Rooms)}
    assert names - ours - kept == set(), (
        f"AsyncManager has new methods {names - ours - kept}: rooms.py has to override what touches its tables"
    )
    assert kept <= names, f"AsyncManager lost {kept - names}: rooms.py relies on it"
    privates = {name for name, _ in inspect.getmembers(MANAGER, inspect.isfunction) if name[0] == "_"} - {"__init__"}
    assert privates == {"_generate_ack_id", "_get_logger"}, (
        f"AsyncManager's private methods are now {privates}: look whether rooms.py has to have them"
    )


def test_the_managers_state_is_all_known() -> None:
    known = {"logger", "server", "rooms", "eio_to_sid", "callbacks", "pending_connect", "pending_disconnect", "json"}
    assert set(vars(MANAGER())) == known, "AsyncManager keeps new state: rooms.py has tables of its own instead"


@pytest.mark.parametrize("name", ["can_disconnect", "disconnect", "enter_room", "leave_room", "close_room"])
def test_the_managers_methods_that_we_keep_only_pass_on(name: str) -> None:
    source = inspect.getsource(getattr(MANAGER, name))
    assert re.search(r"return self\.(basic_[a-z_]+|is_connected)\(", source), (
        f"AsyncManager.{name} does more than to pass on: rooms.py keeps the library's"
    )


async def test_callbacks_are_kept_by_member_and_number() -> None:
    manager = server().manager
    heard: list[Any] = []
    assert manager._generate_ack_id("sid", heard.append) == 1, "AsyncManager._generate_ack_id: rooms.py numbers by it"
    assert set(manager.callbacks["sid"]) == {0, 1}, (
        "AsyncManager.callbacks has another shape: socket_server.py looks an acknowledgement up in it"
    )
    await manager.trigger_callback("sid", 1, ["yes"])
    assert heard == ["yes"], "AsyncManager.trigger_callback: socket_server.py answers by it"
    assert 1 not in manager.callbacks["sid"], "AsyncManager.trigger_callback no longer forgets: a client answers twice"


@pytest.mark.parametrize(
    ("kind", "namespace", "ack_id", "data"),
    [
        (packet.CONNECT, "/custom", None, {"sid": "x"}),
        (packet.DISCONNECT, "/", None, None),
        (packet.DISCONNECT, "/custom", None, None),
        (packet.EVENT, "/", None, ["a", {"b": [1, None, True, 1.5]}]),
        (packet.EVENT, "/", 1, ["question"]),
        (packet.EVENT, "/custom", 7, ["a", b"1", {"c": b"2"}]),
        (packet.ACK, "/custom", 7, []),
        (packet.ACK, "/", 0, [b"1"]),
        (packet.CONNECT_ERROR, "/custom", None, {"message": "no"}),
    ],
)
def test_our_packets_have_the_stock_bytes(kind: int, namespace: str, ack_id: int | None, data: Any) -> None:
    ours = StrictPacket(kind, data, namespace, ack_id).encode()
    stock = packet.Packet(kind, data, namespace, ack_id).encode()
    assert ours == stock, "socketio.packet.Packet writes something else: socket_server.py, StrictPacket; packets.py"


async def test_handlers_are_looked_up_as_documented() -> None:
    sockets = server()
    calls: list[str] = []

    class Custom(socketio.AsyncNamespace):  # type: ignore[misc]
        async def on_method(self, sid: str) -> str:
            return "method"

        async def trigger_event(self, event: str, *arguments: Any) -> Any:
            calls.append(f"namespace {event}")
            return await super().trigger_event(event, *arguments)

    sockets.on("known", lambda sid: calls.append("function"), "/custom")
    sockets.register_namespace(Custom("/custom"))
    seam = "AsyncServer._trigger_event looks handlers up in another way: socket_server.py dispatches by it"
    await sockets._trigger_event("known", "/custom", "sid")
    assert await sockets._trigger_event("method", "/custom", "sid") == "method", seam
    assert calls == ["function", "namespace method"], seam
    assert await sockets._trigger_event("other", "/", "sid") is sockets.not_handled, (
        "AsyncServer.not_handled is no longer the answer of nobody: socket_server.py counts unknown events by it"
    )
    assert await sockets._trigger_event("other", "/custom", "sid") is None, (
        "AsyncNamespace.trigger_event is no longer silent about what it does not know: socket_server.py, _is_known"
    )


async def test_a_handler_that_is_cancelled_answers_nothing() -> None:
    sockets = server()

    async def waits(sid: str) -> None:
        await asyncio.Event().wait()

    sockets.on("waits", waits)
    task = asyncio.create_task(sockets._trigger_event("waits", "/", "sid"))
    await asyncio.sleep(0)
    task.cancel()
    assert (await asyncio.gather(task, return_exceptions=True)) == [None], (
        "AsyncServer._trigger_event no longer swallows cancellation: "
        "socket_server.py asks its deadline, connection.py empties the inbox because of it"
    )


def test_what_refuses_says_why() -> None:
    seam = "exceptions.ConnectionRefusedError.error_args: socket_server.py answers with it"
    assert exceptions.ConnectionRefusedError().error_args == {"message": "Connection rejected by server"}, seam
    assert exceptions.ConnectionRefusedError("no").error_args == {"message": "no"}, seam
    assert exceptions.ConnectionRefusedError("no", 1).error_args == {"message": "no", "data": 1}, seam


async def test_the_engine_tells_the_server_who_opens() -> None:
    sockets = server()
    assert sockets.eio.handlers.get("connect") == sockets._handle_eio_connect, (
        "AsyncServer no longer registers _handle_eio_connect: engine_server.py calls it at the handshake"
    )
    await sockets.eio.handlers["connect"]("sid", {"PATH_INFO": "/"})
    assert sockets.environ == {"sid": {"PATH_INFO": "/"}}, (
        "AsyncServer.environ: socket_server.py hands it to connect handlers and forgets it in the end"
    )
    assert sockets.manager_initialized, "AsyncServer no longer starts its manager at the first client: rooms.py's bus"


async def test_ways_that_we_replaced_are_closed() -> None:
    sockets = server()
    for way in (sockets._handle_eio_message("sid", "2"), sockets._handle_eio_disconnect("sid", "x")):
        with pytest.raises(RuntimeError):
            await way
    with pytest.raises(RuntimeError):
        StrictPacket(encoded_packet="2")


def test_nothing_else_leads_into_the_ways_that_we_replaced() -> None:
    tree = ast.parse(inspect.getsource(SERVER).replace("class AsyncServer(", "class AsyncServer(", 1))
    handlers = re.compile(r"self\.(_handle_(?:connect|disconnect|event|ack|eio_message|eio_disconnect))\b")
    inside = {"_handle_connect", "_handle_disconnect", "_handle_event", "_handle_eio_message", "_handle_eio_disconnect"}
    leading = {
        method.name
        for method in ast.walk(tree)
        if isinstance(method, ast.AsyncFunctionDef | ast.FunctionDef) and handlers.search(ast.unparse(method))
    }
    assert leading <= inside, (
        f"AsyncServer.{leading - inside} calls the library's own dispatch: socket_server.py replaces that"
    )


def test_every_public_method_of_the_server_is_known() -> None:
    public = {name for name, _ in inspect.getmembers(SERVER, inspect.isfunction) if name[0] != "_"}
    known = {
        *("attach", "call", "close_room", "disconnect", "emit", "enter_room", "event", "get_environ", "get_session"),
        *("handle_request", "instrument", "is_asyncio_based", "leave_room", "on", "register_namespace", "rooms"),
        *("save_session", "send", "session", "shutdown", "sleep", "start_background_task", "transport"),
    }
    assert public == known, (
        f"AsyncServer's public methods changed by {public ^ known}: look what it does with socket_server.py, "
        "and add it to test_public_methods.py"
    )


def test_only_listed_namespaces_are_served() -> None:
    """R9."""
    sockets = server()
    with pytest.raises(ValueError, match="/other"):
        sockets.register_namespace(socketio.AsyncNamespace("/other"))
    with pytest.raises(ValueError, match="namespaces"):
        SocketServer([])

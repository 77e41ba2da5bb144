"""Where the engine enters python-engineio: one test a seam. A release that moves one fails here, and says which."""

from __future__ import annotations

import inspect
import re

import engineio
import pytest

from server.engine import Limits
from server.engine.connection import WEBSOCKET, Connection
from server.engine.engine_server import EngineServer

SERVER = engineio.AsyncServer


def test_every_public_method_is_known() -> None:
    ours = {"attach", "disconnect", "generate_id", "get_session", "handle_request", "send", "send_packet", "shutdown"}
    inherited = {"on", "save_session", "session", "sleep", "start_background_task", "transport"}
    unused = {"async_modes", "create_event", "create_queue", "get_queue_empty_exception", "is_asyncio_based"}
    public = {name for name, _ in inspect.getmembers(SERVER, inspect.isfunction) if name[0] != "_"}
    changed = public ^ (ours | inherited | unused)
    assert not changed, f"engineio.AsyncServer changed by {changed}: look whether engine_server.py has to serve it"
    assert ours <= set(vars(EngineServer)), f"engine_server.py no longer replaces {ours - set(vars(EngineServer))}"


@pytest.mark.parametrize("name", ["handle_request", "attach", "send", "send_packet", "get_session", "disconnect"])
def test_what_we_replace_is_still_called_that_way(name: str) -> None:
    stock = list(inspect.signature(getattr(SERVER, name)).parameters)
    known = {
        "handle_request": ["self", "args", "kwargs"],
        "attach": ["self", "app", "engineio_path"],
        "send": ["self", "sid", "data"],
        "send_packet": ["self", "sid", "pkt"],
        "get_session": ["self", "sid"],
        "disconnect": ["self", "sid"],
    }
    assert stock == known[name], f"engineio.AsyncServer.{name} takes {stock}: engine_server.py replaces it"


def test_the_options_that_we_give_are_known() -> None:
    given = {"async_mode", "ping_interval", "ping_timeout", "max_http_buffer_size", "cors_allowed_origins"}
    given |= {"http_compression", "monitor_clients"}
    taken = set(inspect.signature(SERVER.__init__).parameters)
    assert given <= taken, f"engineio.AsyncServer no longer takes {given - taken}: engine_server.py gives it"


def test_nothing_of_its_own_runs_beside_us() -> None:
    """No task of the library looks after connections that are not its own."""
    server = EngineServer(limits=Limits())
    assert server.start_service_task is False, (
        "engineio.AsyncServer(monitor_clients=False) starts its service task all the same: engine_server.py"
    )
    assert server.sockets is server.house.connections, (
        "engineio.AsyncServer.sockets: engine_server.py puts our table there"
    )


def test_handlers_are_registered_under_three_names() -> None:
    server = EngineServer(limits=Limits())
    for name in ("connect", "message", "disconnect"):
        server.on(name, print)
    assert server.handlers == dict.fromkeys(("connect", "message", "disconnect"), print), (
        "engineio.AsyncServer.on and .handlers: engine_server.py calls them"
    )
    assert server.transports == ["polling", "websocket"], "engineio.AsyncServer.transports: front.py lets these in"
    assert server.allow_upgrades is True, "engineio.AsyncServer.allow_upgrades: engine_server.py asks it"


async def test_it_finds_our_connections_in_our_table() -> None:
    server = EngineServer(limits=Limits())
    server.house.begin()
    connection = server.house.connections["sid"] = Connection(server.house, "sid")
    try:
        names = [server.transport("sid")]
        connection.state = WEBSOCKET
        names.append(server.transport("sid"))
        await server.save_session("sid", {"name": "Ann"})
    except AttributeError as error:
        pytest.fail(f"engineio.AsyncServer asks a socket for {error.name}: connection.py has no such thing")
    assert names == ["polling", "websocket"], "engineio.AsyncServer.transport no longer asks .upgraded: connection.py"
    assert connection.session == {"name": "Ann"}, "engineio.AsyncServer.save_session writes elsewhere: connection.py"


def test_the_reasons_are_the_words_that_we_use() -> None:
    reasons = engineio.Server.reason
    seam = "engineio's words for why a connection ends: shared.py has the same"
    assert reasons.SERVER_DISCONNECT == "server disconnect", seam
    assert reasons.CLIENT_DISCONNECT == "client disconnect", seam
    assert reasons.PING_TIMEOUT == "ping timeout", seam
    assert reasons.TRANSPORT_CLOSE == "transport close", seam
    assert reasons.TRANSPORT_ERROR == "transport error", seam


def test_packets_of_the_library_write_themselves() -> None:
    pkt = engineio.packet.Packet(engineio.packet.MESSAGE, "x")
    assert pkt.encode() == "4x", "engineio.packet.Packet.encode: engine_server.py, send_packet"
    pkt = engineio.packet.Packet(engineio.packet.MESSAGE, b"x")
    assert pkt.encode() == b"x", "engineio.packet.Packet.encode: engine_server.py, send_packet"


def test_the_http_half_is_replaced_as_a_whole() -> None:
    """What python-engineio learns about HTTP is not ours by itself: read its changelog at every bump."""
    inside = set(re.findall(r"self\.(_[a-z_]+)\(", inspect.getsource(SERVER.handle_request)))
    known = {
        "_bad_request",
        "_cors_allowed_origins",
        "_cors_headers",
        "_get_socket",
        "_handle_connect",
        "_log_error_once",
    }
    known |= {"_make_response", "_method_not_found", "_ok", "_unauthorized"}
    known |= {"_gzip", "_deflate"}
    assert inside <= known, (
        f"engineio.AsyncServer.handle_request does something new, {inside - known}: front.py replaces all of it"
    )

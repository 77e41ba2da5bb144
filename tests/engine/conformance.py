"""Starts the small server that an official protocol suite expects, so that anybody can run it against us.

    python -m tests.engine.conformance --suite engine --port 3000

The suites' own files are foreign code and stay outside; they look for localhost:3000.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import replace
from typing import Any

from aiohttp import web

from server.engine.engine_server import EngineServer
from server.engine.limits import Limits
from server.engine.socket_server import SocketServer

SUITES_PING_TIMEOUT_S = 0.2


def suite_limits(ping_timeout_s: float, *, take_over: bool = True) -> Limits:
    """What the suites' timings are written for, but for how late a pong may be."""
    return Limits(ping_interval_s=0.3, ping_timeout_s=ping_timeout_s, max_payload=1_000_000, take_over=take_over)


def engine_app(ping_timeout_s: float = SUITES_PING_TIMEOUT_S, *, take_over: bool = True) -> web.Application:
    """Echoes every message, under /engine.io/."""
    server = EngineServer(limits=suite_limits(ping_timeout_s, take_over=take_over), origins=["*"])

    async def echo(sid: str, data: Any) -> None:
        await server.send(sid, data)

    server.on("message", echo)
    app = web.Application()
    server.attach(app)
    return app


def socket_app(ping_timeout_s: float = SUITES_PING_TIMEOUT_S, *, take_over: bool = True) -> web.Application:
    """Namespaces / and /custom, under /socket.io/."""
    limits = replace(suite_limits(ping_timeout_s, take_over=take_over), auth_s=1.0)
    server = SocketServer(["/", "/custom"], limits=limits, origins=["*"])
    for namespace in ("/", "/custom"):
        _answer_in(server, namespace)
    app = web.Application()
    server.attach(app)
    return app


def _answer_in(server: SocketServer, namespace: str) -> None:
    async def connect(sid: str, environ: Any, auth: Any) -> None:
        await server.emit("auth", auth or {}, to=sid, namespace=namespace)

    async def message(sid: str, *arguments: Any) -> None:
        await server.emit("message-back", arguments, to=sid, namespace=namespace)

    async def message_with_ack(sid: str, *arguments: Any) -> tuple[Any, ...]:
        return arguments

    server.on("connect", connect, namespace)
    server.on("message", message, namespace)
    server.on("message-with-ack", message_with_ack, namespace)


SUITES = {"engine": engine_app, "socket": socket_app}


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--suite", choices=sorted(SUITES), required=True)
    options.add_argument("--port", type=int, default=3000)
    options.add_argument("--loop", choices=("asyncio", "uvloop"), default="asyncio")
    options.add_argument("--no-take-over", action="store_true", help="leave the transports with aiohttp")
    chosen = options.parse_args()
    app = SUITES[chosen.suite](take_over=not chosen.no_take_over)
    loop: asyncio.AbstractEventLoop | None = None
    if chosen.loop == "uvloop":
        import uvloop

        loop = uvloop.new_event_loop()
    web.run_app(app, host="localhost", port=chosen.port, print=None, access_log=None, loop=loop)


if __name__ == "__main__":
    main()

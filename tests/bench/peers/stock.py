"""The smallest chat on python-socketio as it is published: what chat.js is, word for word.   python stock.py GROUP_SIZE

`auth.token` is the account's number; accounts 1, 2 share a conversation, and so on, GROUP_SIZE each.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from typing import Any

import socketio
import uvloop
from aiohttp import web

CHAT, NOTIFICATIONS = "/chat", "/notifications"
GROUP_SIZE = int(sys.argv[1])

# CONNECT is answered before its handler speaks, as Node does it.
server = socketio.AsyncServer(async_mode="aiohttp", always_connect=True)
accounts: dict[str, int] = {}
seqs = itertools.count(1)


@server.on("connect", namespace=CHAT)
async def come(sid: str, environ: dict[str, Any], auth: dict[str, Any]) -> None:
    accounts[sid] = int(auth["token"])
    await server.enter_room(sid, f"conversation:{conversation_of(accounts[sid])}", namespace=CHAT)
    await server.emit("ready", {}, to=sid, namespace=CHAT)


@server.on("connect", namespace=NOTIFICATIONS)
async def come_for_notifications(sid: str, environ: dict[str, Any], auth: dict[str, Any]) -> None:
    await server.emit("ready", {"head_seq": 0, "unseen": 0, "unread": 0}, to=sid, namespace=NOTIFICATIONS)


@server.on("disconnect", namespace=CHAT)
async def go(sid: str, reason: str) -> None:
    accounts.pop(sid, None)


@server.on("set_active", namespace=CHAT)
async def set_active(sid: str, command: dict[str, Any]) -> dict[str, Any]:
    return {"ok": True, "data": {}}


@server.on("send_message", namespace=CHAT)
async def send_message(sid: str, command: dict[str, Any]) -> dict[str, Any]:
    seq = next(seqs)
    entry = entry_of(accounts[sid], command, seq, time.time_ns() // 1_000_000)
    room = f"conversation:{entry['conversation_id']}"
    await server.emit("message_created", (entry, str(seq)), room=room, namespace=CHAT)
    answer = {"conversation_id": entry["conversation_id"], "seq": seq, "sent_at": entry["at"], "duplicate": False}
    return {"ok": True, "data": answer}


def conversation_of(account_id: int) -> int:
    return (account_id - 1) // GROUP_SIZE + 1


def entry_of(account_id: int, command: dict[str, Any], seq: int, at: int) -> dict[str, Any]:
    """What goes out for a message: of the same shape and size as Madang's."""
    conversation_id = command["conversation_id"]
    return {
        "conversation_id": conversation_id,
        "seq": seq,
        "kind": "message_created",
        "actor_id": account_id,
        "at": at,
        "data": {
            "conversation_id": conversation_id,
            "seq": seq,
            "client_id": command["client_id"],
            "sender_id": account_id,
            "sent_at": at,
            "text": command["text"],
            "attachments": [],
            "mentions": [],
            "reactions": [],
        },
    }


async def main() -> None:
    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=511)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())

"""The roll call: every worker of a deployment says its name to whoever asks for it through Redis."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, RedisError

from server.realtime.bus import Bus, Message

KIND = "roll_call"
LATECOMERS_S = 0.2
"""When all have answered that are expected, a second process of the same name may still be about to."""
_TOKEN = re.compile(r"[0-9a-f]{24}")


class Unreachable(Exception):
    """Redis does not answer, or lets us not do what workers do there; the sentence has no password in it."""


@dataclass(slots=True)
class RollCall:
    """A name for each answer. Of Redis its version, and by how much its clock is ahead of ours, if it tells."""

    names: list[str] = field(default_factory=list)
    version: str = ""
    ahead_s: float | None = None


def answer(bus: Bus, name: str) -> None:
    """From now on this worker answers, with ``name``."""

    def hear(worker: str, body: msgspec.Raw) -> None:
        token = msgspec.json.decode(body)
        if isinstance(token, str) and _TOKEN.fullmatch(token):
            bus.say(_room(token), KIND, name, fleeting=True)

    bus.on(KIND, hear)


async def call(url: str, deployment: str, expected: int, wait_s: float = 2.0) -> RollCall:
    """The answers that come within ``wait_s``, or sooner when there are as many as ``expected``. Raises Unreachable."""
    try:
        async with Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5) as redis:
            found = RollCall()
            await redis.ping()
            if info := await _if_allowed(redis.info("server")):
                found.version = str(info.get("redis_version", ""))
            if now := await _if_allowed(redis.time()):
                found.ahead_s = now[0] + now[1] / 1e6 - time.time()
            await _ask(redis, deployment, expected, wait_s, found.names)
            return found
    except (RedisError, OSError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__) from None


async def _ask(redis: Redis, deployment: str, expected: int, wait_s: float, names: list[str]) -> None:
    token = secrets.token_hex(12)
    async with redis.pubsub(ignore_subscribe_messages=True) as ears:
        await ears.subscribe(f"madang:{deployment}:room:{_room(token)}")
        question = Message(f"asking-{token}", KIND, msgspec.Raw(msgspec.json.encode(token)))
        await redis.publish(f"madang:{deployment}:all", msgspec.json.encode(question))
        loop = asyncio.get_running_loop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s) as patience:
                async for letter in ears.listen():
                    message = msgspec.json.decode(letter["data"], type=Message)
                    names.append(msgspec.json.decode(message.body, type=str))
                    if len(names) == expected:
                        patience.reschedule(loop.time() + LATECOMERS_S)


async def _if_allowed(asked: Awaitable[Any]) -> Any:
    """The answer, or None: whoever may only publish and listen is let in as well."""
    try:
        return await asked
    except NoPermissionError:
        return None


def _room(token: str) -> str:
    return f"{KIND}:{token}"

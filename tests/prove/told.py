"""What is decided at one worker is known at another within a second, also when Redis was away at that moment.

Three workers on PostgreSQL; ana acts at the first, ben hears at the second. A member is removed, a device is signed
out, and a member is removed while Redis is killed, which then comes back.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import time
from pathlib import Path

import aiohttp

from tests.chat_client import ChatClient
from tests.journeys.deployment import Deployment, deployed
from tests.people import Person
from tests.postgres_server import PostgresServer
from tests.prove.proof import Options, Proof, percentile

WORKERS = 3
ROUNDS = 50
TIMES_AWAY = 10
MOST_S = 1.0
MOST_TO_LISTEN_S = 2.0


def prove(options: Options) -> Proof:
    """The longest of many."""
    with (
        tempfile.TemporaryDirectory() as folder,
        PostgresServer() as postgres,
        deployed(Path(folder), postgres.new_database(), WORKERS) as madang,
    ):
        return asyncio.run(_prove(madang, options.rounds or ROUNDS))


async def _prove(madang: Deployment, rounds: int) -> Proof:
    ana, ben = madang.people("ana", "ben").values()
    one, two = (worker.url for worker in madang.workers[:2])
    async with ChatClient(one, ana.token) as here, ChatClient(two, ben.token) as there:
        removed = [await _removed(here, there, ben) for _ in range(rounds)]
        away = [await _removed_while_redis_is_away(madang, here, there, ben) for _ in range(TIMES_AWAY)]
    ended = [await _signed_out(one, two, madang.people("cleo")["cleo"]) for _ in range(rounds)]
    listening = [listens for _, listens in away]
    back = [told for told, _ in away]
    proof = Proof()
    proof.figures = {
        "ms until a removal is told p50/max": _said(removed),
        "ms until a device is signed out p50/max": _said(ended),
        "ms from Redis being back until all listen p50/max": _said(listening),
        "ms from Redis being back until a removal is told p50/max": _said(back),
    }
    for what, took, most_s in (
        ("a removal", removed, MOST_S),
        ("the end of a session", ended, MOST_S),
        ("a removal while Redis was away", back, MOST_S),
        ("listening again", listening, MOST_TO_LISTEN_S),
    ):
        proof.must(max(took) < most_s, f"{what} took {max(took):.2f} s, {most_s:g} are promised")
    return proof


def _said(took: list[float]) -> str:
    return f"{percentile(took, 50) * 1000:.0f}/{max(took) * 1000:.0f}"


async def _removed(here: ChatClient, there: ChatClient, whom: Person) -> float:
    """Seconds from the answer until they hear of it."""
    group = await _group(here, there, whom)
    await here.do("remove_member", conversation_id=group, account_id=whom.id)
    answered = time.monotonic()
    return await _heard(there, group) - answered


async def _removed_while_redis_is_away(
    madang: Deployment, here: ChatClient, there: ChatClient, whom: Person
) -> tuple[float, float]:
    """Seconds from Redis being back until they have heard of it, 0 when before; and until every worker listens."""
    group = await _group(here, there, whom)
    madang.redis.kill()
    await here.do("remove_member", conversation_id=group, account_id=whom.id)
    hearing = asyncio.create_task(_heard(there, group))
    await asyncio.to_thread(madang.redis.start)
    back = time.monotonic()
    await _all_listen(madang)
    listening = time.monotonic()
    return max(0.0, await hearing - back), listening - back


async def _heard(there: ChatClient, group: int) -> float:
    await there.event("member_removed", lambda entry: entry["conversation_id"] == group)
    return time.monotonic()


async def _group(here: ChatClient, there: ChatClient, whom: Person) -> int:
    made = await here.do("create_group", client_id=secrets.token_hex(12), title="Yard", account_ids=[whom.id])
    group: int = made["id"]
    await there.event("conversation_added", lambda one: one["conversation"]["id"] == group)
    return group


async def _all_listen(madang: Deployment) -> None:
    async with asyncio.timeout(60), madang.redis.client() as client:

        async def listening() -> int:
            return sum(int(line["sub"]) > 1 for line in await client.client_list(_type="pubsub"))

        while await listening() < WORKERS:  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(0.01)


async def _signed_out(one: str, two: str, person: Person) -> float:
    """Seconds from the answer until the device's connection has ended."""
    async with aiohttp.ClientSession(one, headers=person.headers) as http:
        async with ChatClient(two, person.token) as device:
            async with http.get("/api/v1/sessions") as answer:
                [session] = (await answer.json())["sessions"]
            async with http.delete(f"/api/v1/sessions/{session['id']}") as answer:
                answer.raise_for_status()
            answered = time.monotonic()
            await device.ended()
            return time.monotonic() - answered

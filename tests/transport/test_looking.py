"""Who sees whom is found out once more whenever it may have changed, and the last word is the newest."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from server.protocol import chat
from server.realtime.online import Connection
from server.realtime.rooms import CHAT
from server.transport.chat import ConnectionCommands

ANA, BEN, CLEO = 1, 2, 3
MOST_LOOKS = 20


class Yard:
    """Ana's connection, and those whom she may see; reading it takes a few turns of the loop."""

    def __init__(self) -> None:
        self.ana = Connection("ana", CHAT, ANA, 1, 0)
        self.seen = {BEN, CLEO}
        self.looks = 0
        self.told: list[chat.Presence] = []
        everything: Any = SimpleNamespace(
            presence=self, watch=self.watch, of_account=lambda account_id, namespace: [self.ana], emit_here=self.emit
        )
        self.commands = ConnectionCommands(everything, everything, everything, everything, everything)

    async def seen_by(self, account_id: int, wanted: Iterable[int]) -> set[int]:
        self.looks += 1
        assert self.looks < MOST_LOOKS, "it comes to an end"
        found = self.seen & set(wanted)
        for _ in range(4):
            await asyncio.sleep(0)
        return found

    async def watch(self, connection: Connection, account_ids: Iterable[int]) -> list[chat.Presence]:
        connection.watched = set(account_ids)
        return [chat.Presence(account_id=one, state="online") for one in sorted(connection.watched)]

    async def emit(self, event: str, body: chat.Presence, **to: str) -> None:
        self.told.append(body)


@pytest.fixture
def yard() -> Yard:
    return Yard()


async def test_looks_that_overlap_come_to_an_end_and_the_newest_counts(yard: Yard) -> None:
    asked = asyncio.create_task(yard.commands.watch_presence(yard.ana, chat.WatchPresence(account_ids=[BEN, CLEO])))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    yard.seen = {BEN}
    await yard.commands.look_again(ANA, CLEO)
    await asked
    assert yard.ana.watched == {BEN}
    assert [(one.account_id, one.state) for one in yard.told] == [(CLEO, "offline")]

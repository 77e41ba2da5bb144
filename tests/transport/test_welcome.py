"""What comes before what while somebody joins: otherwise something is missed in between, by nobody's fault."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from server.protocol import chat
from server.protocol.notifications import Counts
from server.realtime.online import Connection, Online
from server.realtime.rooms import CHAT, NOTIFICATIONS
from server.transport import notifications
from server.transport.chat import Welcome

SERVER = chat.ServerInfo(name="Madang", version="0", protocol=[1], epoch="e", limits={})
ANA = chat.OwnAccount(id=1, username="ana", display_name="Ana", role="person")


class Door:
    """Writes down what happens, in its order; one of the two conversations is left in between."""

    def __init__(self, *, recovers: bool) -> None:
        self.happened: list[Any] = []
        self.connection = Connection("sid", CHAT, 1, 1, 0)
        self._recovers = recovers

    async def recovered(self) -> bool:
        self.happened.append("missed is read")
        return self._recovers

    async def start(self, account_id: int) -> tuple[int, set[int]]:
        self.happened.append("place is read")
        return 17, {5, 6}

    async def standing(self, account_id: int) -> Any:
        self.happened.append("heads are read")
        page = SimpleNamespace(conversations=[], cursor=None)
        return SimpleNamespace(account=ANA, account_version=3, conversation_ids={5}, page=page)

    async def counts(self, account_id: int) -> Counts:
        self.happened.append("counts are read")
        return Counts(head_seq=9, unseen=2, unread=2)

    async def enter_room(self, sid: str, room: str, namespace: str) -> None:
        self.happened.append(f"enters {room}")

    async def leave_room(self, sid: str, room: str, namespace: str) -> None:
        self.happened.append(f"leaves {room}")

    def greet(self, sid: str, event: str, data: Any, namespace: str) -> None:
        self.happened.append((namespace, event, data.recovered))


@pytest.mark.parametrize("recovers", [False, True])
async def test_a_place_then_the_rooms_then_what_was_missed_then_the_heads(recovers: bool) -> None:
    door: Any = Door(recovers=recovers)
    await Welcome(door, Online(), door, lambda: SERVER)(door.connection, door.recovered)
    assert door.happened == [
        "place is read",
        "enters conversation:5",
        "enters conversation:6",
        "missed is read",
        "heads are read",
        "leaves conversation:6",
        # The entry that says so is to come, too.
        *(["missed is read", "heads are read"] if recovers else []),
        (CHAT, "ready", recovers),
    ]
    assert door.connection.start == 17


@pytest.mark.parametrize("recovers", [False, True])
async def test_the_inbox_is_counted_before_what_was_missed_and_again_behind_it(recovers: bool) -> None:
    door: Any = Door(recovers=recovers)
    await notifications.Welcome(door, door)(door.connection, door.recovered)
    again = ["counts are read"] if recovers else []
    assert door.happened == ["counts are read", "missed is read", *again, (NOTIFICATIONS, "ready", recovers)]
    assert (door.connection.heard, door.connection.start) == (9, 9)

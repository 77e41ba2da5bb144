"""What nobody was told of is told by the beacon: here another process writes, and says nothing to the server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.clock import now
from server.followers.notifier import Notifier
from server.services.mentions import called_in
from server.storage import appending, conversations, followers
from server.storage.database import Database
from tests.chat_client import ChatClient
from tests.people import Person, make_people_in
from tests.realtime.deployment import QUICK, group
from tests.services_under_test import MadangProcess

ALLOW = (lambda *about: None, lambda *about: True)


async def beside(folder: Path, *writes: Callable[[], Any]) -> None:
    """Writes as another process would whose words to the others are lost."""
    db = Database(folder / "madang.db")
    await db.open()
    for write in writes:
        await db.write(write)
    await db.close()


def say(person: Person, conversation_id: int, text: str) -> None:
    draft = appending.Draft(conversation_id, "said-beside", text, names=called_in(text).names)
    appending.append_message(person.id, draft, now(), *ALLOW)


def notify() -> None:
    entries = followers.waiting_for("notifier", 100)
    if entries:
        Notifier(now).handle(entries)
        followers.move_to("notifier", entries[-1].position)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


async def test_a_change_of_the_account_and_of_the_inbox_that_nobody_told_is_found(folder: Path) -> None:
    with MadangProcess(folder, command=QUICK) as madang:
        ana, ben = make_people_in(folder, "ana", "ben").values()
        async with ChatClient(madang.url, ana.token) as one, ChatClient(madang.url, ben.token) as two:
            place = await group(one, "beacon", ben)
            await two.event("conversation_added")
            await two.notice("counts", lambda counts: counts["unread"] == 1)
            ready = await two.event("ready")
            choose = lambda: conversations.set_preferences(ben.id, place, {"pinned": True})  # noqa: E731
            await beside(folder, choose, lambda: say(ana, place, f"@{ben.name} look"), notify)
            # A round may have come before that, which told that there is a new group.
            known = ready["account_version"] + 1
            heads = await two.event(
                "heads", lambda told: told["heads"].get(str(place)) and told["account_version"] > known
            )
            assert heads["epoch"] == ready["server"]["epoch"]
            await two.notice("counts", lambda counts: counts["unread"] == 2)

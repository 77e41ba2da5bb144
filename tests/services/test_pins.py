"""Pinned messages: who may, what stays when they change, and the list of them."""

from __future__ import annotations

import pytest

from server.errors import Forbidden, NotFound
from server.protocol import chat, reply
from server.storage import messages as stored
from server.storage.database import Database
from server.storage.models import Conversation
from tests.conftest import People
from tests.fakes import SteppedClock
from tests.services.test_messages import Yard, yard
from tests.storage.writer import together_in_one_group

__all__ = ["yard"]


async def pin(yard: Yard, who: int, seq: int, *, down: bool = False) -> int:
    command = chat.PinMessage(conversation_id=yard.group, seq=seq)
    return (await (yard.messages.unpin if down else yard.messages.pin)(who, command)).seq


async def pinned(yard: Yard, who: int, **more: object) -> chat.PinsPage:
    return await yard.messages.list_pins(who, chat.ListPins(conversation_id=yard.group, **more))  # type: ignore[arg-type]


async def texts(yard: Yard, who: int) -> list[str]:
    return [message.text for message in (await pinned(yard, who)).messages]


async def test_what_is_pinned_is_listed_for_everybody_the_last_pinned_first(
    yard: Yard, people: People, clock: SteppedClock
) -> None:
    first, second = [(await yard.send(people["ana"], text)).seq for text in ("gate code", "plan")]
    await pin(yard, people["ben"], second)
    clock.step(ms=5)
    seq = await pin(yard, people["cleo"], first)
    assert await texts(yard, people["ana"]) == ["gate code", "plan"]
    [entry] = [one for one in await yard.log(people["ana"]) if one.seq == seq]
    assert (entry.kind, entry.actor_id) == ("message_pinned", people["cleo"])
    [shown] = [message for message in (await yard.page(people["ana"])).messages if message.seq == first]
    assert shown.pinned_at == clock()
    await pin(yard, people["ana"], first, down=True)
    assert await texts(yard, people["ben"]) == ["plan"]


async def test_a_second_time_changes_nothing_and_gets_the_first_answer(yard: Yard, people: People) -> None:
    seq = (await yard.send(people["ana"], "gate code")).seq
    assert await pin(yard, people["ben"], seq, down=True) == seq
    first = await pin(yard, people["ben"], seq)
    assert await pin(yard, people["ana"], seq) == first
    down = await pin(yard, people["ana"], seq, down=True)
    assert await pin(yard, people["ben"], seq, down=True) == down
    assert [entry.kind for entry in await yard.log(people["ana"], seq)] == ["message_pinned", "message_unpinned"]


async def test_whoever_pins_at_the_same_moment_gets_the_same_answer(
    yard: Yard, people: People, db: Database, clock: SteppedClock
) -> None:
    seq = (await yard.send(people["ana"], "gate code")).seq
    allow = lambda conversation, member: None  # noqa: E731
    pins = [(stored.set_pinned, people[name], yard.group, seq, True, clock(), allow) for name in ("ana", "ben")]
    first, second = await together_in_one_group(db, *pins)
    assert first == second == seq + 1


async def test_a_deleted_message_is_not_pinned_any_more_and_cannot_be(yard: Yard, people: People) -> None:
    seq = (await yard.send(people["ana"], "gate code")).seq
    await pin(yard, people["ben"], seq)
    await yard.messages.delete(people["ana"], chat.DeleteMessage(conversation_id=yard.group, seq=seq))
    assert await texts(yard, people["ana"]) == []
    with pytest.raises(Forbidden, match="deleted"):
        await pin(yard, people["ben"], seq)


async def test_where_only_admins_write_only_they_pin(yard: Yard, people: People, db: Database) -> None:
    seq = (await yard.send(people["ana"], "gate code")).seq
    rules = '{"post":"admin","invite":"member","mention_all":"admin","history":"all"}'
    await db.write(lambda: Conversation.update(rules=rules).execute())
    with pytest.raises(Forbidden, match="Only admins can pin"):
        await pin(yard, people["ben"], seq)
    assert await pin(yard, people["ana"], seq) > seq


async def test_nobody_pins_what_they_may_not_see(yard: Yard, people: People) -> None:
    seq = (await yard.send(people["ana"], "gate code")).seq
    [dan] = await people.add("dan")
    with pytest.raises(NotFound):
        await pin(yard, dan, seq)
    with pytest.raises(NotFound):
        await pinned(yard, dan)
    with pytest.raises(NotFound):
        await pin(yard, people["ben"], seq + 1)


async def test_a_conversation_has_room_for_so_many(yard: Yard, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "MAX_PINS", 2)
    seqs = [(await yard.send(people["ana"], text)).seq for text in "abc"]
    for seq in seqs[:2]:
        await pin(yard, people["ana"], seq)
    with pytest.raises(Forbidden, match="at most 2"):
        await pin(yard, people["ana"], seqs[2])


async def test_pages_of_pins_leave_none_out(
    yard: Yard, people: People, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reply, "PAGE_BYTES", 2000)
    seqs = [(await yard.send(people["ana"], "word " * 100)).seq for _ in range(7)]
    for number, seq in enumerate(seqs):
        clock.step(ms=number % 2)  # some at the same moment
        await pin(yard, people["ana"], seq)
    found: list[int] = []
    page = await pinned(yard, people["ben"], limit=5)
    found += [message.seq for message in page.messages]
    while page.cursor:
        page = await pinned(yard, people["ben"], limit=5, cursor=page.cursor)
        found += [message.seq for message in page.messages]
    assert found == seqs[::-1]

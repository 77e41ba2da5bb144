"""What somebody missed is what their connection would have heard: no entry more, none less, and never half of it."""

from __future__ import annotations

import random
from collections.abc import Iterable

import msgspec
import pytest

from server import records
from server.protocol import chat
from server.services.conversations import Conversations
from server.services.members import Members
from server.services.messages import Messages
from server.storage import accounts, log, notifications, replay, telling
from server.storage.database import Database
from server.storage.telling import Call
from tests.conftest import People
from tests.fakes import SteppedClock

PLENTY = 1_000_000
NAMES = ("ana", "ben", "cleo")


class Yard:
    """ana's groups, and what ben would have heard since a moment."""

    def __init__(self, db: Database, clock: SteppedClock, people: People) -> None:
        async def forget_files(keys: list[str]) -> None:
            assert keys == []

        self.db = db
        self.people = people
        self.conversations = Conversations(db, clock)
        self.members = Members(db, clock)
        self.messages = Messages(db, clock, lambda account_id: None, forget_files)
        self._label = 0

    async def group(self, *names: str) -> int:
        self._label += 1
        ids = [self.people[name] for name in names]
        command = chat.CreateGroup(client_id=f"group-{self._label:04}", title="Yard", account_ids=ids)
        return (await self.conversations.create_group(self.people["ana"], command)).id

    async def add(self, where: int, name: str) -> None:
        command = chat.AddMembers(conversation_id=where, account_ids=[self.people[name]])
        await self.members.add(self.people["ana"], command)

    async def remove(self, where: int, name: str) -> None:
        command = chat.RemoveMember(conversation_id=where, account_id=self.people[name])
        await self.members.remove(self.people["ana"], command)

    async def leave(self, where: int, name: str) -> None:
        await self.members.leave(self.people[name], chat.InConversation(conversation_id=where))

    async def say(self, where: int, text: str = "words", name: str = "ana") -> int:
        self._label += 1
        command = chat.SendMessage(conversation_id=where, client_id=f"label-{self._label:06}", text=text)
        return (await self.messages.send(self.people[name], command)).seq

    async def write(self, where: int, count: int) -> None:
        def written() -> None:
            for _ in range(count):
                log.append(where, "message_created", self.people["ana"], 1, chat.Nothing())

        await self.db.write(written)

    async def now(self) -> int:
        return await self.db.read(log.last_position)

    async def missed(
        self, after: int, limit: int = PLENTY, characters: int = PLENTY, name: str = "ben"
    ) -> list[records.Entry] | None:
        return await self.db.read(replay.entries, self.people[name], after, limit, characters)

    async def places(self, after: int, limit: int = PLENTY) -> list[tuple[int, int]] | None:
        found = await self.missed(after, limit)
        return None if found is None else [(entry.conversation_id, entry.seq) for entry in found]

    async def everything(self) -> list[records.Entry]:
        return await self.db.read(log.read_after, 0, PLENTY)


@pytest.fixture
async def yard(db: Database, clock: SteppedClock, people: People) -> Yard:
    await people.add(*NAMES)
    return Yard(db, clock, people)


async def test_what_was_written_in_ones_own_conversations(yard: Yard) -> None:
    one, two, foreign = await yard.group("ben"), await yard.group("ben", "cleo"), await yard.group("cleo")
    before = await yard.now()
    assert await yard.missed(before) == []
    await yard.say(one, "first")
    for where in (two, foreign, one, two):
        await yard.say(where)
    # ana's group begins with her own entry; ben's is the second, and cleo's, where she is, the third.
    assert await yard.places(before) == [(one, 3), (two, 4), (one, 4), (two, 5)]
    found = await yard.missed(before)
    assert found is not None
    assert msgspec.json.decode(found[0].data)["text"] == "first"
    assert [entry.position for entry in found] == sorted(entry.position for entry in found)
    assert await yard.places(found[1].position) == [(one, 4), (two, 5)]
    assert await yard.missed(found[-1].position) == []


async def test_a_log_that_has_not_come_so_far(yard: Yard) -> None:
    await yard.group("ben")
    now = await yard.now()
    assert await yard.missed(now) == []
    assert await yard.missed(now + 1) is None


@pytest.mark.parametrize("count", [1, 15, 16, 17, 143, 144, 145, 500])
async def test_however_many_there_are_in_one_conversation(yard: Yard, count: int) -> None:
    where = await yard.group("ben")
    await yard.write(where, 7)
    before = await yard.now()
    await yard.write(where, count)
    found = await yard.places(before, count)
    assert found == [(where, 9 + number) for number in range(1, count + 1)]
    assert await yard.missed(before, count - 1) is None
    assert await yard.places(before - 7, count + 7) is not None


async def test_the_limit_counts_all_conversations(yard: Yard) -> None:
    places = [await yard.group("ben") for _ in range(5)]
    before = await yard.now()
    for where in places:
        await yard.write(where, 20)
    assert len(await yard.missed(before, 100) or ()) == 100
    assert await yard.missed(before, 99) is None
    assert await yard.missed(before, 4) is None


async def test_the_limit_of_characters(yard: Yard) -> None:
    where = await yard.group("ben")
    before = await yard.now()
    for _ in range(3):
        await yard.say(where, "마당" * 100)
    found = await yard.missed(before)
    assert found is not None
    size = sum(len(entry.data.decode()) for entry in found)
    assert await yard.missed(before, PLENTY, size) == found
    assert await yard.missed(before, PLENTY, size - 1) is None


async def test_up_to_ones_own_removal_and_nothing_after(yard: Yard) -> None:
    where = await yard.group("ben", "cleo")
    await yard.say(where)
    before = await yard.now()
    await yard.say(where)
    await yard.remove(where, "ben")
    await yard.say(where)
    await yard.remove(where, "cleo")
    assert await yard.places(before) == [(where, 5), (where, 6)]
    found = await yard.missed(before)
    assert found is not None
    assert found[-1].kind == "member_removed"
    assert await yard.places(found[-1].position) == []


async def test_leaving_is_a_removal_too(yard: Yard) -> None:
    where = await yard.group("ben")
    before = await yard.now()
    await yard.leave(where, "ben")
    await yard.say(where)
    assert await yard.places(before) == [(where, 3)]


async def test_a_conversation_that_was_joined_meanwhile_begins_with_the_joining(yard: Yard) -> None:
    where = await yard.group()
    before = await yard.now()
    await yard.say(where)
    await yard.add(where, "ben")
    await yard.say(where)
    assert await yard.places(before) == [(where, 3), (where, 4)]


async def test_going_and_coming_again(yard: Yard) -> None:
    where = await yard.group("ben")
    before = await yard.now()
    await yard.say(where)  # 3
    await yard.remove(where, "ben")  # 4
    await yard.say(where)
    await yard.add(where, "ben")  # 6
    await yard.say(where)
    await yard.remove(where, "ben")  # 8
    await yard.say(where)
    await yard.add(where, "ben")  # 10
    await yard.write(where, 40)
    expected = [3, 4, 6, 7, 8, *range(10, 51)]
    assert await yard.places(before) == [(where, seq) for seq in expected]


async def test_a_new_direct_conversation_is_there_from_its_first_word(yard: Yard) -> None:
    before = await yard.now()
    direct = await yard.conversations.open_direct(yard.people["ana"], chat.OpenDirect(account_id=yard.people["ben"]))
    for count in (1, 16, 17):
        await yard.write(direct.id, count - len(await yard.places(before) or ()))
        assert await yard.places(before) == [(direct.id, seq) for seq in range(1, count + 1)]


async def test_the_words_of_a_deleted_message_do_not_come_back(yard: Yard) -> None:
    where = await yard.group("ben")
    before = await yard.now()
    seq = await yard.say(where, "a secret")
    await yard.messages.edit(yard.people["ana"], chat.EditMessage(conversation_id=where, seq=seq, text="still secret"))
    await yard.messages.delete(yard.people["ana"], chat.DeleteMessage(conversation_id=where, seq=seq))
    found = await yard.missed(before)
    assert found is not None
    assert [entry.kind for entry in found] == ["message_created", "message_edited", "message_deleted"]
    assert not any(b"secret" in entry.data for entry in found)


async def test_history_from_the_joining(yard: Yard) -> None:
    where = await yard.group("ben")
    change = "update conversation set rules = replace(rules, ?, ?) where id = ? returning id"
    await yard.db.write(replay.fetch_all, change, ('"history":"all"', '"history":"joined"', where))
    await yard.write(where, 3)
    await yard.add(where, "cleo")
    await yard.write(where, 2)
    found = await yard.missed(0, name="cleo")
    assert found is not None
    assert [entry.seq for entry in found] == [6, 7, 8]


def heard(account_id: int, everything: Iterable[records.Entry], after: int) -> list[int]:
    """The positions that somebody's connection hears, by the rules for rooms."""
    inside: set[int] = set()
    told = []
    for entry in everything:
        moved = None
        if entry.kind in ("member_added", "member_removed"):
            moved = msgspec.json.decode(entry.data, type=chat.MemberChanged).account_id == account_id
        if moved and entry.kind == "member_added":
            inside.add(entry.conversation_id)
        if entry.conversation_id in inside and entry.position > after:
            told.append(entry.position)
        if moved and entry.kind == "member_removed":
            inside.discard(entry.conversation_id)
    return told


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happened_it_is_what_a_connection_would_have_heard(yard: Yard, seed: int) -> None:
    chance = random.Random(seed)
    groups = [await yard.group(*chance.sample(["ben", "cleo"], chance.randint(0, 2))) for _ in range(4)]
    inside = {where: await _members(yard, where) for where in groups}
    for _ in range(120):
        where, who = chance.choice(groups), chance.choice(["ben", "cleo"])
        if chance.random() < 0.7:
            await yard.write(where, chance.choice([1, 1, 1, 5, 20]))
        elif who in inside[where]:
            await yard.remove(where, who)
            inside[where].discard(who)
        else:
            await yard.add(where, who)
            inside[where].add(who)
    everything = await yard.everything()
    places = [entry.position for entry in everything]
    for name in ("ben", "cleo"):
        for after in [0, *chance.sample(places, 40), places[-1]]:
            found = await yard.missed(after, name=name)
            assert found is not None
            assert [entry.position for entry in found] == heard(yard.people[name], everything, after)


async def _members(yard: Yard, where: int) -> set[str]:
    rows = await yard.db.read(replay.fetch_all, "select account_id from membership where conversation_id = ?", (where,))
    return {name for name in NAMES if (yard.people[name],) in rows}


async def test_where_somebody_begins(yard: Yard) -> None:
    assert await yard.conversations.start(yard.people["ben"]) == (0, set())
    where = await yard.group("ben")
    await yard.group("cleo")
    assert await yard.conversations.start(yard.people["ben"]) == (await yard.now(), {where})


# The inbox


def call(number: int) -> Call:
    return Call(
        type="mention",
        group=f"conversation:{number}",
        title="ana",
        body="",
        url="/",
        at=number,
        actor_id=1,
        conversation_id=number,
        message_seq=1,
        data={},
    )


async def test_what_changed_in_an_inbox(yard: Yard) -> None:
    ben = yard.people["ben"]

    async def missed(after: int, limit: int = 500) -> list[int] | None:
        rows = await yard.db.read(replay.notifications_after, ben, after, limit)
        return None if rows is None else [row.seq for row in rows]

    assert await missed(0) == []
    assert await missed(1) is None
    await yard.db.write(telling.tell, [(call(number), ben) for number in range(1, 6)])
    assert await missed(0) == [1, 2, 3, 4, 5]
    assert await missed(3) == [4, 5]
    assert await missed(0, 5) == [1, 2, 3, 4, 5]
    assert await missed(0, 4) is None
    assert await missed(6) is None
    await yard.db.write(notifications.mark_read_group, ben, "conversation:2", 9)
    assert await missed(5) == [6]
    assert await missed(0) == [1, 3, 4, 5, 6]
    assert await yard.db.read(replay.notifications_after, 99, 0, 500) is None
    assert (await yard.db.read(accounts.get, ben)).id == ben

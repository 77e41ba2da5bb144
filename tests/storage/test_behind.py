"""What a worker reads of the log to catch up: what came since, what a conversation misses, who belongs."""

from __future__ import annotations

from server import records
from server.protocol import chat
from server.services.conversations import Conversations
from server.services.members import Members
from server.storage import behind, log
from server.storage.database import Database
from tests.conftest import People
from tests.fakes import SteppedClock


class Yard:
    """ana's group with ben, and a direct conversation of the two."""

    def __init__(self, db: Database, clock: SteppedClock, people: People) -> None:
        self.db = db
        self.people = people
        self.conversations = Conversations(db, clock)
        self.members = Members(db, clock)

    async def begin(self) -> None:
        await self.people.add("ana", "ben", "cleo")
        command = chat.CreateGroup(client_id="group-of-ana", title="Yard", account_ids=[self.people["ben"]])
        self.group = (await self.conversations.create_group(self.people["ana"], command)).id

    async def add(self, name: str) -> None:
        command = chat.AddMembers(conversation_id=self.group, account_ids=[self.people[name]])
        await self.members.add(self.people["ana"], command)

    async def write(self, count: int) -> None:
        for _ in range(count):
            await self.db.write(log.append, self.group, "message_created", self.people["ana"], 1, chat.Nothing())

    async def newest(self) -> int:
        return await self.db.read(log.last_position)

    async def missed(self, after_seq: int | None, position: int, limit: int = 200) -> list[records.Entry]:
        return await self.db.read(behind.missed, self.group, after_seq, position, limit)


async def test_what_came_since(db: Database, clock: SteppedClock, people: People) -> None:
    yard = Yard(db, clock, people)
    await yard.begin()
    newest, heads, added = await db.read(behind.since, 0)
    assert newest == await yard.newest()
    head = heads[yard.group]
    assert set(added) == {(yard.group, people["ana"]), (yard.group, people["ben"])}
    assert await db.read(behind.since, newest) == (newest, {}, [])
    await yard.write(3)
    after, heads, added = await db.read(behind.since, newest)
    assert (after > newest, heads, added) == (True, {yard.group: head + 3}, [])
    await yard.add("cleo")
    assert (await db.read(behind.since, after))[1:] == ({yard.group: head + 4}, [(yard.group, people["cleo"])])


async def test_what_lies_between_two_positions(db: Database, clock: SteppedClock, people: People) -> None:
    yard = Yard(db, clock, people)
    await yard.begin()
    begun = await yard.newest()
    await yard.write(3)
    found = await db.read(behind.between, 0, begun + 2, 200)
    assert [entry.position for entry, _ in found] == list(range(1, begun + 3))
    assert [sorted(coming) for _, coming in found] == [[people["ana"], people["ben"]], *([[]] * (begun + 1))]
    assert [entry.position for entry, _ in await db.read(behind.between, begun, begun + 3, 2)] == [begun + 1, begun + 2]
    assert await db.read(behind.between, begun + 3, begun + 9, 200) == []


async def test_what_a_conversation_misses(db: Database, clock: SteppedClock, people: People) -> None:
    yard = Yard(db, clock, people)
    await yard.begin()
    position = await yard.newest()
    head = (await db.read(behind.since, 0))[1][yard.group]
    await yard.write(5)
    everything = await yard.missed(0, 0)
    assert [entry.seq for entry in everything] == list(range(1, head + 6))
    assert [entry.seq for entry in await yard.missed(head + 2, 0)] == [head + 3, head + 4, head + 5]
    assert [entry.seq for entry in await yard.missed(None, position)] == list(range(head + 1, head + 6))
    assert [entry.seq for entry in await yard.missed(None, 0, 2)] == [1, 2]
    assert await yard.missed(None, await yard.newest()) == []
    assert all(isinstance(entry.data, bytes) for entry in everything)


async def test_who_belongs(db: Database, clock: SteppedClock, people: People) -> None:
    yard = Yard(db, clock, people)
    await yard.begin()
    asked = [people["ben"], people["cleo"], 99]
    assert await db.read(behind.members_among, yard.group, asked) == [people["ben"]]
    assert await db.read(behind.members_among, 99, asked) == []

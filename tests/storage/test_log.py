"""The log: places without a gap whatever is written, positions in commit order, and what a deletion leaves."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server import records
from server.errors import ChatError
from server.protocol import chat
from server.services.conversations import Conversations
from server.services.members import Members
from server.services.messages import Messages
from server.storage import accounts, log, models, server_values
from server.storage.database import Database
from server.storage.unit import fetch_all
from tests.conftest import People
from tests.fakes import RecordingPublisher, SteppedClock

NAMES = ("ana", "ben", "cleo", "dan")


class Yard:
    """Four people, some conversations, and everything they may do to the log."""

    def __init__(self, db: Database, clock: SteppedClock, people: People) -> None:
        async def forget_files(keys: list[str]) -> None:
            assert keys == []

        self.db = db
        self.people = people
        self.messages = Messages(db, clock, lambda account_id: None, forget_files)
        self.conversations = Conversations(db, clock)
        self.members = Members(db, clock)
        self._sent = 0

    async def group(self, title: str, *names: str) -> int:
        first, *others = [self.people[name] for name in names]
        command = chat.CreateGroup(client_id=f"group-of-{title}", title=title, account_ids=others)
        return (await self.conversations.create_group(first, command)).id

    async def say(self, name: str, where: int, text: str, **more: Any) -> int:
        self._sent += 1
        command = {"conversation_id": where, "client_id": f"label-{self._sent:06}", "text": text, **more}
        return (await self.messages.send(self.people[name], msgspec.convert(command, chat.SendMessage))).seq

    async def delete(self, name: str, where: int, seq: int) -> None:
        await self.messages.delete(self.people[name], chat.DeleteMessage(conversation_id=where, seq=seq))


@pytest.fixture
async def yard(db: Database, clock: SteppedClock, people: People) -> Yard:
    await people.add(*NAMES)
    return Yard(db, clock, people)


def rows() -> list[dict[str, Any]]:
    columns = ("position", "conversation_id", "seq", "kind", "data", "salt", "body_hash")
    found = fetch_all(f"select {', '.join(columns)} from entry order by position")
    return [dict(zip(columns, row, strict=True)) for row in found]


def heads() -> dict[int, int]:
    return dict(fetch_all("select id, head_seq from conversation"))


def one_step(yard: Yard, chance: random.Random, groups: list[int], number: int) -> Any:
    """Something that somebody may try, allowed or not."""
    who, where, seq = chance.choice(NAMES), chance.choice(groups), chance.randint(1, 30)
    me, whom = yard.people[who], yard.people[chance.choice(NAMES)]
    at = {"conversation_id": where, "seq": seq}
    answer = {"reply_to_seq": seq} if chance.random() < 0.3 else {}
    steps = {
        "send": lambda: yard.say(who, where, f"text {number}", **answer),
        "repeat": lambda: yard.messages.send(me, chat.SendMessage(where, client_id="the-same-label", text="again")),
        "edit": lambda: yard.messages.edit(me, chat.EditMessage(**at, text=f"edited {number}")),
        "delete": lambda: yard.messages.delete(me, chat.DeleteMessage(**at)),
        "react": lambda: yard.messages.react(me, chat.ReactToMessage(**at, emoji="👍")),
        "unreact": lambda: yard.messages.unreact(me, chat.ReactToMessage(**at, emoji="👍")),
        "rename": lambda: yard.conversations.change(me, chat.ChangeConversation(where, title=f"T{number}")),
        "add": lambda: yard.members.add(me, chat.AddMembers(where, account_ids=[whom])),
        "remove": lambda: yard.members.remove(me, chat.RemoveMember(where, account_id=whom)),
        "role": lambda: yard.members.set_role(me, chat.SetRole(where, account_id=whom, role="admin")),
        "leave": lambda: yard.members.leave(me, chat.InConversation(where)),
    }
    weights = [20 if name == "send" else 1 if name in ("leave", "remove") else 6 for name in steps]
    return steps[chance.choices(list(steps), weights)[0]]()


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_done_places_have_no_gap_and_positions_ascend(
    yard: Yard, published: RecordingPublisher, seed: int
) -> None:
    chance = random.Random(seed)
    groups = [await yard.group(f"g{n}", *chance.sample(NAMES, 3)) for n in range(4)]
    outcomes: list[Any] = []
    number = 0
    while number < 800:
        together = chance.randint(1, 40)
        steps = [one_step(yard, chance, groups, number + n) for n in range(together)]
        outcomes += await asyncio.gather(*steps, return_exceptions=True)
        number += together
    failures = [one for one in outcomes if isinstance(one, BaseException)]
    assert all(isinstance(one, ChatError) for one in failures), failures
    assert len(failures) < len(outcomes)

    entries = await yard.db.read(rows)
    assert {entry["kind"] for entry in entries} >= {"message_created", "message_edited", "message_deleted"}
    head_of = await yard.db.read(heads)
    for group in groups:
        seqs = [entry["seq"] for entry in entries if entry["conversation_id"] == group]
        assert seqs == list(range(1, len(seqs) + 1))
        assert head_of[group] == len(seqs)
    positions = [entry["position"] for entry in entries]
    assert positions == sorted(set(positions)), "in the order of their positions, each once"
    # What was told is what was stored, in the same order.
    told = [(one.position, one.conversation_id, one.seq) for one in published.of(records.Entry)]
    assert told == [(entry["position"], entry["conversation_id"], entry["seq"]) for entry in entries]


async def test_a_refused_piece_takes_no_place(yard: Yard) -> None:
    group = await yard.group("roof", "ana", "ben")
    start = (await yard.db.read(heads))[group]
    outcomes = await asyncio.gather(
        yard.say("ana", group, "one"),
        yard.say("cleo", group, "let me in"),
        yard.say("ben", group, "about what?", reply_to_seq=999),
        yard.say("ben", group, "two"),
        return_exceptions=True,
    )
    assert [one for one in outcomes if isinstance(one, int)] == [start + 1, start + 2]


async def test_the_hash_is_of_what_was_written_with_its_salt(yard: Yard) -> None:
    group = await yard.group("roof", "ana", "ben")
    seq = await yard.say("ana", group, "The tiles come on Monday.")
    await yard.messages.edit(yard.people["ana"], chat.EditMessage(conversation_id=group, seq=seq, text="On Tuesday."))
    entries = await yard.db.read(rows)
    assert len({entry["salt"] for entry in entries}) == len(entries)
    for entry in entries:
        wanted = hashlib.blake2b(entry["data"].encode(), key=entry["salt"], digest_size=16).digest()
        assert entry["body_hash"] == wanted, entry["kind"]


async def test_a_deletion_erases_words_and_salt_everywhere_and_keeps_the_hashes(yard: Yard) -> None:
    group = await yard.group("roof", "ana", "ben")
    secret, changed = "the key lies under the pot", "the key lies under the mat, @ben"
    seq = await yard.say("ana", group, secret)
    answer = await yard.say("ben", group, "Good.", reply_to_seq=seq)
    await yard.messages.edit(yard.people["ana"], chat.EditMessage(conversation_id=group, seq=seq, text=changed))
    later = await yard.say("ben", group, "Better.", reply_to_seq=seq)
    before = {entry["seq"]: entry for entry in await yard.db.read(rows)}
    await yard.delete("ana", group, seq)
    after = {entry["seq"]: entry for entry in await yard.db.read(rows)}
    assert all(after[at]["body_hash"] == before[at]["body_hash"] for at in before)
    erased = {at for at in before if after[at]["salt"] is None}
    assert {before[at]["kind"] for at in erased} == {"message_created", "message_edited"}
    assert {seq, answer, later} < erased, "with the salt of a quote its words could be guessed"
    for entry in after.values():
        assert "the key" not in entry["data"], entry["kind"]
    assert '"text":"Good."' in after[answer]["data"], "an answer is still its sender's own words"
    assert await everything_stored(yard.db, ("the key lies",)) == []


async def test_deleted_words_do_not_stay_in_what_newcomers_were_told(yard: Yard) -> None:
    group, secret = await yard.group("roof", "ana", "ben"), "the key lies under the pot"
    seq = await yard.say("ana", group, secret)
    command = chat.AddMembers(conversation_id=group, account_ids=[yard.people["cleo"]])
    await yard.members.add(yard.people["ana"], command)
    opened = await yard.conversations.open_direct(yard.people["ana"], chat.OpenDirect(account_id=yard.people["dan"]))
    first = await yard.say("ana", opened.id, secret)
    told = await yard.db.read(accounts.changes_after, yard.people["cleo"], 0)
    assert [change.event for change in told[0]] == ["conversation_added"]
    for where, which in ((group, seq), (opened.id, first)):
        await yard.delete("ana", where, which)
    assert await everything_stored(yard.db, (secret,)) == []


async def everything_stored(db: Database, words: Iterable[str]) -> list[str]:
    """The tables that hold any of these words."""

    def search() -> list[str]:
        return [
            table
            for table in (model._meta.table_name for model in models.ALL)  # type: ignore[attr-defined]
            for row in fetch_all(f"select * from {table}")
            if any(word in repr(row) for word in words)
        ]

    return await db.read(search)


async def test_reading_goes_on_where_it_stopped(yard: Yard) -> None:
    group, other = await yard.group("roof", "ana", "ben"), await yard.group("yard", "ana", "cleo")
    for n in range(10):
        await yard.say("ana", group if n % 2 else other, f"text {n}")
    everything = await yard.db.read(log.read_after, 0, 1000)
    pieces: list[records.Entry] = []
    while page := await yard.db.read(log.read_after, pieces[-1].position if pieces else 0, 3):
        pieces += page
    assert pieces == everything
    assert await yard.db.read(log.last_position) == everything[-1].position
    mine = await yard.db.read(log.read, group, 2, 4, 3)
    assert [entry.seq for entry in mine] == [4, 5, 6]
    newest, changed = await yard.db.read(log.heads_after, everything[-3].position)
    assert newest == everything[-1].position
    assert changed == {entry.conversation_id: entry.seq for entry in everything[-2:]}
    assert await yard.db.read(log.heads_after, newest) == (newest, {})


async def test_epoch_and_positions_outlive_a_restart(place: Path | str) -> None:
    async def start() -> tuple[str, int]:
        db = Database(place)
        await db.open()
        epoch = await db.write(server_values.get_or_put, "epoch", random.randbytes(8).hex())
        people = People(db)
        if not await db.read(log.last_position):
            await people.add(*NAMES)
            await Yard(db, SteppedClock(), people).group("roof", "ana", "ben")
        position = await db.read(log.last_position)
        await db.close()
        return epoch, position

    first = await start()
    assert first[1] > 0
    assert await start() == first

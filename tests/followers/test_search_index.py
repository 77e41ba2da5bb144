"""The index follows the log: what is said, changed and deleted; nothing of a deleted message stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.followers import search_index
from server.followers.follow import Follower
from server.followers.search_index import SearchIndex
from server.storage import followers, server_values
from server.storage.search import index
from server.storage.unit import fetch_all, several_write
from tests.followers.yard import Yard


class Room:
    """Ana and Ben in a direct conversation, and the index."""

    def __init__(self, yard: Yard) -> None:
        self.yard = yard
        self.index = SearchIndex()
        self.ana = self.direct = 0

    async def begin(self) -> Room:
        self.ana = await self.yard.person("Ana")
        self.direct = await self.yard.direct(self.ana, await self.yard.person("Ben"))
        await self.yard.db.write(search_index.begin)
        return self

    async def say(self, text: str) -> int:
        return await self.yard.say(self.ana, self.direct, text)

    async def follow(self) -> None:
        await Follower(self.yard.db, search_index.NAME, self.index.handle)._catch_up()

    async def words(self) -> dict[int, set[str]]:
        """What is in the index, by ``seq``, without what no text can have."""

        def read() -> dict[int, set[str]]:
            rows = fetch_all(f"select s.seq, {index.words().STORED} from search_message s")
            return {seq: {word for word in words.split() if word[0] != "_"} for seq, words in rows}

        return await self.yard.db.read(read)

    async def held(self) -> set[str]:
        """What the index itself knows."""

        def read() -> set[str]:
            if several_write():
                return {
                    word
                    for (words,) in fetch_all("select tsvector_to_array(words) from search_message")
                    for word in words
                }
            return {row[0] for row in fetch_all("select term from search_vocabulary")}

        return {word for word in await self.yard.db.read(read) if word[0] != "_"}


@pytest.fixture
async def room(yard: Yard) -> Room:
    return await Room(yard).begin()


async def test_what_is_said_is_indexed_once(room: Room) -> None:
    await room.say("roof 지붕")
    await room.say("tiles")
    await room.follow()
    await room.follow()
    assert await room.words() == {1: {"roof", "지붕", "붕"}, 2: {"tiles"}}
    assert await room.held() == {"roof", "지붕", "붕", "tiles"}


async def test_an_edit_replaces_the_words(room: Room) -> None:
    seq = await room.say("the secret roof")
    await room.follow()
    await room.yard.edit(room.ana, room.direct, seq, "the roof")
    await room.follow()
    assert await room.words() == {1: {"the", "roof"}}
    assert await room.held() == {"the", "roof"}


@pytest.mark.parametrize("count", range(1, 6))
async def test_what_was_changed_before_it_was_indexed_stays_when_the_change_comes_by(room: Room, count: int) -> None:
    seqs = [await room.say("a draft") for _ in range(count)]
    for seq in seqs:
        await room.yard.edit(room.ana, room.direct, seq, f"word{seq}")
    index_of = Follower(room.yard.db, search_index.NAME, room.index.handle, batch=count)
    await index_of._catch_up()
    assert await room.words() == {seq: {f"word{seq}"} for seq in seqs}


async def test_nothing_of_a_deleted_message_stays(room: Room) -> None:
    seq = await room.say("비밀번호 hunter2")
    await room.say("number two")
    await room.follow()
    await room.yard.delete(room.ana, room.direct, seq)
    await room.follow()
    assert await room.words() == {2: {"number", "two"}}
    assert await room.held() == {"number", "two"}


async def test_what_was_deleted_before_the_index_came_there_never_enters(room: Room) -> None:
    seq = await room.say("a slip of the tongue")
    await room.yard.delete(room.ana, room.direct, seq)
    await room.follow()
    assert await room.words() == {}


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
async def test_what_was_removed_leaves_the_file_too(room: Room, place: Path) -> None:
    seq = await room.say("unmistakableword")
    await room.say("what stays")
    await room.follow()
    await room.yard.delete(room.ana, room.direct, seq)
    await room.follow()

    async def blocks() -> bytes:
        return b"".join(row[0] for row in await room.yard.db.read(fetch_all, "select block from search_words_data"))

    assert b"mistakable" in await blocks()
    await room.index.tidy(room.yard.db)
    assert b"mistakable" not in await blocks()
    assert await room.held() == {"what", "stays"}
    await room.say("and more")
    await room.follow()
    assert await room.held() == {"what", "stays", "and", "more"}


async def test_an_index_of_another_making_is_made_anew(room: Room) -> None:
    await room.say("roof")
    await room.follow()
    await room.yard.db.write(search_index.begin)
    assert await room.words() == {1: {"roof"}}  # the same: it stays
    await room.yard.db.write(server_values.put, "search_index", "of an older version")
    await room.yard.db.write(search_index.begin)
    assert await room.words() == {}
    assert await room.yard.db.read(followers.position_of, search_index.NAME) == 0
    await room.follow()
    assert await room.words() == {1: {"roof"}}
    assert await room.held() == {"roof"}


async def test_a_failure_leaves_neither_words_nor_the_place(room: Room) -> None:
    await room.say("roof")
    with pytest.raises(OSError, match="the power went"):
        await room.yard.db.write(_broken)
    assert await room.words() == {}
    assert await room.yard.db.read(followers.position_of, search_index.NAME) == 0


def _broken() -> None:
    index.refresh([(1, 1)])
    followers.move_to(search_index.NAME, 1)
    raise OSError("the power went")

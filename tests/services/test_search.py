"""Looking for messages: the filters, the order, the pages, and that nobody finds what they may not see."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from server.errors import Invalid, NotFound
from server.followers import search_index
from server.protocol import chat
from server.records import Entry
from server.services.conversations import Conversations
from server.services.members import Members
from server.services.messages import Messages
from server.services.search import Search
from server.storage import files, followers
from server.storage.database import Database
from server.storage.search import index, postgres_words, searching, sqlite_words
from server.storage.unit import fetch_all
from tests.conftest import People
from tests.fakes import SteppedClock


class Yard:
    """A group of ana and ben, another one of ana and cleo, and what they find."""

    def __init__(self, db: Database, clock: SteppedClock, people: People) -> None:
        async def forget_files(keys: list[str]) -> None:
            pass

        self.db, self.clock, self.people = db, clock, people
        self.messages = Messages(db, clock, lambda account_id: None, forget_files)
        self.conversations = Conversations(db, clock)
        self.members = Members(db, clock)
        self.service = Search(db, clock)
        self.group = self.other = 0
        self._sent = 0

    async def gather(self, title: str, owner: str, *others: str) -> int:
        ids = [self.people[name] for name in others]
        command = chat.CreateGroup(client_id=f"group-{title}", title=title, account_ids=ids)
        return (await self.conversations.create_group(self.people[owner], command)).id

    async def say(self, who: str, text: str, where: int | None = None, file_ids: tuple[int, ...] = ()) -> int:
        self._sent += 1
        command = chat.SendMessage(
            conversation_id=where or self.group, client_id=f"number-{self._sent:04}", text=text, file_ids=list(file_ids)
        )
        return (await self.messages.send(self.people[who], command)).seq

    async def upload(self, who: str, name: str, media_type: str) -> int:
        self._sent += 1
        made = lambda: files.create(  # noqa: E731
            account_id=self.people[who], key=f"key-{self._sent}", name=name, media_type=media_type, size_bytes=3,
            created_at=self.clock(),
        )  # fmt: skip
        return (await self.db.write(made)).id

    async def follow(self) -> None:
        def work() -> None:
            if entries := followers.waiting_for(search_index.NAME, 10_000):
                index.refresh(search_index.concerned(entries))
                followers.move_to(search_index.NAME, entries[-1].position)

        await self.db.write(work)

    async def page(self, who: str, query: str = "", **more: object) -> chat.SearchPage:
        await self.follow()
        return await self.service.messages(self.people[who], chat.SearchMessages(query=query, **more))  # type: ignore[arg-type]

    async def find(self, who: str, query: str = "", **more: object) -> list[str]:
        return [hit.text for hit in (await self.page(who, query, **more)).hits]


@pytest.fixture(params=["few", "many"])
async def yard(
    request: pytest.FixtureRequest, db: Database, clock: SteppedClock, people: People, monkeypatch: pytest.MonkeyPatch
) -> Yard:
    """People see few messages or many: these are looked up in two ways."""
    if request.param == "many":
        monkeypatch.setattr(searching, "FEW", 0)
        monkeypatch.setattr(postgres_words, "NEWEST", 3)
        monkeypatch.setattr(sqlite_words, "NEWEST", 3)
    await people.add("ana", "ben", "cleo", "dan")
    yard = Yard(db, clock, people)
    yard.group = await yard.gather("Yard", "ana", "ben")
    yard.other = await yard.gather("Other", "ana", "cleo")
    await db.write(search_index.begin)
    return yard


async def test_words_are_found_newest_first(yard: Yard) -> None:
    for text in ("the roof leaks", "lunch?", "Roofs are dear", "지붕이 새요"):
        await yard.say("ana", text)
    assert await yard.find("ben", "roof") == ["Roofs are dear", "the roof leaks"]
    assert await yard.find("ben", '"ROOF"') == ["the roof leaks"]
    assert await yard.find("ben", "붕이") == ["지붕이 새요"]
    assert await yard.find("ben", "새") == ["지붕이 새요"]
    assert await yard.find("ben", "roof lunch") == []


async def test_filters_narrow_what_is_found(yard: Yard) -> None:
    first = yard.clock()
    await yard.say("ana", "the roof")
    yard.clock.step(days=30)
    later = yard.clock()
    await yard.say("ben", "roof tiles https://tiles.example.org")
    await yard.say("cleo", "another roof", yard.other)
    assert await yard.find("ana", "roof", conversation_id=yard.other) == ["another roof"]
    assert await yard.find("ana", "roof", from_id=yard.people["ben"]) == ["roof tiles https://tiles.example.org"]
    assert await yard.find("ana", "roof", before=later) == ["the roof"]
    assert await yard.find("ana", "roof", after=later, conversation_id=yard.group) == [
        "roof tiles https://tiles.example.org"
    ]
    assert await yard.find("ana", "", after=first, before=first + 1) == ["the roof"]
    assert await yard.find("ana", "", from_id=yard.people["cleo"]) == ["another roof"]
    assert await yard.find("ana", "", has="link") == ["roof tiles https://tiles.example.org"]
    assert await yard.find("ana", "", conversation_id=yard.group, has="file") == []
    assert await yard.find("ana", "roof", from_id=4711) == []


async def test_what_is_pinned_is_found_as_long_as_it_is(yard: Yard) -> None:
    seq = await yard.say("ana", "the roof")
    await yard.say("ana", "another roof")
    pin, ana = chat.PinMessage(conversation_id=yard.group, seq=seq), yard.people["ana"]
    await yard.messages.pin(ana, pin)
    assert await yard.find("ben", has="pin") == await yard.find("ben", "roof", has="pin") == ["the roof"]
    await yard.messages.unpin(ana, pin)
    assert await yard.find("ben", has="pin") == []


async def test_files_are_found_by_their_names_and_kinds(yard: Yard) -> None:
    plan = await yard.upload("ben", "설계도-plan.pdf", "application/pdf")
    picture = await yard.upload("ben", "roof.png", "image/png")
    await yard.say("ben", "here", file_ids=(plan, picture))
    await yard.say("ben", "a plan in words")
    [hit] = (await yard.page("ana", "계도")).hits
    assert [(one.file.name, one.highlights) for one in hit.files] == [
        ("설계도-plan.pdf", [chat.Highlight(start=1, end=3)]),
        ("roof.png", []),
    ]
    assert await yard.find("ana", "plan") == ["a plan in words", "here"]
    assert await yard.find("ana", "plan", has="file") == ["here"]
    assert await yard.find("ana", "", has="image") == ["here"]
    assert await yard.find("ana", "here roof") == ["here"]


async def test_nobody_finds_what_they_may_not_see(yard: Yard) -> None:
    await yard.say("ana", "secret roof")
    await yard.say("cleo", "secret lunch", yard.other)
    assert await yard.find("ben", "secret") == ["secret roof"]
    assert await yard.find("dan", "secret") == []
    with pytest.raises(NotFound):
        await yard.find("ben", "secret", conversation_id=yard.other)
    await yard.members.remove(
        yard.people["ana"], chat.RemoveMember(conversation_id=yard.group, account_id=yard.people["ben"])
    )
    assert await yard.find("ben", "secret") == []
    await yard.members.leave(yard.people["cleo"], chat.InConversation(conversation_id=yard.other))
    assert await yard.find("cleo", "secret") == []
    assert await yard.find("ana", "secret") == ["secret lunch", "secret roof"]


async def test_whoever_came_later_finds_nothing_of_before(yard: Yard) -> None:
    await yard.say("ana", "secret roof")
    rules = '{"post":"member","invite":"member","mention_all":"admin","history":"joined"}'
    await yard.db.write(fetch_all, "update conversation set rules = ? where id = ?", (rules, yard.group))
    await yard.members.add(
        yard.people["ana"], chat.AddMembers(conversation_id=yard.group, account_ids=[yard.people["dan"]])
    )
    await yard.say("ana", "roof for all")
    assert await yard.find("dan", "roof") == ["roof for all"]
    assert await yard.find("dan", "", conversation_id=yard.group) == ["roof for all"]


async def test_what_is_deleted_or_edited_is_not_found_even_before_the_index_knows(yard: Yard) -> None:
    first, second = await yard.say("ana", "the roof"), await yard.say("ana", "a roof")
    await yard.follow()
    ana = yard.people["ana"]
    await yard.messages.delete(ana, chat.DeleteMessage(conversation_id=yard.group, seq=first))
    await yard.messages.edit(ana, chat.EditMessage(conversation_id=yard.group, seq=second, text="a wall"))
    page = await yard.service.messages(ana, chat.SearchMessages(query="roof"))
    assert page.hits == []
    assert await yard.find("ana", "wall") == ["a wall"]


async def test_pages_go_on_where_the_last_one_ended(yard: Yard) -> None:
    said = [f"roof {number}" for number in range(11)]
    for text in said:
        await yard.say("ana", text)
    for order in ("newest", "best"):
        found, cursor = [], None
        for _ in range(4):
            page = await yard.page("ben", "roof", limit=4, cursor=cursor, order=order)
            found += [hit.text for hit in page.hits]
            cursor = page.cursor
            if cursor is None:
                break
        assert sorted(found) == sorted(said)
        if order == "newest":
            assert found == said[::-1]
    with pytest.raises(Invalid, match="cursor"):
        await yard.page("ben", "roof", cursor="elsewhere")


async def test_a_page_of_what_is_hard_to_find_says_where_to_go_on(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    await yard.say("ana", "roof then tile")
    for _ in range(12):
        await yard.say("ana", "tile then roof")
    monkeypatch.setattr(searching, "MOST_LOOKED_AT", 5)
    monkeypatch.setattr(searching, "_FIRST_PAGE", 2)
    monkeypatch.setattr(searching, "_LONGEST_PAGE", 3)
    found, cursor, pages = [], None, 0
    while not pages or cursor:
        page = await yard.page("ben", '"roof then tile"', limit=1, cursor=cursor)
        found += [hit.text for hit in page.hits]
        cursor, pages = page.cursor, pages + 1
    assert found == ["roof then tile"]
    assert pages > 2


async def test_the_best_come_first_when_asked_for(yard: Yard) -> None:
    best = "roof roof roof"
    for text in (best, "of all words in this long sentence only one, at its very end, is about the roof", "roofing"):
        await yard.say("ana", text)
    assert (await yard.find("ben", "roof"))[0] == "roofing"
    assert (await yard.find("ben", "roof", order="best"))[0] == best
    await yard.say("ana", "tile of the roof")
    await yard.say("ana", "roof tile")
    await yard.say("ana", "tile, not roof")
    assert (await yard.find("ben", "roof tile", order="best"))[0] == "roof tile"


async def test_a_long_message_is_cut_around_what_was_found(yard: Yard) -> None:
    await yard.say("ana", "word " * 400 + "🏠 the 지붕 here " + "word " * 400)
    [hit] = (await yard.page("ben", "지붕")).hits
    [mark] = hit.highlights
    halves = hit.text.encode("utf-16-le")
    assert halves[2 * mark.start : 2 * mark.end].decode("utf-16-le") == "지붕"
    assert len(hit.text) <= 302
    assert hit.text[0] == hit.text[-1] == "…"


@pytest.mark.parametrize(
    "query", ['"', "AND", "roof*", "roof)", "NEAR(roof", "-roof", "roof:", "'; --", "^roof", "ro\\of", "(((("]
)
async def test_marks_in_a_query_are_only_marks(yard: Yard, query: str) -> None:
    await yard.say("ana", "the roof")
    if any(letter.isalnum() for letter in query):
        expected = [] if query in ("AND", "NEAR(roof", "ro\\of") else ["the roof"]
        assert await yard.find("ben", query) == expected
    else:
        with pytest.raises(Invalid, match="no letter"):
            await yard.find("ben", query)


async def test_nothing_asked_is_refused(yard: Yard) -> None:
    with pytest.raises(Invalid, match="Say what to look for"):
        await yard.find("ben")


async def test_it_is_told_while_older_messages_are_not_indexed_yet(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "BEHIND", 1)
    assert (await yard.page("ben", "roof")).complete
    for _ in range(2):
        await yard.say("ana", "the roof")
    page = await yard.service.messages(yard.people["ben"], chat.SearchMessages(query="roof"))
    assert not page.complete


def test_of_a_batch_only_what_can_be_found_is_looked_at() -> None:
    made: Callable[..., Entry] = lambda seq, kind, target=None: Entry(seq, 7, seq, kind, 1, 0, b"{}", target)  # noqa: E731
    entries = [
        made(1, "message_created"),
        made(2, "reaction_added", 1),
        made(3, "message_deleted", 1),
        made(4, "member_added"),
    ]
    assert search_index.concerned(entries) == {(7, 1)}

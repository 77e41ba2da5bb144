"""Contacts and blocks: the rules, on a real database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from server import records
from server.errors import ChatError, Forbidden, Invalid, NotFound
from server.protocol import chat
from server.protocol.notifications import Notification
from server.services import contacts as rules
from server.services import cursors
from server.services.contacts import Contacts
from server.services.conversations import Conversations
from server.services.members import Members
from server.services.messages import Messages
from server.services.typing import Typing
from server.settings import DirectMessages
from server.storage import accounts, notifications
from server.storage import contacts as stored
from server.storage.checking.checking import check
from server.storage.database import Database
from tests.conftest import People
from tests.fakes import RecordingPublisher, SteppedClock


class Yard:
    """The rules, and shorthands for asking them."""

    def __init__(self, db: Database, clock: SteppedClock, direct_messages: DirectMessages = "everyone") -> None:
        async def forget_files(keys: list[str]) -> None:
            assert not keys

        self._db = db
        self.contacts = Contacts(db, clock, lambda account_id: None)
        self.conversations = Conversations(db, clock, direct_messages)
        self.members = Members(db, clock)
        self.messages = Messages(db, clock, lambda account_id: None, forget_files, direct_messages)
        self.typing = Typing(db, clock, direct_messages)
        self._said = 0

    async def request(self, who: int, other: int, note: str | None = None) -> str:
        return (await self.contacts.request(who, chat.RequestContact(account_id=other, note=note))).relation

    async def answer(self, who: int, other: int, *, accept: bool = True) -> str:
        return (await self.contacts.answer(who, chat.AnswerContact(account_id=other, accept=accept))).relation

    async def remove(self, who: int, other: int) -> str:
        return (await self.contacts.remove(who, chat.WithPerson(account_id=other))).relation

    async def block(self, who: int, other: int) -> str:
        return (await self.contacts.block(who, chat.WithPerson(account_id=other))).relation

    async def unblock(self, who: int, other: int) -> str:
        return (await self.contacts.unblock(who, chat.WithPerson(account_id=other))).relation

    async def befriend(self, who: int, other: int) -> None:
        await self.request(who, other)
        await self.answer(other, who)

    async def relations(self, who: int, filter: Any = "all") -> dict[int, str]:
        page = await self.contacts.list(who, chat.ListContacts(filter=filter))
        return {contact.account.id: contact.relation for contact in page.contacts}

    async def direct(self, who: int, other: int) -> chat.Conversation:
        return await self.conversations.open_direct(who, chat.OpenDirect(account_id=other))

    async def say(self, who: int, conversation_id: int, text: str = "hello") -> int:
        self._said += 1
        send = chat.SendMessage(conversation_id=conversation_id, client_id=f"label-{self._said:06}", text=text)
        return (await self.messages.send(who, send)).seq

    async def inbox(self, who: int) -> list[Notification]:
        return await self._db.read(notifications.page, who, "all", cursors.NEWEST, 50)


@pytest.fixture
def yard(db: Database, clock: SteppedClock) -> Yard:
    return Yard(db, clock)


@pytest.fixture
async def three(people: People) -> list[int]:
    return await people.add("ana", "ben", "cleo")


async def test_a_request_is_seen_by_both_and_accepted_by_one(
    yard: Yard, three: list[int], published: RecordingPublisher, clock: SteppedClock
) -> None:
    ana, ben, _ = three
    assert await yard.request(ana, ben, "  from the workshop ") == "sent"
    page = await yard.contacts.list(ben, chat.ListContacts(filter="received"))
    [asked] = page.contacts
    assert (asked.account.id, asked.relation, asked.note, asked.since) == (
        ana,
        "received",
        "from the workshop",
        clock(),
    )
    clock.step(minutes=5)
    assert await yard.answer(ben, ana) == "contact"
    assert await yard.relations(ana) == {ben: "contact"}
    assert await yard.relations(ben) == {ana: "contact"}
    told = [
        (fact.account_id, msgspec.json.decode(fact.data)["contact"]["relation"])
        for fact in published.of(records.AccountChange)
    ]
    assert told == [(ana, "sent"), (ben, "received"), (ben, "contact"), (ana, "contact")]
    assert [fact.version for fact in published.of(records.AccountChange)] == [1, 1, 2, 2]


async def test_what_is_repeated_changes_nothing(yard: Yard, three: list[int], published: RecordingPublisher) -> None:
    ana, ben, _ = three
    for _ in range(2):
        assert await yard.request(ana, ben) == "sent"
    for _ in range(2):
        assert await yard.answer(ben, ana) == "contact"
    assert await yard.request(ana, ben) == "contact"
    for _ in range(2):
        assert await yard.block(ana, ben) == "blocked"
    for _ in range(2):
        assert await yard.unblock(ana, ben) == "contact"
    for _ in range(2):
        assert await yard.remove(ana, ben) == "none"
    assert await yard.answer(ben, ana, accept=False) == "none"
    # Two for the request, the acceptance and the end; the blocks were ana's own.
    assert len(published.of(records.AccountChange)) == 2 + 2 + 1 + 1 + 2


async def test_two_who_ask_each_other_are_contacts(yard: Yard, three: list[int]) -> None:
    ana, ben, _ = three
    await yard.request(ana, ben)
    assert await yard.request(ben, ana) == "contact"


async def test_a_request_is_declined_or_taken_back(yard: Yard, three: list[int]) -> None:
    ana, ben, cleo = three
    await yard.request(ana, ben)
    assert await yard.answer(ben, ana, accept=False) == "none"
    await yard.request(cleo, ben)
    assert await yard.remove(cleo, ben) == "none"
    assert await yard.relations(ana) == await yard.relations(ben) == await yard.relations(cleo) == {}
    with pytest.raises(NotFound):
        await yard.answer(ben, ana)


async def test_inboxes_tell_of_requests_and_of_acceptances(yard: Yard, three: list[int]) -> None:
    ana, ben, cleo = three
    await yard.request(ana, ben, "the roof")
    await yard.request(cleo, ben)
    rows = await yard.inbox(ben)
    assert {(row.type, row.actor_id, row.body, row.read_at) for row in rows} == {
        ("contact_request", ana, "the roof", None),
        ("contact_request", cleo, "", None),
    }
    await yard.remove(cleo, ben)  # it leads nowhere now
    await yard.answer(ben, ana)
    [row] = await yard.inbox(ben)
    assert (row.actor_id, row.read_at is None) == (ana, False)
    await yard.befriend(ana, cleo)
    folded, *_ = await yard.inbox(ana)
    assert (folded.type, folded.count, folded.actor_id, folded.data["actor_ids"]) == (
        "contact_accepted",
        2,
        cleo,
        [cleo, ben],
    )


async def test_a_block_stops_every_way_of_reaching_somebody(yard: Yard, three: list[int]) -> None:
    ana, ben, cleo = three
    direct = (await yard.direct(ana, ben)).id
    group = chat.CreateGroup(client_id="the-group", title="Roof", account_ids=[cleo])
    roof = (await yard.conversations.create_group(ben, group)).id
    theirs = await yard.say(ben, direct)
    assert await yard.block(ana, ben) == "blocked"
    place = {"conversation_id": direct, "seq": theirs}
    for refused in (
        yard.say(ben, direct),
        yard.say(ana, direct),
        yard.messages.edit(ben, chat.EditMessage(**place, text="listen")),
        yard.messages.react(ben, chat.ReactToMessage(**place, emoji="👍")),
        yard.typing.start(ben, direct),
        yard.request(ben, ana),
        yard.request(ana, ben),
        yard.members.add(ben, chat.AddMembers(conversation_id=roof, account_ids=[ana])),
        yard.conversations.create_group(
            ben, chat.CreateGroup(client_id="another-group", title="Roof", account_ids=[cleo, ana])
        ),
    ):
        with pytest.raises(Forbidden):
            await refused
    # What was said stays, and one's own may go.
    assert (await yard.direct(ben, ana)).id == direct
    await yard.messages.delete(ben, chat.DeleteMessage(**place))
    assert await yard.unblock(ana, ben) == "none"
    assert await yard.say(ben, direct)


async def test_nobody_opens_a_conversation_through_a_block(yard: Yard, three: list[int]) -> None:
    ana, ben, _ = three
    await yard.block(ana, ben)
    for one, other in ((ana, ben), (ben, ana)):
        with pytest.raises(Forbidden):
            await yard.direct(one, other)
    await yard.unblock(ana, ben)
    await yard.say(ana, (await yard.direct(ana, ben)).id)


async def test_whoever_is_blocked_is_not_told(yard: Yard, three: list[int], published: RecordingPublisher) -> None:
    ana, ben, _ = three
    await yard.befriend(ana, ben)
    direct = (await yard.direct(ana, ben)).id
    before = len(published.facts)
    await yard.block(ana, ben)
    assert {fact.account_id for fact in published.facts[before:] if isinstance(fact, records.AccountChange)} == {ana}
    assert await yard.relations(ben) == {ana: "contact"}
    assert await yard.relations(ana) == {ben: "blocked"}
    view = chat.InConversation(conversation_id=direct)
    assert (await yard.conversations.get(ana, view)).relation == "blocked"
    assert (await yard.conversations.get(ben, view)).relation == "contact"
    assert published.of(records.SightChanged)[-2:] == [records.SightChanged(ana, ben), records.SightChanged(ben, ana)]


async def test_a_block_takes_back_one_s_own_request_and_hides_the_other_s(yard: Yard, three: list[int]) -> None:
    ana, ben, cleo = three
    await yard.request(ana, ben)
    await yard.request(cleo, ana)
    await yard.block(ana, ben)
    await yard.block(ana, cleo)
    assert await yard.relations(ben) == {}
    assert await yard.inbox(ben) == await yard.inbox(ana) == []
    assert await yard.relations(cleo) == {ana: "sent"}
    assert await yard.relations(ana, "received") == {}
    with pytest.raises(Forbidden):
        await yard.answer(ana, cleo)
    assert await yard.unblock(ana, cleo) == "received"


async def test_either_s_block_is_enough_and_each_takes_back_their_own(yard: Yard, three: list[int]) -> None:
    ana, ben, _ = three
    direct = (await yard.direct(ana, ben)).id
    await yard.block(ana, ben)
    await yard.block(ben, ana)
    await yard.unblock(ana, ben)
    with pytest.raises(Forbidden):
        await yard.say(ana, direct)
    await yard.unblock(ben, ana)
    await yard.say(ana, direct)


async def test_where_contacts_alone_write_to_each_other(db: Database, clock: SteppedClock, three: list[int]) -> None:
    ana, ben, cleo = three
    open_yard, yard = Yard(db, clock), Yard(db, clock, "contacts")
    direct = (await open_yard.direct(ana, ben)).id
    with pytest.raises(Forbidden, match="contacts"):
        await yard.say(ana, direct)
    with pytest.raises(Forbidden, match="contacts"):
        await yard.direct(ana, cleo)
    await yard.befriend(ana, ben)
    assert await yard.say(ana, direct)
    group = chat.CreateGroup(client_id="the-group", title="Roof", account_ids=[cleo])
    assert await yard.say(ana, (await yard.conversations.create_group(ana, group)).id)
    await yard.remove(ben, ana)
    with pytest.raises(Forbidden, match="contacts"):
        await yard.say(ben, direct)


async def test_what_a_direct_conversation_knows_is_what_stands_between_the_two(
    yard: Yard, db: Database, three: list[int], place: Any
) -> None:
    ana, ben, cleo = three
    for other in (ben, cleo):
        await yard.direct(ana, other)
    await yard.befriend(ana, ben)
    await yard.block(cleo, ana)
    assert check(place).sentences == []


@pytest.mark.parametrize("command", ["request", "answer", "remove", "block", "unblock"])
@pytest.mark.parametrize("other", ["oneself", "nobody"])
async def test_it_takes_somebody_else(yard: Yard, three: list[int], command: str, other: str) -> None:
    with pytest.raises((Invalid, NotFound)) as refusal:
        await getattr(yard, command)(three[0], three[0] if other == "oneself" else 999)
    assert refusal.value.field == "account_id"


async def test_nobody_writes_to_a_disabled_account_and_whoever_did_is_told(
    yard: Yard, db: Database, place: Path | str, people: People, published: RecordingPublisher
) -> None:
    ana, ben, cleo, dan = await people.add("ana", "ben", "cleo", "dan")
    here = (await yard.direct(ana, ben)).id
    await yard.direct(ben, cleo)
    seq = await yard.say(ana, here)
    await yard.request(ben, ana)
    published.facts.clear()
    await db.write(stored.disable, ben, 1)
    edit = chat.EditMessage(conversation_id=here, seq=seq, text="hello?")
    react = chat.ReactToMessage(conversation_id=here, seq=seq, emoji="👍")
    for refused in (
        lambda: yard.say(ana, here),
        lambda: yard.messages.edit(ana, edit),
        lambda: yard.messages.react(ana, react),
        lambda: yard.direct(dan, ben),
    ):
        with pytest.raises(Forbidden, match="disabled"):
            await refused()
    # Ana has the conversation still, and hears why she cannot write; Cleo never had it in her list.
    seen = await yard.direct(ana, ben)
    assert seen.with_account is not None
    assert seen.with_account.disabled
    changes = [change for change in published.of(records.AccountChange) if change.event == "contact_changed"]
    assert [change.account_id for change in changes] == [ana]
    told = msgspec.json.decode(changes[0].data)["contact"]
    assert (told["account"]["disabled"], told["relation"]) == (True, "received")
    # What the two are to each other may change, and nobody is disabled less for it.
    await yard.block(ana, ben)
    await yard.unblock(ana, ben)
    with pytest.raises(Forbidden, match="disabled"):
        await yard.say(ana, here)
    assert check(place).sentences == []


async def test_an_enabled_account_is_written_to_again_as_what_it_is_to_each(
    yard: Yard, db: Database, place: Path | str, people: People, published: RecordingPublisher
) -> None:
    ana, ben, cleo, dan, eun = await people.add("ana", "ben", "cleo", "dan", "eun")
    directs = {other: (await yard.direct(other, ben)).id for other in (ana, cleo, dan, eun)}
    await yard.befriend(ana, ben)
    await db.write(stored.disable, ben, 1)
    await db.write(stored.disable, dan, 1)
    # What the others do meanwhile holds afterwards.
    await yard.block(cleo, ben)
    published.facts.clear()
    await db.write(stored.enable, ben)
    changes = [change for change in published.of(records.AccountChange) if change.event == "contact_changed"]
    told = {change.account_id: msgspec.json.decode(change.data)["contact"] for change in changes}
    disabled = {other: one["account"].get("disabled", False) for other, one in told.items()}
    assert disabled == dict.fromkeys(directs, False)
    assert told[ana]["relation"] == "contact"
    await yard.say(ana, directs[ana])
    await yard.say(ben, directs[eun])
    with pytest.raises(Forbidden):
        await yard.say(ben, directs[cleo])
    with pytest.raises(Forbidden, match="disabled"):
        await yard.say(ben, directs[dan])
    assert check(place).sentences == []


async def test_accounts_that_are_disabled_are_left_out(yard: Yard, db: Database, three: list[int]) -> None:
    ana, ben, cleo = three
    await yard.befriend(ana, ben)
    await yard.block(ana, cleo)
    for account_id in (ben, cleo):
        await db.write(accounts.disable, account_id, 1)
    assert await yard.relations(ana) == {cleo: "blocked"}
    await yard.remove(ana, ben)
    for account_id in (ben, cleo):
        with pytest.raises((NotFound, Forbidden)):
            await yard.request(ana, account_id)
    assert await yard.unblock(ana, cleo) == "none"


async def test_pages_go_on_behind_their_cursor(yard: Yard, people: People, clock: SteppedClock) -> None:
    ana, *others = await people.add("ana", *(f"friend{number}" for number in range(5)))
    for other in others:
        clock.step(seconds=1)
        await yard.request(other, ana)
    found: list[int] = []
    cursor = None
    while True:
        page = await yard.contacts.list(ana, chat.ListContacts(limit=2, cursor=cursor))
        found += [contact.account.id for contact in page.contacts]
        if (cursor := page.cursor) is None:
            break
    assert found == others[::-1]


async def test_so_many_requests_wait_and_no_more(yard: Yard, three: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    ana, ben, cleo = three
    monkeypatch.setattr(rules, "MOST_WAITING", 1)
    await yard.request(ana, ben)
    with pytest.raises(ChatError, match="wait for an answer"):
        await yard.request(ana, cleo)
    await yard.remove(ana, ben)
    assert await yard.request(ana, cleo) == "sent"


async def test_who_is_kept_apart_is_found_in_one_look(yard: Yard, db: Database, three: list[int]) -> None:
    ana, ben, cleo = three
    await yard.block(ana, ben)
    await yard.block(cleo, ana)
    assert await db.read(stored.kept_apart, ana, [ben, cleo, 99]) == {ben, cleo}
    assert await db.read(stored.kept_apart, ben, [cleo]) == set()
    assert await db.read(stored.kept_apart, ben, []) == set()

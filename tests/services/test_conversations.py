"""Direct conversations and groups: the rules, on a real database."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from server import records
from server.errors import ClientIdConflict, Forbidden, Invalid, NotFound
from server.protocol import chat
from server.services.conversations import Conversations
from server.services.members import Members
from server.services.messages import Messages
from server.storage.database import Database
from tests.conftest import People
from tests.fakes import RecordingPublisher, SteppedClock


class Yard:
    """The rules, and shorthands for asking them."""

    def __init__(self, db: Database, clock: SteppedClock) -> None:
        async def forget_files(keys: list[str]) -> None:
            assert not keys

        self.conversations = Conversations(db, clock)
        self.members = Members(db, clock)
        self.messages = Messages(db, clock, lambda account_id: None, forget_files)

    async def group(self, owner: int, *others: int, title: str = "Roof repair") -> chat.Conversation:
        command = chat.CreateGroup(client_id=f"group-{title}", title=title, account_ids=list(others))
        return await self.conversations.create_group(owner, command)

    async def say(self, who: int, conversation_id: int, text: str) -> None:
        send = chat.SendMessage(conversation_id=conversation_id, client_id=f"{who}-said-{text}", text=text)
        await self.messages.send(who, send)

    async def kinds(self, who: int, conversation_id: int) -> list[tuple[str, object]]:
        command = chat.FetchEntries(conversation_id=conversation_id, after_seq=0)
        page = await self.messages.fetch_entries(who, command)
        return [(entry.kind, msgspec.json.decode(entry.data)) for entry in page.entries]

    async def roles(self, who: int, conversation_id: int) -> dict[int, str]:
        page = await self.members.list(who, chat.ListMembers(conversation_id=conversation_id))
        return {member.account.id: member.role for member in page.members}

    async def view(self, who: int, conversation_id: int) -> chat.Conversation:
        return await self.conversations.get(who, chat.InConversation(conversation_id=conversation_id))


@pytest.fixture
def yard(db: Database, clock: SteppedClock) -> Yard:
    return Yard(db, clock)


async def test_two_people_have_one_direct_conversation(yard: Yard, people: People) -> None:
    ana, ben = await people.add("ana", "ben")
    opened = await asyncio.gather(
        yard.conversations.open_direct(ana, chat.OpenDirect(account_id=ben)),
        yard.conversations.open_direct(ben, chat.OpenDirect(account_id=ana)),
    )
    assert opened[0].id == opened[1].id
    assert (opened[0].title, opened[1].title) == ("Ben", "Ana")
    assert opened[0].with_account is not None
    assert opened[0].with_account.id == ben


async def test_a_direct_conversation_appears_for_the_other_with_the_first_words(
    yard: Yard, people: People, published: RecordingPublisher
) -> None:
    ana, ben = await people.add("ana", "ben")
    opened = await yard.conversations.open_direct(ana, chat.OpenDirect(account_id=ben))
    listed = chat.ListConversations()
    assert (await yard.conversations.list(ben, listed)).conversations == []
    await yard.say(ana, opened.id, "hello")
    [seen] = (await yard.conversations.list(ben, listed)).conversations
    assert (seen.unread, seen.title) == (1, "Ana")
    told = [fact for fact in published.facts if not isinstance(fact, records.ReadMark)]
    assert [type(fact) for fact in told[-2:]] == [records.AccountChange, records.Entry]
    assert isinstance(told[-2], records.AccountChange)
    assert (told[-2].account_id, told[-2].event) == (ben, "conversation_added")


@pytest.mark.parametrize("other", ["oneself", "nobody"])
async def test_a_direct_conversation_needs_somebody_else(yard: Yard, people: People, other: str) -> None:
    [ana] = await people.add("ana")
    account_id = ana if other == "oneself" else 999
    with pytest.raises((Invalid, NotFound)) as refusal:
        await yard.conversations.open_direct(ana, chat.OpenDirect(account_id=account_id))
    assert refusal.value.field == "account_id"


async def test_a_repeated_creation_gets_the_same_group(yard: Yard, people: People) -> None:
    ana, ben = await people.add("ana", "ben")
    first = await yard.group(ana, ben)
    assert (await yard.group(ana, ben)).id == first.id
    command = chat.CreateGroup(client_id="group-Roof repair", title="Lunch", account_ids=[ben])
    with pytest.raises(ClientIdConflict):
        await yard.conversations.create_group(ana, command)


async def test_a_group_with_unknown_people_is_not_made(yard: Yard, people: People) -> None:
    [ana] = await people.add("ana")
    with pytest.raises(NotFound):
        await yard.group(ana, 999)
    assert (await yard.conversations.list(ana, chat.ListConversations())).conversations == []


async def test_titles_are_cleaned(yard: Yard, people: People) -> None:
    [ana] = await people.add("ana")
    group = await yard.group(ana, title="  Roof\u202e   repair ")
    assert group.title == "Roof repair"
    with pytest.raises(Invalid) as refusal:
        await yard.group(ana, title="\u202e ")
    assert refusal.value.field == "title"


async def test_strangers_and_former_members_know_nothing(yard: Yard, people: People) -> None:
    ana, ben, zed = await people.add("ana", "ben", "zed")
    group = await yard.group(ana, ben)
    await yard.members.remove(ana, chat.RemoveMember(conversation_id=group.id, account_id=ben))
    for who in (ben, zed):
        for ask in (yard.view, yard.kinds, yard.roles):
            with pytest.raises(NotFound):
                await ask(who, group.id)
        with pytest.raises(NotFound):
            await yard.say(who, group.id, "hello?")


async def test_each_change_of_membership_is_a_line_of_the_log(yard: Yard, people: People) -> None:
    ana, ben, cleo = await people.add("ana", "ben", "cleo")
    group = await yard.group(ana, ben)
    await yard.members.add(ana, chat.AddMembers(conversation_id=group.id, account_ids=[cleo, ben]))
    await yard.members.set_role(ana, chat.SetRole(conversation_id=group.id, account_id=ben, role="admin"))
    await yard.members.remove(ben, chat.RemoveMember(conversation_id=group.id, account_id=cleo))
    lines = await yard.kinds(ana, group.id)
    assert [kind for kind, _ in lines] == ["member_added"] * 3 + ["role_changed", "member_removed"]
    assert lines[-1][1] == {"account_id": cleo, "role": "member", "by": "admin"}
    assert await yard.roles(ana, group.id) == {ana: "owner", ben: "admin"}
    assert (await yard.view(ana, group.id)).member_count == 2


async def test_roles_decide_who_may(yard: Yard, people: People) -> None:
    ana, ben, cleo = await people.add("ana", "ben", "cleo")
    group = await yard.group(ana, ben, cleo)
    rename = chat.ChangeConversation(conversation_id=group.id, title="Lunch")
    for refused in (
        yard.conversations.change(ben, rename),
        yard.members.remove(ben, chat.RemoveMember(conversation_id=group.id, account_id=cleo)),
        yard.members.set_role(ben, chat.SetRole(conversation_id=group.id, account_id=cleo, role="admin")),
    ):
        with pytest.raises(Forbidden):
            await refused
    await yard.members.set_role(ana, chat.SetRole(conversation_id=group.id, account_id=ben, role="admin"))
    assert (await yard.conversations.change(ben, rename)).title == "Lunch"
    with pytest.raises(Forbidden):
        await yard.members.remove(ben, chat.RemoveMember(conversation_id=group.id, account_id=ana))


async def test_an_owner_who_leaves_hands_over_and_the_last_one_dissolves(yard: Yard, people: People) -> None:
    ana, ben, cleo = await people.add("ana", "ben", "cleo")
    group = await yard.group(ana, ben, cleo)
    await yard.members.set_role(ana, chat.SetRole(conversation_id=group.id, account_id=cleo, role="admin"))
    leave = chat.InConversation(conversation_id=group.id)
    await yard.members.leave(ana, leave)
    assert await yard.roles(ben, group.id) == {ben: "member", cleo: "owner"}
    await yard.members.leave(cleo, leave)
    assert await yard.roles(ben, group.id) == {ben: "owner"}
    await yard.members.leave(ben, leave)
    assert (await yard.conversations.list(ben, chat.ListConversations())).conversations == []


async def test_nobody_leaves_a_direct_conversation(yard: Yard, people: People) -> None:
    ana, ben = await people.add("ana", "ben")
    direct = await yard.conversations.open_direct(ana, chat.OpenDirect(account_id=ben))
    for refused in (
        yard.members.leave(ana, chat.InConversation(conversation_id=direct.id)),
        yard.members.add(ana, chat.AddMembers(conversation_id=direct.id, account_ids=[ben])),
        yard.conversations.change(ana, chat.ChangeConversation(conversation_id=direct.id, title="Us")),
    ):
        with pytest.raises(Forbidden):
            await refused


async def test_what_was_said_before_joining_is_read(yard: Yard, people: People) -> None:
    ana, ben = await people.add("ana", "ben")
    group = await yard.group(ana)
    await yard.say(ana, group.id, "before")
    await yard.members.add(ana, chat.AddMembers(conversation_id=group.id, account_ids=[ben]))
    await yard.say(ana, group.id, "after")
    assert (await yard.view(ben, group.id)).unread == 1
    page = await yard.messages.fetch_messages(ben, chat.FetchMessages(conversation_id=group.id))
    assert [message.text for message in page.messages] == ["before", "after"]


async def test_a_change_that_changes_nothing_writes_nothing(yard: Yard, people: People) -> None:
    [ana] = await people.add("ana")
    group = await yard.group(ana, title="Lunch")
    await yard.conversations.change(ana, chat.ChangeConversation(conversation_id=group.id, title="Lunch"))
    assert (await yard.view(ana, group.id)).head_seq == group.head_seq


async def test_preferences_are_ones_own_and_told_to_ones_devices(
    yard: Yard, people: People, published: RecordingPublisher
) -> None:
    ana, ben = await people.add("ana", "ben")
    group = await yard.group(ana, ben)
    choice = chat.SetPreferences(conversation_id=group.id, pinned=True, muted_until=5)
    assert (await yard.conversations.set_preferences(ana, choice)).pinned
    assert not (await yard.view(ben, group.id)).preferences.pinned
    change = published.of(records.AccountChange)[-1]
    assert (change.account_id, change.event) == (ana, "preferences_changed")
    end = chat.SetPreferences(conversation_id=group.id, muted_until=0)
    assert (await yard.conversations.set_preferences(ana, end)).muted_until is None


async def test_conversations_are_listed_by_activity_page_by_page(
    yard: Yard, people: People, clock: SteppedClock
) -> None:
    [ana] = await people.add("ana")
    groups = []
    for n in range(5):
        clock.step(seconds=1)
        groups.append((await yard.group(ana, title=f"Group {n}")).id)
    clock.step(seconds=1)
    await yard.say(ana, groups[0], "I am first again")
    first = await yard.conversations.list(ana, chat.ListConversations(limit=3))
    rest = await yard.conversations.list(ana, chat.ListConversations(limit=3, cursor=first.cursor))
    shown = [view.id for view in (*first.conversations, *rest.conversations)]
    assert shown == [groups[0], groups[4], groups[3], groups[2], groups[1]]
    assert rest.cursor is None
    with pytest.raises(Invalid) as refusal:
        await yard.conversations.list(ana, chat.ListConversations(cursor="x-1"))
    assert refusal.value.field == "cursor"


async def test_members_are_listed_page_by_page(yard: Yard, people: People) -> None:
    ids = await people.add(*(f"person{n}" for n in range(7)))
    group = await yard.group(ids[0], *ids[1:])
    first = await yard.members.list(ids[0], chat.ListMembers(conversation_id=group.id, limit=4))
    rest = await yard.members.list(ids[0], chat.ListMembers(conversation_id=group.id, limit=4, cursor=first.cursor))
    assert [member.account.id for member in (*first.members, *rest.members)] == ids
    assert rest.cursor is None

"""Groups: open ones, their rules, handing over and dissolving, on a real database."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from server.errors import Forbidden, Invalid, NotFound
from server.protocol import chat
from server.services.accounts import Accounts
from server.services.attempts import Attempts
from server.services.passwords import Passwords
from server.storage import files
from server.storage.checking.checking import check
from server.storage.database import Database
from tests.conftest import People
from tests.fakes import RecordingPublisher, SteppedClock
from tests.services.group_yard import Yard, lines

Asked = Callable[[], Coroutine[Any, Any, Any]]


@pytest.fixture
def yard(db: Database, clock: SteppedClock) -> Yard:
    return Yard(db, clock)


# Open conversations


async def test_open_conversations_are_found_and_joined_and_others_are_not(yard: Yard, people: People) -> None:
    ana, ben = await people.add("ana", "ben")
    square = await yard.group(ana, title="Town square", open=True, description="점심 모임")
    closed = await yard.group(ana, title="Town secrets")
    found = await yard.conversations.find_open(ben, chat.FindOpenConversations(query="TOWN"))
    assert [(one.id, one.joined) for one in found.conversations] == [(square, False)]
    for query in ("squ", "ㅈ", "점시", ""):
        page = await yard.conversations.find_open(ben, chat.FindOpenConversations(query=query))
        assert [one.id for one in page.conversations] == [square], query
    assert (await yard.conversations.find_open(ben, chat.FindOpenConversations(query="own"))).conversations == []
    joined = await yard.invites.join_open(ben, chat.InConversation(conversation_id=square))
    assert (joined.kind, joined.role, joined.member_count) == ("open", "member", 2)
    assert (await yard.invites.join_open(ben, chat.InConversation(conversation_id=square))).member_count == 2
    assert (await yard.conversations.find_open(ben, chat.FindOpenConversations())).conversations[0].joined
    for place in (closed, 999):
        with pytest.raises(NotFound):
            await yard.invites.join_open(ben, chat.InConversation(conversation_id=place))


async def test_whoever_was_removed_comes_back_when_somebody_adds_them(
    yard: Yard, people: People, place: Path | str
) -> None:
    ana, ben, cleo = await people.add("ana", "ben", "cleo")
    square = await yard.group(ana, cleo, title="Town square", open=True)
    here = chat.InConversation(conversation_id=square)
    code = await yard.link(ana, square)
    await yard.invites.join_open(ben, here)
    await yard.members.leave(ben, here)
    await yard.invites.join_open(ben, here)  # who went alone comes back alone
    await yard.members.remove(ana, chat.RemoveMember(conversation_id=square, account_id=ben))
    for alone in (
        lambda: yard.invites.join_open(ben, here),
        lambda: yard.join(ben, code),
        lambda: yard.invites.preview(code, "10.0.0.1", ben),
    ):
        with pytest.raises(Forbidden, match="You were removed"):
            await alone()
    assert (await yard.conversations.find_open(ben, chat.FindOpenConversations())).conversations == []
    assert check(place).sentences == []
    # Cleo is no admin, but may add people here.
    await yard.members.add(cleo, chat.AddMembers(conversation_id=square, account_ids=[ben]))
    await yard.members.leave(ben, here)
    assert [
        one.id for one in (await yard.conversations.find_open(ben, chat.FindOpenConversations())).conversations
    ] == [square]
    assert (await yard.invites.join_open(ben, here)).member_count == 3
    assert check(place).sentences == []


async def test_open_conversations_come_in_pages(yard: Yard, people: People, clock: SteppedClock) -> None:
    ana, ben = await people.add("ana", "ben")
    made = []
    for number in range(5):
        clock.step(seconds=number % 2)
        made.append(await yard.group(ana, title=f"Room {number}", open=True, client_id=f"room-{number:04}"))
    seen: list[int] = []
    cursor: str | None = None
    while True:
        page = await yard.conversations.find_open(ben, chat.FindOpenConversations(limit=2, cursor=cursor))
        seen += [one.id for one in page.conversations]
        if (cursor := page.cursor) is None:
            break
    assert seen == made[::-1]


async def test_every_new_account_joins_the_welcome_conversation(yard: Yard, people: People, db: Database) -> None:
    [ana] = await people.add("ana")
    square = await yard.group(ana, open=True)
    closed = await yard.group(ana)
    passwords = Passwords(4)
    for number, welcome in enumerate((square, closed, 999)):
        accounts = Accounts(
            db, lambda: 5, passwords, Attempts(), registration="open", is_local=True, welcome_conversation=welcome
        )
        await accounts.create(f"new{number}", "", "person", "a long enough sentence")
    passwords.close()
    assert (await yard.view(ana, square)).member_count == 2
    assert (await yard.view(ana, closed)).member_count == 1


# Rules


async def test_what_newcomers_see_is_a_rule_of_the_group(
    yard: Yard, people: People, published: RecordingPublisher
) -> None:
    ana, ben, cleo = await people.add("ana", "ben", "cleo")
    where = await yard.group(ana)
    await yard.say(ana, where, "before")
    add = partial(chat.AddMembers, conversation_id=where)
    assert (await yard.rule(ana, where, history="joined")).rules.history == "joined"
    await yard.members.add(ana, add(account_ids=[ben]))
    await yard.rule(ana, where, history="all")
    await yard.members.add(ana, add(account_ids=[cleo]))
    await yard.say(ana, where, "after")
    assert await yard.texts(ben, where) == ["after"]
    assert await yard.texts(cleo, where) == ["before", "after"]
    assert (await yard.view(ben, where)).unread == 1
    said = [data for kind, _, data in lines(published, where) if kind == "conversation_changed"]
    assert said == ['{"rules":{"history":"joined"}}', '{"rules":{"history":"all"}}']


async def test_who_may_write_and_call_everybody_is_a_rule_of_the_group(yard: Yard, people: People) -> None:
    ana, ben = await people.add("ana", "ben")
    where = await yard.group(ana, ben)
    with pytest.raises(Forbidden):
        await yard.rule(ben, where, post="admin")
    await yard.rule(ana, where, post="admin", mention_all="member")
    with pytest.raises(Forbidden, match="Only admins can post"):
        await yard.say(ben, where, "me too")
    await yard.role(ana, where, ben, "admin")
    await yard.say(ben, where, "now")
    await yard.rule(ana, where, post="member")
    await yard.role(ana, where, ben, "member")
    await yard.say(ben, where, "@all come")
    page = await yard.messages.fetch_messages(ana, chat.FetchMessages(conversation_id=where))
    assert page.messages[-1].mentions == ["all"]


async def test_what_stays_the_same_is_not_written(yard: Yard, people: People, published: RecordingPublisher) -> None:
    [ana] = await people.add("ana")
    where = await yard.group(ana)
    before = len(lines(published, where))
    view = await yard.rule(ana, where, history="all", post="member")
    assert view.rules.history == "all"
    assert len(lines(published, where)) == before


# The picture


async def picture(db: Database, account_id: int, *, has_thumbnail: bool = True, key: str = "a-key") -> int:
    def create() -> int:
        return files.create(
            account_id=account_id, key=key, name="roof.png", media_type="image/png", size_bytes=5,
            created_at=0, has_thumbnail=has_thumbnail,
        ).id  # fmt: skip

    return await db.write(create)


async def test_a_group_has_a_picture_that_stays_as_long_as_it_is_one(yard: Yard, people: People, db: Database) -> None:
    ana, ben, zed = await people.add("ana", "ben", "zed")
    first, other = await picture(db, ana), await picture(db, ana, key="another")
    where = await yard.group(ana, ben, picture_file_id=first)
    assert (await yard.view(ben, where)).picture_url == f"/api/v1/conversations/{where}/picture?v={first}"
    assert (await db.read(files.picture_of_conversation, where, ben)).id == first
    with pytest.raises(NotFound):
        await db.read(files.picture_of_conversation, where, zed)
    with pytest.raises(Invalid):
        await yard.messages.send(
            ana, chat.SendMessage(conversation_id=where, client_id="with-its-face", text="", file_ids=[first])
        )
    assert await db.write(files.release_orphans, 1000) == ["another"]
    with pytest.raises(Invalid) as gone:
        await yard.conversations.change(ana, chat.ChangeConversation(conversation_id=where, picture_file_id=other))
    assert gone.value.field == "picture_file_id"
    view = await yard.conversations.change(ana, chat.ChangeConversation(conversation_id=where, picture_file_id=0))
    assert view.picture_url is None
    assert await db.write(files.release_orphans, 1000) == ["a-key"]


@pytest.mark.parametrize("whose", ["another's", "no picture"])
async def test_only_a_picture_of_one_s_own_can_be_a_group_s(
    yard: Yard, people: People, db: Database, whose: str
) -> None:
    ana, ben = await people.add("ana", "ben")
    where = await yard.group(ana, ben)
    file_id = await picture(db, ben) if whose == "another's" else await picture(db, ana, has_thumbnail=False)
    with pytest.raises(Invalid) as refused:
        await yard.conversations.change(ana, chat.ChangeConversation(conversation_id=where, picture_file_id=file_id))
    assert refused.value.field == "picture_file_id"


# Handing over and dissolving


async def test_a_group_is_handed_over(yard: Yard, people: People, published: RecordingPublisher) -> None:
    ana, ben, cleo = await people.add("ana", "ben", "cleo")
    where = await yard.group(ana, ben, cleo)
    to_ben = chat.HandOver(conversation_id=where, account_id=ben)
    with pytest.raises(Forbidden):
        await yard.members.hand_over(cleo, to_ben)
    assert (await yard.members.hand_over(ana, to_ben)).role == "admin"
    assert await yard.roles(ana, where) == {ana: "admin", ben: "owner", cleo: "member"}
    # Asked again because the answer was lost.
    assert (await yard.members.hand_over(ana, to_ben)).role == "admin"
    assert [kind for kind, _, _ in lines(published, where)][-2:] == ["role_changed"] * 2
    with pytest.raises(NotFound):
        await yard.members.hand_over(ben, chat.HandOver(conversation_id=where, account_id=999))


async def test_a_dissolved_group_is_read_and_nobody_writes(
    yard: Yard, people: People, published: RecordingPublisher
) -> None:
    ana, ben, zed = await people.add("ana", "ben", "zed")
    where = await yard.group(ana, ben, open=True)
    seq = await yard.say(ben, where, "the last word")
    code = await yard.link(ben, where)
    here = chat.InConversation(conversation_id=where)
    with pytest.raises(Forbidden):
        await yard.conversations.dissolve(ben, here)
    await yard.conversations.dissolve(ana, here)
    await yard.conversations.dissolve(ana, here)
    assert [kind for kind, _, _ in lines(published, where)].count("conversation_dissolved") == 1
    assert (await yard.view(ben, where)).dissolved_at is not None
    assert await yard.texts(ben, where) == ["the last word"]
    message = {"conversation_id": where, "seq": seq}
    refused: list[Asked] = [
        lambda: yard.say(ben, where, "one more"),
        lambda: yard.messages.edit(ben, chat.EditMessage(**message, text="changed")),
        lambda: yard.messages.react(ana, chat.ReactToMessage(**message, emoji="👍")),
        lambda: yard.conversations.change(ana, chat.ChangeConversation(conversation_id=where, title="New")),
        lambda: yard.members.add(ana, chat.AddMembers(conversation_id=where, account_ids=[zed])),
        lambda: yard.members.remove(ana, chat.RemoveMember(conversation_id=where, account_id=ben)),
        lambda: yard.role(ana, where, ben, "admin"),
        lambda: yard.members.hand_over(ana, chat.HandOver(conversation_id=where, account_id=ben)),
        lambda: yard.link(ana, where),
    ]
    for ask in refused:
        with pytest.raises(Forbidden):
            await ask()
    for ask in (lambda: yard.join(zed, code), lambda: yard.invites.join_open(zed, here)):
        with pytest.raises(NotFound):
            await ask()
    assert (await yard.conversations.find_open(zed, chat.FindOpenConversations())).conversations == []
    # One's own words can be taken back, and one can go; nobody inherits what has ended.
    await yard.messages.delete(ben, chat.DeleteMessage(**message))
    ended_at = (await yard.view(ben, where)).dissolved_at
    await yard.members.leave(ana, here)
    assert await yard.roles(ben, where) == {ben: "member"}
    assert (await yard.view(ben, where)).dissolved_at == ended_at

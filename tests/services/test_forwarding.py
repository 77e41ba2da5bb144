"""What is forwarded: only what one may see, once, with its files, and what becomes of it when the first one goes."""

from __future__ import annotations

import msgspec
import pytest

from server.errors import ClientIdConflict, Forbidden, NotFound
from server.protocol import chat
from server.storage import files
from server.storage.database import Database
from tests.conftest import People
from tests.services.test_messages import Yard, yard
from tests.storage.test_files import add, sees

__all__ = ["yard"]

LABEL = "forwarded-1"


async def direct(yard: Yard, who: int, other: int) -> int:
    return (await yard.conversations.open_direct(who, chat.OpenDirect(account_id=other))).id


async def forward(yard: Yard, who: int, seq: int, to: int, client_id: str = LABEL, origin: int = 0) -> chat.MessageSent:
    command = chat.ForwardMessage(
        conversation_id=origin or yard.group, seq=seq, to_conversation_id=to, client_id=client_id
    )
    return await yard.messages.forward(who, command)


async def newest(yard: Yard, who: int, where: int) -> chat.Message:
    page = await yard.messages.fetch_messages(who, chat.FetchMessages(conversation_id=where))
    return page.messages[-1]


async def delete(yard: Yard, who: int, where: int, seq: int) -> None:
    await yard.messages.delete(who, chat.DeleteMessage(conversation_id=where, seq=seq))


async def test_the_words_come_with_who_wrote_them_first(yard: Yard, people: People) -> None:
    first = await yard.send(people["ana"], "Tiles on Monday, @ben and @all")
    place = await direct(yard, people["ben"], people["cleo"])
    sent = await forward(yard, people["ben"], first.seq, place)
    shown = await newest(yard, people["cleo"], place)
    assert (shown.seq, shown.sender_id, shown.text) == (sent.seq, people["ben"], "Tiles on Monday, @ben and @all")
    assert shown.forward_of == chat.Origin(sender_id=people["ana"], sent_at=first.sent_at)
    assert shown.mentions == [], "nobody is called by what is forwarded"
    again = await direct(yard, people["cleo"], people["ana"])
    await forward(yard, people["cleo"], sent.seq, again, origin=place)
    assert (await newest(yard, people["ana"], again)).forward_of == shown.forward_of, "the first author stays"


async def test_nobody_changes_what_somebody_else_is_named_for(yard: Yard, people: People) -> None:
    first = await yard.send(people["ana"], "Tiles on Monday")
    place = await direct(yard, people["ben"], people["cleo"])
    sent = await forward(yard, people["ben"], first.seq, place)
    with pytest.raises(Forbidden, match="forwarded"):
        await yard.messages.edit(people["ben"], chat.EditMessage(conversation_id=place, seq=sent.seq, text="Never"))
    assert (await newest(yard, people["cleo"], place)).text == "Tiles on Monday"


async def test_a_repeat_gets_the_first_answer_whatever_became_of_the_origin(yard: Yard, people: People) -> None:
    first = await yard.send(people["ana"], "Tiles on Monday")
    place = await direct(yard, people["ben"], people["cleo"])
    sent = await forward(yard, people["ben"], first.seq, place)
    await yard.messages.edit(
        people["ana"], chat.EditMessage(conversation_id=yard.group, seq=first.seq, text="Tiles on Tuesday")
    )
    await delete(yard, people["ana"], yard.group, first.seq)
    await yard.members.leave(people["ben"], chat.InConversation(conversation_id=yard.group))
    assert await forward(yard, people["ben"], first.seq, place) == msgspec.structs.replace(sent, duplicate=True)
    assert (await newest(yard, people["cleo"], place)).text == "Tiles on Monday"


async def test_another_message_under_the_same_label_is_a_conflict(yard: Yard, people: People) -> None:
    first = await yard.send(people["ana"], "one")
    other = await yard.send(people["cleo"], "two")
    place = await direct(yard, people["ben"], people["cleo"])
    await forward(yard, people["ben"], first.seq, place)
    with pytest.raises(ClientIdConflict):
        await forward(yard, people["ben"], other.seq, place)
    with pytest.raises(ClientIdConflict):
        await yard.send(people["ben"], "one", LABEL)


async def test_only_what_one_may_see_and_where_one_may_write(yard: Yard, people: People) -> None:
    [dan] = await people.add("dan")
    secret = await yard.send(people["ana"], "secret")
    gone = await yard.send(people["ana"], "gone")
    await delete(yard, people["ana"], yard.group, gone.seq)
    place = await direct(yard, dan, people["cleo"])
    with pytest.raises(NotFound):
        await forward(yard, dan, secret.seq, place)
    with pytest.raises(NotFound):
        await forward(yard, people["ben"], secret.seq, place)
    with pytest.raises(Forbidden, match="deleted"):
        await forward(yard, people["ana"], gone.seq, yard.group)
    with pytest.raises(NotFound):
        await forward(yard, people["ana"], 1, yard.group)  # a line that says who came
    assert await yard.texts(people["ana"]) == ["secret", ""]


async def test_files_are_in_both_places_until_each_is_deleted(yard: Yard, people: People, db: Database) -> None:
    [dan] = await people.add("dan")
    stored = await add(db, people["ana"], "key-of-the-plan")
    first = await yard.send(people["ana"], "the plan", file_ids=[stored.id])
    place = await direct(yard, people["ben"], dan)
    sent = await forward(yard, people["ben"], first.seq, place)
    [copy] = (await newest(yard, dan, place)).attachments
    assert copy.id != stored.id
    assert [await sees(db, copy, who) for who in (dan, people["ben"], people["ana"])] == [True, True, False]
    assert not await sees(db, stored, dan)
    await delete(yard, people["ana"], yard.group, first.seq)
    assert await sees(db, copy, dan)
    assert yard.forgotten == [], "the other message has the bytes too"
    assert (await db.read(files.get, copy.id)).key == "key-of-the-plan"
    await delete(yard, people["ben"], place, sent.seq)
    assert yard.forgotten == ["key-of-the-plan"]

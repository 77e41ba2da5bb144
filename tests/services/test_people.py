"""What happened to one's own account, asked for by a device that was away."""

from __future__ import annotations

import msgspec

from server.protocol import chat
from server.services.people import People as Service
from server.storage.database import Database
from tests.conftest import People
from tests.fakes import SteppedClock
from tests.services.test_messages import Yard


async def changes(db: Database, account_id: int) -> list[tuple[str, chat.Conversation | None]]:
    found = await Service(db).changes(account_id, chat.FetchAccountChanges(after_version=0))
    told = msgspec.json.decode(msgspec.json.encode(found), type=chat.AccountChanges)
    return [
        (
            one.event,
            msgspec.convert(one.data["conversation"], chat.Conversation) if "conversation" in one.data else None,
        )
        for one in told.changes
    ]


async def test_a_new_conversation_is_told_as_it_is_now(db: Database, clock: SteppedClock, people: People) -> None:
    ana, ben, cleo = await people.add("ana", "ben", "cleo")
    yard = Yard(db, clock)
    first = chat.CreateGroup(client_id="the-first-group", title="Roof repair", account_ids=[ben])
    yard.group = (await yard.conversations.create_group(ana, first)).id
    secret = await yard.send(ana, "the key lies under the pot")
    await yard.members.add(ana, chat.AddMembers(conversation_id=yard.group, account_ids=[cleo]))
    await yard.messages.delete(ana, chat.DeleteMessage(conversation_id=yard.group, seq=secret.seq))
    [(event, told)] = await changes(db, cleo)
    assert event == "conversation_added"
    assert told is not None
    assert told.last_message is not None
    assert (told.last_message.text, told.last_message.deleted) == ("", True)
    await yard.send(ana, "the key is here")
    [(_, told)] = await changes(db, cleo)
    assert told is not None
    assert told.last_message is not None
    assert told.last_message.text == "the key is here"
    await yard.members.remove(ana, chat.RemoveMember(conversation_id=yard.group, account_id=cleo))
    (_, told), (event, _) = await changes(db, cleo)
    assert event == "conversation_removed"
    assert told is not None
    assert (told.title, told.last_message) == ("Roof repair", None)

"""Where is my message: what its sender is told, and what an admin of the server is told, on a real database."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from server.errors import Forbidden, NotFound
from server.protocol import chat
from server.realtime.everywhere import Everywhere
from server.realtime.online import Connection, Online
from server.realtime.rooms import CHAT
from server.realtime.verified import Verified
from server.services.members import Members
from server.services.traces import Traces
from server.storage import people, receipts
from server.storage.unit import execute_many
from tests.followers.yard import Yard, yard

__all__ = ["yard"]


class Delivered:
    """A worker that has delivered up to ``complete``."""

    complete = 0

    def has_delivered(self, conversation_id: int, seq: int, position: int) -> bool:
        return position <= self.complete


class Desk:
    """The desk where one asks: ana, ben and cleo in a group, and dana who is an admin of the server."""

    def __init__(self, yard: Yard) -> None:
        self.yard = yard
        self.online = Online(grace_s=0)
        self.delivered = Delivered()
        verified = Verified("w1")
        verified.start(self.delivered, None)
        self.traces = Traces(yard.db, Everywhere(self.online), verified, "notifier")
        self.ana = self.ben = self.cleo = self.dana = self.group = 0

    async def open(self) -> None:
        yard = self.yard
        self.ana, self.ben, self.cleo, self.dana = [await yard.person(name) for name in ("Ana", "Ben", "Cleo", "Dana")]
        await self.set_role(self.dana, "admin")
        self.group = await yard.group("Garden", self.ana, self.ben, self.cleo)
        yard.now.step(1000)

    async def set_role(self, account_id: int, role: str) -> None:
        await self.yard.db.write(execute_many, "update account set role = ? where id = ?", [(role, account_id)])

    async def ask(self, who: int, seq: int, where: int = 0, **more: object) -> chat.Trace:
        return await self.traces.trace(who, chat.TraceMessage(conversation_id=where or self.group, seq=seq, **more))

    async def notified(self, account_id: int, seq: int, where: int = 0) -> tuple[str, str | None]:
        """What the inbox of one has of a message, as an admin sees it: its state, and its type or the reason."""
        trace = await self.ask(self.dana, seq, where)
        [member] = [one for one in trace.members or [] if one.account.id == account_id]
        assert member.notified is not None
        return member.notified.state, member.notified.type or member.notified.reason


@pytest.fixture
async def desk(yard: Yard) -> Desk:
    desk = Desk(yard)
    await desk.open()
    return desk


async def test_a_sender_is_told_what_receipts_show_and_no_more(desk: Desk) -> None:
    seq = await desk.yard.say(desk.ana, desk.group, "The roses are out")
    await desk.yard.db.write(receipts.mark_received, desk.ben, desk.group, seq, 20)
    trace = await desk.ask(desk.ana, seq)
    assert (trace.as_admin, trace.people, trace.received, trace.read) == (False, 2, 1, 0)
    assert (trace.stored.at, trace.stored.position, trace.sent.workers) == (desk.yard.now(), None, None)
    assert [(one.account.id, one.received, one.read) for one in trace.members or []] == [
        (desk.ben, True, False),
        (desk.cleo, False, False),
    ]
    assert [(one.presence, one.devices, one.notified) for one in trace.members or []] == [(None, None, None)] * 2
    await desk.yard.read(desk.cleo, desk.group, seq)
    trace = await desk.ask(desk.ana, seq)
    assert (trace.received, trace.read) == (2, 1), "what was read was received"


async def test_whoever_hides_how_far_they_read_is_not_counted_for_a_sender(desk: Desk) -> None:
    async def hide(who: int, hides: bool) -> None:
        await desk.yard.db.write(people.set_privacy, who, None, hides, 20, 1)

    seq = await desk.yard.say(desk.ana, desk.group, "The roses are out")
    for reader in (desk.ben, desk.cleo):
        await desk.yard.read(reader, desk.group, seq)
    await hide(desk.ben, True)
    trace = await desk.ask(desk.ana, seq)
    assert (trace.people, trace.received, trace.read) == (2, 1, 1)
    reached = {one.account.id: (one.received, one.read) for one in trace.members or []}
    assert reached == {desk.ben: (None, None), desk.cleo: (True, True)}
    # An admin of the server sees everything.
    assert (await desk.ask(desk.dana, seq)).read == 2
    # Whoever hides sees it of nobody.
    await hide(desk.ben, False)
    await hide(desk.ana, True)
    trace = await desk.ask(desk.ana, seq)
    assert (trace.people, trace.received, trace.read) == (2, None, None)
    assert {(one.received, one.read) for one in trace.members or []} == {(None, None)}


async def test_it_is_sent_when_the_worker_has_delivered_it(desk: Desk) -> None:
    seq = await desk.yard.say(desk.ana, desk.group, "The roses are out")
    assert not (await desk.ask(desk.ana, seq)).sent.everywhere
    trace = await desk.ask(desk.dana, seq)
    assert trace.sent.workers == [chat.TraceWorker(name="w1", sent=False)]
    assert trace.stored.position is not None
    desk.delivered.complete = trace.stored.position
    assert (await desk.ask(desk.ana, seq)).sent.everywhere


async def test_only_the_sender_and_admins_of_the_server_may_ask(desk: Desk) -> None:
    eve = await desk.yard.person("Eve")
    seq = await desk.yard.say(desk.ana, desk.group, "The roses are out")
    with pytest.raises(Forbidden, match="your own messages"):
        await desk.ask(desk.ben, seq)
    with pytest.raises(NotFound, match="no such conversation"):
        await desk.ask(eve, seq)
    for who in (desk.ana, desk.dana):
        with pytest.raises(NotFound, match="no such message"):
            await desk.ask(who, seq + 1)
        with pytest.raises(NotFound, match="no such message"):
            await desk.ask(who, 1)  # an entry that is no message
    with pytest.raises(NotFound, match="no such conversation"):
        await desk.ask(desk.dana, seq, where=999)
    await desk.yard.remove(desk.group, desk.ana, desk.ben)
    with pytest.raises(NotFound, match="no such conversation"):
        await desk.ask(desk.ben, seq)


async def test_in_a_large_conversation_a_sender_is_told_how_many_have_read_it_and_not_who(desk: Desk) -> None:
    seq = await desk.yard.say(desk.ana, desk.group, "The roses are out")
    await desk.yard.read(desk.ben, desk.group, seq)
    large = "update conversation set member_count = 21 where id = ?"
    await desk.yard.db.write(execute_many, large, [(desk.group,)])
    trace = await desk.ask(desk.ana, seq)
    assert (trace.people, trace.received, trace.read, trace.members) == (2, None, 1, None)
    trace = await desk.ask(desk.dana, seq)
    assert (trace.received, trace.read) == (None, 1)
    assert [(one.received, one.read) for one in trace.members or []] == [(True, True), (None, False)]


async def test_an_admin_pages_through_the_members(desk: Desk) -> None:
    seq = await desk.yard.say(desk.ana, desk.group, "The roses are out")
    first = await desk.ask(desk.dana, seq, limit=1)
    assert [one.account.id for one in first.members or []] == [desk.ben]
    assert first.people == 2
    second = await desk.ask(desk.dana, seq, limit=1, cursor=first.cursor)
    assert ([one.account.id for one in second.members or []], second.cursor) == ([desk.cleo], None)


async def test_who_came_later_was_not_sent_it(desk: Desk) -> None:
    seq = await desk.yard.say(desk.ana, desk.group, "The roses are out")
    desk.yard.now.step(1000)
    eve = await desk.yard.person("Eve")
    add = chat.AddMembers(conversation_id=desk.group, account_ids=[eve])
    await Members(desk.yard.db, desk.yard.now).add(desk.ana, add)
    for who in (desk.ana, desk.dana):
        trace = await desk.ask(who, seq)
        assert (trace.people, [one.account.id for one in trace.members or []]) == (2, [desk.ben, desk.cleo])


async def test_an_admin_sees_who_is_here(desk: Desk) -> None:
    seq = await desk.yard.say(desk.ana, desk.group, "The roses are out")
    for sid, session in (("desk", 1), ("phone", 2), ("bell", 2)):
        desk.online.add(Connection(sid, CHAT, desk.ben, session, 0))
    trace = await desk.ask(desk.dana, seq)
    assert [(one.presence, one.devices) for one in trace.members or []] == [("online", 2), ("offline", 0)]
    desk.online.close()


Choice = Callable[[Desk], dict[str, object]]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (lambda desk: {}, ("unread", "mention")),
        (lambda desk: {"notify": "mentions"}, ("unread", "mention")),
        (lambda desk: {"notify": "nothing"}, ("none", "chose_nothing")),
        (lambda desk: {"muted_until": desk.yard.now() + 1}, ("none", "muted")),
        (lambda desk: {"muted_until": desk.yard.now()}, ("unread", "mention")),
    ],
)
async def test_an_admin_sees_why_an_inbox_has_nothing(desk: Desk, choice: Choice, expected: tuple[str, str]) -> None:
    if chosen := choice(desk):
        await desk.yard.prefer(desk.ben, desk.group, **chosen)
    seq = await desk.yard.say(desk.ana, desk.group, "@ben the roses are out")
    assert await desk.notified(desk.ben, seq) == ("none", "waiting")
    assert await desk.notified(desk.cleo, seq) == ("none", "not_called")
    await desk.yard.notify()
    assert await desk.notified(desk.ben, seq) == expected
    assert await desk.notified(desk.cleo, seq) == ("none", "not_called")


async def test_direct_messages_and_answers_call_too(desk: Desk) -> None:
    direct = await desk.yard.direct(desk.ana, desk.ben)
    desk.yard.now.step(1)
    hello = await desk.yard.say(desk.ana, direct, "hello")
    asked = await desk.yard.say(desk.ben, desk.group, "Is it dry?")
    answer = await desk.yard.say(desk.cleo, desk.group, "Yes.", reply_to=asked)
    await desk.yard.notify()
    assert await desk.notified(desk.ben, hello, direct) == ("unread", "message")
    assert await desk.notified(desk.ben, answer) == ("unread", "reply")
    assert await desk.notified(desk.ana, answer) == ("none", "not_called")
    await desk.yard.prefer(desk.ben, direct, notify="mentions")
    later = await desk.yard.say(desk.ana, direct, "are you there?")
    await desk.yard.notify()
    assert await desk.notified(desk.ben, later, direct) == ("none", "chose_mentions")
    assert await desk.notified(desk.ben, hello, direct) == ("unread", "message")


async def test_a_row_stands_for_all_that_came_while_it_was_unread(desk: Desk) -> None:
    direct = await desk.yard.direct(desk.ana, desk.ben)
    desk.yard.now.step(1)
    await desk.yard.prefer(desk.ben, direct, notify="nothing")
    untold = await desk.yard.say(desk.ana, direct, "while nothing was told")
    await desk.yard.notify()
    await desk.yard.prefer(desk.ben, direct, notify="all")
    first, second = [await desk.yard.say(desk.ana, direct, text) for text in ("one", "two")]
    await desk.yard.notify()
    states = [await desk.notified(desk.ben, seq, direct) for seq in (untold, first, second)]
    assert states == [("none", "unknown"), ("unread", "message"), ("unread", "message")]
    await desk.yard.read(desk.ben, direct, second)
    third = await desk.yard.say(desk.ana, direct, "three")
    await desk.yard.notify()
    states = [await desk.notified(desk.ben, seq, direct) for seq in (untold, first, second, third)]
    assert states == [("none", "had_read"), ("read", "message"), ("read", "message"), ("unread", "message")]


async def test_what_was_read_before_the_notifier_came_was_never_told(desk: Desk) -> None:
    seq = await desk.yard.say(desk.ana, desk.group, "@ben the roses are out")
    await desk.yard.read(desk.ben, desk.group, seq)
    await desk.yard.notify()
    assert await desk.notified(desk.ben, seq) == ("none", "had_read")


async def test_a_deleted_message_is_traced_too(desk: Desk) -> None:
    told = await desk.yard.say(desk.ana, desk.group, "@ben the roses are out")
    await desk.yard.notify()
    untold = await desk.yard.say(desk.ana, desk.group, "@cleo and the gate is open")
    for seq in (told, untold):
        await desk.yard.delete(desk.ana, desk.group, seq)
    await desk.yard.notify()
    trace = await desk.ask(desk.ana, told)
    assert trace.stored.deleted_at == desk.yard.now()
    assert await desk.notified(desk.ben, told) == ("read", "mention")
    assert await desk.notified(desk.cleo, untold) == ("none", "deleted")


async def test_a_trace_does_not_tell_what_was_said(desk: Desk) -> None:
    seq = await desk.yard.say(desk.ana, desk.group, "a secret word")
    assert "secret" not in repr(await desk.ask(desk.dana, seq))

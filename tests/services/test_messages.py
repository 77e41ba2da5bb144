"""Saying, changing, deleting, reacting, and reading back: the rules, on a real database."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from server.errors import ClientIdConflict, Forbidden, Invalid, NotFound
from server.protocol import chat
from server.records import Entry, ReceivedMark
from server.services.conversations import Conversations
from server.services.members import Members
from server.services.messages import Messages
from server.services.receipts import Receipts
from server.storage.database import Database
from server.storage.unit import execute_many, fetch_all
from tests.conftest import People
from tests.fakes import RecordingPublisher, SteppedClock


class Yard:
    """A group of ana, ben and cleo, and the rules that they use."""

    def __init__(self, db: Database, clock: SteppedClock) -> None:
        async def forget_files(keys: list[str]) -> None:
            self.forgotten += keys

        self.forgotten: list[str] = []
        self.messages = Messages(db, clock, lambda account_id: None, forget_files)
        self.conversations = Conversations(db, clock)
        self.members = Members(db, clock)
        self.receipts = Receipts(db, clock)
        self.group = 0
        self._sent = 0

    async def send(self, who: int, text: str, client_id: str = "", **more: object) -> chat.MessageSent:
        self._sent += 1
        command = {"conversation_id": self.group, "client_id": client_id or f"number-{self._sent:04}", "text": text}
        return await self.messages.send(who, msgspec.convert(command | more, chat.SendMessage))

    async def page(self, who: int, **place: int) -> chat.MessagesPage:
        return await self.messages.fetch_messages(who, chat.FetchMessages(conversation_id=self.group, **place))

    async def texts(self, who: int, **place: int) -> list[str]:
        return [message.text for message in (await self.page(who, **place)).messages]

    async def log(self, who: int, after: int = 0) -> list[chat.Entry]:
        command = chat.FetchEntries(conversation_id=self.group, after_seq=after)
        return (await self.messages.fetch_entries(who, command)).entries


@pytest.fixture
async def yard(db: Database, clock: SteppedClock, people: People) -> Yard:
    ana, ben, cleo = await people.add("ana", "ben", "cleo")
    yard = Yard(db, clock)
    group = chat.CreateGroup(client_id="the-first-group", title="Roof repair", account_ids=[ben, cleo])
    yard.group = (await yard.conversations.create_group(ana, group)).id
    return yard


async def test_a_resent_message_is_stored_once(yard: Yard, people: People) -> None:
    first = await yard.send(people["ana"], "The tiles come on Monday.", "tiles-0001")
    again = await yard.send(people["ana"], "The tiles come on Monday.", "tiles-0001")
    assert again == msgspec.structs.replace(first, duplicate=True)
    assert await yard.texts(people["ben"]) == ["The tiles come on Monday."]


async def test_another_text_under_the_same_client_id_is_a_conflict(yard: Yard, people: People) -> None:
    await yard.send(people["ana"], "Monday", "tiles-0001")
    with pytest.raises(ClientIdConflict) as refusal:
        await yard.send(people["ana"], "Tuesday", "tiles-0001")
    assert refusal.value.field == "client_id"
    assert await yard.texts(people["ana"]) == ["Monday"]


async def test_the_same_client_id_of_two_people_labels_two_messages(yard: Yard, people: People) -> None:
    ours = [await yard.send(people[name], "hello", "same-label") for name in ("ana", "ben")]
    assert ours[0].seq + 1 == ours[1].seq


async def test_sends_side_by_side_take_places_without_a_gap(yard: Yard, people: People) -> None:
    start = (await yard.page(people["ana"])).head_seq
    names = ["ana", "ben", "cleo"] * 40
    sent = await asyncio.gather(*(yard.send(people[name], f"{n}", f"label-{n:04}") for n, name in enumerate(names)))
    assert [one.seq for one in sent] == list(range(start + 1, start + 121))
    entries = await yard.log(people["ana"])
    assert [entry.seq for entry in entries] == list(range(1, start + 121))


async def test_a_repeat_inside_one_group_of_writes_gets_the_first_place(yard: Yard, people: People) -> None:
    sends = [yard.send(people["ana"], "once", "the-label-1") for _ in range(20)]
    sent = await asyncio.gather(*sends)
    assert len({one.seq for one in sent}) == 1
    assert sorted(one.duplicate for one in sent) == [False] + [True] * 19


async def test_a_refused_neighbour_leaves_the_others_alone(yard: Yard, people: People) -> None:
    [stranger] = await people.add("zed")
    ok, refused, also = await asyncio.gather(
        yard.send(people["ana"], "one"), yard.send(stranger, "let me in"), yard.send(people["ben"], "two"),
        return_exceptions=True,
    )  # fmt: skip
    assert isinstance(refused, NotFound)
    assert [ok.seq + 1, await yard.texts(people["ana"])] == [also.seq, ["one", "two"]]


async def test_commit_order_is_publishing_order(yard: Yard, people: People, published: RecordingPublisher) -> None:
    await asyncio.gather(*(yard.send(people["ben"], f"{n}") for n in range(50)))
    positions = [entry.position for entry in published.of(Entry)]
    assert positions == sorted(positions)
    assert positions == list(range(1, len(positions) + 1))


async def test_a_message_needs_a_text_or_a_file(yard: Yard, people: People) -> None:
    with pytest.raises(Invalid) as refusal:
        await yard.send(people["ana"], " \n ")
    assert refusal.value.field == "text"


async def test_a_reply_quotes_what_it_answers(yard: Yard, people: People) -> None:
    asked = await yard.send(people["ana"], "Is the roof dry?")
    await yard.send(people["ben"], "Yes.", reply_to_seq=asked.seq)
    answer = (await yard.page(people["ana"])).messages[-1]
    assert answer.reply_to == chat.Quote(seq=asked.seq, sender_id=people["ana"], excerpt="Is the roof dry?")


async def test_a_reply_to_nothing_is_refused(yard: Yard, people: People) -> None:
    with pytest.raises(Invalid) as refusal:
        await yard.send(people["ana"], "Yes.", reply_to_seq=99)
    assert refusal.value.field == "reply_to_seq"


async def test_an_edit_shows_everywhere_and_keeps_its_place(yard: Yard, people: People, clock: SteppedClock) -> None:
    sent = await yard.send(people["ana"], "Munday")
    clock.step(seconds=5)
    edit = chat.EditMessage(conversation_id=yard.group, seq=sent.seq, text="Monday @ben")
    entry = await yard.messages.edit(people["ana"], edit)
    message = (await yard.page(people["ben"])).messages[-1]
    assert (message.seq, message.text, message.edited_at) == (sent.seq, "Monday @ben", clock())
    assert message.mentions == [people["ben"]]
    # What changes nothing writes no entry and is answered with the earlier one.
    assert await yard.messages.edit(people["ana"], edit) == entry
    assert (await yard.log(people["ana"]))[-1].seq == entry.seq


async def test_nobody_edits_what_another_said(yard: Yard, people: People) -> None:
    sent = await yard.send(people["ana"], "Mine")
    with pytest.raises(Forbidden):
        await yard.messages.edit(people["ben"], chat.EditMessage(conversation_id=yard.group, seq=sent.seq, text="Ours"))
    assert await yard.texts(people["ana"]) == ["Mine"]


async def test_a_deleted_message_is_gone_in_the_log_and_in_quotes(yard: Yard, people: People, db: Database) -> None:
    secret = await yard.send(people["ana"], "the gate code is 4711", "secret-label")
    await yard.messages.edit(
        people["ana"], chat.EditMessage(conversation_id=yard.group, seq=secret.seq, text="gate code 4712")
    )
    await yard.send(people["ben"], "Thanks", reply_to_seq=secret.seq)
    deleted = chat.DeleteMessage(conversation_id=yard.group, seq=secret.seq)
    entry = await yard.messages.delete(people["ana"], deleted)
    page = (await yard.page(people["ben"])).messages
    assert (page[-2].text, page[-2].deleted_at is not None) == ("", True)
    assert page[-1].reply_to is not None
    assert page[-1].reply_to.excerpt == ""
    assert b"471" not in msgspec.json.encode(await yard.log(people["ben"]))
    everything = await db.read(lambda: fetch_all("select data from entry union all select text from message"))
    assert not [row for row in everything if "471" in row[0]]
    assert await yard.messages.delete(people["ana"], deleted) == entry
    # The label stays taken: a late repeat must not say it again.
    assert (await yard.send(people["ana"], "the gate code is 4711", "secret-label")).duplicate


async def test_admins_delete_what_others_said_and_members_do_not(yard: Yard, people: People) -> None:
    sent = await yard.send(people["cleo"], "spam")
    command = chat.DeleteMessage(conversation_id=yard.group, seq=sent.seq)
    with pytest.raises(Forbidden):
        await yard.messages.delete(people["ben"], command)
    await yard.messages.delete(people["ana"], command)
    assert await yard.texts(people["cleo"]) == [""]


async def test_reactions_count_people_and_know_mine(yard: Yard, people: People) -> None:
    sent = await yard.send(people["ana"], "Lunch?")
    like = chat.ReactToMessage(conversation_id=yard.group, seq=sent.seq, emoji="👍")
    first = await yard.messages.react(people["ben"], like)
    await yard.messages.react(people["cleo"], like)
    assert await yard.messages.react(people["ben"], like) == first
    [reaction] = (await yard.page(people["ben"])).messages[-1].reactions
    assert (reaction.count, reaction.mine, reaction.account_ids) == (2, True, [people["ben"], people["cleo"]])
    await yard.messages.unreact(people["ben"], like)
    [reaction] = (await yard.page(people["ben"])).messages[-1].reactions
    assert (reaction.count, reaction.mine) == (1, False)


@pytest.mark.parametrize("emoji", ["a", "ok", "7", " ", "<b>", "👍 👍", "좋아"])
async def test_a_reaction_is_an_emoji(yard: Yard, people: People, emoji: str) -> None:
    sent = await yard.send(people["ana"], "Lunch?")
    with pytest.raises(Invalid) as refusal:
        await yard.messages.react(
            people["ben"], chat.ReactToMessage(conversation_id=yard.group, seq=sent.seq, emoji=emoji)
        )
    assert refusal.value.field == "emoji"


@pytest.mark.parametrize("emoji", ["👍", "🧡", "👨‍👩‍👧", "🇰🇷", "5️⃣", "✔️"])
async def test_every_kind_of_emoji_is_a_reaction(yard: Yard, people: People, emoji: str) -> None:
    sent = await yard.send(people["ana"], "Lunch?")
    command = chat.ReactToMessage(conversation_id=yard.group, seq=sent.seq, emoji=emoji)
    assert (await yard.messages.react(people["ben"], command)).seq == sent.seq + 1


async def test_pages_in_both_directions_and_around_a_place(yard: Yard, people: People) -> None:
    sent = [await yard.send(people["ana"], str(n)) for n in range(30)]
    first = sent[0].seq
    newest = await yard.page(people["ben"], limit=10)
    assert [m.text for m in newest.messages] == [str(n) for n in range(20, 30)]
    assert (newest.more_before, newest.more_after) == (True, False)
    older = await yard.page(people["ben"], limit=10, before_seq=newest.messages[0].seq)
    assert [m.text for m in older.messages] == [str(n) for n in range(10, 20)]
    assert (older.more_before, older.more_after) == (True, True)
    newer = await yard.page(people["ben"], limit=10, after_seq=older.messages[-1].seq)
    assert [m.seq for m in newer.messages] == [m.seq for m in newest.messages]
    assert (newer.more_before, newer.more_after) == (True, False)
    around = await yard.page(people["ben"], limit=10, around_seq=first + 15)
    assert [m.text for m in around.messages] == [str(n) for n in range(10, 20)]
    start = await yard.page(people["ben"], limit=100, before_seq=first + 3)
    assert ([m.text for m in start.messages], start.more_before) == (["0", "1", "2"], False)


async def test_a_page_stays_below_the_size_of_a_reply(yard: Yard, people: People) -> None:
    for n in range(40):
        await yard.send(people["ana"], "가" * 8000, f"long-text-{n:02}")
    page = await yard.page(people["ben"], limit=100)
    assert len(msgspec.json.encode(page)) < 256_000
    assert page.more_before
    log = await yard.messages.fetch_entries(people["ben"], chat.FetchEntries(conversation_id=yard.group, after_seq=0))
    assert len(msgspec.json.encode(log)) < 256_000
    assert log.more


async def test_two_places_at_once_are_refused(yard: Yard, people: People) -> None:
    with pytest.raises(Invalid):
        await yard.page(people["ben"], before_seq=5, after_seq=1)


async def test_mentions_find_members_by_name(yard: Yard, people: People) -> None:
    await people.add("dana", "민지")
    await yard.members.add(people["ana"], chat.AddMembers(conversation_id=yard.group, account_ids=[people["민지"]]))
    await yard.send(people["ana"], "@ben, @dana and @민지님은 look; mail me@cleo.example @all")
    message = (await yard.page(people["ben"])).messages[-1]
    # dana is not a member, and an address is not a call.
    assert message.mentions == [people["ben"], people["민지"], "all"]


async def test_only_admins_call_everybody(yard: Yard, people: People) -> None:
    await yard.send(people["ben"], "@all hello")
    assert (await yard.page(people["ana"])).messages[-1].mentions == []


async def test_unread_and_mentions_are_counted_and_read(yard: Yard, people: People) -> None:
    await yard.send(people["ana"], "one")
    last = await yard.send(people["ana"], "two @ben")
    gone = await yard.send(people["ana"], "three @ben")
    await yard.messages.delete(people["ana"], chat.DeleteMessage(conversation_id=yard.group, seq=gone.seq))
    view = await yard.conversations.get(people["ben"], chat.InConversation(conversation_id=yard.group))
    assert (view.unread, view.mentions) == (2, 1)
    mark = chat.MarkRead(conversation_id=yard.group, seq=last.seq - 1)
    assert await yard.receipts.mark_read(people["ben"], mark) == chat.ReadState(
        read_seq=last.seq - 1, unread=1, mentions=1
    )
    beyond = await yard.receipts.mark_read(people["ben"], chat.MarkRead(conversation_id=yard.group, seq=10_000))
    assert (beyond.read_seq, beyond.unread) == (gone.seq + 1, 0)
    back = await yard.receipts.mark_read(people["ben"], mark)
    assert back == beyond


async def test_received_marks_only_move_forward_and_never_past_the_head(yard: Yard, people: People) -> None:
    ben = people["ben"]
    sent = [await yard.send(people["ana"], text) for text in ("one", "two @ben", "three")]

    async def received(seq: int) -> tuple[int, int]:
        command = chat.MarkReceived(conversation_id=yard.group, seq=seq)
        state = await yard.receipts.mark_received(ben, command)
        assert (state.unread, state.mentions) == (3, 1), "receiving is not reading"
        listed = await yard.members.list(people["ana"], chat.ListMembers(conversation_id=yard.group))
        [member] = [one for one in listed.members if one.account.id == ben]
        assert member.read_seq == state.read_seq
        return member.read_seq, member.received_seq

    joined, _ = await received(1)
    assert await received(sent[1].seq) == (joined, sent[1].seq)
    assert await received(sent[0].seq) == (joined, sent[1].seq)
    assert await received(10_000) == (joined, sent[2].seq)


async def test_what_was_read_was_received(yard: Yard, people: People) -> None:
    sent = await yard.send(people["ana"], "one")
    await yard.receipts.mark_read(people["ben"], chat.MarkRead(conversation_id=yard.group, seq=sent.seq))
    listed = await yard.members.list(people["ana"], chat.ListMembers(conversation_id=yard.group))
    [member] = [one for one in listed.members if one.account.id == people["ben"]]
    assert (member.read_seq, member.received_seq) == (sent.seq, sent.seq)


async def test_in_a_large_conversation_no_received_marks_are_kept(
    yard: Yard, people: People, db: Database, published: RecordingPublisher
) -> None:
    sent = await yard.send(people["ana"], "one")
    mark = chat.MarkReceived(conversation_id=yard.group, seq=sent.seq)
    for count, announced in ((21, []), (20, [ReceivedMark(yard.group, people["ben"], sent.seq)])):
        await db.write(execute_many, "update conversation set member_count = ? where id = ?", [(count, yard.group)])
        await yard.receipts.mark_received(people["ben"], mark)
        assert published.of(ReceivedMark) == announced


async def test_a_send_moves_the_senders_own_mark(yard: Yard, people: People) -> None:
    await yard.send(people["ana"], "question")
    sent = await yard.send(people["ben"], "answer")
    view = await yard.conversations.get(people["ben"], chat.InConversation(conversation_id=yard.group))
    assert (view.read_seq, view.unread) == (sent.seq, 0)

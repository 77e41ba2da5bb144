"""A street where everything has happened that people can do: a healthy database with rows of every kind."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import msgspec

from server.files.store import Store
from server.followers.notifier import Notifier
from server.protocol import chat
from server.protocol.notifications import MarkNotificationsRead
from server.services.contacts import Contacts
from server.services.conversations import Conversations
from server.services.files import Files
from server.services.members import Members
from server.services.messages import Messages
from server.services.notifications import Notifications
from server.services.receipts import Receipts
from server.storage import conversations, followers, log, people, previews, server_values
from server.storage.database import Database
from tests.conftest import People
from tests.fakes import SteppedClock
from tests.files import pictures
from tests.files.stage import chunks, make_files

NAMES = ("ana", "ben", "cleo", "dan", "eun")


class Street:
    """Five people and what they do, each thing at a time of its own."""

    def __init__(self, db: Database, store: Store, clock: SteppedClock) -> None:
        self.db = db
        self.people = People(db)
        self._clock = clock
        self.files: Files = make_files(db, store, clock)
        self.messages = Messages(db, self._now, lambda account_id: None, self.files.forget)
        self.conversations = Conversations(db, self._now)
        self.contacts = Contacts(db, self._now, lambda account_id: None)
        self.members = Members(db, self._now)
        self.receipts = Receipts(db, self._now)
        self.inboxes = Notifications(db, self._now)
        self._sent = 0

    def _now(self) -> int:
        self._clock.step(ms=7)
        return self._clock()

    async def group(self, title: str, *names: str) -> int:
        first, *others = [self.people[name] for name in names]
        command = chat.CreateGroup(client_id=f"group-of-{title}", title=title, account_ids=others)
        return (await self.conversations.create_group(first, command)).id

    async def direct(self, name: str, other: str) -> int:
        command = chat.OpenDirect(account_id=self.people[other])
        return (await self.conversations.open_direct(self.people[name], command)).id

    async def say(self, name: str, where: int, text: str, **more: Any) -> int:
        self._sent += 1
        command = {"conversation_id": where, "client_id": f"label-{self._sent:06}", "text": text, **more}
        return (await self.messages.send(self.people[name], msgspec.convert(command, chat.SendMessage))).seq

    async def edit(self, name: str, where: int, seq: int, text: str) -> None:
        await self.messages.edit(self.people[name], chat.EditMessage(conversation_id=where, seq=seq, text=text))

    async def delete(self, name: str, where: int, seq: int) -> None:
        await self.messages.delete(self.people[name], chat.DeleteMessage(conversation_id=where, seq=seq))

    async def react(self, name: str, where: int, seq: int, emoji: str, *, stands: bool = True) -> None:
        command = chat.ReactToMessage(conversation_id=where, seq=seq, emoji=emoji)
        await (self.messages.react if stands else self.messages.unreact)(self.people[name], command)

    async def pin(self, name: str, where: int, seq: int, *, stands: bool = True) -> None:
        command = chat.PinMessage(conversation_id=where, seq=seq)
        await (self.messages.pin if stands else self.messages.unpin)(self.people[name], command)

    async def forward(self, name: str, where: int, seq: int, to: int) -> None:
        self._sent += 1
        command = chat.ForwardMessage(
            conversation_id=where, seq=seq, to_conversation_id=to, client_id=f"label-{self._sent:06}"
        )
        await self.messages.forward(self.people[name], command)

    async def card(self, where: int, seq: int, content: bytes = b"") -> None:
        picture = await self.files.card_picture(content) if content else None
        card = chat.Preview(url="https://example.org/", title="A gate of wood", site_name="Gates")
        await self.db.write(previews.put, where, seq, lambda text: True, card, picture, self._now())

    async def read(self, name: str, where: int, seq: int) -> None:
        await self.receipts.mark_read(self.people[name], chat.MarkRead(conversation_id=where, seq=seq))

    async def file(self, name: str, called: str, content: bytes) -> int:
        return (await self.files.upload(self.people[name], called, chunks(content))).id

    async def remove(self, name: str, where: int, other: str) -> None:
        command = chat.RemoveMember(conversation_id=where, account_id=self.people[other])
        await self.members.remove(self.people[name], command)

    async def leave(self, name: str, where: int) -> None:
        await self.members.leave(self.people[name], chat.InConversation(conversation_id=where))

    async def add(self, name: str, where: int, *others: str) -> None:
        command = chat.AddMembers(conversation_id=where, account_ids=[self.people[other] for other in others])
        await self.members.add(self.people[name], command)

    async def role(self, name: str, where: int, other: str, role: Any) -> None:
        command = chat.SetRole(conversation_id=where, account_id=self.people[other], role=role)
        await self.members.set_role(self.people[name], command)

    async def ask(self, name: str, other: str, note: str | None = None) -> None:
        command = chat.RequestContact(account_id=self.people[other], note=note)
        await self.contacts.request(self.people[name], command)

    async def accept(self, name: str, other: str) -> None:
        command = chat.AnswerContact(account_id=self.people[other], accept=True)
        await self.contacts.answer(self.people[name], command)

    async def block(self, name: str, other: str) -> None:
        await self.contacts.block(self.people[name], chat.WithPerson(account_id=self.people[other]))

    async def notify(self) -> None:
        """What the notifier does of itself."""

        def advance() -> None:
            entries = followers.waiting_for("notifier", 10_000)
            Notifier(self._now).handle(entries)
            followers.move_to("notifier", log.last_position())

        await self.db.write(advance)


async def lived_in(db: Database, store: Store, clock: SteppedClock) -> Street:
    """The street after a long day. Conversations: 1 a group of four, 2 two people, 3 dissolved, 4 without history for
    newcomers, 5 opened and still silent, 6 of ana and cleo with pins and what was forwarded, 7 without ben, who was
    removed.
    """
    street = Street(db, store, clock)
    await street.people.add(*NAMES)
    await db.write(server_values.put, "epoch", "0123456789abcdef")
    roof = await street.group("Roof", "ana", "ben", "cleo")
    await _roof(street, roof)
    await _two(street)
    left = await street.group("Left", "dan", "eun")
    await street.say("dan", left, "Goodbye @eun")
    await street.leave("dan", left)  # eun inherits
    await street.leave("eun", left)
    await _closed(street)
    await street.direct("dan", "ana")
    await _faces(street)
    await _pinned(street)
    await street.notify()
    await street.inboxes.mark_read(street.people["cleo"], MarkNotificationsRead(all=True))
    await _contacts(street)
    shed = await street.group("Shed", "cleo", "ben")
    await street.remove("cleo", shed, "ben")  # 3
    return street


async def _roof(street: Street, roof: int) -> None:
    """Entries 1 to 3 are its members."""
    notes = await street.file("ana", "notes.txt", b"nails, tiles")
    picture = await street.file("ben", "roof.jpg", pictures.encoded(pictures.noise(), "JPEG"))
    plan = await street.file("ana", "plan.txt", b"the secret plan")
    other = await street.file("ana", "other.txt", b"another")
    first = await street.say("ana", roof, "The tiles come @ben on Monday")  # 4
    answer = await street.say("ben", roof, "Good", reply_to_seq=first)  # 5
    secret = await street.say("ana", roof, "The key is under the pot @all @cleo", file_ids=[plan])  # 6
    await street.say("cleo", roof, "Thanks!", reply_to_seq=secret)  # 7
    await street.edit("ana", roof, secret, "The key is under the mat @ben")  # 8
    await street.edit("ana", roof, first, "The tiles come @cleo on Tuesday")  # 9
    await street.react("ben", roof, first, "👍")  # 10
    await street.react("cleo", roof, first, "👍")  # 11
    await street.react("cleo", roof, first, "🎉")  # 12
    await street.react("ben", roof, first, "👍", stands=False)  # 13
    await street.react("cleo", roof, secret, "🔑")  # 14
    await street.notify()
    await street.delete("ana", roof, secret)  # 15
    await street.say("ben", roof, "Too late", reply_to_seq=secret)  # 16
    await street.say("ana", roof, "", file_ids=[other, notes])  # 17
    await street.say("ben", roof, "기와 사진", file_ids=[picture])  # 18
    await street.add("ana", roof, "dan", "eun")  # 19, 20
    await street.remove("ana", roof, "eun")  # 21
    await street.role("ana", roof, "ben", "admin")  # 22
    await street.delete("ben", roof, answer)  # 23
    change = {"conversation_id": roof, "title": "Roof and tiles", "description": "Who brings what"}
    await street.conversations.change(street.people["ana"], msgspec.convert(change, chat.ChangeConversation))  # 24
    await street.add("ben", roof, "eun")  # 25
    await street.leave("eun", roof)  # 26
    await street.say("dan", roof, "Until Tuesday, @all")  # 27
    await street.read("ben", roof, 18)
    received = chat.MarkReceived(conversation_id=roof, seq=27)
    await street.receipts.mark_received(street.people["ben"], received)


async def _two(street: Street) -> None:
    """Entry 2 is deleted."""
    where = await street.direct("ana", "ben")
    await street.say("ana", where, "Are you there?")
    await street.say("ana", where, "Forget it")
    await street.delete("ana", where, 2)
    await street.say("ben", where, "Here I am", reply_to_seq=1)


async def _pinned(street: Street) -> None:
    """Entry 2 is a message that is pinned, 5 a pin that was taken down; 6 and 7 were forwarded, 8 has a card with a
    picture under it, 10 was deleted with its card.
    """
    where = await street.direct("ana", "cleo")
    drawing = await street.file("cleo", "drawing.txt", b"a gate")
    await street.say("ana", where, "Which gate?")  # 1
    await street.say("cleo", where, "This one", file_ids=[drawing])  # 2
    await street.pin("ana", where, 2)  # 3
    await street.pin("ana", where, 1)  # 4
    await street.pin("cleo", where, 1, stands=False)  # 5
    await street.forward("ana", where, 2, where)  # 6
    await street.forward("cleo", where, 6, where)  # 7
    await street.say("ana", where, "https://example.org/gate")  # 8
    await street.card(where, 8, pictures.encoded(pictures.noise(), "PNG"))  # 9
    await street.say("ana", where, "https://example.org/secret")  # 10
    await street.card(where, 10)  # 11
    await street.pin("ana", where, 10)  # 12
    await street.delete("ana", where, 10)  # 13
    await street.db.write(people.set_profile, street.people["cleo"], "Cleo K", None, 1)


async def _closed(street: Street) -> None:
    with patch.dict(conversations.GROUP_RULES, history="joined"):
        where = await street.group("Closed", "cleo", "dan")
    await street.say("cleo", where, "Before")
    await street.add("cleo", where, "eun")
    await street.say("cleo", where, "After, @eun")


async def _contacts(street: Street) -> None:
    """Ana and Ben are contacts; Dan is blocked by Ana, with whom he has a conversation, and asks Eun."""
    await street.ask("ana", "ben")
    await street.accept("ben", "ana")
    await street.ask("dan", "ana")
    await street.block("ana", "dan")
    await street.ask("dan", "eun", "the tiles")


async def _faces(street: Street) -> None:
    """A face, a file that nobody has sent yet, a device, an invitation."""
    face = await street.file("eun", "eun.png", pictures.encoded(pictures.noise(), "PNG"))
    await street.db.write(people.set_profile, street.people["eun"], "Eun-ji", face, 1)
    await street.file("dan", "draft.txt", b"later")

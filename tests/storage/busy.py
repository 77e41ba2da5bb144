"""A process in which people do all sorts of things, beside others: ``python -m tests.storage.busy ADDRESS SEED``.

It prints ``ready``, waits for a line, lets people write, edit, react, read, join and leave for a while, with a
notifier that follows the log, and prints as JSON what went wrong and how far whose marks were.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import Counter
from typing import Any

import msgspec

from server.errors import ChatError
from server.followers.follow import Follower
from server.followers.notifier import Notifier
from server.protocol import chat
from server.protocol import notifications as bell
from server.services.conversations import Conversations
from server.services.members import Members
from server.services.messages import Messages
from server.services.notifications import Notifications
from server.services.receipts import Receipts
from server.storage.database import Database

SECONDS = 4.0
AT_ONCE = 24
PEOPLE = range(1, 13)
PLACES = range(1, 7)


class Outcome(msgspec.Struct):
    """What a process saw: outcomes by code, bugs, and the furthest mark that was answered, as [account, place, seq]."""

    codes: dict[str, int]
    bugs: list[str]
    marks: list[tuple[int, int, int]]


class Busy:
    """The people of one process."""

    def __init__(self, db: Database, seed: int) -> None:
        async def forget_files(keys: list[str]) -> None: ...

        now = lambda: time.time_ns() // 1_000_000  # noqa: E731
        self.db = db
        self.seed = seed
        self.chance = random.Random(seed)
        self.messages = Messages(db, now, lambda account_id: None, forget_files)
        self.conversations = Conversations(db, now)
        self.members = Members(db, now)
        self.receipts = Receipts(db, now)
        self.inbox = Notifications(db, now)
        self.follower = Follower(db, "notifier", Notifier(now).handle, gather_s=0.02, first_wait_s=0.05)
        self.codes: Counter[str] = Counter()
        self.bugs: list[str] = []
        self.marks: dict[tuple[int, int], int] = {}
        self._number = 0

    async def run(self) -> Outcome:
        self.follower.start()
        until = time.monotonic() + SECONDS
        await asyncio.gather(*(self._live(until) for _ in range(AT_ONCE)))
        await self.follower.stop()
        marks = [(account_id, where, seq) for (account_id, where), seq in self.marks.items()]
        return Outcome(dict(self.codes), self.bugs, marks)

    async def _live(self, until: float) -> None:
        while time.monotonic() < until:
            self.follower.wake()
            try:
                await asyncio.wait_for(self._step(), 10)
            except ChatError as error:
                self.codes[error.code] += 1
            except Exception as error:
                self.bugs.append(repr(error))
            else:
                self.codes["ok"] += 1

    def _step(self) -> Any:
        chance = self.chance
        me, whom, where, seq = (
            chance.choice(PEOPLE),
            chance.choice(PEOPLE),
            chance.choice(PLACES),
            chance.randint(1, 40),
        )
        at: dict[str, Any] = {"conversation_id": where, "seq": seq}
        self._number += 1
        text = f"text {self._number} @person{whom}" if chance.random() < 0.5 else f"text {self._number}"
        label = f"label-{self.seed}-{self._number}"
        answer = {"reply_to_seq": seq} if chance.random() < 0.3 else {}
        steps = {
            "send": lambda: self.messages.send(me, chat.SendMessage(where, client_id=label, text=text, **answer)),
            "mark": lambda: self._mark(me, where),
            "receive": lambda: self.receipts.mark_received(me, chat.MarkReceived(where, seq=seq)),
            "edit": lambda: self.messages.edit(me, chat.EditMessage(**at, text=text)),
            "delete": lambda: self.messages.delete(me, chat.DeleteMessage(**at)),
            "react": lambda: self.messages.react(me, chat.ReactToMessage(**at, emoji=chance.choice("👍🎉"))),
            "unreact": lambda: self.messages.unreact(me, chat.ReactToMessage(**at, emoji="👍")),
            "add": lambda: self.members.add(me, chat.AddMembers(where, account_ids=[whom])),
            "remove": lambda: self.members.remove(me, chat.RemoveMember(where, account_id=whom)),
            "rename": lambda: self.conversations.change(me, chat.ChangeConversation(where, title=f"T{self._number}")),
            "prefer": lambda: self.conversations.set_preferences(me, chat.SetPreferences(where, pinned=seq % 2 == 0)),
            "bell": lambda: self.inbox.mark_read(me, bell.MarkNotificationsRead(all=True)),
            "direct": lambda: self.conversations.open_direct(me, chat.OpenDirect(account_id=whom)),
            "group": lambda: self.conversations.create_group(
                me, chat.CreateGroup(client_id=f"group-{me}-{seq}", title=f"G{seq}", account_ids=[whom])
            ),
        }
        weights = [{"send": 30, "mark": 20, "remove": 1}.get(name, 4) for name in steps]
        return steps[chance.choices(list(steps), weights)[0]]()

    async def _mark(self, account_id: int, where: int) -> None:
        state = await self.receipts.mark_read(account_id, chat.MarkRead(where, seq=self.chance.randint(1, 10_000)))
        place = (account_id, where)
        self.marks[place] = max(state.read_seq, self.marks.get(place, 0))


async def main(address: str, seed: int) -> None:
    db = Database(address)
    await db.open()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    outcome = await Busy(db, seed).run()
    await db.close()
    print(msgspec.json.encode(outcome).decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))

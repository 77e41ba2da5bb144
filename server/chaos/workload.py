"""What people do all the time while things break: drawn by seed, at a rate that does not wait for answers."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence

from server.chaos import history
from server.chaos.cast import Cast, Room
from server.chaos.client import Client
from server.chaos.screen import Screen
from server.chaos.wire import NoAnswer

AT_ONCE = 6
"""Commands of one client under way at the same time; whoever has so many waits."""
RECENT = 40
BLOCKED_S = (0.05, 0.5)
BLOCK_TRIES = 20
RETRY_S = 0.3
RECEIVED = 0.3
"""Of the marks, so large a part says only that something has come."""
EMOJIS = ("👍", "🎉", "😀")
MIX = {
    "send": 58,
    "mark": 12,
    "react": 8,
    "edit": 6,
    "read": 6,
    "resend": 3,
    "twice": 4,
    "bring_in": 3,
    "delete": 1.5,
    "cut": 1,
    "leave": 0.4,
    "remove": 2,
    "conflict": 0.3,
    "trespass": 0.4,
    "block": 4,
}
"""How often each is done, in parts of all."""

Act = Callable[[Client, random.Random], Awaitable[None]]


class Workload:
    """Keeps the clients busy from ``start`` to ``stop``.

    A ``quiet`` conversation is left alone, and a client of the ``steady`` ones does not lose its connection.
    """

    def __init__(self, cast: Cast, clients: Sequence[Client], seed: int, per_second: float) -> None:
        self.quiet: set[int] = set()
        self.steady: set[str] = set()
        self.cast = cast
        self._rooms = {room.id: room for room in cast.rooms}
        self._clients = clients
        self._seed = seed
        self._each_s = len(clients) / per_second
        self._outside: defaultdict[int, set[int]] = defaultdict(set)
        self._under_way: dict[str, int] = dict.fromkeys((client.name for client in clients), 0)
        self._labels = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._acts: dict[str, Act] = {name: getattr(self, f"_{name}") for name in MIX}

    def start(self) -> None:
        """From now on."""
        self._tasks = [asyncio.create_task(self._busy(client)) for client in self._clients]

    async def stop(self) -> None:
        """Nothing new is begun; what is under way goes on."""
        for task in self._tasks:
            task.cancel()
        for ended in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended

    @property
    def is_over(self) -> bool:
        """Whether nothing is under way any more."""
        return not any(self._under_way.values())

    def label(self, client: Client, chance: random.Random) -> str:
        """A new client_id."""
        self._labels += 1
        return f"{client.name}-{self._labels:06}-{chance.getrandbits(48):012x}"

    async def _busy(self, client: Client) -> None:
        chance = random.Random(f"{self._seed} {client.name}")
        names, weights = list(MIX), list(MIX.values())
        while True:
            await asyncio.sleep(chance.expovariate(1 / self._each_s))
            [name] = chance.choices(names, weights)
            if client.is_here and self._under_way[client.name] < AT_ONCE:
                client.do(self._act(client, self._acts[name], chance))

    async def _act(self, client: Client, act: Act, chance: random.Random) -> None:
        self._under_way[client.name] += 1
        try:
            await act(client, chance)
        except NoAnswer:
            pass  # it is written down; only what stands in an outbox is tried again
        finally:
            self._under_way[client.name] -= 1

    # What is done

    async def _send(self, client: Client, chance: random.Random) -> None:
        if screen := self._screen(client, chance):
            label = self.label(client, chance)
            padding = " and so on" * chance.choice((0, 0, 0, 1, 5, 50))
            await client.outbox.send(screen.conversation_id, label, f"{label} says{padding}")

    async def _resend(self, client: Client, chance: random.Random) -> None:
        """A repeat of what was answered, by the same person and perhaps another device."""
        others = [one for one in self._clients if one.account.id == client.account.id and one.outbox.said]
        if others:
            said = chance.choice(list(chance.choice(others).outbox.said))
            await client.outbox.insist(_outside_of_order(said, said.text))

    async def _twice(self, client: Client, chance: random.Random) -> None:
        """The same message by two devices of somebody at once, as when both of them empty one outbox."""
        screen = self._screen(client, chance)
        others = [one for one in self._clients if one.account.id == client.account.id and one is not client]
        if screen and others:
            label = self.label(client, chance)
            send = history.Send(conversation_id=screen.conversation_id, client_id=label, text=f"{label} says it twice")
            await asyncio.gather(*(one.outbox.insist(send) for one in (client, *others) if one.is_here))

    async def _conflict(self, client: Client, chance: random.Random) -> None:
        """Another text under a label that is taken."""
        if client.outbox.said:
            said = chance.choice(list(client.outbox.said))
            await client.outbox.insist(_outside_of_order(said, f"not {said.text}"))

    async def _trespass(self, client: Client, chance: random.Random) -> None:
        """A word where one does not belong."""
        strange = [room for room in self._rooms if room not in client.screens or not client.screens[room].is_mine]
        if strange:
            label = self.label(client, chance)
            send = history.Send(conversation_id=chance.choice(strange), client_id=label, text=f"{label} trespasses")
            await client.outbox.insist(send)

    async def _mark(self, client: Client, chance: random.Random) -> None:
        if (screen := self._screen(client, chance)) and screen.known:
            seq = max(1, screen.known - chance.choice((0, 0, 1, 5, 30)))
            call = history.Mark(conversation_id=screen.conversation_id, seq=seq, received=chance.random() < RECEIVED)
            command = "mark_received" if call.received else "mark_read"
            await client.ask(call, command, {"conversation_id": screen.conversation_id, "seq": seq})

    async def _read(self, client: Client, chance: random.Random) -> None:
        if screen := self._screen(client, chance):
            after = max(0, screen.known - chance.randint(0, RECENT))
            call = history.Read(conversation_id=screen.conversation_id, after_seq=after)
            await client.ask(
                call, "fetch_entries", {"conversation_id": screen.conversation_id, "after_seq": after, "limit": 200}
            )

    async def _react(self, client: Client, chance: random.Random) -> None:
        screen = self._screen(client, chance)
        if screen and (seq := _recent(list(screen.messages)[-RECENT:], chance)):
            emoji, active = chance.choice(EMOJIS), chance.random() < 0.7
            call = history.React(conversation_id=screen.conversation_id, seq=seq, emoji=emoji, active=active)
            command = "add_reaction" if active else "remove_reaction"
            await client.ask(call, command, {"conversation_id": screen.conversation_id, "seq": seq, "emoji": emoji})

    async def _edit(self, client: Client, chance: random.Random) -> None:
        screen = self._screen(client, chance)
        if screen and (seq := _recent(screen.own, chance)):
            text = f"{self.label(client, chance)} edits"
            call = history.Edit(conversation_id=screen.conversation_id, seq=seq, text=text)
            await client.ask(
                call, "edit_message", {"conversation_id": screen.conversation_id, "seq": seq, "text": text}
            )

    async def _delete(self, client: Client, chance: random.Random) -> None:
        screen = self._screen(client, chance)
        if screen and (seq := _recent(screen.own, chance)):
            call = history.Delete(conversation_id=screen.conversation_id, seq=seq)
            await client.ask(call, "delete_message", {"conversation_id": screen.conversation_id, "seq": seq})

    async def _cut(self, client: Client, chance: random.Random) -> None:
        if client.name not in self.steady:
            client.cut()

    async def _leave(self, client: Client, chance: random.Random) -> None:
        room = self._room(client, chance)
        if room and client.account.id not in room.admins:
            call = history.Leave(conversation_id=room.id)
            reply = await client.ask(call, "leave_conversation", {"conversation_id": room.id})
            if reply["ok"]:
                self._outside[room.id].add(client.account.id)

    async def _remove(self, client: Client, chance: random.Random) -> None:
        room = self._room(client, chance)
        if room and client.account.id in room.admins:
            victim = chance.choice([one for one in room.members if one not in room.admins])
            call = history.Remove(conversation_id=room.id, account_id=victim)
            reply = await client.ask(call, "remove_member", {"conversation_id": room.id, "account_id": victim})
            if reply["ok"]:
                self._outside[room.id].add(victim)

    async def _bring_in(self, client: Client, chance: random.Random) -> None:
        room = self._room(client, chance)
        if room and (outside := sorted(self._outside[room.id])):
            call = history.Add(conversation_id=room.id, account_ids=[chance.choice(outside)])
            reply = await client.ask(call, "add_members", {"conversation_id": room.id, "account_ids": call.account_ids})
            if reply["ok"]:
                self._outside[room.id].difference_update(call.account_ids)

    async def _block(self, client: Client, chance: random.Random) -> None:
        """One of two people blocks the other for a moment, or takes the block back."""
        screen = self._screen(client, chance)
        room = self._rooms.get(screen.conversation_id) if screen else None
        if room is not None and room.direct:
            [other] = [one for one in room.members if one != client.account.id]
            await self._set_block(client, other, active=True)
            await asyncio.sleep(chance.uniform(*BLOCKED_S))
            await self._set_block(client, other, active=False)

    async def _set_block(self, client: Client, other: int, *, active: bool) -> None:
        """Until there is an answer: nobody is to stay blocked because a connection was lost."""
        for _ in range(BLOCK_TRIES):
            call = history.Block(account_id=other, active=active)
            with contextlib.suppress(NoAnswer):
                reply = await client.ask(call, "block" if active else "unblock", {"account_id": other})
                if reply["ok"] or not reply["error"]["retryable"]:
                    return
            await asyncio.sleep(RETRY_S)

    # Where

    def _screen(self, client: Client, chance: random.Random) -> Screen | None:
        here = [one for one in client.screens.values() if one.is_mine and one.conversation_id not in self.quiet]
        return chance.choice(here) if here else None

    def _room(self, client: Client, chance: random.Random) -> Room | None:
        """A group."""
        screen = self._screen(client, chance)
        room = self._rooms.get(screen.conversation_id) if screen else None
        return None if room is None or room.direct else room


def _recent(seqs: Sequence[int], chance: random.Random) -> int | None:
    return chance.choice(seqs[-RECENT:]) if seqs else None


def _outside_of_order(said: history.Send, text: str) -> history.Send:
    return history.Send(conversation_id=said.conversation_id, client_id=said.client_id, text=text)

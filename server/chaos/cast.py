"""Who takes part in a run: accounts with devices, and their conversations; made in the database beforehand."""

from __future__ import annotations

import hashlib
import random
import secrets
from dataclasses import dataclass

from server.chaos.client import Account
from server.clock import now
from server.storage import accounts, conversations, membership, sessions
from server.storage.database import Database

PEOPLE = 16
GROUPS = 6
DIRECTS = 2
SECOND_DEVICES = 4
YEAR_MS = 365 * 86_400_000


@dataclass(frozen=True, slots=True)
class Room:
    """A conversation as it is in the beginning. ``members`` are ids; ``admins`` may remove the others."""

    id: int
    direct: bool
    head_seq: int
    members: tuple[int, ...]
    admins: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cast:
    """``people`` by id; the ``host`` owns all groups, and is connected only to read everything back."""

    host: Account
    people: dict[int, Account]
    rooms: tuple[Room, ...]

    def devices(self) -> list[tuple[str, Account]]:
        """The clients of a run by name: one for each person, and a second one for some."""
        people = list(self.people.values())
        first = [(f"c{number}", person) for number, person in enumerate(people, 1)]
        second = [(f"c{number}b", person) for number, person in enumerate(people[:SECOND_DEVICES], 1)]
        return first + second


async def make(db: Database, seed: int) -> Cast:
    """A cast in an open database, the same for the same seed but for tokens."""
    host, *people = await db.write(_people)
    by_id = {person.id: person for person in people}
    chance = random.Random(seed)
    rooms = [await _group(db, number, host, list(by_id), chance) for number in range(GROUPS)]
    pairs = [tuple(chance.sample(list(by_id), 2)) for _ in range(DIRECTS)]
    while len({frozenset(pair) for pair in pairs}) < DIRECTS:
        pairs = [tuple(chance.sample(list(by_id), 2)) for _ in range(DIRECTS)]
    rooms += [await _direct(db, *pair) for pair in pairs]
    return Cast(host, by_id, tuple(rooms))


def _people() -> list[Account]:
    made = []
    for number in range(PEOPLE + 1):
        name = f"chaos{number}"
        new = accounts.NewAccount(name, name.capitalize(), "owner" if number == 0 else "person", None, now())
        token = secrets.token_urlsafe(32)
        account = accounts.add(new)
        sessions.add(account.id, hashlib.sha256(token.encode()).digest(), "Chaos", now(), now() + YEAR_MS)
        made.append(Account(account.id, token))
    return made


async def _group(db: Database, number: int, host: Account, people: list[int], chance: random.Random) -> Room:
    """The first one has everybody; the others have four to nine people, two of them admins."""
    members = people if number == 0 else sorted(chance.sample(people, chance.randint(4, 9)))
    admins = chance.sample(members, 2)
    new = conversations.NewGroup(f"chaos-group-{number}", f"Group {number}", members)
    made = await db.write(conversations.create_group, host.id, new, now())
    for admin in admins:
        await db.write(_promote, made.id, host.id, admin)
    head = made.head_seq + len(admins)
    return Room(made.id, False, head, tuple(members), tuple(admins))


def _promote(conversation_id: int, host_id: int, account_id: int) -> None:
    conversation, _ = membership.held(conversation_id, host_id)
    _, member = membership.of(conversation_id, account_id)
    membership.set_role(conversation, host_id, member, "admin", now())


async def _direct(db: Database, one: int, other: int) -> Room:
    made = await db.write(conversations.open_direct, one, other, now())
    return Room(made.id, True, made.head_seq, (one, other), ())

"""What two people are to each other: contacts, one who asks, blocked. Each side sees it in its own way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from server import records
from server.errors import Invalid, NotFound
from server.protocol import chat
from server.storage import accounts
from server.storage.models import Contact, Conversation
from server.storage.unit import among, announce, execute_many, fetch_all, hold

State = Literal["none", "sent", "received", "contact"]
Filter = Literal["all", "contacts", "received", "sent", "blocked"]
MayReach = Callable[[str | None], None]
"""Whether somebody may reach the other one of a direct conversation in this ``direct_state``; ``None`` is a group."""

_COLUMNS = "account_id, other_id, state, note, since, blocked_at"
_MIRRORED: dict[str, State] = {"none": "none", "sent": "received", "received": "sent", "contact": "contact"}
_OPEN = "blocked_at is null and disabled_at is null"
_FILTERS: dict[Filter, str] = {
    "all": f"(blocked_at is not null or {_OPEN})",
    "contacts": f"state = 'contact' and {_OPEN}",
    "received": f"state = 'received' and {_OPEN}",
    "sent": f"state = 'sent' and {_OPEN}",
    "blocked": "blocked_at is not null",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people as ``mine`` and ``theirs`` see each other."""

    mine: records.Contact
    theirs: records.Contact

    @property
    def is_blocked(self) -> bool:
        """Whether one of them has blocked the other."""
        return self.mine.blocked_at is not None or self.theirs.blocked_at is not None

    @property
    def direct_state(self) -> str:
        """What their direct conversation is to know, while neither account is disabled."""
        if self.is_blocked:
            return "blocked"
        return "contacts" if self.mine.state == "contact" else "strangers"

    def becoming(self, state: State, at: int, note: str | None = None) -> Pair:
        """The same two when ``mine`` is ``state``, and ``theirs`` what belongs to it."""
        since = None if state == "none" else at
        return Pair(
            replace(self.mine, state=state, since=since, note=note),
            replace(self.theirs, state=_MIRRORED[state], since=since, note=note),
        )

    def blocking(self, at: int | None) -> Pair:
        """The same two when ``mine`` has blocked the other one at that time, or no longer."""
        return replace(self, mine=replace(self.mine, blocked_at=at))


# Reading


def pair(account_id: int, other_id: int) -> Pair:
    """What two people are to each other."""
    rows = fetch_all(
        f"select {_COLUMNS} from contact where (account_id = ? and other_id = ?) or (account_id = ? and other_id = ?)",
        (account_id, other_id, other_id, account_id),
    )
    found = {row[0]: records.Contact(*row) for row in rows}
    return Pair(
        found.get(account_id) or records.Contact(account_id, other_id),
        found.get(other_id) or records.Contact(other_id, account_id),
    )


def direct_state(account_id: int, other_id: int) -> str:
    """What a new direct conversation of two people is to know."""
    if any(person.disabled_at is not None for person in accounts.get_many((account_id, other_id))):
        return "disabled"
    return pair(account_id, other_id).direct_state


def page(account_id: int, filter: Filter, before: tuple[int, int], limit: int) -> list[tuple[int, chat.Contact]]:
    """At most ``limit`` people behind the place ``before`` = (time, account id), what came last first; each with its
    time.
    """
    rows = fetch_all(
        f"select {_COLUMNS}, coalesce(blocked_at, since) from contact join account on account.id = other_id "
        f"where account_id = ? and {_FILTERS[filter]} and (coalesce(blocked_at, since), other_id) < (?, ?) "
        "order by coalesce(blocked_at, since) desc, other_id desc limit ?",
        (account_id, *before, limit),
    )
    people = {person.id: person for person in accounts.get_many([row[1] for row in rows])}
    return [(row[6], _shown(records.Contact(*row[:6]), people[row[1]])) for row in rows]


def relations(account_id: int, others: Iterable[int]) -> dict[int, chat.Relation]:
    """What these people are to an account; who is left out is nothing to it."""
    these, parameters = among("other_id", others)
    rows = fetch_all(
        f"select other_id, state, blocked_at from contact where account_id = ? and {these}", [account_id, *parameters]
    )
    return {row[0]: _relation(row[1], row[2]) for row in rows}


def contacts_among(account_id: int, others: Iterable[int]) -> set[int]:
    """Those of ``others`` who are contacts of an account."""
    return {other_id for other_id, relation in relations(account_id, others).items() if relation == "contact"}


def kept_apart(account_id: int, others: Iterable[int]) -> set[int]:
    """Those of ``others`` who have blocked an account, or whom it has blocked."""
    ids = list(others)
    these, parameters = among("other_id", ids)
    those, again = among("account_id", ids)
    rows = fetch_all(
        f"select other_id from contact where account_id = ? and blocked_at is not null and {these} "
        f"union select account_id from contact where other_id = ? and blocked_at is not null and {those}",
        [account_id, *parameters, account_id, *again],
    )
    return {row[0] for row in rows}


def count_sent(account_id: int) -> int:
    """How many requests of an account wait for an answer."""
    return int(fetch_all("select count(*) from contact where account_id = ? and state = 'sent'", (account_id,))[0][0])


def shown(contact: records.Contact) -> chat.Contact:
    """What somebody is to an account, as its devices are told."""
    return _shown(contact, accounts.get(contact.other_id))


# Writing


def held(account_id: int, other_id: int) -> Pair:
    """The same for a write that rests on it: nobody changes it meanwhile, nor writes to the other one directly.

    Raises Invalid for oneself, NotFound for an unknown person.
    """
    if account_id == other_id:
        raise Invalid("This is about somebody else than yourself.", field="account_id")
    if not accounts.find(other_id):
        raise NotFound("There is no such person.", field="account_id")
    # Conversations before accounts, as everywhere; and once more, for one that was opened in between.
    hold(conversations=_direct_ids(account_id, other_id), accounts=(account_id, other_id))
    hold(conversations=_direct_ids(account_id, other_id))
    return pair(account_id, other_id)


def change(before: Pair, after: Pair) -> chat.Contact:
    """Writes what has changed and tells the devices of whoever sees it; how ``mine`` sees it then."""
    for old, new in ((before.mine, after.mine), (before.theirs, after.theirs)):
        if new != old:
            _put(new)
        if _seen(new) != _seen(old):
            accounts.add_account_change(new.account_id, "contact_changed", {"contact": shown(new)})
    if after.direct_state != before.direct_state:
        one, other = after.mine.account_id, after.theirs.account_id
        Conversation.update(direct_state=after.direct_state).where(
            Conversation.direct_key == direct_key(one, other), Conversation.direct_state != "disabled"
        ).execute()
        announce(records.SightChanged(one, other), records.SightChanged(other, one))
    return shown(after.mine)


def disable(account_id: int, now: int) -> None:
    """Nobody signs in as this account any more, nor writes to it directly; whoever has a direct conversation with it,
    or is something to it, is told. Raises Forbidden for the last owner.
    """
    # Conversations before accounts, as everywhere; and once more, for one that was opened in between.
    hold(conversations=_directs_of(account_id))
    accounts.disable(account_id, now)
    directs = _directs_of(account_id)
    hold(conversations=directs)
    execute_many("update conversation set direct_state = 'disabled' where id = ?", [(id_,) for id_ in directs])
    _tell_others(account_id, directs)


def enable(account_id: int) -> None:
    """An account may sign in again, and is written to as what stands between it and each of the others has it: a block
    holds, and so does it that the other one is disabled. Whoever was told of its end is told.
    """
    hold(conversations=_directs_of(account_id))
    accounts.enable(account_id)
    directs = _directs_of(account_id)
    hold(conversations=directs)
    states = _direct_states(account_id, [other_id for other_id, _ in directs.values()])
    execute_many(
        "update conversation set direct_state = ? where id = ?",
        [(states[other_id], id_) for id_, (other_id, _) in directs.items()],
    )
    _tell_others(account_id, directs)


def direct_key(one: int, other: int) -> str:
    """What the direct conversation of two people is found by."""
    return "{}:{}".format(*sorted((one, other)))


def _put(contact: records.Contact) -> None:
    mine = (Contact.account_id == contact.account_id) & (Contact.other_id == contact.other_id)
    Contact.delete().where(mine).execute()
    if contact.state != "none" or contact.blocked_at is not None:
        Contact.insert(
            account_id=contact.account_id,
            other_id=contact.other_id,
            state=contact.state,
            note=contact.note,
            since=contact.since,
            blocked_at=contact.blocked_at,
        ).execute()


def _direct_ids(one: int, other: int) -> Sequence[int]:
    return [row[0] for row in fetch_all("select id from conversation where direct_key = ?", (direct_key(one, other),))]


def _directs_of(account_id: int) -> dict[int, tuple[int, bool]]:
    """The direct conversations of an account: with whom, and whether they have them in their list."""
    rows = fetch_all(
        "select c.id, them.account_id, c.head_seq > 0 or c.created_by = them.account_id from membership me "
        "join conversation c on c.id = me.conversation_id and c.kind = 'direct' "
        "join membership them on them.conversation_id = c.id and them.account_id <> me.account_id "
        "where me.account_id = ?",
        (account_id,),
    )
    return {row[0]: (row[1], bool(row[2])) for row in rows}


def _direct_states(account_id: int, others: Sequence[int]) -> dict[int, str]:
    """What the direct conversations of an account with each of ``others`` are to know, while it is not disabled."""
    contacts, apart = contacts_among(account_id, others), kept_apart(account_id, others)
    states = {other_id: "contacts" if other_id in contacts else "strangers" for other_id in others}
    states |= dict.fromkeys(apart, "blocked")
    return states | {person.id: "disabled" for person in accounts.get_many(others) if person.disabled_at is not None}


def _tell_others(account_id: int, directs: Mapping[int, tuple[int, bool]]) -> None:
    """Whoever has a direct conversation with an account in their list, or is something to it, hears what it is now."""
    related = fetch_all("select account_id from contact where other_id = ?", (account_id,))
    others = {other_id for other_id, is_listed in directs.values() if is_listed} | {row[0] for row in related}
    hold(accounts=others)
    for other_id in sorted(others):
        seen = pair(other_id, account_id).mine
        accounts.add_account_change(other_id, "contact_changed", {"contact": shown(seen)})


def _relation(state: str, blocked_at: int | None) -> chat.Relation:
    return "blocked" if blocked_at is not None else cast(State, state)


def _seen(contact: records.Contact) -> tuple[Any, ...]:
    """What an account sees of it: behind a block, nothing else."""
    if contact.blocked_at is not None:
        return "blocked", contact.blocked_at, None
    return contact.state, contact.since, contact.note


def _shown(contact: records.Contact, other: records.Account) -> chat.Contact:
    relation, since, note = _seen(contact)
    return chat.Contact(account=accounts.public(other), relation=relation, since=since, note=note)

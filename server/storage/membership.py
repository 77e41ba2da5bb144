"""Who belongs to a conversation: looked up, added, removed, and their roles. Changes are lines of the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import msgspec

from server import records
from server.errors import NotFound
from server.protocol import chat
from server.storage import accounts, invites, log, views
from server.storage.models import Account, Conversation, Membership, Removal
from server.storage.unit import Query, among, fetch_all, hold, wanted

_CONVERSATION = "id, kind, title, description, head_seq, member_count, rules, created_at, dissolved_at, direct_state"
_MEMBERSHIP = "conversation_id, account_id, role, joined_at, read_seq, history_from_seq, received_seq"


def conversations(ids: Iterable[int]) -> dict[int, records.Conversation]:
    """The rows of those of these conversations that exist."""
    return conversations_in(fetch_all(*conversations_query(ids)))


def conversations_query(ids: Iterable[int]) -> Query:
    """What ``conversations`` asks."""
    these, parameters = among("id", ids)
    return f"select {_CONVERSATION} from conversation where {these}", parameters


def conversations_in(rows: Iterable[Sequence[Any]]) -> dict[int, records.Conversation]:
    """What the answer means."""
    return {row[0]: _conversation(*row) for row in rows}


def memberships(keys: Iterable[tuple[int, int]]) -> dict[tuple[int, int], records.Membership]:
    """Memberships by (conversation, account); who does not belong is missing."""
    return memberships_in(fetch_all(*memberships_query(keys)))


def memberships_query(keys: Iterable[tuple[int, int]]) -> Query:
    """What ``memberships`` asks."""
    begin, parameters = wanted("in_conversation, of_account", keys)
    return (
        f"{begin} select {_MEMBERSHIP} from wanted "
        "cross join membership where conversation_id = in_conversation and account_id = of_account",
        parameters,
    )


def memberships_in(rows: Iterable[Sequence[Any]]) -> dict[tuple[int, int], records.Membership]:
    """What the answer means."""
    return {(row[0], row[1]): records.Membership(*row) for row in rows}


def of(conversation_id: int, account_id: int) -> tuple[records.Conversation, records.Membership]:
    """A conversation and somebody's place in it. Raises NotFound for everybody who does not belong."""
    member = memberships([(conversation_id, account_id)]).get((conversation_id, account_id))
    if member is None:
        raise NotFound("There is no such conversation.", field="conversation_id")
    return conversations([conversation_id])[conversation_id], member


def held(conversation_id: int, account_id: int) -> tuple[records.Conversation, records.Membership]:
    """The same for a write that rests on it: nobody joins, leaves or speaks in between. Raises NotFound."""
    hold(conversations=[conversation_id])
    return of(conversation_id, account_id)


def ids_of(account_id: int) -> list[int]:
    """The conversations that somebody belongs to."""
    return [row[0] for row in fetch_all("select conversation_id from membership where account_id = ?", (account_id,))]


def account_ids(conversation_id: int) -> list[int]:
    """Everybody who belongs to a conversation."""
    rows = fetch_all("select account_id from membership where conversation_id = ?", (conversation_id,))
    return [row[0] for row in rows]


def share_a_conversation(account_id: int, others: Sequence[int]) -> set[int]:
    """Those of ``others`` who are together with an account in some conversation."""
    rows = fetch_all(
        "select distinct them.account_id from membership me join membership them "
        f"on them.conversation_id = me.conversation_id where me.account_id = ? and them.account_id in "
        f"({_marks(others)})",
        [account_id, *others],
    )
    return {row[0] for row in rows}


def named(conversation_id: int, username_keys: Iterable[str]) -> list[int]:
    """The members that have one of these folded usernames."""
    keys = list(username_keys)
    rows = fetch_all(
        "select a.id from account a join membership m on m.account_id = a.id "
        f"where m.conversation_id = ? and a.username_key in ({_marks(keys)}) order by a.id",
        [conversation_id, *keys],
    )
    return [row[0] for row in rows]


def add(
    conversation: records.Conversation,
    actor_id: int,
    new_ids: Sequence[int],
    now: int,
    role: str = "member",
    *,
    by_link: bool = False,
) -> None:
    """Brings people in who are not there yet; each is a line of the log and a change of their account."""
    hold(conversations=[conversation.id], accounts=new_ids)
    present = set(account_ids(conversation.id))
    joining = [account_id for account_id in dict.fromkeys(new_ids) if account_id not in present]
    for account_id in joining:
        by = "self" if account_id == actor_id and not by_link else "invite"
        data = chat.MemberChanged(account_id=account_id, role=role, by=by)  # type: ignore[arg-type]
        entry = log.append(conversation.id, "member_added", actor_id, now, data)
        history_from = 1 if conversation.rules["history"] == "all" else entry.seq
        Membership.insert(
            conversation_id=conversation.id,
            account_id=account_id,
            role=role,
            joined_at=now,
            history_from_seq=history_from,
            # What was said before is there to be read, but does not count as unread.
            read_seq=entry.seq,
        ).execute()
    if joining:
        # Whoever was removed before is brought in again by somebody who may.
        Removal.delete().where(Removal.conversation_id == conversation.id, Removal.account_id << joining).execute()
        _count(conversation.id, len(joining), now)
    for account_id in joining:
        announce_added(conversation.id, account_id)


def remove(conversation: records.Conversation, actor_id: int, member: records.Membership, now: int) -> None:
    """Takes somebody out, and their links with them. The entry that says so is the last one they get.

    Who was taken out by somebody else does not come in again alone.
    """
    by = "self" if member.account_id == actor_id else "admin"
    data = chat.MemberChanged(account_id=member.account_id, role=member.role, by=by)  # type: ignore[arg-type]
    entry = log.append(conversation.id, "member_removed", actor_id, now, data)
    if by == "admin":
        Removal.insert(conversation_id=conversation.id, account_id=member.account_id, seq=entry.seq).execute()
    Membership.delete().where(_place(member)).execute()
    invites.forget(conversation.id, member.account_id)
    _count(conversation.id, -1, now)
    accounts.add_account_change(member.account_id, "conversation_removed", {"conversation_id": conversation.id})


def was_removed(conversation_id: int, account_id: int) -> bool:
    """Whether somebody was taken out by somebody else, and has not been brought in since."""
    return bool(
        fetch_all(
            "select 1 from conversation_removal where conversation_id = ? and account_id = ?",
            (conversation_id, account_id),
        )
    )


def leave(conversation: records.Conversation, member: records.Membership, now: int) -> None:
    """Somebody goes. An owner hands over to the longest-serving admin, else member; the last one dissolves."""
    is_over = conversation.dissolved_at is not None
    heir = _heir(conversation.id, member.account_id) if member.role == "owner" and not is_over else None
    if heir is not None:
        set_role(conversation, member.account_id, heir, "owner", now)
    remove(conversation, member.account_id, member, now)
    if conversation.member_count == 1 and not is_over:
        Conversation.update(dissolved_at=now).where(Conversation.id == conversation.id).execute()


def set_role(
    conversation: records.Conversation, actor_id: int, member: records.Membership, role: str, now: int
) -> None:
    """Gives a member another role; nothing happens when they have it."""
    if member.role == role:
        return
    data = chat.MemberChanged(account_id=member.account_id, role=role, by="admin")  # type: ignore[arg-type]
    log.append(conversation.id, "role_changed", actor_id, now, data)
    Membership.update(role=role).where(_place(member)).execute()


def page(conversation_id: int, viewer_id: int, after: tuple[int, int], limit: int) -> list[chat.Member]:
    """Members behind the place ``after`` = (joined_at, account id), longest-serving first, with the marks that
    ``viewer_id`` may see.
    """
    rows = fetch_all(
        f"select {_MEMBERSHIP} from membership where conversation_id = ? and (joined_at, account_id) > (?, ?) "
        "order by joined_at, account_id limit ?",
        (conversation_id, *after, limit),
    )
    members = [records.Membership(*row) for row in rows]
    people = {person.id: person for person in accounts.get_many([viewer_id, *(one.account_id for one in members)])}
    is_blind = people[viewer_id].hides_receipts
    hidden = {id_ for id_, person in people.items() if person.hides_receipts or is_blind} - {viewer_id}
    return [
        chat.Member(
            account=accounts.public(people[member.account_id]),
            role=member.role,  # type: ignore[arg-type]
            joined_at=member.joined_at,
            read_seq=None if member.account_id in hidden else member.read_seq,
            received_seq=None if member.account_id in hidden else max(member.received_seq, member.read_seq),
        )
        for member in members
    ]


def existing_people(ids: Sequence[int]) -> list[int]:
    """Those of these accounts that exist and are not disabled, in the order given."""
    found = {
        row.id for row in Account.select(Account.id).where(Account.id.in_(list(ids)) & Account.disabled_at.is_null())
    }
    return [account_id for account_id in dict.fromkeys(ids) if account_id in found]


def announce_added(conversation_id: int, account_id: int) -> None:
    """Tells an account's devices that a conversation is there, as this person sees it now."""
    view = views.view(account_id, conversation_id)
    # Words may be deleted later, and are not to stay behind here.
    kept = msgspec.structs.replace(view, last_message=None)
    accounts.add_account_change(account_id, "conversation_added", {"conversation": view}, {"conversation": kept})


def announce_direct(conversation_id: int, sender_id: int) -> None:
    """The first words of a direct conversation make it appear for the other person."""
    for account_id in account_ids(conversation_id):
        if account_id != sender_id:
            announce_added(conversation_id, account_id)


def _conversation(*row: Any) -> records.Conversation:
    id_, kind, title, description, head_seq, member_count, rules, created_at, dissolved_at, direct_state = row
    return records.Conversation(
        id_, kind, title, description, head_seq, member_count, _rules(rules), created_at, dissolved_at, direct_state
    )


@lru_cache
def _rules(text: str) -> Mapping[str, str]:
    """A conversation's rules; most have the same ones."""
    return MappingProxyType(msgspec.json.decode(text))


def _heir(conversation_id: int, leaving_id: int) -> records.Membership | None:
    rows = fetch_all(
        f"select {_MEMBERSHIP} from membership where conversation_id = ? and account_id <> ? "
        "order by role = 'admin' desc, joined_at, account_id limit 1",
        (conversation_id, leaving_id),
    )
    return records.Membership(*rows[0]) if rows else None


def _count(conversation_id: int, change: int, now: int) -> None:
    Conversation.update(member_count=Conversation.member_count + change, last_active_at=now).where(
        Conversation.id == conversation_id
    ).execute()


def _place(member: records.Membership) -> Any:
    return (Membership.conversation_id == member.conversation_id) & (Membership.account_id == member.account_id)


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))

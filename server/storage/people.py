"""What people show of themselves: name and picture, a status until its end, and what they keep to themselves."""

from __future__ import annotations

from typing import cast

import msgspec

from server import records
from server.protocol import chat
from server.storage import accounts, membership
from server.storage.models import Account
from server.storage.unit import Rows, announce, fetch_all, holding, repeatable

# Reading


def status(account: records.Account, now: int) -> chat.Status | None:
    """What somebody shows of themselves; nothing once it is over, and nothing has to be written for that."""
    is_over = account.status_until is not None and account.status_until <= now
    if is_over or not (account.status_text or account.status_emoji or account.availability != "auto"):
        return None
    return chat.Status(
        text=account.status_text,
        emoji=account.status_emoji,
        availability=cast(chat.Chosen, account.availability),
        until=account.status_until,
    )


def own(account: records.Account, now: int) -> chat.OwnAccount:
    """The account as the person themselves sees it."""
    return chat.OwnAccount(
        **msgspec.structs.asdict(accounts.public(account)),
        status=status(account, now),
        hides_last_seen=account.hides_last_seen,
        hides_receipts=account.hides_receipts,
    )


def hides_receipts(account_id: int) -> bool:
    """Whether somebody keeps to themselves how far they have read."""
    return bool(Account.select(Account.hides_receipts).where(Account.id == account_id).scalar())


# Writing


def set_profile(account_id: int, display_name: str | None, picture_file_id: int | None, now: int) -> records.Account:
    """Change the face of an account; ``None`` leaves as it is, picture 0 takes it away. Whoever sees it is told."""
    before = accounts.get(account_id)
    name = before.display_name if display_name is None else display_name
    picture = before.picture_file_id if picture_file_id is None else picture_file_id or None
    if (name, picture) == (before.display_name, before.picture_file_id):
        return before
    key = accounts.search_key(before.username, name)
    Account.update(display_name=name, search_key=key, picture_file_id=picture).where(Account.id == account_id).execute()
    account = _changed(account_id, now)
    face = msgspec.json.encode(accounts.public(account))
    announce(records.FaceChanged(account_id, face, tuple(membership.ids_of(account_id))))
    return account


@repeatable
@holding(lambda account_id, *_: Rows(accounts=[account_id]))
def set_status(account_id: int, shown: chat.Status, now: int) -> chat.OwnAccount:
    """Show this, and nothing of what was shown before; whoever watches is told."""
    before = accounts.get(account_id)
    columns = (shown.text, shown.emoji, shown.until, shown.availability)
    if columns != (before.status_text, before.status_emoji, before.status_until, before.availability):
        Account.update(
            status_text=shown.text,
            status_emoji=shown.emoji,
            status_until=shown.until,
            availability=shown.availability,
        ).where(Account.id == account_id).execute()
        before = _changed(account_id, now)
        announce(records.StatusChanged(account_id))
    return own(before, now)


def set_privacy(
    account_id: int, last_seen: bool | None, receipts: bool | None, most_members: int, now: int
) -> records.Account:
    """Hide, or show again, when one was last here and how far one has read; ``None`` leaves as it is.

    Conversations of up to ``most_members`` are those in which people are told of each other's marks.
    """
    before = accounts.get(account_id)
    hidden = (
        before.hides_last_seen if last_seen is None else last_seen,
        before.hides_receipts if receipts is None else receipts,
    )
    if hidden == (before.hides_last_seen, before.hides_receipts):
        return before
    Account.update(hides_last_seen=hidden[0], hides_receipts=hidden[1]).where(Account.id == account_id).execute()
    account = _changed(account_id, now)
    places = _small_conversations(account_id, most_members) if hidden[1] != before.hides_receipts else ()
    announce(records.PrivacyChanged(account_id, account.account_version, *hidden, places))
    return account


def _changed(account_id: int, now: int) -> records.Account:
    """Tells the account's own devices what it is like now."""
    accounts.add_account_change(account_id, "account_changed", {"account": own(accounts.get(account_id), now)})
    return accounts.get(account_id)


def _small_conversations(account_id: int, most_members: int) -> tuple[int, ...]:
    rows = fetch_all(
        "select conversation_id from membership join conversation on id = conversation_id "
        "where account_id = ? and member_count <= ?",
        (account_id, most_members),
    )
    return tuple(row[0] for row in rows)

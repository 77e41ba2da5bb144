"""Accounts: rows, their public face, finding people, and the numbered changes that their devices hear of."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import msgspec
from peewee import Case, IntegrityError, fn

from server import records
from server.errors import Forbidden, Invalid, NotFound
from server.protocol import chat
from server.storage.models import Account, AccountChange
from server.storage.unit import Rows, announce, fetch_all, hold, holding, repeatable, several_write

CHANGES_KEPT = 500
"""So many changes are remembered for an account's devices; one that is further behind loads everything anew."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an account starts with."""

    username: str
    display_name: str
    role: str
    password_hash: str | None
    created_at: int


_FIELDS = (
    Account.id,
    Account.username,
    Account.display_name,
    Account.role,
    Account.password_hash,
    Account.picture_file_id,
    Account.account_version,
    Account.created_at,
    Account.disabled_at,
    Account.last_seen_at,
    Account.status_text,
    Account.status_emoji,
    Account.status_until,
    Account.availability,
    Account.hides_last_seen,
    Account.hides_receipts,
)


def username_key(username: str) -> str:
    """The name folded by case and width: equal for names that look the same."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", username).casefold())


def folded(text: str) -> str:
    """``text`` as people look for it: case, width and accents do not count.

    Korean syllables are taken apart, so that a syllable that is still being typed finds the whole one
    (기 finds 김, and so does ㄱ).
    """
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(letter for letter in apart if not "\u0300" <= letter <= "\u036f").split())


def search_key(username: str, display_name: str) -> str:
    """What ``find_people`` looks into: every word that a search may begin with, a space before each."""
    words = [username, *display_name.split()]
    # A Korean name is written in one piece: people also look for the given name alone (민준 for 김민준).
    given = [word[1:] for word in words if 2 <= len(word) <= 5 and all("가" <= letter <= "힣" for letter in word)]
    return " " + " ".join(folded(text) for text in (username, display_name, *given))


# Reading


def find(account_id: int) -> records.Account | None:
    """The account, disabled or not."""
    return _first(Account.id == account_id)


def get(account_id: int) -> records.Account:
    """The account, disabled or not. Raises NotFound."""
    if account := find(account_id):
        return account
    raise NotFound("There is no such account.")


def by_username(username: str) -> records.Account | None:
    """The account of that name, however it is written."""
    return _first(Account.username_key == username_key(username))


def get_many(ids: Iterable[int]) -> list[records.Account]:
    """The accounts of ``ids`` that exist, by id."""
    wanted = list(set(ids))
    if not wanted:
        return []
    return _accounts(Account.select(*_FIELDS).where(Account.id << wanted).order_by(Account.id))


def get_all() -> list[records.Account]:
    """Every account, by id: for the command line."""
    return _accounts(Account.select(*_FIELDS).order_by(Account.id))


def any_exists() -> bool:
    """Whether somebody has signed up yet."""
    return bool(Account.select(Account.id).limit(1).exists())


def hold_first() -> None:
    """For a write that may make the first account, which owns the server: nobody else makes it meanwhile."""
    if several_write() and not any_exists():
        fetch_all("lock table account in share row exclusive mode")


def public(account: records.Account) -> chat.Account:
    """The account as others see it."""
    picture = account.picture_file_id
    return chat.Account(
        id=account.id,
        username=account.username,
        display_name=account.display_name,
        role=cast(chat.ServerRole, account.role),
        picture_url=f"/api/v1/accounts/{account.id}/picture?v={picture}" if picture else None,
        disabled=account.disabled_at is not None,
    )


def find_people(query: str, limit: int, not_id: int) -> list[records.Account]:
    """Accounts with a username or a word of the display name that begins with ``query``.

    The username itself comes first, then usernames, then names. Disabled accounts and ``not_id`` are left out.
    """
    key = " " + folded(query.strip().removeprefix("@"))
    rank = Case(None, [(Account.search_key.startswith(key + " "), 0), (Account.search_key.startswith(key), 1)], 2)
    rows = (
        Account.select(*_FIELDS)
        .where(Account.search_key.contains(key), Account.disabled_at.is_null(), Account.id != not_id)
        .order_by(rank, Account.display_name, Account.id)
        .limit(limit)
    )
    return _accounts(rows)


# Writing


def add(new: NewAccount) -> records.Account:
    """A new account. Raises Invalid when somebody has a name that looks the same."""
    try:
        row = Account.create(
            username=new.username,
            username_key=username_key(new.username),
            display_name=new.display_name,
            search_key=search_key(new.username, new.display_name),
            role=new.role,
            password_hash=new.password_hash,
            created_at=new.created_at,
        )
    except IntegrityError:
        raise Invalid("This username is taken.", field="username") from None
    return get(row.id)


def set_password(account_id: int, password_hash: str) -> None:
    """Store a new password's hash."""
    Account.update(password_hash=password_hash).where(Account.id == account_id).execute()


def disable(account_id: int, now: int) -> None:
    """Nobody signs in as this account any more. Raises Forbidden for the last owner."""
    # Two owners may be disabled at the same moment by two processes.
    hold(accounts=[row.id for row in Account.select(Account.id).where(Account.role == "owner")])
    others = Account.select().where(Account.role == "owner", Account.disabled_at.is_null(), Account.id != account_id)
    if get(account_id).role == "owner" and not others.exists():
        raise Forbidden("This is the only owner of the server; create another one first.")
    Account.update(disabled_at=fn.COALESCE(Account.disabled_at, now)).where(Account.id == account_id).execute()


def enable(account_id: int) -> None:
    """Whoever has its password may sign in as this account again."""
    Account.update(disabled_at=None).where(Account.id == account_id).execute()


@repeatable
@holding(lambda account_id, *_: Rows(accounts=[account_id]))
def set_last_seen(account_id: int, now: int) -> None:
    """Remember when somebody was here; the time never goes back."""
    Account.update(last_seen_at=now).where(
        Account.id == account_id, Account.last_seen_at.is_null() | (Account.last_seen_at < now)
    ).execute()


# What an account's own devices hear of


def add_account_change(account_id: int, event: str, data: Any, kept: Any = None) -> int:
    """Number a change of this account, keep it for devices that are away, and announce it.

    ``data`` is the event's payload without ``account_version``; ``kept`` is what is kept of it, if not all. Returns
    the version.
    """
    rows = (
        Account.update(account_version=Account.account_version + 1)
        .where(Account.id == account_id)
        .returning(Account.account_version)
    )
    versions = [row.account_version for row in rows.execute()]
    if not versions:
        raise NotFound("There is no such account.")
    version: int = versions[0]
    encoded = msgspec.json.encode(data)
    stored = encoded if kept is None else msgspec.json.encode(kept)
    AccountChange.insert(account_id=account_id, version=version, event=event, data=stored.decode()).execute()
    AccountChange.delete().where(
        AccountChange.account_id == account_id, AccountChange.version <= version - CHANGES_KEPT
    ).execute()
    announce(records.AccountChange(account_id, version, event, encoded))
    return version


def changes_after(account_id: int, version: int) -> tuple[list[records.AccountChange], int, bool]:
    """What happened to an account after ``version``, oldest first; its version now; and whether some of it is
    forgotten, or that version is none of ours, so that everything is to be loaded anew.
    """
    current = get(account_id).account_version
    rows = (
        AccountChange.select(AccountChange.version, AccountChange.event, AccountChange.data)
        .where(AccountChange.account_id == account_id, AccountChange.version > version)
        .order_by(AccountChange.version)
    )
    changes = [records.AccountChange(account_id, row.version, row.event, row.data.encode()) for row in rows]
    if len(changes) != current - version:
        return [], current, True
    return changes, current, False


def _first(condition: Any) -> records.Account | None:
    found = _accounts(Account.select(*_FIELDS).where(condition).limit(1))
    return found[0] if found else None


def _accounts(query: Any) -> list[records.Account]:
    return [records.Account(*row) for row in query.tuples()]

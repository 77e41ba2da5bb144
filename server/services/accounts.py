"""Accounts: signing up, one's own face and password, and what an operator does with them."""

from __future__ import annotations

import dataclasses
import hmac

from server import records
from server.clock import Now, now
from server.errors import Forbidden, Invalid, NotFound, Unauthorized
from server.protocol.chat import OwnAccount, ServerRole
from server.protocol.http import ChangeMe, ChangePassword, CreateAccount
from server.realtime.delivery import SMALL_CONVERSATION
from server.services import codes, names, passwords
from server.services.attempts import Attempts
from server.services.members import MAX_MEMBERS
from server.services.passwords import Passwords
from server.services.sessions import DAY_MS, Started, Visitor, new_token, start
from server.services.usernames import clean_username
from server.settings import Registration
from server.storage import accounts, contacts, files, invitations, joining, people, server_values, sessions
from server.storage.database import Database
from server.storage.unit import repeatable

CLAIM = "claim_hash"
SIGN_UPS_PER_ADDRESS = 100
"""In five minutes, on a server that others reach; a school class behind one address fits in."""


class Accounts:
    """Who may have an account here, and what becomes of it.

    ``is_local``: nobody but this machine reaches the server. Otherwise whoever comes first may not be the one
    it belongs to: the first account, which owns the server, needs the claim code that was printed at start.
    ``welcome_conversation``: the open one that every new account joins.
    """

    def __init__(
        self,
        db: Database,
        now: Now,
        hashes: Passwords,
        attempts: Attempts,
        *,
        registration: Registration,
        is_local: bool,
        welcome_conversation: int | None = None,
    ) -> None:
        self._db = db
        self._now = now
        self._hashes = hashes
        self._attempts = attempts
        self.sign_ups = None if is_local else Attempts(per_address=SIGN_UPS_PER_ADDRESS)
        self.registration = registration
        self._is_local = is_local
        self._welcome_conversation = welcome_conversation

    async def is_first(self) -> bool:
        """Whether the next account will own the server."""
        return not await self._db.read(accounts.any_exists)

    async def needs_claim(self) -> bool:
        """Whether signing up takes the claim code now."""
        return not self._is_local and await self.is_first()

    async def new_claim(self) -> str | None:
        """A new claim code, to be printed at start; ``None`` when none is needed. Only its hash is kept."""
        if not await self.needs_claim():
            return None
        code = codes.new()
        await self._db.write(server_values.put, CLAIM, codes.hash_of(code).hex())
        return code

    # Signing up

    async def sign_up(self, command: CreateAccount, visitor: Visitor) -> Started:
        """A new account, signed in on this device; the first one owns the server.

        Raises Invalid for ``username``, ``display_name``, ``password``, ``invitation`` or ``claim``,
        Forbidden where nobody signs up, RateLimited, Busy.
        """
        username = clean_username(command.username)
        display_name = names.clean(command.display_name or username, "display_name")
        passwords.check(command.password, username)
        device = visitor.device(command.device_name)
        # Asked before the costly hash, and again in the transaction, where the answer is final.
        with self._attempts.attempt(visitor.address) as attempt:
            try:
                await self._db.read(self._admit, command, username, self._now())
            except Invalid as refusal:
                if getattr(command, refusal.field or "", None) and refusal.field in ("claim", "invitation"):
                    attempt.was_wrong()
                raise
        if self.sign_ups:
            with self.sign_ups.attempt(visitor.address) as sign_up:
                sign_up.was_wrong()  # every one counts, good or not
        new = accounts.NewAccount(
            username, display_name, "person", await self._hashes.hash(command.password), self._now()
        )
        return await self._db.write(self._sign_up, command, new, new_token(), device)

    def _admit(self, command: CreateAccount, username: str, now: int) -> None:
        if not accounts.any_exists():
            claim = server_values.find(CLAIM) or ""
            if not self._is_local and not hmac.compare_digest(claim, codes.hash_of(command.claim or "").hex()):
                raise Invalid(
                    "The first account owns the server and needs the claim code that it printed at its start.",
                    field="claim",
                )
        elif self.registration == "closed":
            raise Forbidden("Nobody can sign up here. Ask your administrator for an account.")
        elif self.registration == "invitation" and not command.invitation:
            raise Invalid("You need an invitation to sign up here.", field="invitation")
        elif self.registration == "invitation" and not invitations.is_good(
            codes.hash_of(command.invitation or ""), now
        ):
            raise Invalid("This invitation is not known, or it is used up or too old.", field="invitation")
        if accounts.by_username(username):
            raise Invalid("This username is taken.", field="username")

    def _sign_up(self, command: CreateAccount, new: accounts.NewAccount, token: str, device: str) -> Started:
        accounts.hold_first()
        self._admit(command, new.username, new.created_at)
        invited = self.registration == "invitation" and accounts.any_exists()
        account = self._add(new)
        if invited and not invitations.use(codes.hash_of(command.invitation or ""), new.created_at):
            raise Invalid("This invitation is not known, or it is used up or too old.", field="invitation")
        return start(account, token, device, new.created_at)

    def _add(self, new: accounts.NewAccount) -> records.Account:
        accounts.hold_first()
        if accounts.any_exists():
            account = accounts.add(new)
        else:
            server_values.forget(CLAIM)
            account = accounts.add(dataclasses.replace(new, role="owner"))
        if self._welcome_conversation:
            joining.welcome(account.id, self._welcome_conversation, MAX_MEMBERS, new.created_at)
        return account

    # One's own account

    async def change(self, account_id: int, command: ChangeMe) -> records.Account:
        """A new display name or picture, or what one hides; whoever it concerns hears of it. Raises Invalid."""
        name = None if command.display_name is None else names.clean(command.display_name, "display_name")
        return await self._db.write(_change, account_id, name, command, self._now())

    async def change_password(
        self, account: records.Account, session_id: int, command: ChangePassword, visitor: Visitor
    ) -> None:
        """A new password; every other device is signed out. Raises Invalid, RateLimited, Busy."""
        passwords.check(command.new_password, account.username, "new_password")
        with self._attempts.attempt(visitor.address, accounts.username_key(account.username)) as attempt:
            if not await self._hashes.matches(command.current_password, account.password_hash):
                attempt.was_wrong()
                raise Invalid("This is not your current password.", field="current_password")
            attempt.was_right()
        new_hash = await self._hashes.hash(command.new_password)
        await self._db.write(_change_password, account, session_id, new_hash)

    # What an operator does, on the command line

    async def create(self, username: str, display_name: str, role: ServerRole, password: str) -> records.Account:
        """An account without signing up; the first one owns the server whatever ``role`` says."""
        name = clean_username(username)
        shown = names.clean(display_name or name, "display_name")
        passwords.check(password, name)
        new = accounts.NewAccount(name, shown, role, await self._hashes.hash(password), self._now())
        return await self._db.write(self._add, new)

    async def invite(self, uses: int, days: int, created_by: int | None = None) -> str:
        """A code with which ``uses`` people may sign up within ``days``; it is shown only now."""
        code = codes.new()
        now = self._now()
        await self._db.write(_invite, codes.hash_of(code), created_by, now, now + days * DAY_MS, uses)
        return code

    async def list(self) -> list[records.Account]:
        """Every account, by id."""
        return await self._db.read(accounts.get_all)

    async def disable(self, username: str) -> records.Account:
        """Nobody signs in as this account any more; its devices are signed out. Raises NotFound, Forbidden."""
        return await self._db.write(_disable, username, self._now())

    async def enable(self, username: str) -> records.Account:
        """A disabled account signs in again, with the password it had. Raises NotFound."""
        return await self._db.write(_enable, username)

    async def set_password(self, username: str, password: str) -> records.Account:
        """A new password for somebody who forgot it; all their devices are signed out. Raises NotFound, Invalid."""
        account = await self._db.read(_named, username)
        passwords.check(password, account.username)
        password_hash = await self._hashes.hash(password)
        await self._db.write(_set_password, account.id, None, password_hash)
        return account


def own(account: records.Account) -> OwnAccount:
    """The account as the person themselves sees it now."""
    return people.own(account, now())


# Units of work


def _change(account_id: int, display_name: str | None, command: ChangeMe, now: int) -> records.Account:
    if command.picture_file_id:
        files.check_picture(command.picture_file_id, account_id)
    people.set_profile(account_id, display_name, command.picture_file_id, now)
    return people.set_privacy(account_id, command.hides_last_seen, command.hides_receipts, SMALL_CONVERSATION, now)


def _change_password(seen: records.Account, session_id: int, password_hash: str) -> None:
    # The current password was checked outside of this transaction: another device may have been faster.
    if accounts.get(seen.id).password_hash != seen.password_hash:
        raise Unauthorized("The password has been changed meanwhile. Sign in again.")
    _set_password(seen.id, session_id, password_hash)


def _set_password(account_id: int, keep_session_id: int | None, password_hash: str) -> None:
    accounts.set_password(account_id, password_hash)
    sessions.end_others(account_id, keep_session_id, "password_changed")


def _invite(code_hash: bytes, created_by: int | None, now: int, expires_at: int, uses: int) -> None:
    invitations.sweep(now)
    invitations.add(code_hash, created_by, now, expires_at, uses)


@repeatable
def _disable(username: str, now: int) -> records.Account:
    account = _named(username)
    if account.disabled_at is None:
        contacts.disable(account.id, now)
        sessions.end_others(account.id, None, "disabled")
    return accounts.get(account.id)


@repeatable
def _enable(username: str) -> records.Account:
    account = _named(username)
    if account.disabled_at is not None:
        contacts.enable(account.id)
    return accounts.get(account.id)


def _named(username: str) -> records.Account:
    # A terminal may hand over bytes that are no text.
    account = accounts.by_username(username.strip().encode(errors="replace").decode())
    if account is None:
        raise NotFound(f"There is no account {username!r}.")
    return account

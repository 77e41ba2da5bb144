"""Invitations: codes that let people create an account, kept as hashes."""

from __future__ import annotations

from server.storage.models import Invitation


def add(code_hash: bytes, created_by: int | None, now: int, expires_at: int, uses: int) -> None:
    """A new invitation; ``created_by`` is ``None`` when it comes from the command line."""
    Invitation.create(
        code_hash=code_hash, created_by=created_by, created_at=now, expires_at=expires_at, uses_left=uses
    )  # fmt: skip


def is_good(code_hash: bytes, now: int) -> bool:
    """Whether somebody may still come in with this code."""
    return bool(
        Invitation.select()
        .where(Invitation.code_hash == code_hash, Invitation.expires_at > now, Invitation.uses_left > 0)
        .exists()
    )


def use(code_hash: bytes, now: int) -> bool:
    """Take one use away; false when there was none left."""
    taken = (
        Invitation.update(uses_left=Invitation.uses_left - 1)
        .where(Invitation.code_hash == code_hash, Invitation.expires_at > now, Invitation.uses_left > 0)
        .execute()
    )
    return bool(taken)


def sweep(now: int) -> None:
    """Forget what nobody can use any more."""
    Invitation.delete().where((Invitation.expires_at <= now) | (Invitation.uses_left <= 0)).execute()

"""Files' rows: who uploaded what, which message carries it, and who may have it.

All functions are plain and run inside the caller's unit of work. The bytes lie elsewhere, under ``key``.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from server.errors import Invalid, NotFound, RateLimited, TooLarge
from server.protocol import chat
from server.records import StoredFile
from server.storage import server_values
from server.storage.models import Account, Conversation, File, Membership, Message
from server.storage.unit import fetch_all, for_update

PICTURE_PLACE = -1
"""Where a card's picture stands among the files of a message: before them all, and shown with the card alone."""
MAX_WAITING = 200
"""Files of one account that no message carries yet: nobody fills the disk by uploading alone."""


def create(
    *,
    account_id: int,
    key: str,
    name: str,
    media_type: str,
    size_bytes: int,
    created_at: int,
    width: int | None = None,
    height: int | None = None,
    blur: str | None = None,
    has_thumbnail: bool = False,
    duration_ms: int | None = None,
    quota_bytes: int | None = None,
) -> StoredFile:
    """A new file, its uploader's alone until a message carries it.

    Raises RateLimited when too many of this account's files wait to be sent, and what ``check_room`` does.
    """
    if waiting(account_id) >= MAX_WAITING:
        raise RateLimited("Too many files of yours wait to be sent. Send them first.", retry_after_ms=60_000)
    check_room(account_id, size_bytes, quota_bytes)
    row = File.create(
        account_id=account_id,
        key=key,
        name=name,
        media_type=media_type,
        size_bytes=size_bytes,
        created_at=created_at,
        width=width,
        height=height,
        blur=blur,
        has_thumbnail=has_thumbnail,
        duration_ms=duration_ms,
    )
    return _record(row)


def waiting(account_id: int) -> int:
    """How many files of this account no message carries yet."""
    return int(File.select().where(File.conversation_id.is_null(), File.account_id == account_id).count())


def used_bytes(account_id: int) -> int:
    """How much all files of this account have, those on their way in included: room for them is promised."""
    # What one has forwarded lies there once.
    [(stored,)] = fetch_all(
        "select coalesce(sum(size_bytes), 0) from "
        "(select distinct key, size_bytes from file where account_id = ?) as kept",
        (account_id,),
    )
    [(coming,)] = fetch_all(
        "select coalesce(sum(size_bytes), 0) from upload where account_id = ? and file_id is null", (account_id,)
    )
    return int(stored) + int(coming)


def check_room(account_id: int, size_bytes: int, quota_bytes: int | None) -> None:
    """Whether so much more may be kept for this account. Raises TooLarge for ``quota``, with the numbers."""
    if quota_bytes is None:
        return
    used = used_bytes(account_id)
    if used + size_bytes > quota_bytes:
        raise TooLarge(
            f"Your files may have {quota_bytes:,} bytes together: {used:,} are taken, and this one has {size_bytes:,}.",
            field="quota",
        )


def get(file_id: int) -> StoredFile:
    """The file whoever asks; raises NotFound. For people use ``visible_to``."""
    row = File.get_or_none(File.id == file_id)
    if row is None:
        raise _not_found()
    return _record(row)


def visible_to(file_id: int, account_id: int) -> StoredFile:
    """The file, if this account may have it now; raises NotFound.

    Before it is sent that is its uploader; afterwards the current members of the conversation who may
    see the message, as long as it is not deleted. A disabled account has nothing.
    """
    stored = get(file_id)
    if not Account.select().where(Account.id == account_id, Account.disabled_at.is_null()).exists():
        raise _not_found()
    if stored.conversation_id is None:
        allowed = stored.account_id == account_id
    else:
        allowed = _may_read(stored.conversation_id, stored.message_seq, account_id)
    if not allowed:
        raise _not_found()
    return stored


def picture_of(account_id: int) -> StoredFile:
    """The picture that somebody chose for their face; raises NotFound when there is none."""
    row = File.select().join(Account, on=(Account.picture_file_id == File.id)).where(Account.id == account_id).first()
    if row is None:
        raise _not_found()
    return _record(row)


def picture_of_conversation(conversation_id: int, account_id: int | None = None) -> StoredFile:
    """The picture of a conversation, for its members, and of an open one for everybody; without ``account_id`` for
    whoever was let in otherwise. Raises NotFound when there is none.
    """
    place = Conversation.get_or_none(Conversation.id == conversation_id)
    is_inside = Membership.select().where(
        Membership.conversation_id == conversation_id, Membership.account_id == account_id
    )
    if place is None or not (account_id is None or place.kind == "open" or is_inside.exists()):
        raise _not_found()
    row = File.get_or_none(File.id == place.picture_file_id)
    if row is None:
        raise _not_found()
    return _record(row)


def check_picture(file_id: int, account_id: int) -> StoredFile:
    """One's own picture that no message carries: fit to be a face. Raises Invalid for ``picture_file_id``."""
    row = File.get_or_none((File.id == file_id) & (File.account_id == account_id) & File.conversation_id.is_null())
    if row is None or not row.has_thumbnail:
        raise Invalid("Choose a picture that you uploaded for this.", field="picture_file_id")
    return _record(row)


def body(stored: StoredFile) -> chat.File:
    """The file in the words of the wire, with addresses relative to the server."""
    address = f"/api/v1/files/{stored.id}"
    return chat.File(
        id=stored.id,
        name=stored.name,
        media_type=stored.media_type,
        size_bytes=stored.size_bytes,
        url=f"{address}/{quote(stored.name, safe='')}",
        width=stored.width,
        height=stored.height,
        duration_ms=stored.duration_ms,
        thumbnail_url=f"{address}/thumbnail" if stored.has_thumbnail else None,
        blur=stored.blur,
    )


def attach(file_ids: Sequence[int], account_id: int, conversation_id: int, seq: int) -> list[StoredFile]:
    """Make these files part of a message, in this order; call it inside the append's transaction.

    Raises Invalid for ``file_ids`` when one is missing, somebody else's, named twice, or in use already.
    """
    if not file_ids:
        return []
    if len(set(file_ids)) != len(file_ids):
        raise Invalid("A file is named twice.", field="file_ids")
    # In order, as two messages with the same files may be sent at the same moment.
    found = fetch_all(
        f"select id from file where id in ({', '.join('?' * len(file_ids))}) and account_id = ? "
        f"and conversation_id is null order by id{for_update()}",
        (*file_ids, account_id),
    )
    # A face would vanish with the message that carries it.
    faces = Account.select(Account.id).where(Account.id == account_id, Account.picture_file_id.in_(file_ids))
    of_groups = Conversation.select(Conversation.id).where(Conversation.picture_file_id.in_(file_ids))
    if len(found) != len(file_ids) or faces.exists() or of_groups.exists():
        raise Invalid("A file is missing, not yours, or already in use: upload it again.", field="file_ids")
    for place, file_id in enumerate(file_ids):
        File.update(conversation_id=conversation_id, message_seq=seq, place=place).where(File.id == file_id).execute()
    return of_messages(conversation_id, [seq])[seq]


def share(stored: Sequence[StoredFile], account_id: int, conversation_id: int, seq: int) -> list[StoredFile]:
    """Files of a message that is forwarded, as files of the new message too: rows of its own, and the same bytes."""
    theirs = {"account_id": account_id, "conversation_id": conversation_id, "message_seq": seq}
    for place, one in enumerate(stored):
        columns = asdict(one) | theirs
        del columns["id"]
        File.create(**columns, place=place)
    return of_messages(conversation_id, [seq])[seq]


def add_picture(conversation_id: int, seq: int, **columns: Any) -> StoredFile:
    """The picture of a card under a message: seen by whoever sees the message, and none of its files."""
    place = {"conversation_id": conversation_id, "message_seq": seq, "place": PICTURE_PLACE}
    return _record(File.create(name="preview.webp", has_thumbnail=True, **place, **columns))


def release_pictures(conversation_id: int, seq: int) -> list[str]:
    """Forget the pictures of a message's cards; returns the keys whose bytes may go after the commit."""
    return _release(
        (File.conversation_id == conversation_id) & (File.message_seq == seq) & (File.place == PICTURE_PLACE)
    )


def of_messages(conversation_id: int, seqs: Sequence[int]) -> dict[int, list[StoredFile]]:
    """The files of these messages, each list in the sender's order; messages without files are left out."""
    if not seqs:
        return {}
    rows = (
        File.select()
        .where(File.conversation_id == conversation_id, File.message_seq.in_(seqs), File.place != PICTURE_PLACE)
        .order_by(File.message_seq, File.place)
    )
    files: dict[int, list[StoredFile]] = {}
    for row in rows:
        files.setdefault(row.message_seq or 0, []).append(_record(row))
    return files


def release(conversation_id: int, seq: int) -> list[str]:
    """Forget the files of a deleted message; returns the keys whose bytes may go after the commit.

    Bytes that another message was forwarded with stay.
    """
    return _release((File.conversation_id == conversation_id) & (File.message_seq == seq))


def _release(gone: Any) -> list[str]:
    keys = [row.key for row in File.select(File.key).where(gone)]
    if keys:
        File.delete().where(gone).execute()
    still_there = known_keys(keys)
    return [key for key in keys if key not in still_there]


def release_orphans(created_before: int, limit: int = 500) -> list[str]:
    """Forget files that were uploaded before then and never sent; returns the keys whose bytes may go.

    At most ``limit`` at a time, so that nobody waits long behind a sweep. Faces of accounts and groups stay.
    """
    faces = Account.select(Account.picture_file_id).where(Account.picture_file_id.is_null(False))
    of_groups = Conversation.select(Conversation.picture_file_id).where(Conversation.picture_file_id.is_null(False))
    rows = list(
        File.select(File.id)
        .where(
            File.conversation_id.is_null(),
            File.created_at < created_before,
            File.id.not_in(faces),
            File.id.not_in(of_groups),
        )
        .limit(limit)
    )
    if not rows:
        return []
    # Asked again: a message may have taken one of them in the meantime.
    gone = File.delete().where(File.id.in_([row.id for row in rows]), File.conversation_id.is_null())
    return [row.key for row in gone.returning(File.key).execute()]


def known_keys(keys: Sequence[str]) -> set[str]:
    """Those of ``keys`` that a row still names."""
    return {row.key for row in File.select(File.key).where(File.key.in_(keys))}


def link_key() -> bytes:
    """The secret that signs links to files, made when it is first asked for; the same in all workers."""
    return bytes.fromhex(server_values.get_or_put("file_link_key", secrets.token_hex(32)))


def _may_read(conversation_id: int, seq: int | None, account_id: int) -> bool:
    member = Membership.select().where(
        Membership.conversation_id == conversation_id,
        Membership.account_id == account_id,
        Membership.history_from_seq <= seq,
    )
    standing = Message.select().where(
        Message.conversation_id == conversation_id, Message.seq == seq, Message.deleted_at.is_null()
    )
    return bool(member.exists() and standing.exists())


def _not_found() -> NotFound:
    return NotFound("There is no such file.")


def _record(row: Any) -> StoredFile:
    return StoredFile(
        id=row.id,
        account_id=row.account_id,
        key=row.key,
        name=row.name,
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        created_at=row.created_at,
        width=row.width,
        height=row.height,
        blur=row.blur,
        has_thumbnail=row.has_thumbnail,
        conversation_id=row.conversation_id,
        message_seq=row.message_seq,
        duration_ms=row.duration_ms,
    )

"""The HTTP interface under /api/v1: its bodies, and the table of its routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from server.protocol.base import (
    MAX_FILES_PER_MESSAGE,
    Body,
    ClientId,
    Command,
    DeviceName,
    Id,
    MessageText,
    Name,
    Password,
    PictureId,
    Seq,
    Username,
)
from server.protocol.chat import ConversationsPage, File, MessageSent, MessagesPage, OwnAccount
from server.protocol.reply import ErrorBody


class CreateAccount(Command):
    """Sign up. ``invitation`` where the server wants one; ``claim`` for the first account of a public server."""

    username: Username
    password: Password
    display_name: Name | None = None
    invitation: Annotated[str, Meta(max_length=100)] | None = None
    claim: Annotated[str, Meta(max_length=100)] | None = None
    device_name: DeviceName | None = None


class CreateSession(Command):
    """Sign in on one device."""

    username: Username
    password: Password
    device_name: DeviceName | None = None


class ChangeMe(Command):
    """Change one's own face, or what one hides; what is left out stays."""

    display_name: Name | None = None
    picture_file_id: PictureId | None = None
    hides_last_seen: bool | None = None
    hides_receipts: bool | None = None


class ChangePassword(Command):
    """A new password; every other device is signed out."""

    current_password: Password
    new_password: Password


class Session(Body):
    """One signed-in device."""

    id: int
    device_name: str
    created_at: int
    last_used_at: int
    current: bool
    connected: bool


class SignedIn(Body):
    """Who one is now; ``token`` is the bearer token and the sockets' ``auth.token``."""

    account: OwnAccount
    token: str
    session: Session


class Me(Body):
    """Who one is, and through which session."""

    account: OwnAccount
    session: Session


class Sessions(Body):
    """The devices on which one is signed in."""

    sessions: list[Session]


class Welcome(Body):
    """What a visitor may know before signing in, for the sign-in page."""

    name: str
    version: str
    registration: Literal["open", "invitation", "closed"]
    needs_claim: bool
    first_account: bool


class FileLink(Body):
    """A link that is good without a session until ``expires_at``."""

    url: str
    expires_at: int


class FileUse(Body):
    """How much one's files have together, and how much they may; no ``quota_bytes`` where there is no such limit."""

    used_bytes: int
    quota_bytes: int | None = None


Offset = Annotated[str, Meta(max_length=100)]
WhyReset = Literal["unknown_offset", "another_epoch", "too_much"]


class ReadAlong(Command):
    """Where a stream or a poll begins: behind the offset ``after``, else now; ``only`` the notifications."""

    after: Offset | None = None
    only: Literal["notifications"] | None = None


class PollEvents(ReadAlong):
    """The same; ``timeout`` is how many seconds to wait at most."""

    timeout: Annotated[int, Meta(ge=0, le=25)] = 25


class StreamReset(Body):
    """The stream cannot go on from the offset that was given: what lies between is not told. Load anew.

    ``too_much`` was missed; ``another_epoch``: a backup has been restored since; ``unknown_offset``: none of ours.
    """

    reason: WhyReset


class StreamEvent(Body):
    """What happened: ``event`` and ``data`` as on the sockets, and the offset of everything up to it."""

    id: str
    event: str
    data: Any


class EventsPage(Body):
    """What happened since, oldest first; empty when nothing did. ``offset`` is where to go on: the next ``after``."""

    events: list[StreamEvent]
    offset: str


class PostMessage(Command):
    """Say something; the same ``client_id`` and content gets the first answer again."""

    client_id: ClientId
    text: MessageText
    reply_to_seq: Seq | None = None
    file_ids: Annotated[list[Id], Meta(max_length=MAX_FILES_PER_MESSAGE)] = msgspec.field(default_factory=list)


class InvitePreview(Body):
    """What one joins by a link, before one joins; its picture, if it has one, is at the same address and ``/picture``.

    ``conversation_id`` is there for whoever belongs to it already.
    """

    title: str
    member_count: int
    invited_by: str
    expires_at: int
    has_picture: bool
    description: str | None = None
    conversation_id: int | None = None


class HttpError(Body):
    """The body of every refusal over HTTP."""

    error: ErrorBody


class Health(Body):
    """The process lives and answers."""

    ok: bool
    version: str


class Readiness(Body):
    """Whether this worker can serve; ``complaints`` says what is missing."""

    ready: bool
    complaints: list[str]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One line of the HTTP interface; ``path`` is written as the router and OpenAPI both write it."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    path: str
    name: str
    summary: str
    who: Literal["anyone", "account", "inside", "member", "operator"]
    """``inside``: who belongs to the conversation. ``member``: of a conversation that holds the file, its uploader, or
    whoever holds a link to it.
    """
    takes: type[Command] | Literal["multipart/form-data", "application/offset+octet-stream"] | None = None
    gives: type[Body] | str | None = None
    """A body, or the media type of what is not JSON, or nothing."""
    status: int = 200


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET", path="/api/v1/welcome", name="welcome", who="anyone", gives=Welcome,
        summary="What a visitor may know before signing in.",
    ),
    Route(
        method="POST", path="/api/v1/accounts", name="create_account", who="anyone",
        takes=CreateAccount, gives=SignedIn, status=201,
        summary="Sign up, where the server's registration allows it. Signs in too, and sets the cookie.",
    ),
    Route(
        method="POST", path="/api/v1/sessions", name="create_session", who="anyone",
        takes=CreateSession, gives=SignedIn, status=201,
        summary="Sign in on one device, and set the cookie.",
    ),
    Route(
        method="GET", path="/api/v1/sessions", name="list_sessions", who="account", gives=Sessions,
        summary="The devices on which one is signed in, the most recently used first.",
    ),
    Route(
        method="DELETE", path="/api/v1/sessions/{id}", name="end_session", who="account", status=204,
        summary="Sign a device of one's own out: a number, `current`, or `others`. Its sockets close at once.",
    ),
    Route(
        method="GET", path="/api/v1/me", name="me", who="account", gives=Me,
        summary="Who one is, and through which session.",
    ),
    Route(
        method="PATCH", path="/api/v1/me", name="change_me", who="account", takes=ChangeMe, gives=OwnAccount,
        summary="Change one's own name or picture, or what one hides.",
    ),
    Route(
        method="PUT", path="/api/v1/me/password", name="change_password", who="account",
        takes=ChangePassword, status=204,
        summary="A new password; every other device is signed out.",
    ),
    Route(
        method="GET", path="/api/v1/accounts/{id}/picture", name="account_picture", who="account", gives="image/*",
        summary="The picture of an account.",
    ),
    Route(
        method="GET", path="/api/v1/conversations", name="list_conversations", who="account",
        gives=ConversationsPage,
        summary="One's conversations, most recently active first.",
    ),
    Route(
        method="GET", path="/api/v1/conversations/{id}/messages", name="list_messages", who="inside",
        gives=MessagesPage,
        summary="Messages in their current state, oldest first; the newest page when no place is named.",
    ),
    Route(
        method="POST", path="/api/v1/conversations/{id}/messages", name="post_message", who="inside",
        takes=PostMessage, gives=MessageSent, status=201,
        summary="Say something. Answered after the commit; a repeat of its `client_id` by 200 and the first answer.",
    ),
    Route(
        method="GET", path="/api/v1/stream", name="stream", who="account", gives="text/event-stream",
        summary="Server-Sent Events: entries and notifications as on the sockets, from `Last-Event-ID` on or from now.",
    ),
    Route(
        method="GET", path="/api/v1/events", name="poll_events", who="account", gives=EventsPage,
        summary="The same by long polling: answers when something happened after `after`, in 25 s at the latest.",
    ),
    Route(
        method="GET", path="/api/v1/conversations/{id}/picture", name="conversation_picture", who="account",
        gives="image/*",
        summary="The picture of a conversation, for its members; of an open one, for everybody.",
    ),
    Route(
        method="GET", path="/api/v1/join/{code}", name="preview_invite", who="anyone", gives=InvitePreview,
        summary="What one joins by the code of a link; 404 for one that is wrong, too old or used up.",
    ),
    Route(
        method="GET", path="/api/v1/join/{code}/picture", name="invite_picture", who="anyone", gives="image/*",
        summary="The picture of what one joins.",
    ),
    Route(
        method="POST", path="/api/v1/files", name="upload_file", who="account",
        takes="multipart/form-data", gives=File, status=201,
        summary="Store a file, streamed, in the part named `file`. Until it is sent it is one's own.",
    ),
    Route(
        method="GET", path="/api/v1/files/{id}/thumbnail", name="file_thumbnail", who="member", gives="image/*",
        summary="A small picture of a picture.",
    ),
    Route(
        method="GET", path="/api/v1/files/{id}/{name}", name="download_file", who="member",
        gives="application/octet-stream",
        summary="The file, with ranges: pictures, sound and video inline, everything else as an attachment.",
    ),
    Route(
        method="POST", path="/api/v1/files/{id}/link", name="link_file", who="member", gives=FileLink, status=201,
        summary="A link that needs no session for 5 minutes, for an `<img src>` beside a bearer token.",
    ),
    Route(
        method="GET", path="/api/v1/me/files", name="file_use", who="account", gives=FileUse,
        summary="How much one's files have together, and how much they may (`MADANG_FILE_QUOTA_BYTES`).",
    ),
    Route(
        method="OPTIONS", path="/api/v1/uploads", name="upload_abilities", who="anyone", status=204,
        summary="What this server has of tus 1.0: creation, creation-with-upload, expiration, termination.",
    ),
    Route(
        method="POST", path="/api/v1/uploads", name="begin_upload", who="account", status=201,
        summary="Begin an upload of `Upload-Length` bytes that can go on after a cut, by tus 1.0; `filename` in "
        "`Upload-Metadata` is its name. `Location` says where it goes on, for a day.",
    ),
    Route(
        method="PATCH", path="/api/v1/uploads/{key}", name="continue_upload", who="account",
        takes="application/offset+octet-stream", status=204,
        summary="Go on with an upload at `Upload-Offset`, which HEAD tells. What came before a cut stays.",
    ),
    Route(
        method="GET", path="/api/v1/uploads/{key}", name="uploaded_file", who="account", gives=File,
        summary="What an upload has become when all of it is here; 409 before.",
    ),
    Route(
        method="DELETE", path="/api/v1/uploads/{key}", name="end_upload", who="account", status=204,
        summary="Give up an upload, and what has come in of it.",
    ),
    Route(
        method="GET", path="/healthz", name="health", who="anyone", gives=Health,
        summary="Answers as long as the process lives.",
    ),
    Route(
        method="GET", path="/readyz", name="readiness", who="anyone", gives=Readiness,
        summary="Whether this worker can serve; 503 with the complaints when it cannot.",
    ),
    Route(
        method="GET", path="/metrics", name="metrics", who="operator", gives="text/plain",
        summary="Counters for Prometheus.",
    ),
    Route(
        method="GET", path="/docs", name="docs", who="anyone", gives="text/html",
        summary="This contract as a page for people.",
    ),
    Route(
        method="GET", path="/docs/openapi.json", name="openapi", who="anyone", gives="application/json",
        summary="The HTTP interface as OpenAPI 3.1.",
    ),
    Route(
        method="GET", path="/docs/asyncapi.json", name="asyncapi", who="anyone", gives="application/json",
        summary="The Socket.IO namespaces as AsyncAPI 3.0.",
    ),
)  # fmt: skip
"""Every route: the documents are generated from it, and the authorisation matrix is held against it."""

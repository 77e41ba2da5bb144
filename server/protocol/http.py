"""The bodies of the HTTP interface under /api/v1."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from server.protocol.base import Body, Command, DeviceName, Id, Name, Password, Username
from server.protocol.chat import Account


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
    """Change one's own face; what is left out stays. ``picture_file_id`` 0 takes the picture away."""

    display_name: Name | None = None
    picture_file_id: Annotated[int, Meta(ge=0)] | None = None


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

    account: Account
    token: str
    session: Session


class Me(Body):
    account: Account
    session: Session


class Sessions(Body):
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


FileId = Id

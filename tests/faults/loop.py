"""A loop of everything that writes, through the services, the same each time: ids, times and random bytes too."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bcrypt
import msgspec

from server import parts as house_parts
from server.followers.address_guard import GuardedResolver
from server.followers.fetching import Fetcher
from server.followers.follow import Follower
from server.followers.link_previews import LinkPreviews
from server.followers.notifier import NAME, Notifier
from server.followers.search_index import NAME as SEARCH_INDEX
from server.followers.search_index import SearchIndex, begin
from server.protocol import http
from server.protocol.chat import Preview
from server.services.sessions import Visitor
from server.settings import Settings
from server.storage import previews, server_values
from server.transport import chat as chat_door
from server.transport import notifications as bell_door
from tests.storage.writer import Held

START = 1_700_000_000_000
STEP_MS = 2 * 60 * 60 * 1000
"""Between two steps: long enough for what is done once an hour."""
ANA, BEN, CHO, DAN = 1, 2, 3, 4
DIRECT, GROUP, OPEN = 1, 2, 3
HERE = Visitor("127.0.0.1", "loop")
PASSWORD = "correct horse battery"
NEW_PASSWORD = "staple of another battery"


class House:
    """The product as the application puts it together, and what earlier steps were answered."""

    def __init__(self, database_url: str | None, folder: Path, answers: Iterable[Any] = ()) -> None:
        self.answers = list(answers)
        house_parts.now = lambda: START + len(self.answers) * STEP_MS
        settings = Settings(
            data_dir=folder,
            database_url=database_url,
            public_url="https://talk.example.org",
            registration="invitation",
            message_rate=None,
            max_file_bytes=1000,
            password_cost=4,
        )
        parts = house_parts.parts_of(settings)  # without the doors, which take longer than all of this
        self.db, self.accounts, self.sessions, self.files = parts.db, parts.accounts, parts.sessions, parts.files
        self.presence, self.uploads = parts.chat.presence, parts.uploads
        self.notifier = Follower(self.db, NAME, Notifier(house_parts.now).handle)
        self.index = SearchIndex()
        self.indexer = Follower(self.db, SEARCH_INDEX, self.index.handle)
        self.previews = LinkPreviews(
            self.db, Fetcher(GuardedResolver()), house_parts.now, parts.files.card_picture, parts.files.forget
        )
        self._chat = chat_door.commands(parts.chat)
        self._bell = bell_door.commands(parts.notifications, parts.rules)
        self._passwords = parts.passwords

    async def close(self) -> None:
        """Commits what waits, and ends."""
        await self.db.close()
        self._passwords.close()

    def chat(self, name: str, account_id: int, /, **payload: Any) -> Awaitable[Any]:
        """A command of the chat namespace."""
        kind, handler = self._chat[name]
        return handler(account_id, msgspec.convert(payload, kind))

    def bell(self, name: str, account_id: int, /, **payload: Any) -> Awaitable[Any]:
        """A command of the namespace of notifications."""
        kind, handler = self._bell[name]
        return handler(account_id, msgspec.convert(payload, kind))

    def of(self, name: str) -> Any:
        """What the first step of that name was answered."""
        return self.answers[next(n for n, step in enumerate(STEPS) if step.name == name)]


@dataclass(frozen=True)
class Step:
    """``again``: what is heard by whoever asks again because no answer came, though it was done: ``same``, the
    answer itself; the code of a refusal; or ``new``, when asking again is another thing, which nobody repeats.
    """

    name: str
    do: Callable[[House], Awaitable[Any]]
    again: str = "same"


def _chat(name: str, account_id: int, /, *, again: str = "same", **payload: Any) -> Step:
    return Step(name, lambda house: house.chat(name, account_id, **payload), again)


def _bell(name: str, account_id: int, /, **payload: Any) -> Step:
    return Step(name, lambda house: house.bell(name, account_id, **payload))


def _say(account_id: int, text: str, where: int = GROUP, **more: Any) -> Step:
    label = f"label-{account_id}-{where}-{len(text)}"
    return _chat("send_message", account_id, conversation_id=where, client_id=label, text=text, **more)


def _sign_up(name: str, **codes: Callable[[House], str]) -> Step:
    def do(house: House) -> Awaitable[Any]:
        given = {field: code(house) for field, code in codes.items()}
        return house.accounts.sign_up(http.CreateAccount(username=name, password=PASSWORD, **given), HERE)

    return Step(f"sign_up {name}", do, again="invalid")


def _sign_in(name: str) -> Step:
    command = http.CreateSession(username=name, password=PASSWORD)
    return Step(f"sign_in {name}", lambda house: house.sessions.sign_in(command, HERE), again="new")


def _upload(name: str) -> Step:
    async def content() -> AsyncIterator[bytes]:
        yield b"nothing but words"

    return Step(f"upload {name}", lambda house: house.files.upload(BEN, name, content()), again="new")


RESUMED = b"first the one, then the other"


def _begin_upload(label: str) -> Step:
    """``label`` in its name: each has a key of its own."""
    return Step(f"begin {label}", lambda house: house.uploads.begin(BEN, len(RESUMED), ""), again="new")


async def _upload_the_rest(house: House) -> Any:
    """What a client does after a cut: it asks how far it is, and goes on there."""
    key = house.of("begin upload").key
    at = (await house.uploads.look(BEN, key)).offset

    async def content() -> AsyncIterator[bytes]:
        yield RESUMED[at:]

    return await house.uploads.append(BEN, key, at, content())


async def _first_start(house: House) -> list[str]:
    return [await house.db.write(server_values.get_or_put, name, secrets.token_hex(8)) for name in ("epoch", "bus")]


async def _at_once(house: House) -> list[Any]:
    """Many at the same time, which the writer finds waiting together: in bulk, singly, refused, and repeats."""
    say = lambda who, label, text, where=GROUP, **more: house.chat(  # noqa: E731
        "send_message", who, conversation_id=where, client_id=label, text=text, **more
    )
    asked = [
        say(ANA, "at-once-1", "one for @ben"),
        say(BEN, "at-once-2", "two", reply_to_seq=6),
        say(ANA, "at-once-1", "one for @ben"),
        say(ANA, "at-once-1", "another under the same label"),
        say(DAN, "at-once-3", "he does not belong"),
        say(BEN, "at-once-4", "elsewhere", DIRECT),
        house.chat("add_reaction", CHO, conversation_id=GROUP, seq=6, emoji="🎉"),
        say(CHO, "at-once-5", "five, with @ana"),
        say(ANA, "at-once-6", "six for @all"),
        house.chat("edit_message", ANA, conversation_id=GROUP, seq=6, text="edited while others talk"),
        say(BEN, "at-once-7", "seven"),
        house.chat("mark_read", CHO, conversation_id=GROUP, seq=15),
    ]
    held = Held()
    first = asyncio.create_task(house.db.write(held.piece))
    await held.entered()
    waiting = [asyncio.ensure_future(one) for one in asked]
    await asyncio.sleep(0)  # each of them has put itself into the queue now
    held.let_go()
    await first
    return await asyncio.gather(*waiting, return_exceptions=True)


async def _follow(house: House) -> None:
    await house.notifier._catch_up()


async def _index(house: House) -> None:
    await house.indexer._catch_up()


async def _preview(house: House) -> list[str]:
    card = Preview(url="https://example.org/", title="Ways")
    return await house.db.write(previews.put, GROUP, 6, lambda text: True, card, None, house_parts.now())


async def _disconnect(house: House) -> None:
    await house.presence.remember(BEN, house_parts.now())


_change_password = http.ChangePassword(current_password=PASSWORD, new_password=NEW_PASSWORD)

STEPS: tuple[Step, ...] = (
    Step("first start", _first_start),
    Step("claim", lambda house: house.accounts.new_claim(), again="new"),
    _sign_up("ana", claim=lambda house: house.of("claim")),
    Step("invite", lambda house: house.accounts.invite(3, 7, ANA), again="new"),
    _sign_up("ben", invitation=lambda house: house.of("invite")),
    _sign_up("cho", invitation=lambda house: house.of("invite")),
    Step("create", lambda house: house.accounts.create("dan", "Dan", "admin", PASSWORD), again="invalid"),
    _sign_in("ben"),
    _sign_in("dan"),
    Step("come back", lambda house: house.sessions.of_token(house.of("sign_in ben").token), again="new"),
    Step("look at sessions", lambda house: house.sessions.ended_of([1, 2, 3, 4])),
    Step("rename", lambda house: house.accounts.change(ANA, http.ChangeMe(display_name="Ana of old"))),
    Step("hide", lambda house: house.accounts.change(ANA, http.ChangeMe(hides_last_seen=True, hides_receipts=True))),
    _chat("set_status", BEN, text="walking", emoji="🌳", availability="busy", until=START + 1000 * STEP_MS),
    _chat("open_direct", ANA, account_id=BEN),
    _say(ANA, "first words", DIRECT),
    _chat("create_group", ANA, client_id="group-one", title="Walks", account_ids=[BEN, CHO]),
    _chat("change_conversation", ANA, conversation_id=GROUP, title="Long walks", description="On Sundays"),
    Step("follow", _follow),
    _upload("map.txt"),
    _upload("list.txt"),
    _upload("never sent.txt"),
    _begin_upload("upload"),
    Step("upload the rest", _upload_the_rest),
    _begin_upload("upload in vain"),
    Step("give up", lambda house: house.uploads.give_up(BEN, house.of("begin upload in vain").key), again="not_found"),
    _begin_upload("upload that is forgotten"),
    Step("file link", lambda house: house.files.link(1, BEN)),
    _say(BEN, "where we go, @ana", file_ids=[1, 2]),
    _say(ANA, "answering @ben", reply_to_seq=5),
    _chat("mark_received", BEN, conversation_id=GROUP, seq=6),
    _chat("mark_read", CHO, conversation_id=GROUP, seq=5),
    _chat("edit_message", ANA, conversation_id=GROUP, seq=6, text="answering @cho rather"),
    _chat("add_reaction", CHO, conversation_id=GROUP, seq=6, emoji="👍"),
    _chat("remove_reaction", CHO, conversation_id=GROUP, seq=6, emoji="👍"),
    _chat("report_message", CHO, conversation_id=GROUP, seq=6, reason="too long a way", again="new"),
    Step("follow", _follow),
    Step("at once", _at_once),
    Step("follow", _follow),
    Step("begin index", lambda house: house.db.write(begin), again="new"),
    Step("index", _index),
    _chat("pin_message", CHO, conversation_id=GROUP, seq=6),
    _chat("pin_message", BEN, conversation_id=GROUP, seq=5),
    _chat("unpin_message", ANA, conversation_id=GROUP, seq=6),
    _chat("forward_message", ANA, conversation_id=GROUP, seq=5, to_conversation_id=DIRECT, client_id="forward-1"),
    Step("look at links", lambda house: house.previews.catch_up()),
    Step("preview", _preview, again="new"),
    _chat("remove_previews", ANA, conversation_id=GROUP, seq=6),
    _chat("delete_message", BEN, conversation_id=GROUP, seq=5),
    _chat("mark_read", BEN, conversation_id=GROUP, seq=20),
    _chat("set_preferences", CHO, conversation_id=GROUP, notify="mentions", pinned=True),
    Step("follow", _follow),
    _bell("mark_seen", ANA, up_to_seq=1),
    _bell("mark_read", CHO, ids=[1, 2, 3, 4, 5, 6]),
    _bell("mark_read", ANA, group=f"conversation:{GROUP}"),
    _bell("mark_read", BEN, all=True),
    _bell("archive", BEN, ids=[1, 2, 3, 4, 5, 6]),
    _bell("archive", ANA, group=f"conversation:{GROUP}"),
    _bell("archive", CHO, all_read=True),
    _bell("set_rules", CHO, off=["reply"], muted_until=2_000_000_000_000, conversations=[
        {"conversation_id": GROUP, "notify": "all"}
    ]),
    Step("disconnect", _disconnect),
    _chat("add_members", ANA, conversation_id=GROUP, account_ids=[DAN, CHO]),
    _chat("set_role", ANA, conversation_id=GROUP, account_id=CHO, role="admin"),
    _say(DAN, "am I in, @all?"),
    _chat("remove_member", CHO, conversation_id=GROUP, account_id=DAN, again="not_found"),
    _chat("add_members", ANA, conversation_id=GROUP, account_ids=[DAN]),
    _chat("leave_conversation", DAN, conversation_id=GROUP, again="not_found"),
    _chat("create_invite", ANA, conversation_id=GROUP, good_for_s=86_400_000 // 1000 * 30, uses=1, again="new"),
    Step(
        "join_by_invite",
        lambda house: house.chat("join_by_invite", DAN, code=house.of("create_invite").code),
    ),
    _chat("create_invite", CHO, conversation_id=GROUP, again="new"),
    _chat("revoke_invite", CHO, conversation_id=GROUP, invite_id=2),
    _chat("change_conversation", CHO, conversation_id=GROUP, rules={"history": "joined", "post": "admin"}),
    _chat("hand_over", ANA, conversation_id=GROUP, account_id=CHO),
    _chat("leave_conversation", ANA, conversation_id=GROUP, again="not_found"),
    _chat("create_group", ANA, client_id="open-one", title="Square", account_ids=[], open=True, description="For all"),
    _chat("join_open_conversation", BEN, conversation_id=OPEN),
    _chat("dissolve_conversation", ANA, conversation_id=OPEN),
    Step("follow", _follow),
    _chat("leave_conversation", BEN, conversation_id=GROUP, again="not_found"),
    _chat("leave_conversation", CHO, conversation_id=GROUP, again="not_found"),
    _chat("request_contact", ANA, account_id=BEN, note="from the walk"),
    _chat("request_contact", CHO, account_id=BEN),
    _chat("answer_contact", BEN, account_id=ANA, accept=True),
    _chat("answer_contact", BEN, account_id=CHO, accept=False),
    _chat("block", BEN, account_id=ANA),
    _chat("unblock", BEN, account_id=ANA),
    _chat("remove_contact", ANA, account_id=BEN),
    Step("sweep", lambda house: house.files.sweep(), again="new"),
    Step("sweep uploads", lambda house: house.uploads.sweep(), again="new"),
    Step("index", _index),
    Step("tidy", lambda house: house.index.tidy(house.db)),
    Step(
        "change password",
        lambda house: house.accounts.change_password(house.of("sign_up ana").account, 1, _change_password, HERE),
        again="unauthorized",
    ),
    Step("set password", lambda house: house.accounts.set_password("cho", NEW_PASSWORD)),
    Step("sign out", lambda house: house.sessions.end(BEN, 4), again="not_found"),
    Step("sign out elsewhere", lambda house: house.sessions.end_others(BEN, 99)),
    Step("disable", lambda house: house.accounts.disable("dan")),
    Step("enable", lambda house: house.accounts.enable("dan")),
    Step("follow", _follow),
)  # fmt: skip


def make_certain() -> Callable[[int], None]:
    """Takes chance out of this process. What is returned is told the number of each step before it begins.

    Within a step the same bytes come again and again, so that it does not matter who asks for them first.
    """
    dice = [b""]

    def some_bytes(size: int | None = None) -> bytes:
        return (dice[0] * 1000)[: 32 if size is None else size]

    def begin(number: int) -> None:
        dice[0] = random.Random(number).randbytes(16)

    begin(0)
    secrets.token_bytes = some_bytes
    secrets.token_hex = lambda size=None: some_bytes(size).hex()
    secrets.token_urlsafe = lambda size=None: some_bytes(size).hex()
    secrets.choice = lambda sequence: sequence[some_bytes(1)[0] % len(sequence)]
    bcrypt.gensalt = lambda rounds=12, prefix=b"2b": b"$2b$%02d$" % rounds + b"a" * 21 + b"e"
    return begin


def plain(answer: Any) -> Any:
    """An answer as text would have it, without what tells a repeat."""
    if isinstance(answer, list | tuple):
        return [plain(one) for one in answer]
    if isinstance(answer, BaseException):
        return f"{type(answer).__name__}: {answer}"
    told = msgspec.to_builtins(answer)
    unequal = ("duplicate", "password_hash")
    return {name: value for name, value in told.items() if name not in unequal} if isinstance(told, dict) else told

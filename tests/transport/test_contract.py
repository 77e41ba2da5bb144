"""The running server says what the contract says: every reply, event and body is of its type, and nothing more."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestServer

from server.app import build_app
from server.protocol import chat, http, notifications
from server.protocol.chat import ENTRY_DATA
from server.protocol.reply import ErrorBody
from server.settings import Settings
from tests.chat_client import ChatClient
from tests.people import Person, make_people_in

WHO = ("ana", "ben", "cleo")
# The first two come every 15 seconds and when a worker stops; the others have a test of their own.
UNHEARD = {"heads", "draining", "person_changed", "receipts_changed", "previews_changed"}


def check(value: Any, kind: type, where: str) -> None:
    """A value is of its type, and the type has every field of it."""
    again = json.loads(msgspec.json.encode(msgspec.json.decode(json.dumps(value), type=kind)))
    assert again == value, where


def check_entry(entry: Any) -> None:
    """The same for an entry and what it carries."""
    check(entry, chat.Entry, entry["kind"])
    check(entry["data"], ENTRY_DATA[entry["kind"]], entry["kind"])


class Checked(ChatClient):
    """A person's connection that holds every reply against the contract."""

    def __init__(self, url: str, person: Person) -> None:
        super().__init__(url, person.token)
        self.id = person.id
        self.asked: set[tuple[str, str]] = set()

    async def do(self, command: str, namespace: str = "/chat", **payload: Any) -> Any:
        """The data of the reply, after a look at its type."""
        data = await super().do(command, namespace, **payload)
        commands = (chat if namespace == "/chat" else notifications).COMMANDS
        check(data, commands[command][1], command)
        self.asked.add((namespace, command))
        return data


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[tuple[str, dict[str, Checked], dict[str, Person]]]:
    """A running server with three people connected, and its address."""
    people = make_people_in(tmp_path, *WHO, "dana")
    server = TestServer(build_app(Settings(data_dir=tmp_path, message_rate=None, metrics_access="admin")))
    await server.start_server()
    url = str(server.make_url("/"))
    clients = {name: Checked(url, people[name]) for name in WHO}
    for client in clients.values():
        await client.__aenter__()
    yield url, clients, people
    for client in clients.values():
        await client.__aexit__()
    await server.close()


async def test_every_reply_and_event_of_the_running_server_is_as_written(
    yard: tuple[str, dict[str, Checked], dict[str, Person]],
) -> None:
    _, clients, _ = yard
    ana, ben, cleo = clients.values()
    group = await gather(ana, ben)
    await talk(group, ana, ben)
    await look_around(group, ana, ben)
    await manage(group, ana, ben, cleo)
    await connect(ana, ben)
    await look_at_the_bell(ben)
    asked = set.union(*(client.asked for client in clients.values()))
    assert asked == {
        *(("/chat", command) for command in chat.COMMANDS),
        *(("/notifications", command) for command in notifications.COMMANDS),
    }
    for client in clients.values():
        check_heard(client)
    heard = {event for client in clients.values() for event, _ in client.heard}
    assert heard - {"heads"} == set(chat.EVENTS) - UNHEARD
    assert {event for client in clients.values() for event, _ in client.told} == set(notifications.EVENTS)


async def gather(ana: Checked, ben: Checked) -> int:
    """Ana makes a group with Ben and talks to him alone."""
    group = (await ana.do("create_group", client_id="ana-group-1", title="Yard", account_ids=[ben.id]))["id"]
    await ben.event("conversation_added")
    direct = await ana.do("open_direct", account_id=ben.id)
    assert direct["with"]["id"] == ben.id
    await ana.do("send_message", conversation_id=direct["id"], client_id="ana-000000", text="only you")
    await ben.hears("only you")
    return int(group)


async def talk(group: int, ana: Checked, ben: Checked) -> None:
    """Everything one can do with messages."""
    first = await ana.do("send_message", conversation_id=group, client_id="ana-000001", text="hello @ben and @all")
    await ben.hears("hello @ben and @all")
    await ben.do("mark_received", conversation_id=group, seq=first["seq"])
    await ana.event("receipt", lambda receipt: receipt.get("received_seq") == first["seq"])
    # The first account is the server's owner: a trace tells it everything.
    trace = await ana.do("trace_message", conversation_id=group, seq=first["seq"])
    assert (trace["received"], trace["as_admin"], len(trace["members"])) == (1, True, 1)
    await ben.do("start_typing", conversation_id=group)
    await ben.do("stop_typing", conversation_id=group)
    await ben.do(
        "send_message", conversation_id=group, client_id="ben-000001", text="hello Ana", reply_to_seq=first["seq"]
    )
    reaction = {"conversation_id": group, "seq": first["seq"], "emoji": "👍"}
    await ben.do("add_reaction", **reaction)
    page = await ana.do("fetch_messages", conversation_id=group)
    assert [message["text"] for message in page["messages"]][-1] == "hello Ana"
    await ben.do("remove_reaction", **reaction)
    pin = {"conversation_id": group, "seq": first["seq"]}
    await ben.do("pin_message", **pin)
    assert (await ana.do("list_pins", conversation_id=group))["messages"][0]["seq"] == first["seq"]
    await ana.do("unpin_message", **pin)
    await ben.do("forward_message", **pin, to_conversation_id=group, client_id="ben-forwards")
    origin = {"sender_id": ana.id, "sent_at": first["sent_at"]}
    await ana.event("message_created", lambda entry: entry["data"].get("forward_of") == origin)
    await ana.do("remove_previews", **pin)
    await ben.do("report_message", **pin, reason="Too loud")
    await ana.do("edit_message", conversation_id=group, seq=first["seq"], text="hello everybody")
    await ana.do("delete_message", conversation_id=group, seq=first["seq"])
    await ben.event("message_deleted")


async def look_around(group: int, ana: Checked, ben: Checked) -> None:
    """Reading, looking for people, one's own choices."""
    log = await ben.do("fetch_entries", conversation_id=group, after_seq=0)
    for entry in log["entries"]:
        check_entry(entry)
    await ben.do("mark_read", conversation_id=group, seq=log["head_seq"])
    await ana.event("receipt", lambda receipt: receipt["account_id"] == ben.id and "read_seq" in receipt)
    await ben.do(
        "set_preferences", conversation_id=group, notify="mentions", pinned=True, muted_until=2_000_000_000_000
    )
    await ben.event("preferences_changed")
    await ben.do("list_conversations", limit=1)
    await ben.do("get_conversation", conversation_id=group)
    await ben.do("list_members", conversation_id=group)
    assert (await ben.do("find_people", query="an"))["accounts"]
    await ben.do("get_accounts", account_ids=[ana.id])
    assert (await ben.do("search_messages", conversation_id=group, from_id=ana.id))["complete"]
    await ben.do("watch_presence", account_ids=[ana.id])
    await ana.do("set_active", active=False)


async def manage(group: int, ana: Checked, ben: Checked, cleo: Checked) -> None:
    """Who belongs, and how the group is called."""
    await ana.do(
        "change_conversation",
        conversation_id=group,
        title="The yard",
        description="Colours",
        rules={"history": "joined"},
    )
    await ben.event("conversation_changed", lambda entry: "rules" in entry["data"])
    made = await ana.do("create_invite", conversation_id=group, uses=3)
    assert (await ana.do("list_invites", conversation_id=group))["invites"] == [made["invite"]]
    await ben.do("join_by_invite", code=made["code"])
    await ana.do("revoke_invite", conversation_id=group, invite_id=made["invite"]["id"])
    await ana.do("add_members", conversation_id=group, account_ids=[cleo.id])
    await cleo.event("conversation_added")
    await cleo.notice("notification_created", lambda one: one["type"] == "invitation")
    await ana.do("set_role", conversation_id=group, account_id=cleo.id, role="admin")
    await ana.do("remove_member", conversation_id=group, account_id=cleo.id)
    await cleo.event("conversation_removed")
    await cleo.do("set_status", text="in the yard", emoji="🌳", availability="busy")
    changes = await cleo.do("fetch_account_changes", after_version=0)
    for change in changes["changes"]:
        check(change["data"], chat.EVENTS[change["event"]][0], change["event"])
    await ana.do("hand_over", conversation_id=group, account_id=ben.id)
    await ben.do("leave_conversation", conversation_id=group)
    await ana.event("member_removed", lambda entry: entry["actor_id"] == ben.id)
    square = (await ana.do("create_group", client_id="ana-open-1", title="Square", account_ids=[], open=True))["id"]
    assert (await ben.do("find_open_conversations", query="squ"))["conversations"][0]["id"] == square
    await ben.do("join_open_conversation", conversation_id=square)
    await ana.do("dissolve_conversation", conversation_id=square)
    await ben.event("conversation_dissolved")


async def connect(ana: Checked, ben: Checked) -> None:
    """They become contacts, and what else two people may be to each other."""
    await ana.do("request_contact", account_id=ben.id, note="from the yard")
    await ben.event("contact_changed", lambda one: one["contact"]["relation"] == "received")
    assert (await ben.do("list_contacts", filter="received", limit=1))["contacts"][0]["note"] == "from the yard"
    await ben.do("answer_contact", account_id=ana.id, accept=True)
    await ana.event("contact_changed", lambda one: one["contact"]["relation"] == "contact")
    await ana.notice("notification_created", lambda one: one["type"] == "contact_accepted")
    await ana.do("block", account_id=ben.id)
    await ben.event("presence", lambda one: one["account_id"] == ana.id and one["state"] == "offline")
    await ana.do("unblock", account_id=ben.id)
    await ana.do("remove_contact", account_id=ben.id)


async def look_at_the_bell(ben: Checked) -> None:
    """The inbox."""
    note = await ben.notice("notification_created", lambda one: one["type"] == "message")
    await ben.do("list_notifications", "/notifications")
    changes = await ben.do("fetch_notifications", "/notifications", after_seq=0)
    await ben.do("mark_seen", "/notifications", up_to_seq=changes["head_seq"])
    await ben.do("mark_read", "/notifications", ids=[note["id"]])
    await ben.notice("notification_changed", lambda one: "read_at" in one)
    await ben.do("archive", "/notifications", all_read=True)
    quiet = {"on": True, "begin": "22:00", "end": "08:00", "time_zone": "Asia/Seoul"}
    await ben.do("set_rules", "/notifications", off=["reaction"], quiet_hours=quiet, muted_until=2_000_000_000_000)
    await ben.event("rules_changed")
    assert (await ben.do("get_rules", "/notifications"))["off"] == ["reaction"]
    await ben.notice("counts")


def check_heard(client: Checked) -> None:
    """Every event is of the types that the contract names, offsets included."""
    for module, events in ((chat, client.heard), (notifications, client.told)):
        for event, arguments in events:
            kinds = module.EVENTS[event]
            assert len(arguments) == len(kinds), event
            for argument, kind in zip(arguments, kinds, strict=True):
                check(argument, kind, event)
            if event in ENTRY_DATA:
                check_entry(arguments[0])


async def test_presence_and_one_s_own_face_are_told_as_written(
    yard: tuple[str, dict[str, Checked], dict[str, Person]],
) -> None:
    url, clients, people = yard
    ana, ben, _ = clients.values()
    await ben.do("open_direct", account_id=people["dana"].id)
    await ben.do("open_direct", account_id=people["ana"].id)
    await ben.do("watch_presence", account_ids=[people["dana"].id])
    async with Checked(url, people["dana"]):
        await ben.event("presence", lambda presence: presence["state"] == "online")
    check_heard(ben)
    async with HttpPerson(url, people["ana"]) as door:
        new = {"display_name": "Ana 아나", "hides_receipts": True}
        check(await door.json("PATCH", "/api/v1/me", new, 200), chat.OwnAccount, "me")
    await ana.event("account_changed", lambda changed: changed["account"].get("hides_receipts"))
    check_heard(ana)
    assert (await ben.event("person_changed"))["account"]["display_name"] == "Ana 아나"
    assert await ben.event("receipts_changed") == {"account_id": people["ana"].id, "shown": False}
    check_heard(ben)


async def test_every_json_body_of_the_running_server_is_as_written(
    yard: tuple[str, dict[str, Checked], dict[str, Person]],
) -> None:
    url, clients, people = yard
    given = {
        "create_account": {"username": "eun", "password": "a long sentence", "display_name": "Dana"},
        "create_session": {"username": "eun", "password": "a long sentence", "device_name": "Firefox"},
        "change_me": {"display_name": "Dana D"},
        "change_password": {"current_password": "a long sentence", "new_password": "another sentence"},
    }
    form = FormData()
    form.add_field("file", b"seeds and tools", filename="list.txt", content_type="text/plain")
    async with HttpPerson(url, people["ana"]) as door:
        created = await door.json("POST", "/api/v1/accounts", given["create_account"], 201)
        door.token = created["token"]
        stored = await door.json("POST", "/api/v1/files", form, 201)
        check(stored, chat.File, "upload_file")
        known = {
            "id": str(stored["id"]),
            "name": stored["name"],
            "key": await door.upload(b""),
            "code": await code_of(clients["ana"]),
        }
        elsewhere = ("upload_file", "create_account", "list_messages", "post_message")
        for route in http.ROUTES:
            if not isinstance(route.gives, type) or route.name in elsewhere:
                continue
            answer = await door.json(route.method, route.path.format(**known), given.get(route.name), route.status)
            check(answer, route.gives, route.name)
        await door.json("PUT", "/api/v1/me/password", given["change_password"], 204)
        await door.json("DELETE", "/api/v1/sessions/others", None, 204)
        refused = await door.json("GET", "/api/v1/nothing", None, 404)
        check(refused, http.HttpError, "a refusal")
        check(refused["error"], ErrorBody, "a refusal")


async def test_a_bot_without_a_socket_is_answered_as_written(
    yard: tuple[str, dict[str, Checked], dict[str, Person]],
) -> None:
    url, clients, people = yard
    ana, ben, _ = clients.values()
    group = await ana.do("create_group", client_id="for-the-bot", title="Bots", account_ids=[ben.id])
    messages = f"/api/v1/conversations/{group['id']}/messages"
    async with HttpPerson(url, people["ben"]) as bot:
        page = await bot.json("GET", "/api/v1/conversations?limit=1", None, 200)
        check(page, chat.ConversationsPage, "list_conversations")
        begin = (await bot.json("GET", "/api/v1/events", None, 200))["offset"]
        said = {"client_id": "the-bot-0001", "text": "Good morning"}
        sent = await bot.json("POST", messages, said, 201)
        check(sent, chat.MessageSent, "post_message")
        again = await bot.json("POST", messages, said, 200)
        assert again == sent | {"duplicate": True}
        conflict = await bot.json("POST", messages, said | {"text": "Good evening"}, 409)
        assert conflict["error"]["code"] == "client_id_conflict"
        read = await bot.json("GET", f"{messages}?limit=5&before_seq={sent['seq'] + 1}", None, 200)
        check(read, chat.MessagesPage, "list_messages")
        assert [one["text"] for one in read["messages"]] == ["Good morning"]
        wrong = await bot.json("GET", f"{messages}?limit=500", None, 422)
        assert wrong["error"]["field"] == "limit"
        happened = await bot.json("GET", f"/api/v1/events?after={begin}&timeout=5", None, 200)
        check(happened, http.EventsPage, "poll_events")
        # Of the inbox more may come by now: the invitation, and that it is read.
        [entry] = [one for one in happened["events"] if one["event"] in ENTRY_DATA]
        assert entry["event"] == "message_created"
        check_entry(entry["data"])


async def code_of(client: Checked) -> str:
    """The code of a link into a group of theirs."""
    group = await client.do("create_group", client_id="linked-group", title="Linked", account_ids=[])
    code: str = (await client.do("create_invite", conversation_id=group["id"]))["code"]
    return code


async def test_the_counters_of_the_running_server_move(
    yard: tuple[str, dict[str, Checked], dict[str, Person]],
) -> None:
    url, clients, people = yard
    ana, ben, _ = clients.values()
    await gather(ana, ben)
    async with HttpPerson(url, people["ben"]) as door:
        assert (await door.json("GET", "/metrics", None, 403))["error"]["code"] == "forbidden"
    async with HttpPerson(url, people["ana"]) as door:
        counted = dict(line.rsplit(" ", 1) for line in (await door.text("/metrics")).splitlines() if line[0] != "#")
    assert counted['madang_connections{namespace="/chat"}'] == "3.0"
    assert counted['madang_commands_total{command="send_message",namespace="/chat",outcome="ok"}'] == "1.0"
    assert counted['madang_http_requests_total{method="GET",route="/metrics",status="403"}'] == "1.0"
    for name in ("madang_entries_published_total", "madang_sends_total", "madang_write_batch_size_count"):
        assert float(counted[name]) > 0


class HttpPerson:
    """Somebody at the HTTP door with a bearer token."""

    def __init__(self, url: str, person: Person) -> None:
        self.url = url.rstrip("/")
        self.token = person.token

    async def __aenter__(self) -> HttpPerson:
        from aiohttp import ClientSession, DummyCookieJar

        self.session = ClientSession(cookie_jar=DummyCookieJar())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    async def json(self, method: str, path: str, body: Any, status: int) -> Any:
        """The answer's body; its status must be the one that the contract names."""
        given = {"data": body} if isinstance(body, FormData) else {"json": body} if body is not None else {}
        async with self.session.request(method, self.url + path, headers=self._headers(), **given) as answer:
            text = await answer.text()
            assert answer.status == status, f"{method} {path}: {answer.status} {text}"
            return json.loads(text) if text else None

    async def upload(self, content: bytes) -> str:
        """The key of an upload by tus."""
        headers = {**self._headers(), "Tus-Resumable": "1.0.0", "Upload-Length": str(len(content))}
        async with self.session.post(f"{self.url}/api/v1/uploads", headers=headers) as answer:
            return answer.headers["Location"].rpartition("/")[2]

    async def text(self, path: str) -> str:
        """The text of a page."""
        async with self.session.get(self.url + path, headers=self._headers()) as answer:
            assert answer.status == 200
            return await answer.text()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

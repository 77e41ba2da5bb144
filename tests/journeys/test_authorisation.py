"""Who may: every command and every route, for everybody who could ask. One that is missing here fails the tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
import socketio

from server.protocol import chat, notifications
from server.protocol.http import ROUTES
from server.protocol.tus import BODY_TYPE, VERSION
from tests.chat_client import ChatClient
from tests.people import Person
from tests.services_under_test import MadangProcess

Make = Callable[..., dict[str, Person]]

WHO = ("stranger", "former", "member", "admin", "owner")
ALL_OK = dict.fromkeys(WHO, "ok")
INSIDE = {"stranger": "not_found", "former": "not_found", "member": "ok", "admin": "ok", "owner": "ok"}
ADMINS = INSIDE | {"member": "forbidden"}
OWNER = ADMINS | {"admin": "forbidden"}

# What each may do in the group, to a message of the member's, or to the member. `$name` is filled in by the test.
CHAT: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "send_message": ({"conversation_id": "$group", "client_id": "$new", "text": "hello"}, INSIDE),
    "edit_message": (
        {"conversation_id": "$group", "seq": "$message", "text": "changed"},
        INSIDE | {"admin": "forbidden", "owner": "forbidden"},
    ),
    "delete_message": ({"conversation_id": "$group", "seq": "$message"}, INSIDE),
    "add_reaction": ({"conversation_id": "$group", "seq": "$message", "emoji": "👍"}, INSIDE),
    "remove_reaction": ({"conversation_id": "$group", "seq": "$message", "emoji": "👍"}, INSIDE),
    "pin_message": ({"conversation_id": "$group", "seq": "$message"}, INSIDE),
    "unpin_message": ({"conversation_id": "$group", "seq": "$message"}, INSIDE),
    "list_pins": ({"conversation_id": "$group"}, INSIDE),
    "forward_message": (
        {"conversation_id": "$group", "seq": "$message", "to_conversation_id": "$group", "client_id": "$new"},
        INSIDE,
    ),
    "remove_previews": (
        {"conversation_id": "$group", "seq": "$message"},
        INSIDE | {"admin": "forbidden", "owner": "forbidden"},
    ),
    # It is the member's own.
    "report_message": (
        {"conversation_id": "$group", "seq": "$message", "reason": "an advertisement"},
        INSIDE | {"member": "forbidden"},
    ),
    "fetch_entries": ({"conversation_id": "$group", "after_seq": 0}, INSIDE),
    "fetch_messages": ({"conversation_id": "$group"}, INSIDE),
    "mark_read": ({"conversation_id": "$group", "seq": 1}, INSIDE),
    "mark_received": ({"conversation_id": "$group", "seq": 1}, INSIDE),
    # Their own message for the member; none of these people is an admin of the server.
    "trace_message": (
        {"conversation_id": "$group", "seq": "$message"},
        INSIDE | {"admin": "forbidden", "owner": "forbidden"},
    ),
    "start_typing": ({"conversation_id": "$group"}, INSIDE),
    "stop_typing": ({"conversation_id": "$group"}, INSIDE),
    "open_direct": ({"account_id": "$bystander"}, ALL_OK),
    "create_group": ({"client_id": "$new", "title": "Another", "account_ids": []}, ALL_OK),
    "change_conversation": ({"conversation_id": "$group", "title": "Renamed"}, ADMINS),
    "leave_conversation": ({"conversation_id": "$group"}, INSIDE),
    "dissolve_conversation": ({"conversation_id": "$group"}, OWNER),
    "hand_over": ({"conversation_id": "$group", "account_id": "$other"}, OWNER),
    "create_invite": ({"conversation_id": "$group"}, INSIDE),
    "list_invites": ({"conversation_id": "$group"}, INSIDE),
    # The link is the owner's.
    "revoke_invite": ({"conversation_id": "$group", "invite_id": "$invite"}, ADMINS),
    # Whoever was removed waits to be added.
    "join_by_invite": ({"code": "$code"}, ALL_OK | {"former": "forbidden"}),
    "find_open_conversations": ({}, ALL_OK),
    # The group is not an open one, and so is not there to be joined; whoever is inside learns no more.
    "join_open_conversation": ({"conversation_id": "$group"}, dict.fromkeys(WHO, "not_found")),
    "add_members": ({"conversation_id": "$group", "account_ids": ["$bystander"]}, INSIDE),
    "remove_member": ({"conversation_id": "$group", "account_id": "$other"}, ADMINS),
    "set_role": ({"conversation_id": "$group", "account_id": "$other", "role": "admin"}, OWNER),
    "list_conversations": ({}, ALL_OK),
    "get_conversation": ({"conversation_id": "$group"}, INSIDE),
    "list_members": ({"conversation_id": "$group"}, INSIDE),
    "set_preferences": ({"conversation_id": "$group", "pinned": True}, INSIDE),
    "find_people": ({"query": "a"}, ALL_OK),
    "get_accounts": ({"account_ids": ["$bystander"]}, ALL_OK),
    "search_messages": ({"query": "mine", "conversation_id": "$group"}, INSIDE),
    "list_contacts": ({}, ALL_OK),
    "request_contact": ({"account_id": "$bystander"}, ALL_OK),
    # Nobody has asked any of them.
    "answer_contact": ({"account_id": "$bystander", "accept": True}, dict.fromkeys(WHO, "not_found")),
    "remove_contact": ({"account_id": "$bystander"}, ALL_OK),
    "block": ({"account_id": "$bystander"}, ALL_OK),
    "unblock": ({"account_id": "$bystander"}, ALL_OK),
    "set_active": ({"active": True}, ALL_OK),
    "watch_presence": ({"account_ids": ["$bystander"]}, ALL_OK),
    "set_status": ({"text": "in the yard"}, ALL_OK),
    "fetch_account_changes": ({"after_version": 0}, ALL_OK),
}
# An inbox is one's own: nothing in it can be named by anybody else.
NOTIFICATIONS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "list_notifications": ({}, ALL_OK),
    "fetch_notifications": ({"after_seq": 0}, ALL_OK),
    "mark_seen": ({"up_to_seq": 1}, ALL_OK),
    "mark_read": ({"all": True}, ALL_OK),
    "archive": ({"all_read": True}, ALL_OK),
    "get_rules": ({}, ALL_OK),
    "set_rules": ({"conversations": [{"conversation_id": "$group", "notify": "mentions"}]}, INSIDE),
}

TUS = {"Tus-Resumable": VERSION}
EVERYBODY = {"anonymous": 200} | dict.fromkeys(WHO, 200)
SIGNED_IN = EVERYBODY | {"anonymous": 401}
# A file in the group, and what is behind it.
MEMBERS = {"anonymous": 404, "stranger": 404, "former": 404, "member": 200, "admin": 200, "owner": 200}
HTTP: dict[tuple[str, str], dict[str, int]] = {
    ("GET", "/api/v1/welcome"): EVERYBODY,
    # Nobody needs to be signed in to sign up or in; an empty body is what they are told about.
    ("POST", "/api/v1/accounts"): dict.fromkeys(EVERYBODY, 422),
    ("POST", "/api/v1/sessions"): dict.fromkeys(EVERYBODY, 422),
    ("GET", "/api/v1/sessions"): SIGNED_IN,
    ("DELETE", "/api/v1/sessions/{id}"): dict.fromkeys(EVERYBODY, 404) | {"anonymous": 401},
    ("GET", "/api/v1/me"): SIGNED_IN,
    ("PATCH", "/api/v1/me"): SIGNED_IN,
    ("PUT", "/api/v1/me/password"): dict.fromkeys(EVERYBODY, 422) | {"anonymous": 401},
    ("GET", "/api/v1/accounts/{id}/picture"): dict.fromkeys(EVERYBODY, 404) | {"anonymous": 401},
    ("GET", "/api/v1/conversations"): SIGNED_IN,
    ("GET", "/api/v1/conversations/{id}/messages"): MEMBERS | {"anonymous": 401},
    ("POST", "/api/v1/conversations/{id}/messages"): {
        who: {200: 201}.get(status, status) for who, status in (MEMBERS | {"anonymous": 401}).items()
    },
    ("GET", "/api/v1/stream"): SIGNED_IN,
    ("GET", "/api/v1/events"): SIGNED_IN,
    # It has no picture: whoever may see it is told so, and others that there is nothing.
    ("GET", "/api/v1/conversations/{id}/picture"): dict.fromkeys(EVERYBODY, 404) | {"anonymous": 401},
    # Whoever holds the link.
    ("GET", "/api/v1/join/{code}"): EVERYBODY | {"former": 403},
    ("GET", "/api/v1/join/{code}/picture"): dict.fromkeys(EVERYBODY, 404),
    ("POST", "/api/v1/files"): dict.fromkeys(EVERYBODY, 422) | {"anonymous": 401},
    ("GET", "/api/v1/files/{id}/{name}"): MEMBERS,
    # The file is a text: whoever may see it is told that it has no picture, others that there is nothing.
    ("GET", "/api/v1/files/{id}/thumbnail"): dict.fromkeys(EVERYBODY, 404),
    ("POST", "/api/v1/files/{id}/link"): {
        who: {200: 201}.get(status, status) for who, status in (MEMBERS | {"anonymous": 401}).items()
    },
    ("GET", "/api/v1/me/files"): SIGNED_IN,
    ("OPTIONS", "/api/v1/uploads"): dict.fromkeys(EVERYBODY, 204),
    ("POST", "/api/v1/uploads"): dict.fromkeys(EVERYBODY, 422) | {"anonymous": 401},
    # An upload is its uploader's alone, here the member's.
    ("PATCH", "/api/v1/uploads/{key}"): dict.fromkeys(EVERYBODY, 404) | {"anonymous": 401, "member": 204},
    ("GET", "/api/v1/uploads/{key}"): dict.fromkeys(EVERYBODY, 404) | {"anonymous": 401, "member": 409},
    ("DELETE", "/api/v1/uploads/{key}"): dict.fromkeys(EVERYBODY, 404) | {"anonymous": 401, "member": 204},
    ("GET", "/healthz"): EVERYBODY,
    ("GET", "/readyz"): EVERYBODY,
    # The counters are for the server's admins; none of these people is one.
    ("GET", "/metrics"): dict.fromkeys(EVERYBODY, 403),
    ("GET", "/docs"): EVERYBODY,
    ("GET", "/docs/openapi.json"): EVERYBODY,
    ("GET", "/docs/asyncapi.json"): EVERYBODY,
}
BODIES = {"/api/v1/conversations/{id}/messages": {"client_id": "$new", "text": "hello over HTTP"}}
"""What is sent where a body decides; else it is empty."""


class Group:
    """A fresh group with everybody in their part, and a message and a file of the member's."""

    def __init__(self, url: str, people: dict[str, Person]) -> None:
        self.url = url
        self.people = people
        self.ids: dict[str, Any] = {name: person.id for name, person in people.items()}

    async def fill(self, key: str) -> None:
        """Makes the group. The owner, who made the database's first account or not, owns it."""
        async with AsyncExitStack() as stack:
            owner, member = [
                await stack.enter_async_context(ChatClient(self.url, self.people[name].token))
                for name in ("owner", "member")
            ]
            inside = [self.ids[name] for name in ("admin", "member", "former", "other")]
            group = await owner.do("create_group", client_id=f"matrix-{key}", title="Matrix", account_ids=inside)
            self.ids["group"] = group["id"]
            place = {"conversation_id": group["id"]}
            await owner.do("set_role", **place, account_id=self.ids["admin"], role="admin")
            self.ids["file"] = await self.upload("member")
            self.ids["upload"] = await self.begin_upload("member")
            sent = await member.do(
                "send_message", **place, client_id=f"matrix-{key}", text="mine", file_ids=[self.ids["file"]]
            )
            self.ids["message"] = sent["seq"]
            await owner.do("remove_member", **place, account_id=self.ids["former"])
            made = await owner.do("create_invite", **place)
            self.ids |= {"invite": made["invite"]["id"], "code": made["code"]}

    async def upload(self, name: str) -> int:
        """A text file's id."""
        form = aiohttp.FormData()
        form.add_field("file", b"a plain text", filename="plan.txt")
        async with (
            aiohttp.ClientSession(headers=self.people[name].headers) as http,
            http.post(f"{self.url}/api/v1/files", data=form) as response,
        ):
            stored: dict[str, int] = await response.json()
            return stored["id"]

    async def begin_upload(self, name: str) -> str:
        """The key of an upload of which nothing has come in."""
        async with (
            aiohttp.ClientSession(headers=self.people[name].headers | TUS) as http,
            http.post(f"{self.url}/api/v1/uploads", headers={"Upload-Length": "8"}) as response,
        ):
            return response.headers["Location"].rpartition("/")[2]

    def filled(self, payload: Any, new: str) -> Any:
        """A payload with the names replaced by what they stand for."""
        if isinstance(payload, dict):
            return {key: self.filled(value, new) for key, value in payload.items()}
        if isinstance(payload, list):
            return [self.filled(value, new) for value in payload]
        if isinstance(payload, str) and payload.startswith("$"):
            return new if payload == "$new" else self.ids[payload[1:]]
        return payload


@pytest.fixture
async def group(madang: MadangProcess, people: Make, request: pytest.FixtureRequest) -> Group:
    # The server's owner is nobody here: being first must not help anybody in the matrix.
    people("first")
    made = Group(madang.url, people(*WHO, "other", "bystander"))
    await made.fill(str(abs(hash(request.node.name))))
    return made


def test_every_command_is_in_the_matrix() -> None:
    assert CHAT.keys() == chat.COMMANDS.keys()
    assert NOTIFICATIONS.keys() == notifications.COMMANDS.keys()


def test_every_route_is_in_the_matrix() -> None:
    assert HTTP.keys() == {(route.method, route.path) for route in ROUTES}


@pytest.mark.parametrize(
    ("namespace", "name"), [("/chat", name) for name in CHAT] + [("/notifications", name) for name in NOTIFICATIONS]
)
async def test_a_command_is_for_whom_the_matrix_says(group: Group, namespace: str, name: str) -> None:
    payload, expected = (CHAT if namespace == "/chat" else NOTIFICATIONS)[name]
    found = {}
    # The least first: whoever may delete or leave must not spoil it for those who may not.
    for who in WHO:
        async with ChatClient(group.url, group.people[who].token) as client:
            reply = await client.ask(name, namespace, **group.filled(payload, f"matrix-{name}-{who}"))
            found[who] = "ok" if reply["ok"] else reply["error"]["code"]
    if name == "set_role":
        expected = expected | {"owner": "ok"}
    if name == "remove_member":
        # The admin has removed them: there is nobody left for the owner.
        expected = expected | {"owner": "not_found"}
    assert found == expected


@pytest.mark.parametrize("namespace", ["/chat", "/notifications"])
async def test_nobody_joins_without_signing_in(madang: MadangProcess, namespace: str) -> None:
    for auth in ({}, {"token": "wrong"}, {"token": ""}, {"token": 7}):
        client = socketio.AsyncClient(reconnection=False)
        refusals = []
        client.on("connect_error", refusals.append, namespace=namespace)
        with pytest.raises(socketio.exceptions.ConnectionError):
            await client.connect(madang.url, namespaces=[namespace], auth=auth, transports=["websocket"])
        assert [refusal["message"] for refusal in refusals] == ["unauthorized"]
        assert refusals[0]["data"]["code"] == "unauthorized"
        await client.disconnect()


async def test_other_namespaces_do_not_exist(madang: MadangProcess, people: Make) -> None:
    person = people("ana")["ana"]
    client = socketio.AsyncClient(reconnection=False)
    refusals = []
    client.on("connect_error", refusals.append, namespace="/admin")
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(madang.url, namespaces=["/admin"], auth={"token": person.token})
    assert refusals == [{"message": "Invalid namespace"}]
    await client.disconnect()


@pytest.mark.parametrize(("method", "path"), HTTP)
async def test_a_route_is_for_whom_the_matrix_says(group: Group, method: str, path: str) -> None:
    numbers = {"/api/v1/sessions/{id}": 999_999, "/api/v1/accounts/{id}/picture": group.ids["member"]}
    if path.startswith("/api/v1/conversations/"):
        numbers[path] = group.ids["group"]
    concrete = path.replace("{id}", str(numbers.get(path, group.ids["file"]))).replace("{name}", "plan.txt")
    concrete = concrete.replace("{key}", group.ids["upload"])
    concrete = concrete.replace("{code}", group.ids["code"])
    found = {}
    for who in HTTP[method, path]:
        headers = {} if who == "anonymous" else group.people[who].headers
        if "/uploads" in path:
            headers = headers | TUS | ({"Upload-Offset": "0", "Content-Type": BODY_TYPE} if method == "PATCH" else {})
        given = json.dumps(group.filled(BODIES.get(path, {}), f"matrix-{who}")).encode()
        body = {"data": given, "headers": headers} if method in ("POST", "PATCH", "PUT") else {"headers": headers}
        async with (
            aiohttp.ClientSession() as http,
            http.request(method, group.url + concrete, allow_redirects=False, **body) as response,
        ):
            found[who] = response.status
            if response.status >= 400 and path.startswith("/api/"):
                error = (await response.json())["error"]
                assert {"code", "message", "retryable"} <= error.keys()
    assert found == HTTP[method, path]


async def test_a_removed_member_hears_nothing_more(group: Group) -> None:
    async with AsyncExitStack() as stack:
        owner, other, member = [
            await stack.enter_async_context(ChatClient(group.url, group.people[name].token))
            for name in ("owner", "other", "member")
        ]
        place = {"conversation_id": group.ids["group"]}
        await owner.do("remove_member", **place, account_id=group.ids["other"])
        await owner.do("send_message", **place, client_id="after-the-removal", text="without them")
        await member.hears("without them")
        # Their last entry is the removal itself, and their next action fails.
        await other.event("conversation_removed")
        kinds = [name for name, arguments in other.heard if isinstance(arguments[0], dict) and "seq" in arguments[0]]
        assert kinds[-1] == "member_removed"
        reply = await other.ask("send_message", **place, client_id="let-me-in-again", text="hello?")
        assert reply["error"]["code"] == "not_found"
        assert "without them" not in other.messages(group.ids["group"])


async def test_ending_a_session_closes_its_sockets_at_once(madang: MadangProcess, people: Make) -> None:
    person = people("ana")["ana"]
    async with ChatClient(madang.url, person.token) as ana, aiohttp.ClientSession(headers=person.headers) as http:
        async with http.delete(f"{madang.url}/api/v1/sessions/current") as response:
            assert response.status == 204
        await ana.ended()
        async with http.get(f"{madang.url}/api/v1/me") as response:
            assert response.status == 401

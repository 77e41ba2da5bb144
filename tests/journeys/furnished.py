"""A server with people on it who know each other, talk in groups and have sent files: every screen has something."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.chat_client import ChatClient
from tests.files import pictures
from tests.people import Person
from tests.services_under_test import MadangProcess


@dataclass(frozen=True)
class Yard:
    """What there is to see: a group of Ben's and one of Ana's, a direct conversation and one where nobody can write,
    and the code of a link into another group."""

    group: int
    own_group: int
    direct: int
    closed: int
    code: str


async def furnish(madang: MadangProcess, known: dict[str, Person]) -> Yard:
    """A group with a mention, a reply, an edit, a reaction, a pin and a deleted message in it, which Ana looks after;
    groups to be joined; and people who are all that one can be to another."""
    async with ChatClient(madang.url, known["ben"].token) as ben, ChatClient(madang.url, known["ana"].token) as ana:
        ids = {name: person.id for name, person in known.items()}
        direct = await ben.begins(ids["ana"], "The gate is open.")
        closed = (await ana.do("open_direct", account_id=ids["min"]))["id"]
        own_group = await made(ana, "Ink shop", ids["ben"])
        group = await made(ben, "Design room", ids["ana"], ids["cleo"])
        await ben.do("set_role", conversation_id=group, account_id=ids["ana"], role="admin")

        async def say(name: str, text: str, **more: Any) -> int:
            sent = await ben.do("send_message", conversation_id=group, client_id=name, text=text, **more)
            return int(sent["seq"])

        first = await say(
            "first-words", f"Paper, ink, and one `persimmon` for @{known['ana'].name}: https://example.org"
        )
        second = await say("second-words", "마당에서 봐요", reply_to_seq=first)
        third = await say("third-words", "a slip")
        paintings = [await painting(madang, known["ben"], name) for name in ("tree.png", "roof.png")]
        await say("fourth-words", "The tree and the roof", file_ids=paintings)
        await ben.do("edit_message", conversation_id=group, seq=second, text="내일 마당에서 봐요")
        await ben.do("add_reaction", conversation_id=group, seq=second, emoji="👍")
        await ben.do("pin_message", conversation_id=group, seq=second)
        await ben.do("delete_message", conversation_id=group, seq=third)
        await made(ben, "Town square", open=True)
        link = await ben.do("create_invite", conversation_id=await made(ben, "Tile makers", ids["cleo"]))
        await ben.do("create_invite", conversation_id=group)
        await know(madang, known, ana)
        async with asyncio.timeout(60):  # until what follows the log has seen it
            while not (await ana.do("search_messages", query="paper", limit=1))["hits"]:
                pass
        return Yard(group, own_group, direct, closed, link["code"])


async def painting(madang: MadangProcess, who: Person, name: str) -> int:
    """A picture that somebody is about to send."""
    form = aiohttp.FormData()
    form.add_field("file", pictures.plain(size=(480, 320)), filename=name, content_type="image/png")
    async with aiohttp.ClientSession(headers=who.headers) as http:
        async with http.post(f"{madang.url}/api/v1/files", data=form) as stored:
            return int((await stored.json())["id"])


async def made(who: ChatClient, title: str, *members: int, **more: Any) -> int:
    """A new group."""
    label = title.lower().replace(" ", "-")
    answer = await who.do("create_group", client_id=label, title=title, account_ids=list(members), **more)
    return int(answer["id"])


async def know(madang: MadangProcess, known: dict[str, Person], ana: ChatClient) -> None:
    """Ben is a contact of Ana's, Dana asks her, she has asked Eun, and blocked Min."""
    for name, note in (("ben", ""), ("dana", "the workshop, on the second floor")):
        async with ChatClient(madang.url, known[name].token) as client:
            await client.do("request_contact", account_id=known["ana"].id, **({"note": note} if note else {}))
    await ana.do("answer_contact", account_id=known["ben"].id, accept=True)
    await ana.do("request_contact", account_id=known["eun"].id)
    await ana.do("block", account_id=known["min"].id)

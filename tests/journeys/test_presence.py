"""Who is there and who writes: told to the people one shares a conversation with, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.chat_client import ChatClient
from tests.people import Person
from tests.services_under_test import MadangProcess

Make = Callable[..., dict[str, Person]]


async def say_once(who: ChatClient, conversation_id: int, label: str) -> None:
    """Something that everybody hears, behind everything sent before it."""
    await who.do("send_message", conversation_id=conversation_id, client_id=f"marker-{label}", text=label)


def events(client: ChatClient, name: str) -> list[Any]:
    return [arguments[0] for event, arguments in client.heard if event == name]


async def test_going_and_coming_are_told_to_those_who_share_a_conversation(madang: MadangProcess, people: Make) -> None:
    three = people("ana", "ben", "cleo")
    ids = [one.id for one in three.values()]
    async with ChatClient(madang.url, three["ana"].token) as ana, ChatClient(madang.url, three["cleo"].token) as cleo:
        direct = (await ana.do("open_direct", account_id=three["ben"].id))["id"]
        await say_once(ana, direct, "hello")
        for watching in (ana, cleo):
            await watching.do("watch_presence", account_ids=ids)
        async with ChatClient(madang.url, three["ben"].token):
            here = await ana.event("presence", lambda one: one["account_id"] == three["ben"].id)
            assert (here["state"], here.get("last_seen_at")) == ("online", None)
            [now] = (await ana.do("watch_presence", account_ids=[three["ben"].id]))["presence"]
            assert now["state"] == "online"
        gone = await ana.event("presence", lambda one: one["state"] == "offline")
        assert gone["account_id"] == three["ben"].id
        assert gone["last_seen_at"] > 0
        [asked] = (await ana.do("watch_presence", account_ids=[three["ben"].id]))["presence"]
        assert (asked["state"], asked["last_seen_at"]) == ("offline", gone["last_seen_at"])
        # cleo shares nothing with them: she is told of herself alone.
        seen = await cleo.do("watch_presence", account_ids=ids)
        assert [one["account_id"] for one in seen["presence"]] == [three["cleo"].id]
        assert not [one for one in events(cleo, "presence") if one["account_id"] != three["cleo"].id]


async def test_one_of_two_devices_keeps_somebody_online(madang: MadangProcess, people: Make) -> None:
    pair = people("ana", "ben")
    async with (
        ChatClient(madang.url, pair["ana"].token) as ana,
        ChatClient(madang.url, pair["ben"].token) as desk,
    ):
        direct = (await ana.do("open_direct", account_id=pair["ben"].id))["id"]
        await say_once(ana, direct, "hello")
        await ana.do("watch_presence", account_ids=[pair["ben"].id])
        async with ChatClient(madang.url, pair["ben"].token) as phone:
            # As a train does it in a tunnel: no goodbye.
            await phone.socket.eio.ws.close()
            await phone.ended()
        # A third account's going takes as long as ben's would have; when it has been told, his would have been.
        async with ChatClient(madang.url, people("dan")["dan"].token) as dan:
            dan_id = (await dan.event("ready"))["account"]["id"]
            with_dan = (await ana.do("open_direct", account_id=dan_id))["id"]
            await say_once(ana, with_dan, "hello-dan")
            await ana.do("watch_presence", account_ids=[pair["ben"].id, dan_id])
        await ana.event("presence", lambda one: one["account_id"] == dan_id and one["state"] == "offline")
        assert not [one for one in events(ana, "presence") if one["account_id"] == pair["ben"].id]
        await say_once(desk, direct, "still-here")


async def test_last_seen_survives_a_restart_in_the_middle_of_a_visit(madang: MadangProcess, people: Make) -> None:
    pair = people("ana", "ben")
    async with ChatClient(madang.url, pair["ben"].token) as ben:
        direct = (await ben.do("open_direct", account_id=pair["ana"].id))["id"]
        await say_once(ben, direct, "hello")
        assert madang.stop() == 0
        madang.start()
    async with ChatClient(madang.url, pair["ana"].token) as ana:
        [seen] = (await ana.do("watch_presence", account_ids=[pair["ben"].id]))["presence"]
        assert (seen["state"], seen["last_seen_at"] is not None) == ("offline", True)


async def test_typing_reaches_the_others_and_once_in_three_seconds(madang: MadangProcess, people: Make) -> None:
    pair = people("ana", "ben")
    async with (
        ChatClient(madang.url, pair["ana"].token) as ana,
        ChatClient(madang.url, pair["ana"].token) as phone,
        ChatClient(madang.url, pair["ben"].token) as ben,
    ):
        direct = (await ana.do("open_direct", account_id=pair["ben"].id))["id"]
        await say_once(ana, direct, "hello")
        for _ in range(5):
            await ana.do("start_typing", conversation_id=direct)
        line = await ben.event("typing")
        assert (line["account_id"], line["conversation_id"]) == (pair["ana"].id, direct)
        await ana.do("stop_typing", conversation_id=direct)
        await say_once(ana, direct, "done")
        for client in (ana, phone, ben):
            await client.hears("done")
        assert [one["until"] > 0 for one in events(ben, "typing")] == [True, False]
        assert events(ana, "typing") == events(phone, "typing") == []

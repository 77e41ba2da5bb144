"""The bus over a real Redis: who hears what, and that it hears again after everything that may happen to Redis."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server.metrics import Metrics
from server.realtime.bus import Bus, Timing
from server.realtime.outbox import MOST_BYTES
from server.realtime.rooms import CHAT, NOTIFICATIONS, account_room, conversation_room, presence_room
from tests.engine.running import eventually
from tests.redis_under_test import RedisProcess

QUICK = Timing(ping_s=0.1, deaf_s=3, check_s=0.5, timeout_s=1, grace_s=0.05, start_s=5, waiting=1000)
ROOM = conversation_room(7)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    """One that nobody breaks."""
    with RedisProcess(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def fragile(tmp_path: Path) -> Iterator[RedisProcess]:
    """One that a test may break."""
    with RedisProcess(tmp_path / "redis") as server:
        yield server


class Ear:
    """A bus, and what came by."""

    def __init__(self, url: str, timing: Timing = QUICK) -> None:
        self.bus = Bus(url, timing)
        self.heard: list[Any] = []
        self.backs = 0
        self.missed = 0
        self.bus.on("news", lambda worker, body: self.heard.append(msgspec.json.decode(body)))
        self.bus.on_back.append(self._back)
        self.bus.on_missed.append(self._missed)

    def _back(self) -> None:
        self.backs += 1

    def _missed(self) -> None:
        self.missed += 1

    def enter(self, room: str = ROOM, namespace: str = CHAT) -> None:
        self.bus.on_first(namespace, room)

    def leave(self, room: str = ROOM, namespace: str = CHAT) -> None:
        self.bus.on_last(namespace, room)

    async def listening(self) -> None:
        """Returns when Redis has confirmed everything that was asked for."""
        listener = self.bus.listener
        await eventually(lambda: not listener._changes and listener._line and not listener._expected)


@contextlib.asynccontextmanager
async def ears(*urls: str, deployment: str = "yard", timing: Timing = QUICK) -> AsyncIterator[list[Ear]]:
    found = [Ear(url, timing) for url in urls]
    for ear in found:
        await ear.bus.start(deployment)
    yield found
    for ear in found:
        await ear.bus.stop()


async def crosses(one: Ear, other: Ear, word: str) -> None:
    """A word said by one is heard by the other, at the latest the next time it is said."""
    deadline = time.monotonic() + 60
    while word not in other.heard:
        assert time.monotonic() < deadline, f"{word} is never heard"
        one.bus.say(ROOM, "news", word)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                await eventually(lambda: word in other.heard)


async def test_a_room_is_heard_where_somebody_is_and_by_nobody_else(redis: RedisProcess) -> None:
    async with ears(redis.url, redis.url, redis.url) as (one, two, three):
        two.enter()
        three.enter(conversation_room(8))
        for ear in (two, three):
            await ear.listening()
        three_before = three.bus.received
        for number in range(100):
            one.bus.say(ROOM, "news", number)
        one.bus.say(None, "news", "all")
        await eventually(lambda: "all" in two.heard and "all" in three.heard)
        assert two.heard == [*range(100), "all"]
        assert three.heard == ["all"]
        # Beside what it was told, only its own pings have come to it, ten in a second.
        assert three.bus.received - three_before < 100
        assert one.heard == []


async def test_a_room_of_two_namespaces_is_one_and_presence_is_none(redis: RedisProcess) -> None:
    async with ears(redis.url) as (ear,):
        room = account_room(1)
        opened: list[str] = []
        ear.bus.on_opened, ear.bus.on_closed = opened.append, lambda room: opened.append(f"no {room}")
        ear.enter(room)
        ear.enter(room, NOTIFICATIONS)
        ear.enter(presence_room(1))
        assert opened == [room]
        assert len(ear.bus.listener.channels) == 2
        ear.leave(room)
        ear.leave(presence_room(1))
        await asyncio.sleep(2 * QUICK.grace_s)
        assert opened == [room]
        ear.leave(room, NOTIFICATIONS)
        await eventually(lambda: opened == [room, f"no {room}"])
        await ear.listening()
        async with redis.client() as client:
            assert not [name for name in await client.pubsub_channels() if b"account:1" in name]


async def test_who_comes_back_within_the_grace_is_not_asked_for_again(redis: RedisProcess) -> None:
    async with ears(redis.url, timing=Timing(grace_s=60)) as (ear,):
        opened: list[str] = []
        ear.bus.on_opened = opened.append
        for _ in range(10):
            ear.enter()
            ear.leave()
            await asyncio.sleep(0.001)
        assert opened == [ROOM]


async def test_two_deployments_on_one_redis_never_meet(redis: RedisProcess) -> None:
    async with (
        ears(redis.url, redis.url, deployment="one") as (one, other),
        ears(redis.url, deployment="two") as (two,),
    ):
        for ear in (one, other, two):
            ear.enter()
            await ear.listening()
        one.bus.say(ROOM, "news", "for one")
        one.bus.say(None, "news", "for all of one")
        await eventually(lambda: len(other.heard) == 2)
        two.bus.say(ROOM, "news", "for two")
        await asyncio.sleep(0.1)  # nothing must come of it
        assert (two.heard, other.heard) == ([], ["for one", "for all of one"])


async def test_what_is_no_message_of_ours_is_counted_and_harms_nothing(redis: RedisProcess) -> None:
    async with ears(redis.url, redis.url) as (one, two), redis.client() as client:
        two.enter()
        await two.listening()
        channel = two.bus._channel(ROOM)
        for rubbish in (b"", b"\x80\x04K\x01.", b"{}", b'{"worker":1}', b"[" * 100_000):
            await client.publish(channel, rubbish)
        await client.publish(channel, b'{"worker":"x","kind":"entry","body":{"position":"no number"}}')
        await client.publish(channel, b'{"worker":"x","kind":"unheard of","body":1}')
        one.bus.say(ROOM, "news", "still here")
        await eventually(lambda: two.heard == ["still here"])
        assert two.bus.unreadable == 5


async def breaks(fragile: RedisProcess, what: str) -> None:
    """Something happens to Redis, and is over."""
    if what in ("killed", "flushed"):
        async with fragile.client() as client:
            await client.flushall()
    if what == "killed":
        fragile.kill()
        await asyncio.sleep(0.3)
        fragile.start()
    elif what == "frozen":
        fragile.freeze()
        await asyncio.sleep(4)  # long enough that it is noticed
        fragile.thaw()
    elif what.startswith("kicked"):
        async with fragile.client() as client:
            await client.client_kill_filter(_type=what.split()[1], skipme=True)


@pytest.mark.parametrize("what", ["killed", "frozen", "flushed", "kicked normal", "kicked pubsub"])
async def test_it_hears_again(fragile: RedisProcess, what: str) -> None:
    async with ears(fragile.url, fragile.url) as (one, two):
        for ear in (one, two):
            ear.enter()
            await ear.listening()
        await crosses(one, two, "before")
        await breaks(fragile, what)
        await crosses(one, two, "after")
        await crosses(two, one, "and back")
        if what in ("killed", "frozen", "kicked pubsub"):
            await eventually(lambda: min(one.backs, two.backs) >= 2)


async def test_a_subscription_that_is_silently_gone_is_noticed(redis: RedisProcess) -> None:
    # Patient enough that nothing but the lost channel is noticed, however slow this machine is for a moment.
    async with ears(redis.url, redis.url, timing=replace(QUICK, check_s=0.5, deaf_s=5)) as (one, two):
        two.enter()
        await two.listening()
        line = two.bus.listener._line
        assert line is not None
        line.send([(b"UNSUBSCRIBE", two.bus._channel(ROOM))])
        await eventually(lambda: two.bus.listener.lost_channels == 1)
        await two.listening()
        one.bus.say(ROOM, "news", "heard")
        await eventually(lambda: two.heard == ["heard"])
        assert two.bus.listener.connects == 1
        assert two.backs == 2, "something may have been missed meanwhile"


async def test_nobody_waits_for_a_redis_that_is_away(fragile: RedisProcess) -> None:
    async with ears(fragile.url) as (ear,):
        ear.enter()
        fragile.freeze()
        took = []
        for number in range(3000):
            started = time.perf_counter()
            ear.bus.say(ROOM, "news", number)
            took.append(time.perf_counter() - started)
            if number % 100 == 0:
                await asyncio.sleep(0)
        # So long it takes at least until Redis is given up; this machine may stand still now and then.
        assert sum(each > QUICK.timeout_s / 2 for each in took) < 5
        assert ear.bus.outbox.dropped >= 1500
        await eventually(lambda: ear.bus.is_deaf)
        fragile.thaw()
        await eventually(lambda: not ear.bus.is_deaf)


async def test_when_something_was_given_up_everybody_looks_for_themselves(fragile: RedisProcess) -> None:
    async with ears(fragile.url, fragile.url) as (one, two):
        line = one.bus.outbox._line
        assert line is not None
        for number in range(3000):  # more than fits, before it comes to publishing any
            one.bus.say(ROOM, "news", number)
        assert one.bus.outbox.dropped >= 1500
        await eventually(lambda: one.missed == two.missed == 1)
        for _ in range(2000):
            one.bus.say(ROOM, "news", "a typing line", fleeting=True)
        one.bus.say(None, "news", "the end")
        await eventually(lambda: "the end" in two.heard)
        assert one.missed == two.missed == 1, "what is worth nothing later is no loss"


async def test_whoever_was_deaf_looks_for_what_was_missed(redis: RedisProcess) -> None:
    async with ears(redis.url) as (ear,):
        await eventually(lambda: ear.backs and not ear.bus.is_deaf)
        say_ping, ear.bus._say_ping = ear.bus._say_ping, lambda: None  # type: ignore[method-assign]
        await eventually(lambda: ear.bus.is_deaf)
        before = ear.backs
        ear.bus._say_ping = say_ping  # type: ignore[method-assign]
        await eventually(lambda: ear.backs > before)


async def test_what_comes_too_fast_for_the_manager_is_counted(redis: RedisProcess) -> None:
    async with ears(redis.url) as (ear,):
        body = msgspec.Raw(b"{}")
        ear.bus._tasks[1].cancel()
        for _ in range(1010):
            ear.bus._hear_manager("w9", body)
        assert ear.bus.let_fall >= 10


async def test_what_waits_for_redis_is_bounded_in_bytes_too(fragile: RedisProcess) -> None:
    async with ears(fragile.url) as (ear,):
        fragile.freeze()
        for _ in range(100):
            ear.bus.say(ROOM, "news", "x" * 1_000_000)
        waiting = sum(len(letter.data) for letter in ear.bus.outbox._letters)
        assert waiting == ear.bus.outbox._bytes <= MOST_BYTES
        assert ear.bus.outbox.dropped > 60
        fragile.kill()


async def test_what_waited_is_published_in_its_order_when_redis_is_back(fragile: RedisProcess) -> None:
    async with ears(fragile.url, fragile.url) as (one, two):
        two.enter()
        await two.listening()
        fragile.freeze()
        for number in range(600):
            one.bus.say(ROOM, "news", number)
        one.bus.say(ROOM, "news", "a typing line", fleeting=True)
        await asyncio.sleep(1.5)  # long enough that what was sent to Redis is given up
        fragile.kill()
        fragile.start()
        await eventually(lambda: 599 in two.heard)
        seen = list(dict.fromkeys(two.heard))
        assert seen == sorted(seen, key=lambda one: (isinstance(one, str), one))


async def test_without_redis_it_starts_and_is_not_ready(fragile: RedisProcess) -> None:
    fragile.kill()
    quick = Timing(ping_s=0.1, deaf_s=0.5, check_s=0.1, timeout_s=0.5, start_s=0.2)
    async with ears(fragile.url, timing=quick) as (ear,):
        ear.enter()
        assert ear.bus.is_deaf
        assert ear.bus.deaf_s == float("inf")
        fragile.start()
        await eventually(lambda: not ear.bus.is_deaf)
        fragile.kill()
        await eventually(lambda: ear.bus.is_deaf)


async def test_the_counters_are_shown(redis: RedisProcess) -> None:
    async with ears(redis.url) as (ear,):
        metrics = Metrics()
        ear.bus.counted_by(metrics)
        text = metrics.text().decode()
        assert "madang_bus_connects_total 1.0" in text
        assert "madang_bus_dropped_total 0.0" in text
        assert "madang_bus_channels 1.0" in text


# Ways in


async def meet(url: str) -> None:
    async with ears(url, url) as (one, two):
        assert not one.bus.is_deaf
        two.enter()
        await two.listening()
        await crosses(one, two, "hello")


async def test_a_user_with_a_password_who_may_do_little_else(fragile: RedisProcess) -> None:
    async with fragile.client() as client:
        await client.execute_command(
            *[
                "ACL",
                "SETUSER",
                "madang",
                "on",
                ">tangerine/sky",
                "resetchannels",
                "&madang:*",
                "-@all",
                "+@connection",
            ],
            *["+publish", "+subscribe", "+unsubscribe"],
        )
        await client.execute_command("ACL", "SETUSER", "default", "off")
    await meet(f"redis://madang:tangerine%2Fsky@127.0.0.1:{fragile.port}")
    with_wrong = f"redis://madang:wrong@127.0.0.1:{fragile.port}"
    async with ears(with_wrong, timing=Timing(start_s=0.3)) as (ear,):
        assert ear.bus.is_deaf


async def test_what_redis_refuses_is_said_and_not_ready(
    fragile: RedisProcess, caplog: pytest.LogCaptureFixture
) -> None:
    async with fragile.client() as client:
        await client.execute_command(*["ACL", "SETUSER", "madang", "on", ">sky", "resetchannels", "&other:*", "+@all"])
    url = f"redis://madang:sky@127.0.0.1:{fragile.port}"
    async with ears(url, timing=Timing(start_s=0.3)) as (ear,):
        assert ear.bus.is_deaf
        await eventually(lambda: "NOPERM" in caplog.text)
    assert "sky@" not in caplog.text


async def test_tls(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    await asyncio.to_thread(
        subprocess.run,
        [
            *["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"],
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    server = RedisProcess(tmp_path / "redis")
    places = ("--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate)
    options = ("--tls-port", server.port, "--port", "0", "--tls-auth-clients", "no", *places)
    server.options = tuple(map(str, options))
    with server:
        await meet(f"rediss://localhost:{server.port}?ssl_ca_certs={certificate}")
        async with ears(f"rediss://localhost:{server.port}", timing=Timing(start_s=0.5)) as (ear,):
            assert ear.bus.is_deaf, "a certificate that nobody vouches for was taken"


async def test_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "redis.sock"
    with RedisProcess(tmp_path / "redis", "--unixsocket", str(path)):
        await meet(f"unix://{path}")

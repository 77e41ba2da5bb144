"""Who is there: a reload tells nothing, attention and its loss, several devices; nothing is kept of who has gone."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from server.realtime import online as module
from server.realtime.online import Connection, Online, State
from server.realtime.rooms import CHAT, NOTIFICATIONS

GRACE_S, AWAY_S = 5, 300
ANA, BEN = 1, 2


class HandMadeTime:
    """An event loop's ``call_later``, whose time passes only when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waiting: list[tuple[float, SimpleNamespace]] = []

    def call_later(self, delay: float, work: Callable[..., object], *arguments: Any) -> SimpleNamespace:
        timer = SimpleNamespace(work=lambda: work(*arguments), cancel=lambda: self._drop(timer))
        self.waiting.append((self.now + delay, timer))
        return timer

    def pass_by(self, seconds: float) -> None:
        """Lets time pass; what is due is called."""
        end = self.now + seconds
        while due := sorted((one for one in self.waiting if one[0] <= end), key=lambda one: one[0]):
            self.now, timer = due[0]
            self._drop(timer)
            timer.work()
        self.now = end

    def _drop(self, timer: SimpleNamespace) -> None:
        self.waiting = [one for one in self.waiting if one[1] is not timer]


class Yard:
    """People who come and go, and what is told of them."""

    def __init__(self, time: HandMadeTime) -> None:
        self.time = time
        self.told: list[tuple[int, State]] = []
        self.online = Online(grace_s=GRACE_S, away_s=AWAY_S)
        self.online.on_change = lambda account_id, state: self.told.append((account_id, state))
        self._numbers = itertools.count()

    def come(self, account_id: int = ANA, namespace: str = CHAT, session_id: int = 1) -> Connection:
        connection = Connection(f"sid-{next(self._numbers)}", namespace, account_id, session_id, 0)
        self.online.add(connection)
        return connection

    def go(self, connection: Connection) -> None:
        assert self.online.remove(connection.sid) is connection


@pytest.fixture
def yard(monkeypatch: pytest.MonkeyPatch) -> Yard:
    time = HandMadeTime()
    monkeypatch.setattr(module, "asyncio", SimpleNamespace(get_running_loop=lambda: time))
    return Yard(time)


def test_coming_is_told_at_once_and_going_after_the_grace(yard: Yard) -> None:
    ana = yard.come()
    assert yard.told == [(ANA, "online")]
    yard.go(ana)
    yard.time.pass_by(GRACE_S - 0.1)
    assert (yard.told, yard.online.state(ANA)) == ([(ANA, "online")], "online")
    yard.time.pass_by(0.1)
    assert (yard.told[1:], yard.online.state(ANA)) == ([(ANA, "offline")], "offline")


def test_a_reload_tells_nothing(yard: Yard) -> None:
    for _ in range(3):
        yard.go(yard.come())
        yard.time.pass_by(GRACE_S - 1)
    yard.come()
    yard.time.pass_by(10 * GRACE_S)
    assert yard.told == [(ANA, "online")]


def test_one_of_two_devices_keeps_somebody_online(yard: Yard) -> None:
    phone, desk = yard.come(session_id=1), yard.come(session_id=2)
    yard.go(phone)
    yard.time.pass_by(10 * GRACE_S)
    assert yard.told == [(ANA, "online")]
    yard.go(desk)
    yard.time.pass_by(GRACE_S)
    assert yard.told[1:] == [(ANA, "offline")]


def test_away_when_no_device_is_active_and_back_at_once(yard: Yard) -> None:
    phone, desk = yard.come(), yard.come()
    yard.online.set_active(phone, False)
    yard.time.pass_by(2 * AWAY_S)
    assert yard.told == [(ANA, "online")]
    yard.online.set_active(desk, False)
    yard.time.pass_by(AWAY_S - 1)
    assert yard.told == [(ANA, "online")]
    yard.time.pass_by(1)
    assert yard.told[1:] == [(ANA, "away")]
    yard.online.set_active(phone, True)
    assert yard.told[2:] == [(ANA, "online")]


def test_saying_it_again_does_not_put_off_being_away(yard: Yard) -> None:
    ana = yard.come()
    for _ in range(AWAY_S // 60):
        yard.online.set_active(ana, False)
        yard.time.pass_by(60)
    assert yard.told == [(ANA, "online"), (ANA, "away")]


def test_a_glance_puts_off_being_away(yard: Yard) -> None:
    ana = yard.come()
    yard.online.set_active(ana, False)
    yard.time.pass_by(AWAY_S - 1)
    yard.online.set_active(ana, True)
    yard.online.set_active(ana, False)
    yard.time.pass_by(AWAY_S - 1)
    assert yard.told == [(ANA, "online")]
    yard.time.pass_by(1)
    assert yard.told[1:] == [(ANA, "away")]


def test_the_active_device_goes_and_the_idle_one_stays(yard: Yard) -> None:
    idle, desk = yard.come(), yard.come()
    yard.online.set_active(idle, False)
    yard.go(desk)
    yard.time.pass_by(AWAY_S)
    yard.go(idle)
    yard.time.pass_by(GRACE_S)
    assert [state for _, state in yard.told] == ["online", "away", "offline"]


def test_who_leaves_while_away_was_about_to_be_told_is_offline_after_the_grace(yard: Yard) -> None:
    ana = yard.come()
    yard.online.set_active(ana, False)
    yard.time.pass_by(AWAY_S - 1)
    yard.go(ana)
    yard.time.pass_by(GRACE_S)
    assert yard.told == [(ANA, "online"), (ANA, "offline")]


def test_the_bell_alone_makes_nobody_present(yard: Yard) -> None:
    bell = yard.come(namespace=NOTIFICATIONS)
    assert (yard.told, yard.online.accounts()) == ([], [ANA])
    chat = yard.come()
    yard.go(chat)
    yard.time.pass_by(1)
    # A bell that comes and goes does not put it off.
    yard.go(yard.come(namespace=NOTIFICATIONS))
    yard.time.pass_by(GRACE_S - 1)
    assert yard.told == [(ANA, "online"), (ANA, "offline")]
    assert yard.online.of_account(ANA, NOTIFICATIONS) == [bell]


def test_who_is_asked_for_is_found(yard: Yard) -> None:
    phone, bell = yard.come(session_id=7), yard.come(namespace=NOTIFICATIONS, session_id=7)
    desk, ben = yard.come(session_id=8), yard.come(BEN, session_id=9)
    assert set(map(id, yard.online.of_session(7))) == {id(phone), id(bell)}
    assert set(map(id, yard.online.of_account(ANA, CHAT))) == {id(phone), id(desk)}
    assert yard.online.sessions() == {7, 8, 9}
    assert sorted(yard.online.accounts()) == [ANA, BEN]
    assert yard.online.get(ben.sid) is ben
    assert yard.online.state(99) == "offline"


def test_nothing_is_kept_of_who_has_gone(yard: Yard) -> None:
    for n in range(50):
        account_id = n % 5
        connection = yard.come(account_id, CHAT if n % 2 else NOTIFICATIONS)
        if n % 3 == 0:
            yard.online.set_active(connection, False)
        yard.go(connection)
        assert yard.online.remove(connection.sid) is None
    yard.time.pass_by(2 * AWAY_S)
    assert (yard.online._people, yard.online._by_sid, yard.time.waiting) == ({}, {}, [])


def test_closing_tells_that_everybody_is_gone_and_leaves_no_timer(yard: Yard) -> None:
    yard.come(ANA)
    ben = yard.come(BEN)
    yard.go(ben)
    yard.online.close()
    assert sorted(yard.told[2:]) == [(ANA, "offline"), (BEN, "offline")]
    assert yard.time.waiting == []

"""R18: a connection is in a namespace, or has a while to join one; by a clock that a test moves."""

from __future__ import annotations

import pytest

from server.engine.rooms import PENDING
from tests.engine.offline import Note, Offline


@pytest.fixture
def offline() -> Offline:
    return Offline()


def test_who_never_joins_is_let_go_after_its_while(offline: Offline) -> None:
    connection = offline.connection(Note())
    offline.loop.step(4.9)
    assert not connection.closed
    offline.loop.step(1.2)
    assert connection.closed
    assert offline.house.counters.closed == {"auth deadline": 1}


def test_who_has_joined_stays(offline: Offline) -> None:
    connection = offline.connection(Note())
    offline.member(connection)
    offline.loop.step(13)
    assert not connection.closed


def test_who_leaves_has_the_whole_while_again(offline: Offline) -> None:
    """What was asked of the wheel at the beginning comes in between, and means nothing any more."""
    connection = offline.connection(Note())
    member = offline.member(connection)
    offline.loop.step(4.5)
    offline.server.manager.remove(member)
    connection.must_join()
    offline.loop.step(4.9)
    assert not connection.closed
    offline.loop.step(1.2)
    assert connection.closed


def test_a_join_that_is_being_asked_about_has_its_own_while(offline: Offline) -> None:
    """Its handler may take connect_s; whoever is refused then is let go."""
    connection = offline.connection(Note())
    offline.loop.step(4.5)
    member = offline.member(connection, on=False)
    assert member.state == PENDING
    offline.loop.step(4)
    assert not connection.closed
    offline.server.manager.remove(member)
    offline.loop.step(4)
    assert connection.closed

"""R13, R30: what a flood of faults leaves in the log: one line, and nothing that was sent."""

from __future__ import annotations

import logging

import pytest

from server.engine.connection import Connection
from server.engine.counters import REMEMBERED, SampledLog, shortened
from tests.engine.offline import Note, Offline, Wire, at_once


def test_one_line_for_each_connection_and_kind_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "engine")
    log = SampledLog()
    for second in range(0, 61, 10):
        log.note(float(second), "w1.abcdefgh", "unknown event", "an event nobody handles")
    log.note(5.0, "w1.zzzzefgh", "unknown event", "an event nobody handles")
    assert len(caplog.records) == 3


def test_a_session_id_is_never_shown_whole(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "engine")
    SampledLog().note(0.0, "w1.abcdefghijklmnop", "kind", "something")
    assert "w1.abcd" in caplog.text
    assert "efgh" not in caplog.text
    assert shortened("abcdefgh") == "abcd"


def test_the_place_of_a_bug_is_logged_and_its_words_are_not(caplog: pytest.LogCaptureFixture) -> None:
    """R30: an error quotes what it did not like."""
    caplog.set_level(logging.DEBUG)
    log = SampledLog()
    sent = "a secret of Ann's"
    for _ in range(3):
        try:
            int(sent)
        except ValueError as error:
            log.failed(0.0, "w1.abcdefgh", "handler", error)
    assert len(caplog.records) == 1
    assert "ValueError" in caplog.text
    assert "test_the_place_of_a_bug" in caplog.text
    assert sent not in caplog.text


def test_what_is_remembered_is_bounded() -> None:
    log = SampledLog()
    for number in range(REMEMBERED + 100):
        log.note(0.0, f"w1.{number}", "kind", "something")
    assert len(log._said) == REMEMBERED


def test_what_happened_is_counted_and_what_is_there_is_shown() -> None:
    """R30: held events, coalesced writes; connections by transport. The others are counted where they happen."""
    offline, link = Offline(), Note()
    server = offline.server
    poller, socket = offline.connection(), offline.connection(link)
    joining = offline.member(socket, on=False)
    offline.member(poller)
    for number in range(2):
        at_once(server.emit("n", number))
    assert server.counters.held_events == 2
    server.manager.release(joining)
    offline.loop.step(0)
    assert (link.writes, server.counters.writes, server.counters.coalesced) == (1, 1, 1)
    server.eio._has_begun = True
    assert server.eio.gauge() == {"websocket": 1, "polling": 1, "unsent_bytes": 2 * len('42["n",0]')}
    poller.poll(Wire)
    assert (server.counters.writes, server.counters.coalesced) == (2, 2)
    assert server.eio.gauge()["unsent_bytes"] == 0
    assert server.counters.packets_out == 4
    assert server.counters.closed == {}


def test_more_than_ten_faults_in_any_minute_are_too_many() -> None:
    """R13: wherever that minute begins."""
    offline = Offline()
    patient, hasty = clients = [offline.connection(Note()) for _ in range(2)]

    def seconds(count: int) -> None:
        for _ in range(count):
            offline.loop.step(1)
            for client in clients:
                client.ponged(offline.loop.now)

    def faults(count: int, *clients: Connection) -> None:
        for client in clients:
            for _ in range(count):
                client.fault("unknown event")

    for client in clients:
        offline.member(client)
    faults(1, patient, hasty)
    seconds(20)
    faults(9, patient, hasty)
    seconds(41)
    faults(1, patient)
    faults(2, hasty)
    assert (patient.closed, hasty.closed) == (False, True)
    assert offline.house.counters.closed == {"too many errors": 1}

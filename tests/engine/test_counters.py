"""R13, R30: what a flood of faults leaves in the log: one line, and nothing that was sent."""

from __future__ import annotations

import logging

import pytest

from server.engine.counters import REMEMBERED, SampledLog, shortened


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

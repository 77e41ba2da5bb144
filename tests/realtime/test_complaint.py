"""The same trouble is told once, in a sentence where it is one."""

from __future__ import annotations

import logging

import pytest

from server.errors import Unavailable
from server.realtime.complaint import Complaint


def test_a_refusal_is_a_sentence_and_said_once_until_it_has_gone_well(caplog: pytest.LogCaptureFixture) -> None:
    complaint = Complaint(logging.getLogger("test"), "the job failed")
    for _ in range(3):
        complaint.about(Unavailable("The database does not answer."))
    complaint.withdrawn()
    complaint.about(Unavailable("The database does not answer."))
    assert [record.getMessage() for record in caplog.records] == ["the job failed: The database does not answer."] * 2
    assert not any(record.exc_info for record in caplog.records)


def test_a_bug_is_told_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    complaint = Complaint(logging.getLogger("test"), "the job failed")
    for number in (1, 1, 2):
        complaint.about(KeyError(number))
    assert [record.exc_info is not None for record in caplog.records] == [True, True]

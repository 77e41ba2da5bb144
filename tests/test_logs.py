"""Logs are JSON lines from both kinds of logger, keep secrets to themselves and do not drown in one bug."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import structlog

from server import logs
from server.logs import BugLog, is_secret, without_secrets


@contextlib.contextmanager
def logging_to(level: str = "info") -> Iterator[StringIO]:
    """Everything logged meanwhile, as JSON lines; afterwards logging is as it was."""
    stream = StringIO()
    root = logging.getLogger()
    before = root.level
    handler = logs.set_up(level, "json", stream)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        structlog.reset_defaults()


def test_a_worker_says_which_it_is() -> None:
    stream = StringIO()
    root = logging.getLogger()
    handler = logs.set_up("info", "json", stream, worker="w3")
    try:
        logging.getLogger("x").warning("by the standard library")
        structlog.get_logger("y").warning("by structlog", worker_id=7)
    finally:
        root.removeHandler(handler)
        structlog.reset_defaults()
    assert [line["worker"] for line in lines_of(stream)] == ["w3", "w3"]


def lines_of(stream: StringIO, event: str | None = None) -> list[dict[str, Any]]:
    """The lines, or those about one event."""
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [line for line in lines if event in (None, line["event"])]


@pytest.fixture
def out() -> Iterator[StringIO]:
    with logging_to() as stream:
        yield stream


def raised(message: str, kind: type[Exception] = ValueError) -> Exception:
    """An error that was raised, so that it has a traceback."""
    try:
        raise kind(message)
    except kind as error:
        return error


def test_both_kinds_of_logger_write_the_same_line(out: StringIO) -> None:
    logging.getLogger("server.a").info("stored %d", 3, extra={"conversation_id": 7})
    structlog.get_logger("server.b").info("stored 3", conversation_id=7)
    first, second = lines_of(out)
    assert first.pop("timestamp")
    assert second.pop("timestamp")
    assert first == {"event": "stored 3", "conversation_id": 7, "logger": "server.a", "level": "info"}
    assert second == {**first, "logger": "server.b"}


def test_a_line_stays_one_line(out: StringIO) -> None:
    logging.getLogger("server").warning("first\nsecond\x1b[31m\ud800")
    assert lines_of(out)[0]["event"] == "first\nsecond\x1b[31m\ud800"


def test_what_is_below_the_level_is_not_written(out: StringIO) -> None:
    logging.getLogger("server").debug("too much")
    structlog.get_logger("server").debug("too much")
    assert lines_of(out) == []


def test_packets_are_not_written_whatever_the_level() -> None:
    with logging_to("debug") as out:
        for name in ("engineio", "socketio", "engineio.server", "aiohttp.access"):
            logging.getLogger(name).info('received 0{"token":"abc"}')
        logging.getLogger("server").debug("seen")
        assert [line["event"] for line in lines_of(out)] == ["seen"]


def test_secrets_are_masked_by_their_name_at_any_depth(out: StringIO) -> None:
    structlog.get_logger("server").info(
        "asked",
        token="s3cret",
        handshake={"auth": {"token": "s3cret"}, "headers": [{"Set-Cookie": "s3cret"}]},
        new_password="s3cret",
        author="ana",
        sid="s3cret",
        claim=None,
    )
    assert "s3cret" not in out.getvalue()
    (line,) = lines_of(out)
    assert (line["token"], line["author"], line["claim"]) == ("[masked]", "ana", None)


@pytest.mark.parametrize("key", ["token", "Authorization", "Set-Cookie", "auth.token", "current_password", "SID"])
def test_these_are_secret(key: str) -> None:
    assert is_secret(key)


@pytest.mark.parametrize("key", ["author", "account_id", "session_id", "side", "tokenizer", "claimed_at", ""])
def test_these_are_not(key: str) -> None:
    assert not is_secret(key)


@pytest.mark.parametrize(
    "text",
    [
        "GET /x?token=s3cret&limit=3",
        'bad payload {"password": "s3cret"}',
        "Authorization: Bearer s3cret-s3cret",
        "Cookie: madang_session=s3cret",
        "refused {'auth': 's3cret'}",
        "sid=s3cret left",
    ],
)
def test_secrets_within_sentences_are_masked(text: str) -> None:
    assert "s3cret" not in without_secrets(text)


@pytest.mark.parametrize("text", ["the author: Ana", "conversation_id=7", "a token was refused", "limit=3, side=left"])
def test_plain_sentences_stay(text: str) -> None:
    assert without_secrets(text) == text


def test_a_bug_is_written_once_a_minute_with_its_traceback(out: StringIO) -> None:
    now = 0.0
    bugs = BugLog(lambda: now)
    logger = logging.getLogger("server")
    for _ in range(5):
        bugs.log(logger, "a command failed", raised("token=s3cret"), command="send_message", name="mark_read")
    (line,) = lines_of(out)
    assert line["level"] == "error"
    assert (line["command"], line["name_"]) == ("send_message", "mark_read")
    assert "ValueError: token=[masked]" in line["exception"]
    assert "in raised" in line["exception"]
    now = 61.0
    bugs.log(structlog.get_logger("server"), "a command failed", raised("again"))
    assert lines_of(out)[1]["repeated"] == 4


def test_bugs_that_differ_are_each_written(out: StringIO) -> None:
    bugs = BugLog(lambda: 0.0)
    logger = logging.getLogger("server")
    written = [
        bugs.log(logger, "a command failed", raised("one")),
        bugs.log(logger, "a command failed", raised("one", KeyError)),
        bugs.log(logger, "a request failed", raised("one")),
        bugs.log(logger, "a command failed", RuntimeError("never raised")),
        bugs.log(logger, "a command failed", raised("two, at the same place")),
    ]
    assert written == [True, True, True, True, False]


def test_setting_up_again_replaces_the_handler() -> None:
    with logging_to() as first:
        second = StringIO()
        handler = logs.set_up("info", "text", second)
        logging.getLogger("server").info("hello", extra={"token": "s3cret", "limit": 3})
        logging.getLogger().removeHandler(handler)
        assert first.getvalue() == ""
        assert "hello" in second.getvalue()
        assert "limit=3" in second.getvalue()
        assert "s3cret" not in second.getvalue()

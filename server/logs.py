"""Logs: one JSON line for each thing that happened, on stderr, with no secrets in it.

Modules keep using ``logging.getLogger(__name__)`` or ``structlog.get_logger(__name__)``; both end here.
"""

from __future__ import annotations

import logging
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Protocol, TextIO

import structlog
from structlog.typing import EventDict, Processor

MASK = "[masked]"
BUG_PAUSE_S = 60.0

_SECRET_WORDS = frozenset(
    {
        "token", "tokens", "password", "passwords", "cookie", "cookies", "authorization", "auth", "invitation",
        "claim", "sid", "pid", "secret", "secrets", "signature",
    }
)  # fmt: skip
_WORDS = "|".join(sorted({*_SECRET_WORDS, "session"}))
_IN_TEXT = re.compile(
    rf"""(?ix) (?P<head> \b (?:\w+[_-])? (?:{_WORDS}) \b ["']? \s* [=:] \s* (?:b?["'])? (?:(?:bearer|basic)\s+)? )
    [^\s"'&,;)}}\]]+ """
)
_BEARER = re.compile(r"(?i)\b(bearer|basic) [\w.~+/=-]{8,}")
# These print packets and request lines, with whatever is in them, below `warning`.
_TALKATIVE = ("socketio", "engineio", "aiohttp.access", "peewee", "asyncio", "PIL")

_RECORD_NAMES = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime"})


class Logger(Protocol):
    """What both kinds of logger can do, as far as it is needed here."""

    def error(self, event: str, /, *args: Any, **facts: Any) -> Any:
        """Writes one line."""


def set_up(
    level: str = "info",
    style: Literal["json", "text"] | None = None,
    stream: TextIO | None = None,
    worker: str | None = None,
) -> logging.Handler:
    """Sends every log line to ``stream`` (stderr); ``style`` None means JSON, but text for a person at a terminal.

    ``worker`` stands in every line, where several processes share one place for their logs. May be called
    again: the handler of the last call is replaced. Returns the handler.
    """
    out = stream or sys.stderr
    text = style == "text" or (style is None and out.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    if worker is not None:
        shared.append(lambda _, __, facts: {**facts, "worker": worker})
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback)
        if text
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), _only_extras, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                mask_secrets,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one.formatter, structlog.stdlib.ProcessorFormatter)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    logging.getLogger("aiohttp.server").addFilter(_quiet_about_peers)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    return handler


def mask_secrets(_: Any, __: str, facts: EventDict) -> EventDict:
    """Puts a mask over what is kept under a secret's name, at any depth, and over secrets within sentences."""
    return {key: _masked(key, value) for key, value in facts.items()}


def is_secret(key: str) -> bool:
    """Whether what is kept under ``key`` must not be seen: ``auth.token``, ``new_password``, ``Set-Cookie``."""
    return not _SECRET_WORDS.isdisjoint(re.split(r"[^a-z]+", key.lower()))


def without_secrets(text: str) -> str:
    """A sentence or a traceback in which ``token=...`` and the like are masked."""
    return _BEARER.sub(rf"\1 {MASK}", _IN_TEXT.sub(rf"\g<head>{MASK}", text))


def _only_extras(_: Any, __: str, facts: EventDict) -> EventDict:
    # Another handler may have written these onto the record already.
    for name in ("message", "asctime"):
        facts.pop(name, None)
    return facts


def _quiet_about_peers(record: logging.LogRecord) -> bool:
    """A request that is no HTTP is the peer's fault: one line instead of our traceback with the peer's bytes."""
    error = record.exc_info[1] if record.exc_info else None
    if type(error).__module__ == "aiohttp.http_exceptions":
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.INFO, "INFO"
        record.msg, record.args = "a malformed HTTP request was refused", ()
    return True


def _masked(key: str, value: Any) -> Any:
    if is_secret(key) and value not in (None, "", True, False):
        return MASK
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, dict):
        return {inner: _masked(str(inner), item) for inner, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked("", item) for item in value]
    return value


class BugLog:
    """Logs bugs with their traceback, the same one at most once a minute.

    ``repeated`` in the next line says how often it happened in between.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, str, str], tuple[float, int]] = {}

    def log(self, logger: Logger, event: str, error: BaseException, **facts: Any) -> bool:
        """Whether a line was written."""
        key = (event, type(error).__qualname__, place_of(error))
        now = self._clock()
        last, repeated = self._seen.get(key, (None, 0))
        if last is not None and now - last < BUG_PAUSE_S:
            self._seen[key] = (last, repeated + 1)
            return False
        if len(self._seen) >= 1000:
            self._seen.clear()
        self._seen[key] = (now, 0)
        if repeated:
            facts["repeated"] = repeated
        if isinstance(logger, logging.Logger):
            logger.error(event, exc_info=error, extra={_free_name(key): value for key, value in facts.items()})
        else:
            logger.error(event, exc_info=error, **facts)
        return True


def _free_name(key: str) -> str:
    # The standard library refuses facts named like its own, such as `name` and `args`.
    return f"{key}_" if key in _RECORD_NAMES else key


_bugs = BugLog()


def log_bug(logger: Logger, event: str, error: BaseException, **facts: Any) -> None:
    """Logs a bug with its traceback, unless the same was logged within the last minute."""
    _bugs.log(logger, event, error, **facts)


def place_of(error: BaseException) -> str:
    """Where the error was raised: ``file.py:12``, or an empty string for one that was never raised."""
    trace = error.__traceback__
    if trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"

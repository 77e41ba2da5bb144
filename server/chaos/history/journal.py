"""Writing a history down as it happens, and reading one back."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from server.chaos.history.operations import AnyAnswer, AnyCall
from server.chaos.history.records import AnyRecord, Fail, Info, Invoke, Ok

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(AnyRecord)


class Journal:
    """A history being written: in memory, and in a file when one is named. Closed as a context manager."""

    def __init__(self, path: Path | None = None) -> None:
        self.records: list[AnyRecord] = []
        self._file: BinaryIO | None = path.open("wb") if path else None
        self._start = time.monotonic()
        self._ops = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def now(self) -> float:
        """Seconds since the start."""
        return round(time.monotonic() - self._start, 6)

    def note(self, record: AnyRecord) -> None:
        """Writes down what has happened just now."""
        record.t = self.now()
        self.records.append(record)
        if self._file:
            self._file.write(line(record))

    def invoke(self, client: str, account_id: int, call: AnyCall, worker: str | None = None) -> int:
        """Writes down that a client asks, right before it does; returns the number of the operation."""
        self._ops += 1
        self.note(Invoke(op=self._ops, client=client, account_id=account_id, call=call, worker=worker))
        return self._ops

    def ok(self, op: int, answer: AnyAnswer) -> None:
        """Writes down the answer to an operation, right after it came."""
        self.note(Ok(op=op, answer=answer))

    def fail(self, op: int, code: str, retryable: bool) -> None:
        """Writes down a refusal."""
        self.note(Fail(op=op, code=code, retryable=retryable))

    def unknown(self, op: int, why: str = "") -> None:
        """Writes down that no answer will come."""
        self.note(Info(op=op, why=why))

    def close(self) -> None:
        """Ends the file."""
        if self._file:
            self._file.close()
            self._file = None


def line(record: AnyRecord) -> bytes:
    """A record as a line of JSON."""
    return _encoder.encode(record) + b"\n"


def write(path: Path, records: Iterable[AnyRecord]) -> None:
    """Writes a whole history."""
    with path.open("wb") as file:
        file.writelines(line(record) for record in records)


def read(path: Path) -> list[AnyRecord]:
    """A history from its file. A last line that was cut off, as by a killed driver, is left out."""
    return list(_records(path))


def _records(path: Path) -> Iterator[AnyRecord]:
    with path.open("rb") as file:
        for text in file:
            if text.endswith(b"\n"):
                yield _decoder.decode(text)

"""Frames: a table of what is read and what is refused, and a differential fuzz against wsproto."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from typing import Any

import pytest
import wsproto.connection
import wsproto.events
import wsproto.utilities

from server.engine import frames
from server.engine.frames import FrameReader, close_frame, frame
from tests.engine.client_frames import client_frame

MOST = 70_000


class Heard:
    """Everything a reader told."""

    def __init__(self) -> None:
        self.messages: list[str | bytes] = []
        self.pings: list[bytes] = []
        self.code: int | None = None
        self.inside_a_message = False

    def message(self, data: str | bytes) -> None:
        self.messages.append(data)

    def pinged(self, payload: bytes) -> None:
        self.pings.append(payload)

    def failed(self, code: int) -> None:
        self.code = code

    def closed(self) -> None:
        self.code = 1000


def read(*chunks: bytes) -> Heard:
    heard = Heard()
    reader = FrameReader(heard, MOST)
    for chunk in chunks:
        reader.feed(chunk)
    heard.inside_a_message = reader._message is not None
    return heard


def one_by_one(data: bytes) -> list[bytes]:
    return [data[place : place + 1] for place in range(len(data))]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, MOST])
def test_every_length_is_read_and_written(size: int) -> None:
    payload = bytes(index % 251 for index in range(size))
    assert read(client_frame(payload, frames.BINARY)).messages == [payload]
    text = "é" * (size // 2)
    assert read(client_frame(text.encode())).messages == [text]
    written = frame(payload, frames.BINARY)
    assert written[0] == 0x82
    assert written.endswith(payload)
    head = written[1] if size < 126 else int.from_bytes(written[2 : 4 if size < 65536 else 10], "big")
    assert head == size


REFUSED = {
    "unmasked": (client_frame(b"hi", mask=None), 1002),
    "reserved bit": (client_frame(b"hi", rsv=4), 1002),
    "reserved opcode": (client_frame(b"hi", 3), 1002),
    "reserved control": (client_frame(b"", 11), 1002),
    "fragmented control": (client_frame(b"", 9, final=False), 1002),
    "long control": (client_frame(b"x" * 126, 9), 1002),
    "nothing to continue": (client_frame(b"x", 0), 1002),
    "text inside a message": (client_frame(b"x", final=False) + client_frame(b"y"), 1002),
    "length longer than needed, 16 bits": (b"\x81\xfe\x00\x05" + b"\0" * 9, 1002),
    "length longer than needed, 64 bits": (b"\x81\xff" + struct.pack(">Q", 500) + b"\0" * 504, 1002),
    "length of 2^63": (b"\x81\xff" + b"\xff" * 8, 1009),
    "bad text": (client_frame(b"\xff"), 1007),
    "bad text in pieces": (client_frame(b"\xc3", final=False) + client_frame(b"(", 0), 1007),
    "too big, told by its header": (b"\x82\xff" + struct.pack(">Q", MOST + 1), 1009),
    "too big in pieces": (client_frame(b"x" * MOST, 2, final=False) + client_frame(b"x", 0), 1009),
    "farewell of one byte": (client_frame(b"\x03", 8), 1002),
    "farewell with an unknown code": (client_frame(struct.pack(">H", 1005), 8), 1002),
    "farewell with bad text": (client_frame(struct.pack(">H", 1000) + b"\xff", 8), 1007),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_breaks_the_rules_is_refused_with_its_code(name: str) -> None:
    data, code = REFUSED[name]
    for chunks in ([data], one_by_one(data)):
        heard = read(*chunks)
        assert heard.code == code
        assert heard.messages == []


def test_one_byte_at_a_time_is_fine() -> None:
    data = (
        client_frame(b"40/", final=False)
        + client_frame(b"p", 9)
        + client_frame("한글".encode(), 0)
        + client_frame(b"\0\1", 2)
        + client_frame(b"", 10)
        + client_frame(b"", 8)
    )
    heard = read(*one_by_one(data))
    assert heard.messages == ["40/한글", b"\0\1"]
    assert heard.pings == [b"p"]
    assert heard.code == 1000


def test_nothing_is_read_behind_the_end() -> None:
    assert read(client_frame(b"", 8) + client_frame(b"late"), client_frame(b"later")).messages == []
    assert read(client_frame(b"x", mask=None) + client_frame(b"late"), client_frame(b"later")).messages == []


def test_a_partial_frame_keeps_no_more_than_it_needs() -> None:
    heard = Heard()
    reader = FrameReader(heard, MOST)
    whole = client_frame(b"x" * 1000, 2)
    reader.feed(whole + whole[:10])
    assert len(heard.messages) == 1
    assert reader._partial is not None
    assert len(reader._partial) == 10
    reader.feed(whole[10:])
    assert reader._partial is None


def test_close_frames_carry_their_code() -> None:
    assert close_frame(1012) == b"\x88\x02\x03\xf4"


# Against wsproto


def random_conversation(dice: random.Random) -> bytes:
    data = b""
    for _ in range(dice.randint(1, 6)):
        wild = dice.random() < 0.25
        opcode = dice.choice([1, 1, 1, 2, 2, 0, 0, 9, 10, 8, 3, 11] if wild else [1, 1, 2, 1, 9, 10])
        data += random_frame(dice, opcode)
        if opcode == 8:
            break
    return data


def random_frame(dice: random.Random, opcode: int) -> bytes:
    sizes = [0, 1, 1, 5, 125, 126, 127, 300] + ([65535, 65536, MOST - 1, MOST + 1] if dice.random() < 0.1 else [])
    size = dice.choice(sizes) if opcode < 8 else dice.choice([0, 2, 5, 125])
    if opcode == 1:
        payload = (dice.choice(["3", "2probe", "héé", "한글", "a"]) * size).encode()[:size]
        if dice.random() < 0.03:
            payload = b"\xff" + payload[1:]
    elif opcode == 8:
        payload = struct.pack(">H", 1000) if size else b""
    else:
        payload = dice.randbytes(size)
    return client_frame(
        payload,
        opcode,
        final=opcode > 7 or dice.random() < 0.8,
        mask=dice.randbytes(4) if dice.random() > 0.01 else None,
        rsv=4 if dice.random() < 0.01 else 0,
    )


def random_cuts(dice: random.Random, data: bytes) -> Iterator[bytes]:
    place = 0
    while place < len(data):
        size = dice.choice([1, 2, 3, 7, 1000, 100_000, 100_000] if len(data) < 3000 else [1000, 30_000, 100_000])
        yield data[place : place + size]
        place += size


def wsproto_reads(chunks: list[bytes]) -> tuple[list[str | bytes], int | None]:
    connection = wsproto.connection.Connection(wsproto.connection.ConnectionType.SERVER)
    messages: list[str | bytes] = []
    parts: list[Any] = []
    for chunk in chunks:
        try:
            connection.receive_data(chunk)
            for event in connection.events():
                if isinstance(event, wsproto.events.CloseConnection):
                    return messages, int(event.code)
                if isinstance(event, (wsproto.events.TextMessage, wsproto.events.BytesMessage)):
                    parts.append(event.data)
                    if sum(len(part.encode() if isinstance(part, str) else part) for part in parts) > MOST:
                        return messages, 1009
                    if event.message_finished:
                        messages.append(type(parts[0])().join(parts))
                        parts = []
        except wsproto.utilities.RemoteProtocolError:
            return messages, 1002
    return messages, None


def test_ours_and_wsproto_read_the_same() -> None:
    dice = random.Random(20261121)
    refused = 0
    for _ in range(2000):
        data = random_conversation(dice)
        chunks = list(random_cuts(dice, data))
        ours = read(*chunks)
        theirs, code = wsproto_reads(chunks)
        refused += ours.code is not None
        if ours.code and code:
            # Both refuse; one of them may notice a message earlier.
            shorter = min(len(theirs), len(ours.messages))
            assert theirs[:shorter] == ours.messages[:shorter]
            continue
        if code and ours.inside_a_message:
            # wsproto looks at text before its message is whole; ours says the same when it is.
            assert theirs == ours.messages
            continue
        assert (ours.messages, bool(ours.code)) == (theirs, bool(code)), data[:80].hex()
    assert refused > 100

"""Frames: a table of what is read and what is refused, and a differential fuzz against wsproto."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.engine import frames
from server.engine.frames import FrameReader, close_frame, frame
from tests.engine.against_wsproto import MOST, Heard, compare
from tests.engine.against_wsproto import ours as read
from tests.engine.client_frames import client_frame


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


# Against wsproto; `make prove` compares ten times as many


def test_ours_and_wsproto_read_the_same() -> None:
    ends = compare(20261121, range(2000))
    assert ends.total() == 2000
    assert {"None", "1000", "1002", "1007", "1009"} <= set(ends)


def test_the_comparison_sees_a_short_text_that_nobody_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    careful: Any = FrameReader._take

    def take(self: Any, first: int, opcode: int, body: bytearray) -> None:
        if first == 0x81 and len(body) == 1:
            self._sink.message(body.decode("latin-1"))
        else:
            careful(self, first, opcode, body)

    monkeypatch.setattr(FrameReader, "_take", take)
    with pytest.raises(AssertionError, match="seed 1, conversation"):
        compare(1, range(2000))


# However it is cut


@given(messages=st.lists(st.text(max_size=200) | st.binary(max_size=200), max_size=5), data=st.data())
def test_any_cuts_and_fragments_make_the_same_messages(messages: list[str | bytes], data: st.DataObject) -> None:
    stream = b"".join(fragmented(message, data) for message in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    heard = read(*chunks)
    assert heard.messages == messages
    assert heard.code is None


def fragmented(message: str | bytes, data: st.DataObject) -> bytes:
    payload, opcode = (message.encode(), 1) if isinstance(message, str) else (message, 2)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(payload)), max_size=3)))
    pieces = [payload[start:end] for start, end in zip([0, *cuts], [*cuts, len(payload)], strict=True)]
    mask = data.draw(st.binary(min_size=4, max_size=4))
    return b"".join(
        client_frame(piece, 0 if place else opcode, final=place == len(pieces) - 1, mask=mask)
        for place, piece in enumerate(pieces)
    )


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_whatever_comes_is_read_or_refused(chunks: list[bytes]) -> None:
    heard = read(*chunks)
    assert heard.code in (None, 1000, 1002, 1007, 1009)

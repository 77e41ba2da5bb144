"""Our FrameReader beside wsproto: the same random bytes, cut at random, have to mean the same to both."""

from __future__ import annotations

import random
import struct
from collections import Counter
from collections.abc import Iterator
from typing import Any

import wsproto.connection
import wsproto.events
import wsproto.utilities

from server.engine.frames import FrameReader
from tests.engine.client_frames import client_frame

MOST = 70_000
GOODBYE, BAD_TEXT, TOO_BIG = 1000, 1007, 1009


class Heard:
    """Everything a reader told."""

    def __init__(self) -> None:
        self.messages: list[str | bytes] = []
        self.pings: list[bytes] = []
        self.code: int | None = None
        self.inside_a_message = False

    def message(self, data: str | bytes) -> None:
        """A whole message."""
        self.messages.append(data)

    def pinged(self, payload: bytes) -> None:
        """A ping."""
        self.pings.append(payload)

    def failed(self, code: int) -> None:
        """The end, by a broken rule."""
        self.code = code

    def closed(self) -> None:
        """The end, by a farewell."""
        self.code = GOODBYE


def ours(*chunks: bytes) -> Heard:
    """What our reader makes of it."""
    heard = Heard()
    reader = FrameReader(heard, MOST)
    for chunk in chunks:
        reader.feed(chunk)
    heard.inside_a_message = reader._message is not None or reader._partial is not None
    return heard


def theirs(*chunks: bytes) -> Heard:
    """What wsproto makes of it, with our bound on messages."""
    connection = wsproto.connection.Connection(wsproto.connection.ConnectionType.SERVER)
    heard = Heard()
    parts: list[Any] = []
    for chunk in chunks:
        try:
            connection.receive_data(chunk)
            for event in connection.events():
                if isinstance(event, wsproto.events.CloseConnection):
                    # A broken rule is told like a farewell, with the words of its own parser.
                    is_farewell = connection.state is wsproto.connection.ConnectionState.REMOTE_CLOSING
                    heard.code = GOODBYE if is_farewell else int(event.code)
                    return heard
                if isinstance(event, wsproto.events.Ping):
                    heard.pings.append(bytes(event.payload))
                if isinstance(event, (wsproto.events.TextMessage, wsproto.events.BytesMessage)):
                    parts.append(event.data)
                    if sum(len(part.encode() if isinstance(part, str) else part) for part in parts) > MOST:
                        heard.code = TOO_BIG
                        return heard
                    if event.message_finished:
                        heard.messages.append(type(parts[0])().join(parts))
                        parts = []
        except wsproto.utilities.RemoteProtocolError:
            heard.code = 1002
            return heard
    return heard


def compare(seed: int, conversations: range) -> Counter[str]:
    """Reads these conversations of ``seed`` both ways; how they ended. Raises AssertionError where the two differ."""
    ends: Counter[str] = Counter()
    for number in conversations:
        dice = random.Random(f"{seed}/{number}")
        chunks = list(random_cuts(dice, random_conversation(dice)))
        mine, other = ours(*chunks), theirs(*chunks)
        if mine.code and not other.code:
            other = theirs(*chunks, bytes(2 * MOST))  # ours refuses by the header what wsproto still waits for
        if difference := _difference(mine, other):
            raise AssertionError(f"seed {seed}, conversation {number}: {difference}")
        ends[str(mine.code)] += 1
    return ends


def _difference(mine: Heard, other: Heard) -> str:
    if mine.code and other.code:
        # Both refuse; one of them may notice earlier: a size by its header, text before its message is whole.
        shorter = min(len(mine.messages), len(other.messages))
        is_same = mine.messages[:shorter] == other.messages[:shorter]
        is_same &= mine.code == other.code or not {BAD_TEXT, TOO_BIG}.isdisjoint((mine.code, other.code))
    elif other.code == BAD_TEXT and mine.inside_a_message:
        is_same = other.messages == mine.messages  # ours says the same when the message is whole
    else:
        is_same = (mine.messages, mine.pings, mine.code) == (other.messages, other.pings, other.code)
    return (
        "" if is_same else f"ours {mine.code} after {mine.messages!r:.100}, theirs {other.code} {other.messages!r:.100}"
    )


# Random conversations


def random_conversation(dice: random.Random) -> bytes:
    """A few frames, mostly sound; sometimes with a few wrong bits."""
    data = b""
    for _ in range(dice.randint(1, 6)):
        wild = dice.random() < 0.25
        opcode = dice.choice([1, 1, 1, 2, 2, 0, 0, 9, 10, 8, 3, 11] if wild else [1, 1, 2, 1, 9, 10])
        data += random_frame(dice, opcode)
        if opcode == 8:
            break
    if dice.random() < 0.1:
        place = dice.randrange(len(data))
        data = data[:place] + bytes((data[place] ^ 1 << dice.randrange(8),)) + data[place + 1 :]
    return data


def random_frame(dice: random.Random, opcode: int) -> bytes:
    """One frame of a kind, of any size; sometimes unmasked, with a reserved bit or with text that is none."""
    return client_frame(
        _payload(dice, opcode),
        opcode,
        final=opcode > 7 or dice.random() < 0.8,
        mask=dice.randbytes(4) if dice.random() > 0.01 else None,
        rsv=4 if dice.random() < 0.01 else 0,
    )


def _payload(dice: random.Random, opcode: int) -> bytes:
    sizes = [0, 1, 1, 5, 125, 126, 127, 300] + ([65535, 65536, MOST - 1, MOST + 1] if dice.random() < 0.1 else [])
    size = dice.choice(sizes) if opcode < 8 else dice.choice([0, 2, 5, 125, 126])
    if opcode == 8:
        code = dice.choice([1000, 1001, 1003, 1004, 1005, 1006, 1011, 1012, 1015, 2999, 3000, 4999, 5000, 999, 0])
        return dice.choice([b"", b"\x03", struct.pack(">H", code), struct.pack(">H", code) + b"bye", b"\x03\xe8\xff"])
    if opcode != 1:
        return dice.randbytes(size)
    payload = (dice.choice(["3", "2probe", "héé", "한글", "a"]) * size).encode()[:size]
    return dice.choice([b"\xff", b"\xc0", b"\x80"]) + payload[1:] if dice.random() < 0.03 else payload


def random_cuts(dice: random.Random, data: bytes) -> Iterator[bytes]:
    """The same in pieces."""
    place = 0
    while place < len(data):
        size = dice.choice([1, 2, 3, 7, 1000, 100_000, 100_000] if len(data) < 3000 else [1000, 30_000, 100_000])
        yield data[place : place + size]
        place += size

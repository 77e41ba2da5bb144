"""Scripts on their way: as WebSocket frames, sound, broken or mutated, and as the bodies of POSTs. Seeded.

A ``Visit`` is all of one client. Which one it is depends on seed and number alone, so each can be had again.
"""

from __future__ import annotations

import base64
import random
import struct
from dataclasses import dataclass, field

from tests.engine.abuse.grammar import Script, recall
from tests.engine.client_frames import client_frame
from tests.engine.test_packets import random_packet

MOST = 20_000
"""Bytes of a message or a body."""
MOST_PACKETS = 100
SEPARATOR = "\x1e"
WEBSOCKET, POLLING, UPGRADE = "websocket", "polling", "upgrade"


@dataclass
class Body:
    """One POST: ``how`` it is sent, and the statuses it may have."""

    data: bytes
    statuses: frozenset[int] | None = frozenset((200,))
    how: str = "whole"


@dataclass
class Visit:
    """One client: ``bodies`` by POST, ``chunks`` through its WebSocket, how it ends; the outcome is as in Script."""

    number: int
    kind: str
    ends_by: str
    chunks: list[bytes] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)
    codes: frozenset[int] | None = frozenset()
    least: int = 0
    most: int = 0
    reads: bool = True
    """Whether it takes what it is sent."""

    def anything_goes(self) -> None:
        """Nobody knows what will be understood."""
        self.codes, self.least, self.most = None, 0, 10_000


def visit(seed: int, number: int) -> Visit:
    """Client ``number`` of ``seed``."""
    dice = random.Random(f"{seed}/{number}")
    kind = dice.choices([WEBSOCKET, POLLING, UPGRADE], [12, 6, 2])[0]
    made = Visit(number, kind, dice.choice(["cut", "cut", "goodbye", "half", "silence"]))
    if kind == WEBSOCKET:
        _stream(dice, made)
    elif kind == POLLING:
        _bodies(dice, made)
    else:
        _upgrade(dice, made)
    return made


# Frames


def framed(dice: random.Random, message: str | bytes) -> bytes:
    """A message as a client may send it: in one frame or several, with control frames between."""
    payload = message.encode() if isinstance(message, str) else message
    opcode = 1 if isinstance(message, str) else 2
    pieces = [payload]
    if dice.random() < 0.2:
        cuts = sorted(dice.randint(0, len(payload)) for _ in range(dice.randint(1, 4)))
        pieces = [payload[start:end] for start, end in zip([0, *cuts], [*cuts, len(payload)], strict=True)]
    data = b""
    for place, piece in enumerate(pieces):
        if place and dice.random() < 0.3:
            data += client_frame(dice.randbytes(dice.choice([0, 4, 125])), dice.choice([9, 10]))
        data += client_frame(piece, 0 if place else opcode, final=place == len(pieces) - 1, mask=dice.randbytes(4))
    return data


def broken_frame(dice: random.Random) -> tuple[bytes, int]:
    """What RFC 6455 forbids, alone or in the middle of a message, and the code that answers it."""
    text = dice.choice([b"3", b"42/plain,1", b""])
    bad_text = dice.choice(
        [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"3\x80", b"42\xf0\x9f"]
    )
    farewell = dice.choice([b"\x03", b"\x03\xed", b"\x00\x00", b"\xff\xff", b"\x03\xe7x", b"\x04\x00"])
    size = dice.choice([0, 1, 125])
    data, code = dice.choice(
        [
            (client_frame(text, mask=None), 1002),
            (client_frame(text, rsv=dice.randint(1, 7)), 1002),
            (client_frame(text, dice.choice([3, 4, 5, 6, 7, 11, 12, 13, 14, 15])), 1002),
            (client_frame(text, dice.choice([8, 9, 10]), final=False), 1002),
            (client_frame(b"x" * 126, dice.choice([8, 9, 10])), 1002),
            (client_frame(text, 0), 1002),
            (client_frame(text, final=False) + client_frame(text, dice.choice([1, 2])), 1002),
            (b"\x81\xfe" + struct.pack(">H", size) + b"\0" * (4 + size), 1002),
            (b"\x81\xff" + struct.pack(">Q", dice.choice([size, 65535])) + b"\0" * 4, 1002),
            (b"\x81\xff" + struct.pack(">Q", dice.choice([2**63, 2**64 - 1, 2**32, 65536])), 1009),
            (b"\x81\xfe" + struct.pack(">H", MOST + 1), 1009),
            (client_frame(b"3" * MOST, final=False) + client_frame(b"3", 0, final=False), 1009),
            (client_frame(bad_text), 1007),
            (client_frame(dice.choice([b"\xff", b"\x80", b"\xc3"])), 1007),
            (client_frame(bad_text[:1], final=False) + client_frame(bad_text[1:], 0), 1007),
            (client_frame(farewell, 8), 1002),
            (client_frame(b"\x03\xe8" + bad_text, 8), 1007),
        ]
    )
    return data, code


def _stream(dice: random.Random, made: Visit) -> None:
    style = dice.random()
    if style < 0.35:
        data = _framed_all(dice, Script.random(dice, breaks=0.8), made)
    elif style < 0.7:
        script = Script.random(dice, breaks=0.1)
        data = _framed_all(dice, script, made)
        if not script.is_over:
            data += _last_frames(dice, made)
    else:
        data = _framed_all(dice, _wild(dice), made)
        made.anything_goes()
        if dice.random() < 0.7:
            data = mutated(dice, data)
            # Who asks for much and reads nothing is soon too slow.
            made.reads = dice.random() > 0.1
    made.chunks = _cut(dice, data)


def _framed_all(dice: random.Random, script: Script, made: Visit) -> bytes:
    made.codes, made.least, made.most = script.codes, script.least, script.most
    return b"".join(framed(dice, message) for message in script.messages)


def _last_frames(dice: random.Random, made: Visit) -> bytes:
    """A farewell, or a broken frame and what is not heard any more."""
    if dice.random() < 0.1:
        made.codes = frozenset((1000,))
        return client_frame(dice.choice([b"", b"\x03\xe8", b"\x0f\xa0bye", b"\x03\xe8\xc3\xa9"]), 8)
    broken, code = broken_frame(dice)
    made.codes, made.least = frozenset((code,)), 0
    return broken + b"".join(framed(dice, message) for message in ("3", '42/plain,["echo"]') if dice.random() < 0.3)


def _wild(dice: random.Random) -> Script:
    """Somebody who comes back, perhaps in place of another who brought the same pid, and talks nonsense."""
    script = Script.random(dice)
    if dice.random() < 0.5:
        script.messages[0] = "40/plain," + recall(dice)
    script.messages += ["4" + random_packet(dice).replace("/chat", "/plain") for _ in range(dice.choice([0, 0, 1, 8]))]
    return script


def mutated(dice: random.Random, data: bytes) -> bytes:
    """The same with a few bytes changed, lost, doubled, come from nowhere, or never come."""
    for _ in range(dice.choice([1, 1, 2, 5])):
        place, size = dice.randint(0, len(data)), dice.choice([1, 1, 2, 8, 60])
        data = data[:place] + _changed(dice, data[place : place + size]) + data[place + size :]
    return data[: dice.randint(0, len(data))] if dice.random() < 0.2 else data


def _changed(dice: random.Random, old: bytes) -> bytes:
    match dice.randrange(5):
        case 0:
            return bytes(byte ^ 1 << dice.randrange(8) for byte in old)
        case 1:
            return b""
        case 2:
            return old + old
        case 3:
            return dice.randbytes(len(old))
        case _:
            return dice.randbytes(dice.choice([1, 4])) + old


def _cut(dice: random.Random, data: bytes) -> list[bytes]:
    style = dice.random()
    if style < 0.4:
        return [data]
    if style < 0.5 and len(data) < 300:
        return [data[place : place + 1] for place in range(len(data))]
    chunks = []
    while data:
        size = dice.choice([1, 2, 7, 60, 500, 5000])
        chunks.append(data[:size])
        data = data[size:]
    return chunks


# Bodies


def packet_in_body(message: str | bytes) -> str:
    """A message as a packet among others."""
    return message if isinstance(message, str) else "b" + base64.b64encode(message).decode()


def _bodies(dice: random.Random, made: Visit) -> None:
    script = Script.random(dice, breaks=0.4)
    made.codes, made.least, made.most = script.codes, script.least, script.most
    packets = [packet_in_body(message) for message in script.messages]
    while packets:
        size = dice.choice([1, 2, 5, MOST_PACKETS])
        data, packets = SEPARATOR.join(packets[:size]).encode(), packets[size:]
        # Whether the end is known before the answer goes out is nobody's business.
        statuses = frozenset((200, 400)) if script.is_over else frozenset((200,))
        made.bodies.append(Body(data, statuses, dice.choice(["whole", "whole", "pieces", "chunked"])))
    style = dice.random()
    if style < 0.3 and not script.is_over:
        made.bodies.append(broken_body(dice))
        made.codes, made.least = frozenset((1,)), 0  # what waits is dropped
    elif style < 0.5:
        body = dice.choice(made.bodies)
        body.data = mutated(dice, body.data)
        for one in made.bodies:
            one.statuses = None
        made.anything_goes()


def broken_body(dice: random.Random) -> Body:
    """One that ends the session."""
    refused = frozenset((400,))
    good = '42/plain,["rest"]'
    return dice.choice(
        [
            Body(b"", refused),
            Body(dice.choice([b"\xff", b"3\x1e\xc3", b"4\xed\xa0\x80"]), refused),
            Body(dice.choice([b"\x1e", b"3\x1e", b"\x1e3", b"3\x1e\x1e3", b"x", b"2", b"0{}", b"5", b"6"]), refused),
            Body(("3" + SEPARATOR + dice.choice(["b=", "bé", "b#", "bb", "bAAA", "b A=="])).encode(), refused),
            Body(SEPARATOR.join(["3"] * (MOST_PACKETS + 1)).encode(), refused),
            Body(b"3" * (MOST + 1), frozenset((413,)), dice.choice(["whole", "chunked"])),
            Body(good.encode(), None, "cut"),
            Body(good.encode(), None, "bad chunk"),
            Body(good.encode(), None, "beside"),
        ]
    )


def _upgrade(dice: random.Random, made: Visit) -> None:
    script = Script.random(dice, breaks=0.3)
    made.codes, made.least, made.most = script.codes, script.least, script.most
    first = dice.randint(0, min(20, len(script.messages))) if script.codes == frozenset() else 0
    packets = [packet_in_body(message) for message in script.messages[:first]]
    if packets:
        made.bodies.append(Body(SEPARATOR.join(packets).encode()))
    rest = ["2probe", "5", *script.messages[first:]]
    if dice.random() < 0.4:
        made.anything_goes()
        rest = dice.sample(rest, dice.randint(0, len(rest))) if dice.random() < 0.5 else rest
        made.chunks = _cut(dice, mutated(dice, b"".join(framed(dice, message) for message in rest)))
    else:
        made.chunks = _cut(dice, b"".join(framed(dice, message) for message in rest))

"""What a client may say, by the rules and against them, and what has to become of it. Seeded.

A ``Script`` is one client's Engine.IO messages. Where it was made by a rule the outcome is known: how often handlers
hear it, and the code it is closed with. ``tests.engine.abuse.streams`` puts scripts into frames and bodies.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

MOST_ERRORS = 10
MOST_DEPTH = 16

NAMES = ["echo", "echo", "say", "rest", "\\u0065cho", "e\\u0063ho"]
UNKNOWN_NAMES = ["", "nothing", "Connect", "connect ", "한글", "\\ud83d\\ude00", "__proto__"]
RESERVED_NAMES = ["connect", "disconnect", "\\u0063onnect", "disconnectin\\u0067", "newListener", "connect_err\\u006fr"]
NO_NAMES = ["[]", "{}", "", "[1]", "[null]", '["\\ud800"]', '["' + "n" * 300 + '"]', '"echo"', "[[]]", '["\x01"]']

SOUND_JSON = [
    *(
        "null",
        "true",
        "false",
        "0",
        "-0",
        "7",
        "-12",
        "1e3",
        "0.1",
        "1E-7",
        "9007199254740993",
        "1" * 30,
        "-" + "9" * 25,
    ),
    *('""', '"a"', '"\\u0000"', '"\\ud83d\\ude00"', '"é한글"', '"\\\\\\""', '"[[[{{"', '"NaN"', '"_placeholder"'),
    *(
        "[]",
        "{}",
        "[ ]",
        '{"a":1,"a":2}',
        '{"":{}}',
        '{"__proto__":1}',
        '{"_placeholder":false,"num":0}',
        " [ 1 , 2 ] ",
    ),
    *('{"_placeholder":true,"num":0}', '{"_placeholder":true}'),
]
_SCALARS = SOUND_JSON[:-10]
BROKEN_JSON = [
    *("NaN", "-Infinity", "Infinity", "1e400", "-1e999", "01", "+1", "1.", ".5", "0x10", "tru", "None", "undefined"),
    *('"\\ud800"', '"\\udc00\\ud800"', '{"\\ud800":1}', '"\\x41"', '"\x01"', '"a\nb"', '"\\u12"', "'a'", '"no end'),
    *("[1,]", "{,}", '{"a"}', '{"a":}', "{1:2}", "[1 2]", "]", "}", "[}", "/* */1", "1//", ""),
    *("[" * 17 + "]" * 17, '{"a":' * 17 + "1" + "}" * 17, "[" * 500, "[" * 3000 + "]" * 3000, "[{" * 9 + "}]" * 9),
]
NO_PACKETS = ["", "2", "0", "5", "6", "7", "x", "\0", "é", "2probe", "0{}", " 4", "\ud7ff"]
NOT_SOCKET_IO = [
    "",
    "7",
    "x",
    "9[]",
    "é",
    " 2",
    "-1",
    '4{"message":"no"}',
    "4",
    "0[]",
    "012",
    "1{}",
    "15",
    "2",
    "3[]",
    "31",
]
BINARY_HEADS = ["511-", "5-", "5", "5999999999999-", "5-1-", "50x-", "5 1-", "61234-"]


def sound_json(dice: random.Random, depth: int = MOST_DEPTH) -> str:
    """Any JSON that may be sent, at most ``depth`` deep."""
    kind = dice.random()
    if depth < 2 or kind < 0.6:
        return dice.choice(_SCALARS if depth < 2 else SOUND_JSON)
    if kind < 0.7:
        nested = dice.randint(1, depth)
        return "[" * nested + "]" * nested
    items = [sound_json(dice, depth - 1) for _ in range(dice.randint(0, 4))]
    if kind < 0.85:
        return "[" + dice.choice([",", " , ", ",\n"]).join(items) + "]"
    return "{" + ",".join(f"{json.dumps(dice.choice(['a', 'b', 'é', '']))}:{item}" for item in items) + "}"


def broken_json(dice: random.Random) -> str:
    """No JSON, or none that may be sent; perhaps wrapped."""
    text = dice.choice(BROKEN_JSON)
    return dice.choice(["{}", "[{}]", '{{"a":{}}}', "[1,{}]"]).format(text) if text and dice.random() < 0.3 else text


def place(number: Any) -> str:
    """Where an attachment belongs."""
    return json.dumps({"_placeholder": True, "num": number})


def recall(dice: random.Random) -> str:
    """What brings a session back, or is meant to look so. ``known-`` pids are the ring's."""
    strange: Any = dice.choice(["nobody", "", "x" * 5000, None, 5, True, [], {"a": 1}])
    pid = f"known-{dice.randrange(4)}" if dice.random() < 0.8 else strange
    offset = dice.choice(["o0", "o1", "o9", "gap", "", "o" * 5000, None, 7, ["o1"]])
    return json.dumps(dice.choice([{"pid": pid}, {"pid": pid, "offset": offset}, {"offset": offset, "token": "x"}]))


class Script:
    """Messages of one client; with ``codes`` and ``least`` to ``most`` handler calls as the outcome.

    ``codes`` are those the server may close it with; empty when it must not, None when anything may be.
    """

    def __init__(self, dice: random.Random) -> None:
        self.messages: list[str | bytes] = []
        self.least = self.most = 0
        self.codes: frozenset[int] | None = frozenset()
        self.is_over = False
        self._dice = dice
        self._joined: set[str] = set()
        self._faults = 0

    @classmethod
    def random(cls, dice: random.Random, *, breaks: float = 0.5) -> Script:
        """A client that joins, says a few things, and with a chance of ``breaks`` ends by what it may not say."""
        script = cls(dice)
        script.joins(
            "/plain", dice.choice(["", "{}", '{"token":"x","token":"y"}', '{"a":' + sound_json(dice, 15) + "}"])
        )
        for _ in range(dice.choice([0, 1, 2, 3, 5, 8])):
            if not script.is_over:
                dice.choice(GOOD)(script)
        if not script.is_over and dice.random() < breaks:
            dice.choice(BAD)(script)
        if script.is_over:
            for _ in range(dice.choice([0, 0, 1, 3])):
                script.messages.append(dice.choice(['42/plain,1["echo",1]', "3", '42/plain,["say"]']))
        return script

    def joins(self, namespace: str, auth: str = "") -> None:
        """CONNECT."""
        self.messages.append(f"40{namespace},{auth}")
        self._joined.add(namespace)

    # By the rules

    def event(self) -> None:
        """One that a handler hears."""
        name, arguments = self._dice.choice(NAMES), "".join("," + sound_json(self._dice) for _ in range(self._few()))
        self._says(f'2/plain,{self._id()}["{name}"{arguments}]')

    def typed_event(self) -> None:
        """One for the namespace with a decoder, which answers what it cannot read."""
        if "/typed" not in self._joined:
            self.joins("/typed")
        readable = self._dice.random() < 0.5
        # What does not end, ends the packet in its own way; the decoder sees all of it.
        argument = str(self._dice.randint(-5, 5)) if readable else broken_json(self._dice)
        self.messages.append(f'42/typed,{self._id()}["echo",{argument}]')
        self._hears(readable)

    def binary_event(self) -> None:
        """One with attachments."""
        count = self._few()
        order = self._dice.sample(range(count), count)
        self._says(f'5{count}-/plain,{self._id()}["bytes"{"".join("," + place(number) for number in order)}]')
        for _ in range(count):
            if self._dice.random() < 0.2:
                self.messages.append("3")
            self.messages.append(self._dice.randbytes(self._dice.choice([0, 1, 5, 200])))

    def pong(self) -> None:
        """Liveness that nobody asked for."""
        self.messages.append(self._dice.choice(["3", "3", "3probe", "3é"]))

    def flood(self) -> None:
        """More than the inbox holds."""
        for _ in range(150):
            self._says('2/plain,["rest"]')

    def kicked(self) -> None:
        """Makes the server take it out; the connection stays."""
        self._says('2/plain,["kick"]')
        self._joined.discard("/plain")

    def leaves(self) -> None:
        """DISCONNECT."""
        if "/plain" in self._joined:
            self.messages.append("41/plain,")
            self._joined.discard("/plain")

    # Lesser faults

    def fault(self) -> None:
        """One of those that are counted."""
        packet = self._dice.choice(
            [
                f'42/plain,{self._id()}["{self._dice.choice(UNKNOWN_NAMES)}"]',
                f"43/plain,{self._dice.randint(0, 9)}[]",
                "40/secret,",
                "40",
                '42/secret,["echo"]',
                '42["echo"]',
                "41",
            ]
        )
        self.messages.append(packet)
        self._counted()

    def many_faults(self) -> None:
        """As many as end it."""
        while not self.is_over:
            self.fault()

    # Against the rules

    def malformed(self) -> None:
        """No Socket.IO packet, or one that clients do not send."""
        event = f"42/plain,{self._id()}"
        self._breaks(
            self._dice.choice(
                [
                    "4" + self._dice.choice(NOT_SOCKET_IO),
                    event + self._dice.choice(NO_NAMES),
                    event + f'["{self._dice.choice(RESERVED_NAMES)}"]',
                    "42/plain," + "1" * self._dice.choice([16, 40, 400]) + '["echo"]',
                    "40/" + "n" * 64 + ",",
                    "4" + self._dice.choice(BINARY_HEADS) + '/plain,["bytes"]',
                ]
            )
        )

    def broken_payload(self) -> None:
        """A sound envelope around what is not JSON."""
        self._back_in()
        self._breaks(f'42/plain,{self._id()}["echo",{broken_json(self._dice)}]')

    def joins_again(self) -> None:
        """CONNECT twice."""
        self._back_in()
        self._breaks("40/plain,")

    def wrong_places(self) -> None:
        """Attachments that have no place, or more than one."""
        self._back_in()
        count = self._dice.randint(1, 3)
        wrong: list[Any] = [*range(count)]
        wrong[self._dice.randrange(count)] = self._dice.choice([count, -1, 10**30, True, None, "0", 0.5, []])
        self._breaks(f'45{count}-/plain,["bytes",{",".join(place(number) for number in wrong)}]')

    def text_for_bytes(self) -> None:
        """Text where an attachment is due."""
        self._back_in()
        self.messages.append(f'451-/plain,["bytes",{place(0)}]')
        self._breaks('42/plain,["echo"]')

    def stray_bytes(self) -> None:
        """An attachment of nothing."""
        self._breaks(self._dice.randbytes(self._few()))

    def no_packet(self) -> None:
        """Nothing of Engine.IO: known at once, before what waits has been heard."""
        self._breaks(self._dice.choice(NO_PACKETS))
        self.least = 0

    def says_goodbye(self) -> None:
        """CLOSE."""
        self._breaks(self._dice.choice(["1", "1x"]), 1000)

    def closed(self) -> None:
        """Makes the server close it for real."""
        self._back_in()
        self.least, self.most = self.least + 1, self.most + 1
        self._breaks('42/plain,["close"]', 1000)

    # Below

    def _few(self) -> int:
        return self._dice.choice([0, 1, 1, 2, 3])

    def _id(self) -> str:
        return self._dice.choice(["", "0", "1", "7", "12", "999999999999999"])

    def _back_in(self) -> None:
        if "/plain" not in self._joined:
            self.joins("/plain")

    def _says(self, packet: str) -> None:
        if packet[0] == "5":
            self._back_in()
        self.messages.append("4" + packet)
        if "/plain" in self._joined:
            self._hears(True)
        else:
            self._counted()

    def _hears(self, one: bool) -> None:
        if not self.is_over:
            self.least, self.most = self.least + one, self.most + one

    def _counted(self) -> None:
        self._faults += 1
        if self._faults > MOST_ERRORS and not self.is_over:
            self.codes, self.is_over = frozenset((1008,)), True

    def _breaks(self, message: str | bytes, code: int = 1002) -> None:
        self.messages.append(message)
        self.codes, self.is_over = frozenset((code,)), True


Say = Callable[[Script], None]
GOOD: list[Say] = [
    *[Script.event] * 8,
    *[Script.typed_event] * 3,
    *[Script.binary_event] * 4,
    *[Script.fault] * 3,
    *[Script.pong] * 2,
    *(Script.kicked, Script.leaves),
]
BAD: list[Say] = [
    *[Script.malformed] * 4,
    *[Script.broken_payload] * 4,
    *(Script.joins_again, Script.wrong_places, Script.text_for_bytes, Script.stray_bytes),
    *(Script.no_packet, Script.says_goodbye, Script.closed, Script.many_faults, Script.flood),
]

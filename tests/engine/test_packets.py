"""R10, R11, R12: tables of packets that are read, refused and sent, and a seeded fuzz over the grammar."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.engine import packets
from server.engine.limits import Limits
from server.engine.packets import Packet, ProtocolError, Unsendable, encode, envelope, payload, with_attachments

LIMITS = Limits()


def read(text: str) -> tuple[int, str, int | None, Any]:
    packet = envelope(text, LIMITS)
    return packet.kind, packet.namespace, packet.id, payload(packet, LIMITS)


READ = {
    "0": (0, "/", None, None),
    "0/chat,": (0, "/chat", None, None),
    "0/chat": (0, "/chat", None, None),
    '0/chat,{"token":"a"}': (0, "/chat", None, {"token": "a"}),
    '0/chat?x=1,{"a":1}': (0, "/chat", None, {"a": 1}),
    "1": (1, "/", None, None),
    "1/chat,": (1, "/chat", None, None),
    '2["a"]': (2, "/", None, ["a"]),
    '2/chat,12["a",{"b":[1,2.5,null,true]}]': (2, "/chat", 12, ["a", {"b": [1, 2.5, None, True]}]),
    '2 [ "a" , 1 ]': (2, "/", None, ["a", 1]),
    '20["a"]': (2, "/", 0, ["a"]),
    "3/chat,999999999999999[]": (3, "/chat", 999999999999999, []),
    '51-["a",{"_placeholder":true,"num":0}]': (5, "/", None, ["a", {"_placeholder": True, "num": 0}]),
    '50-["a"]': (5, "/", None, ["a"]),
    '61-/x,7[{"_placeholder":true,"num":0}]': (6, "/x", 7, [{"_placeholder": True, "num": 0}]),
    '2["\\u0061b","\\ud83d\\ude00"]': (2, "/", None, ["ab", "😀"]),
    '2["a","[[[[[[[[[[[[[[[[[[[[[["]': (2, "/", None, ["a", "[" * 22]),
    '2["a",' + "[" * 16 + "]" * 16 + "]": (2, "/", None, ["a", json.loads("[" * 16 + "]" * 16)]),
}


@pytest.mark.parametrize("text", READ)
def test_what_is_sound_is_read(text: str) -> None:
    assert read(text) == READ[text]


REFUSED = {
    "nothing": "",
    "unknown type": "7",
    "a letter": "x",
    "connect error from a client": '4{"message":"no"}',
    "connect with an id": "012",
    "connect with a list": "0[]",
    "disconnect with a payload": "1{}",
    "disconnect with an id": "15",
    "event without payload": "2",
    "empty event": "2[]",
    "event that is an object": "2{}",
    "event whose name is a number": "2[1]",
    "event that goes on": '2["a"]x',
    "event cut short": '2["a"',
    "reserved connect": '2["connect"]',
    "reserved disconnect": '2["disconnect","x"]',
    "reserved, spelled with escapes": '2["\\u0063onnect"]',
    "reserved disconnecting": '2["disconnecting"]',
    "reserved newListener": '2["newListener"]',
    "reserved removeListener": '2["removeListener"]',
    "reserved connect_error": '2["connect_error"]',
    "a long name": '2["' + "n" * 300 + '"]',
    "id of 16 digits": '21234567890123456["a"]',
    "id of 400 digits": "2" + "1" * 400 + '["a"]',
    "long namespace": "0/" + "n" * 64,
    "NaN": '2["a",NaN]',
    "infinity": '2["a",-Infinity]',
    "overflow": '2["a",1e400]',
    "lone surrogate": '2["a","\\ud800"]',
    "lone surrogate in a key": '2["a",{"\\udc00":1}]',
    "depth 17": '2["a",' + "[" * 17 + "]" * 17 + "]",
    "mixed depth": '2["a",' + '{"a":[' * 9 + "]}" * 9 + "]",
    "depth 100,000": '2["a",' + "[" * 100_000 + "]" * 100_000 + "]",
    "brackets and a string without end": '2["a",' + "[" * 20 + '"' + '\\"' * 200_000,
    "a name without end": '2["' + '\\"' * 200_000,
    "a hundred thousand lists": '2["a"' + ",[[]]" * 100_000,
    "ack without id": "3[]",
    "ack without list": "31",
    "ack with an object": "31{}",
    "11 attachments": '511-["a"]',
    "many attachments": '59999999999-["a"]',
    "no number of attachments": '5["a"]',
    "repeated place": '51-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]',
    "place out of range": '51-["a",{"_placeholder":true,"num":5}]',
    "negative place": '51-["a",{"_placeholder":true,"num":-1}]',
    "place that is true": '52-["a",{"_placeholder":true,"num":true},{"_placeholder":true,"num":0}]',
    "place with more": '51-["a",{"_placeholder":true,"num":0,"x":1}]',
    "attachment without a place": '52-["a",{"_placeholder":true,"num":0}]',
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_sound_is_refused(name: str) -> None:
    with pytest.raises(ProtocolError):
        read(REFUSED[name])


def test_a_sound_envelope_around_a_broken_payload_keeps_its_name() -> None:
    packet = envelope('2/chat,7["send_message",{"text":"\\ud83d"}]', LIMITS)
    assert (packet.namespace, packet.id, packet.event) == ("/chat", 7, "send_message")
    assert packet.raw == '["send_message",{"text":"\\ud83d"}]'


PIECES = (
    *("2", "0", "/chat", "/" + "n" * 64, "?x=1", ",", "7", "1" * 15, "1" * 16, "\u0663", "[", "]", " ", "\n", "\v"),
    *('"say"', '"connect"', '"s\\u0061y"', '"a\tb"', f'"{"n" * 254}"', f'"{"n" * 255}"', '"', "{}", "\x00"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
@example('2/chat,7["say",{}]')
@example('2["say"]')
def test_plain_events_are_read_as_all_others_are(text: str) -> None:
    """The quick way and the thorough one say the same of whatever comes."""

    def read_by(way: Callable[[str, Limits], Packet | None]) -> Any:
        try:
            packet = way(text, LIMITS)
        except ProtocolError:
            return "refused"
        return packet and [getattr(packet, name) for name in Packet.__slots__]

    quick = read_by(packets._plain_event)
    assert quick is None or quick == read_by(packets._any_packet)


def test_a_placeholder_without_attachments_is_ordinary_data() -> None:
    """R12: nothing to be looked up, so nothing that fails."""
    data = ["a", {"_placeholder": True}, {"_placeholder": True, "num": 7}, {"_placeholder": True, "num": "x"}]
    assert with_attachments(data, []) == data


def test_nobody_counts_a_million_digits() -> None:
    """R10: how many there are is known after sixteen."""
    assert packets._digits_end("2" + "1" * 1_000_000, 1) == 17
    with pytest.raises(ProtocolError):
        read("2" + "1" * 1_000_000 + '["a"]')


def test_attachments_go_back_to_their_places() -> None:
    data = ["a", {"_placeholder": True, "num": 1}, {"x": [{"_placeholder": True, "num": 0}]}]
    assert with_attachments(data, [b"zero", b"one"]) == ["a", b"one", {"x": [b"zero"]}]


class Card(msgspec.Struct):
    title: str
    size: float
    body: msgspec.Raw = msgspec.Raw(b'{"deep":1}')


def test_packets_are_written_as_the_protocol_has_them() -> None:
    assert encode(packets.EVENT, "/", None, ["a", 1, "é"]) == ('2["a",1,"é"]', [])
    assert encode(packets.ACK, "/chat", 5, []) == ("3/chat,5[]", [])
    assert encode(packets.CONNECT, "/chat", None, {"sid": "x"}) == ('0/chat,{"sid":"x"}', [])
    assert encode(packets.DISCONNECT, "/", None, None) == ("1", [])
    assert encode(packets.EVENT, "/", None, ["a", b"1", {"b": b"2"}]) == (
        '52-["a",{"_placeholder":true,"num":0},{"b":{"_placeholder":true,"num":1}}]',
        [b"1", b"2"],
    )
    assert encode(packets.EVENT, "/", None, ["a", Card("t", 1.5)]) == (
        '2["a",{"title":"t","size":1.5,"body":{"deep":1}}]',
        [],
    )


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        2**53,
        -(2**53),
        "\ud800",
        {1: 2},
        {"a": {"b": math.nan}},
        Card("t", math.nan),
        object(),
        {1, 2},
        json.loads("[" * 17 + "]" * 17),
    ],
    ids=lambda value: str(value).partition(" at 0x")[0],
)
def test_what_javascript_cannot_hold_is_not_sent(value: Any) -> None:
    with pytest.raises(Unsendable):
        encode(packets.EVENT, "/", None, ["a", value])


def test_bytes_have_no_place_in_a_refusal() -> None:
    """R12: the protocol has binary events and acknowledgements, and nothing else that is binary."""
    for kind in (packets.CONNECT, packets.CONNECT_ERROR, packets.DISCONNECT):
        with pytest.raises(Unsendable):
            encode(kind, "/", None, {"message": b"x"})


def test_what_cannot_be_sent_is_a_value_error() -> None:
    """R11: a handler need not know our names."""
    with pytest.raises(ValueError, match="NaN"):
        encode(packets.EVENT, "/", None, ["a", math.nan])
    assert encode(packets.EVENT, "/", None, ["a", 2**53 - 1, -(2**53) + 1])[0] == f'2["a",{2**53 - 1},{-(2**53) + 1}]'
    deep = json.loads("[" * 16 + "]" * 16)
    assert encode(packets.EVENT, "/", None, ["a", deep])[0] == '2["a",' + "[" * 16 + "]" * 16 + "]"


# Fuzz

PIECES = [
    *"0123456789",
    *("-", ",", "/", "[", "]", "{", "}", '"', ":", "?", " ", "\\", "\n", "\0"),
    *("/chat", "/chat,", "51-", "62-", "99999999999", "1e400", "NaN", "null", "true", "é", "\\ud800", "\\u0063"),
    *('["a"', '["connect"', '{"_placeholder":true,"num":0}', '{"_placeholder":true,"num":', '["a",{}]', '{"a":1}'),
]
SOUND = list(READ)


def random_packet(dice: random.Random) -> str:
    if dice.random() < 0.4:
        return "".join(dice.choice(PIECES) for _ in range(dice.randint(0, 20)))
    text = dice.choice(SOUND)
    for _ in range(dice.randint(0, 3)):
        place, length = dice.randint(0, len(text)), dice.randint(0, 3)
        text = text[:place] + dice.choice(PIECES) + text[place + length :]
    return text


def test_whatever_comes_is_read_or_refused() -> None:
    dice = random.Random(3)
    taken = 0
    for _ in range(5000):
        text = random_packet(dice)
        try:
            kind, namespace, ack_id, data = read(text)
        except ProtocolError:
            continue
        taken += 1
        assert kind != packets.CONNECT_ERROR
        if kind in (packets.EVENT, packets.BINARY_EVENT):
            assert isinstance(data[0], str)
            assert data[0] not in packets.RESERVED
        if kind in (packets.BINARY_EVENT, packets.BINARY_ACK):
            continue
        # What was read says the same when it is written and read again; JavaScript's integers are smaller.
        try:
            again, _ = encode(kind, namespace, ack_id, data)
        except Unsendable:
            continue
        assert read(again) == (kind, namespace, ack_id, data)
    assert taken > 500

"""Socket.IO packets, strict both ways. Nothing here waits.

A packet is read in two steps: ``envelope`` finds type, namespace, acknowledgement and event name; ``payload``
reads the JSON. Between them a namespace may put a decoder of its own.
"""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec

from server.engine.limits import Limits

CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR, BINARY_EVENT, BINARY_ACK = range(7)
RESERVED = frozenset(("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"))
MAX_SAFE_INTEGER = 2**53 - 1
MAX_ID_DIGITS = 15

# Possessive, and a string may lack its end: nothing hostile makes them look twice at a character.
_NAME = re.compile(r'[ \t\r\n]*+\[[ \t\r\n]*+("(?:[^"\\]++|\\.)*+")[ \t\r\n]*+[,\]]', re.DOTALL)
_DIGITS = re.compile(r"[0-9]{0,16}+")
"""One more than an acknowledgement id may have: nobody counts a million of them."""
# Nearly all that comes: an event, its name without escapes. What does not match is read piece by piece.
_PLAIN_EVENT = re.compile(
    r'2(?:(/[^,?]*+),)?([0-9]{1,15}+)?(?=(\[[ \t\r\n]*+"([^"\\\x00-\x1f]*+)"[ \t\r\n]*+[,\]]))', re.DOTALL
)
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NOT_BRACKETS = re.compile(r"[^\[\]]+")
_SAME_BRACKETS = str.maketrans("{}", "[]")
_decoder = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()


class ProtocolError(Exception):
    """The peer does not speak the protocol; its connection is closed."""


class Unsendable(ValueError):
    """This value has no place in a packet; nobody was sent anything."""


class Packet:
    """What came in. ``raw`` is its JSON, or None; ``event`` the name of an event."""

    __slots__ = ("event", "id", "kind", "namespace", "raw", "wanted")

    def __init__(self, kind: int) -> None:
        self.kind = kind
        self.namespace = "/"
        self.id: int | None = None
        self.wanted = 0
        self.raw: str | None = None
        self.event: str | None = None


# In


def envelope(text: str, limits: Limits) -> Packet:
    """Everything about a packet but its payload. Raises ProtocolError."""
    return _plain_event(text, limits) or _any_packet(text, limits)


def _plain_event(text: str, limits: Limits) -> Packet | None:
    found = _PLAIN_EVENT.match(text)
    if found is None:
        return None
    namespace, number, _, name = found.groups()
    if name in RESERVED or len(name) + 2 > limits.max_event_name:
        return None
    packet = Packet(EVENT)
    if namespace is not None:
        if len(namespace) > limits.max_namespace:
            return None
        packet.namespace = namespace
    if number is not None:
        packet.id = int(number)
    packet.raw = text[found.end() :]
    packet.event = name
    return packet


def _any_packet(text: str, limits: Limits) -> Packet:
    if not text or not "0" <= text[0] <= "6":
        raise ProtocolError("unknown packet type")
    packet = Packet(ord(text[0]) - 48)
    place = 1
    if packet.kind >= BINARY_EVENT:
        place = _attachments(packet, text, limits)
    if text[place : place + 1] == "/":
        place = _namespace(packet, text, place, limits)
    end = _digits_end(text, place)
    if end > place:
        if end - place > MAX_ID_DIGITS:
            raise ProtocolError("the acknowledgement id is too long")
        packet.id = int(text[place:end])
    packet.raw = text[end:] or None
    _check_shape(packet, limits)
    return packet


def payload(packet: Packet, limits: Limits) -> Any:
    """The payload of a packet, placeholders in place. Raises ProtocolError."""
    if packet.raw is None:
        return None
    data = loads(packet.raw, limits.max_depth + (packet.kind not in (CONNECT, CONNECT_ERROR)))
    if packet.kind == CONNECT and not isinstance(data, dict):
        raise ProtocolError("the payload of a CONNECT is an object")
    if packet.kind not in (CONNECT, CONNECT_ERROR) and not isinstance(data, list):
        raise ProtocolError("the payload of an event is a list")
    if packet.kind >= BINARY_EVENT:
        found: list[int] = []
        _find_places(data, found)
        if sorted(found) != list(range(packet.wanted)):
            raise ProtocolError("each attachment has exactly one place")
    return data


def loads(text: str, max_depth: int) -> Any:
    """Strict JSON: no NaN, infinity, overflow or lone surrogates, not too deep. Raises ProtocolError."""
    if depth_exceeds(text, max_depth):
        raise ProtocolError("nested too deeply")
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError, ValueError):
        raise ProtocolError("not valid JSON") from None


def depth_exceeds(text: str, max_depth: int) -> bool:
    """Whether brackets stand deeper than ``max_depth`` in JSON; quick for what is hostile, too."""
    if text.count("[") + text.count("{") <= max_depth:
        return False
    nest = _NOT_BRACKETS.sub("", _STRING.sub("", text).translate(_SAME_BRACKETS))
    for _ in range(max_depth):
        nest = nest.replace("[]", "")  # one level from inside
        if not nest:
            return False
    return True


def with_attachments(data: Any, attachments: list[bytes]) -> Any:
    """The payload with every placeholder replaced; without attachments they are ordinary data."""
    if not attachments:
        return data
    if isinstance(data, dict):
        if data.get("_placeholder") is True:
            return attachments[data["num"]]
        return {key: with_attachments(item, attachments) for key, item in data.items()}
    if isinstance(data, list):
        return [with_attachments(item, attachments) for item in data]
    return data


def _attachments(packet: Packet, text: str, limits: Limits) -> int:
    end = _digits_end(text, 1)
    if not 2 <= end <= 4 or text[end : end + 1] != "-":
        raise ProtocolError("the number of attachments is missing or too long")
    packet.wanted = int(text[1:end])
    if packet.wanted > limits.max_attachments:
        raise ProtocolError("too many attachments")
    return end + 1


def _namespace(packet: Packet, text: str, place: int, limits: Limits) -> int:
    comma = text.find(",", place)
    end = len(text) if comma < 0 else comma
    # Old clients put a query string behind the name.
    packet.namespace = text[place:end].partition("?")[0]
    if len(packet.namespace) > limits.max_namespace:
        raise ProtocolError("the namespace is too long")
    return end + 1


def _digits_end(text: str, place: int) -> int:
    found = _DIGITS.match(text, place)
    return found.end() if found is not None else place


def _check_shape(packet: Packet, limits: Limits) -> None:
    match packet.kind:
        case 0:
            if packet.id is not None:
                raise ProtocolError("a CONNECT has no id")
        case 1:
            if packet.id is not None or packet.raw is not None:
                raise ProtocolError("a DISCONNECT has no payload")
        case 2 | 5:
            packet.event = _event_name(packet.raw, limits)
        case 3 | 6:
            if packet.id is None or packet.raw is None:
                raise ProtocolError("an acknowledgement has an id and a list")
        case _:
            raise ProtocolError("clients do not refuse connections")


def _event_name(raw: str | None, limits: Limits) -> str:
    found = _NAME.match(raw or "")
    if found is None or len(found[1]) > limits.max_event_name:
        raise ProtocolError("an event is a list that begins with its name")
    # Decoded, not compared as written: a reserved name can be spelled with escapes.
    name = loads(found[1], 0)
    if not isinstance(name, str) or name in RESERVED:
        raise ProtocolError("this name is no event's")
    return name


def _find_places(data: Any, found: list[int]) -> None:
    if isinstance(data, dict):
        if data.get("_placeholder") is True:
            number = data.get("num")
            if type(number) is not int or len(data) != 2:
                raise ProtocolError("a placeholder has a number and nothing else")
            found.append(number)
            return
        for item in data.values():
            _find_places(item, found)
    elif isinstance(data, list):
        for item in data:
            _find_places(item, found)


# Out


def encode(kind: int, namespace: str, ack_id: int | None, data: Any, max_depth: int = 16) -> tuple[str, list[bytes]]:
    """A packet as text, and its attachments. ``data`` is what stands behind the head; None for nothing.

    Raises Unsendable for what JSON or JavaScript cannot hold. msgspec's structs are walked like objects,
    its ``Raw`` pieces are taken as they are.
    """
    attachments: list[bytes] = []
    if data is not None:
        depth = max_depth + 1 if isinstance(data, (list, tuple)) else max_depth
        if _holds_bytes(data, depth):
            if kind not in (EVENT, ACK):
                raise Unsendable("bytes have a place in events and acknowledgements only")
            data = _taken_out(data, attachments)
            kind = BINARY_EVENT if kind == EVENT else BINARY_ACK
    head = str(kind)
    if attachments:
        head += f"{len(attachments)}-"
    if namespace != "/":
        head += namespace + ","
    if ack_id is not None:
        head += str(ack_id)
    return (head if data is None else head + dumps(data)), attachments


def dumps(data: Any) -> str:
    """Checked data as JSON."""
    try:
        return _encoder.encode(data).decode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Unsendable(f"this cannot be sent: {type(error).__name__}") from None


def _holds_bytes(value: Any, depth: int) -> bool:
    kind = type(value)
    if kind is str or kind is bool or value is None or kind is msgspec.Raw:
        return False
    if kind is int:
        if not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
            raise Unsendable("an integer beyond 2^53 changes on its way to JavaScript")
        return False
    if kind is float:
        if not math.isfinite(value):
            raise Unsendable("JSON has no NaN and no infinity")
        return False
    if kind is bytes or kind is bytearray:
        return True
    if depth <= 0:
        raise Unsendable("nested too deeply")
    holds = False
    for item in _items_of(value):
        if _holds_bytes(item, depth - 1):
            holds = True
    return holds


def _items_of(value: Any) -> Any:
    if isinstance(value, dict):
        if any(type(key) is not str for key in value):
            raise Unsendable("the keys of an object are text")
        return value.values()
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, msgspec.Struct):
        return [getattr(value, name) for name in value.__struct_fields__]
    if value is msgspec.UNSET:
        return ()
    raise Unsendable(f"a {type(value).__name__} cannot be sent")


def _taken_out(value: Any, attachments: list[bytes]) -> Any:
    if isinstance(value, (bytes, bytearray)):
        attachments.append(bytes(value))
        return {"_placeholder": True, "num": len(attachments) - 1}
    if isinstance(value, dict):
        return {key: _taken_out(item, attachments) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_taken_out(item, attachments) for item in value]
    if isinstance(value, msgspec.Struct):
        return {
            wire: _taken_out(getattr(value, name), attachments)
            for name, wire in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True)
        }
    return value

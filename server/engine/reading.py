"""How a namespace's events are read, and how attachments find back to their packet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from server.engine.limits import Limits
from server.engine.packets import Packet, ProtocolError

Decode = Callable[[str, str], Sequence[Any]]
"""From an event's name and its raw JSON (the whole list) to the arguments of its handler. May raise Unreadable."""


class Unreadable(Exception):
    """The payload of a sound packet is refused; ``answer`` goes out as its acknowledgement."""

    def __init__(self, answer: Any) -> None:
        super().__init__("the payload is refused")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Reading:
    """A namespace's own way of reading events: ``decode`` sees the bytes once, and bounds what is in them.

    Attachments are taken from the wire and dropped; the event is answered with ``binary_answer``.
    """

    decode: Decode
    binary_answer: Any


class Assembly:
    """A packet that waits for its attachments."""

    __slots__ = ("_limits", "_size", "packet", "parts", "until")

    def __init__(self, packet: Packet, limits: Limits, now: float) -> None:
        self.packet = packet
        self.parts: list[bytes] = []
        self.until = now + limits.attachment_s
        self._limits = limits
        self._size = len(packet.raw or "")

    def takes(self, data: str | bytes) -> bool:
        """Adds an attachment; whether all are there now. Raises ProtocolError."""
        if isinstance(data, str):
            raise ProtocolError("text instead of an attachment")
        self._size += len(data)
        if self._size > self._limits.max_payload:
            raise ProtocolError("the attachments are too large")
        self.parts.append(data)
        return len(self.parts) == self.packet.wanted

"""Limits: every bound and deadline of the engine, in one place, checked when built."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may cost. Sizes are bytes, names ending in ``_s`` are seconds."""

    # What comes in
    max_payload: int = 1_000_000
    """One message, one POST body, one packet together with its attachments."""
    max_packets: int = 1000
    """Packets in one POST body; stock clients put a whole burst into one."""
    max_attachments: int = 10
    max_depth: int = 16
    """Nesting of an argument of an event."""
    max_namespace: int = 64
    max_event_name: int = 256
    inbox_packets: int = 64
    """Waiting to be handled; above it the socket is not read until half is done."""
    errors: int = 10
    """Lesser faults of one connection in a minute."""

    # What goes out
    out_bytes: int = 1_000_000
    """Unsent for one connection; above it the connection is closed as slow."""
    out_total: int = 256_000_000
    """Unsent for all together; above it the largest go first."""
    out_packets: int = 500
    """Waiting for one polling client."""
    poll_packets: int = 16
    """In one answer to a poll: the stock Python client refuses more."""
    send_buffer: int = 256_000
    """Asked of the kernel for each WebSocket."""
    held: int = 100
    """Events that wait for the CONNECT reply of one member."""
    recovery_held: int = 1000
    """The same for one that gets its session back; above it the session is given up, not the connection."""
    max_pid: int = 1000
    """Characters of the pid that a client brings, and of its offset."""
    slice: int = 512
    """Connections written in one turn of the loop."""
    pause_s: float = 0.02
    """The longest pause between two large flushes."""

    # Life
    max_connections: int = 20_000
    ping_interval_s: float = 18.0
    ping_timeout_s: float = 10.0
    auth_s: float = 5.0
    """Until a connection has joined a namespace."""
    connect_s: float = 5.0
    """For a connect handler."""
    handler_s: float = 10.0
    """For the handler that runs when its connection ends."""
    attachment_s: float = 10.0
    upgrade_s: float = 10.0
    body_s: float = 10.0
    drain_s: float = 5.0
    flush_s: float = 2.0
    """For what is still unsent when the server stops."""

    take_over: bool = True
    """Take the transport from aiohttp after a handshake; without it each connection costs about 10 kB more."""

    def __post_init__(self) -> None:
        wrong = [
            field.name
            for field in fields(self)
            if field.name != "take_over" and not 0 < getattr(self, field.name) < float("inf")
        ]
        if wrong:
            raise ValueError(f"a limit is a number above zero: {', '.join(wrong)}")
        if self.out_total < self.out_bytes:
            raise ValueError("out_total holds at least one connection's out_bytes")

    @property
    def tick_s(self) -> float:
        """How finely time is looked at: a second, or finer where pings are."""
        return max(0.01, min(1.0, self.ping_interval_s / 10, self.ping_timeout_s / 10))

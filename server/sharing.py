"""What the workers of a deployment tell each other, and what is done when they could not for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from server.metrics import Metrics
from server.realtime.bus import Bus
from server.realtime.everywhere import Everywhere
from server.realtime.heads import Beacon
from server.realtime.publisher import Publisher
from server.realtime.rooms import conversation_room
from server.realtime.sweep import Sweep
from server.realtime.tally import Tally
from server.services.attempts import Attempts
from server.services.reports import Reports
from server.transport.rates import MessageRate

BEACON_AFTER_S = 2.0
"""After trouble clients compare their heads when the sweep has delivered what it found."""

_decode_outcome = msgspec.json.Decoder(tuple[str, str, bool]).decode


def share_deliveries(bus: Bus, publisher: Publisher, sweep: Sweep, beacon: Beacon, metrics: Metrics) -> None:
    """Conversations: rooms are listened to while somebody is there, and what was missed is looked for at once."""
    bus.on_opened, bus.on_closed, bus.on_added = publisher.opened, publisher.closed, sweep.soon
    sweep.on_healed = lambda conversation_id: bus.again(conversation_room(conversation_id))
    bus.on_back += [sweep.soon, partial(_later, beacon)]
    bus.on_missed += [sweep.soon, partial(_later, beacon)]
    bus.counted_by(metrics)
    metrics.counted(
        "madang_bus_healed",
        "Entries that came from the log and not from the worker that wrote them, by what showed it.",
        lambda: publisher.order.healed,
        "by",
    )


def when_in_doubt(bus: Bus | None, sweep: Sweep, beacon: Beacon) -> Callable[[], None]:
    """What to do when something may have been written that nobody was told of: look for it, here and everywhere."""
    if bus is not None:
        return bus.missed

    def look() -> None:
        sweep.soon()
        _later(beacon)

    return look


def _later(beacon: Beacon) -> None:
    asyncio.get_running_loop().call_later(BEACON_AFTER_S, beacon.tell_now)


def share_people(bus: Bus, everywhere: Everywhere) -> None:
    """Who is connected to which worker."""
    everywhere.start(bus)
    bus.on_back.append(everywhere.back)


def share_limits(
    bus: Bus, message_rate: MessageRate, reports: Reports, attempts: Mapping[str, Attempts | None]
) -> None:
    """What was sent, reported, and tried with a password or a code, counts at all workers. ``attempts`` by what at."""
    message_rate.on_taken = Tally(bus, "messages_sent", message_rate.take_off).add
    reports.on_taken = Tally(bus, "messages_reported", reports.count).add
    for name, tried in attempts.items():
        if tried is not None:
            _share_attempts(bus, f"attempt_to_{name}", tried)


def _share_attempts(bus: Bus, kind: str, attempts: Attempts) -> None:
    attempts.on_outcome = lambda *outcome: bus.say(None, kind, outcome)
    bus.on(kind, lambda worker, body: attempts.count(*_decode_outcome(body)))

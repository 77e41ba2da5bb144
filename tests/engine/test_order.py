"""R26: whatever happens meanwhile, each connection gets what it is sent in the order sent, all of it, and once."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from server.engine.connection import POLLING, UPGRADING
from server.engine.packets import EVENT, Packet
from tests.engine.offline import Note, Offline, Wire, at_once

MOST = 5
"""Two WebSockets, two that poll, and one that has not joined yet."""
CLIENTS = st.integers(0, MOST - 1)
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["enter", "leave", "tell", "ask", "answer", "poll", "probe", "drop", "join"]), CLIENTS
        ),
        st.tuples(st.sampled_from(["room", "room", "room", "everybody", "turn", "turn", "moment"]), st.just(0)),
    ),
    max_size=120,
)


class Client:
    """What one client should have heard, and what it has."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.link = Note(watched=number % 2 == 1)
        self.connection = world.offline.connection(self.link if number < 2 else None)
        self.is_on = number != MOST - 1
        self.member = world.offline.member(self.connection, on=self.is_on)
        self.expected: list[str] = []
        self.polled: list[str] = []
        self.waiter: Any = None

    def poll(self) -> None:
        if self.connection.state != POLLING or self.connection.waiter is not None:
            return
        self.fetched()
        self.waiter = self.connection.poll(Wire)

    def fetched(self) -> None:
        if self.waiter is not None and self.waiter.done():
            self.polled += self.waiter.result().split("\x1e")
            self.waiter = None

    def probe(self) -> None:
        """The first step of an upgrade, or the second."""
        if self.connection.state == POLLING:
            self.connection.state, self.connection.link = UPGRADING, self.link
            self.connection.probe(self.link, "2probe")
        elif self.connection.state == UPGRADING:
            self.connection.probe(self.link, "5")

    def drop(self) -> None:
        """The WebSocket goes before the upgrade."""
        if self.connection.state == UPGRADING:
            self.connection.probe_over(self.link)

    def join(self) -> None:
        if not self.is_on:
            self.is_on = True
            self.world.offline.server.manager.release(self.member)

    @property
    def heard(self) -> list[str]:
        self.fetched()
        return [text for text in (*self.polled, *self.link.texts) if text.startswith("4")]


class World:
    """Runs one list of steps."""

    def __init__(self) -> None:
        self.offline = Offline(slice=2, poll_packets=3)
        self.clients = [Client(self, number) for number in range(MOST)]
        self.inside: set[int] = set()
        self.number = 0

    def step(self, what: str, client: Client, place: int) -> None:
        server, sid = self.offline.server, client.member.sid
        self.number += 1
        match what:
            case "enter":
                at_once(server.enter_room(sid, "r"))
                self.inside.add(place)
            case "leave":
                at_once(server.leave_room(sid, "r"))
                self.inside.discard(place)
            case "room":
                self.sent("r", self.inside)
            case "everybody":
                self.sent(None, range(MOST))
            case "tell":
                self.sent(sid, [place])
            case "ask":
                at_once(server.emit("n", self.number, to=sid, callback=print))
                client.expected.append(f'42{self.asked(sid)}["n",{self.number}]')
            case "answer":
                packet = Packet(EVENT)
                packet.id = self.number
                server._answer(client.member, packet, [])
                client.expected.append(f"43{self.number}[]")
            case "turn" if self.offline.loop.is_due:
                self.offline.loop.turn()
            case "moment":
                self.offline.loop.step(0.02)
            case "poll" | "probe" | "drop" | "join":
                getattr(client, what)()

    def sent(self, room: str | None, places: Any) -> None:
        at_once(self.offline.server.emit("n", self.number, room=room))
        for place in places:
            self.clients[place].expected.append(f'42["n",{self.number}]')

    def asked(self, sid: str) -> int:
        ids: dict[int, Any] = self.offline.server.manager.callbacks[sid]
        return max(ids)

    def end(self) -> None:
        """Everybody joins and fetches what is left."""
        for client in self.clients:
            client.join()
            client.drop()
            while client.connection.state == POLLING and client.heard != client.expected:
                before = len(client.polled)
                self.offline.loop.step(0.02)
                client.poll()
                client.fetched()
                assert len(client.polled) > before, "a poll has nothing though something is missing"
        self.offline.loop.step(0.02)


@given(STEPS)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_numbered_messages_arrive_in_order_across_slices_upgrades_and_acks(steps: list[tuple[str, int]]) -> None:
    """R26."""
    world = World()
    for what, place in steps:
        world.step(what, world.clients[place], place)
    world.end()
    for client in world.clients:
        assert client.heard == client.expected
    assert not world.offline.house.counters.closed

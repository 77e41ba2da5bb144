"""Many people in many conversations on PostgreSQL, made by a few statements, and what the log says of them."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable

import psycopg

from tests.postgres_server import PostgresServer
from tests.storage.worker import Answers

_PEOPLE = """
insert into account (id, username, username_key, display_name, search_key, role, account_version, notification_seq,
                     seen_notification_seq, created_at)
select n, 'person' || n, 'person' || n, 'Person ' || n, ' person' || n, 'person', 0, 0, 0, 1
from generate_series(1, %(people)s) n
"""
_PLACES = """
insert into conversation (id, kind, title, created_by, head_seq, last_message_seq, member_count, rules, created_at,
                          last_active_at)
select n, 'group', 'Place ' || n, 1, 0, 0, 1,
       '{"post":"member","invite":"member","mention_all":"admin","history":"all"}', 1, 1
from generate_series(1, %(places)s) n
"""
_MEMBERS = """
insert into membership (conversation_id, account_id, role, joined_at, history_from_seq, read_seq, notify, pinned,
                        archived)
select c, a, 'member', 1, 1, 0, 'all', false, false
from generate_series(1, %(places)s) c, generate_series(1, %(people)s) a
"""


def make_crowd(address: str, people: int, places: int) -> None:
    """Accounts 1 to ``people``, all of them members of the conversations 1 to ``places``."""
    with psycopg.connect(address) as connection:
        for sql in (_PEOPLE, _PLACES, _MEMBERS):
            connection.execute(sql, {"people": people, "places": places})  # type: ignore[arg-type]
        connection.execute("select setval('account_id_seq', %s), setval('conversation_id_seq', %s)", (people, places))
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("analyze")


def check_log(server: PostgresServer, address: str, answered: Iterable[Answers]) -> int:
    """Asserts that the log has no gap, nothing twice, and everything as it was answered; how long it is."""
    rows = server.execute(
        "select e.position, e.conversation_id, e.seq, m.sender_id, m.client_id from entry e "
        "left join message m on m.conversation_id = e.conversation_id and m.seq = e.seq order by e.position",
        address,
    )
    heads = dict(server.execute("select id, head_seq from conversation", address))
    seqs: dict[int, list[int]] = defaultdict(list)
    for _, conversation_id, seq, *_ in rows:
        seqs[conversation_id].append(seq)
    for conversation_id, found in seqs.items():
        assert found == list(range(1, len(found) + 1)), "in a conversation, positions follow seq without a gap"
        assert heads[conversation_id] == len(found)
    messages = [row[1:] for row in rows if row[3] is not None]
    places = {(sender_id, client_id): (where, seq) for where, seq, sender_id, client_id in messages}
    assert len(places) == len(messages), "each client_id once"
    for answers in answered:
        for sender_id, client_id, where, seq in answers.sent:
            assert places[sender_id, client_id] == (where, seq), "every answer is what the log says"
    return len(rows)


class PositionReader(threading.Thread):
    """Reads on behind the last position it has seen, again and again, as followers and workers do."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self._address = address
        self._done = threading.Event()
        self.seen: list[int] = []

    def run(self) -> None:
        with psycopg.connect(self._address, autocommit=True) as connection:
            last, is_last = 0, False
            while not is_last:
                is_last = self._done.is_set()
                rows = connection.execute("select position from entry where position > %s order by position", (last,))
                self.seen += [position for (position,) in rows]
                last = self.seen[-1] if self.seen else 0

    def finish(self) -> list[int]:
        """Everything it has seen, read to the end."""
        self._done.set()
        self.join(30)
        return self.seen

"""What accounts want to be told of, and when: kept as one row each, asked by whoever tells."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from server.protocol import quiet_hours
from server.protocol.chat import Notify
from server.protocol.notifications import ChangeConversationRule, ConversationRule, QuietHours, RuledType
from server.storage import accounts, conversations
from server.storage.unit import Rows, among, execute_many, fetch_all, holding, repeatable

MOST_CONVERSATIONS = 500


class Stored(msgspec.Struct, frozen=True, omit_defaults=True):
    """One account's rules, as they lie in the row."""

    off: tuple[RuledType, ...] = ()
    quiet_hours: QuietHours | None = None
    muted_until: int | None = None

    def wants(self, type: str) -> bool:
        """Whether to tell of something of this type at all."""
        return type not in self.off

    def is_quiet(self, at: int) -> bool:
        """Whether to tell without a sound what happens then."""
        if self.muted_until is not None and self.muted_until > at:
            return True
        return self.quiet_hours is not None and quiet_hours.is_quiet(self.quiet_hours, at)


EVERYTHING = Stored()
_decode = msgspec.json.Decoder(Stored).decode
_PUT = (
    "insert into notification_rules (account_id, rules) values (?, ?) "
    "on conflict (account_id) do update set rules = excluded.rules"
)


def of(account_ids: Collection[int]) -> dict[int, Stored]:
    """The rules of those of these accounts that have some."""
    if not account_ids:
        return {}
    these, parameters = among("account_id", account_ids)
    rows = fetch_all(f"select account_id, rules from notification_rules where {these}", parameters)
    return {account_id: _decode(text) for account_id, text in rows}


def read(account_id: int) -> tuple[Stored, list[ConversationRule]]:
    """One account's rules, and the conversations where they have chosen something else than everything."""
    rows = fetch_all(
        "select conversation_id, notify, muted_until from membership where account_id = ? "
        "and (notify <> 'all' or muted_until is not null) order by conversation_id limit ?",
        (account_id, MOST_CONVERSATIONS),
    )
    chosen = [ConversationRule(conversation_id=row[0], notify=row[1], muted_until=row[2]) for row in rows]
    return of([account_id]).get(account_id, EVERYTHING), chosen


@repeatable
@holding(
    lambda account_id, changed, chosen: Rows(
        accounts=[account_id], memberships=[(one.conversation_id, account_id) for one in chosen]
    )
)
def change(
    account_id: int, changed: dict[str, object], chosen: Sequence[ChangeConversationRule]
) -> tuple[Stored, list[ConversationRule]]:
    """Changes what is named, and tells the account's devices. Raises NotFound for a conversation of others."""
    before = of([account_id]).get(account_id, EVERYTHING)
    after = msgspec.structs.replace(before, **changed)
    if after != before:
        execute_many(_PUT, [(account_id, msgspec.json.encode(after).decode())])
        accounts.add_account_change(account_id, "rules_changed", {})
    for one in chosen:
        conversations.set_preferences(account_id, one.conversation_id, _choices(one.notify, one.muted_until))
    return read(account_id)


def _choices(notify: Notify | None, muted_until: int | None) -> dict[str, object]:
    choices: dict[str, object] = {} if notify is None else {"notify": notify}
    return choices if muted_until is None else choices | {"muted_until": muted_until or None}

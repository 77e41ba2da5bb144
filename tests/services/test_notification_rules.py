"""What people want to be told of, and when: chosen once, judged wherever somebody is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from server import records
from server.errors import Invalid, NotFound
from server.protocol.notifications import (
    ChangeConversationRule,
    GetRules,
    NotificationRules,
    QuietHours,
    SetRules,
)
from server.services.notification_rules import Rules
from tests.followers.yard import Yard, yard

__all__ = ["yard"]

HOUR = 3_600_000
NIGHT = QuietHours(on=True, begin="22:00", end="08:00", time_zone="Asia/Seoul")


def seoul(text: str) -> int:
    """A moment that is written in UTC, nine hours behind Seoul's clocks."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


async def home(yard: Yard) -> tuple[Rules, int, int, int, int]:
    """Ana and Ben, their direct conversation, and a group."""
    ana, ben = await yard.person("Ana"), await yard.person("Ben")
    direct, group = await yard.direct(ana, ben), await yard.group("Yard", ana, ben)
    await yard.clear(ana, ben)
    return Rules(yard.db, yard.now), ana, ben, direct, group


def changes(yard: Yard) -> list[str]:
    return [fact.event for fact in yard.facts if isinstance(fact, records.AccountChange)]


async def test_whoever_has_chosen_nothing_is_told_of_everything(yard: Yard) -> None:
    rules, _, ben, *_ = await home(yard)
    told = await rules.get(ben, GetRules())
    assert told == NotificationRules(off=[], conversations=[], quiet=[], quiet_known_until=yard.now() + 7 * 24 * HOUR)


async def test_a_type_that_is_off_is_not_told_of(yard: Yard) -> None:
    rules, ana, ben, direct, group = await home(yard)
    await rules.set(ben, SetRules(off=["message"]))
    await yard.say(ana, direct, "are you there?")
    await yard.say(ana, group, "@ben look")
    await yard.notify()
    assert await yard.kinds(ben) == ["mention"]
    await rules.set(ben, SetRules(off=[]))
    await yard.say(ana, direct, "and now?")
    await yard.notify()
    assert await yard.kinds(ben) == ["message", "mention"]


async def test_what_comes_in_quiet_hours_is_kept_and_makes_no_sound(yard: Yard) -> None:
    rules, ana, ben, direct, _ = await home(yard)
    yard.now.time = seoul("2026-11-21T13:30:00")
    told = await rules.set(ben, SetRules(quiet_hours=NIGHT))
    assert told.quiet[0].begin <= yard.now() < told.quiet[0].end == seoul("2026-11-21T23:00:00")
    await yard.say(ana, direct, "at night")
    await yard.notify()
    row = await yard.row(ben)
    assert (row.body, row.data["quiet"]) == ("at night", True)
    yard.now.time = seoul("2026-11-21T23:30:00")
    await yard.say(ana, direct, "in the morning")
    await yard.notify()
    row = await yard.row(ben)
    assert (row.body, row.count, "quiet" in row.data) == ("in the morning", 2, False)


async def test_a_mute_of_everything_ends_by_itself_and_by_hand(yard: Yard) -> None:
    rules, ana, ben, direct, _ = await home(yard)
    told = await rules.set(ben, SetRules(muted_until=yard.now() + HOUR))
    assert [(span.begin, span.end) for span in told.quiet] == [(yard.now(), yard.now() + HOUR)]
    await yard.say(ana, direct, "hush")
    await yard.notify()
    assert (await yard.row(ben)).data["quiet"] is True
    yard.now.step(HOUR)
    later = await rules.get(ben, GetRules())
    assert (later.muted_until, later.quiet) == (None, [])
    await rules.set(ben, SetRules(muted_until=yard.now() + HOUR))
    assert (await rules.set(ben, SetRules(muted_until=0))).muted_until is None


async def test_what_is_left_out_stays_and_other_devices_hear_of_changes_alone(yard: Yard) -> None:
    rules, _, ben, *_ = await home(yard)
    await rules.set(ben, SetRules(quiet_hours=NIGHT, off=["reply"]))
    told = await rules.set(ben, SetRules(off=["reaction", "reaction"]))
    assert (told.off, told.quiet_hours) == (["reaction"], NIGHT)
    assert changes(yard) == ["rules_changed", "rules_changed"]
    await rules.set(ben, SetRules(off=["reaction"]))
    assert len(changes(yard)) == 2


async def test_rules_of_conversations_are_their_preferences(yard: Yard) -> None:
    rules, ana, ben, direct, group = await home(yard)
    chosen = [ChangeConversationRule(conversation_id=direct, notify="nothing")]
    told = await rules.set(ben, SetRules(conversations=chosen))
    assert [(one.conversation_id, one.notify) for one in told.conversations] == [(direct, "nothing")]
    await yard.prefer(ben, group, notify="mentions")
    assert len((await rules.get(ben, GetRules())).conversations) == 2
    await yard.say(ana, direct, "nobody is told")
    await yard.notify()
    assert await yard.rows(ben) == []


async def test_it_is_all_or_nothing(yard: Yard) -> None:
    rules, _, ben, *_ = await home(yard)
    cleo = await yard.person("Cleo")
    with pytest.raises(NotFound):
        await rules.set(
            cleo,
            SetRules(off=["reply"], conversations=[ChangeConversationRule(conversation_id=1, notify="nothing")]),
        )
    assert (await rules.get(cleo, GetRules())).off == []
    with pytest.raises(Invalid):
        await rules.set(
            ben,
            SetRules(
                off=["reply"], quiet_hours=QuietHours(on=True, begin="22:00", end="22:00", time_zone="Asia/Seoul")
            ),
        )
    assert (await rules.get(ben, GetRules())).off == []

"""Every kind of damage is named exactly; what follows from the log is put right, and nothing else is invented."""

from __future__ import annotations

import io

import pytest

from server.checking import rebuild
from server.storage.checking.checking import check
from tests.checking.copies import Copies, said
from tests.checking.damages import DAMAGES, Damage
from tests.checking.damages_around import DAMAGES_AROUND

EVERY = DAMAGES + DAMAGES_AROUND


def test_a_database_where_everything_has_happened_is_as_it_must_be(copies: Copies) -> None:
    with copies.copy() as place:
        found = check(place)
        assert found.sentences == []
        assert found.looked_at == {
            "database": 1, "log": 58, "deletions": 4, "messages": 20, "mentions": 3, "reactions": 4, "attachments": 7,
            "members": 14, "conversations": 7, "accounts": 5, "contacts": 6, "inboxes": 12, "followers": 1,
        }  # fmt: skip


@pytest.mark.parametrize("damage", EVERY, ids=lambda damage: damage.name)
def test_damage_is_named_and_what_follows_from_the_log_is_mended(copies: Copies, damage: Damage) -> None:
    with copies.copy(*damage.statements) as place:
        assert said(found := check(place)) == list(damage.said)
        assert bool(found.mendable) == damage.is_derived
        out = io.StringIO()
        assert rebuild(place, name="here", out=out) == damage.is_derived, out.getvalue()
        assert said(check(place)) == ([] if damage.is_derived else list(damage.said))
        assert ("There was nothing to put right." in out.getvalue()) != damage.is_derived

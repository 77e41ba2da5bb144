"""Small facts about this deployment, by name."""

from __future__ import annotations

from server.storage.models import ServerValue
from server.storage.unit import repeatable


def find(name: str) -> str | None:
    """The value, if there is one."""
    row = ServerValue.get_or_none(ServerValue.name == name)
    return row.value if row else None


@repeatable
def put(name: str, value: str) -> None:
    """Set the value, whatever it was."""
    ServerValue.insert(name=name, value=value).on_conflict(
        conflict_target=[ServerValue.name], update={ServerValue.value: value}
    ).execute()


@repeatable
def get_or_put(name: str, value: str) -> str:
    """The value that stands; ``value`` is stored when there is none yet."""
    ServerValue.insert(name=name, value=value).on_conflict_ignore().execute()
    return find(name) or value


@repeatable
def forget(name: str) -> None:
    """There is no such value any more."""
    ServerValue.delete().where(ServerValue.name == name).execute()

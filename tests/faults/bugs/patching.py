"""Putting something else in the place of a function, loudly when there is nothing of that name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def put(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    """Replaces what ``owner`` has under ``name`` by what ``make`` makes of it."""
    assert name in vars(owner), f"{owner.__name__} has no {name} any more: this bug needs another place"
    setattr(owner, name, make(getattr(owner, name)))


def put_text(owner: Any, name: str, old: str, new: str) -> None:
    """Replaces a part of a text."""
    text = getattr(owner, name)
    assert old in text, f"{owner.__name__}.{name} does not say {old!r} any more: this bug needs another place"
    setattr(owner, name, text.replace(old, new))

"""Who a text calls: ``@username`` and ``@all``."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import takewhile

_CALL = re.compile(r"(?<![\w@])@(\S{1,64})")

_PARTICLES = re.compile(
    r"님?(?:이랑|에게|한테|으로|이|가|은|는|을|를|와|과|도|의|께|아|야|로|만|랑)?$"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Called:
    """The folded usernames that a text may mean, and whether it calls everybody."""

    names: frozenset[str]
    everyone: bool


_NOBODY = Called(frozenset(), False)


def called_in(text: str) -> Called:
    """Who ``text`` calls. A name may end a sentence, so ``@ana.`` can mean ``ana.`` or ``ana``."""
    if "@" not in text:
        return _NOBODY
    names: set[str] = set()
    for found in _CALL.findall(text):
        name = unicodedata.normalize("NFKC", _name_at(found)).casefold()
        names |= {name, name.rstrip(".-_")} | _without_particles(name)
    return Called(frozenset(names - {"all", ""}), "all" in names)


def _name_at(word: str) -> str:
    """The head of ``word`` that can stand in a username; marks belong to the letters of many scripts."""
    return "".join(takewhile(lambda letter: letter in "._-" or unicodedata.category(letter)[0] in "LMN", word))


def _without_particles(name: str) -> set[str]:
    """Korean writes particles right behind a name: ``@ana가`` and ``@민지님은`` call ana and 민지."""
    return {name[: found.start()] for found in _PARTICLES.finditer(name) if found.start() > 1}

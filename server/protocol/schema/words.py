"""What the protocol modules declare, in the order in which they declare it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Literal, get_args, get_origin

from msgspec import Struct

from server import errors
from server.errors import CODES, ChatError
from server.protocol import http, notifications, reply
from server.protocol.chat import commands, events, replies, things

SUBJECTS: dict[str, ModuleType] = {
    "reply": reply,
    "chat: what things look like": things,
    "chat: commands": commands,
    "chat: replies": replies,
    "chat: events": events,
    "notifications": notifications,
    "http": http,
}
"""The modules that describe the wire, by the heading under which they are printed."""

_SHARED = {
    "start_typing": "One writes; the others see it for 6 seconds. May be sent without an acknowledgement.",
    "stop_typing": "One has stopped writing. May be sent without an acknowledgement.",
    "leave_conversation": "Leave a group; an owner hands over to the longest-serving admin, else member.",
    "dissolve_conversation": "End a group, as its owner: its members can still read it, and nobody writes any more.",
    "join_open_conversation": "Join an open conversation; whoever belongs to it already just gets it, and whoever "
    "was removed from it waits to be added.",
    "get_conversation": "One conversation as it stands for oneself.",
    "list_invites": "The links into a group that are good now: one's own, or everybody's for its admins.",
    "pin_message": "Put a message on top of its conversation for everybody; once more changes nothing.",
    "unpin_message": "Take a message down from the top of its conversation.",
    "add_reaction": "Put an emoji under a message; once more changes nothing.",
    "remove_reaction": "Take one's emoji back.",
    "remove_contact": "End being contacts, decline a request, or take one's own back.",
    "block": "From now on neither writes to the other directly, asks, invites, or sees whether they are there; by "
    "one's own links the other joins no group.",
    "unblock": "Take one's own block back: what stood behind it is there again.",
}
"""What the commands do that share their payload's type with another."""


def structs(module: ModuleType) -> list[type[Struct]]:
    """Every type that ``module`` declares itself."""
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Struct) and value.__module__ == module.__name__
    ]


def literals(module: ModuleType) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every named choice of strings in ``module``, such as ``Role``, with what can be chosen."""
    earlier = list(SUBJECTS.values())[: list(SUBJECTS.values()).index(module)]
    for name, value in vars(module).items():
        # A choice does not know its module: the first one that has it declares it, the others import it.
        if get_origin(value) is Literal and not any(name in vars(other) for other in earlier):
            yield name, get_args(value)


def literal_names() -> dict[frozenset[str], str]:
    """The name of each named choice of strings, by what can be chosen."""
    return {frozenset(choices): name for module in SUBJECTS.values() for name, choices in literals(module)}


def refusals() -> list[type[ChatError]]:
    """The refusals that a client can meet, in the order of the documents."""
    kinds = {
        kind.code: kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, ChatError) and kind is not ChatError
    }
    return [kinds[code] for code in CODES]


def doc_of(kind: type) -> str:
    """The docstring of a type as one paragraph a block, without marks for code; empty when it has none."""
    return inspect.cleandoc(vars(kind).get("__doc__") or "").replace("``", "`")


def summary_of(kind: type) -> str:
    """The first paragraph of a type's docstring on one line."""
    return " ".join(doc_of(kind).split("\n\n")[0].split())


def summary_of_command(name: str, takes: type) -> str:
    """What a command does, in a sentence or two."""
    return _SHARED.get(name) or summary_of(takes)

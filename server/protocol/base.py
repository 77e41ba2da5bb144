"""What every command, event and body is made of: strict structs, ids, texts and their limits."""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeVar, dataclass_transform

import msgspec
from msgspec import Meta, Struct

from server.errors import Invalid

MAX_TEXT = 8000
MAX_DEPTH = 16
MAX_PAYLOAD_BYTES = 128_000
MAX_REPLY_BYTES = 256_000
MAX_FILES_PER_MESSAGE = 10
MAX_SAFE_INTEGER = 2**53 - 1

# PostgreSQL refuses NUL in text and SQLite keeps it: refused at the door, so that both hold the same.
NO_NUL = r"^[^\u0000]*$"
# Python's `$` also matches before a last line break; JavaScript's does not, and needs no lookahead.
_PRINTABLE = r"^[\x21-\x7e]*$(?!\n)"

Id = Annotated[int, Meta(ge=1, le=MAX_SAFE_INTEGER)]
Seq = Annotated[int, Meta(ge=1, le=MAX_SAFE_INTEGER)]
Position = Annotated[int, Meta(ge=0, le=MAX_SAFE_INTEGER)]
Milliseconds = Annotated[int, Meta(ge=0, le=MAX_SAFE_INTEGER, description="UTC milliseconds since 1970")]
ClientId = Annotated[str, Meta(min_length=8, max_length=64, pattern=_PRINTABLE)]
MessageText = Annotated[str, Meta(max_length=MAX_TEXT, pattern=NO_NUL)]
Name = Annotated[str, Meta(min_length=1, max_length=60, pattern=NO_NUL)]
Description = Annotated[str, Meta(max_length=500, pattern=NO_NUL)]
Note = Annotated[str, Meta(max_length=200, pattern=NO_NUL)]
Query = Annotated[str, Meta(max_length=100, pattern=NO_NUL)]
Cursor = Annotated[str, Meta(max_length=200, pattern=_PRINTABLE)]
PictureId = Annotated[int, Meta(ge=0, le=MAX_SAFE_INTEGER, description="0 takes the picture away")]
InviteCode = Annotated[str, Meta(min_length=1, max_length=64, pattern=_PRINTABLE)]
Emoji = Annotated[str, Meta(min_length=1, max_length=32, pattern=NO_NUL)]
Username = Annotated[str, Meta(min_length=1, max_length=64, pattern=NO_NUL)]
StatusText = Annotated[str, Meta(max_length=80, pattern=NO_NUL)]
StatusEmoji = Annotated[str, Meta(max_length=32, pattern=NO_NUL)]
DeviceName = Annotated[str, Meta(max_length=100, pattern=NO_NUL)]
# bcrypt reads 72 bytes and no more; the service measures bytes, this only keeps novels out.
Password = Annotated[str, Meta(min_length=1, max_length=1000)]


# The decorator tells the type checker what msgspec does: subclasses are frozen and keyword-only too.
@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Command(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a client asks for. Unknown fields are refused, so that a typing error is heard of."""


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Body(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the server says. May gain fields; optional ones are left out when empty."""


T = TypeVar("T")

_AT = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`$")
_TOO_LONG = re.compile(r"length <= (\d+)")
_TOO_SHORT = re.compile(r"length >= (\d+)")
_MISSING = re.compile(r"missing required field `([^`]+)`")
_UNKNOWN = re.compile(r"unknown field `([^`]+)`")
# Possessive, and content with a string that never ends: a hostile text costs one look at each character.
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)


def decode_json(text: str | bytes, kind: type[T] | Any = Any) -> T:
    """Strict JSON as a value of ``kind``.

    No NaN, no infinity, no lone surrogates, at most ``MAX_DEPTH`` deep. Raises Invalid naming the field.
    """
    check_depth(text)
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError as error:
        raise explained(error) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Invalid("This is not valid JSON: check for NaN, broken text or a missing bracket.") from None


def convert(value: Any, kind: type[T], *, strict: bool = True) -> T:
    """An already decoded value as a ``kind``; not ``strict``: numbers may be texts. Raises Invalid naming the field."""
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        raise explained(error) from None


def check_depth(text: str | bytes) -> None:
    """Raises Invalid when brackets stand deeper than ``MAX_DEPTH`` in JSON ``text``."""
    plain = text.decode(errors="replace") if isinstance(text, bytes) else text
    if plain.count("[") + plain.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for mark in re.findall(r"[\[\]{}]", _STRING.sub("", plain)):
        depth += 1 if mark in "[{" else -1
        if depth > MAX_DEPTH:
            raise Invalid(f"The payload is nested deeper than {MAX_DEPTH} levels.")


def explained(error: msgspec.ValidationError) -> Invalid:
    """The library's complaint as a sentence for people, with the field it is about."""
    text = str(error)
    place = _AT.search(text)
    path = place["path"].lstrip(".") if place else ""
    what = text[: place.start()] if place else text
    for pattern, sentence in ((_MISSING, "`{}` is missing."), (_UNKNOWN, "There is no field `{}` here.")):
        if found := pattern.search(what):
            field = f"{path}.{found[1]}".lstrip(".")
            return Invalid(sentence.format(field), field=field)
    name = f"`{path}`" if path else "The payload"
    if found := _TOO_LONG.search(what):
        return Invalid(f"{name} is too long: at most {found[1]}.", field=path or None)
    if found := _TOO_SHORT.search(what):
        return Invalid(f"{name} is too short: at least {found[1]}.", field=path or None)
    if "matching regex" in what:
        return Invalid(f"{name} contains characters that are not allowed.", field=path or None)
    plain = what.replace("Expected `", "must be `").replace(", got `", ", not `")
    return Invalid(f"{name} {plain[0].lower()}{plain[1:]}.", field=path or None)

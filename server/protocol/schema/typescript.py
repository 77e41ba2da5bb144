"""The contract as TypeScript: an interface for each type, and both namespaces as ``socket.io-client`` wants them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType

from msgspec import Struct, inspect

from server.errors import CODES
from server.protocol import chat, notifications
from server.protocol.base import Command
from server.protocol.chat import ENTRY_DATA, AccountChange, Entry
from server.protocol.reply import Accepted, ErrorBody, Refused
from server.protocol.schema.words import SUBJECTS, doc_of, literal_names, literals, structs, summary_of_command

HEAD = """\
// Generated from server/protocol by `python -m server.protocol.schema`. Do not edit: a test fails when the two differ.
// Times are UTC milliseconds, ids are integers, and every object may gain fields.
"""

REPLY = """\
/** The one reply that every command gets. */
export type Reply<Data> = { ok: true; data: Data } | { ok: false; error: ErrorBody }

/** The last argument of a command: called once with the reply. */
export type Ack<Data> = (reply: Reply<Data>) => void
"""

ENTRY = """\
/** One line of a conversation's log of one kind. */
export interface EntryOf<Kind extends EntryKind> {
  conversation_id: number
  seq: number
  kind: Kind
  actor_id: number
  at: number
  data: EntryData[Kind]
}

/** One line of a conversation's log: `kind` tells what `data` is. */
export type Entry = { [Kind in EntryKind]: EntryOf<Kind> }[EntryKind]
"""

# Written by hand above or below, because TypeScript can say more than their fields do.
_BY_HAND = {Accepted, Refused, Entry, AccountChange}


def typescript() -> str:
    """The whole of ``types.ts``."""
    parts = [HEAD, _choice("ErrorCode", CODES, "Why a command or request was refused."), REPLY]
    for title, module in SUBJECTS.items():
        parts.append(f"// {title}\n")
        parts += [_choice(name, values, "") for name, values in literals(module) if name != "EntryKind"]
        parts += [_interface(kind) for kind in structs(module) if kind not in _BY_HAND]
        if module is chat.things:
            parts += [_entry_data(), ENTRY]
        if module is chat.events:
            parts += [_account_change()]
    parts += _namespace("Chat", chat) + _namespace("Notification", notifications)
    return "\n".join(parts)


def written(kind: inspect.Type) -> str:
    """A type as TypeScript writes it."""
    match kind:
        case inspect.Metadata(type=inner):
            return written(inner)
        case inspect.StructType(cls=cls):
            return cls.__name__
        case inspect.UnionType(types=types):
            return " | ".join(written(one) for one in types)
        case inspect.ListType(item_type=item):
            inner_type = written(item)
            return f"({inner_type})[]" if " " in inner_type else f"{inner_type}[]"
        case inspect.DictType(key_type=key, value_type=value):
            return f"Record<{written(key)}, {written(value)}>"
        case inspect.LiteralType(values=values):
            return literal_names().get(frozenset(map(str, values)), _quoted(tuple(map(str, values))))
        case inspect.IntType() | inspect.FloatType():
            return "number"
        case inspect.StrType():
            return "string"
        case inspect.BoolType():
            return "boolean"
        case inspect.NoneType():
            return "null"
        case inspect.AnyType():
            return "unknown"
    raise TypeError(f"{kind} has no counterpart in TypeScript yet: say here how it is written")


def without_null(kind: inspect.Type) -> inspect.Type:
    """The type that is left when the field is there at all: the server leaves out what is empty."""
    if isinstance(kind, inspect.Metadata):
        return without_null(kind.type)
    if not isinstance(kind, inspect.UnionType):
        return kind
    rest = tuple(one for one in kind.types if not isinstance(one, inspect.NoneType))
    return rest[0] if len(rest) == 1 else inspect.UnionType(rest)


def _interface(kind: type[Struct]) -> str:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    if not info.fields:
        return f"{_comment(doc_of(kind))}export type {kind.__name__} = Record<string, never>\n"
    lines = [line for field in info.fields for line in _field(kind, field)]
    return f"{_comment(doc_of(kind))}export interface {kind.__name__} {{\n" + "\n".join(lines) + "\n}\n"


def _field(owner: type[Struct], field: inspect.Field) -> Iterator[str]:
    note = _note(field.type)
    if note:
        yield f"  /** {note} */"
    if owner is ErrorBody and field.name == "code":
        yield "  code: ErrorCode"
        return
    # A client may say null for "nothing"; the server never does.
    kind = field.type if issubclass(owner, Command) else without_null(field.type)
    yield f"  {field.encode_name}{'' if field.required else '?'}: {written(kind)}"


def _note(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.Metadata):
        return str((kind.extra_json_schema or {}).get("description", "")) or _note(kind.type)
    if isinstance(kind, inspect.UnionType):
        return next(filter(None, map(_note, kind.types)), "")
    return ""


def _entry_data() -> str:
    lines = "".join(f"  {name}: {kind.__name__}\n" for name, kind in ENTRY_DATA.items())
    kinds = "".join(f"  '{name}',\n" for name in ENTRY_DATA)
    return f"""\
/** What an entry of each kind carries in `data`. */
export interface EntryData {{
{lines}}}

export type EntryKind = keyof EntryData

/** Every kind of entry, to subscribe to. */
export const ENTRY_KINDS = [
{kinds}] as const satisfies readonly EntryKind[]
"""


def _account_change() -> str:
    """The events about one's own account as a union over their name."""
    kinds = {
        name: arguments[0].__name__
        for name, arguments in chat.EVENTS.items()
        if "account_version" in _field_names(arguments[0]) and name not in ("ready", "heads")
    }
    lines = "".join(f"  | {{ version: number; event: '{name}'; data: {kind} }}\n" for name, kind in kinds.items())
    return f"{_comment(doc_of(AccountChange))}export type AccountChange =\n{lines}"


def _field_names(kind: type[Struct]) -> tuple[str, ...]:
    return kind.__struct_fields__


def _namespace(prefix: str, module: ModuleType) -> list[str]:
    """The commands and events of one namespace, as the two type parameters of a ``Socket``."""
    name = f"/{module.__name__.rsplit('.', 1)[-1]}"
    commands: Mapping[str, tuple[type[Struct], type[Struct]]] = module.COMMANDS
    asks = [
        f"{_comment(summary_of_command(command, takes), '  ')}"
        f"  {command}: (payload: {takes.__name__}, ack: Ack<{gives.__name__}>) => void"
        for command, (takes, gives) in commands.items()
    ]
    tells = [f"  {event}: ({_arguments(event, kinds)}) => void" for event, kinds in module.EVENTS.items()]
    return [
        f"/** What a client may ask on {name}: `Socket<{prefix}Events, {prefix}Commands>`. */\n"
        f"export interface {prefix}Commands {{\n" + "\n".join(asks) + "\n}\n",
        f"/** What the server tells on {name}. `offset` is kept by stock clients for their recovery. */\n"
        f"export interface {prefix}Events {{\n" + "\n".join(tells) + "\n}\n",
    ]


def _arguments(event: str, kinds: tuple[type, ...]) -> str:
    first, *rest = kinds
    if first is Entry:
        return f"entry: EntryOf<'{event}'>, offset: string"
    name = "notification" if first is notifications.Notification else "payload"
    return f"{name}: {first.__name__}" + ", offset: string" * len(rest)


def _choice(name: str, values: tuple[str, ...], doc: str) -> str:
    return f"{_comment(doc)}export type {name} = {_quoted(values)}\n"


def _quoted(values: tuple[str, ...]) -> str:
    return " | ".join(f"'{value}'" for value in values)


def _comment(text: str, indent: str = "") -> str:
    lines = [line.rstrip() for line in text.splitlines()]
    if not lines:
        return ""
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */\n"
    return f"{indent}/**\n" + "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines) + f"{indent} */\n"

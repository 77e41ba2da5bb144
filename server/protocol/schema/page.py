"""The contract as one page for people: plain HTML with its own style sheet, readable without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from pathlib import Path
from types import ModuleType

from msgspec import Struct

from server import __version__
from server.protocol.http import ROUTES, Route
from server.protocol.schema import asyncapi, openapi
from server.protocol.schema.fields import fields_of
from server.protocol.schema.words import SUBJECTS, doc_of, literals, refusals, structs, summary_of_command

STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")

_NAME = re.compile(r"\b[A-Z]\w+\b")
_CODE = re.compile(r"`([^`]+)`")
_NAMED = {name for module in SUBJECTS.values() for name, _ in literals(module)} | {
    kind.__name__ for module in SUBJECTS.values() for kind in structs(module)
}


def page() -> str:
    """The whole page."""
    namespaces = asyncapi.NAMESPACES.items()
    navigation = "".join(
        [
            _menu("Start", [("replies", "Connecting, replies, errors")]),
            *(_menu(f"/{name} commands", _anchors(name, module.COMMANDS)) for name, module in namespaces),
            *(_menu(f"/{name} events", _anchors(name, module.EVENTS)) for name, module in namespaces),
            _menu("HTTP", [(f"http-{route.name}", f"{route.method} {route.path}") for route in ROUTES]),
            _menu("Types", [(f"type-{name}", name) for name in _type_names()]),
        ]
    )
    sections = "".join(
        [
            f'<section id="replies"><h2>Connecting, replies, errors</h2>{_paragraphs(asyncapi.DESCRIPTION)}',
            f"{_errors()}</section>",
            *(_commands(name, module) + _events(name, module) for name, module in namespaces),
            f"<section><h2>HTTP</h2>{_paragraphs(openapi.DESCRIPTION)}{''.join(map(_route, ROUTES))}</section>",
            f"<section><h2>Types</h2>{_types()}</section>",
        ]
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Madang: the contract</title>
<style>{STYLE}</style>
</head>
<body>
<a class="skip" href="#content">To the content</a>
<div class="layout">
<nav aria-label="Contents">{navigation}</nav>
<main id="content">
<h1>The contract with frontends</h1>
<p class="quiet">Madang {escape(__version__)}, protocol 1. The same for programs:
<a href="/docs/openapi.json">OpenAPI</a>, <a href="/docs/asyncapi.json">AsyncAPI</a>.</p>
{sections}
</main>
</div>
</body>
</html>
"""


def _anchors(namespace: str, names: Iterable[str]) -> list[tuple[str, str]]:
    return [(f"{namespace}-{name}", name) for name in names]


def _menu(title: str, entries: list[tuple[str, str]]) -> str:
    links = "".join(f'<li><a href="#{anchor}">{escape(text)}</a></li>' for anchor, text in entries)
    return f"<strong>{escape(title)}</strong><ul>{links}</ul>"


def _errors() -> str:
    rows = (
        (f"<code>{kind.code}</code>", str(kind.http_status), "yes" if kind.retryable else "no", _text(doc_of(kind)))
        for kind in refusals()
    )
    return f'<div class="card">{_table(("code", "HTTP", "try again", "meaning"), rows)}</div>'


def _commands(namespace: str, module: ModuleType) -> str:
    cards = "".join(
        _card(
            f"{namespace}-{name}",
            f"<code>{name}</code>",
            f"<p>{_text(summary_of_command(name, takes))}</p>{_fields(takes)}"
            f"<h4>Reply</h4><p>{_kind(gives.__name__)}</p>",
        )
        for name, (takes, gives) in module.COMMANDS.items()
    )
    return f"<section><h2>/{namespace} commands</h2>{cards}</section>"


def _events(namespace: str, module: ModuleType) -> str:
    cards = "".join(
        _card(
            f"{namespace}-{name}",
            f"<code>{name}</code>",
            f"<p>{_text(asyncapi.summary_of_event(name, kinds))}</p>"
            f"<p>{_kind(asyncapi.arguments_of_event(name, kinds))}</p>",
        )
        for name, kinds in module.EVENTS.items()
    )
    return f"<section><h2>/{namespace} events</h2>{cards}</section>"


def _route(route: Route) -> str:
    parts = [f"<p>{_text(route.summary)}</p>", f'<p class="quiet">For {_text(openapi.WHO[route.who])}.</p>']
    queries = ((f"<code>?{name}=</code>", _text(note)) for name, note in openapi.QUERIES.get(route.name, {}).items())
    parts.append(_table(("query", ""), queries))
    if isinstance(route.takes, str):
        parts.append(f"<h4>Body</h4><p><code>{route.takes}</code></p>")
    elif route.takes is not None:
        parts.append(f"<h4>Body</h4>{_fields(route.takes)}")
    gives = "nothing" if route.gives is None else route.gives if isinstance(route.gives, str) else route.gives.__name__
    parts.append(f"<h4>Answer</h4><p>{route.status}, {_kind(gives)}</p>")
    title = f'<span class="method">{route.method}</span><code>{escape(route.path)}</code>'
    return _card(f"http-{route.name}", title, "".join(parts))


def _types() -> str:
    cards = []
    for module in SUBJECTS.values():
        for name, choices in literals(module):
            listed = " | ".join(f"'{choice}'" for choice in choices)
            cards.append(_card(f"type-{name}", name, f"<p><code>{escape(listed)}</code></p>"))
        cards += [
            _card(f"type-{kind.__name__}", kind.__name__, f"<p>{_text(doc_of(kind))}</p>{_fields(kind)}")
            for kind in structs(module)
        ]
    return "".join(cards)


def _type_names() -> list[str]:
    return [
        name
        for module in SUBJECTS.values()
        for name in [*(name for name, _ in literals(module)), *(kind.__name__ for kind in structs(module))]
    ]


def _card(anchor: str, title: str, content: str) -> str:
    return f'<article class="card" id="{anchor}"><h3>{title}</h3>{content}</article>'


def _fields(kind: type[Struct]) -> str:
    rows = (
        (f"<code>{escape(line.name)}{'?' if line.optional else ''}</code>", _kind(line.kind), _text(line.note))
        for line in fields_of(kind)
    )
    return _table(("field", "type", ""), rows)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    if not body:
        return ""
    head = "".join(f"<th>{title}</th>" for title in heads)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _kind(text: str) -> str:
    """A type with a link at each name that this page explains."""

    def link(found: re.Match[str]) -> str:
        name = found[0]
        return f'<a href="#type-{name}">{name}</a>' if name in _NAMED else name

    return f"<code>{_NAME.sub(link, escape(text, quote=False))}</code>"


def _text(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text, quote=False))


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{_text(part)}</p>" for part in text.split("\n\n"))

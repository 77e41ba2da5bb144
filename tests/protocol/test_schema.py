"""What is generated from the protocol: nothing has drifted, nothing is missing, and the documents are sound."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from server.errors import CODES
from server.protocol import chat, notifications
from server.protocol.http import ROUTES
from server.protocol.schema.__main__ import main
from server.protocol.schema.asyncapi import asyncapi
from server.protocol.schema.generated import FILES, ROOT, drifted, write
from server.protocol.schema.openapi import openapi
from server.protocol.schema.page import page
from server.protocol.schema.typescript import typescript
from server.protocol.schema.words import SUBJECTS, doc_of, structs, summary_of_command
from tests.protocol.stored import stored

NAMESPACES = {"chat": (chat, "chat"), "notifications": (notifications, "notification")}


def references(value: Any) -> Iterator[str]:
    """Every ``$ref`` within a document."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def at(document: dict[str, Any], reference: str) -> Any:
    """What a reference within a document points to."""
    place: Any = document
    for part in reference.removeprefix("#/").split("/"):
        place = place[part.replace("~1", "/").replace("~0", "~")]
    return place


def test_no_generated_file_has_drifted() -> None:
    assert drifted() == [], "run `python -m server.protocol.schema`"


def test_a_file_that_drifts_is_found_and_mended(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "samples").symlink_to(ROOT / "tests" / "samples")
    assert drifted(tmp_path) == list(FILES)
    assert write(tmp_path) == list(FILES)
    assert drifted(tmp_path) == []
    types = tmp_path / "web/client/src/types.ts"
    types.write_text(types.read_text(encoding="utf-8").replace("seq: number", "seq: string"), encoding="utf-8")
    assert drifted(tmp_path) == ["web/client/src/types.ts"]


def test_the_command_checks_and_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    assert main(["openapi"]) == 0
    assert json.loads(capsys.readouterr().out)["openapi"] == "3.1.0"


def test_every_type_says_what_it_is() -> None:
    assert [kind.__name__ for module in SUBJECTS.values() for kind in structs(module) if not doc_of(kind)] == []


@pytest.mark.parametrize("commands", [chat.COMMANDS, notifications.COMMANDS])
def test_every_command_says_what_it_alone_does(commands: dict[str, tuple[type, type]]) -> None:
    said = [summary_of_command(name, takes) for name, (takes, _) in commands.items()]
    assert len(set(said)) == len(said)


def test_typescript_names_every_type_once() -> None:
    declared = re.findall(r"^export (?:interface|type|const) (\w+)", typescript(), re.MULTILINE)
    assert len(declared) == len(set(declared))
    for module in SUBJECTS.values():
        for kind in structs(module):
            if kind.__name__ not in ("Accepted", "Refused"):
                assert kind.__name__ in declared


def test_typescript_keeps_the_names_of_the_wire() -> None:
    text = typescript()
    assert "  with?: Account\n" in text
    assert "with_account" not in text
    assert "message_created: (entry: EntryOf<'message_created'>, offset: string) => void" in text
    assert "mark_read: (payload: MarkNotificationsRead, ack: Ack<Counts>) => void" in text
    assert " | ".join(f"'{code}'" for code in CODES) in text


def test_the_openapi_document_is_valid_and_has_every_route() -> None:
    document = openapi()
    validate(document)
    listed = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert listed == {(route.method, route.path) for route in ROUTES}
    assert len({route.name for route in ROUTES}) == len(ROUTES)


def test_the_http_samples_fit_the_openapi_document() -> None:
    document = openapi()
    for route in ROUTES:
        operation = document["paths"][route.path][route.method.lower()]
        sample = stored("http").get(route.name, {})
        for key, holder in (
            ("body", operation.get("requestBody")),
            ("answer", operation["responses"][str(route.status)]),
        ):
            if key in sample:
                schema = holder["content"]["application/json"]["schema"]
                jsonschema.validate(sample[key], {**schema, "components": document["components"]})


def test_every_reference_of_the_documents_leads_somewhere() -> None:
    for document in (openapi(), asyncapi()):
        for reference in references(document):
            assert at(document, reference)


def test_the_asyncapi_document_is_valid() -> None:
    # AsyncAPI's own schema comes with the web app's packages, which every test run has.
    schema = json.loads((ROOT / "web/node_modules/@asyncapi/specs/schemas/3.0.0.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema).validate(asyncapi())


def test_the_asyncapi_document_has_every_command_with_its_reply_and_every_event() -> None:
    document = asyncapi()
    assert document["asyncapi"] == "3.0.0"
    for name, (module, _) in NAMESPACES.items():
        channel = document["channels"][name]
        assert channel["address"] == f"/{name}"
        replies = {f"{command}.reply" for command in module.COMMANDS}
        assert set(channel["messages"]) == {*module.COMMANDS, *replies, *module.EVENTS}
        for command in module.COMMANDS:
            operation = document["operations"][f"{name}.{command}"]
            assert operation["action"] == "receive"
            assert operation["messages"] == [{"$ref": f"#/channels/{name}/messages/{command}"}]
            assert operation["reply"]["messages"] == [{"$ref": f"#/channels/{name}/messages/{command}.reply"}]
        for event in module.EVENTS:
            assert document["operations"][f"{name}.{event}"]["action"] == "send"


@pytest.mark.parametrize("name", NAMESPACES)
def test_the_samples_fit_the_asyncapi_document(name: str) -> None:
    document = asyncapi()
    _, file = NAMESPACES[name]
    messages = document["channels"][name]["messages"]

    def fits(value: Any, message: str) -> None:
        schema = {**messages[message]["payload"], "components": document["components"]}
        jsonschema.Draft7Validator.check_schema(schema)
        jsonschema.validate(value, schema, cls=jsonschema.Draft7Validator)

    for command, sample in stored(f"{file}_commands").items():
        fits(sample["payload"], command)
        fits({"ok": True, "data": sample["data"]}, f"{command}.reply")
        for refusal in stored("refusals").values():
            fits({"ok": False, "error": refusal}, f"{command}.reply")
    for event, arguments in stored(f"{file}_events").items():
        fits(arguments if len(arguments) > 1 else arguments[0], event)


def test_the_asyncapi_document_refuses_what_is_wrong() -> None:
    document = asyncapi()
    payload = document["channels"]["chat"]["messages"]["message_created"]["payload"]
    entry, offset = stored("chat_events")["message_created"]
    schema = {**payload, "components": document["components"]}
    for wrong in (
        [entry],
        [{**entry, "kind": "message_deleted"}, offset],
        [{**entry, "data": {"target_seq": 1}}, offset],
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema, cls=jsonschema.Draft7Validator)


def test_the_page_explains_everything_and_loads_nothing() -> None:
    text = page()
    anchors = set(re.findall(r' id="([^"]+)"', text))
    assert {link.removeprefix("#") for link in re.findall(r'href="(#[^"]+)"', text)} <= anchors
    for name, (module, _) in NAMESPACES.items():
        assert {f"{name}-{word}" for word in (*module.COMMANDS, *module.EVENTS)} <= anchors
    assert {f"http-{route.name}" for route in ROUTES} <= anchors
    assert "<script" not in text
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)

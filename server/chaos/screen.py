"""What one device shows of one conversation, by the rules that the contract gives a client."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from server.chaos.history import Text

By = Literal["live", "fetch", "replay"]


class Screen:
    """Applies entries at ``known + 1``, drops what it has, and holds what lies behind a gap.

    ``head`` is the newest ``seq`` it has heard of. ``is_mine`` while the account belongs.
    """

    def __init__(self, conversation_id: int, known: int = 0) -> None:
        self.conversation_id = conversation_id
        self.known = known
        self.head = known
        self.is_mine = True
        self.messages: dict[int, Text] = {}
        self.own: list[int] = []
        self._joined_by = 0
        self._held: dict[int, tuple[dict[str, Any], By]] = {}

    @property
    def is_behind(self) -> bool:
        """Whether there is something that it does not show."""
        return self.is_mine and self.head > self.known

    def take(self, entry: dict[str, Any], by: By) -> list[tuple[dict[str, Any], By]]:
        """What may be shown now, in order: nothing for what it has and for what lies behind a gap."""
        seq = entry["seq"]
        if not self.is_new(seq):
            return []
        self.head = max(self.head, seq)
        self._held.setdefault(seq, (entry, by))
        return self._ready()

    def is_new(self, seq: int) -> bool:
        """Whether this place is not shown yet."""
        return seq > self.known

    def take_all(self, entries: Iterable[dict[str, Any]], by: By) -> list[tuple[dict[str, Any], By]]:
        """The same for a page."""
        return [shown for entry in entries for shown in self.take(entry, by)]

    def left(self) -> None:
        """The account belongs no more: what lies behind a gap is not its to know."""
        self.is_mine = False
        self._held.clear()
        self.head = self.known

    def removed(self, seq: int) -> None:
        """The entry at this place took the account out: an old one says nothing of whoever has come back since."""
        if seq > self._joined_by:
            self.left()

    def joined(self, head: int) -> None:
        """The account belongs, perhaps again; everything up to ``head`` is there to be fetched."""
        self.is_mine = True
        self._joined_by = max(self._joined_by, head)
        self.head = max(self.head, head)

    def _ready(self) -> list[tuple[dict[str, Any], By]]:
        ready = []
        while (found := self._held.pop(self.known + 1, None)) is not None:
            self.known += 1
            self._apply(found[0])
            ready.append(found)
        return ready

    def _apply(self, entry: dict[str, Any]) -> None:
        data = entry["data"]
        match entry["kind"]:
            case "message_created":
                self.messages[entry["seq"]] = Text(data["text"], data.get("deleted_at") is not None)
            case "message_edited":
                message = self.messages[data["target_seq"]]
                if not message.deleted:
                    message.text = data["text"]
            case "message_deleted":
                self.messages[data["target_seq"]] = Text("", True)

"""What a page says of itself in its head: title, description, picture."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

LONGEST_TITLE = 200
LONGEST_DESCRIPTION = 400
LONGEST_SITE = 60

_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)
_WANTED = {
    "title": ("og:title", "twitter:title", "<title>"),
    "description": ("og:description", "twitter:description", "description"),
    "site_name": ("og:site_name", "application-name"),
    "image": ("og:image", "og:image:url", "twitter:image"),
}


@dataclass(frozen=True, slots=True)
class Head:
    """Plain texts, cut; ``image_url`` is absolute."""

    title: str
    description: str | None
    site_name: str | None
    image_url: str | None


def head_of(content: bytes, charset: str | None, url: str) -> Head | None:
    """The head of the page at ``url``; None when it has no title."""
    said = _Reader()
    said.feed(_decoded(content, charset))
    found = {
        name: next((said.values[key] for key in keys if said.values.get(key)), "") for name, keys in _WANTED.items()
    }
    title = _plain(found["title"], LONGEST_TITLE)
    if not title:
        return None
    return Head(
        title,
        _plain(found["description"], LONGEST_DESCRIPTION) or None,
        _plain(found["site_name"], LONGEST_SITE) or None,
        _image_url(url, found["image"]),
    )


class _Reader(HTMLParser):
    """Collects what ``meta`` and ``title`` say, up to the body; the first of each counts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.values: dict[str, str] = {}
        self._title: list[str] | None = None
        self._done = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._done:
            return
        if tag == "body":
            self._done = True
        elif tag == "title":
            self._title = []
        elif tag == "meta":
            given = {name: value or "" for name, value in attrs}
            key = (given.get("property") or given.get("name") or "").strip().lower()
            if key and given.get("content"):
                self.values.setdefault(key, given["content"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "title" and self._title is not None:
            self.values.setdefault("<title>", "".join(self._title))
            self._title = None
        elif tag == "head":
            self._done = True

    def handle_data(self, data: str) -> None:
        if self._title is not None and not self._done:
            self._title.append(data)


def _decoded(content: bytes, charset: str | None) -> str:
    declared = _CHARSET.search(content[:2048])
    for name in (charset, declared and declared[1].decode(), "utf-8"):
        if not name:
            continue
        try:
            codecs.lookup(name)
            return content.decode(name, "replace")
        except (LookupError, ValueError):
            continue
    return content.decode("utf-8", "replace")


def _plain(text: str, longest: int) -> str:
    """On one line, without what steers the direction of writing, and no longer than that."""
    kept = "".join(
        letter if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn") else " " for letter in text
    )
    plain = unicodedata.normalize("NFC", " ".join(kept.split()))
    return plain if len(plain) <= longest else f"{plain[: longest - 1].rstrip()}…"


def _image_url(url: str, image: str) -> str | None:
    if not image:
        return None
    try:
        found = urljoin(url, image.strip())
        return found if urlsplit(found).scheme in ("http", "https") and len(found) <= 2000 else None
    except ValueError:
        return None

"""What a device is called in the list of devices."""

from __future__ import annotations

import re

# The first that is found counts: Edge says that it is Chrome too, and Chrome that it is Safari.
_PROGRAMS = {
    "Edg/": "Edge",
    "EdgA/": "Edge",
    "EdgiOS/": "Edge",
    "OPR/": "Opera",
    "Whale/": "Whale",
    "SamsungBrowser/": "Samsung Internet",
    "Vivaldi/": "Vivaldi",
    "KAKAOTALK": "KakaoTalk",
    "FxiOS/": "Firefox",
    "Firefox/": "Firefox",
    "Electron/": "Desktop app",
    "HeadlessChrome/": "Chromium",
    "Chromium/": "Chromium",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def device_name(user_agent: str) -> str:
    """A short name from a ``User-Agent`` header: ``Firefox on Windows``, or the program's own first word."""
    program = next((name for mark, name in _PROGRAMS.items() if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS.items() if mark in user_agent), None)
    if program is None:
        own = re.match(r"[A-Za-z][A-Za-z0-9 ._+-]{0,39}", user_agent)
        program = own[0].strip() if own and not user_agent.startswith("Mozilla/") else None
    if program and system:
        return f"{program} on {system}"
    return program or system or "Unknown device"

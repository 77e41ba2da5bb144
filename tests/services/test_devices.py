"""Device names from User-Agent headers."""

import pytest

from server.services.devices import device_name

CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36{}"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (CHROME.format("Windows NT 10.0; Win64; x64", ""), "Chrome on Windows"),
        (CHROME.format("Windows NT 10.0; Win64; x64", " Edg/131.0"), "Edge on Windows"),
        (CHROME.format("X11; Linux x86_64", "").replace("Chrome", "HeadlessChrome"), "Chromium on Linux"),
        (CHROME.format("Linux; Android 14; SM-S911N", " SamsungBrowser/27.0"), "Samsung Internet on Android"),
        (CHROME.format("Macintosh; Intel Mac OS X 10_15_7", " Whale/4.29"), "Whale on macOS"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.1 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.5.0", "curl"),
        ("python-requests/2.32", "python-requests"),
        ("Mozilla/5.0", "Unknown device"),
        ("", "Unknown device"),
        ("\x00\x1b[31m", "Unknown device"),
    ],
)
def test_a_device_has_a_short_name(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name

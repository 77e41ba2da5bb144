"""Signed links."""

import pytest

from server.errors import Expired, NotFound
from server.files import links

KEY = b"k" * 32


def test_a_link_stands_for_its_account_until_it_expires() -> None:
    link = links.sign(KEY, 7, 3, 1000)
    assert links.read(KEY, 7, link, 999) == 3
    with pytest.raises(Expired):
        links.read(KEY, 7, link, 1000)


@pytest.mark.parametrize(
    "change",
    [
        lambda link: link.replace("3.", "4.", 1),
        lambda link: link.replace(".1000.", ".9000."),
        lambda link: link[:-1] + ("0" if link[-1] != "0" else "1"),
        lambda link: link[:-1],
        lambda link: link + "\n",
        lambda link: "",
        lambda link: "٣" + link[1:],
        lambda link: "." * 5000,
    ],
)
def test_a_changed_link_opens_nothing(change) -> None:
    with pytest.raises(NotFound):
        links.read(KEY, 7, change(links.sign(KEY, 7, 3, 1000)), 0)


def test_a_link_opens_no_other_file_and_no_other_server() -> None:
    link = links.sign(KEY, 7, 3, 1000)
    with pytest.raises(NotFound):
        links.read(KEY, 8, link, 0)
    with pytest.raises(NotFound):
        links.read(b"o" * 32, 7, link, 0)

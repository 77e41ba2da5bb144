"""Where a fetch for people may go, and where not."""

from __future__ import annotations

import ipaddress

import pytest

from server.followers.address_guard import GuardedResolver, Refused, is_public

PUBLIC = ("8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2001:4860:4860::8888")
HIDDEN = (
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254", "172.16.0.1", "192.168.1.1",
    "192.0.0.8", "192.0.2.1", "198.18.0.1", "203.0.113.7", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:8.8.8.8", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808",
    "2002:7f00:1::", "2001:0:53aa:64c:0:7ffe:80ff:fffe", "2001:db8::1", "fc00::1", "fd00:ec2::254", "fe80::1",
    "fec0::1", "ff02::1", "100::1",
)  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_the_open_internet_is_asked(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", HIDDEN)
def test_what_only_this_machine_can_reach_is_not(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


async def test_a_host_with_one_hidden_address_is_refused_whole() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["8.8.8.8", "10.0.0.1"]

    with pytest.raises(Refused):
        await GuardedResolver(resolve).resolve("mixed.example", 80)


async def test_the_system_reads_numbers_as_addresses_and_they_are_looked_at() -> None:
    for host in ("2130706433", "0x7f000001", "127.1", "localhost", "0177.0.0.1"):
        with pytest.raises(OSError, match=r"not of the open internet|Name or service|No address"):
            await GuardedResolver().resolve(host, 80)


def test_an_address_that_is_written_out_is_looked_at_too() -> None:
    guard = GuardedResolver()
    for host in ("127.0.0.1", "::1", "[::1]", "fe80::1%eth0", "169.254.169.254"):
        with pytest.raises(Refused):
            guard.check_literal(host)
    guard.check_literal("8.8.8.8")
    guard.check_literal("example.org")

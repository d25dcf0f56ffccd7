"""Which address a limit counts."""

import pytest
from django.conf import LazySettings
from django.test import RequestFactory

from sessions.http.client_address import client_address


def address(remote: str, forwarded: str | None = None) -> str:
    headers = {"X-Forwarded-For": forwarded} if forwarded is not None else {}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=remote, headers=headers))


def test_without_a_proxy_it_is_who_connects_whatever_the_header_says() -> None:
    assert address("192.0.2.1", "198.51.100.7") == "192.0.2.1"


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("spoofed, 203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("198.51.100.7:50000", "198.51.100.7"),
        ("[2001:db8:1:2::3]:50000", "2001:db8:1:2::/64"),
        ("", "192.0.2.1"),
        (None, "192.0.2.1"),
        ("198.51.100.7,", "192.0.2.1"),
        ("nonsense", "unknown"),
        ("x" * 100_000, "unknown"),
        ("\xff", "unknown"),
    ],
)
def test_behind_a_proxy_it_is_the_entry_that_the_proxy_wrote(
    settings: LazySettings, forwarded: str | None, expected: str
) -> None:
    settings.BEHIND_PROXY = True
    assert address("192.0.2.1", forwarded) == expected


def test_ipv6_addresses_of_one_network_are_one() -> None:
    assert address("2001:db8:1:2::3") == address("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert address("2001:db8:1:3::3") != address("2001:db8:1:2::3")
    assert address("fe80::1%eth0") == "fe80::/64"
    assert address("::ffff:192.0.2.1") == "192.0.2.1"


def test_a_socket_file_has_none() -> None:
    assert address("") == "unknown"

"""Where a request comes from, for limits: not for anything that has to be true."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "unknown"
# What one connection is given: a new address in it for every attempt costs nothing.
IPV6_NETWORK_BITS = 64


def client_address(request: HttpRequest) -> str:
    """REMOTE_ADDR, or the last X-Forwarded-For entry behind a proxy: the one that the proxy itself wrote."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.BEHIND_PROXY else ""
    last = forwarded.rpartition(",")[2].strip()
    return _network(last or request.META.get("REMOTE_ADDR", ""))


def _network(text: str) -> str:
    try:
        address = ipaddress.ip_address(_without_port(text))
    except ValueError:  # a socket file has no address
        return UNKNOWN
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    # Not from the address itself: it may hold a scope, which a network cannot.
    return str(ipaddress.ip_network((int(address), IPV6_NETWORK_BITS), strict=False))


def _without_port(text: str) -> str:
    """Some proxies write `192.0.2.1:50000` and `[2001:db8::1]:50000`."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text

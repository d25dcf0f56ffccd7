"""The query of an address: as a table, and the address with what lets somebody in taken out of it."""

from urllib.parse import parse_qsl, unquote_plus

from sessions.viewers.har.body import MOST_FIELDS, FormField
from sessions.viewers.har.secrets import HIDDEN, is_secret_field


def query_of(url: str) -> list[FormField]:
    """The first parameters of an address, decoded."""
    query = url.partition("#")[0].partition("?")[2]
    pairs = "&".join(query.split("&", MOST_FIELDS)[:MOST_FIELDS])
    return [FormField(name, value) for name, value in parse_qsl(pairs, keep_blank_values=True)]


def without_secrets(url: str) -> str:
    """The address with HIDDEN in place of each value that may let somebody in."""
    address, hash_mark, fragment = url.partition("#")
    base, mark, query = address.partition("?")
    # The addresses of some programs have their path and query in the fragment.
    shown = "?".join(pairs_without_secrets(part) for part in fragment.split("?"))
    return f"{_without_credentials(base)}{mark}{pairs_without_secrets(query)}{hash_mark}{shown}"


def _without_credentials(base: str) -> str:
    """`https://HIDDEN@host/` of `https://user:password@host/`."""
    scheme, mark, rest = base.partition("://")
    authority, slash, path = rest.partition("/")
    _, at, host = authority.rpartition("@")
    return f"{scheme}{mark}{HIDDEN}@{host}{slash}{path}" if at else base


def pairs_without_secrets(query: str) -> str:
    """The same of `name=value&...`, as a query, a form and the fragment of an address hold them."""
    return "&".join(_pair_without_secret(pair) for pair in query.split("&"))


def _pair_without_secret(pair: str) -> str:
    name, sign, value = pair.partition("=")
    return f"{name}={HIDDEN}" if sign and value and is_secret_field(unquote_plus(name)) else pair

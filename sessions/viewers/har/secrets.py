"""Which headers and fields of forms let somebody in: their values are shown when they are asked for, not before."""

# What stands in the place of such a value.
HIDDEN = "HIDDEN"
HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token"})
# Forms name them in many ways: `user[password]`, `csrf_token`, `clientSecret`.
_WORDS = ("password", "passwd", "passphrase", "secret", "token", "apikey", "api_key", "credential", "otp")


def is_secret_header(name: str) -> bool:
    return name.lower() in HEADERS


def is_secret_field(name: str) -> bool:
    return is_secret_header(name) or any(word in name.lower() for word in _WORDS)

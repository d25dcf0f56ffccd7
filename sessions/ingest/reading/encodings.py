"""Which encoding a text is in that should be in UTF-8: told by its first bytes, so that a refusal can name it."""

MARKS = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
# Without a mark: where the NULs are in four bytes of text that begins with ASCII.
NULS: dict[tuple[bool, ...], str] = {
    (False, True, True, True): "UTF-32",
    (True, True, True, False): "UTF-32",
    (False, True, False, True): "UTF-16",
    (True, False, True, False): "UTF-16",
}


def foreign_encoding(raw: bytes) -> str | None:
    """UTF-16 or UTF-32; None for what may be UTF-8. Excel and PowerShell write UTF-16."""
    for mark, name in MARKS:
        if raw.startswith(mark):
            return name
    return NULS.get(tuple(byte == 0 for byte in raw[:4]))


def save_as_utf8(encoding: str) -> str:
    """What to say of it."""
    return f"is encoded in {encoding}: save it as UTF-8"

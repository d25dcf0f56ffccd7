"""The encoding of a text file: shown by its byte order mark or its NULs, or declared with its type; UTF-8 otherwise."""

import codecs
import re

# Enough to tell UTF-16 by: ASCII in it, such as times and line ends, has a NUL in every pair of bytes.
SAMPLE_BYTES = 4096

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Without a mark, little-endian is what the Encoding Standard of the web reads.
_WIDE = {
    "utf-16": "utf-16-le",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "utf-32": "utf-32-le",
    "utf-32-le": "utf-32-le",
    "utf-32-be": "utf-32-be",
}
# By the names of Python's codecs. The others are no charsets, run code paths that are slow, or carry a state.
_DECLARED = frozenset(
    f"cp{number}" for number in (437, 850, 852, 866, 874, 932, 949, 950, *range(1250, 1259))
) | frozenset(
    [
        *(f"iso8859-{part}" for part in (*range(2, 12), *range(13, 17))),
        *("koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "tis-620"),
        *("gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr"),
    ]
)  # fmt: skip
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE | re.ASCII)


def encoding_of(content_type: str, head: bytes) -> str:
    """The codec that reads a file with this type and these first bytes, and takes its byte order mark away.

    A declared UTF-16 or UTF-32 is believed only of bytes that are not UTF-8 as they stand.
    """
    for mark, codec in _MARKS:
        if head.startswith(mark) and _decodes(head, codec):
            return codec
    if wide := _wide_by_nuls(head[:SAMPLE_BYTES]):
        return wide
    declared = _declared(content_type)
    if declared in _WIDE:
        return "utf-8-sig" if _decodes(head, "utf-8") else _WIDE[declared]
    return declared if declared in _DECLARED else "utf-8-sig"


def believed_charset(content_type: str) -> str:
    """All that `encoding_of` takes from a type: the same bytes under the same charset have the same encoding."""
    declared = _declared(content_type)
    return declared if declared in _DECLARED or declared in _WIDE else ""


def served_charset(content_type: str) -> str:
    """For the Content-Type header of a text. Browsers see a byte order mark themselves."""
    declared = _declared(content_type)
    return declared.replace("_", "-") if declared in _DECLARED else "utf-8"


def _declared(content_type: str) -> str:
    """The name of the codec of a declared charset; empty without one, or one that is not known."""
    if (found := _CHARSET.search(content_type)) is None:
        return ""
    try:
        name = codecs.lookup(found[1]).name
    except LookupError:
        return ""
    return "cp1252" if name == "iso8859-1" else name  # as browsers read it: its curly quotes are no control characters


def _wide_by_nuls(sample: bytes) -> str | None:
    """UTF-16 without a mark: NULs in one byte of the pairs and hardly any in the other."""
    pairs = len(sample) // 2
    high, low = sample[0::2].count(0), sample[1::2].count(0)
    often, seldom = max(high, low), min(high, low)
    if pairs < 2 or often < pairs / 4 or seldom > often / 16:
        return None
    codec = "utf-16-be" if high > low else "utf-16-le"
    return codec if _decodes(sample, codec) else None


def _decodes(head: bytes, codec: str) -> bool:
    """Its last character may be cut."""
    try:
        codecs.getincrementaldecoder(codec)().decode(head)
    except UnicodeError:
        return False
    return True

"""Files of MP4's family (ISO base media, QuickTime): a row of boxes, each with its size and its name."""

# What a file may begin with before the box that tells what it is.
_FILLING = frozenset({b"free", b"skip", b"wide"})
_FRAGMENTS = frozenset({b"styp", b"sidx", b"moof", b"emsg", b"prft"})
_CLASSIC = frozenset({b"moov", b"mdat", b"pnot"})  # QuickTime of before there were brands
_TYPES = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"hevc": "image/heic",
    b"hevx": "image/heic",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"M4V ": "video/x-m4v",
}
# In bytes. What claims to be larger is a text that has the name of a box as its fifth to eighth letters.
_LARGEST = {b"mdat": 1 << 29}
# A brand that says no more than that it is a picture: a compatible one says which.
_PICTURES = frozenset({b"mif1", b"msf1", b"miaf"})


def type_of_boxes(head: bytes) -> str | None:
    """The type of a file that begins so; None for one of another family."""
    place = 0
    while place + 8 <= len(head):
        size, name = int.from_bytes(head[place : place + 4], "big"), head[place + 4 : place + 8]
        if size >= _LARGEST.get(name, 1 << 24):
            return None
        if name == b"ftyp":
            return _type_of_brands(head[place + 8 : place + min(max(size, 12), 256)])
        if name in _FRAGMENTS:
            return "video/mp4"
        if name in _CLASSIC:
            return "video/quicktime"
        if name not in _FILLING or size < 8:
            return None
        place += size
    return "video/mp4" if place > len(head) else None


def _type_of_brands(brands: bytes) -> str:
    """By the major brand, which is followed by a version and the compatible ones."""
    major = brands[:4]
    if major in _PICTURES:
        compatible = {brands[start : start + 4] for start in range(8, len(brands), 4)}
        return "image/avif" if compatible & {b"avif", b"avis"} else "image/heic"
    if major[:2] == b"3g":
        return "video/3gpp2" if major[:3] == b"3g2" else "video/3gpp"
    return _TYPES.get(major, "video/mp4")

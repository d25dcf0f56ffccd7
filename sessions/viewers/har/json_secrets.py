"""JSON as text with what lets somebody in taken out of it, also where the text is cut or was laid out by somebody."""

import json
import re

from sessions.viewers.har.secrets import HIDDEN, is_secret_field

# Strings, and what stands between them. Together they match everywhere, so that no quote is looked at twice.
_PIECES = re.compile(r'"(?:[^"\\]++|\\.)*+"?+|[^"]++', re.DOTALL)
_PLAIN_VALUE = re.compile(r"(\s*+:\s*+)[^\s,\[\]{}]++")


def json_without_secrets(text: str) -> str:
    """HIDDEN in place of each string, number or word that is the value of a name which may let somebody in.

    Anything else than JSON stays as it is.
    """
    if not text.lstrip().startswith(("{", "[")):
        return text
    shown: list[str] = []
    name, is_secret = "", False
    for piece in _PIECES.findall(text):
        if piece.startswith('"'):
            shown.append(f'"{HIDDEN}"' if is_secret else piece)
            name, is_secret = piece, False
        elif name and piece.lstrip().startswith(":") and is_secret_field(_decoded(name)):
            plain = _PLAIN_VALUE.match(piece)
            shown.append(f"{plain[1]}{HIDDEN}{piece[plain.end() :]}" if plain else piece)
            name, is_secret = "", piece.strip() == ":"
        else:
            shown.append(piece)
            name, is_secret = "", False
    return "".join(shown)


def _decoded(name: str) -> str:
    try:
        return str(json.loads(name))
    except ValueError:
        return name

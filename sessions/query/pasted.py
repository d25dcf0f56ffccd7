"""A session as somebody names it in a field: by its id, its producer's external id, or a link to it."""

import re

from sessions.contract.schema import Session
from sessions.models import User
from sessions.query.records import find_named

LONGEST = 2_000

# The address of a session, of a file of it, or of it in the API.
_ID = re.compile(r"[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
_IN_A_LINK = re.compile(rf"/sessions/({_ID.pattern})(?![^/?#\s])")


def find_pasted(viewer: User, text: str) -> Session | None:
    """None alike for what does not exist and for what the viewer may not see."""
    text = text.strip()
    if not text or len(text) > LONGEST:
        return None
    link = _IN_A_LINK.search(text)
    return find_named(viewer, text) or (find_named(viewer, link[1]) if link else None)


def is_id_or_link(text: str) -> bool:
    """Whether it can be nothing but an id of a session or a link to one. An external id can be any text."""
    text = text.strip()
    return bool(_ID.fullmatch(text) or (_IN_A_LINK.search(text) and "://" in text and len(text.split()) == 1))

"""Names that were resolved a moment ago: a session that is sent alone would spend half its time on looking them up.

One catalogue a thread, since another thread's rollback must not empty it in between. A row that has been
deleted meanwhile is noticed by a foreign key, and looked up again; a member's e-mail address that has
moved to somebody else is noticed within SECONDS.
"""

import threading
import time

from sessions.ingest.catalogue import Catalogue
from sessions.models import Organisation

SECONDS = 60
# Of one organisation, so that a producer with a user a session does not fill the memory.
MOST_NAMES = 20_000

_thread = threading.local()


def known_names(organisation: Organisation) -> Catalogue:
    """The organisation's names as this thread knows them."""
    kept: dict[int, tuple[Catalogue, float]] = _thread.__dict__.setdefault("catalogues", {})
    catalogue, since = kept.get(organisation.pk, (None, 0.0))
    now = time.monotonic()
    if catalogue is None or now - since > SECONDS or len(catalogue) > MOST_NAMES:
        for other in [other for other, (_, begun) in kept.items() if now - begun > SECONDS]:
            del kept[other]
        catalogue = Catalogue(organisation)
        kept[organisation.pk] = catalogue, now
    return catalogue

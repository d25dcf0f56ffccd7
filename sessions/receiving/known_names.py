"""Names that were resolved a moment ago: a session that is sent alone would spend half its time on looking them up.

One catalogue an organisation, which the threads of a process share: each takes what it knows of a line, and gives
back what it has committed. Nothing of it is trusted: the statement that writes the session also checks the names
(`NAMES_HOLD`), and a row that has been deleted is noticed by a foreign key. Then all names are looked up again.
"""

import time

from sessions.ingest.writing.catalogue import Catalogue
from sessions.models import Organisation

SECONDS = 60
# Of one organisation, so that a producer with a user a session does not fill the memory.
MOST_NAMES = 20_000

_kept: dict[int, tuple[Catalogue, float]] = {}


def known_names(organisation: Organisation) -> Catalogue:
    """The organisation's names as this process knows them: for `about` and `learn` only."""
    catalogue, since = _kept.get(organisation.pk, (None, 0.0))
    now = time.monotonic()
    if catalogue is None or now - since > SECONDS or len(catalogue) > MOST_NAMES:
        for other in [other for other, (_, begun) in list(_kept.items()) if now - begun > SECONDS]:
            _kept.pop(other, None)
        catalogue = Catalogue(organisation.pk)
        _kept[organisation.pk] = catalogue, now
    return catalogue

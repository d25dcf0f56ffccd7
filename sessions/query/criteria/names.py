"""Names, as people type them and pages show them, turned into keys on the small tables."""

from collections.abc import Iterable, Mapping

from sessions.models import Organisation
from sessions.models.keys import Kind, key
from sessions.postgresql.fetching import fetch_prepared

# In lower case as `search_text` is, by the database, whose letters are not Python's.
PATTERNS = "ANY(ARRAY(SELECT lower(pattern) FROM unnest(%(q)s::text[]) pattern))"

# What has one of the names, by filter: (kind, id).
NAMED = {
    # People by e-mail or username, whatever its case.
    "user": f"""
        SELECT {Kind.USER:d}, id FROM history_user
        WHERE organisation_id = %(organisation)s AND (lower(email) = ANY(%(user)s) OR lower(username) = ANY(%(user)s))
    """,
    "app": f"""
        SELECT {Kind.APP:d}, id FROM history_app
        WHERE organisation_id = %(organisation)s AND app_id = ANY(%(app)s)
    """,
    "device": f"""
        SELECT {Kind.DEVICE:d}, id FROM history_device
        WHERE organisation_id = %(organisation)s AND model = ANY(%(device)s)
    """,
    # Systems by name and version ("iOS 17.5"), by version ("17.5"), or by major version ("iOS 17", "17").
    "os": f"""
        SELECT {Kind.OS:d}, id FROM history_operatingsystem, split_part(version, '.', 1) major
        WHERE organisation_id = %(organisation)s
          AND ARRAY[lower(name), lower(version), lower(major), lower(trim(name || ' ' || version)),
                    lower(trim(name || ' ' || major))] && %(os)s
    """,
    # What has the text anywhere in its app ID, app name, username, e-mail or token label.
    "q": f"""
        SELECT {Kind.APP:d}, id FROM history_app
        WHERE organisation_id = %(organisation)s AND search_text LIKE {PATTERNS}
        UNION ALL
        SELECT {Kind.USER:d}, id FROM history_user
        WHERE organisation_id = %(organisation)s AND search_text LIKE {PATTERNS}
        UNION ALL
        SELECT {Kind.TOKEN:d}, id FROM history_apitoken
        WHERE organisation_id = %(organisation)s AND lower(label) LIKE {PATTERNS}
    """,
}
ANY_CASE = {"user", "os"}


def keys_of_names(organisation: Organisation, asked: Mapping[str, Iterable[str]]) -> dict[str, set[int]]:
    """The keys of what has one of the names, for each filter of NAMED that is asked for: in one statement."""
    found: dict[str, set[int]] = {name: set() for name in asked}
    if not found:
        return found
    parameters: dict[str, object] = {"organisation": organisation.pk}
    for name, values in asked.items():
        if name == "q":
            parameters[name] = [f"%{escaped(value)}%" for value in values]
        else:
            parameters[name] = [value.lower() if name in ANY_CASE else value for value in values]
    # An array of each kind: as rows, thousands of names take as long to read as to find.
    each = (
        f"SELECT '{name}', kind, array_agg(id) FROM ({NAMED[name]}) named (kind, id) GROUP BY kind" for name in asked
    )
    for name, kind, idents in fetch_prepared(" UNION ALL ".join(each), parameters):
        first = key(kind, 0)
        found[name].update(first | ident for ident in idents)
    return found


def escaped(text: str) -> str:
    """For LIKE, where each character means itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def major_version(version: str) -> str:
    return version.split(".", maxsplit=1)[0]

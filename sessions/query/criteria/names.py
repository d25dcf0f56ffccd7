"""Names, as people type them and pages show them, turned into keys on the small tables."""

from collections.abc import Callable, Iterable, Mapping

from sessions.contract.names import clean, composed
from sessions.models import Organisation
from sessions.models.dimensions import FILTERS, Kind
from sessions.models.keys import TextKey, key, sql_text_ident
from sessions.postgresql.fetching import fetch_prepared
from sessions.postgresql.folding import sql_folded
from sessions.query.criteria.values import DEVICE_EXACTLY, is_bracketed, is_quoted

# The major version: 17 of iOS 17.5, 13 of Android 13 (API 33) or 13-beta2, 10 of macOS 10_15_7 or Windows 10 Pro.
MAJOR = "coalesce(substring(version FROM '^[0-9]+'), split_part(version, '.', 1))"
PATTERNS = f"ANY({sql_folded('%(q)s')})"

TEXTS = {name: dimension for name, dimension in FILTERS.items() if dimension.is_text}
# For each filter, the statement that selects the (kind, id) of everything with one of the names.
NAMED = {
    # People by e-mail or username, whatever its case, or exactly one of them: see `sessions.query.criteria.values`.
    "user": f"""
        SELECT {Kind.USER:d}, id FROM history_user
        WHERE organisation_id = %(organisation)s AND (
            lower(email) = ANY({sql_folded("%(user_emails)s")})
            OR lower(username) = ANY({sql_folded("%(user_names)s")})
            OR (email IS NULL AND username = ANY(%(user_exactly)s::text[]))
        )
    """,
    "app": f"""
        SELECT {Kind.APP:d}, id FROM history_app
        WHERE organisation_id = %(organisation)s AND app_id = ANY(%(app)s)
    """,
    # Devices by model, by maker and model, or exactly.
    "device": f"""
        SELECT {Kind.DEVICE:d}, id FROM history_device
        WHERE organisation_id = %(organisation)s AND (
            model = ANY(%(device)s::text[]) OR manufacturer || ' ' || model = ANY(%(device)s::text[])
            OR {DEVICE_EXACTLY} = ANY(%(device_exactly)s::text[])
        )
    """,
    # Systems by name and version ("iOS 17.5"), by version ("17.5"), or by major version ("iOS 17", "17").
    "os": f"""
        SELECT {Kind.OS:d}, id FROM history_operatingsystem, {MAJOR} AS major
        WHERE organisation_id = %(organisation)s
          AND ARRAY[lower(name), lower(version), lower(major), lower(trim(name || ' ' || version)),
                    lower(trim(name || ' ' || major))] && {sql_folded("%(os)s")}
    """,
    # Apps, people and tokens with the text anywhere in an app ID, app name, username, e-mail or token label.
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
# The filters whose values are looked up.
LOOKED_UP = (*NAMED, *TEXTS)


def keys_of_names(organisation: Organisation, asked: Mapping[str, Iterable[str]]) -> dict[str, set[int]]:
    """For each filter of LOOKED_UP that is asked for, the keys of what has one of the names. Takes one statement."""
    found: dict[str, set[int]] = {name: set() for name in asked}
    if not found:
        return found
    parameters: dict[str, object] = {"organisation": organisation.pk}
    for name, values in asked.items():
        parameters |= _parameters(name, values)
    for name, kind, idents, texts in fetch_prepared(" UNION ALL ".join(map(_sql_idents, asked)), parameters):
        first = key(kind, 0)
        if texts:
            found[name].update(TextKey(first | ident, text) for ident, text in zip(idents, texts, strict=True))
        else:
            found[name].update(first | ident for ident in idents)
    return found


def _sql_idents(name: str) -> str:
    """One array for each kind: reading thousands of ids as rows takes as long as finding them."""
    if name in TEXTS:
        ident = sql_text_ident("text", "%(organisation)s::bigint")
        given = f"unnest(%({name})s::text[]) AS given (text)"
        return f"SELECT '{name}', {TEXTS[name].kind:d}, array_agg({ident}), array_agg(text) FROM {given}"
    return f"""
        SELECT '{name}', kind, array_agg(id), NULL::text[] FROM ({NAMED[name]}) named (kind, id) GROUP BY kind
    """


def _parameters(name: str, values: Iterable[str]) -> dict[str, list[str]]:
    """The values in the normal form of names, and as they were given: names stored long ago may have another form."""
    if name == "q":
        return {"q": [f"%{escaped(text)}%" for text in _both(values, composed)]}
    given = _both(values, clean)
    if name == "user":
        plain = [value for value in given if not (is_quoted(value) or is_bracketed(value))]
        return {
            "user_emails": plain + [value[1:-1] for value in given if is_bracketed(value)],
            "user_names": plain,
            "user_exactly": [value[1:-1] for value in given if is_quoted(value)],
        }
    if name == "device":
        return {
            "device": [value for value in given if not is_quoted(value)],
            "device_exactly": [value for value in given if is_quoted(value)],
        }
    return {name: given}


def _both(values: Iterable[str], form: Callable[[str], str]) -> list[str]:
    values = list(values)
    return list(dict.fromkeys([*map(form, values), *values]))


def escaped(text: str) -> str:
    """The text as a LIKE pattern in which each character stands for itself."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")

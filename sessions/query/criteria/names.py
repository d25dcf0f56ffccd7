"""Names, as people type them and pages show them, turned into keys on the small tables."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from sessions.contract.names import clean, composed
from sessions.models import Organisation
from sessions.models.dimensions import FILTERS, OF_KIND, Dimension, Kind
from sessions.models.keys import KIND_BITS, TextKey, key, sql_text_ident
from sessions.postgresql.fetching import fetch_prepared
from sessions.postgresql.folding import escaped, sql_folded
from sessions.query.criteria.values import DEVICE_EXACTLY, is_bracketed, is_quoted

# The major version: 17 of iOS 17.5, 13 of Android 13 (API 33) or 13-beta2, 10 of macOS 10_15_7 or Windows 10 Pro.
MAJOR = "coalesce(substring(version FROM '^[0-9]+'), split_part(version, '.', 1))"
PATTERNS = f"ANY({sql_folded('%({at}_texts)s')})"


def sql_is_named(column: str) -> str:
    return f"{column} = ANY(%({{at}}_names)s::text[]) OR {column} LIKE ANY(%({{at}}_like)s::text[])"


TEXTS = {name: dimension for name, dimension in FILTERS.items() if dimension.is_text}
# Values of attributes, as `of_attribute` writes them.
ATTRIBUTES = "attr"
TEXTS[ATTRIBUTES] = OF_KIND[Kind.ATTRIBUTE]
# For each filter, the statement that selects the (kind, id) of everything with one of the names, or whose name begins
# with one of the prefixes. `{at}` tells the parameters of one look-up from those of another in the same statement.
NAMED = {
    # People by e-mail or username, whatever its case, or exactly one of them: see `sessions.query.criteria.values`.
    "user": f"""
        SELECT {Kind.USER:d}, id FROM history_user
        WHERE organisation_id = %(organisation)s AND (
            lower(email) = ANY({sql_folded("%({at}_emails)s")})
            OR lower(username) = ANY({sql_folded("%({at}_names)s")})
            OR (email IS NULL AND username = ANY(%({{at}}_exactly)s::text[]))
            OR lower(email) LIKE ANY({sql_folded("%({at}_like)s")})
            OR lower(username) LIKE ANY({sql_folded("%({at}_like)s")})
        )
    """,
    # Tokens by their label, as their sessions show it.
    "token": f"""
        SELECT {Kind.TOKEN:d}, id FROM history_apitoken
        WHERE organisation_id = %(organisation)s AND ({sql_is_named("label")})
    """,
    "app": f"""
        SELECT {Kind.APP:d}, id FROM history_app
        WHERE organisation_id = %(organisation)s AND ({sql_is_named("app_id")})
    """,
    "group": f"""
        SELECT {Kind.APP:d}, id FROM history_app
        WHERE organisation_id = %(organisation)s AND "group" <> '' AND ({sql_is_named('"group"')})
    """,
    # Devices by model, by maker and model, or exactly.
    "device": f"""
        SELECT {Kind.DEVICE:d}, id FROM history_device
        WHERE organisation_id = %(organisation)s AND (
            {sql_is_named("model")} OR {sql_is_named("manufacturer || ' ' || model")}
            OR {DEVICE_EXACTLY} = ANY(%({{at}}_exactly)s::text[])
        )
    """,
    # Systems by name and version ("iOS 17.5"), by version ("17.5"), or by major version ("iOS 17", "17").
    "os": f"""
        SELECT {Kind.OS:d}, id FROM history_operatingsystem, {MAJOR} AS major
        WHERE organisation_id = %(organisation)s AND (
            ARRAY[lower(name), lower(version), lower(major), lower(trim(name || ' ' || version)),
                  lower(trim(name || ' ' || major))] && {sql_folded("%({at}_names)s")}
            OR lower(version) LIKE ANY({sql_folded("%({at}_like)s")})
            OR lower(name || ' ' || version) LIKE ANY({sql_folded("%({at}_like)s")})
        )
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


class LookUp(NamedTuple):
    """What has one of these names, or a name that begins with one of the prefixes; `name` is one of LOOKED_UP."""

    name: str
    values: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()


def keys_of_names(organisation: Organisation, asked: Mapping[str, Iterable[str]]) -> dict[str, set[int]]:
    """For each filter of LOOKED_UP that is asked for, the keys of what has one of the names. Takes one statement."""
    look_ups = [LookUp(name, tuple(values)) for name, values in asked.items()]
    return dict(zip(asked, keys_of_each(organisation, look_ups), strict=True))


def keys_of_each(organisation: Organisation, look_ups: Sequence[LookUp]) -> list[set[int]]:
    """The keys that each look-up finds. Takes one statement."""
    found: list[set[int]] = [set() for _ in look_ups]
    if not found:
        return found
    parameters: dict[str, object] = {"organisation": organisation.pk}
    for number, look_up in enumerate(look_ups):
        parameters |= {f"at_{number}_{name}": values for name, values in _parameters(look_up).items()}
    statement = " UNION ALL ".join(_sql_idents(number, look_up.name) for number, look_up in enumerate(look_ups))
    for number, kind, idents, texts in fetch_prepared(statement, parameters):
        if idents is None:  # of texts, only prefixes were given
            continue
        first = key(kind, 0)
        if texts:
            found[number].update(TextKey(first | ident, text) for ident, text in zip(idents, texts, strict=True))
        else:
            found[number].update(first | ident for ident in idents)
    return found


def _sql_idents(number: int, name: str) -> str:
    """One array for each kind: reading thousands of ids as rows takes as long as finding them."""
    at = f"at_{number}"
    if name in TEXTS:
        ident = sql_text_ident("text", "%(organisation)s::bigint")
        given = f"({_sql_texts(TEXTS[name], at)}) AS given (text)"
        return f"SELECT {number}, {TEXTS[name].kind:d}, array_agg({ident}), array_agg(text) FROM {given}"
    named = NAMED[name].format(at=at)
    return f"SELECT {number}, kind, array_agg(id), NULL::text[] FROM ({named}) named (kind, id) GROUP BY kind"


def _sql_texts(dimension: Dimension, at: str) -> str:
    """The texts that are asked for. Those with a prefix are among the organisation's facets."""
    given = f"SELECT unnest(%({at}_names)s::text[])"
    if not dimension.is_facet:
        return given
    first, last = dimension.kind << KIND_BITS, (dimension.kind + 1) << KIND_BITS
    return f"""
        {given} UNION SELECT text FROM history_facet
        WHERE owner = {key(Kind.ORGANISATION, 0)} | %(organisation)s::bigint AND value >= {first} AND value < {last}
          AND text LIKE ANY(%({at}_like)s::text[])
    """


def _parameters(look_up: LookUp) -> dict[str, list[str]]:
    """The values in the normal form of names, and as they were given: names stored long ago may have another form."""
    if look_up.name == "q":
        return {"texts": [f"%{escaped(text)}%" for text in _both(look_up.values, composed)]}
    given = _both(look_up.values, clean)
    like = [f"{escaped(prefix)}%" for prefix in _both(look_up.prefixes, composed)]
    if look_up.name == "user":
        plain = [value for value in given if not (is_quoted(value) or is_bracketed(value))]
        return {
            "emails": plain + [value[1:-1] for value in given if is_bracketed(value)],
            "names": plain,
            "exactly": [value[1:-1] for value in given if is_quoted(value)],
            "like": like,
        }
    if look_up.name == "device":
        return {
            "names": [value for value in given if not is_quoted(value)],
            "exactly": [value for value in given if is_quoted(value)],
            "like": like,
        }
    return {"names": given, "like": like}


def _both(values: Iterable[str], form: Callable[[str], str]) -> list[str]:
    values = list(values)
    return list(dict.fromkeys([*map(form, values), *values]))

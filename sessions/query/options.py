"""The options of a viewer's filters. All occur in sessions that the viewer may see, so that no name leaks."""

from dataclasses import dataclass, field
from hashlib import sha256

from django.core.cache import cache

from sessions.contract.names import composed
from sessions.models import User
from sessions.models.dimensions import FACETS, FILTERS, Dimension, Kind
from sessions.models.keys import IDENT, KIND_BITS, VALUES_PER_ORGANISATION
from sessions.postgresql.fetching import fetch_prepared
from sessions.postgresql.folding import escaped
from sessions.query.criteria.groups import WORDS
from sessions.query.criteria.names import MAJOR
from sessions.query.criteria.values import USER_VALUE, sql_device_values
from sessions.query.criteria.visibility import facet_owners

# Nobody reads a list of hundreds, and each option adds 200 bytes to every page. Typing finds the others.
MOST_OPTIONS = 100
# Options are cached if a list was cut, since the first of many names hardly ever change. Short lists are never old.
KNOWN_SECONDS = 60


@dataclass
class Options:
    """(value, label) pairs by filter, in the order people look for them; `more` names the lists that were cut.

    For operating systems the pairs are (name, version), and `majors` has the major version of each version.
    """

    values: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    majors: dict[str, str] = field(default_factory=dict)
    more: set[str] = field(default_factory=set)


def filter_options(viewer: User, search: str = "") -> Options:
    """At most 100 options for each filter, which contain `search`. Without a search, options may be a minute old."""
    owners, search = facet_owners(viewer), composed(search)
    if search:
        return read_options(viewer, owners, search)
    key = f"options-{viewer.organisation_id}-{sha256(repr(owners).encode()).hexdigest()}"
    known: Options | None = cache.get(key)
    if known:
        return known
    options = read_options(viewer, owners)
    if options.more:
        cache.set(key, options, KNOWN_SECONDS)
    return options


def read_options(viewer: User, owners: list[int], search: str = "") -> Options:
    """Reads facets and small tables alone."""
    rows = fetch_prepared(
        f"""
        {sql_users("u.username", "lower(u.email)", "u.email IS NOT NULL", search)}
        UNION ALL
        {sql_users("''", "u.username", "u.email IS NULL", search)}
        UNION ALL
        (SELECT 'app', a.app_id, a.name, ''
         FROM history_app a
         WHERE a.id = ANY({sql_seen(Kind.APP)}) AND {sql_like("a.app_id, ' ', a.name", search)}
         ORDER BY a.name, a.app_id LIMIT {MOST_OPTIONS + 1})
        UNION ALL
        (SELECT 'device', d.value, CASE WHEN d.value = d.model THEN d.manufacturer ELSE '' END, ''
         FROM ({sql_device_values(sql_devices(search))}) d
         ORDER BY d.model, d.manufacturer)
        UNION ALL
        (SELECT 'os', o.name, o.version, {MAJOR}
         FROM history_operatingsystem o
         WHERE o.id = ANY({sql_seen(Kind.OS)}) AND {sql_like("o.name, ' ', o.version", search)}
         ORDER BY o.name, o.version LIMIT {MOST_OPTIONS + 1})
        {" ".join(f"UNION ALL {sql_words(dimension, search)}" for dimension in FACETS if not dimension.has_ids)}
        """,
        {
            "organisation": viewer.organisation_id,
            "owners": owners,
            "pattern": f"%{escaped(search)}%",
            "users": MOST_OPTIONS + 1 if viewer.is_admin else 0,
        },
    )
    options = Options()
    for name, value, label, major in rows:
        if name == "os":
            options.majors[label] = major
        words = WORDS.get(FILTERS[name].kind)
        word = words[int(value)] if words else value
        options.values.setdefault(name, []).append((word, label))
    for name, found in options.values.items():
        if len(found) > MOST_OPTIONS:
            options.more.add(name)
            del found[MOST_OPTIONS:]
    return options


def sql_users(label: str, order: str, condition: str, search: str) -> str:
    """Walks an index of names (user_email_per_organisation, user_username_without_email) until there are enough users.

    There may be many thousands of them, and only the first few are shown.
    """
    return f"""
        (SELECT 'user', {USER_VALUE}, {label}, ''
         FROM history_user u
         WHERE u.organisation_id = %(organisation)s AND {condition} AND {sql_like("u.email, ' ', u.username", search)}
           AND EXISTS (
               SELECT FROM history_facet f WHERE f.owner = ANY(%(owners)s) AND f.value = {Kind.USER << KIND_BITS} | u.id
           )
         ORDER BY {order} LIMIT %(users)s)
    """


def sql_devices(search: str) -> str:
    return f"""
        SELECT DISTINCT manufacturer, model
        FROM history_device
        WHERE id = ANY({sql_seen(Kind.DEVICE)}) AND model <> '' AND {sql_like("manufacturer, ' ', model", search)}
        ORDER BY model, manufacturer LIMIT {MOST_OPTIONS + 1}
    """


def sql_words(dimension: Dimension, search: str) -> str:
    """The words or texts among the owners' facets. The names of dimensions with ids are in small tables."""
    name, kind = dimension.parameter, dimension.kind
    if dimension.is_text:
        return f"""
            (SELECT DISTINCT '{name}', text, '', '' FROM history_facet
             WHERE {sql_of_kind(kind)} AND {sql_like("text", search)}
             ORDER BY text LIMIT {MOST_OPTIONS + 1})
        """
    return f"""
        SELECT DISTINCT '{name}', (id %% {VALUES_PER_ORGANISATION})::text, '', '' FROM unnest({sql_seen(kind)}) AS id
    """


def sql_seen(kind: Kind) -> str:
    """The ids of a kind among the owners' facets, as an array: a range of the primary key (owner, value)."""
    return f"""ARRAY(
        SELECT value & {IDENT} FROM history_facet WHERE {sql_of_kind(kind)}
    )"""


def sql_of_kind(kind: Kind) -> str:
    first, last = kind << KIND_BITS, (kind + 1) << KIND_BITS
    return f"owner = ANY(%(owners)s) AND value >= {first} AND value < {last}"


def sql_like(parts: str, search: str) -> str:
    """Compares nothing without a search: comparing 5,000 names takes 5 ms."""
    return f"concat({parts}) ILIKE %(pattern)s" if search else "TRUE"

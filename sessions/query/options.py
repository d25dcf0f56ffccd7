"""What a viewer can filter by: only what occurs in sessions the viewer may see, so that no name leaks."""

from dataclasses import dataclass, field

from sessions.keys import KIND_BITS, VALUES_PER_ORGANISATION, Kind
from sessions.models import User
from sessions.query.criteria import WORDS
from sessions.query.search import fetch_all
from sessions.query.visibility import facet_owners

MOST_OPTIONS = 300


@dataclass
class Options:
    """(value, label) pairs by filter, in the order people look for them; `more` names the lists that were cut."""

    values: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    more: set[str] = field(default_factory=set)


def filter_options(viewer: User, search: str = "") -> Options:
    """Read from facets and small tables alone, at most 300 of a kind, those that contain `search`."""
    escaped = search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = fetch_all(
        f"""
        WITH seen AS (
            SELECT DISTINCT value >> {KIND_BITS} AS kind, value & {(1 << KIND_BITS) - 1} AS id
            FROM history_facet WHERE owner = ANY(%(owners)s)
        )
        (SELECT DISTINCT 'user', COALESCE(u.email, u.username) AS value,
                CASE WHEN u.email IS NULL OR u.username = '' THEN '' ELSE u.username END AS label
         FROM seen JOIN history_user u ON seen.kind = {Kind.USER} AND u.id = seen.id
         WHERE concat(u.email, ' ', u.username) ILIKE %(pattern)s ORDER BY value LIMIT {MOST_OPTIONS + 1})
        UNION ALL
        (SELECT DISTINCT 'app', a.app_id, a.name
         FROM seen JOIN history_app a ON seen.kind = {Kind.APP} AND a.id = seen.id
         WHERE concat(a.app_id, ' ', a.name) ILIKE %(pattern)s ORDER BY a.name, a.app_id LIMIT {MOST_OPTIONS + 1})
        UNION ALL
        (SELECT DISTINCT 'device', d.model, d.manufacturer
         FROM seen JOIN history_device d ON seen.kind = {Kind.DEVICE} AND d.id = seen.id
         WHERE d.model <> '' AND concat(d.manufacturer, ' ', d.model) ILIKE %(pattern)s
         ORDER BY d.model LIMIT {MOST_OPTIONS + 1})
        UNION ALL
        (SELECT DISTINCT 'os', o.name, o.version
         FROM seen JOIN history_operatingsystem o ON seen.kind = {Kind.OS} AND o.id = seen.id
         WHERE concat(o.name, ' ', o.version) ILIKE %(pattern)s LIMIT {MOST_OPTIONS + 1})
        UNION ALL
        SELECT DISTINCT 'platform', (seen.id %% {VALUES_PER_ORGANISATION})::text, ''
        FROM seen WHERE seen.kind = {Kind.PLATFORM}
        """,
        {"owners": facet_owners(viewer), "pattern": f"%{escaped}%"},
    )
    options = Options()
    for name, value, label in rows:
        word = WORDS[Kind.PLATFORM][int(value)] if name == "platform" else value
        options.values.setdefault(name, []).append((word, label))
    for name, found in options.values.items():
        if len(found) > MOST_OPTIONS:
            options.more.add(name)
            del found[MOST_OPTIONS:]
    if not viewer.is_admin:
        options.values.pop("user", None)
    return options

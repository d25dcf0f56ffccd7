"""Everything that a session is found by, declared once: an app, a person, a status, an environment ...

Keys, indexes, criteria, plans, parameters, the filter bar, options, facets, retention and usage read this table. To add
a dimension, add an entry and a migration. An entry is one of four sorts:

- With a `table`, the column has ids of that small table. `sessions.query.criteria.names` finds names in it.
- With a `vocabulary` and a column, the column has one of the vocabulary's words.
- With a `vocabulary` alone (flags), each word is a boolean column of its own, and a session can have several.
- With neither, the column has any text that a producer sends, and the filter finds exact values. Or it is a map, which
  has any number of such texts by name.
"""

from dataclasses import dataclass
from enum import IntEnum

from django.db.models import TextChoices

from sessions.contract.choices import Flag, InitiatorType, Platform, Status


class Kind(IntEnum):
    """The number of a dimension in keys. Rows and indexes store it, so it never changes."""

    ORGANISATION = 1  # owns facets and counts; not a dimension
    USER = 2
    TOKEN = 3
    APP = 4
    DEVICE = 5
    OS = 6
    STATUS = 7
    PLATFORM = 8
    FLAG = 9
    ENVIRONMENT = 10
    VERSION = 11
    BUILD = 12
    NETWORK = 13
    COUNTRY = 14
    SPACE = 15
    INSTALLATION = 16
    INITIATOR = 17
    ATTRIBUTE = 18


@dataclass(frozen=True)
class Dimension:
    """An entry of the table.

    `rank` orders dimensions by how few sessions usually have one of their values: a user, an app or a flag 2 %, a
    failed status 3 %, a device 4 %, where some names are common and most are rare. Scans read the lowest rank.
    `parameter` is repeatable in every list. The filter bar says `everything` while nothing is chosen.
    """

    kind: Kind
    rank: int
    parameter: str = ""
    label: str = ""
    everything: str = ""
    help_text: str = ""
    column: str = ""
    table: str = ""
    vocabulary: type[TextChoices] | None = None
    # What its index by date, session_<column>, leaves out: None, for sessions without a value, or a word that nearly
    # all sessions have.
    unindexed: str | None = ""
    # It has an index by date. Without one, the index of keys finds its sessions.
    has_own_index: bool = True
    # Its values are noted when they are written (`Facet`), and the filter bar offers those that a viewer may see.
    is_facet: bool = False
    # A session belongs to its value: a person or a token.
    is_owner: bool = False
    # The column has texts by name, as JSON: each name with its text is a value (`of_attribute`).
    is_map: bool = False
    # The sessions of a day are counted ahead for each value that is busy (`DayCount`).
    is_rolled_up: bool = False

    @property
    def plural(self) -> str:
        return self.label if self.label.endswith("s") else f"{self.label}s"

    @property
    def has_ids(self) -> bool:
        return bool(self.table)

    @property
    def is_text(self) -> bool:
        return not (self.table or self.vocabulary)

    @property
    def sql_type(self) -> str:
        return "bigint" if self.has_ids else "text"

    @property
    def columns(self) -> list[str]:
        return [self.column] if self.column else self.words

    @property
    def words(self) -> list[str]:
        """The words of the vocabulary. Keys have a word's place among them, so new ones come last."""
        return list(self.vocabulary.values) if self.vocabulary else []


# fmt: off
DIMENSIONS = (
    Dimension(Kind.USER, 1, "user", "User", "All users", "E-mail or username; repeatable.",
              "user_id", "history_user", unindexed=None, is_facet=True, is_owner=True, is_rolled_up=True),
    Dimension(Kind.TOKEN, 2, "token", "API token", "", "Label of the token; repeatable.",
              "token_id", "history_apitoken", unindexed=None, is_facet=True, is_owner=True, is_rolled_up=True),
    Dimension(Kind.APP, 4, "app", "App", "All apps", "App ID; repeatable.",
              "app_id", "history_app", is_facet=True, is_rolled_up=True),
    Dimension(Kind.DEVICE, 6, "device", "Device", "All devices", "Device model; repeatable.",
              "device_id", "history_device", is_facet=True, is_rolled_up=True),
    Dimension(Kind.OS, 7, "os", "OS version", "All OS versions",
              "Version, exact (iOS 17.5) or major (iOS 17); repeatable.",
              "os_id", "history_operatingsystem", is_facet=True),
    Dimension(Kind.PLATFORM, 8, "platform", "Platform", "All platforms", "Repeatable.",
              "platform", vocabulary=Platform, unindexed=None, is_facet=True),
    # The status that is shown can differ from the one that is stored: see `Criteria.stored_statuses`.
    Dimension(Kind.STATUS, 5, "status", "Status", "Any status", "Repeatable.",
              "status", vocabulary=Status, unindexed=Status.ENDED.value),
    Dimension(Kind.FLAG, 3, "flag", "Flag", "Any flag", "Sessions with one of these; repeatable.", vocabulary=Flag),
    Dimension(Kind.ENVIRONMENT, 9, "environment", "Environment", "All environments", "Exact value; repeatable.",
              "environment", unindexed=None, is_facet=True),
    Dimension(Kind.VERSION, 9, "version", "App version", "All versions", "Exact value; repeatable.",
              "app_version", has_own_index=False, is_facet=True),
    Dimension(Kind.BUILD, 9, "build", "App build", "", "Exact value; repeatable.",
              "app_build", has_own_index=False),
    Dimension(Kind.NETWORK, 10, "network", "Network", "All networks", "Exact value; repeatable.",
              "network_type", has_own_index=False, is_facet=True),
    Dimension(Kind.COUNTRY, 10, "country", "Country", "All countries", "Exact value; repeatable.",
              "country", has_own_index=False, is_facet=True),
    Dimension(Kind.SPACE, 9, "space", "Space", "", "The space's ID; repeatable.",
              "space_id", has_own_index=False),
    Dimension(Kind.INSTALLATION, 9, "installation", "Installation", "", "The installation's ID; repeatable.",
              "installation_id", has_own_index=False),
    Dimension(Kind.INITIATOR, 10, "initiator", "Started by", "Anybody", "Repeatable.",
              "initiator_type", vocabulary=InitiatorType, has_own_index=False, is_facet=True),
    # Its parameters are `attr.NAME`, which `sessions.query.parameters` reads.
    Dimension(Kind.ATTRIBUTE, 8, column="attributes", has_own_index=False, is_map=True),
)
# fmt: on
OF_KIND = {dimension.kind: dimension for dimension in DIMENSIONS}
FACETS = tuple(dimension for dimension in DIMENSIONS if dimension.is_facet)
OWNERS = tuple(dimension for dimension in DIMENSIONS if dimension.is_owner)
ROLLED_UP = tuple(dimension for dimension in DIMENSIONS if dimension.is_rolled_up)
FILTERS = {dimension.parameter: dimension for dimension in DIMENSIONS if dimension.parameter}


def of_attribute(name: str, text: str) -> str:
    """The value of an attribute: its name and its text in one."""
    return f"{name}\x1f{text}"

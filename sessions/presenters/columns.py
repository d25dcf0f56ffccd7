"""The columns of the list, each written once: the table, its order and the CSV all read them here."""

from dataclasses import dataclass

from sessions.query.criteria.conditions import DURATION_MS, SHOWN_STATUS
from sessions.query.rows import LABEL

# A spreadsheet would run a text cell that begins with one of SIGNS, plain or full-width, also behind BLANKS: spaces and
# what is not seen at all. Some run one that begins with a tab or the end of a line.
SIGNS = "=+-@＝＋－＠"
BLANKS = (
    "\t\n\v\f\r \u00a0\u00ad\u180e" + "".join(map(chr, range(0x2000, 0x2010))) + "\u2028\u202f\u205f\u2060\u3000\ufeff"
)


def escaped(characters: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in characters)


FORMULA = rf"^(?:[{escaped(BLANKS)}]*[{escaped(SIGNS)}]|[\t\r\n])"
# Where nothing harmless begins. 0 is what PostgreSQL's ascii('') is.
DOUBTFUL_STARTS = ", ".join(["0", *(str(ord(character)) for character in SIGNS + BLANKS)])


@dataclass(frozen=True)
class Field:
    """A column of the CSV: its header, and its value as SQL over the rows of `sessions.query.rows`."""

    header: str
    sql: str


@dataclass(frozen=True)
class Column:
    """A column of the page. `sort` is the value of the parameter that orders by it, ascending.

    Those without fields in the CSV have a name that says where their value is: see `sessions.presenters.display`.
    """

    name: str
    label: str
    fields: tuple[Field, ...] = ()
    sort: str | None = None
    is_number: bool = False


def text(header: str, sql: str) -> Field:
    """What a producer could have written: made harmless with a leading apostrophe where a spreadsheet would run it."""
    # Most are absent, and nearly all others harmless. PostgreSQL looks a first character up in a hash of the doubtful
    # ones: an export takes it as long as with a list of seven, which it compares one by one. With the regular
    # expression for every text it takes 1.4 times as long.
    harmless = f"ascii({sql}) NOT IN ({DOUBTFUL_STARTS})"
    return Field(
        header,
        f"CASE WHEN {sql} IS NULL THEN NULL WHEN {harmless} THEN {sql} WHEN {sql} ~ '{FORMULA}' THEN '''' || {sql} "
        f"ELSE NULLIF({sql}, '') END",
    )


def time(header: str, column: str) -> Field:
    """UTC, always with six digits of a second, as programs and spreadsheets alike read it.

    pandas takes a column for one of times only if all are written alike, LibreOffice 7.4 a time with a fraction for a
    time only if a T stands in it and no Z behind it.
    """
    # PostgreSQL leaves out the zeros at the end. to_char would not, but takes twice as long, with five times in a row.
    text = f"replace(({column} AT TIME ZONE 'UTC')::text, ' ', 'T')"
    is_whole = f"{column}::timestamptz(0) = {column}"
    return Field(f"{header} (UTC)", f"CASE WHEN {is_whole} THEN {text} || '.000000' ELSE rpad({text}, 26, '0') END")


def seconds(header: str, sql: str) -> Field:
    return Field(f"{header} (s)", f"round(({sql}) / 1000.0, 3)")


def flag(header: str, column: str) -> Field:
    """`true` or `false`, as in JSON; COPY itself would write `t` or `f`."""
    return Field(header, f"{column}::text")


# As `facts.who` says it.
INITIATOR = (
    "CASE s.initiator_type WHEN 'user' THEN COALESCE(u.email, u.username) WHEN 'token' THEN t.label "
    "ELSE COALESCE(NULLIF(s.label, ''), 'Anonymous') END"
)
FILES = (
    "(SELECT string_agg(f.name, '; ' ORDER BY f.name) FROM history_attachment f "
    "WHERE f.session_id = s.id AND f.available)"
)

COLUMNS = (
    Column("user", "User", (text("User", INITIATOR),)),
    Column(
        "app",
        "App",
        (
            text("App", "a.name"),
            text("App ID", "a.app_id"),
            text("App group", 'a."group"'),
            text("Version", "s.app_version"),
            text("Build", "s.app_build"),
        ),
    ),
    Column(
        "device",
        "Device",
        (text("Device", "d.model"), text("OS", "o.name"), text("OS version", "o.version")),
    ),
    Column("queue_time", "Queue time", (seconds("Queue time", "s.queue_ms"),), sort="queue_ms", is_number=True),
    Column(
        "duration",
        "Duration",
        (seconds("Duration", DURATION_MS), Field("Status", SHOWN_STATUS)),
        sort="duration_ms",
        is_number=True,
    ),
    Column("date", "Date", (time("Date", "s.occurred_at"),), sort="date", is_number=True),
    Column("files", "Files", (text("Files", FILES),)),
)

EXTRA_FIELDS = (
    Field("Session ID", "s.id"),
    text("External ID", "s.external_id"),
    Field("Initiator type", "s.initiator_type"),
    text("Username", "u.username"),
    text("E-mail", "u.email"),
    text("Label", LABEL),
    time("Requested", "s.requested_at"),
    time("Started", "s.started_at"),
    time("Ended", "s.ended_at"),
    time("Last seen", "s.last_seen_at"),
    Field("Queue time (ms)", "s.queue_ms"),
    Field("Duration (ms)", DURATION_MS),
    Field("Platform", "s.platform"),
    text("Device ID", "s.device_identifier"),
    text("Manufacturer", "d.manufacturer"),
    text("Device type", "d.type"),
    Field("Screen width", "s.screen_width"),
    Field("Screen height", "s.screen_height"),
    text("Network type", "s.network_type"),
    text("SDK version", "s.sdk_version"),
    text("Plug SDK version", "s.plug_version"),
    flag("Exception", "s.exception"),
    flag("Crash", "s.crash"),
    flag("ANR", "s.anr"),
    flag("Rage tap", "s.rage_tap"),
    Field("Client IP", "host(s.client_ip)"),
    Field("Server IP", "host(s.server_ip)"),
    text("User agent", "s.user_agent"),
    text("Country", "s.country"),
    Field("Latitude", "s.latitude"),
    Field("Longitude", "s.longitude"),
    Field("Location accuracy (m)", "s.location_accuracy"),
    text("Environment", "s.environment"),
    text("Data residency", "s.data_residency"),
    text("Space ID", "s.space_id"),
    text("Installation ID", "s.installation_id"),
    text("Installation version", "s.installation_version"),
    text("Client ID", "s.client_id"),
    text("Capture ID", "s.capture_id"),
    text("Resource type", "s.resource_type"),
    text("Resource ID", "s.resource_id"),
    text("Resource", "s.resource_name"),
    text("Resource technology", "s.resource_technology"),
    text("Connector ID", "s.connector_id"),
    text("Connector", "s.connector_name"),
    text("Sidecar ID", "s.sidecar_id"),
    text("Sidecar", "s.sidecar_name"),
    text("Sidecar technology", "s.sidecar_technology"),
    Field("Attributes", "NULLIF(s.attributes, '{}')::text"),
    text("Title", "s.title"),
    text("Outcome", "s.outcome"),
)

CSV_FIELDS = tuple(field for column in COLUMNS for field in column.fields) + EXTRA_FIELDS

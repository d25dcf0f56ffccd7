"""A session, its events and its attachments as they stand in JSON: the one contract for ingest, the API and the pages.

Absent means null. Times are RFC 3339 with a zone; durations are whole milliseconds;
sizes are bytes; coordinates are degrees, accuracy is metres.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct, field
from msgspec.json import Decoder

Scalar = str | int | float | bool | None

Text40 = Annotated[str, Meta(max_length=40)]
Text100 = Annotated[str, Meta(max_length=100)]
Text255 = Annotated[str, Meta(max_length=255)]
Text1000 = Annotated[str, Meta(max_length=1000)]
Title = Annotated[str, Meta(max_length=500)]
Outcome = Annotated[str, Meta(max_length=2000)]
Name = Annotated[str, Meta(min_length=1, max_length=255)]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Pixels = Annotated[int, Meta(ge=0, le=100_000)]
# The longest there can be between two times that are kept, which lie in the years 1970 to 2499.
Milliseconds = Annotated[int, Meta(ge=0, le=530 * 366 * 24 * 3600 * 1000)]
Bytes = Annotated[int, Meta(ge=0, le=2**62)]
BigInt = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Ip = Annotated[str, Meta(extra_json_schema={"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]})]
Time = Annotated[datetime, Meta(tz=True)]

StatusName = Literal["queued", "active", "ended", "failed", "lost"]
PlatformName = Literal["ios", "android", "web", "kiosk", "desktop", "proxy", "other"]
AttachmentKindName = Literal["log", "network_log", "video", "screenshot", "recording", "crash_report", "other"]


class Part(Struct, forbid_unknown_fields=True, gc=False):
    """Unknown fields are refused by name, never dropped.

    None refers to itself, so the garbage collector need not look at them: it took a third of a line's parsing.
    """


class Initiator(Part):
    type: Literal["user", "token", "anonymous"]
    username: Annotated[str, Meta(max_length=150)] | None = None
    email: Annotated[str, Meta(max_length=254)] | None = None
    label: Text255 | None = None


class App(Part):
    app_id: Name | None = None
    name: Text255 | None = None
    group: Text255 | None = None
    platform: PlatformName | None = None
    version: Text100 | None = None
    build: Text100 | None = None


class Device(Part):
    device_id: Text255 | None = None
    manufacturer: Text255 | None = None
    model: Text255 | None = None
    type: Text40 | None = None
    screen_width: Pixels | None = None
    screen_height: Pixels | None = None
    network_type: Text40 | None = None


class OperatingSystem(Part):
    name: Text100 | None = None
    version: Text100 | None = None


class Sdk(Part):
    version: Text100 | None = None
    plug_version: Text100 | None = None


class Flags(Part):
    exception: bool = False
    crash: bool = False
    anr: bool = False
    rage_tap: bool = False


class Network(Part):
    client_ip: Ip | None = None
    server_ip: Ip | None = None
    user_agent: Text1000 | None = None


class Location(Part):
    country: Text100 | None = None
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None
    accuracy: Annotated[float, Meta(ge=0)] | None = None


class Resource(Part):
    type: Text255 | None = None
    id: Text255 | None = None
    name: Text255 | None = None
    technology: Text255 | None = None


class Connector(Part):
    id: Text255 | None = None
    name: Text255 | None = None


class Sidecar(Part):
    id: Text255 | None = None
    name: Text255 | None = None
    technology: Text255 | None = None


class Event(Part):
    event_type: Annotated[str, Meta(min_length=1, max_length=100)]
    event_time: Time
    interaction: bool | None = None
    view_id: Text255 | None = None
    device_id: Text255 | None = None
    source_type: Text100 | None = None
    source_properties: dict[str, Any] = field(default_factory=dict)
    event_properties: dict[str, Any] = field(default_factory=dict)
    product_id: Text255 | None = None
    category_id: Text255 | None = None
    int1: BigInt | None = None
    int2: BigInt | None = None
    int3: BigInt | None = None
    int4: BigInt | None = None
    int5: BigInt | None = None
    str1: Text1000 | None = None
    str2: Text1000 | None = None
    str3: Text1000 | None = None
    str4: Text1000 | None = None
    str5: Text1000 | None = None
    stateful: bool | None = None
    public: BigInt | None = None
    client_id: Text255 | None = None
    capture_id: Text255 | None = None
    ip: Ip | None = None


class AnnouncedAttachment(Part, kw_only=True):
    """An attachment whose bytes are sent on their own."""

    name: Name
    kind: AttachmentKindName
    content_type: Name
    size: Bytes | None = None
    sha256: Sha256 | None = None
    # When its first frame or byte is.
    starts_at: Time | None = None


class AttachmentFile(AnnouncedAttachment, kw_only=True):
    """An attachment in a file of NDJSON: `file` is named relative to that file."""

    file: str


class Attachment(Part):
    name: str
    kind: AttachmentKindName
    content_type: str
    size: int
    sha256: str
    available: bool
    starts_at: Time | None
    url: str


class SessionFields(Part, kw_only=True):
    """What is the same in both directions."""

    external_id: Name | None = None
    # What it was: a test's name, a kiosk's flow, a proxy's query.
    title: Title | None = None
    status: StatusName
    # How it went, in words: why it failed.
    outcome: Outcome | None = None
    initiator: Initiator
    app: App = field(default_factory=App)
    device: Device = field(default_factory=Device)
    os: OperatingSystem = field(default_factory=OperatingSystem)
    sdk: Sdk = field(default_factory=Sdk)
    requested_at: Time | None = None
    started_at: Time | None = None
    ended_at: Time | None = None
    last_seen_at: Time | None = None
    queue_ms: Milliseconds | None = None
    duration_ms: Milliseconds | None = None
    flags: Flags = field(default_factory=Flags)
    network: Network = field(default_factory=Network)
    location: Location = field(default_factory=Location)
    environment: Text255 | None = None
    data_residency: Text255 | None = None
    space_id: Text255 | None = None
    installation_id: Text255 | None = None
    installation_version: Text255 | None = None
    client_id: Text255 | None = None
    capture_id: Text255 | None = None
    resource: Resource = field(default_factory=Resource)
    connector: Connector = field(default_factory=Connector)
    sidecar: Sidecar = field(default_factory=Sidecar)
    attributes: dict[str, Scalar] = field(default_factory=dict)


class SessionLine(SessionFields):
    """A session sent in. One that does not say whose it is, is that of the token it is sent with."""

    initiator: Initiator = field(default_factory=lambda: Initiator("token"))
    events: list[Event] = field(default_factory=list)
    attachments: Sequence[AnnouncedAttachment] = field(default_factory=list)


class ImportedLine(SessionLine, kw_only=True):
    """A session in a file of NDJSON, which lies beside its attachments. No token sends it, so it says whose it is."""

    initiator: Initiator
    attachments: list[AttachmentFile] = field(default_factory=list)


class EventBatch(Part):
    """Events of one session, sent on their own."""

    events: list[Event]


class Session(SessionFields, kw_only=True):
    """A session as it is read: the API's answer, and the record that pages show."""

    id: UUID
    # How far the producer's clock was ahead of the server's, where that is more than five minutes: behind is negative.
    clock_skew_ms: int | None = None
    attachments: list[Attachment] = field(default_factory=list)


# msgspec works a type out when it is first used, and 0.22 crashes when two threads do so at once: here there is one.
for _type in (SessionLine, ImportedLine, Event, EventBatch, Session):
    Decoder(_type)

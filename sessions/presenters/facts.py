"""Everything that is known of a session, in the groups its page shows. What is unknown is left out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sessions.contract.choices import Flag, InitiatorType, Platform
from sessions.contract.schema import Session
from sessions.presenters.times import duration


@dataclass(frozen=True)
class Fact:
    """`copied` marks an identifier: it is set in the fixed-width font and can be copied."""

    label: str
    value: str | datetime
    copied: bool = False

    @property
    def is_moment(self) -> bool:
        return isinstance(self.value, datetime)


@dataclass(frozen=True)
class Group:
    title: str
    facts: list[Fact]


def person(record: Session) -> str | None:
    """By e-mail, or by username where there is none; None where no person is known."""
    return record.initiator.email or record.initiator.username


def who(record: Session) -> str:
    """Who started it: a person, or the label of a token or visitor. `INITIATOR` in columns.py is the same in SQL."""
    name = person(record) if record.initiator.type == "user" else record.initiator.label
    return name or InitiatorType(record.initiator.type).label


def app_name(record: Session) -> str:
    return record.app.name or record.app.app_id or "Unknown app"


def session_name(record: Session) -> str:
    """What the session was: its title, or the app that ran."""
    return record.title or app_name(record)


def app_and_version(record: Session) -> str:
    """What of the app is to be said beside `session_name`: `Acme Shop 8.39.0 (3962)`, or without the app's name."""
    app = record.app
    name = app_name(record) if record.title and app.app_id else None
    build = f"({app.build})" if app.version and app.build else app.build and f"build {app.build}"
    return " ".join(filter(None, [name, app.version, build]))


def device_name(record: Session) -> str:
    return record.device.model or record.device.device_id or "Unknown device"


def os_name(record: Session) -> str:
    return " ".join(filter(None, [record.os.name, record.os.version])) or "Unknown OS"


def took_place(record: Session) -> datetime | None:
    """When the session stands in the order of the list; the stored constraint makes one of them known."""
    return record.started_at or record.requested_at


def clock(record: Session) -> str | None:
    """How the producer's clock went, where that was noticed: `2h 03m ahead`."""
    skew_ms = record.clock_skew_ms
    if skew_ms is None:
        return None
    return f"{duration(abs(skew_ms))} {'ahead' if skew_ms > 0 else 'behind'}"


def facts_of(record: Session) -> list[Group]:
    groups = (
        _session,
        _who,
        _app,
        _device,
        _system,
        _times,
        _flags,
        _network,
        _location,
        _installation,
        _resource,
        _attributes,
    )
    return [group for build in groups if (group := build(record)).facts]


def _known(title: str, facts: Iterable[tuple[str, object]], *copied: str) -> Group:
    """The facts whose value is known; those named in `copied` are identifiers."""
    return Group(
        title, [Fact(label, _text(value), label in copied) for label, value in facts if value not in (None, "")]
    )


def _text(value: object) -> str | datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _session(record: Session) -> Group:
    return _known("Session", [("Title", record.title), ("Outcome", record.outcome)])


def _who(record: Session) -> Group:
    initiator = record.initiator
    facts = [
        ("Started by", InitiatorType(initiator.type).label),
        ("E-mail", initiator.email),
        ("Username", initiator.username),
        ("Label", initiator.label),
    ]
    return _known("Who", facts, "E-mail")


def _app(record: Session) -> Group:
    app, sdk = record.app, record.sdk
    facts = [
        ("App ID", app.app_id),
        ("Name", app.name),
        ("Group", app.group),
        ("Platform", app.platform and Platform(app.platform).label),
        ("Version", app.version),
        ("Build", app.build),
        ("SDK", sdk.version),
        ("Plug SDK", sdk.plug_version),
    ]
    return _known("App", facts, "App ID")


def _device(record: Session) -> Group:
    device = record.device
    width, height = device.screen_width, device.screen_height
    facts = [
        ("Model", device.model),
        ("Manufacturer", device.manufacturer),
        ("Type", device.type),
        ("Device ID", device.device_id),
        ("Screen", f"{width or '?'} × {height or '?'} px" if width or height else None),
        ("Network type", device.network_type),
    ]
    return _known("Device", facts, "Device ID")


def _system(record: Session) -> Group:
    return _known("Operating system", [("Name", record.os.name), ("Version", record.os.version)])


def _times(record: Session) -> Group:
    facts = [
        ("Requested", record.requested_at),
        ("Started", record.started_at),
        ("Ended", record.ended_at),
        ("Last seen", record.last_seen_at),
        ("Producer’s clock", clock(record)),
    ]
    return _known("Times", facts)


def _flags(record: Session) -> Group:
    raised = [label for name, label in Flag.choices if getattr(record.flags, name)]
    return _known("Flags", [(label, "yes") for label in raised])


def _network(record: Session) -> Group:
    network = record.network
    facts = [
        ("Client IP", network.client_ip),
        ("Server IP", network.server_ip),
        ("User agent", network.user_agent),
        ("Client ID", record.client_id),
    ]
    return _known("Network", facts, "Client IP", "Server IP", "Client ID")


def _location(record: Session) -> Group:
    place = record.location
    both = place.latitude is not None and place.longitude is not None
    facts = [
        ("Country", place.country),
        ("Coordinates", f"{place.latitude:.5f}, {place.longitude:.5f}" if both else None),
        ("Accuracy", None if place.accuracy is None else f"{place.accuracy:g} m"),
        ("Data residency", record.data_residency),
    ]
    return _known("Location", facts, "Coordinates")


def _installation(record: Session) -> Group:
    facts = [
        ("Environment", record.environment),
        ("Space ID", record.space_id),
        ("Installation ID", record.installation_id),
        ("Version", record.installation_version),
        ("Capture ID", record.capture_id),
    ]
    return _known("Installation", facts, "Space ID", "Installation ID", "Capture ID")


def _resource(record: Session) -> Group:
    resource, connector, sidecar = record.resource, record.connector, record.sidecar
    facts = [
        ("Resource", resource.name),
        ("Resource ID", resource.id),
        ("Resource type", resource.type),
        ("Technology", resource.technology),
        ("Connector", connector.name),
        ("Connector ID", connector.id),
        ("Sidecar", sidecar.name),
        ("Sidecar ID", sidecar.id),
        ("Sidecar technology", sidecar.technology),
    ]
    return _known("Resource", facts, "Resource ID", "Connector ID", "Sidecar ID")


def _attributes(record: Session) -> Group:
    return _known("Attributes", sorted(record.attributes.items()))

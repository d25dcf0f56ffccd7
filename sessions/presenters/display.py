"""How a person sees the list: its columns, how dense its rows are, and how it writes dates.

Stored with the person as JSON (`User.list_display`), and read with tolerance: a column that is gone is left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sessions.contract.schema import Session
from sessions.presenters.columns import COLUMNS, Column

ATTRIBUTE = "attr."
LONGEST_NAME = 200
MOST_COLUMNS = 30
# It has the link that opens a row.
ALWAYS = "app"
CHOICES = {
    "density": {"comfortable": "Comfortable", "compact": "Compact"},
    "dates": {"relative": "How long ago", "absolute": "Day and time"},
    "zone": {"own": "My time zone", "utc": "UTC"},
}
# Where a value is in a session's JSON, and what its column is called.
FIELDS = {
    "external_id": "External ID",
    "id": "Session ID",
    "app.app_id": "App ID",
    "app.group": "App group",
    "app.platform": "Platform",
    "app.version": "Version",
    "app.build": "Build",
    "device.manufacturer": "Manufacturer",
    "device.type": "Device type",
    "device.device_id": "Device ID",
    "device.network_type": "Network type",
    "os.name": "OS",
    "os.version": "OS version",
    "sdk.version": "SDK version",
    "sdk.plug_version": "Plug SDK version",
    "initiator.username": "Username",
    "initiator.email": "E-mail",
    "initiator.label": "Label",
    "network.client_ip": "Client IP",
    "network.server_ip": "Server IP",
    "network.user_agent": "User agent",
    "location.country": "Country",
    "environment": "Environment",
    "data_residency": "Data residency",
    "space_id": "Space ID",
    "installation_id": "Installation ID",
    "installation_version": "Installation version",
    "client_id": "Client ID",
    "capture_id": "Capture ID",
    "resource.type": "Resource type",
    "resource.name": "Resource",
    "resource.technology": "Resource technology",
    "connector.name": "Connector",
    "sidecar.name": "Sidecar",
}
USUAL = tuple(column.name for column in COLUMNS)
_COLUMNS = {column.name: column for column in COLUMNS} | {name: Column(name, label) for name, label in FIELDS.items()}


def column_named(name: str) -> Column | None:
    if name.startswith(ATTRIBUTE) and len(ATTRIBUTE) < len(name) <= LONGEST_NAME and "\0" not in name:
        return Column(name, name.removeprefix(ATTRIBUTE))
    return _COLUMNS.get(name)


def value_of(record: Session, name: str) -> object:
    """The value of a column that is no usual one; None where the session has none."""
    if name.startswith(ATTRIBUTE):
        return record.attributes.get(name.removeprefix(ATTRIBUTE))
    value: object = record
    for part in name.split("."):
        value = getattr(value, part)
    return value


@dataclass(frozen=True)
class Display:
    """Every part is one of those above. `before` is the one that was left for this, if any."""

    names: tuple[str, ...] = USUAL
    density: str = "comfortable"
    dates: str = "relative"
    zone: str = "own"
    before: Mapping[str, Any] | None = None

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return tuple(column for name in self.names if (column := column_named(name)))

    @property
    def others(self) -> list[Column]:
        return [column for name, column in _COLUMNS.items() if name not in self.names]

    @property
    def is_usual(self) -> bool:
        return self.names == USUAL

    @property
    def looks(self) -> str:
        """The classes of the table."""
        columns = "is-usual" if self.is_usual else "is-chosen"
        return f"{columns} is-{self.density} dates-{self.dates}"

    @property
    def fields(self) -> set[str]:
        """The fields of a session in JSON that its own columns need."""
        tops = {name.partition(".")[0] for name in self.names if name not in USUAL}
        return {"attributes" if top == "attr" else top for top in tops}

    def stored(self) -> dict[str, Any]:
        return {"columns": list(self.names), "density": self.density, "dates": self.dates, "zone": self.zone}


def display_of(stored: Mapping[str, Any]) -> Display:
    """What was stored; whatever in it is not, or no longer, one of the choices is the usual."""
    chosen = {name: stored[name] for name, words in CHOICES.items() if stored.get(name) in list(words)}
    return Display(columns_of(stored.get("columns") or USUAL), before=stored.get("before"), **chosen)


def display_in(stored: Mapping[str, Any], of_view: Mapping[str, Any]) -> Display:
    """A person's, with the columns and the density of the view that is open. What the person had before is not what
    the view had, so it cannot be brought back there."""
    return display_of({**stored, **of_view, "before": None} if of_view else stored)


def columns_of(names: Iterable[object]) -> tuple[str, ...]:
    """Each once, if there is such a column, and always the one that opens a row."""
    texts = dict.fromkeys(name for name in names if isinstance(name, str))
    known = [name for name in texts if column_named(name)]
    if ALWAYS not in known:
        known.insert(0, ALWAYS)
    return tuple(known[:MOST_COLUMNS])


def moved(names: tuple[str, ...], name: str, step: int) -> tuple[str, ...]:
    """The column `step` places further on, or at the end of the row."""
    if name not in names:
        return names
    rest = [other for other in names if other != name]
    place = min(max(names.index(name) + step, 0), len(rest))
    return (*rest[:place], name, *rest[place:])

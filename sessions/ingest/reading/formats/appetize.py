"""Appetize's REST list of sessions and its monthly CSV report -> sessions of the contract.

docs.appetize.io/rest-api/sessions and docs.appetize.io/account/reporting/session-history. Nothing is made up
and nothing is dropped: what the contract has no field for is kept in `attributes` under the vendor's name.
The table of both is in docs/producers.md.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from sessions.contract.line_errors import LineError
from sessions.contract.schema import ImportedLine
from sessions.ingest.reading.formats.appetize_values import attribute, coordinates, milliseconds, moment, text
from sessions.ingest.reading.formats.csv_records import FAULT
from sessions.ingest.reading.normalise import normalise
from sessions.ingest.reading.parse import parse_line, parse_object

Record = dict[str, Any]

# Where the contract has a place for it: the field, and the columns that may hold it, the best first.
TIMES = {
    "requested_at": ("sessionRequested", "sessionRequestedTime"),
    "started_at": ("startTime",),
    "ended_at": ("endTime",),
}
TEXTS = {
    "external_id": ("sessionId", "id"),
    "app.app_id": ("appId", "publicKey", "targetId", "bundle"),
    "app.version": ("buildVersionName",),
    "app.build": ("versionCode",),
    "device.model": ("deviceType", "device"),
    "os.version": ("osVersion",),
    "network.client_ip": ("clientIP",),
    "network.user_agent": ("clientUserAgent",),
}
WHO = ("appetizeUser", "userEmail", "user")
# Steps of a session that the contract has no time for. They are times all the same, and are kept in one spelling.
STEPS = ("userConnected", "userConnectedTime", "frameTime", "appLaunchTime", "closeTime")
LENGTHS = {
    "queue_ms": (("queueTimeSeconds", 1000),),
    "duration_ms": (("sessionLengthMilliseconds", 1), ("sessionLengthSeconds", 1000)),
}
PLATFORMS = {"ios": "iOS", "android": "Android"}

# What tells one session from another where the vendor gives it no id. A listed session may still be running,
# so only what does not change counts; the report is of sessions that are over, and may round its times to seconds.
LISTED = ("requested_at", "app.app_id", "device.model", "os.version", "network.client_ip", "network.user_agent")
REPORTED = (*LISTED, "started_at", "ended_at")


def read_listed(raw: bytes) -> ImportedLine:
    """A session of the REST list. Raises LineError with the vendor's field."""
    return _read(raw, LISTED)


def read_reported(raw: bytes) -> ImportedLine:
    """A record of the monthly report, as `csv_records` gives it. Raises LineError with the column."""
    return _read(raw, REPORTED)


def _read(raw: bytes, key: Iterable[str]) -> ImportedLine:
    record = parse_object(raw)
    if FAULT in record:
        raise LineError("parse_error", None, str(record[FAULT]))
    reader = _Reader(record)
    try:
        return normalise(parse_line(msgspec.json.encode(reader.session(key))))
    except LineError as error:
        raise LineError(error.code, reader.column(error.field), error.message) from error


class _Reader:
    """One record: what of it is left to be read, and which column each field came from."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._left = {name: value for name, value in record.items() if value not in (None, "", [], {})}
        self._columns: dict[str, str] = {}

    def column(self, field: str | None) -> str | None:
        """The column that a field of the contract came from, or would have come from."""
        expected = {name: columns[0] for name, columns in (TIMES | TEXTS).items()}
        return field and self._columns.get(field, expected.get(field, field.removeprefix("attributes.")))

    def session(self, key: Iterable[str]) -> Record:
        found: Record = {}
        for field, columns in TIMES.items():
            if (value := self._take(field, columns)) is not None:
                found[field] = moment(value, self._columns[field])
        for field, columns in TEXTS.items():
            if (value := self._take(field, columns)) is not None:
                found[field] = text(value)
        session: Record = {"initiator": self._initiator()}
        for field, value in found.items():
            _put(session, field, value)
        self._platform(session)
        self._location(session)
        self._lengths(session)
        session["attributes"] = self._attributes()
        session["status"] = _status(session)
        session.setdefault("external_id", _key(session["initiator"], found, key))
        return session

    def _take(self, field: str, columns: Iterable[str]) -> Any:
        """The first of these columns that says something; the others stay for the attributes."""
        for column in columns:
            if column in self._left:
                self._columns[field] = column
                return self._left.pop(column)
        return None

    def _initiator(self) -> Record:
        for column in WHO:
            who = self._left.get(column)
            if isinstance(who, str):
                del self._left[column]
                field = "email" if "@" in who else "username"
                self._columns[f"initiator.{field}"] = column
                return {"type": "user", field: who}
        return {"type": "anonymous"}

    def _platform(self, session: Record) -> None:
        platform = PLATFORMS.get(str(self._left.get("platform")).lower())
        if platform is not None:
            del self._left["platform"]
            _put(session, "app.platform", platform.lower())
            _put(session, "os.name", platform)

    def _location(self, session: Record) -> None:
        """A country's code or coordinates. What else it may say is kept as it stands."""
        location = self._left.get("location")
        if not isinstance(location, str):
            return
        if len(location) == 2 and location.isalpha() and location.isupper():
            session["location"] = {"country": self._left.pop("location")}
        elif (place := coordinates(location)) is not None:
            del self._left["location"]
            session["location"] = place

    def _lengths(self, session: Record) -> None:
        """Lengths that the times say too are left out, those that disagree stay; one may stand in for a time."""
        requested, started, ended = (session.get(name) for name in TIMES)
        self._length(session, "queue_ms", requested, started, complete=started is not None)
        # A session whose end is null is still running; one whose record never speaks of ends is over.
        is_over = "closeTime" in self._left or "endTime" not in self._record
        self._length(session, "duration_ms", started, ended, complete=started is not None and is_over)

    def _length(
        self, session: Record, field: str, begin: datetime | None, end: datetime | None, *, complete: bool
    ) -> None:
        known = None if begin is None or end is None else (end - begin).total_seconds() * 1000
        for column, unit in LENGTHS[field]:
            if column not in self._left:
                continue
            sent = milliseconds(self._left[column], unit, column)
            if known is None and complete and sent:
                session[field], self._columns[field] = sent, column
                known = sent
            if known is not None and abs(known - sent) < unit:
                del self._left[column]

    def _attributes(self) -> Record:
        return {
            name: _iso(moment(value, name)) if name in STEPS else attribute(value) for name, value in self._left.items()
        }


def _put(session: Record, field: str, value: Any) -> None:
    part, _, name = field.rpartition(".")
    (session.setdefault(part, {}) if part else session)[name] = value


def _status(session: Record) -> str:
    if "ended_at" in session or "duration_ms" in session:
        return "ended"
    return "active" if "started_at" in session else "queued"


def _key(initiator: Record, found: Mapping[str, Any], fields: Iterable[str]) -> str:
    said = [found.get(field) for field in fields]
    if "requested_at" not in found:
        said.append(found.get("started_at"))
    said += [initiator.get("email"), initiator.get("username")]
    spelled = msgspec.json.encode([_iso(value) if isinstance(value, datetime) else value for value in said])
    return f"appetize:{hashlib.sha256(spelled).hexdigest()[:32]}"


def _iso(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")

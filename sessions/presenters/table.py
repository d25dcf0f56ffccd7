"""The list as a table: django-tables2 for columns, order and headers; its rows are plain records."""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sessions.contract import schema
from sessions.contract.choices import OPEN_STATUSES
from sessions.presenters.columns import Column
from sessions.presenters.display import USUAL, Display
from sessions.presenters.facts import app_and_version, device_name, os_name, session_name, who
from sessions.presenters.filter_bar import changed
from sessions.presenters.state import Mark, Wait, marks_of, reason, wait_of
from sessions.query import Parameters

FILE_ICONS = (
    (("log",), "log", "Log"),
    (("network_log",), "network", "Network log"),
    (("video", "recording"), "video", "Video"),
    (("screenshot",), "screenshot", "Screenshot"),
)
SEPARATOR = " · "
SHOWN_KINDS = frozenset(kind for kinds, _, _ in FILE_ICONS for kind in kinds)
# Of an outcome, a row has the first line, as far as this.
LONGEST_REASON = 300


class FileIcon(NamedTuple):
    """A kind of file: where it opens, or why it does not."""

    icon: str
    label: str
    attachment: schema.Attachment | None
    reason: str


@dataclass(frozen=True)
class Row:
    """A record with what its cells say. `is_found` until it changes so that the list's filters find it no more."""

    record: schema.Session
    is_found: bool = True

    @property
    def who(self) -> str:
        return who(self.record)

    @property
    def who_note(self) -> str:
        initiator = self.record.initiator
        if initiator.type == "user":
            return (initiator.username or "") if initiator.email else ""
        return "API token" if initiator.type == "token" else "Anonymous session"

    @property
    def name(self) -> str:
        return session_name(self.record)

    @property
    def app_note(self) -> str:
        return SEPARATOR.join(filter(None, [app_and_version(self.record), self.record.app.group]))

    @property
    def reason(self) -> str:
        return reason(self.record).partition("\n")[0][:LONGEST_REASON]

    @property
    def device_name(self) -> str:
        return device_name(self.record)

    @property
    def os_name(self) -> str:
        return os_name(self.record)

    @cached_property
    def marks(self) -> list[Mark]:
        return marks_of(self.record)

    @property
    def is_open(self) -> bool:
        return self.record.status in OPEN_STATUSES

    @property
    def occurred_at(self) -> Any:
        return self.record.started_at or self.record.requested_at

    @cached_property
    def wait(self) -> Wait:
        return wait_of(self.record)

    @cached_property
    def files(self) -> list[FileIcon]:
        if not self.record.attachments:
            return [absent(icon, label, is_open=self.is_open) for _, icon, label in FILE_ICONS]
        return [file_icon(self.record, kinds, icon, label) for kinds, icon, label in FILE_ICONS]

    @property
    def other_files(self) -> int:
        return sum(attachment.kind not in SHOWN_KINDS for attachment in self.record.attachments)


def file_icon(record: schema.Session, kinds: tuple[str, ...], icon: str, label: str) -> FileIcon:
    found = [attachment for attachment in record.attachments if attachment.kind in kinds]
    available = next((attachment for attachment in found if attachment.available), None)
    if available:
        return FileIcon(icon, f"{label}: {available.name}", available, "")
    if found:
        return FileIcon(icon, label, None, f"{label}: announced, but the file has not arrived")
    return absent(icon, label, is_open=record.status in OPEN_STATUSES)


@cache
def absent(icon: str, label: str, *, is_open: bool) -> FileIcon:
    return FileIcon(icon, label, None, f"{label}: none {'yet' if is_open else 'was recorded'}")


class HeadingColumn(tables.Column):
    """A column whose header orders the list by it, or turns its order round."""

    def __init__(self, column: Column, asked: Parameters) -> None:
        order = asked.request.order
        is_sorted = column.sort == order.first.field
        name = column.name if column.name in USUAL else "field"
        attributes = {"scope": "col", "class": f"col-{name}" + (" is-number" if column.is_number else "")}
        if is_sorted:
            attributes["aria-sort"] = "descending" if order.first.descending else "ascending"
        super().__init__(verbose_name=column.label, attrs={"th": attributes}, orderable=False)
        self.link = ""
        if column.sort:
            # The first click shows what is newest, slowest or longest.
            target = column.sort if is_sorted and order.first.descending else f"-{column.sort}"
            self.link = changed(asked.data, sort=[target], sort_by=[])

    @property
    def header(self) -> SafeString | str:
        if not self.link:
            return str(self.verbose_name)
        return format_html('<a class="heading" href="?{}">{}</a>', self.link, self.verbose_name)


class SessionTable(tables.Table):
    """Its columns are those that the viewer has chosen, its rows in the order they were found."""

    class Meta:
        template_name = "sessions/table.html"
        orderable = False

    def __init__(self, records: list[schema.Session], asked: Parameters, display: Display) -> None:
        columns = [(f"column{place}", HeadingColumn(column, asked)) for place, column in enumerate(display.columns)]
        super().__init__([Row(record) for record in records], extra_columns=columns)

"""What a list page has by the hundred, rows and options, as HTML put together in Python.

A page has 50 rows of some 40 values each and 150 options. As templates they took 38 ms
of a page's 48, like this they take 4. Every value goes through `escape`.
"""

from collections.abc import Callable
from datetime import UTC
from functools import cache, lru_cache
from html import escape
from typing import NamedTuple
from urllib.parse import quote, urlencode
from uuid import UUID

from django import template
from django.template.loader import render_to_string
from django.urls import get_script_prefix, reverse
from django.utils.safestring import SafeString

from sessions.contract.choices import Status
from sessions.contract.schema import App
from sessions.files.media import Viewer, viewer_of
from sessions.presenters.columns import Column
from sessions.presenters.display import Display, value_of
from sessions.presenters.filter_bar import Choice, Option
from sessions.presenters.state import UNKNOWN_WAIT, duration_words
from sessions.presenters.table import SEPARATOR, FileIcon, Row
from sessions.presenters.times import day_and_minute, duration, exact, relative
from sessions.templatetags.history import app_icon
from sessions.templatetags.layout import SHORT, cut

register = template.Library()

# What `reverse` leaves as it is in a part of a path.
SAFE_IN_PATHS = "!$&'()*+,;=~:@"
UNKNOWN = '<span class="visually-hidden">Unknown</span><span aria-hidden="true">–</span>'
NO_SESSION = UUID(int=0)
ON_AXIS = {("log", Viewer.LOG): "log", ("network_log", Viewer.REQUESTS): "network"}
GONE = '<span class="cell-note">The filters no longer find it.</span>'
FAILED, LOST = str(Status.FAILED.label), str(Status.LOST.label)


@register.simple_tag
def session_row(row: Row, display: Display, came_from: str = "", *, update: bool = False) -> SafeString:
    """`came_from` is the list's query string, which the session's page leads back to; `update` marks a row that takes
    the place of the one with its id."""
    ident = str(row.record.id)
    before, after = address_parts(get_script_prefix())
    link = Link(f"{before}{ident}{after}", from_list(came_from))
    swap = ' hx-swap-oob="true"' if update else ""
    gone = "" if row.is_found else " row-gone"
    cells = "".join(cell(row, column, link, display) for column in display.columns)
    return SafeString(f"""\
<tr id="session-{ident}" class="row-{row.record.status}{gone}"{swap}>
  <td class="col-select">{select_box(row, ident)}</td>
{cells}</tr>
""")


class Link(NamedTuple):
    """A session's address, and the query string that leads back to the list, both as HTML."""

    address: str
    origin: str

    @property
    def whole(self) -> str:
        return f"{self.address}{self.origin}"


def cell(row: Row, column: Column, link: Link, display: Display) -> str:
    name = column.name
    if name not in CELLS:
        return f'  <td class="col-field">{field(value_of(row.record, name), column.label)}</td>\n'
    number = " is-number" if column.is_number else ""
    return f'  <td class="col-{name}{number}">{CELLS[name](row, link, display)}</td>\n'


def field(value: object, label: str) -> str:
    """Any value that a session has. The label stands before it where the list has no headers."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        value = "yes" if value else "no"
    return f'<span class="field-label">{escape(label)}</span>{named(str(value))}'


def select_box(row: Row, ident: str) -> str:
    """Its name tells it from the others for who hears it."""
    name = escape(f"Select {row.name}, {row.who}, {exact(row.occurred_at)}")
    return (
        f'<label class="select"><input type="checkbox" form="selection" name="session" value="{ident}" '
        f'aria-label="{name}" data-select></label>'
    )


@cache
def address_parts(prefix: str) -> tuple[str, str]:
    """A session's address around its id, looked up once: `reverse` takes 40 µs, and puts `prefix` before it."""
    before, _, after = reverse("session_detail", args=[NO_SESSION]).partition(str(NO_SESSION))
    return before, after


@lru_cache(maxsize=64)
def from_list(query: str) -> str:
    """The query string of a link to a session that knows the list it was found in; nothing for the plain list."""
    return f"?{escape(urlencode({'from': query}))}" if query else ""


# The same people, apps and devices stand in row after row and page after page: their cells are put together once.
kept = lru_cache(maxsize=4_096)


@kept
def stacked(name: str, note: str) -> str:
    """A name, and below it what else is to be said."""
    return named(name) + (named(note, "cell-note") if note else "")


def named(name: str, look: str = "cell-main") -> str:
    """A name on one line. A long one is cut in its middle where it has no room."""
    whole = escape(name)
    if len(name) <= SHORT:
        return f'<span class="{look}" title="{whole}">{whole}</span>'
    return f'<span class="{look} middle" title="{whole}">{halves(name)}</span>'


def halves(name: str) -> str:
    start, end = cut(name)
    return f'<span class="middle-start">{escape(start)}</span><span class="middle-end">{escape(end)}</span>'


def user(row: Row, link: Link, display: Display) -> str:
    return stacked(row.who, row.who_note) + ("" if row.is_found else GONE)


def device(row: Row, link: Link, display: Display) -> str:
    return stacked(row.device_name, row.os_name)


def app(row: Row, link: Link, display: Display) -> str:
    """What the session was, and below it why it failed and what it ran."""
    record = row.record.app
    hover = escape(f"{row.name} ({record.app_id})" if record.app_id else row.name)
    look, inside = ("middle ", halves(row.name)) if len(row.name) > SHORT else ("", escape(row.name))
    return (
        f'{icon_of(record.app_id, record.name)}<div class="cell-stack"><a class="row-link cell-main {look}" '
        f'draggable="false" href="{link.whole}" title="{hover}">{inside}</a>{parts(row.reason, row.app_note)}</div>'
    )


@kept
def parts(reason: str, note: str) -> str:
    """The second line: a part that has no room is left out as a whole, and said on hover."""
    said = [("cell-reason", reason), *(("cell-part", part) for part in note.split(SEPARATOR))]
    said = [(look, text) for look, text in said if text]
    if not said:
        return ""
    words = escape(SEPARATOR.join(text for _, text in said))
    shown = " ".join(
        f'<span class="{look}">{"· " if place else ""}{escape(text)}</span>' for place, (look, text) in enumerate(said)
    )
    return f'<span class="cell-note cell-parts" title="{words}">{shown}</span>'


@kept
def icon_of(app_id: str | None, name: str | None) -> str:
    return render_to_string("components/app_icon.html", app_icon(App(app_id=app_id, name=name))).strip()


def queue_time(row: Row) -> str:
    wait = row.wait
    if wait is UNKNOWN_WAIT:
        words = UNKNOWN
    elif wait.words:
        words = wait.words
    else:
        words = f'{duration(row.record.queue_ms)}<span class="visually-hidden">, {wait.meaning}</span>'
    return (
        f'<span class="queue queue-{wait.look}" title="{wait.meaning}"><span class="dot" aria-hidden="true"></span>'
        f"{words}</span>"
    )


def duration_or_state(row: Row) -> str:
    """How long it ran, what is to be said of one that did not simply end, and what was noticed in it."""
    record = row.record
    length = duration(record.duration_ms)
    after = f'<span class="cell-note"><span class="after">after </span>{length}</span>' if length else ""
    if record.status == "active":
        return state("active", "running", duration_words(record)) + marks(row)
    if record.status == "queued":
        return f'<span class="quiet">{duration_words(record)}</span>{marks(row)}'
    if record.status == "lost":
        seen = escape(exact(record.last_seen_at))
        lost = state("lost", "lost", LOST, f"{LOST}, last seen {seen}")
        return f'{lost}{marks(row)}{after}<span class="visually-hidden">, last seen {seen}</span>'
    if record.status == "failed":
        return state("failed", "failed", f"<span>{FAILED}</span>", FAILED) + marks(row) + after
    return (length or UNKNOWN) + marks(row)


def marks(row: Row) -> str:
    """The flags that were raised, as symbols with their words."""
    return "".join(
        f'<span class="mark mark-{mark.tone}" title="{mark.label}">{svg(mark.name, 16)}'
        f'<span class="visually-hidden">, {mark.label}</span></span>'
        for mark in row.marks
    )


def state(look: str, symbol: str, words: str, title: str = "") -> str:
    hover = f' title="{title}"' if title else ""
    return f'<span class="state state-{look}"{hover}>{svg(symbol, 16)}{words}</span>'


def svg(symbol: str, size: int) -> str:
    """One of the symbols of `sessions/icons.html`."""
    return f'<svg width="{size}" height="{size}" aria-hidden="true"><use href="#icon-{symbol}"/></svg>'


def date(row: Row, display: Display) -> str:
    """What the tag `when` writes, with the exact time worked out once, or day and time for who prefers these."""
    moment = row.occurred_at
    if moment is None:
        return ""
    full, stamp = escape(exact(moment)), moment.astimezone(UTC).isoformat()
    if display.dates == "absolute":
        return f'<time datetime="{stamp}" title="{full}">{day_and_minute(moment)}</time>'
    return (
        f'<time datetime="{stamp}" title="{full}" data-ago>{relative(moment)}'
        f'<span class="visually-hidden"> ({full})</span></time>'
        f'<span class="cell-note day-note" aria-hidden="true">{day_and_minute(moment)}</span>'
    )


def files(row: Row, link: Link) -> str:
    shown = "".join(file(icon, link) for icon in row.files)
    if not row.other_files:
        return shown
    words = f"other file{'' if row.other_files == 1 else 's'}"
    href = f"{link.address}{with_asked(link.origin, 'tab=files')}"
    return (
        f'{shown}<a class="file-more" href="{href}" title="{row.other_files} {words}">'
        f'+{row.other_files}<span class="visually-hidden"> {words}</span></a>'
    )


def file(found: FileIcon, link: Link) -> str:
    if not found.attachment:
        return absent(found.icon, found.reason)
    file = found.attachment
    before, path, asked, after = file_parts(found.icon, found.label, file.name, file.kind, file.content_type)
    return f"{before}{link.address}{path}{with_asked(link.origin, asked)}{after}"


@kept
def file_parts(symbol: str, label: str, name: str, kind: str, content_type: str) -> tuple[str, str, str, str]:
    """What stands before the session's address, the path below it, what is asked there, and what stands after.

    What the session's page shows on its axis opens there, and everything else in its viewer.
    """
    viewer = viewer_of(kind, content_type)
    path, asked = file_path(name), ""
    if tab := ON_AXIS.get((kind, viewer)):
        path, asked = "", urlencode({"tab": tab, "file": name})
    elif viewer is Viewer.VIDEO:
        path, asked = "", urlencode({"video": name})
    elif not path:
        asked = "tab=files"
    label = escape(label)
    after = f'" title="{label}">{svg(symbol, 20)}<span class="visually-hidden">{label}</span></a>'
    return '<a class="file" href="', path, escape(asked), after


def with_asked(origin: str, asked: str) -> str:
    """A query string that is HTML, with something more in it."""
    return f"{origin}{'&amp;' if origin else '?'}{asked}" if asked else origin


@cache
def absent(symbol: str, reason: str) -> str:
    """Of each kind of file and reason there is one: none of a session's own words are in it."""
    reason = escape(reason)
    return (
        f'<span class="file is-absent" title="{reason}">{svg(symbol, 20)}'
        f'<span class="visually-hidden">{reason}</span></span>'
    )


def file_path(name: str) -> str:
    """The route `attachment_view` below a session's; nothing for a name that no route can hold."""
    return "" if "/" in name else f"attachments/{escape(quote(name, safe=SAFE_IN_PATHS))}/view/"


CELLS: dict[str, Callable[[Row, Link, Display], str]] = {
    "user": user,
    "app": app,
    "device": device,
    "queue_time": lambda row, link, display: queue_time(row),
    "duration": lambda row, link, display: duration_or_state(row),
    "date": lambda row, link, display: date(row, display),
    "files": lambda row, link, display: f'<span class="files">{files(row, link)}</span>',
}


@register.simple_tag
def choice_options(choice: Choice) -> SafeString:
    return SafeString("".join(option(choice.name, one) for one in choice.options))


def option(name: str, one: Option) -> str:
    value = escape(one.value)
    note_ = f' <span class="quiet">{escape(one.note)}</span>' if one.note else ""
    return (
        f'<label class="option{" option-heading" if one.is_heading else ""}" title="{value}">'
        f'<input type="checkbox" name="{name}" value="{value}"{" checked" if one.checked else ""}>'
        f' <span class="option-label">{escape(one.label)}{note_}</span></label>'
    )


@register.simple_tag
@cache
def icon_symbols() -> SafeString:
    """The same on every page, so rendered once."""
    return render_to_string("sessions/icons.html")

"""What a list page has by the hundred, rows and options, as HTML put together in Python.

A page has 50 rows of some 40 values each and 150 options. As templates they took 38 ms
of a page's 48, like this they take 4. Every value goes through `escape`.
"""

from datetime import UTC
from functools import cache, lru_cache
from html import escape
from urllib.parse import quote, urlencode
from uuid import UUID

from django import template
from django.template.loader import render_to_string
from django.urls import get_script_prefix, reverse
from django.utils.safestring import SafeString

from sessions.contract.choices import Status
from sessions.contract.schema import App
from sessions.files.media import Viewer, viewer_of
from sessions.presenters.filter_bar import Choice, Option
from sessions.presenters.state import UNKNOWN_WAIT, duration_words
from sessions.presenters.table import FileIcon, Row
from sessions.presenters.times import duration, exact, relative
from sessions.templatetags.history import app_icon

register = template.Library()

# What `reverse` leaves as it is in a part of a path.
SAFE_IN_PATHS = "!$&'()*+,;=~:@"
UNKNOWN = '<span class="visually-hidden">Unknown</span><span aria-hidden="true">–</span>'
NO_SESSION = UUID(int=0)
ON_AXIS = {("log", Viewer.LOG): "log", ("network_log", Viewer.REQUESTS): "network"}
FAILED, LOST = str(Status.FAILED.label), str(Status.LOST.label)


@register.simple_tag
def session_row(row: Row, came_from: str = "", *, update: bool = False) -> SafeString:
    """`came_from` is the list's query string, which the session's page leads back to; `update` marks a row that takes
    the place of the one with its id."""
    ident = str(row.record.id)
    before, after = address_parts(get_script_prefix())
    address = f"{before}{ident}{after}"
    origin = from_list(came_from)
    swap = ' hx-swap-oob="true"' if update else ""
    gone = "" if row.is_found else " row-gone"
    return SafeString(f"""\
<tr id="session-{ident}" class="row-{row.record.status}{gone}"{swap}>
  <td class="col-user">{stacked(row.who, row.who_note)}</td>
  <td class="col-app">{app(row, f"{address}{origin}")}</td>
  <td class="col-device">{stacked(row.device_name, row.os_name)}</td>
  <td class="col-queue_time is-number">{queue_time(row)}</td>
  <td class="col-duration is-number">{duration_or_state(row)}</td>
  <td class="col-date is-number">{date(row)}</td>
  <td class="col-files"><span class="files">{files(row, address, origin)}</span></td>
</tr>
""")


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
    name, below = escape(name), f'<span class="cell-note">{escape(note)}</span>' if note else ""
    return f'<span class="cell-main" title="{name}">{name}</span>{below}'


def app(row: Row, address: str) -> str:
    """What the session was, and below it why it failed and what it ran."""
    app_id, name, reason, note = row.record.app.app_id, escape(row.name), escape(row.reason), escape(row.app_note)
    hover = f"{name} ({escape(app_id)})" if app_id else name
    said = f'<span class="cell-reason">{reason}</span>' if reason else ""
    words = " · ".join(filter(None, [reason, note]))
    shown = " · ".join(filter(None, [said, note]))
    below = f'<span class="cell-note" title="{words}">{shown}</span>' if words else ""
    return (
        f'{icon_of(app_id, row.record.app.name)}<div class="cell-stack"><a class="row-link cell-main" href="{address}"'
        f' title="{hover}">{name}</a>{below}</div>'
    )


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
    """How long it ran, and what is to be said of one that did not simply end."""
    record = row.record
    length = duration(record.duration_ms)
    after = f'<span class="cell-note">after {length}</span>' if length else ""
    if record.status == "active":
        return state("active", "running", duration_words(record))
    if record.status == "queued":
        return f'<span class="quiet">{duration_words(record)}</span>'
    if record.status == "lost":
        seen = escape(exact(record.last_seen_at))
        lost = state("lost", "lost", LOST, f"{LOST}, last seen {seen}")
        return f'{lost}{after}<span class="visually-hidden">, last seen {seen}</span>'
    if record.status == "failed":
        return state("failed", "failed", f"<span>{FAILED}</span>", FAILED) + after
    return length or UNKNOWN


def state(look: str, symbol: str, words: str, title: str = "") -> str:
    hover = f' title="{title}"' if title else ""
    return f'<span class="state state-{look}"{hover}>{svg(symbol, 16)}{words}</span>'


def svg(symbol: str, size: int) -> str:
    """One of the symbols of `sessions/icons.html`."""
    return f'<svg width="{size}" height="{size}" aria-hidden="true"><use href="#icon-{symbol}"/></svg>'


def date(row: Row) -> str:
    """What the tag `when` writes, with the exact time worked out once."""
    moment = row.occurred_at
    if moment is None:
        return ""
    full = escape(exact(moment))
    return (
        f'<time datetime="{moment.astimezone(UTC).isoformat()}" title="{full}" data-ago>{relative(moment)}'
        f'<span class="visually-hidden"> ({full})</span></time>'
    )


def files(row: Row, address: str, origin: str) -> str:
    shown = "".join(file(icon, address, origin) for icon in row.files)
    if not row.other_files:
        return shown
    words = f"other file{'' if row.other_files == 1 else 's'}"
    href = f"{address}{with_asked(origin, 'tab=files')}"
    return (
        f'{shown}<a class="file-more" href="{href}" title="{row.other_files} {words}">'
        f'+{row.other_files}<span class="visually-hidden"> {words}</span></a>'
    )


def file(found: FileIcon, address: str, origin: str) -> str:
    if not found.attachment:
        return absent(found.icon, found.reason)
    file = found.attachment
    before, path, asked, after = file_parts(found.icon, found.label, file.name, file.kind, file.content_type)
    return f"{before}{address}{path}{with_asked(origin, asked)}{after}"


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

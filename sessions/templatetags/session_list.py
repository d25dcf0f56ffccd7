"""What a list page has by the hundred, rows and options, as HTML put together in Python.

A page has 50 rows of some 40 values each and 150 options. As templates they took 38 ms
of a page's 48, like this they take 4. Every value goes through `escape`.
"""

from datetime import UTC
from functools import cache, lru_cache
from html import escape
from urllib.parse import quote
from uuid import UUID

from django import template
from django.template.loader import render_to_string
from django.urls import get_script_prefix, reverse
from django.utils.safestring import SafeString

from sessions.presenters.filter_bar import Choice, Option
from sessions.presenters.table import FileIcon, Row
from sessions.schema import App
from sessions.templatetags.history import app_icon, duration, exact, relative

register = template.Library()

# What `reverse` leaves as it is in a part of a path.
SAFE_IN_PATHS = "!$&'()*+,;=~:@"
UNKNOWN = '<span class="visually-hidden">Unknown</span><span aria-hidden="true">–</span>'
NO_SESSION = UUID(int=0)
QUEUE_WORDS = {"none": "No queue", "waiting": "On queue", "unknown": UNKNOWN}


@register.simple_tag
def session_row(row: Row, *, update: bool = False) -> SafeString:
    """`update` marks a row that takes the place of the one with its id."""
    address = address_pattern(get_script_prefix()).replace(str(NO_SESSION), str(row.record.id))
    swap = ' hx-swap-oob="true"' if update else ""
    return SafeString(f"""\
<tr id="session-{row.record.id}" class="row-{row.record.status}"{swap}>
  <td class="col-user">{user(row)}</td>
  <td class="col-app">{app(row, address)}</td>
  <td class="col-device">{device(row)}</td>
  <td class="col-queue_time is-number">{queue_time(row)}</td>
  <td class="col-duration is-number">{duration_or_state(row)}</td>
  <td class="col-date is-number">{date(row)}</td>
  <td class="col-files"><span class="files">{files(row, address)}</span></td>
</tr>
""")


@cache
def address_pattern(prefix: str) -> str:
    """A session's address, looked up once: `reverse` takes 40 µs. `prefix` is what `reverse` puts before it."""
    return reverse("session_detail", args=[NO_SESSION])


def user(row: Row) -> str:
    who = escape(row.who)
    return f'<span class="cell-main" title="{who}">{who}</span>{note(row.who_note)}'


def note(text: str) -> str:
    return f'<span class="cell-note">{escape(text)}</span>' if text else ""


def app(row: Row, address: str) -> str:
    name, app_note = escape(row.app_name), escape(row.app_note)
    app_id = f" ({escape(row.record.app.app_id)})" if row.record.app.app_id else ""
    below = f'<span class="cell-note" title="{app_note}">{app_note}</span>' if app_note else ""
    return (
        f'{icon(row.record.app.app_id, row.record.app.name)}<div class="cell-stack">'
        f'<a class="row-link cell-main" href="{address}" title="{name}{app_id}">{name}</a>{below}</div>'
    )


@lru_cache(maxsize=2_048)
def icon(app_id: str | None, name: str | None) -> str:
    return render_to_string("components/app_icon.html", app_icon(App(app_id=app_id, name=name))).strip()


def device(row: Row) -> str:
    name = escape(row.device_name)
    return f'<span class="cell-main" title="{name}">{name}</span><span class="cell-note">{escape(row.os_name)}</span>'


def queue_time(row: Row) -> str:
    look, meaning = row.queue
    words = QUEUE_WORDS.get(look) or (
        f'{duration(row.record.queue_ms)}<span class="visually-hidden">, {meaning}</span>'
    )
    return (
        f'<span class="queue queue-{look}" title="{meaning}"><span class="dot" aria-hidden="true"></span>{words}</span>'
    )


def duration_or_state(row: Row) -> str:
    """How long it ran, and what is to be said of one that did not simply end."""
    record = row.record
    length = duration(record.duration_ms)
    after = f'<span class="cell-note">after {length}</span>' if length else ""
    if record.status == "active":
        return state("active", "running", "In progress")
    if record.status == "queued":
        return '<span class="quiet">Not started</span>'
    if record.status == "lost":
        seen = escape(exact(record.last_seen_at))
        lost = state("lost", "lost", "Lost contact", f"Lost contact, last seen {seen}")
        return f'{lost}{after}<span class="visually-hidden">, last seen {seen}</span>'
    if record.status == "failed":
        return state("failed", "failed", "<span>Failed</span>", "Failed") + after
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
        f'<time datetime="{moment.astimezone(UTC).isoformat()}" title="{full}">{relative(moment)}'
        f'<span class="visually-hidden"> ({full})</span></time>'
    )


def files(row: Row, address: str) -> str:
    shown = "".join(file(icon, address) for icon in row.files)
    if not row.other_files:
        return shown
    words = f"other file{'' if row.other_files == 1 else 's'}"
    return (
        f'{shown}<a class="file-more" href="{address}#attachments" title="{row.other_files} {words}">'
        f'+{row.other_files}<span class="visually-hidden"> {words}</span></a>'
    )


def file(found: FileIcon, address: str) -> str:
    if not found.attachment:
        return absent(found.icon, found.reason)
    label = escape(found.label)
    return (
        f'<a class="file" href="{file_address(address, found.attachment.name)}" title="{label}">{svg(found.icon, 20)}'
        f'<span class="visually-hidden">{label}</span></a>'
    )


@cache
def absent(symbol: str, reason: str) -> str:
    """Of each kind of file and reason there is one: none of a session's own words are in it."""
    reason = escape(reason)
    return (
        f'<span class="file is-absent" title="{reason}">{svg(symbol, 20)}'
        f'<span class="visually-hidden">{reason}</span></span>'
    )


def file_address(address: str, name: str) -> str:
    """The route `attachment_view` below a session's; for a name that no route can hold, the session's files."""
    if "/" in name:
        return f"{address}#attachments"
    return f"{address}attachments/{quoted(name)}/view/"


@lru_cache(maxsize=2_048)
def quoted(name: str) -> str:
    return escape(quote(name, safe=SAFE_IN_PATHS))


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

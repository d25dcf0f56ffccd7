"""The log on the session's axis, with nothing but addresses to steer it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.files.storage import default_storage
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import timezone

from sessions.models import Attachment, FileIndex, Organisation, User
from sessions.query import find_session
from sessions.replay.axis import axis_of, scope_of
from sessions.views.panels.log import log_panel
from tests.conftest import NOON
from tests.detail.conftest import Attach

Panel = Callable[..., str]


@pytest.fixture
def panel(alice: User) -> Panel:
    """The panel of a session, given the address of its file, as HTML."""

    def panel_of(url: str, query: str = "") -> str:
        session_id = UUID(url.split("/")[2])
        request = RequestFactory().get(f"/sessions/{session_id}/?tab=log&{query}")
        request.user = alice
        record = find_session(alice, session_id)
        assert record is not None
        context = log_panel(request, record, axis_of(record), scope_of(QueryDict(query)))
        page = render_to_string("detail/panel_log.html", context, request)
        assert " style=" not in page
        assert "<script" not in page
        return page

    return panel_of


def stamped(seconds: float, text: str = "INFO a", form: str = "%Y-%m-%dT%H:%M:%S.%fZ", shift: float = 0) -> str:
    return f"{NOON + timedelta(seconds=seconds + shift):{form}} {text}\n"


def log_of(*seconds: float, **how: Any) -> bytes:
    return "".join(stamped(each, f"INFO at-{each}", **how) for each in seconds).encode()


def sent(attach: Attach, content: bytes, length: float = 60, **fields: Any) -> str:
    return attach(content, started_at=NOON, ended_at=NOON + timedelta(seconds=length), **fields)


def numbers(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'id="L([0-9]+)"', page)]


def current(page: str) -> list[str]:
    """The places on the axis of the lines that are marked as those at the moment asked for."""
    return re.findall(r'data-t="([^"]*)" aria-current="true" id="at"', page)


def test_each_line_has_its_place_on_the_axis_and_a_link_to_it(attach: Attach, panel: Panel) -> None:
    page = panel(sent(attach, log_of(0.5, 12.48, 59)))
    assert re.findall(r'data-t="([^"]*)"', page) == ["0.500", "12.480", "59.000"]
    assert 'href="?tab=log&amp;t=12.480#at">0:12.480</a>' in page
    assert "Times from the log." in page
    assert current(page) == []


@pytest.mark.parametrize(("t", "at"), [("0.5", "0.500"), ("12.479", "0.500"), ("12.48", "12.480"), ("900", "59.000")])
def test_the_moment_asked_for_is_marked(attach: Attach, panel: Panel, t: str, at: str) -> None:
    assert current(panel(sent(attach, log_of(0.5, 12.48, 59)), f"t={t}")) == [at]


def test_before_the_first_line_none_is_marked(attach: Attach, panel: Panel) -> None:
    page = panel(sent(attach, log_of(5, 6)), "t=1")
    assert (current(page), numbers(page)) == ([], [1, 2])


FORMS = (
    "%Y-%m-%dT%H:%M:%S.%fZ",
    "%Y-%m-%d %H:%M:%S.%f",
    "%m-%d %H:%M:%S.%f  1  2 I Hat:",
    "[%d/%b/%Y:%H:%M:%S +0000]",
    "%H:%M:%S.%f",
)


@pytest.mark.parametrize("form", FORMS)
def test_a_line_at_a_known_moment_is_there_within_50_ms(attach: Attach, panel: Panel, form: str) -> None:
    page = panel(sent(attach, log_of(10, 20, 30, form=form)), "t=20.050")
    (at,) = current(page)
    assert abs(float(at) - 20) < 0.05


def test_the_window_of_a_large_log_lies_around_the_moment(attach: Attach, panel: Panel) -> None:
    url = sent(attach, log_of(*[number / 100 for number in range(50_000)]), 500)
    page = panel(url, "t=300")
    assert current(page) == ["300.000"]
    assert numbers(page) == list(range(30_001 - 100, 30_001 + 200))
    assert "Lines 29,901–30,200 of 50,000" in page
    earlier, later = (re.search(rf'href="([^"]*)" rel="{rel}"', page) for rel in ("prev", "next"))
    assert earlier is not None
    assert later is not None
    for link, first in ((earlier[1], 29_601), (later[1], 30_201)):
        moved = numbers(panel(url, link.replace("&amp;", "&").removeprefix("?")))
        assert (moved[0], len(moved)) == (first, 300)


def test_the_end_is_asked_for_while_a_session_runs(attach: Attach, panel: Panel) -> None:
    page = panel(sent(attach, log_of(*range(1_000)), 1_000), "at=end")
    assert numbers(page)[-1] == 1_000
    assert 'rel="next"' not in page


FAR = "9" * 12
PLACES = (
    "at=0 at=x at=-1 at=² before=0 before=1 after=3 t=x range=5-1 level=x file=none shift=x "
    f"at={FAR} before={FAR} after={FAR} t={FAR}"
)


@pytest.mark.parametrize("query", PLACES.split())
def test_any_place_can_be_asked_for(attach: Attach, panel: Panel, query: str) -> None:
    assert numbers(panel(sent(attach, log_of(1, 2, 3)), query)) == [1, 2, 3]


def test_a_range_shows_its_lines_alone(attach: Attach, panel: Panel) -> None:
    page = panel(sent(attach, log_of(*range(60))), "range=10-12.5")
    assert re.findall(r'data-t="([^"]*)"', page) == ["10.000", "11.000", "12.000"]
    assert "in this range" in panel(sent(attach, log_of(1, 50)), "range=10-12")


def test_a_search_goes_to_the_first_match_from_the_moment_on(attach: Attach, panel: Panel) -> None:
    url = sent(attach, "".join(stamped(n, "INFO needle" if n % 20 == 0 else "INFO a") for n in range(60)).encode())
    page = panel(url, "q=NEEDLE&t=30")
    assert "Match 3 of 3" in page
    assert "<mark>needle</mark>" in page
    assert current(page) == ["30.000"]
    assert "Match 1 of 3" in panel(url, "q=needle")
    assert numbers(panel(url, "q=needle&only=1")) == [1, 21, 41]
    assert "3 lines match" in panel(url, "q=needle&at=50")
    assert "Match 1 of 3" in panel(url, "q=needle&t=55")
    assert "No line holds “nothing”" in panel(url, "q=nothing")


def test_levels_are_counted_and_filtered(attach: Attach, panel: Panel) -> None:
    url = sent(attach, "".join(stamped(n, "ERROR a" if n % 20 == 0 else "INFO a") for n in range(60)).encode())
    page = panel(url, "level=error&t=30")
    assert numbers(page) == [1, 21, 41]
    assert 'value="error" checked>error <span class="quiet">3</span>' in page
    assert numbers(panel(url, "level=error&q=a")) == [1, 21, 41]
    assert "None of the 60 lines is left" in panel(url, "level=debug")


def test_the_form_keeps_what_else_is_asked(attach: Attach, panel: Panel) -> None:
    page = panel(sent(attach, log_of(1)), "t=5&range=0-10&from=status%3Dfailed&at=3&q=a")
    kept = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
    assert kept == [("tab", "log"), ("file", "console.log"), ("t", "5"), ("range", "0-10"), ("from", "status=failed")]


def test_a_number_leads_to_its_line(attach: Attach, panel: Panel) -> None:
    page = panel(sent(attach, log_of(1, 2)), "at=2")
    assert 'id="L2" href="?tab=log&amp;t=2.000&amp;at=2#L2">2</a>' in page
    assert page.count("line-found") == 1


def test_a_line_is_named_until_another_moment_is(attach: Attach, panel: Panel) -> None:
    url = sent(attach, log_of(*range(2_000)), 2_000)
    same = panel(url, "t=999.000&at=1000")
    assert 1_000 in numbers(same)
    assert "line-found" in same
    other = panel(url, "t=5&at=1000")
    assert current(other) == ["5.000"]
    assert "line-found" not in other


def test_a_trace_has_the_time_of_its_error(attach: Attach, panel: Panel) -> None:
    text = stamped(1) + stamped(2, "ERROR a") + "    at a.b(c.kt:1)\n" + stamped(3)
    page = panel(sent(attach, text.encode()), "t=2.5")
    assert re.findall(r'data-t="([^"]*)"', page) == ["1.000", "2.000", "3.000"]
    assert current(page) == ["2.000"]
    assert numbers(page) == [1, 2, 3, 4]
    (found,) = re.findall(r'data-t="([^"]*)"', panel(sent(attach, text.encode()), "q=c.kt&only=1"))
    assert found == "2.000"


def test_the_zone_that_was_assumed_is_said(attach: Attach, panel: Panel, acme: Organisation) -> None:
    """Noon of acme's session is 14 h in Berlin."""
    page = panel(sent(attach, log_of(1, form="%Y-%m-%d %H:%M:%S", shift=7200)))
    assert "Times from the log, read as UTC+02:00." in page
    assert 'data-t="1.000"' in page


def test_lines_without_times_say_what_is_known(attach: Attach, panel: Panel) -> None:
    page = panel(sent(attach, b"a\nb\n"), "t=5")
    assert "Start assumed: session’s start; its lines carry no times." in page
    assert "data-t" not in page
    assert numbers(page) == [1, 2]


def test_the_start_that_was_sent_places_relative_times(attach: Attach, panel: Panel) -> None:
    url = sent(attach, b"+0.0 s a\n+1.5 s b\n")
    Attachment.objects.update(starts_at=NOON + timedelta(seconds=10))
    page = panel(url)
    assert re.findall(r'data-t="([^"]*)"', page) == ["10.000", "11.500"]
    assert "Seconds from the log, starts_at: sent by the producer." in page


def test_a_clock_that_is_hours_off_is_said_and_shifted_on_request(attach: Attach, panel: Panel) -> None:
    url = sent(attach, log_of(5, 6, shift=-9 * 3600))
    page = panel(url)
    assert "Its times lie 8 h 59 min before the session." in page
    assert 'href="?tab=log&amp;shift=log">Shift by +9 h</a>' in page
    shifted = panel(url, "shift=log")
    assert re.findall(r'data-t="([^"]*)"', shifted) == ["5.000", "6.000"]
    assert "Shown +9 h, since its clock is off." in shifted
    assert 'href="?tab=log">Show as written</a>' in shifted


def test_a_clock_that_goes_back_is_said(attach: Attach, panel: Panel) -> None:
    assert "Its clock goes back 5 min near" in panel(sent(attach, log_of(400, 100), 500))


def test_what_a_log_holds_is_never_markup(attach: Attach, panel: Panel) -> None:
    page = panel(sent(attach, b"<img src=x> \x1b[31mred<b>\x1b[0m \x00\n", name="<b>.log"), "q=<img&from=%22><b>")
    assert "<img" not in page
    assert "<b>" not in page
    assert '<span class="ansi-fg-1">red&lt;b&gt;</span>' in page
    assert "\x00" not in page


def test_an_empty_log_says_so(attach: Attach, panel: Panel) -> None:
    assert "The file is empty." in panel(sent(attach, b""))


def test_a_session_without_a_log_says_so(attach: Attach, panel: Panel) -> None:
    page = panel(sent(attach, b"x", name="a.bin", kind="other", content_type="application/octet-stream"))
    assert "This session has no log." in page


def test_a_log_that_is_lost_or_was_not_sent_says_so(attach: Attach, panel: Panel) -> None:
    url = sent(attach, log_of(1))
    default_storage.delete(Attachment.objects.get().storage_name)
    assert "Its content is no longer in the storage." in panel(url)
    Attachment.objects.update(available=False)
    assert "its content has not arrived" in panel(url)


def test_a_log_that_is_too_large_says_so_with_a_download(attach: Attach, panel: Panel) -> None:
    url = sent(attach, log_of(1))
    Attachment.objects.update(size=2**40)
    page = panel(url)
    assert "It is too large to be shown here." in page
    assert f'href="{url}?download"' in page


def test_a_log_that_is_too_large_for_its_panel_is_not_read_for_its_lane(alices: Client, attach: Attach) -> None:
    session_id = sent(attach, log_of(1)).split("/")[2]
    Attachment.objects.update(size=2**40)
    for query in ({}, {"lanes": "1"}):
        assert 'id="pending"' not in alices.get(f"/sessions/{session_id}/", query).content.decode()
    assert not FileIndex.objects.exists()


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"\x00" * 5_000, b"\r\n" * 100, bytes(range(256)) * 40, b"\x1b[" * 9_000]
)
def test_anything_is_shown(attach: Attach, panel: Panel, content: bytes) -> None:
    assert 'data-panel="log"' in panel(sent(attach, content), "t=1&q=a")


def test_a_zone_of_the_viewer_counts_first(attach: Attach, panel: Panel) -> None:
    with timezone.override("Asia/Kolkata"):
        page = panel(sent(attach, log_of(1, form="%Y-%m-%d %H:%M:%S", shift=5.5 * 3600)))
    assert "read as UTC+05:30" in page


def test_the_axis_begins_where_the_session_does(attach: Attach, panel: Panel) -> None:
    """A device's log begins long before; the panel does not."""
    seconds = range(-1_000, 60)
    page = panel(sent(attach, log_of(*seconds)))
    assert 'data-t="0.000"' in page
    assert numbers(page)[0] == 1_001

"""The demo: the same for everyone, with something of everything."""

import io
import json
import random
import struct
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone

from sessions.contract.choices import AttachmentKind, Flag, InitiatorType, Platform, Status
from sessions.demo.cast import PASSWORD, PEOPLE, TOKENS
from sessions.demo.fill import fill
from sessions.demo.story import DAYS, Cast, tell
from sessions.models import Attachment, Event, Organisation, Session, User

NOW = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
SESSIONS = 600


def test_the_same_seed_and_moment_tell_the_same_story() -> None:
    first, second = (tell(random.Random("acme"), Cast(PEOPLE, TOKENS), NOW, 300) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("hour", [0, 3, 14, 23])
def test_nothing_happens_after_now_and_something_just_before(hour: int) -> None:
    now = NOW.replace(hour=hour)

    lines = tell(random.Random("acme"), Cast(PEOPLE, TOKENS), now, 1000)

    times = [line[name] for line in lines for name in ("requested_at", "started_at", "ended_at") if name in line]
    times += [event["event_time"] for line in lines for event in line["events"]]
    assert max(times) <= now
    assert min(times) > now - timedelta(days=DAYS + 1)
    assert sum(time > now - timedelta(hours=5) for time in times) > 20
    assert len({line["external_id"] for line in lines}) == 1000


@pytest.mark.django_db
def test_there_is_something_of_everything() -> None:
    fill(timezone.now(), lambda _: None, sessions=SESSIONS)

    acme = Session.objects.filter(organisation__slug="acme")
    assert acme.count() == SESSIONS
    assert Session.objects.filter(organisation__slug="globex").count() == 120
    assert set(acme.values_list("status", flat=True)) == set(Status.values)
    assert set(acme.values_list("initiator_type", flat=True)) == set(InitiatorType.values)
    assert set(acme.values_list("platform", flat=True)) >= set(Platform.values) - {"other"}
    for flag in Flag.values:
        assert acme.filter(**{flag: True}).exists(), flag
    assert acme.filter(status="failed", started_at=None).exists()
    assert acme.filter(status="active", last_seen_at__lt=timezone.now() - timedelta(hours=1)).exists()
    for low, high in ((0, 0), (1, 5999), (6000, 19_999), (20_000, 59_999), (60_000, 400_000)):
        assert acme.filter(queue_ms__range=(low, high)).exists(), low
    for email in ("developer@example.com", "user@example.com"):
        assert acme.filter(user__email=email).count() > SESSIONS / 40
    assert acme.filter(token__creator__email="developer@example.com").exists()
    assert acme.filter(app__app_id="com.acme.shop").values("platform").distinct().count() == 2
    newest_of_the_dead = acme.filter(app__app_id="com.acme.loyalty.legacy").latest("occurred_at")
    assert newest_of_the_dead.occurred_at < timezone.now() - timedelta(days=89)
    assert Event.objects.exclude(int1=None).exists()


@pytest.mark.django_db
def test_tests_kiosk_flows_and_queries_have_titles_and_many_failures_an_outcome() -> None:
    fill(timezone.now(), lambda _: None, sessions=SESSIONS)

    acme = Session.objects.filter(organisation__slug="acme")
    titled = acme.exclude(title=None)
    assert SESSIONS / 5 < titled.count() < SESSIONS / 2
    assert not acme.filter(platform__in=("kiosk", "proxy"), title=None).exists()
    tests = titled.filter(attributes__has_key="suite")
    for run in set(tests.values_list("attributes__run", flat=True)):
        assert tests.filter(attributes__run=run).values("attributes__commit").distinct().count() == 1
    failed = acme.filter(status="failed")
    assert failed.exclude(outcome=None).count() > failed.count() / 2
    assert not acme.filter(status__in=("queued", "active")).exclude(outcome=None).exists()
    # A test has a history.
    assert max(Counter(tests.values_list("attributes__suite", "title")).values()) > 3


@pytest.mark.django_db
def test_there_are_files_of_every_kind_and_they_are_what_they_say() -> None:
    fill(timezone.now(), lambda _: None, sessions=SESSIONS)

    files = Attachment.objects.filter(organisation__slug="acme")
    assert set(files.values_list("kind", flat=True)) >= set(AttachmentKind.values) - {"crash_report"}
    assert files.filter(available=False).exists()
    for file in files.filter(available=True):
        assert default_storage.size(file.storage_name) == file.size
    assert files.filter(kind="log", size__gt=4_000_000).count() == 1
    archive = json.loads(default_storage.open(files.filter(kind="network_log")[0].storage_name).read())
    assert archive["log"]["version"] == "1.2"
    assert {"startedDateTime", "time", "request", "response", "timings", "pageref"} <= archive["log"]["entries"][
        0
    ].keys()
    picture = files.filter(kind="screenshot", session__platform="ios")[0]
    header = default_storage.open(picture.storage_name).read(24)
    assert header.startswith(b"\x89PNG\r\n\x1a\n")
    session = Session.objects.get(pk=picture.session_id)
    assert struct.unpack(">II", header[16:]) == (session.screen_width, session.screen_height)
    video = default_storage.open(files.filter(kind="video", available=True)[0].storage_name).read(4)
    assert video == b"\x1a\x45\xdf\xa3"


@pytest.mark.django_db
def test_files_begin_when_what_is_in_them_does() -> None:
    fill(timezone.now(), lambda _: None, sessions=SESSIONS)

    files = Attachment.objects.filter(organisation__slug="acme").exclude(name="cart.csv")
    for file in files.select_related("session"):
        assert file.starts_at is not None, file.name
        if file.kind == "log":
            first = default_storage.open(file.storage_name).read(24).decode()
            assert abs(file.starts_at - datetime.fromisoformat(first)) < timedelta(milliseconds=1)
        if file.kind == "video":
            assert file.session.started_at is not None
            assert file.session.started_at < file.starts_at


@pytest.mark.django_db
def test_the_command_fills_an_empty_database_once_and_says_how_to_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    fill(timezone.now(), lambda _: None, sessions=50)
    monkeypatch.setenv("PORT", "8123")
    output = io.StringIO()

    call_command("demo", stdout=output)

    assert Organisation.objects.count() == 2
    assert Session.objects.filter(organisation__slug="acme").count() == 50
    for said in ("http://127.0.0.1:8123", "admin@example.com", "developer@example.com", "user@example.com", PASSWORD):
        assert said in output.getvalue()
    for email, role in (("admin", "admin"), ("developer", "developer"), ("user", "user")):
        user = User.objects.get(email=f"{email}@example.com", can_sign_in=True)
        assert user.role == role
        assert user.check_password(PASSWORD)
    assert User.objects.get(email="admin@globex.example").check_password(PASSWORD)

"""What the list is asked for: every kind of filter where its matches are many, few, long gone or none."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from benchmarks.names import LARGE
from benchmarks.question import Question
from sessions.models import App, Session, User
from sessions.query.criteria.order import NEWEST_FIRST, Position

ROWS_ON_A_PAGE = 50
FIRST, FAR = "nothing set", "page 1,000"


@dataclass(frozen=True)
class Shape:
    """`query` is the product's query string, `viewer` who asks; the question is put to the peers too."""

    name: str
    query: str = ""
    viewer: str = "admin"
    question: Question | None = None


def shapes(admin: User) -> list[Shape]:
    return [
        Shape(FIRST, question=Question()),
        *of_people(admin),
        *of_catalogue(admin),
        *of_values(),
        *of_searches(),
        *of_pairs(),
        *of_conditions(),
        *of_times(),
        *of_orders(),
        *of_places(admin),
        *of_roles(),
    ]


def asked(name: str, question: Question | None = None, **parameters: Any) -> Shape:
    return Shape(name, urlencode(parameters, doseq=True), question=question)


def of_branch(name: str, branch: str, **parameters: Any) -> Shape:
    return Shape(name, urlencode({"attr.branch": branch, **parameters}))


def of_people(admin: User) -> list[Shape]:
    names = list(User.objects.filter(organisation=admin.organisation).order_by("pk").values_list("username", flat=True))
    busiest, ranked = names[0], names[: LARGE.users]
    testers = [name for name in ranked if name.startswith("qa")]
    user = User.objects.get(organisation=admin.organisation, username=busiest)
    return [
        asked("one busy user", Question(user=user), user=str(user.email)),
        asked("one rare user", user=ranked[-1]),
        asked("user who left", user="leaver"),
        asked("user seen once", user="guest-once"),
        asked("2 users", user=[busiest, ranked[-1]]),
        asked("20 users", user=ranked[10:30]),
        asked("20 rare users", user=ranked[-20:]),
        asked("500 users", user=testers[:500]),
        asked("500 rare users", user=testers[-500:]),
    ]


def of_catalogue(admin: User) -> list[Shape]:
    retired = App.objects.get(organisation=admin.organisation, app_id="com.example.retired")
    return [
        asked("common app", app="com.example.app1"),
        asked("rare app", app=f"com.example.app{LARGE.apps}"),
        asked("app retired long ago", Question(app=retired), app=retired.app_id),
        asked("common device", device="Model 1"),
        asked("rare device", device=f"Model {LARGE.devices}"),
        asked("device discontinued long ago", device="Discontinued"),
        asked("device that came late", device="Latecomer"),
        asked("device seen once", device="Prototype"),
        asked("common OS", os="iOS 11"),
        asked("OS gone long ago", os="Symbian 3"),
        asked("OS seen once", os="iOS 99"),
    ]


def of_values() -> list[Shape]:
    return [
        asked("common platform", platform="android"),
        asked("platform gone long ago", platform="kiosk"),
        asked("platform seen once", platform="web"),
        asked("common status", status="ended"),
        asked("status of 3 %", status="failed"),
        asked("running right now", status="active"),
        asked("status gone long ago", status="lost"),
        asked("flag of 2 %", flag="exception"),
        asked("flag gone long ago", flag="anr"),
    ]


def of_searches() -> list[Shape]:
    nothing, one = "zzz-no-such-name", "app1999"
    return [
        asked("search: nothing", Question(q=nothing), q=nothing),
        asked("search: one rare app", Question(q=one), q=one),
        asked("search: one rare user", q="person4999"),
        asked("search: retired app", q="retired"),
        asked("search: 300 apps", q="checkout"),
        asked("search: 300 users", q="guest"),
        asked("search: 2,000 apps", q="com.example.app"),
        asked("search: 2,000 users", q="qa"),
        asked("search: every name", q="e"),
    ]


def of_pairs() -> list[Shape]:
    """Some name what never was at one time: no row has both, and neither index tells."""
    last_week = str(today() - timedelta(days=7))[:10]
    return [
        asked("user on a device", user="guest1", device="Model 1"),
        asked("rare user, rare app", user=f"person{LARGE.users - 1}", app="com.example.app1999"),
        asked("300 apps with a flag", q="checkout", flag="anr"),
        asked("20 apps on one OS", app=[f"com.example.app{n}" for n in range(1, 21)], os="iOS 11"),
        asked("retired app, late device", app="com.example.retired", device="Latecomer"),
        asked("leaver, late device", user="leaver", device="Latecomer"),
        asked("retired app, busy user", app="com.example.retired", user="guest1"),
        asked("late device, old status", device="Latecomer", status="lost"),
        asked("leaver, last week", user="leaver", start=last_week),
        asked("old platform, last week", platform="kiosk", start=last_week),
    ]


def of_conditions() -> list[Shape]:
    """What the index of keys alone knows, and what `OR` and `-` join."""
    return [
        asked("common version", version="2.7"),
        asked("build of 0.1 %", build="613"),
        asked("20 builds", build=[str(number) for number in range(20)]),
        asked("build that never was", build="901"),
        asked("country of all", country="DE"),
        asked("country of none", country="FR"),
        asked("started by tokens", initiator="token"),
        asked("started by anybody unknown", initiator="anonymous"),
        of_branch("common branch", "main"),
        of_branch("branch of 0.02 %", "feature-1"),
        of_branch("branch that never was", "gone"),
        of_branch("rare branch, common app", "feature-101", app="com.example.app1"),
        asked("build and version that never met", build="613", version="2.8"),
        asked("build, longest first", build="613", sort="-duration_ms"),
        asked("three branches of OR", q="app:com.example.app1999 OR build:613 OR (status:failed flag:crash)"),
        asked("OR of what is common", q="platform:android OR flag:exception"),
        asked("not the status of nearly all", q="-status:ended"),
        asked("not an app, of a status", q="-app:com.example.app1 status:failed"),
        asked("not a device, of a branch", q='attr.branch:feature-1 -device:"Model 1"'),
        asked("prefix of app IDs", q="app:com.example.app19*"),
        asked("longer than a second", duration_min="1s"),
        asked("long, of a rare build", duration_min="30m", build="613"),
        asked("with a log", has="log"),
        asked("with a log, of a rare branch", q="has:log attr.branch:feature-1"),
        asked("without a log, failed", q="-has:log status:failed"),
        asked("by id", id="00000000-0000-0000-0000-000000000000"),
    ]


def of_times() -> list[Shape]:
    day = today() - timedelta(days=365)
    hour = today() - timedelta(days=390)
    written = str(day.date())
    return [
        asked("a day a year ago", Question(start=day, end=day + timedelta(days=1)), start=written, end=written),
        asked("an hour 390 days ago", start=hour.isoformat(), end=(hour + timedelta(hours=1)).isoformat()),
        asked("a day a year ago, one user", start=written, end=written, user="guest1"),
        asked(
            "a month a year ago, rare app",
            start=written,
            end=str(day + timedelta(days=30))[:10],
            app="com.example.app1999",
        ),
        asked("before anything was", end=str(today() - timedelta(days=500))[:10]),
    ]


def of_orders() -> list[Shape]:
    found = [
        asked(f"sort {order}", sort=order)
        for order in ("date", "-queue_ms", "queue_ms", "-duration_ms", "duration_ms", "-queue_ms,date")
    ]
    return [
        *found,
        asked("sort -duration_ms, one user", sort="-duration_ms", user="guest1"),
        asked("sort -queue_ms, retired app", sort="-queue_ms", app="com.example.retired"),
        asked("sort -duration_ms, a flag", sort="-duration_ms", flag="exception"),
    ]


def of_places(admin: User) -> list[Shape]:
    rows = Session.objects.filter(organisation=admin.organisation).order_by("-occurred_at", "-id")
    count = rows.count()
    found = []
    for name, depth in ((FAR, 999 * ROWS_ON_A_PAGE), ("half-way down", count // 2)):
        ident, at = rows.values_list("id", "occurred_at")[min(depth, count - 1) - 1]
        cursor = Position((at,), ident).to_cursor(NEWEST_FIRST)
        question = Question(depth=depth, before=at) if name != FAR else None
        found.append(asked(name, question, cursor=cursor))
    return [*found, asked("last page, backwards", mode="before")]


def of_roles() -> list[Shape]:
    return [
        Shape("developer's own", viewer="developer"),
        Shape("developer's own, search", urlencode({"q": "checkout"}), viewer="developer"),
        Shape("developer's own, a flag", urlencode({"flag": "anr"}), viewer="developer"),
        Shape("user's own", viewer="user"),
        Shape("user's own, retired app", urlencode({"app": "com.example.retired"}), viewer="user"),
        Shape("user with few sessions", viewer="seldom"),
    ]


def today() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

"""What is asked: the same parameters for both pages, but for how each names a page further down."""

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.db.models import Count, Max, Min
from django.http import QueryDict

from sessions.models import App, Device, Session, User
from sessions.query import SessionQuery

ROWS_ON_A_PAGE = 50


@dataclass(frozen=True)
class Shape:
    """`query` is the product's query string, `textbook` its peer's."""

    name: str
    query: str
    textbook: str


def shapes(viewer: User, rows: int) -> list[Shape]:
    """Filters of the large organisation's admin, or of the demo's; what each matches is in `data.py`."""
    sessions = Session.objects.filter(organisation=viewer.organisation)
    user = str(User.objects.get(pk=busiest(viewer, "user")).email)
    device = Device.objects.get(pk=busiest(viewer, "device")).model
    oldest = oldest_app(viewer).app_id
    found = [
        same("nothing set"),
        same("one user", user=user),
        same("search matching many", q="a"),
        same("search matching one app", q=oldest[-12:]),
        same("search matching nothing", q="zzz-no-such-name"),
        same("app that ended long ago", app=oldest),
        same("device", device=device),
        same("one user on one device", user=user, device=device),
        same("one day a year ago" if rows > 5_000 else "one day long ago", **day_of(viewer, rows)),
    ]
    # Half-way down. The textbook counts pages, the product goes on from a row.
    depth = sessions.count() // 2
    return [
        *found,
        Shape(f"{depth:,} rows deep", cursor_at(viewer, depth), urlencode({"page": depth // ROWS_ON_A_PAGE})),
    ]


def same(name: str, **parameters: str) -> Shape:
    return Shape(name, urlencode(parameters), urlencode(parameters))


def busiest(viewer: User, relation: str) -> int:
    """The id that the newest 2,000 sessions name most often."""
    newest = Session.objects.filter(organisation=viewer.organisation).order_by("-occurred_at", "-id")
    idents: list[int] = [ident for ident in newest.values_list(f"{relation}_id", flat=True)[:2_000] if ident]
    return max(set(idents), key=idents.count)


def oldest_app(viewer: User) -> App:
    """The app whose last session was longest ago, of those that fill a page."""
    by_app = (
        Session.objects.filter(organisation=viewer.organisation, app__isnull=False)
        .order_by()
        .values("app_id")
        .annotate(newest=Max("occurred_at"), sessions=Count("id"))
        .filter(sessions__gt=50)
    )
    return App.objects.get(pk=min(by_app, key=lambda found: found["newest"])["app_id"])


def day_of(viewer: User, rows: int) -> dict[str, str]:
    if rows > 5_000:
        day = date.today() - timedelta(days=365)  # noqa: DTZ011  any day of a year ago will do
    else:
        first = Session.objects.filter(organisation=viewer.organisation).aggregate(at=Min("occurred_at"))["at"]
        day = (first + timedelta(days=10)).date()
    return {"start": str(day), "end": str(day)}


def cursor_at(viewer: User, depth: int) -> str:
    """The place after `depth` rows, reached by the product's own pages."""
    cursor: str | None = ""
    while depth > 0 and cursor is not None:
        limit = min(depth, 100_000)
        cursor = SessionQuery(viewer, QueryDict(urlencode({"limit": limit, "cursor": cursor}))).places.next_cursor
        depth -= limit
    return urlencode({"cursor": cursor or ""})

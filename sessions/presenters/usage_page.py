"""The usage page: the bars of its charts, and the links from each number to the sessions that it counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from sessions.presenters.filter_bar import changed
from sessions.presenters.times import duration
from sessions.query import Parameters
from sessions.usage.numbers import Named, Numbers, Usage, UsageRequest

# A chart is drawn in units of its own: a day is 10 wide, of which the bar takes 8; the highest bar is 100.
DAY_WIDTH, BAR_WIDTH, HEIGHT = 10, 8, 100
# Of more days the bars touch, each chart is as wide as the page, and the table is by month.
MANY_DAYS = 92


@dataclass(frozen=True)
class Bar:
    x: int
    y: float
    height: float


@dataclass(frozen=True)
class Chart:
    """A bar for each day, oldest first."""

    title: str
    highest: str
    bars: list[Bar]
    width: int
    bar_width: int
    first: date
    last: date


@dataclass(frozen=True)
class Line:
    """A line of a table. Each of its numbers leads to the list: of all its sessions, the longest or slowest first."""

    label: str | date
    numbers: Numbers
    hours: str
    sessions_link: str
    longest_link: str
    slowest_link: str
    share: str


@dataclass(frozen=True)
class Month:
    """`first` is its first day that is shown."""

    first: date
    sessions: int
    hours: str
    lines: list[Line]


@dataclass(frozen=True)
class Top:
    title: str
    kind: str
    lines: list[Line]


def charts(found: Usage) -> list[Chart]:
    """Each has a scale of its own: beside the 95th percentile no median could be seen."""
    return [
        chart(found, "Sessions", lambda day: day.sessions, lambda most: f"{most:,}"),
        chart(found, "Hours", lambda day: day.duration_ms, lambda most: f"{hours_of(most)} h"),
        chart(found, "Median queue", lambda day: day.queue_median_ms or 0, duration),
        chart(found, "95th percentile", lambda day: day.queue_p95_ms or 0, duration),
    ]


def chart(found: Usage, title: str, value: Callable[[Numbers], int], say: Callable[[int], str]) -> Chart:
    days = list(found.days)
    values = [value(numbers) for numbers in found.days.values()]
    most = max(values)
    bar_width = DAY_WIDTH if len(days) > MANY_DAYS else BAR_WIDTH
    return Chart(title, say(most), bars(values, most), len(days) * DAY_WIDTH, bar_width, days[0], days[-1])


def bars(values: Sequence[int], most: int) -> list[Bar]:
    """Anything above nothing is at least one unit high, so that it is seen."""
    found = []
    for number, value in enumerate(values):
        if value:
            height = max(round(value / most * HEIGHT, 1), 1.0)
            found.append(Bar(number * DAY_WIDTH + 1, round(HEIGHT - height, 1), height))
    return found


def day_lines(asked: UsageRequest, found: Usage) -> list[Line]:
    """Newest first, as the list is."""
    most = max(numbers.sessions for numbers in found.days.values())
    return [line(asked.given, day, numbers, most, day_range(asked, day)) for day, numbers in found.days.items()][::-1]


def months(lines: Sequence[Line]) -> list[Month]:
    """Lines of days, as they come, by the month; none if they are few enough to be read one after the other."""
    if len(lines) <= MANY_DAYS:
        return []
    by_month = (list(of_month) for _, of_month in groupby(lines, lambda line: str(line.label)[:7]))
    return [
        Month(
            min(day for line in of_month if isinstance(day := line.label, date)),
            sum(line.numbers.sessions for line in of_month),
            hours_of(sum(line.numbers.duration_ms for line in of_month)),
            of_month,
        )
        for of_month in by_month
    ]


def tops(asked: UsageRequest, found: Usage) -> list[Top]:
    every = (("Apps", "app", found.apps), ("Devices", "device", found.devices), ("Users", "user", found.users))
    return [Top(title, kind, named_lines(asked.given, kind, named)) for title, kind, named in every if named]


def named_lines(given: Parameters, kind: str, named: list[Named]) -> list[Line]:
    most = named[0].numbers.sessions
    return [line(given, one.label, one.numbers, most, {kind: [one.value]}) for one in named]


def total_line(asked: UsageRequest, found: Usage) -> Line:
    return line(asked.given, "", found.total, found.total.sessions, {})


def line(given: Parameters, label: str | date, numbers: Numbers, most: int, narrowed: dict[str, list[str]]) -> Line:
    without = narrowed | {"limit": []}
    return Line(
        label,
        numbers,
        hours_of(numbers.duration_ms),
        changed(given.data, **without, sort=[]),
        changed(given.data, **without, sort=["-duration_ms"]),
        changed(given.data, **without, sort=["-queue_ms"]),
        f"{numbers.sessions / most * 100:.1f}" if most else "0",
    )


def day_range(asked: UsageRequest, day: date) -> dict[str, list[str]]:
    """A day's part of the range, which may begin or end with a moment within it."""
    start, end = asked.given.values.get("start"), asked.given.values.get("end")
    first, last = day == asked.days[0], day == asked.days[-1]
    return {
        "start": [str(asked.given.data["start"]) if first and isinstance(start, datetime) else str(day)],
        "end": [str(asked.given.data["end"]) if last and isinstance(end, datetime) else str(day)],
    }


def hours_of(milliseconds: int) -> str:
    return f"{milliseconds / 3_600_000:,.1f}"

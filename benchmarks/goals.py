"""What the product means to reach, and whether a run did."""

from dataclasses import dataclass

from benchmarks.measured import ListResult, Size
from benchmarks.shapes import FAR, FIRST


@dataclass(frozen=True)
class Goal:
    what: str
    limit: str
    found: str
    is_met: bool


def at_most(what: str, limit: float, value: float, unit: str, of: str = "") -> Goal:
    return Goal(what, f"at most {limit:g}{unit}", f"{value:g}{unit}{of and f' ({of})'}", value <= limit)


def at_least(what: str, limit: float, value: float, unit: str = "") -> Goal:
    return Goal(what, f"at least {limit:g}{unit}", f"{value:g}{unit}", value >= limit)


def goals(size: Size) -> list[Goal]:
    return [
        *of_lists(size.lists),
        *(growth(size) if size.fewer else []),
        *of_loads(size),
        *of_downloads(size),
        *(at_least("import_sessions, speed beside COPY's", 0.7, one.share) for one in size.imports),
    ]


def of_lists(lists: list[ListResult]) -> list[Goal]:
    p95 = max(lists, key=lambda one: one.database.times.p95)
    worst = max(lists, key=lambda one: one.database.times.worst)
    page = max(lists, key=lambda one: one.pages["ours"].p95)
    by_name = {one.shape: one for one in lists}
    first, far = by_name[FIRST], by_name[FAR]
    deep = far.database.times.best / first.database.times.best
    deep_page = far.pages["ours"].best / first.pages["ours"].best
    return [
        at_most("database, p95 of the slowest filter", 10, p95.database.times.p95, " ms", p95.shape),
        at_most("database, worst of all rounds", 25, worst.database.times.worst, " ms", worst.shape),
        at_most("whole page over HTTP, p95 of the slowest filter", 40, page.pages["ours"].p95, " ms", page.shape),
        at_most("page 1,000 against page 1, database", 1.3, round(deep, 2), " times"),
        at_most("page 1,000 against page 1, whole page", 1.3, round(deep_page, 2), " times"),
    ]


def growth(size: Size) -> list[Goal]:
    """A filter that finds fewer rows for its page among fewer sessions asks less there, and is not compared alone."""
    before = {one.shape: one.fewer.times.best for one in size.lists if one.fewer}
    after = {one.shape: one.database.times.best for one in size.lists}
    alike = [one.shape for one in size.lists if one.fewer and one.fewer.rows == one.rows]
    most = max(alike, key=lambda shape: after[shape] / before[shape])
    what = f"database, {size.sessions:,} against {size.fewer:,} sessions"
    together = round(sum(after.values()) / sum(before.values()), 2)
    grown = round(after[most] / before[most], 2)
    return [
        at_most(f"{what}, nothing set", 1.5, round(after[FIRST] / before[FIRST], 2), " times"),
        at_most(f"{what}, all filters together", 1.5, together, " times"),
        at_most(f"{what}, the filter that grew most, of as many rows", 1.5, grown, " times", most),
    ]


def of_loads(size: Size) -> list[Goal]:
    ours = size.per_second["ours"]
    found = []
    if textbook := size.per_second.get("textbook"):
        found.append(at_least("pages a second beside the textbook's", 30, round(ours / textbook, 1), " times"))
    if drf := size.per_second.get("drf"):
        found.append(at_least("pages a second beside REST framework's JSON", 1, round(ours / drf, 2), " times"))
    return found


def of_downloads(size: Size) -> list[Goal]:
    csv, json = size.downloads
    return [
        at_least("CSV, speed beside psql's COPY of the same SELECT", 0.9, csv.share("the same SELECT")),
        at_least("CSV, speed beside psql's COPY of the raw columns", 0.7, csv.share("raw columns")),
        at_most("CSV, first byte", 100, csv.first_byte_ms, " ms"),
        at_most("CSV, growth of the server's memory", 32, csv.memory_mib, " MiB"),
        at_most("JSON, time beside psql's COPY of row_to_json", 1.3, round(1 / json.share("row_to_json"), 2), " times"),
        at_most("JSON, growth of the server's memory", 32, json.memory_mib, " MiB"),
    ]

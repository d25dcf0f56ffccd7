"""The facts of two sessions beside each other: those that differ, and those that are the same."""

from collections.abc import Iterator
from dataclasses import dataclass

from sessions.contract.choices import Status
from sessions.contract.schema import Session
from sessions.presenters.facts import Fact, Group, facts_of
from sessions.presenters.times import duration
from sessions.viewers.differing.change import Parts, parts

# Every session has its own, so they say least.
LAST = "Times"
# Facts that are known of every session: those that hold are listed, the others do not hold.
ABSENT = {"Flags": "no"}
MOST_FILES = 20


@dataclass(frozen=True)
class FactPair:
    """One fact; None where it is not known of a session, of which the page says `absent`."""

    label: str
    first: Fact | None
    second: Fact | None
    absent: str

    @property
    def is_equal(self) -> bool:
        return self.first is not None and self.second is not None and self.first.value == self.second.value

    @property
    def parts(self) -> tuple[Parts | None, Parts | None]:
        """Both texts with the part in which they differ; nothing where they have nothing in common."""
        if self.is_equal or self.first is None or self.second is None:
            return None, None
        if not (isinstance(self.first.value, str) and isinstance(self.second.value, str)):
            return None, None
        marked = parts(self.first.value, self.second.value)
        return marked if marked[0].before or marked[0].after else (None, None)


@dataclass(frozen=True)
class PairGroup:
    title: str
    pairs: list[FactPair]


@dataclass(frozen=True)
class ComparedFacts:
    differing: list[PairGroup]
    equal: list[PairGroup]

    @property
    def differing_count(self) -> int:
        return sum(len(group.pairs) for group in self.differing)

    @property
    def equal_count(self) -> int:
        return sum(len(group.pairs) for group in self.equal)


def compare_facts(first: Session, second: Session) -> ComparedFacts:
    groups = [PairGroup(title, pairs) for title, pairs in _pairs(first, second).items()]
    groups.sort(key=lambda group: group.title == LAST)
    return ComparedFacts(_only(groups, equal=False), _only(groups, equal=True))


def _only(groups: list[PairGroup], *, equal: bool) -> list[PairGroup]:
    kept = [PairGroup(group.title, [pair for pair in group.pairs if pair.is_equal == equal]) for group in groups]
    return [group for group in kept if group.pairs]


def _pairs(first: Session, second: Session) -> dict[str, list[FactPair]]:
    """Of each group, in the order of the session's page: what either session has."""
    own, other = _facts(first), _facts(second)
    pairs: dict[str, list[FactPair]] = {}
    for title, label in dict.fromkeys([*own, *other]):
        pair = FactPair(label, own.get((title, label)), other.get((title, label)), ABSENT.get(title, "not known"))
        pairs.setdefault(title, []).append(pair)
    return pairs


def _facts(record: Session) -> dict[tuple[str, str], Fact]:
    """By their group and label."""
    return {(group.title, fact.label): fact for group in _groups(record) for fact in group.facts}


def _groups(record: Session) -> Iterator[Group]:
    """What the head of a session's page says, and its facts. Title and outcome are in both, and count once."""
    known = {
        "Title": record.title,
        "Outcome": record.outcome,
        "Status": Status(record.status).label,
        "Duration": duration(record.duration_ms),
        "Queue time": duration(record.queue_ms),
        "Files": _files(record),
    }
    yield Group("Session", [Fact(label, value) for label, value in known.items() if value])
    yield from facts_of(record)


def _files(record: Session) -> str:
    names = [file.name for file in record.attachments]
    more = f" and {len(names) - MOST_FILES:,} more" if len(names) > MOST_FILES else ""
    return ", ".join(names[:MOST_FILES]) + more

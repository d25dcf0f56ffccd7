"""Chooses a plan by facts about a search, so that no filter's cost depends on where its matches lie.

Four ideas bound the cost: reading in the order of an index, skip scans of keys, bounded scans, and buckets.

`first_plan` says how a search begins:

- nothing          a name that was asked for does not exist.
- read in order    nothing is filtered, or a single day is: the rows in the order of their index.
- sort the running only what runs right now is asked for: all rows that run (index session_open), sorted.
- sort the named   sessions are asked for by their ids: these, sorted.
- sort a range     values without an index, by duration or queue time: all rows of the day that is asked for, sorted.
- merge append     few keys of one clause, by date: the next rows of each from its own index, merged.
- bounded scan     everything else: read the next 250 rows, of the organisation or of the most selective clause, and
                   keep what matches. If that is not enough, `rows_to_scan_on` says whether matches are so frequent that
                   going on is the fastest way, and `last_plan` how the rest is found:

- next of keys     hundreds of keys of one clause, by date: a range scan as far ahead as should hold enough of their
                   rows, else a skip scan for the keys whose next row is nearest.
- sort the keys    keys of one clause, by duration or queue time: all of their rows, sorted.
- buckets          several clauses, by date: the GIN index on (7-day bucket, key), newest bucket first.
- sort the buckets several clauses, by duration or queue time: all that matches in any bucket, sorted.
- read on          conditions of which no key is known, such as a negation, that most sessions do not meet: the rows in
                   the order of their index until enough of them match.

Buckets are in the order of the date. So by duration or queue time, the cost grows with the number of matches.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from sessions.models.keys import PERIOD_SECONDS
from sessions.query import tuning
from sessions.query.criteria.conditions import reads
from sessions.query.criteria.criteria import Criteria
from sessions.query.criteria.groups import is_small
from sessions.query.plans.key_bounds import is_indexed
from sessions.query.plans.scan import Scan
from sessions.query.plans.search import Search


class Plan(Enum):
    NOTHING = "nothing"
    READ_IN_ORDER = "read in order"
    SORT_THE_RUNNING = "sort the running"
    SORT_A_RANGE = "sort a range"
    SORT_THE_NAMED = "sort the named"
    MERGE_APPEND = "merge append"
    BOUNDED_SCAN = "bounded scan"
    NEXT_OF_KEYS = "next of keys"
    SORT_THE_KEYS = "sort the keys"
    BUCKETS = "buckets"
    SORT_THE_BUCKETS = "sort the buckets"
    READ_ON = "read on"


@dataclass(frozen=True)
class Facts:
    """The facts that the choice depends on. `keys` is the number of keys of the only clause, if they have indexes and
    nothing else has to be checked; None otherwise."""

    is_empty: bool = False
    is_by_date: bool = True
    has_clauses: bool = False
    has_exact_values: bool = False
    has_ids: bool = False
    has_conditions: bool = False
    only_running: bool = False
    keys: int | None = None
    has_few_keys: bool = False


def facts_of(search: Search) -> Facts:
    criteria = search.criteria
    is_single = is_single_indexed_clause(criteria)
    return Facts(
        is_empty=criteria.is_empty,
        is_by_date=search.order.is_by_date,
        has_clauses=bool(criteria.groups),
        has_exact_values=any(map(reads, criteria.conditions)),
        has_ids=criteria.ids is not None,
        has_conditions=bool(criteria.conditions),
        only_running=criteria.only_running,
        keys=len(criteria.groups[0]) if is_single else None,
        has_few_keys=is_single and is_small(criteria.groups[0]),
    )


def first_plan(facts: Facts) -> Plan:
    if facts.is_empty:
        return Plan.NOTHING
    if facts.has_ids:
        return Plan.SORT_THE_NAMED
    if facts.has_exact_values:
        return Plan.READ_IN_ORDER if facts.is_by_date else Plan.SORT_A_RANGE
    if not (facts.has_clauses or facts.has_conditions):
        return Plan.READ_IN_ORDER
    if facts.only_running:
        return Plan.SORT_THE_RUNNING
    if facts.is_by_date and facts.has_few_keys:
        return Plan.MERGE_APPEND
    return Plan.BOUNDED_SCAN


def rows_to_scan_on(facts: Facts, scan: Scan, needed: int) -> int:
    """How many more rows to scan for the rest of the `needed` matches and some more, if they lie as densely as so far.

    0 if nothing has matched so far, or if another plan finds the rest sooner.
    """
    found = len(scan.positions)
    if not found:
        return 0
    rows = 2 * scan.rows * max(needed - found, 0) // found
    most = _rows_of_the_last_plan(facts, scan) if facts.is_by_date else tuning.MOST_SCAN_ROWS
    return rows if rows <= min(most, tuning.MOST_SCAN_ROWS) else 0


def last_plan(facts: Facts) -> Plan:
    if not facts.has_clauses:
        return Plan.READ_ON
    if facts.keys is not None:
        return Plan.NEXT_OF_KEYS if facts.is_by_date else Plan.SORT_THE_KEYS
    return Plan.BUCKETS if facts.is_by_date else Plan.SORT_THE_BUCKETS


def _rows_of_the_last_plan(facts: Facts, scan: Scan) -> float:
    """The cost of `last_plan` by date, in rows of a scan: two for each key's index, or the matches in one bucket."""
    if facts.keys is not None:
        return tuning.SCAN_ROWS_A_KEY * facts.keys
    buckets_scanned = scan.span / timedelta(seconds=PERIOD_SECONDS)
    return len(scan.positions) / buckets_scanned if buckets_scanned else tuning.MOST_SCAN_ROWS


def is_single_indexed_clause(criteria: Criteria) -> bool:
    """Whether the matches are exactly the rows that the indexes of some keys hold."""
    is_single = len(criteria.groups) == 1 and not criteria.is_checked
    return is_single and is_indexed(criteria.groups[0])

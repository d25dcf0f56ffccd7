"""The choice of a plan, as a table: facts about a search on the left, the plan's name on the right."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from sessions.contract.choices import Status
from sessions.models.dimensions import Kind
from sessions.models.keys import key, value_key
from sessions.query import tuning
from sessions.query.criteria.order import Position
from sessions.query.plans.choice import Facts, Plan, first_plan, last_plan, rows_to_scan_on
from sessions.query.plans.key_bounds import is_indexed, selectivity
from sessions.query.plans.scan import Scan

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("facts", "plan"),
    [
        (Facts(), Plan.READ_IN_ORDER),
        (Facts(is_by_date=False), Plan.READ_IN_ORDER),
        (Facts(is_empty=True), Plan.NOTHING),
        (Facts(is_empty=True, has_clauses=True, has_exact_values=True, only_running=True), Plan.NOTHING),
        (Facts(has_exact_values=True), Plan.READ_IN_ORDER),
        (Facts(has_exact_values=True, has_clauses=True, only_running=True), Plan.READ_IN_ORDER),
        (Facts(has_exact_values=True, is_by_date=False), Plan.SORT_A_RANGE),
        (Facts(has_clauses=True, only_running=True), Plan.SORT_THE_RUNNING),
        (Facts(has_clauses=True, only_running=True, is_by_date=False), Plan.SORT_THE_RUNNING),
        (Facts(has_clauses=True, keys=2, has_few_keys=True), Plan.MERGE_APPEND),
        (Facts(has_clauses=True, keys=2, has_few_keys=True, is_by_date=False), Plan.BOUNDED_SCAN),
        (Facts(has_clauses=True, keys=500), Plan.BOUNDED_SCAN),
        (Facts(has_clauses=True), Plan.BOUNDED_SCAN),
        (Facts(has_conditions=True), Plan.BOUNDED_SCAN),
        (Facts(has_conditions=True, has_clauses=True, only_running=True), Plan.SORT_THE_RUNNING),
        (Facts(has_ids=True, has_clauses=True), Plan.SORT_THE_NAMED),
        (Facts(has_ids=True, is_empty=True), Plan.NOTHING),
    ],
    ids=str,
)
def test_how_a_search_begins(facts: Facts, plan: Plan) -> None:
    assert first_plan(facts) is plan


@pytest.mark.parametrize(
    ("facts", "plan"),
    [
        (Facts(has_clauses=True, keys=500), Plan.NEXT_OF_KEYS),
        (Facts(has_clauses=True, keys=500, is_by_date=False), Plan.SORT_THE_KEYS),
        (Facts(has_clauses=True, keys=2, has_few_keys=True, is_by_date=False), Plan.SORT_THE_KEYS),
        (Facts(has_clauses=True), Plan.BUCKETS),
        (Facts(has_clauses=True, is_by_date=False), Plan.SORT_THE_BUCKETS),
        (Facts(has_conditions=True), Plan.READ_ON),
        (Facts(has_conditions=True, has_clauses=True), Plan.BUCKETS),
    ],
    ids=str,
)
def test_how_the_rest_is_found(facts: Facts, plan: Plan) -> None:
    assert last_plan(facts) is plan


def scanned(matches: int, span: timedelta = timedelta(days=7)) -> Scan:
    """A scan of 250 rows that lie in so much time, with so many matches."""
    first, last = Position((NOON,), UUID(int=1)), Position((NOON - span,), UUID(int=2))
    return Scan(250, [first] * matches, first, last)


SEVERAL, SORTED = Facts(has_clauses=True), Facts(has_clauses=True, is_by_date=False)


@pytest.mark.parametrize(
    ("facts", "scan", "rows"),
    [
        (SEVERAL, scanned(0), 0),  # nothing is known of how densely matches lie
        (SEVERAL, scanned(25, timedelta(minutes=1)), 2 * 250),  # half of what is needed: as many rows again, and spare
        (SEVERAL, scanned(25), 0),  # a bucket holds 25 matches, fewer than 500 rows
        (SEVERAL, scanned(1, timedelta(seconds=1)), 0),  # 24,500 rows are too many for any plan
        (SORTED, scanned(25), 2 * 250),  # sorted, all matches would have to be gathered instead
        (SORTED, scanned(1), 0),
        (Facts(has_clauses=True, keys=500), scanned(25), 2 * 250),  # 500 rows, as by the keys' indexes
        (Facts(has_clauses=True, keys=200), scanned(25), 0),  # 400 by the keys' indexes
    ],
    ids=str,
)
def test_a_scan_goes_on_where_that_is_the_fastest_way(facts: Facts, scan: Scan, rows: int) -> None:
    assert rows_to_scan_on(facts, scan, needed=50) == rows


def test_a_scan_in_which_all_rows_began_at_once_goes_on() -> None:
    """No time passed, so nothing is known of a bucket."""
    assert rows_to_scan_on(SEVERAL, scanned(25, timedelta()), needed=50) == 500
    assert tuning.MOST_SCAN_ROWS > 500


def test_the_clause_that_fewest_sessions_meet_is_the_most_selective() -> None:
    by_selectivity = [
        frozenset({key(Kind.USER, 1)}),
        frozenset({key(Kind.USER, 1), key(Kind.USER, 2)}),
        frozenset({key(Kind.TOKEN, 1)}),
        frozenset({value_key(Kind.FLAG, 1, "crash")}),
        frozenset({key(Kind.APP, 1)}),
        frozenset({value_key(Kind.STATUS, 1, Status.FAILED)}),
        frozenset({key(Kind.DEVICE, 1)}),
        frozenset({key(Kind.OS, 1)}),
        frozenset({value_key(Kind.PLATFORM, 1, "ios")}),
        frozenset({key(Kind.USER, 1), value_key(Kind.PLATFORM, 1, "ios")}),  # as unselective as its worst kind
    ]
    assert sorted(frozenset(by_selectivity), key=selectivity) == by_selectivity


@pytest.mark.parametrize(("status", "indexed"), [(Status.FAILED, True), (Status.ENDED, False)])
def test_the_status_of_nearly_all_sessions_has_no_index(status: Status, indexed: bool) -> None:
    assert is_indexed(frozenset({value_key(Kind.STATUS, 1, status)})) is indexed

"""The session to compare one with: the last that passed of the same test, or on the same model of device."""

import re
from typing import Literal, NamedTuple
from uuid import UUID

from sessions.contract.schema import Session
from sessions.models import User
from sessions.postgresql.fetching import fetch_all
from sessions.query.criteria.visibility import visible_to

# How many sessions of the app before this one are looked at.
LOOK_ROWS = 1_000
SHORTEST_STEM = 3

# `pytest:RUN:tests/shop.py::test_pay`, as the pytest plugin writes it.
_OF_A_RUN = re.compile(r"([^:\s]++):[^:\s]++:(.++)", re.DOTALL)
# A run that an id ends with: a UUID, a hash, a number.
_RUN_AT_THE_END = re.compile(
    r"""[-_.:/\#]?+ (?:
        (?<![0-9A-Za-z]) [0-9a-fA-F]{8} (?:-[0-9a-fA-F]{4}){3} -[0-9a-fA-F]{12}
        | (?<![0-9A-Za-z]) [0-9a-fA-F]{12,64}+
        | (?<![0-9]) [0-9]++
    ) \Z""",
    re.VERBOSE,
)

# Index session_app. The moment of this session is a plain value, so that the index finds where to begin. Two tests of
# one title are different ones if they are of different suites. Sessions of older clients have their title among the
# attributes.
LOOK = f"""
WITH this AS MATERIALIZED (
    SELECT app_id, device_id, occurred_at, coalesce(title, attributes ->> 'title') AS title,
        attributes ->> 'suite' AS suite, attributes ->> 'test' AS test
    FROM history_session WHERE id = %(this)s
)
SELECT s.id, s.external_id,
    coalesce(s.title, s.attributes ->> 'title') = (SELECT title FROM this)
        AND coalesce(s.attributes ->> 'suite' = (SELECT suite FROM this), true),
    s.attributes ->> 'test' = (SELECT test FROM this), s.device_id = (SELECT device_id FROM this)
FROM (
    SELECT * FROM history_session s
    WHERE s.app_id = (SELECT app_id FROM this)
      AND (s.occurred_at, s.id) < ((SELECT occurred_at FROM this), %(this)s::uuid)
    ORDER BY s.occurred_at DESC, s.id DESC LIMIT {LOOK_ROWS}
) s
WHERE s.status = 'ended'
"""


class Passed(NamedTuple):
    """`alike` says what else is the same, besides the app."""

    id: UUID
    alike: Literal["test", "device"]


class Candidate(NamedTuple):
    """An ended session of the app. What is compared is None where one of the two sessions does not say it."""

    id: UUID
    external_id: str | None
    same_title: bool | None
    same_test: bool | None
    same_device: bool | None

    def is_of_the_test(self, test_stem: str | None) -> bool:
        """By the first of these that both sessions say: title, the attribute `test`, the stem of the external id."""
        if self.same_title is not None:
            return self.same_title
        if self.same_test is not None:
            return self.same_test
        return test_stem is not None and stem(self.external_id) == test_stem


def last_passed(viewer: User, record: Session) -> Passed | None:
    """The newest session of the same app before this one that ended without a failure and that the viewer may see.

    One of the same test is preferred to one on the same device. Call with a session that the viewer may see.
    """
    if record.app.app_id is None:
        return None
    criteria = visible_to(viewer)
    sql = f"{LOOK} AND {criteria.sql_matches()} ORDER BY s.occurred_at DESC, s.id DESC"
    candidates = [Candidate(*row) for row in fetch_all(sql, criteria.parameters | {"this": record.id})]
    test_stem = stem(record.external_id)
    if found := next((one for one in candidates if one.is_of_the_test(test_stem)), None):
        return Passed(found.id, "test")
    if found := next((one for one in candidates if one.same_device), None):
        return Passed(found.id, "device")
    return None


def stem(external_id: str | None) -> str | None:
    """What stays of an external id from run to run: `pytest:7f3a:test_pay` and `pytest:91bc:test_pay` have one stem.

    None for an id that is the run's alone, or that has no run in it.
    """
    if external_id is None:
        return None
    if of_a_run := _OF_A_RUN.fullmatch(external_id):
        return f"{of_a_run[1]}:{of_a_run[2]}"
    kept, runs = _RUN_AT_THE_END.subn("", external_id)
    letters = sum(character.isalpha() for character in kept)
    return kept if runs and letters >= SHORTEST_STEM else None

"""The benchmark's filters on 200,000 of its sessions: none reads more than a few thousand of them to fill a page.

What `tests.query.test_explain` says of shapes of its own with lowered bounds, this says of what is measured, as it is.
"""

import pytest
from django.http import QueryDict

from benchmarks import data
from benchmarks.shapes import shapes
from sessions.models import User
from sessions.query import count_matches, find_page, parse
from sessions.query.tuning import COUNT_CAP
from tests.query.explained import check, traced

ROWS = 200_000
READ_BY_A_LIST = 4_000
READ_BY_A_COUNT = 3 * COUNT_CAP  # of each of up to three kinds of names that a search finds


@pytest.mark.django_db(transaction=True)
def test_no_filter_reads_more_than_a_few_thousand_rows() -> None:
    data.make_organisations()
    data.fill(1, ROWS)
    admin = User.objects.get(username="admin")
    found = shapes(admin)
    for shape in found:
        viewer = User.objects.get(email=f"{shape.viewer}@large.example")
        request = parse(viewer, QueryDict(shape.query))
        check(shape.name, traced(lambda request=request: find_page(request)), READ_BY_A_LIST)
        check(f"the count of {shape.name}", traced(lambda request=request: count_matches(request)), READ_BY_A_COUNT)
    assert len(found) >= 40

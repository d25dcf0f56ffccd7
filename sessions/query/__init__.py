"""The one way to sessions: (viewer, parameters) -> request -> visible rows -> page, count, CSV or JSON.

`parse` turns an address into a `ListRequest`; programs may build one themselves. `find_page`, `count_matches` and the
streams answer it. `criteria.visibility` decides for every reader who may see what.
"""

from sessions.query.criteria.clauses import Clauses
from sessions.query.page import Page, count_matches, find_page, still_matching
from sessions.query.plans.count import Count
from sessions.query.records import (
    find_named,
    find_session,
    find_session_json,
    json_records,
    listed_records,
)
from sessions.query.request import (
    FieldError,
    InvalidParametersError,
    ListRequest,
    Parameters,
    parse,
    read_parameters,
)
from sessions.query.stream import is_streamed, stream_csv, stream_json, stream_page

__all__ = [
    "Clauses",
    "Count",
    "FieldError",
    "InvalidParametersError",
    "ListRequest",
    "Page",
    "Parameters",
    "count_matches",
    "find_named",
    "find_page",
    "find_session",
    "find_session_json",
    "is_streamed",
    "json_records",
    "listed_records",
    "parse",
    "read_parameters",
    "still_matching",
    "stream_csv",
    "stream_json",
    "stream_page",
]

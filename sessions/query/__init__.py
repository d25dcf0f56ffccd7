"""The one way to sessions: (viewer, parameters) -> filters -> visible rows -> page, count, CSV, JSON.

Nothing outside this package chooses which sessions somebody gets.
"""

from sessions.query.find import find_named, find_session, find_session_json
from sessions.query.plans.count import Count
from sessions.query.session_query import FieldError, Page, SessionQuery

__all__ = ["Count", "FieldError", "Page", "SessionQuery", "find_named", "find_session", "find_session_json"]

"""The JSON API. Every error is a `Problem`, which the error middleware answers."""

from sessions.http.methods import by_method
from sessions.views.api.attachments import put_attachment
from sessions.views.api.reading import session, session_events, sessions
from sessions.views.api.writing import patch_session, post_batch, post_events, post_session

__all__ = [
    "by_method",
    "patch_session",
    "post_batch",
    "post_events",
    "post_session",
    "put_attachment",
    "session",
    "session_events",
    "sessions",
]

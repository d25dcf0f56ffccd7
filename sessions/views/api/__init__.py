"""The JSON API. Every error is a `Problem`, which the error middleware answers."""

from sessions.views.api.reading import session, session_events, sessions

__all__ = ["session", "session_events", "sessions"]

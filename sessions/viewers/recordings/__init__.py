"""Recordings of terminals and of web pages, rebuilt at any moment on the server.

`asciicast.py` and `web_events.py` read files; `terminal.py` and `page.py` rebuild what was to be seen; `screen_svg.py`
and `inert.py` write it so that a browser shows it and runs nothing. `replays.py` opens a file and goes to a moment.
"""


class NotRecording(ValueError):
    """Why a file cannot be shown as a recording, as a sentence."""

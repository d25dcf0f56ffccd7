"""Made-up organisations to look around in: `cast` and `places` name who and what, `story` tells
the sessions, `events` and `files` what happened in them and what was recorded, `fill` loads them.

The same seed and the same moment make the same data.
"""

"""The grammar of the times that log lines begin with. `stamps.py` reads what they say, `levels.py` what follows them.

Nothing here goes back over what it has read.
"""

import re

MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
CLOCK = r"\d{1,2}:\d\d(?::\d\d)?+(?:[.,:]\d++)?+(?:,\d{3})?+(?:\s?[AP]M\b)?+"
ZONE = r"(?:\s?(?:Z|UTC|GMT|CES?T|[ECMP][SD]T|[+-]\d\d:?\d\d)\b)?+"
DATE = rf"""(?:
    \d{{4}}[-/.]\d\d[-/.]\d\d | \d\d[-/.]\d\d(?:[-/.]\d{{2,4}})?+ | \d{{8}}
    | (?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?[ ])?+
      (?: {MONTH}[ ]{{1,2}}\d{{1,2}}(?:,?[ ]\d{{4}}\b)?+ | \d{{1,2}}[-/ ]{MONTH}[-/ ]\d{{4}} )
)"""
TIME = re.compile(
    rf"""
    \s*+ [\[(]?+ \s*+ (?=[\dA-Z]) (?:
        (?: {DATE} (?:[T_:]|,?[ ]|[ ]-[ ]) )?+ {CLOCK} {ZONE}
        | [A-Z][a-z][a-z][ ]{MONTH}[ ]{{1,2}}\d{{1,2}}[ ]{CLOCK}[ ]\d{{4}}
        | \d{{4}}-\d\d-\d\d\b | \d{{1,10}}\.\d{{3,9}}\b | \d{{13}}\b
    ) [\])]?+ \s*+ (?:[-|,;:]\s++)?+ (?:std(?:out|err)[ ][FP][ ])?+
    """,
    re.VERBOSE,
)


def without_time(line: str) -> str:
    """A line of a log without the time that it begins with."""
    found = TIME.match(line)
    return (line[found.end() :] if found else "") or line


WEEKDAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Zones by name, in hours from UTC, as far as each name means one zone only where logs are written.
ZONES = {"Z": 0, "UTC": 0, "GMT": 0, "CET": 1, "CEST": 2, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7,
         "MDT": -6, "PST": -8, "PDT": -7}  # fmt: skip

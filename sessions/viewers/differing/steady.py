"""A text without what differs from run to run although nothing else happened."""

import re

# What takes the place of a part that was taken out.
GONE = "‹›"
# As the page says it.
VOLATILE = (
    "dates, times of day and since the start, process and thread numbers, UUIDs, addresses in memory, hexadecimal ids "
    "of 16 digits or more, durations in ms, µs or ns or with a fraction of a second, and port numbers of five digits"
)

_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK = r"""\d{1,2}:\d\d:\d\d (?: [.,]\d{1,9}+ )?+ (?: [ ]?(?:Z|UTC|GMT|CES?T|[+-]\d\d:?\d\d)(?!\w) )?+"""
_DIGIT = re.compile(r"[0-9]")
# What a volatile part may begin with: looking at one sign first halves the time.
_BEGINS = r"(?=[0-9a-fA-FJMSONDptPT\[(@:+])"
_VOLATILE = re.compile(
    rf"""
    {_BEGINS} (?: (?<!\w) (?:
        # a UUID
        [0-9a-fA-F]{{8}}-[0-9a-fA-F]{{4}}-[0-9a-fA-F]{{4}}-[0-9a-fA-F]{{4}}-[0-9a-fA-F]{{12}} (?!\w)
        # 2026-10-26T11:38:12.123Z, 2026/10/26, 26/Oct/2026:11:38:12 +0100, Oct 26 11:38:12, 10-26 11:38:12.123
        | (?: \d{{4}}[-/.]\d\d[-/.]\d\d | \d\d/{_MONTH}/\d{{4}} | {_MONTH}[ ]{{1,2}}\d{{1,2}}(?:[ ]\d{{4}})?+
              | \d\d-\d\d(?=[ ]\d\d:) )
          (?: [T:,_ ][ ]?{_CLOCK} )?+ (?!\w)
          # logcat: process and thread
          (?: [ ]{{1,5}}\d{{1,7}}+[ ]{{1,5}}\d{{1,7}}+ (?=[ ][VDIWEFA][ ]) )?+
        | {_CLOCK} (?!\w)
        # seconds since 1970, or thousandths, millionths, billionths
        | 1\d{{9}}(?:\d{{3}}(?:\d{{3}}(?:\d{{3}})?+)?+)?+(?:\.\d{{1,9}}+)?+ (?!\w)
        | 0x[0-9a-fA-F]++ (?!\w)
        | [0-9a-fA-F]{{16,}}+ (?!\w)
        | \d{{1,12}}+(?:[.,]\d{{1,9}}+)?+[ ]?(?:ms|µs|μs|us|ns) (?!\w)
        | \d{{1,12}}+\.\d{{1,9}}+[ ]?s (?!\w)
        | (?:pid|tid|PID|TID)[ ]?[=:][ ]?\d++
      )
      | (?<=\w) (?: \[\d{{1,7}}+\](?=:) | \([ ]{{0,5}}+\d{{1,7}}+\)(?=:) | @[0-9a-f]{{6,8}}+(?!\w) | :\d{{5}}(?!\w) )
      | \[[ ]{{0,8}}+\d{{1,9}}+\.\d{{3,9}}+\]  # since the kernel started
      | \[\d{{1,7}}+:[0-9a-f]{{1,8}}+(?=[\]:])  # process and thread
      | \+\d{{1,9}}+\.\d{{1,9}}+(?:[ ]?s)?+ (?!\w)
    )
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(r"\d++(?:[.,]\d++)*+")


def steady(text: str) -> str:
    return _VOLATILE.sub(GONE, text) if _DIGIT.search(text) else text


def numberless(text: str) -> str:
    """The text with one sign for each number: equal for what differs in a count or an id alone."""
    return _NUMBER.sub("0", text)

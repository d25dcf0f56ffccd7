"""The level of a log line: what stands where the line's format has its level, whatever words come after."""

import re
from collections.abc import Iterable
from enum import StrEnum

from sessions.viewers.times import MONTH, TIME


class Level(StrEnum):
    ERROR = "error"
    WARN = "warn"
    INFO = "info"
    DEBUG = "debug"
    NONE = "none"

    # Enum's own is written in Python, and the levels of all lines of a log are counted.
    __hash__ = str.__hash__


# The level stands near the start of a line. Nothing here goes back over what it has read, so that no line takes long.
HEAD = 256

_NAMES = {
    Level.ERROR: "ERROR ERR EROR FATAL FTL CRITICAL CRIT SEVERE EMERGENCY EMERG ALERT PANIC DPANIC EXCEPTION CRASH ANR",
    Level.WARN: "WARNING WARN WRN",
    Level.INFO: "INFORMATION INFO INF NOTICE",
    Level.DEBUG: "DEBUG DBG DBUG TRACE TRC TRCE VERBOSE VRB VERB",
}
# These are levels only where a colon or brackets say so: they are words as well.
_MARKED_NAMES = {
    Level.ERROR: "FAULT FAIL FAILURE SHOUT",
    Level.INFO: "LOG NOTE",
    Level.DEBUG: "FINE FINER FINEST CONFIG SILLY",
}
_LETTERS = {"A": Level.ERROR, "F": Level.ERROR, "E": Level.ERROR, "C": Level.ERROR, "W": Level.WARN, "I": Level.INFO,
            "N": Level.INFO, "D": Level.DEBUG, "V": Level.DEBUG, "T": Level.DEBUG}  # fmt: skip
_APPLE = {"DEFAULT": Level.INFO, "DF": Level.INFO, "DB": Level.DEBUG, "ER": Level.ERROR, "FT": Level.ERROR}
# As npm, Redis and the first digit of an HTTP status have it.
_SIGNS = {"ERR!": Level.ERROR, "#": Level.WARN, "*": Level.INFO, "-": Level.DEBUG, ".": Level.DEBUG,
          "4": Level.WARN, "5": Level.ERROR}  # fmt: skip


def _by_name(names: dict[Level, str]) -> dict[str, Level]:
    return {name: level for level, all_names in names.items() for name in all_names.split()}


_PLAIN = _by_name(_NAMES)
_MARKED = _PLAIN | _by_name(_MARKED_NAMES)
_LEVELS = _MARKED | _LETTERS | _APPLE | _SIGNS


def _any_of(names: Iterable[str]) -> str:
    """A group for each first letter, so that a word that is none is found out by its first."""
    rests: dict[str, list[str]] = {}
    for name in sorted(names, key=len, reverse=True):
        rests.setdefault(name[0], []).append(name[1:])
    return "|".join(f"{first}(?:{'|'.join(some)})" for first, some in rests.items())


_WORD = rf"(?:{_any_of(_PLAIN)})"
LEVEL_NAME = rf"(?i:{_any_of(_MARKED)})"
_LETTER = "[VDIWEFA]"
_ENDS = r"(?![\w.=!?'\"])"

# What collectors put before a line: a service (Docker Compose), a pod (kubectl), a JSON object (Docker).
_COLLECTOR = re.compile(rf"""\s*+(?:(?!{_WORD}\b)[\w.-]++\s*+\|\s++|\[pod/[^\]]++\]\s++|\{{"log":")""")

# The most common lines, which are told without trying all formats: logcat's threadtime and brief, and access logs.
_LOGCAT = re.compile(
    rf"(?:\d{{4}}-)?\d\d-\d\d \d\d:\d\d:\d\d\.\d+ +\d+ +\d+ ({_LETTER}) "
    rf"|({_LETTER})/(?!O\b)[^\s:(]++(?:\s*+\(\s*+\d++\))?+:"
)
_ACCESS = re.compile(
    rf"""[\d.]++ - - \[\d\d/{MONTH}/\d{{4}}:[\d:]++ [+-]\d{{4}}\] "[A-Z]++ [^\s"]*+ HTTP/[\d.]++" (\d)\d\d\b"""
)

# A field before the level: a thread or a module in brackets, a process, a logger, a host. A word of letters alone may
# be the beginning of what the line says.
_FIELD = r"""(?>
    [\[(<] [^\])>\n]*+ [\])>] \s*+ | [-|>~]++ \s++
    | (?= [A-Za-z]*+ [\d./@$\\_\[\](-] ) [^\s:\[(<]++ (?: [:\[(] [^\s:]++ )*+ \s++
)"""
_AT_ITS_PLACE = rf"""(?:
    ({_WORD}) \d?+ {_ENDS}
    | \[ \s*+ (?: [^\s\[\]:/|]*+ (?:[ ][^\s\[\]:/|]++)*+ [:/|] )?? ({LEVEL_NAME}) \d?+ (?= \s*+ [\]:|] | [ ]-[ ] )
    | \[ ({_WORD}) [ ]
    | [<(] \s*+ ({LEVEL_NAME}) [>)]
    | (?=[A-Za-z]++\s?:(?:\s|$)) ({LEVEL_NAME}) \s?+ :
    | \[ ([VDIWEFCT]) \]
)"""

# A word that begins a sentence, or a frame of a stack ("at", "File"): no format has its level behind one.
_SENTENCE = r"(?!(?:npm|Uncaught|Exception)[ ]) [A-Za-z][a-z]++ [ ] (?![-|:])"

# Formats, each with one group around its level; the first that fits counts.
_FIRST = (
    # logcat: brief, tag, time; process, thread; ESP-IDF
    rf"({_LETTER})/(?!O\b)(?: [^\s:(]++ | [^(\n]*+ (?=\() ) (?: \s*+ \(\s*+\d++\) )?+ (?: : | \s*+\] )",
    rf"({_LETTER})[ ]?\(\s*+\d++(?::\s*+\d++)?+\)",
    # a print of an exception: java.lang.IllegalStateException: ..., TypeError: ..., Exception in thread "main"
    r"(?:Uncaught[ ])?+[\w$.]++(?: (?<=(Error)): | (?<=(Exception))(?=:|[ ]in[ ]thread|$) )",
)
_AFTER_TIME = (
    # logcat: threadtime, with a user or without; long; Android Studio, old and new
    rf"(?:[\w.]++\s++)?\d++\s++\d++\s++({_LETTER})\s",
    rf"(?:\w++:\s*+)?\w++:\s*+\w++[ ]({_LETTER})/",
    rf"\d++-\d++/\S++[ ]({_LETTER})/",
    rf"\d++-\d++\s++(?:\S++\s++){{1,5}}?({_LETTER})\s",
    # Apple's log: by columns, compact
    r"0x[\da-f]++\s++(Default|Info|Debug|Error|Fault)\s",
    r"(Df|Db|Er|Ft|[EFIDA])\s++[^\s\[]++\[\d++:[\da-f]++\]",
    r"([45])\d\d[ ](?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\b",
    r"([EWINDCT])[ ]\|[ ]",  # etcd
    rf"(?=[A-Za-z]{{3,}}+(?:[\s,|\]:/]|$)) (?i:({_WORD}))(?![A-Za-z])",
)
_AT_START = (
    r"([IWEFD])(?:\d{4}){1,2}[ ]\d\d:\d\d",  # glog, klog
    rf"\[(?:[\d/.]++:)++({_WORD})\d?+:",  # Chromium
    r"([DIWEFA]),[ ]\[",  # Ruby
    r"\[([DIWEC])[ ]\d",  # Jupyter, Tornado
    r"\d++:[XCSM][ ][^.#*-]{0,40}+\.\d++[ ]([.#*-])[ ]",  # Redis
    r"npm[ ](?i:(ERR!|error|warn|info|notice|verb|silly))",
    rf"(?:\#\#\[|::)({LEVEL_NAME})(?:\]|::|[ ])",  # Azure Pipelines, GitHub Actions
    r"(?i:(error|fault|warning|information|info|debug|default))(?=\t|,\d)",  # Console.app, Event Viewer
    r"console\.(error|warn|info|debug):",  # Firefox
    r"JavaScript[ ](error|warning):",
)
_LOGFMT = r"""(?:[\w.@-]++=(?:"(?:[^"\\]|\\.)*+"|[^\s"]*+)\s++)*?(?:log_?)?(?:level|lvl|severity)=["']?(\w++)"""
# How a server answered: access logs, curl, Appium, Gin
_ANSWERS = (
    r'[^"\n]*+"[A-Z]++[ ][^\s"]*+[ ]HTTP/[\d.]++"[ ]([45])\d\d\b',
    r"(?:<[ ])?+HTTP/[\d.]++[ ]([45])\d\d\b",
    r"(?:\[[^\]]++\]\s++)?+<--[ ][A-Z]++[ ]\S++[ ]([45])\d\d\b",
    r"\[GIN\][^|\n]*+\|\s*+([45])\d\d\b",
)
# A host or a logger may come after the time: a word that does not begin a sentence, or has a process or a dash behind.
_NAME = r"(?: [a-z]\w\w++ \s++ | \w++ \s++ (?=[-|]\s|\S++\[\d++\]) )"


def _one_of(*formats: str) -> re.Pattern[str]:
    return re.compile(rf"\s*+(?:{'|'.join(formats)})", re.VERBOSE)


_TAIL = rf"{_FIELD}{{0,6}}? (?: (?![\[<(]) [^\s:]++ (?: :[^\s:]++ )*+ : \s++ )??"
_TIMED = _one_of(rf"({_WORD})(?=[ ])", *_FIRST, *_AFTER_TIME, _LOGFMT, rf"{_NAME}?? {_TAIL} {_AT_ITS_PLACE}")
_UNTIMED = _one_of(_SENTENCE, *_FIRST, *_AT_START, _LOGFMT, rf"(?:\w++[ ](?=[-|][ ]))?? {_TAIL} {_AT_ITS_PLACE}")
_ANSWER = _one_of(*_ANSWERS)
_IN_DATES = frozenset("-/")
_PRIORITY = re.compile(r"<(\d{1,3})>")
_JSON = re.compile(
    r"""[{,]\s*+"(?i:log\.?level|level_?name|level|lvl|severity_?text|severity|priority|@l|s)"\s*+:\s*+
        (?:"([^"\\]++)"|(\d++)\b)""",
    re.VERBOSE,
)


def level_of(line: str) -> Level:
    """The level a line states, a 5xx answer being an error and a 4xx one a warning; NONE where it states none."""
    if not line:
        return Level.NONE
    head = line[:HEAD]
    if logcat := _LOGCAT.match(head):
        return _LETTERS[logcat[1] or logcat[2]]
    if head[:1] == "<" and (priority := _PRIORITY.match(head)):
        return _of_number(int(priority[1]) % 8)
    place = 0
    if ("|" in head or "[pod" in head or '{"log' in head) and (collector := _COLLECTOR.match(head)):
        place = collector.end()
    if '] "' in head and (access := _ACCESS.match(head, place)):
        return _LEVELS.get(access[1], Level.NONE)
    forms = _UNTIMED
    while time := TIME.match(head, place):
        place, forms = time.end(), _TIMED
        if head[place + 4 : place + 5] not in _IN_DATES:  # Docker's own time comes before the one of the program
            break
    if head[place : place + 1] == "{":
        return _of_json(head, place)
    found = forms.match(head, place)
    if (found is None or found.lastindex is None) and ("HTTP/" in head or "<-- " in head or "[GIN]" in head):
        found = _ANSWER.match(head, place)
    return _LEVELS.get(found[found.lastindex].upper(), Level.NONE) if found and found.lastindex else Level.NONE


def _of_json(head: str, place: int) -> Level:
    if (found := _JSON.search(head, place)) is None:
        return Level.NONE
    if found[2] or found[1].isdecimal():
        return _of_number(int((found[2] or found[1])[:4]))
    return _LEVELS.get(found[1].upper(), Level.NONE)


def _of_number(number: int) -> Level:
    """Syslog's severities, most severe first; pino's and bunyan's by tens; Monolog's by hundreds."""
    if number < 8:
        return (Level.ERROR, Level.WARN, Level.INFO, Level.DEBUG)[(number > 3) + (number > 4) + (number > 6)]
    if number >= 100:
        return next((level for least, level in _MONOLOG if number >= least), Level.NONE)
    return next((level for least, level in _PINO if number >= least), Level.NONE)


_MONOLOG = ((400, Level.ERROR), (300, Level.WARN), (200, Level.INFO), (100, Level.DEBUG))
_PINO = ((50, Level.ERROR), (40, Level.WARN), (30, Level.INFO), (10, Level.DEBUG))

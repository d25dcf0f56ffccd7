"""What a crash report says first: the error, and the topmost frame that is the app's own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sessions.viewers.shown import printable

# Errors and the first frames stand near the start of a report.
MOST_BYTES = 256 * 1024
MOST_LINES = 5_000
LONGEST_LINE = 1_000
LONGEST = 300

_ERROR = re.compile(
    r"""(?:[ ]*+ (?:Caused[ ]by:[ ]|Uncaught[ ]|Exception[ ]in[ ]thread[ ]"[^"]*+"[ ]|E[ ]AndroidRuntime:[ ]))?+
        (?P<error> [A-Za-z_$][\w.$]*+ (?<=Error|ption|Fault|wable|panic) (?::[ ].*+)?+ ) $""",
    re.VERBOSE,
)
_APPLE_ERROR = re.compile(r"Exception Type: ++(.++)$")
# Java and Kotlin, JavaScript; Python; Apple, whose frames name their image.
_AT = re.compile(r"\s*+at (?:async )?+(?P<frame>[^\s(]++ ?+\(?[^)]*+\)?)")
_FILE = re.compile(r'\s*+File "(?P<frame>[^"]++", line \d++(?:, in \S++)?+)')
_APPLE = re.compile(r"\d{1,3} ++(?P<frame>\S++ ++0x[0-9a-f]++ .*+)$")
_CRASHED = re.compile(r"Thread \d++.*?Crashed")
_OTHERS = re.compile(
    r"(?:java|javax|jdk|sun|dalvik|kotlin|kotlinx|android|androidx|com\.android|libsystem|libobjc|libdispatch|UIKit|"
    r"CoreFoundation|Foundation|SwiftUI|GraphicsServices|dyld|node:|internal/)[.\w]*+|.*?(?:site-packages|node_modules)/"
)


@dataclass(frozen=True)
class Crash:
    """`error` as the report states it; `frame` empty where no frame is the app's own."""

    error: str
    frame: str


def read_crash(head: str, app_id: str | None = None) -> Crash | None:
    """What the beginning of a report says; None where it states no error that is understood."""
    error, frames, is_python = "", [], False
    crashed = "Crashed" not in head
    for line in _lines(head):
        if found := _APPLE_ERROR.match(line):
            error = error or found[1]
        elif found := _ERROR.match(line):
            # Python states the error after its frames, and others before them.
            error = found["error"] if is_python else error or found["error"]
        elif found := _AT.match(line):
            frames.append(found["frame"])
        elif found := _FILE.match(line):
            is_python = True
            frames.append(found["frame"])
        elif crashed and (found := _APPLE.match(line)):
            frames.append(found["frame"])
        elif _CRASHED.match(line):
            crashed = True
    if not error:
        return None
    return Crash(error[:LONGEST], _own(frames[::-1] if is_python else frames, app_id)[:LONGEST])


def _own(frames: list[str], app_id: str | None) -> str:
    prefix = ".".join((app_id or "").split(".")[:2])
    if "." in prefix and (named := next((frame for frame in frames if frame.startswith(prefix)), None)):
        return named
    return next((" ".join(frame.split()) for frame in frames if not _OTHERS.match(frame)), "")


def _lines(head: str) -> Iterator[str]:
    for line in printable(head).split("\n")[:MOST_LINES]:
        yield line[:LONGEST_LINE].rstrip()

"""How a session ended or goes on, how long it waited, and what was noticed in it: one source of words for all pages."""

from dataclasses import dataclass

from sessions.contract.choices import Flag, Status
from sessions.contract.schema import Session

WENT_WRONG = (Status.FAILED, Status.LOST)
# (below this many milliseconds, how the dot looks, what it means)
QUEUE_LEVELS = ((6_000, "short", "short wait"), (20_000, "medium", "noticeable wait"), (60_000, "long", "long wait"))
FLAG_ICONS = {
    "crash": "bug-ant",
    "exception": "exclamation-circle",
    "anr": "pause-circle",
    "rage_tap": "cursor-arrow-rays",
}


@dataclass(frozen=True)
class Wait:
    """A queue time: how its dot looks, what it means, and its words where it is no number of milliseconds."""

    look: str
    meaning: str
    words: str = ""


NO_WAIT = Wait("none", "no wait", "No queue")
STILL_WAITING = Wait("waiting", "still waiting", "On queue")
UNKNOWN_WAIT = Wait("unknown", "unknown", "Unknown")


@dataclass(frozen=True)
class Mark:
    """A flag that was raised."""

    name: str
    label: str
    icon: str
    tone: str


def wait_of(record: Session) -> Wait:
    milliseconds = record.queue_ms
    if milliseconds is None:
        return STILL_WAITING if record.status == "queued" else UNKNOWN_WAIT
    if milliseconds == 0:
        return NO_WAIT
    for limit, look, meaning in QUEUE_LEVELS:
        if milliseconds < limit:
            return Wait(look, meaning)
    return Wait("severe", "very long wait")


def duration_words(record: Session) -> str:
    """What stands in the place of a duration that is not known: nothing where it is."""
    if record.status == "active":
        return Status.ACTIVE.label
    if record.status == "queued":
        return "Not started"
    return "" if record.duration_ms is not None else "Unknown"


def reason(record: Session) -> str:
    """Why it failed or was lost, in its producer's words; nothing where it did neither or nobody said."""
    return (record.outcome or "") if record.status in WENT_WRONG else ""


def marks_of(record: Session) -> list[Mark]:
    """The flags that were raised, the gravest first."""
    labels = dict(Flag.choices)
    return [
        Mark(name, str(labels[name]), icon, "warn" if name == Flag.RAGE_TAP else "bad")
        for name, icon in FLAG_ICONS.items()
        if getattr(record.flags, name)
    ]

"""The fields of a search, declared once: read by the parser, the completion and the help page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from sessions.contract.choices import AttachmentKind
from sessions.models.dimensions import FILTERS, Dimension
from sessions.query.language.misspelling import closest

ATTRIBUTE = "attr."


class Sort(Enum):
    """What the values of a field are."""

    TEXT = "text"
    WORDS = "words"  # of a closed vocabulary
    DURATION = "duration"
    DATE = "date"

    @property
    def is_ordered(self) -> bool:
        """Whether values can be compared."""
        return self in (Sort.DURATION, Sort.DATE)


@dataclass(frozen=True)
class Field:
    """`name` is the field's in the tree. `words` has each word that may stand as a value, with the values it means."""

    name: str
    sort: Sort
    help_text: str = ""
    examples: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Dialect:
    """The fields of one reader, by the name that stands in the text.

    A strict dialect takes every word by itself, and none that looks like a field without being one.
    """

    fields: Mapping[str, Field]
    is_strict: bool = False

    def field(self, name: str) -> Field | None:
        """The names of fields have no case, those of attributes do."""
        lower = name.lower()
        if lower == ATTRIBUTE:
            return None
        if name in self.fields:
            return self.fields[name]
        if lower.startswith(ATTRIBUTE) and ATTRIBUTE in self.fields:
            return Field(ATTRIBUTE + name[len(ATTRIBUTE) :], self.fields[ATTRIBUTE].sort)
        return None if self.is_strict else self.fields.get(lower)

    def resembling(self, name: str) -> str | None:
        """The field that was probably meant by a name that is none."""
        return closest(name.lower(), [known for known in self.fields if known != ATTRIBUTE])


def same(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    return {word: (word,) for word in words}


def of_dimension(dimension: Dimension) -> Field:
    return Field(
        dimension.parameter,
        Sort.WORDS if dimension.vocabulary else Sort.TEXT,
        HELP.get(dimension.parameter, dimension.label),
        EXAMPLES.get(dimension.parameter, ()),
        same(dimension.words),
    )


HELP = {
    "user": "The person who ran it: the whole e-mail or username.",
    "app": "The app's ID.",
    "device": "The device's model.",
    "os": "The operating system's version: exact, or the major one.",
    "platform": "What it ran on.",
    "status": "How it stands.",
    "flag": "What happened in it.",
    "environment": "Where it ran, as the producer names it.",
}
EXAMPLES = {
    "user": ("user:ann@example.com", "user:(ann bob)", "-user:ci"),
    "app": ("app:com.example.shop", "app:com.example.*"),
    "device": ('device:"Pixel 9"',),
    "os": ('os:"iOS 17"', 'os:"iOS 17.5"'),
    "platform": ("platform:ios", "platform:(ios android)"),
    "status": ("status:failed", "status:(failed lost)", "-status:ended"),
    "flag": ("flag:crash", "-flag:anr"),
    "environment": ("environment:production",),
}
OTHERS = (
    Field("date", Sort.DATE, "When it took place: days of your time zone, or moments.",
          ("date:2026-11-01", "date:>=2026-11-01", "date:2026-11-01..2026-11-07")),
    Field("duration", Sort.DURATION, "How long it ran.", ("duration:>5m", "duration:1m..1h30m")),
    Field("queue", Sort.DURATION, "How long it waited.", ("queue:<=2s", "queue:>500ms")),
    Field("has", Sort.WORDS, "What belongs to it: files of a kind, or events.", ("has:video", "-has:log"),
          same([*AttachmentKind.values, "events"])),
    Field("event", Sort.TEXT, "The type of an event that occurred in it.", ("event:console-error",)),
    Field("version", Sort.TEXT, "The app's version.", ("version:8.39.0", "version:8.*")),
    Field("build", Sort.TEXT, "The app's build.", ("build:3962",)),
    Field("token", Sort.TEXT, "The label of the token that sent it.", ("token:nightly-ci",)),
    Field(ATTRIBUTE, Sort.TEXT, "An attribute that the producer keeps, by its name.",
          ("attr.branch:main", 'attr."build number":7')),
)  # fmt: skip
FIELDS = {one.name: one for one in (*map(of_dimension, FILTERS.values()), *OTHERS)}
SEARCH = Dialect(FIELDS)

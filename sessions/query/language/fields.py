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
    """The field of a dimension, whose words and name `sessions.models.dimensions` declares."""
    name = dimension.parameter
    help_text, *examples = DESCRIBED.get(name, (f"{dimension.label}.", f"{name}:{next(iter(dimension.words), 'x')}"))
    sort = Sort.WORDS if dimension.vocabulary else Sort.TEXT
    return Field(name, sort, help_text, tuple(examples), same(dimension.words))


def described(name: str, sort: Sort = Sort.TEXT, words: Iterable[str] = ()) -> Field:
    help_text, *examples = DESCRIBED[name]
    return Field(name, sort, help_text, tuple(examples), same(words))


# What each field is, and examples of it.
DESCRIBED = {
    "user": ("The person who ran it: the whole e-mail or username.",
             "user:ann@example.com", "user:(ann bob)", "-user:ci"),
    "token": ("The label of the token that sent it.", "token:nightly-ci"),
    "initiator": ("Who began it.", "initiator:token", "-initiator:anonymous"),
    "app": ("The app's ID.", "app:com.example.shop", "app:com.example.*"),
    "group": ("The app's group.", "group:checkout"),
    "version": ("The app's version.", "version:8.39.0", "version:8.*"),
    "build": ("The app's build.", "build:3962"),
    "device": ("The device's model.", 'device:"Pixel 9"'),
    "os": ("The operating system's version: exact, or the major one.", 'os:"iOS 17"', 'os:"iOS 17.5"'),
    "platform": ("What it ran on.", "platform:ios", "platform:(ios android)"),
    "network": ("The network that the device was in.", "network:wifi"),
    "country": ("The country's code.", "country:DE"),
    "status": ("How it stands.", "status:failed", "status:(failed lost)", "-status:ended"),
    "flag": ("What happened in it.", "flag:crash", "-flag:anr"),
    "has": ("What belongs to it: files of a kind, or events.", "has:video", "-has:log"),
    "event": ("The type of an event that occurred in it.", "event:console-error"),
    "date": ("When it took place: days of your time zone, or moments.",
             "date:2026-11-01", "date:>=2026-11-01", "date:2026-11-01..2026-11-07"),
    "duration": ("How long it ran.", "duration:>5m", "duration:1m..1h30m"),
    "queue": ("How long it waited.", "queue:<=2s", "queue:>500ms"),
    "environment": ("Where it ran, as the producer names it.", "environment:production"),
    "space": ("The space's ID.", "space:space-7"),
    "installation": ("The installation's ID.", "installation:kiosk-12"),
    "id": ("The session's ID.", "id:0192f0c1-2a3b-7c4d-8e5f-60718293a4b5"),
    "external_id": ("The producer's own ID of the session.", "external_id:run-42"),
    ATTRIBUTE: ("An attribute that the producer keeps, by its name.",
                "attr.branch:main", 'attr."build number":7'),
}  # fmt: skip
# Those that are no dimension.
OTHERS = (
    *(described(name) for name in ("group", "event", "id", "external_id", ATTRIBUTE)),
    *(described(name, Sort.DURATION) for name in ("duration", "queue")),
    described("date", Sort.DATE),
    described("has", Sort.WORDS, [*AttachmentKind.values, "events"]),
)
_DECLARED = {one.name: one for one in (*OTHERS, *map(of_dimension, FILTERS.values()))}
# In the order in which they are described.
FIELDS = {name: _DECLARED[name] for name in dict.fromkeys([*DESCRIBED, *_DECLARED])}
SEARCH = Dialect(FIELDS)

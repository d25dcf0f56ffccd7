"""What the product and its peers are asked alike, each in its own parameters."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sessions.models import App, User


@dataclass(frozen=True)
class Question:
    """A page of 50: of a person, of an app, with a text, of a time, or further down."""

    user: "User | None" = None
    app: "App | None" = None
    q: str = ""
    start: datetime | None = None
    end: datetime | None = None  # the first moment after it
    depth: int = 0
    before: datetime | None = None  # when the row at this depth took place, for those who page by it

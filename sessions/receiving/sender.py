"""Who sends sessions, and which of them they may write."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sessions.contract.line_errors import LineError, invalid, required
from sessions.contract.names import clean
from sessions.contract.schema import Initiator
from sessions.models import ApiToken, Organisation, User
from sessions.postgresql.folding import folded
from sessions.query.criteria.visibility import visible_owners
from sessions.query.locking import Held, hold, is_visible


@dataclass(frozen=True)
class Sender:
    """`token` is None for somebody signed in. `clock_ahead` is how far their clock is ahead, if they say."""

    member: User
    token: ApiToken | None
    clock_ahead: timedelta | None = None

    @property
    def organisation(self) -> Organisation:
        return self.member.organisation

    @property
    def token_id(self) -> int | None:
        return self.token.pk if self.token else None

    @property
    def owners(self) -> frozenset[int] | None:
        """Whose sessions the sender may replace, as `load` takes it."""
        return visible_owners(self.member)

    def sign(self, initiator: Initiator) -> None:
        """A token's session carries the token's own label. Raises LineError."""
        if self.token is not None:
            if initiator.type == "token":
                if initiator.label and initiator.label != clean(self.token.label):
                    raise invalid("initiator.label", f"is not the token's, which is {self.token.label!r}")
                initiator.label = self.token.label
        elif initiator.type == "token" and not initiator.label:
            raise required("initiator", "is required where no token sends the session")
        elif not (self.member.is_admin or self._is(initiator)):
            raise LineError("forbidden", "initiator", "must be you, or send the session with a token of yours")

    def _is(self, initiator: Initiator) -> bool:
        mine, theirs = self.member.email, initiator.email
        if initiator.type != "user" or not mine or not theirs:
            return False
        return mine == theirs or folded(mine) == folded(theirs)

    def check(self, session_id: UUID) -> None:
        """Raises LineError for a session that does not exist or is not the sender's to write."""
        if not is_visible(self.member, session_id):
            raise _not_found()

    def hold(self, session_id: UUID) -> Held:
        """The same, and nobody else changes it until the transaction ends."""
        held = hold(self.member, session_id)
        if held is None:
            raise _not_found()
        return held


def _not_found() -> LineError:
    return LineError("not_found", None, "There is no such session, or none that you may see; send it first")

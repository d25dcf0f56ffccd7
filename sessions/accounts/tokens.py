"""API tokens: making, finding and revoking them. A secret is shown once; its SHA-256 is stored.

A plain hash is enough: a secret has 256 random bits, so nobody guesses what was hashed.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet, TextChoices
from django.utils import timezone

from sessions.accounts.limits import Count, find_and_count, requests_of_token
from sessions.contract.choices import Role, Scope
from sessions.models import ApiToken, Organisation, User
from sessions.postgresql.joins import columns_of, next_of
from sessions.postgresql.prepared import prepared_cursor

# What secret scanners look for.
SECRET_PREFIX = "sh_"  # noqa: S105  a prefix, not a secret
SECRET_BYTES = 32
# The first characters are stored in the clear, to recognise a token by. 202 bits stay unknown.
SHOWN = 12
# Ours have 46. Whatever is far longer is not even hashed.
LONGEST_SECRET = 200
# The last use is written at most this often, so that reading with a token hardly ever writes to its row.
TOUCH_EVERY = timedelta(minutes=5)

LONGEST_LIFE = timedelta(days=3650)
PAGE_SIZE = 50

FIND = f"""
SELECT history_apitoken.id AS who, {columns_of(ApiToken, User, Organisation)}, ARRAY(
    SELECT own.id FROM history_apitoken AS own WHERE own.creator_id = history_user.id
) AS token_ids
FROM history_apitoken
JOIN history_user ON history_user.id = history_apitoken.creator_id
JOIN history_organisation ON history_organisation.id = history_user.organisation_id
WHERE history_apitoken.digest = $1
"""

MAY_MAKE_TOKENS = frozenset({Role.ADMIN, Role.DEVELOPER})

Refusal = Literal["unknown", "expired", "revoked"]


class TokenState(TextChoices):
    ACTIVE = "active", "Active"
    EXPIRED = "expired", "Expired"
    REVOKED = "revoked", "Revoked"
    BLOCKED = "blocked", "Creator deactivated"
    IMPORTED = "imported", "From imports"


class TokenRefused(Exception):
    """Why a secret opens nothing. Only who holds the secret of a real token hears that it expired or was revoked."""

    def __init__(self, reason: Refusal) -> None:
        self.reason: Refusal = reason
        super().__init__(reason)


def may_make_tokens(member: User) -> bool:
    return member.role in MAY_MAKE_TOKENS


def make_token(
    creator: User, label: str, scopes: Iterable[str], expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A new token of `creator` and its secret, which is kept nowhere. Raises PermissionDenied for role user."""
    if not may_make_tokens(creator):
        raise PermissionDenied("Only developers and admins can make tokens.")
    secret = SECRET_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    token = ApiToken.objects.create(
        organisation_id=creator.organisation_id,
        creator=creator,
        label=label,
        scopes=sorted({Scope(scope).value for scope in scopes}),
        prefix=secret[:SHOWN],
        digest=_digest(secret),
        expires_at=expires_at,
    )
    return token, secret


def find_token(secret: str, now: datetime) -> ApiToken:
    """The token with this secret, with its creator and organisation. Raises TokenRefused.

    A creator who is deactivated counts as a revoked token: nothing of theirs opens anything.
    """
    digest = _digest_of(secret)
    with prepared_cursor() as cursor:
        cursor.execute(FIND, [digest])
        row = cursor.fetchone()
    return _judged(row[1:] if row else None, digest, now)


def recognise(secret: str, now: datetime) -> tuple[ApiToken, Count | None]:
    """The same, and this request counted; None where the server sets no limit."""
    limit = requests_of_token()
    if limit is None:
        return find_token(secret, now), None
    digest = _digest_of(secret)
    row, requests = find_and_count(FIND, digest, limit, now) or (None, None)
    return _judged(row, digest, now), requests


def _digest_of(secret: str) -> str:
    if len(secret) > LONGEST_SECRET or not secret.isascii() or not secret.startswith(SECRET_PREFIX):
        raise TokenRefused("unknown")
    return _digest(secret)


def _judged(row: Iterable[Any] | None, digest: str, now: datetime) -> ApiToken:
    token = _made_of(row) if row is not None else None
    if token is None or not compare_digest((token.digest or "").encode(), digest.encode()):
        raise TokenRefused("unknown")
    match state_of(token, now):
        case TokenState.ACTIVE:
            return token
        case TokenState.EXPIRED:
            raise TokenRefused("expired")
    raise TokenRefused("revoked")


def _made_of(row: Iterable[Any]) -> ApiToken:
    values = iter(row)
    token, creator = next_of(ApiToken, values), next_of(User, values)
    creator.organisation = next_of(Organisation, values)
    creator.token_ids = next(values)
    token.creator = creator
    return token


def state_of(token: ApiToken, now: datetime) -> TokenState:
    if token.digest is None:
        return TokenState.IMPORTED
    if token.revoked_at is not None:
        return TokenState.REVOKED
    creator = token.creator
    if creator is None or not (creator.is_active and creator.can_sign_in):
        return TokenState.BLOCKED
    if token.expires_at is not None and token.expires_at <= now:
        return TokenState.EXPIRED
    return TokenState.ACTIVE


def scopes_of(token: ApiToken) -> frozenset[str]:
    """What a token may do now. One whose creator has become a user reads on, as the creator does, and sends nothing."""
    scopes = frozenset(token.scopes)
    if token.creator is None or not may_make_tokens(token.creator):
        return scopes - {Scope.WRITE.value}
    return scopes


def touch(token: ApiToken, now: datetime) -> None:
    """Record the use: one UPDATE in TOUCH_EVERY, however many processes see the token in that time."""
    before = now - TOUCH_EVERY
    if token.last_used_at is None or token.last_used_at <= before:
        due = Q(last_used_at=None) | Q(last_used_at__lte=before)
        ApiToken.objects.filter(due, pk=token.pk).update(last_used_at=now)


def tokens_of(member: User) -> QuerySet[ApiToken]:
    """The own ones, revoked ones too."""
    return ApiToken.objects.filter(creator=member)


def tokens_in(organisation: Organisation) -> QuerySet[ApiToken]:
    """Everybody's, and those known from imports only."""
    return ApiToken.objects.filter(organisation=organisation)


def tokens_page(tokens: QuerySet[ApiToken], after: int | None) -> tuple[list[ApiToken], bool]:
    """The newest of `tokens` from behind token `after` on, those from imports last, and whether there are more.

    Raises ApiToken.DoesNotExist for an `after` that is none of them.
    """
    found = tokens.select_related("creator").annotate(imported=Q(digest=None)).order_by("imported", "-pk")
    if after is not None:
        older = Q(pk__lt=after, digest=None)
        if tokens.get(pk=after).digest is not None:
            older = Q(pk__lt=after) | Q(digest=None)
        found = found.filter(older)
    page: list[ApiToken] = [*found[: PAGE_SIZE + 1]]
    return page[:PAGE_SIZE], len(page) > PAGE_SIZE


def label_is_taken(creator: User, label: str) -> bool:
    """Whether somebody else's token in the organisation has this label.

    An import gives a session to the newest token with the session's label, so a second
    token of that name would be given sessions meant for the first. Labels known from
    imports are the admins' to give.
    """
    creators = {token.creator_id for token in tokens_in(creator.organisation).filter(label=label)}
    return bool(creators - ({creator.pk, None} if creator.is_admin else {creator.pk}))


def revocable_by(actor: User) -> QuerySet[ApiToken]:
    """The own tokens, and an admin's organisation's. None that is known from imports only: it opens nothing."""
    tokens = tokens_in(actor.organisation) if actor.is_admin else tokens_of(actor)
    return tokens.filter(digest__isnull=False).select_related("creator")


def revoke(actor: User, token_id: int) -> ApiToken:
    """At once and for ever; a second time changes nothing. Raises ApiToken.DoesNotExist for what is not `actor`'s."""
    token = revocable_by(actor).get(pk=token_id)
    # Conditional: the first time counts, also when two revoke at once.
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
    token.refresh_from_db(fields=["revoked_at"])
    return token


def working_tokens(member: User) -> QuerySet[ApiToken]:
    """Those that open something while `member` is active, the newest first."""
    unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return tokens_of(member).filter(unexpired, digest__isnull=False, revoked_at=None).order_by("-pk")


def revoke_all(member: User) -> int:
    """Every working token of a member's; how many those were."""
    return working_tokens(member).order_by().update(revoked_at=timezone.now())


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

"""Fill an empty database with the demo's organisations: all of it is there, or nothing."""

import hashlib
import random
import secrets
import uuid
from collections.abc import Callable
from datetime import datetime

import msgspec
from django.db import connection, transaction

from sessions.contract.choices import Role, Scope
from sessions.contract.schema import SessionLine
from sessions.demo.cast import ADMIN, DEVELOPER, GLOBEX_PEOPLE, GLOBEX_TOKENS, PASSWORD, PEOPLE, TOKENS, USER
from sessions.demo.files import files_of
from sessions.demo.story import Cast, Line, tell
from sessions.ingest.reading.normalise import normalise
from sessions.ingest.writing.catalogue import Catalogue
from sessions.ingest.writing.load import load
from sessions.ingest.writing.rows import Item
from sessions.models import ApiToken, Organisation, User

SLUG = "acme"
BATCH_SESSIONS = 500
WITH_FILES = 150  # the newest; of the older ones each ONE_IN
ONE_IN = 40
LARGE_LOG = 20  # so many from the end is the session whose log is large
LOCK = 7_305_114

Say = Callable[[str], None]


def fill(now: datetime, say: Say, sessions: int = 5000) -> bool:
    """Make the demo data as of `now`, unless it is there; whether it was made now."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])  # two at once would both find nothing
        if Organisation.objects.filter(slug=SLUG).exists():
            return False
        say("Making the demo's organisations and accounts ...")
        acme = _organisation(SLUG, "Acme Corporation", "Europe/Berlin")
        _make(acme, Cast(PEOPLE, TOKENS), {ADMIN: Role.ADMIN, DEVELOPER: Role.DEVELOPER, USER: Role.USER})
        _load(acme, Cast(PEOPLE, TOKENS), now, sessions, say)
        globex = _organisation("globex", "Globex Corporation", "America/New_York")
        _make(globex, Cast(GLOBEX_PEOPLE, GLOBEX_TOKENS), {"admin@globex.example": Role.ADMIN})
        _load(globex, Cast(GLOBEX_PEOPLE, GLOBEX_TOKENS), now, min(sessions, 120), say)
        return True


def _organisation(slug: str, name: str, time_zone: str) -> Organisation:
    """Its sessions have the same ids in every demo."""
    namespace = uuid.uuid5(uuid.NAMESPACE_DNS, f"{slug}.demo.invalid")
    return Organisation.objects.create(slug=slug, name=name, time_zone=time_zone, namespace=namespace)


def _make(organisation: Organisation, cast: Cast, roles: dict[str, Role]) -> None:
    """Accounts that can sign in, and tokens whose secrets nobody knows: their sessions have an owner, no one a key."""
    usernames = {person.email: person.username for person in cast.people}
    members: dict[str, User] = {}
    for email in roles.keys() | {token.creator for token in cast.tokens}:
        user = User(organisation=organisation, email=email, username=usernames[email], can_sign_in=email in roles)
        user.role = roles.get(email, Role.DEVELOPER)
        user.set_password(PASSWORD if email in roles else None)
        user.save()
        members[email] = user
    for token in cast.tokens:
        secret = f"sh_{secrets.token_urlsafe(32)}"
        ApiToken.objects.create(
            organisation=organisation,
            creator=members[token.creator],
            label=token.label,
            scopes=[Scope.WRITE],
            prefix=secret[:12],
            digest=hashlib.sha256(secret.encode()).hexdigest(),
        )


def _load(organisation: Organisation, cast: Cast, now: datetime, count: int, say: Say) -> None:
    rng = random.Random(organisation.slug)  # noqa: S311 the same in every demo
    lines = tell(rng, cast, now, count)
    catalogue = Catalogue(organisation.pk)
    for start in range(0, count, BATCH_SESSIONS):
        batch = lines[start : start + BATCH_SESSIONS]
        items = [
            _item(organisation, rng, line, files=_wanted(number, count), large=number == count - LARGE_LOG)
            for number, line in enumerate(batch, start)
        ]
        report = load(organisation, items, catalogue)
        if report.refused:
            raise report.refused[0][1]
        say(f"{organisation.name}: {start + len(batch):,} of {count:,} sessions")


def _wanted(number: int, count: int) -> bool:
    return count - number <= WITH_FILES or number % ONE_IN == 0


def _item(organisation: Organisation, rng: random.Random, line: Line, *, files: bool, large: bool) -> Item:
    ident = organisation.session_id(line["external_id"])
    stored = files_of(rng, organisation.pk, ident, line, large=large) if files else []
    return Item(ident, normalise(msgspec.convert(line, SessionLine)), files=stored)

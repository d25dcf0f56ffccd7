from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from sessions.accounts.tokens import LONGEST_LIFE, label_is_taken, make_token
from sessions.contract.choices import Scope
from sessions.contract.names import clean
from sessions.models import ApiToken, User


class Command(BaseCommand):
    help = "Make an API token of a member and print it, once, alone on its line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL", help="whose token it is: an active developer or admin")
        parser.add_argument("--label", required=True, help="the name sessions sent with it are shown under")
        parser.add_argument("--scopes", required=True, help="read, write or read,write")
        parser.add_argument("--expires-in-days", type=int, metavar="N", help="without, it never expires")

    def handle(self, *args: Any, email: str, label: str, scopes: str, **options: Any) -> None:
        creator = User.objects.signing_in(email).filter(is_active=True).first()
        if creator is None:
            raise CommandError(f"There is no active member {email}.")
        expires_at = _expiry(options["expires_in_days"])
        label = clean(label)
        _check_label(creator, label)
        try:
            token, secret = make_token(creator, label, _scopes(scopes), expires_at)
        except PermissionDenied as error:
            raise CommandError(f"{error} {creator}'s role is {creator.get_role_display()}.") from error
        until = "never expires" if expires_at is None else f"expires at {expires_at:%Y-%m-%d %H:%M} UTC"
        self.stderr.write(f"A token of {creator}, “{label}”, may {' and '.join(token.scopes)} and {until}.")
        self.stdout.write(secret)


def _scopes(text: str) -> list[str]:
    scopes = [name.strip() for name in text.split(",")]
    if unknown := [name for name in scopes if name not in Scope.values]:
        raise CommandError(f"“{unknown[0]}” is not a scope. Use read, write or read,write.")
    return scopes


def _expiry(days: int | None) -> datetime | None:
    if days is None:
        return None
    if not 1 <= days <= LONGEST_LIFE.days:
        raise CommandError(f"A token expires in 1 to {LONGEST_LIFE.days} days.")
    return timezone.now() + timedelta(days=days)


def _check_label(creator: User, label: str) -> None:
    longest = ApiToken.label.field.max_length or 0
    if not label or "\0" in label or len(label) > longest:
        raise CommandError(f"A label has 1 to {longest} characters.")
    if label_is_taken(creator, label):
        raise CommandError(f"Somebody else's token has the label “{label}”.")

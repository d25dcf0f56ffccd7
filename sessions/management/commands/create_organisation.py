from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from sessions.accounts.links import password_set_url
from sessions.contract.choices import Role
from sessions.contract.names import clean
from sessions.models import Organisation, User


class Command(BaseCommand):
    help = "Make an organisation and its first admin, and print the link under which the admin sets a password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", metavar="SLUG", help="short name for commands and URLs, such as acme")
        parser.add_argument("--name", required=True, help="the name people see")
        parser.add_argument("--admin", required=True, metavar="EMAIL")
        parser.add_argument("--time-zone", default="UTC", help="in which days begin, such as Europe/Berlin")

        parser.add_argument(
            "--retention-days", type=int, metavar="DAYS", help="how long sessions are kept; without it, for ever"
        )

    def handle(self, *args: Any, slug: str, name: str, admin: str, time_zone: str, **options: Any) -> None:
        if Organisation.objects.filter(slug=slug).exists():
            raise CommandError(f"There is an organisation “{slug}” already.")
        admin = clean(admin)
        if User.objects.signing_in(admin).exists():
            raise CommandError(f"{admin} has an account already.")
        organisation = Organisation(slug=slug, name=name, time_zone=time_zone, retention_days=options["retention_days"])
        user = User(organisation=organisation, email=admin, role=Role.ADMIN, can_sign_in=True)
        user.set_unusable_password()
        try:
            organisation.full_clean()
            user.full_clean(exclude=["organisation", "password"], validate_constraints=False)
        except ValidationError as error:
            raise CommandError("\n".join(_sentences(error))) from error
        with transaction.atomic():
            organisation.save()
            user.save()
        self.stdout.write(
            f"{name} is there. {admin} sets a password here, within three days:\n{password_set_url(user)}"
        )


def _sentences(error: ValidationError) -> list[str]:
    return [f"{field}: {message}" for field, messages in error.message_dict.items() for message in messages]

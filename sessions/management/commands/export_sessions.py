import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import QueryDict

from sessions.contract.choices import Role
from sessions.models import Organisation, User
from sessions.presenters.csv import csv_stream
from sessions.query import InvalidParametersError, parse


class Command(BaseCommand):
    help = "Write an organisation's sessions as CSV to standard output: the same file that Export CSV downloads."
    requires_system_checks = ()  # it serves no URL

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organisation", required=True, metavar="SLUG")
        parser.add_argument(
            "--filter", default="", metavar="QUERY", help="what stands behind the ? of the list's address"
        )

    def handle(self, *args: Any, organisation: str, **options: Any) -> None:
        owner = Organisation.objects.filter(slug=organisation).first()
        if owner is None:
            raise CommandError(f"There is no organisation “{organisation}”.")
        # Whoever may run commands here may see all of it; nobody of this name exists.
        try:
            request = parse(User(organisation=owner, role=Role.ADMIN), QueryDict(options["filter"]))
        except InvalidParametersError as error:
            raise CommandError(str(error)) from error
        for chunk in csv_stream(request):
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()

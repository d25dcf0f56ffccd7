import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from tqdm import tqdm

from sessions.models import CommandRun, Organisation
from sessions.usage.roll_up import Days, count_days


class Command(BaseCommand):
    help = "Count the sessions of days that are over, so that the usage page need not read them. Run it every night."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organisation", nargs="+", metavar="SLUG", help="only these; otherwise all")

    def handle(self, *_args: Any, **options: Any) -> None:
        organisations = Organisation.objects.order_by("slug")
        if slugs := options["organisation"]:
            organisations = organisations.filter(slug__in=slugs)
            if unknown := set(slugs) - set(organisations.values_list("slug", flat=True)):
                raise CommandError(f"There is no organisation “{min(unknown)}”.")
        try:
            for organisation in organisations:
                self._count(organisation)
            CommandRun.has_ended("count_usage")
        except OperationalError as error:
            raise CommandError(f"The database failed: {error}. What was counted stays; run it again.") from error

    def _count(self, organisation: Organisation) -> None:
        days = Days(0, 0)
        # `disable=None` means no bar unless standard error is a terminal.
        with tqdm(unit=" days", desc=organisation.slug, disable=None, file=sys.stderr) as bar:
            for days in count_days(organisation):
                bar.total = days.due
                bar.update()
        self.stdout.write(f"{organisation.slug}: {days.counted} of {days.due} days counted")

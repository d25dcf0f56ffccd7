import sys
import time
from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from tqdm import tqdm

from sessions.models import CommandRun, Organisation
from sessions.retention.policy import due_before, start_of_day, today
from sessions.retention.purge import BATCH_SESSIONS, Purged, count_all, purge

MOST_IN_A_BATCH = 10_000
# Pauses of twice the time of a batch leave two thirds of a processor to others, and more when they are busy.
PAUSE_TIMES = 2


class Command(BaseCommand):
    help = (
        "Delete sessions that are older than their organisation keeps them, with their events. Their files are deleted "
        "by clean_storage, ATTACHMENTS_GRACE_HOURS later. "
        "Safe to stop at any moment and to repeat."
    )
    requires_system_checks = ()  # it serves no URL

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--organisation", nargs="+", metavar="SLUG", help="only these; without it, all that have a retention"
        )
        parser.add_argument(
            "--before",
            type=_day,
            metavar="DATE",
            help="delete what took place before this day (YYYY-MM-DD, of the organisation's zone), whatever the "
            "retention; only with --organisation",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be deleted, and delete nothing")
        parser.add_argument("--batch", type=int, default=BATCH_SESSIONS, metavar="N", help="sessions a transaction")
        parser.add_argument(
            "--pause",
            type=float,
            metavar="SECONDS",
            help=f"between two transactions; without it, {PAUSE_TIMES} times as long as the last one took",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["batch"] <= MOST_IN_A_BATCH:
            raise CommandError(f"--batch is from 1 to {MOST_IN_A_BATCH}.")
        if options["pause"] is not None and not 0 <= options["pause"] <= 60:
            raise CommandError("--pause is from 0 to 60 seconds.")
        if options["before"] and not options["organisation"]:
            raise CommandError("--before needs --organisation, so that it deletes nobody else's sessions.")
        try:
            for organisation in _organisations(options["organisation"]):
                self._purge(organisation, _before(organisation, options["before"]), options)
            if not options["dry_run"]:
                CommandRun.has_ended("purge_sessions")
        except OperationalError as error:
            raise CommandError(f"The database failed: {error}. What was purged is gone; run it again.") from error

    def _purge(self, organisation: Organisation, before: datetime | None, options: dict[str, Any]) -> None:
        if before is None:
            self.stdout.write(f"{organisation.slug}: keeps its sessions for ever")
            return
        number, oldest = count_all(organisation, before)
        due = f"from before {before.astimezone(organisation.zone):%Y-%m-%d} ({organisation.time_zone})"
        if options["dry_run"]:
            since = f", the oldest of {oldest.astimezone(organisation.zone):%Y-%m-%d}" if oldest else ""
            self.stdout.write(f"{organisation.slug}: {number} sessions {due} would be deleted{since}")
            return
        total = Purged()
        # `disable=None` means no bar unless standard error is a terminal.
        with tqdm(total=number, unit=" sessions", desc=organisation.slug, disable=None, file=sys.stderr) as bar:
            begun = time.monotonic()
            for purged in purge(organisation, before, options["batch"]):
                took = time.monotonic() - begun
                total.add(purged)
                bar.update(purged.sessions)
                if not options["before"] and _is_kept_longer(organisation, before):
                    self.stdout.write(f"{organisation.slug}: its retention was changed meanwhile, so this ends here")
                    break
                time.sleep(took * PAUSE_TIMES if options["pause"] is None else options["pause"])
                begun = time.monotonic()
        self.stdout.write(
            f"{organisation.slug}: {total.sessions} sessions {due} deleted, {total.events} events, "
            f"{total.attachments} attachments; {total.files} files are left to clean_storage"
        )


def _organisations(slugs: list[str] | None) -> list[Organisation]:
    if slugs is None:
        return list(Organisation.objects.filter(retention_days__isnull=False).order_by("slug"))
    found = {organisation.slug: organisation for organisation in Organisation.objects.filter(slug__in=slugs)}
    for slug in slugs:
        if slug not in found:
            known = ", ".join(Organisation.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"There is no organisation “{slug}”. Known: {known}.")
    return list(found.values())


def _before(organisation: Organisation, day: date | None) -> datetime | None:
    if day is None:
        return due_before(organisation)
    if day > today(organisation):
        raise CommandError(f"--before {day} lies ahead: at most today, {today(organisation)} for {organisation.slug}.")
    return start_of_day(organisation, day)


def _is_kept_longer(organisation: Organisation, before: datetime) -> bool:
    """Whether an admin has thought better of it since the purge began."""
    organisation.refresh_from_db()
    now = due_before(organisation)
    return now is None or now < before


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  a day of each organisation's zone

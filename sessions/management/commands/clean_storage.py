import sys
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from tqdm import tqdm

from sessions.replay.indexes import forget_old_indexes
from sessions.retention.files import StorageError, count_removed, delete_removed
from sessions.retention.orphans import clean

HOURS = 24


class Command(BaseCommand):
    help = (
        "Delete files in the storage that belong to no session: those that were replaced or purged "
        "ATTACHMENTS_GRACE_HOURS ago, and what a killed upload or import has left. Safe to stop at any moment and to "
        "repeat."
    )
    requires_system_checks = ()  # it serves no URL

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count them, print names, and delete nothing")
        parser.add_argument(
            "--older-than",
            type=int,
            default=HOURS,
            metavar="HOURS",
            help=f"for what was left by a kill; {HOURS} unless given, at least 1",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["older_than"] <= 24 * 365:
            raise CommandError("--older-than is from 1 to 8760 hours: a younger file may be about to get its session.")
        if settings.ATTACHMENTS_GRACE_HOURS < 1:
            raise CommandError("ATTACHMENTS_GRACE_HOURS is at least 1, and longer than a backup takes.")
        try:
            self._delete_removed(dry_run=options["dry_run"])
            self._delete_orphans(options["older_than"], dry_run=options["dry_run"])
            if not options["dry_run"]:
                forget_old_indexes()
        except OperationalError as error:
            raise CommandError(f"The database failed: {error}. Run it again.") from error
        except StorageError as error:
            raise CommandError(f"The storage failed: {error}. Run it again.") from error

    def _delete_removed(self, *, dry_run: bool) -> None:
        before = timezone.now() - timedelta(hours=settings.ATTACHMENTS_GRACE_HOURS)
        number = count_removed(before)
        if not dry_run:
            number = 0
            with tqdm(unit=" files", disable=None, file=sys.stderr) as bar:
                for deleted in delete_removed(before):
                    bar.update(deleted)
                    number += deleted
        self.stdout.write(
            f"{number} files replaced or purged more than {settings.ATTACHMENTS_GRACE_HOURS} hours ago {_done(dry_run)}"
        )

    def _delete_orphans(self, hours: int, *, dry_run: bool) -> None:
        looked_at = orphans = size = 0
        with tqdm(unit=" files", disable=None, file=sys.stderr) as bar:
            for cleaned in clean(timezone.now() - timedelta(hours=hours), delete=not dry_run):
                bar.update(cleaned.looked_at)
                looked_at += cleaned.looked_at
                orphans += len(cleaned.orphans)
                size += cleaned.bytes
                if dry_run:
                    self.stdout.writelines(f"{found.name}\n" for found in cleaned.orphans)
        self.stdout.write(
            f"{looked_at} files older than {hours} hours, {orphans} of no session ({filesizeformat(size)}) "
            f"{_done(dry_run)}"
        )


def _done(dry_run: bool) -> str:
    return "would be deleted" if dry_run else "deleted"

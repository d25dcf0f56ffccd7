import sys
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from tqdm import tqdm

from sessions.retention.files import StorageError
from sessions.retention.orphans import clean

HOURS = 24


class Command(BaseCommand):
    help = (
        "Delete files in the storage that belong to no session: left by an upload, an import or a purge that was "
        "killed. Safe to stop at any moment and to repeat."
    )
    requires_system_checks = ()  # it serves no URL

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="print their names, and delete nothing")
        parser.add_argument(
            "--older-than", type=int, default=HOURS, metavar="HOURS", help=f"{HOURS} unless given, at least 1"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["older_than"] <= 24 * 365:
            raise CommandError("--older-than is from 1 to 8760 hours: a younger file may be about to get its session.")
        older_than = timezone.now() - timedelta(hours=options["older_than"])
        looked_at = orphans = size = 0
        try:
            with tqdm(unit=" files", disable=None, file=sys.stderr) as bar:
                for cleaned in clean(older_than, delete=not options["dry_run"]):
                    bar.update(cleaned.looked_at)
                    looked_at += cleaned.looked_at
                    orphans += len(cleaned.orphans)
                    size += cleaned.bytes
                    if options["dry_run"]:
                        self.stdout.writelines(f"{found.name}\n" for found in cleaned.orphans)
        except OperationalError as error:
            raise CommandError(f"The database failed: {error}. Run it again.") from error
        except StorageError as error:
            raise CommandError(f"The storage failed: {error}. Run it again.") from error
        verb = "would be deleted" if options["dry_run"] else "deleted"
        self.stdout.write(
            f"{looked_at} files older than {options['older_than']} hours, "
            f"{orphans} of no session ({filesizeformat(size)}) {verb}"
        )

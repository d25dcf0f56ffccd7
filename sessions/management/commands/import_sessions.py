import gc
import sys
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError
from tqdm import tqdm

from sessions.ingest.importing import import_file
from sessions.ingest.reading.formats import FORMATS, format_of
from sessions.ingest.writing.load import Report
from sessions.models import Organisation


class Command(BaseCommand):
    help = "Import sessions from files, with their events and attachment files. Safe to repeat."
    requires_system_checks = ()  # it serves no URL

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="- is standard input")
        parser.add_argument("--organisation", required=True, metavar="SLUG")
        parser.add_argument(
            "--format",
            choices=FORMATS,
            dest="input_format",
            help="without it, by the file's extension: .csv is appetize-csv, .json appetize-json, all else ndjson",
        )

    def handle(self, *args: Any, files: list[str], organisation: str, **options: Any) -> None:
        # A batch holds no cycles, and looking for some in it again and again took a seventh of the time.
        gc.set_threshold(100_000)
        target = self._organisation(organisation)
        for name in files:
            _check_readable(name)
        total = Report()
        for name in files:
            total.add(self._import(target, name, options["input_format"] or format_of(name)))
        self.stdout.write(
            f"{total.new + total.updated} sessions ({total.new} new, {total.updated} updated), {total.events} events, "
            f"{total.attachments} attachments, {len(total.refused)} lines refused"
        )
        if total.refused:
            raise CommandError(f"{len(total.refused)} lines were refused, the others are kept.", returncode=1)

    def _organisation(self, slug: str) -> Organisation:
        try:
            return Organisation.objects.get(slug=slug)
        except Organisation.DoesNotExist as error:
            known = ", ".join(Organisation.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"There is no organisation “{slug}”. Known: {known}.") from error
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {error}") from error
        except ProgrammingError as error:
            raise CommandError("The database has no tables yet: run manage.py migrate.") from error

    def _import(self, organisation: Organisation, name: str, input_format: str) -> Report:
        total = Report()
        file, folder, size = _open(name)
        # Bytes tell how far it is; `disable=None` means no bar unless standard error is a terminal.
        with file, tqdm(total=size, unit="B", unit_scale=True, desc=name, disable=None, file=sys.stderr) as bar:
            try:
                for done, report in import_file(organisation, file, folder, FORMATS[input_format]):
                    bar.update(done - bar.n)
                    for number, error in report.refused:
                        with tqdm.external_write_mode(file=sys.stderr):
                            self.stderr.write(f"{name}:{number}: {error}", style_func=str)
                    total.add(report)
            except OperationalError as error:
                raise CommandError(f"The database failed at {name}: {error}. Run the command again.") from error
            except OSError as error:
                raise CommandError(f"Reading {name} or storing its files failed: {error}. Run it again.") from error
        return total


def _check_readable(name: str) -> None:
    if name == "-":
        return
    if not Path(name).exists():
        raise CommandError(f"{name}: no such file.")
    if Path(name).is_dir():
        raise CommandError(f"{name}: is a folder, not a file.")


def _open(name: str) -> tuple[BinaryIO, Path, int | None]:
    """The file, the folder its attachments are relative to, and its size in bytes."""
    if name == "-":
        return sys.stdin.buffer, Path.cwd(), None
    path = Path(name)
    try:
        return path.open("rb"), path.resolve().parent, path.stat().st_size
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror}.") from error

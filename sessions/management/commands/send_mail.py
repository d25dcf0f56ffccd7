from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sessions.accounts.mail import send_due_mail


class Command(BaseCommand):
    help = "Send the invitations and password links that are due. A cron job for what a server that ended has left."
    requires_system_checks = ()  # it serves no URL

    def handle(self, *args: Any, **options: Any) -> None:
        if failed := send_due_mail():
            raise CommandError(f"{failed} could not be sent; see the log. Each is tried again later.")

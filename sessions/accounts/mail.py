"""The outbox: mails are asked for in the request, and leave after its answer.

So an answer takes the same time whether anybody has the address or not, and a mail server that is slow or away holds
nobody up. A thread of the server process sends what is due, as long as there is any; `send_mail`, as a cron job, sends
what a process that ended has left.
"""

import logging
import threading
from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import connection, transaction
from django.db.utils import DatabaseError, InterfaceError
from django.template.loader import render_to_string
from django.utils import timezone

from sessions.accounts.links import password_set_url
from sessions.models import OutgoingMail, User
from sessions.models.mail import MailKind
from sessions.postgresql.lending import give_back
from sessions.postgresql.outages import is_outage

logger = logging.getLogger(__name__)

# A sender that was killed is taken to be dead by then, and another one sends: twice, at worst.
LEASE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=1)

# Whoever comes first takes a mail, and others pass it over meanwhile (index outgoingmail_due_at).
TAKE = """
UPDATE history_outgoingmail
SET due_at = statement_timestamp() + make_interval(secs => %(lease)s), attempts = attempts + 1
WHERE id = (
    SELECT id FROM history_outgoingmail WHERE due_at <= statement_timestamp()
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id
"""


def ask_for_reset(address: str) -> None:
    """A link for whoever signs in with this address, if anybody does."""
    _put(OutgoingMail(kind=MailKind.PASSWORD_RESET, address=address))


def ask_for_invitation(inviter: User, member: User) -> None:
    _put(OutgoingMail(kind=MailKind.INVITATION, address=member.email or "", member=member, inviter=inviter))


def _put(mail: OutgoingMail) -> None:
    mail.save()
    transaction.on_commit(_sender.wake)


def send_due_mail() -> int:
    """Send what is due; how many mails could not be sent. Each of those is tried again, later each time."""
    failed = 0
    while mail := _take():
        try:
            _send(mail)
        except (DatabaseError, InterfaceError):
            raise
        except Exception:
            failed += 1
            logger.warning("A mail (%s) could not be sent, attempt %d", mail.kind, mail.attempts, exc_info=True)
            _put_back(mail)
        else:
            mail.delete()
    return failed


def _take() -> OutgoingMail | None:
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"lease": LEASE.total_seconds()})
        row = cursor.fetchone()
    return OutgoingMail.objects.select_related("member__organisation", "inviter").get(pk=row[0]) if row else None


def _put_back(mail: OutgoingMail) -> None:
    """Until its link would be dead when it arrives."""
    if timezone.now() - mail.created_at > timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT):
        mail.delete()
        return
    pause = min(timedelta(minutes=2 ** min(mail.attempts - 1, 10)), LONGEST_PAUSE)
    OutgoingMail.objects.filter(pk=mail.pk).update(due_at=timezone.now() + pause)


def _send(mail: OutgoingMail) -> None:
    if mail.kind == MailKind.INVITATION:
        _send_invitation(mail)
        return
    # The invited are among them: their first link may be lost.
    for member in User.objects.with_email(mail.address).filter(can_sign_in=True, is_active=True):
        _send_one(member, "password_reset", link=password_set_url(member))


def _send_invitation(mail: OutgoingMail) -> None:
    """Only the address itself is told that it signs in to another organisation: who invites it is not."""
    member = mail.member
    if member is None or not (member.can_sign_in and member.is_active) or member.has_usable_password():
        return
    signs_in_elsewhere = User.objects.signing_in(mail.address).exclude(organisation=member.organisation).exists()
    name = "invitation_elsewhere" if signs_in_elsewhere else "invitation"
    _send_one(member, name, inviter=mail.inviter, link=password_set_url(member))


def _send_one(member: User, name: str, **context: object) -> None:
    context |= {"member": member, "site": settings.SITE_URL}
    subject = render_to_string(f"signin/{name}_subject.txt", context).strip()
    body = render_to_string(f"signin/{name}_email.txt", context)
    give_back()
    send_mail(subject, body, None, [member.email or ""])


class _Sender:
    """At most one thread of this process. It ends when the outbox is empty."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._woken = threading.Event()

    def wake(self) -> None:
        with self._lock:
            self._woken.set()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="mail", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._woken.clear()
            pause = self._send()
            with self._lock:
                if pause is None and not self._woken.is_set():
                    self._thread = None
                    return
            self._woken.wait(pause)

    def _send(self) -> float | None:
        """Send what is due; the seconds until more is, None if the outbox is empty."""
        try:
            send_due_mail()
            upcoming = OutgoingMail.objects.order_by("due_at").values_list("due_at", flat=True).first()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("The outbox could not be read: %s", error, exc_info=not is_outage(error))
            return LEASE.total_seconds()
        finally:
            connection.close()
        return max((upcoming - timezone.now()).total_seconds(), 1.0) if upcoming else None


_sender = _Sender()

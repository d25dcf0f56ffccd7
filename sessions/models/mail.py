from django.db import models
from django.db.models.functions import Now

from sessions.models.user import User


class MailKind(models.TextChoices):
    INVITATION = "invitation", "Invitation"
    PASSWORD_RESET = "password_reset", "Password reset"


class OutgoingMail(models.Model):
    """An e-mail that is still to be sent: asked for by a request, sent after its answer, deleted when it has left.

    A password reset names an address and nobody: whether somebody has it is found out when it is sent, so that neither
    the words nor the time of an answer tell. `due_at` is also how long a sender has taken it for.
    """

    kind = models.CharField(max_length=20, choices=MailKind.choices)
    address = models.EmailField(max_length=254)
    member = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="outgoing_mail")
    inviter = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(db_default=Now())
    attempts = models.IntegerField(db_default=0)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="outgoingmail_due_at")]

    def __str__(self) -> str:
        return f"{self.kind} to {self.address}"

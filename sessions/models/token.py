from django.contrib.postgres.fields import ArrayField
from django.db import models

from sessions.contract.choices import Scope
from sessions.models.organisation import Organisation
from sessions.models.user import User


class ApiToken(models.Model):
    """A producer's or consumer's key. Only its hash is stored; one known from an import alone has none."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="tokens")
    creator = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="tokens")
    label = models.CharField(max_length=200)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope.choices), default=list)
    prefix = models.CharField(max_length=12, blank=True)
    digest = models.CharField(max_length=64, null=True, blank=True, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="token_organisation_id"),
            models.UniqueConstraint(
                fields=["organisation", "label"], condition=models.Q(digest=None), name="token_label_from_imports"
            ),
        ]

    def __str__(self) -> str:
        return self.label

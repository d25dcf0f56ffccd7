"""The small tables that filters and searches are resolved on before the sessions are asked."""

from django.db import models

from sessions.models.organisation import Organisation
from sessions.models.search_text import search_text


class App(models.Model):
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="apps", db_index=False)
    app_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255, blank=True)
    group = models.CharField(max_length=255, blank=True)
    search_text = search_text("app_id", "name")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "app_id"], name="app_id_per_organisation"),
            models.UniqueConstraint(fields=["organisation", "id"], name="app_organisation_id"),
        ]

    def __str__(self) -> str:
        return self.name or self.app_id


class Device(models.Model):
    """A device model. The single device a session ran on is named on the session."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="devices", db_index=False)
    manufacturer = models.CharField(max_length=255, blank=True)
    model = models.CharField(max_length=255, blank=True)
    type = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "manufacturer", "model", "type"], name="device_per_organisation"
            ),
            models.UniqueConstraint(fields=["organisation", "id"], name="device_organisation_id"),
        ]

    def __str__(self) -> str:
        return self.model


class OperatingSystem(models.Model):
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="operating_systems", db_index=False
    )
    name = models.CharField(max_length=100, blank=True)
    version = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "name", "version"], name="os_per_organisation"),
            models.UniqueConstraint(fields=["organisation", "id"], name="os_organisation_id"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


class Facet(models.Model):
    """That sessions of an owner (organisation, user or token) have a value (app, user, device ...).

    Both are keys of `sessions.models.keys`. `text` is what the value is a hash of, or empty. Written by the one way in,
    never counted, so filter options come from what a viewer can see without asking the sessions.
    """

    pk = models.CompositePrimaryKey("owner", "value")
    owner = models.BigIntegerField()
    value = models.BigIntegerField()
    text = models.CharField(max_length=255, db_default="")

    def __str__(self) -> str:
        return f"{self.owner} has {self.value}"

from django.db import models
from django.utils import timezone


class CommandRun(models.Model):
    """When a command that runs every night last ended well, on whichever server: `/metrics` tells."""

    command = models.CharField(max_length=60, primary_key=True)
    ended_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.command} at {self.ended_at}"

    @classmethod
    def has_ended(cls, command: str) -> None:
        cls.objects.update_or_create(command=command, defaults={"ended_at": timezone.now()})

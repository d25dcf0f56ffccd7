from django.db import models
from django.db.models.functions import Lower

from sessions.models.organisation import Organisation
from sessions.models.user import User


class SavedView(models.Model):
    """A list that somebody keeps under a name: its filters and order, its columns and its density."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="saved_views")
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views", db_index=False)
    name = models.CharField(max_length=100)
    # Everybody in the organisation sees it, and admins change it.
    is_shared = models.BooleanField(default=False)
    # The parameters of the list as they were typed, so that a relative date stays relative.
    query = models.TextField(blank=True)
    # `columns` and `density` of `sessions.presenters.display`.
    display = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint("owner", Lower("name"), name="saved_view_name_per_owner")]

    def __str__(self) -> str:
        return self.name

"""What a search looks at, put in lower case when a name is written and not whenever somebody searches."""

from django.db import models
from django.db.models import Value
from django.db.models.functions import Concat, Lower


def search_text(first: str, second: str) -> models.GeneratedField:
    """A column of both, a line each."""
    return models.GeneratedField(
        expression=Lower(Concat(first, Value("\n"), second)), output_field=models.TextField(), db_persist=True
    )

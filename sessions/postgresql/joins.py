"""Rows of a join as models, for statements of every request: the ORM takes 0.5 to 1 ms to put such a one together."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model

Found = TypeVar("Found", bound=Model)


def columns_of(*models: type[Model]) -> str:
    """Every column of these models that somebody wrote, to select; each under a name of its own."""
    return ", ".join(
        f"{model._meta.db_table}.{name} AS {model._meta.model_name}_{name}"  # noqa: SLF001  documented all the same
        for model in models
        for name in names_of(model)
    )


def next_of(model: type[Found], values: Iterator[Any]) -> Found:
    """One of these models, from the values that `columns_of` selected for it."""
    fields = fields_of(model)
    read = [_read(field, value) for field, value in zip(fields, islice(values, len(fields)), strict=True)]
    return model.from_db(DEFAULT_DB_ALIAS, [field.attname for field in fields], read)


def _read(field: Any, value: Any) -> Any:
    """As the ORM does: JSON comes as text, whatever else the models have as what it is."""
    return field.from_db_value(value, None, connection) if hasattr(field, "from_db_value") else value


def names_of(model: type[Model]) -> list[str]:
    return [field.attname for field in fields_of(model)]


def fields_of(model: type[Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not field.generated]  # noqa: SLF001

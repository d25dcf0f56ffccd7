"""Names, as people type them and pages show them, turned into keys on the small tables."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Lower

from sessions.keys import Kind, key
from sessions.models import ApiToken, App, Device, OperatingSystem, Organisation, User


def user_keys(organisation: Organisation, names: Iterable[str]) -> set[int]:
    """People by e-mail or username, whatever its case."""
    wanted = [name.lower() for name in names]
    found = organisation.members.alias(by_email=Lower("email"), by_username=Lower("username"))
    return keys(Kind.USER, found.filter(Q(by_email__in=wanted) | Q(by_username__in=wanted)))


def app_keys(organisation: Organisation, app_ids: Iterable[str]) -> set[int]:
    return keys(Kind.APP, organisation.apps.filter(app_id__in=app_ids))


def device_keys(organisation: Organisation, models: Iterable[str]) -> set[int]:
    return keys(Kind.DEVICE, organisation.devices.filter(model__in=models))


def os_keys(organisation: Organisation, names: Iterable[str]) -> set[int]:
    """Systems by name and version ("iOS 17.5"), by version ("17.5"), or by major version ("iOS 17", "17")."""
    wanted = {name.casefold() for name in names}
    return {key(Kind.OS, os.pk) for os in organisation.operating_systems.all() if wanted & set(os_names(os))}


def os_names(os: OperatingSystem) -> list[str]:
    versions = {os.version, major_version(os.version), ""}
    return [f"{name} {version}".strip().casefold() for version in versions for name in ("", os.name) if name or version]


def major_version(version: str) -> str:
    return version.split(".", maxsplit=1)[0]


def search_keys(organisation: Organisation, text: str) -> set[int]:
    """What has the text anywhere in its app ID, app name, username, e-mail or token label: in one query."""
    apps = organisation.apps.filter(Q(app_id__icontains=text) | Q(name__icontains=text))
    users = organisation.members.filter(Q(email__icontains=text) | Q(username__icontains=text))
    tokens = organisation.tokens.filter(label__icontains=text)
    rows = tagged(Kind.APP, apps).union(tagged(Kind.USER, users), tagged(Kind.TOKEN, tokens), all=True)
    return {key(Kind(kind), ident) for kind, ident in rows}


def tagged(kind: Kind, rows: "QuerySet[App] | QuerySet[User] | QuerySet[ApiToken]") -> "QuerySet[Any, Any]":
    return rows.order_by().values_list(Value(int(kind)), "pk")


def keys(kind: Kind, rows: "QuerySet[User] | QuerySet[App] | QuerySet[Device]") -> set[int]:
    return {key(kind, ident) for ident in rows.values_list("pk", flat=True)}

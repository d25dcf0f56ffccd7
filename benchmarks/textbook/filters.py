"""A FilterSet whose search is icontains across joins; the other parameters are named as the product names them."""

from collections.abc import Callable
from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from sessions.contract.choices import Platform, Status
from sessions.http.roles import MemberRequest
from sessions.models import Session


def of_the_viewer(relation: str) -> Callable[[MemberRequest], Any]:
    def rows(request: MemberRequest) -> Any:
        return getattr(request.user.organisation, relation).all()

    return rows


class SessionFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="Search")
    start = django_filters.DateFilter("occurred_at", "date__gte", label="From")
    end = django_filters.DateFilter("occurred_at", "date__lte", label="To")
    user = django_filters.ModelMultipleChoiceFilter(
        "user__email", queryset=of_the_viewer("members"), to_field_name="email"
    )
    app = django_filters.ModelMultipleChoiceFilter(
        "app__app_id", queryset=of_the_viewer("apps"), to_field_name="app_id"
    )
    device = django_filters.ModelMultipleChoiceFilter(
        "device__model", queryset=of_the_viewer("devices"), to_field_name="model"
    )
    os = django_filters.ModelMultipleChoiceFilter(queryset=of_the_viewer("operating_systems"))
    platform = django_filters.MultipleChoiceFilter(choices=Platform.choices)
    status = django_filters.MultipleChoiceFilter(choices=Status.choices)

    class Meta:
        model = Session
        fields = ("q", "start", "end", "user", "app", "device", "os", "platform", "status")

    def search(self, rows: QuerySet[Session], name: str, value: str) -> QuerySet[Session]:
        return rows.filter(
            Q(app__app_id__icontains=value)
            | Q(app__name__icontains=value)
            | Q(user__username__icontains=value)
            | Q(user__email__icontains=value)
            | Q(token__label__icontains=value)
        )

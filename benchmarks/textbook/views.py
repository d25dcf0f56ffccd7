from django.db.models import QuerySet
from django_filters.views import FilterView
from django_tables2 import SingleTableMixin

from benchmarks.textbook.filters import SessionFilter
from benchmarks.textbook.tables import SessionTable
from sessions.models import Session


class SessionListView(SingleTableMixin, FilterView):
    """The default paginator: COUNT(*) of all that matches, then OFFSET."""

    template_name = "textbook/session_list.html"
    table_class = SessionTable
    filterset_class = SessionFilter
    # Not `paginate_by`, with which FilterView would count a second time.
    table_pagination = {"per_page": 50}

    def get_queryset(self) -> QuerySet[Session]:
        return (
            Session.objects.filter(organisation=self.request.user.organisation)
            .select_related("user", "token", "app", "device", "os")
            .prefetch_related("attachments")
        )

from django_tables2.export.views import ExportMixin

from benchmarks.textbook.views import SessionListView


class SessionExportView(ExportMixin, SessionListView):
    """`_export=csv` downloads what the page shows page by page. Cannot be imported without tablib."""

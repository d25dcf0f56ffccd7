from importlib.util import find_spec

from django.urls import path

from benchmarks.textbook.views import SessionListView

urlpatterns = [path("sessions/", SessionListView.as_view())]

if find_spec("tablib"):
    from benchmarks.textbook.export import SessionExportView

    urlpatterns.append(path("export/", SessionExportView.as_view()))

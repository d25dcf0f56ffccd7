from django.urls import path

from benchmarks.textbook.views import SessionListView

urlpatterns = [path("sessions/", SessionListView.as_view(), name="session_list")]

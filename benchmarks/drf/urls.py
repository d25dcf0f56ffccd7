from django.urls import path

from benchmarks.drf.views import SessionList

urlpatterns = [path("sessions/", SessionList.as_view())]

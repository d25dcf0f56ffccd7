"""Every URL of the product is in `sessions.urls`."""

from django.urls import include, path

urlpatterns = [path("", include("sessions.urls"))]

handler400 = "sessions.views.errors.bad_request"
handler403 = "sessions.views.errors.permission_denied"
handler404 = "sessions.views.errors.page_not_found"
handler500 = "sessions.views.errors.server_error"

"""Every URL of the product is in `sessions.urls`."""

from django.urls import include, path

urlpatterns = [path("", include("sessions.urls"))]

handler400 = "sessions.http.errors.bad_request"
handler403 = "sessions.http.errors.permission_denied"
handler404 = "sessions.http.errors.page_not_found"
handler500 = "sessions.http.errors.server_error"

from django.urls import path

from benchmarks.admin.site import site

urlpatterns = [path("admin/", site.urls)]

"""What one sets for oneself, and an admin for the organisation."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from sessions.forms.settings import OrganisationForm, ProfileForm
from sessions.forms.time_zone import time_zones
from sessions.http.roles import MemberRequest, admin_required
from sessions.models import Organisation, User


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: MemberRequest) -> HttpResponse:
    # Not request.user: a form writes what was typed to its object, valid or not, and the page shows that person.
    member = User.objects.select_related("organisation").get(pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=member)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("settings")
    return render(request, "settings/profile.html", {"form": form, "time_zones": time_zones().values()})


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def organisation(request: MemberRequest) -> HttpResponse:
    instance = Organisation.objects.get(pk=request.user.organisation_id)
    form = OrganisationForm(request.POST or None, instance=instance, viewer=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("settings_organisation")
    return render(request, "settings/organisation.html", {"form": form, "time_zones": time_zones().values()})

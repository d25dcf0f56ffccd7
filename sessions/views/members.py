"""The members of an organisation, for its admins."""

import logging

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.core.mail import send_mail
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe

from sessions.accounts import members as service
from sessions.accounts.members import MemberState, password_set_path, state_of
from sessions.forms.members import InvitationForm, MemberSearchForm, RoleForm, UsernameForm
from sessions.http.roles import MemberRequest, admin_required
from sessions.models import User

logger = logging.getLogger(__name__)


@require_safe
@admin_required
def members(request: MemberRequest) -> HttpResponse:
    form = MemberSearchForm(request.GET)
    if not form.is_valid():
        return render(request, "settings/members.html", {"form": form}, status=400)
    search = form.cleaned_data
    try:
        page, has_more = service.members_page(request.user.organisation, search["q"], search["state"], search["after"])
    except User.DoesNotExist as error:
        raise Http404 from error
    rows = [(member, state_of(member)) for member in page]
    return render(request, "settings/members.html", {"form": form, "rows": rows, "has_more": has_more})


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def invite(request: MemberRequest) -> HttpResponse:
    form = InvitationForm(request.POST or None, initial={"email": request.GET.get("email", "")})
    if request.method == "POST" and form.is_valid():
        try:
            member = service.invite(request.user, form.cleaned_data["email"], form.cleaned_data["role"])
        except ValidationError as error:
            form.add_error("email", error)
        else:
            _send_invitation(request, member)
            return redirect("member", member.pk)
    return render(request, "settings/invite.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def member(request: MemberRequest, member_id: int) -> HttpResponse:
    """POST takes `action`: username (with `username`), role (with `role`), deactivate, reactivate or resend."""
    # Any id that PostgreSQL can hold, and none of another organisation.
    colleagues = User.objects.select_related("organisation").filter(organisation=request.user.organisation_id)
    found = get_object_or_404(colleagues, pk=member_id)
    if request.method != "POST":
        return _page(request, found)
    if request.POST.get("action") == "username" and found.email:
        return _rename(request, found)
    if not found.can_sign_in:
        raise BadRequest
    match request.POST.get("action"):
        case "role":
            return _change_role(request, found)
        case "deactivate":
            return _deactivate(request, found)
        case "reactivate":
            service.reactivate(request.user, found.pk)
            messages.success(request, f"{found} can sign in again.")
            return redirect("member", found.pk)
        case "resend" if state_of(found) == MemberState.INVITED:
            _send_invitation(request, found)
            return redirect("member", found.pk)
    raise BadRequest


def _rename(request: MemberRequest, found: User) -> HttpResponse:
    form = UsernameForm(found, request.POST)
    if not form.is_valid():
        return _page(request, found, username_form=form)
    service.rename(request.user, found.pk, form.cleaned_data["username"])
    messages.success(request, "Saved.")
    return redirect("member", found.pk)


def _change_role(request: MemberRequest, found: User) -> HttpResponse:
    form = RoleForm(request.POST, initial={"role": found.role})
    if not form.is_valid():
        return _page(request, found, form)
    try:
        service.change_role(request.user, found.pk, form.cleaned_data["role"])
    except ValidationError as error:
        form.add_error("role", error)
        return _page(request, found, form)
    messages.success(request, "Saved.")
    # Who has just ceased to be an admin cannot open the member's page again.
    return redirect("settings") if found == request.user else redirect("member", found.pk)


def _deactivate(request: MemberRequest, found: User) -> HttpResponse:
    try:
        service.deactivate(request.user, found.pk)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("member", found.pk)
    if found == request.user:
        messages.success(request, "You are deactivated. Another admin can reactivate you.")
        return redirect("signin")
    # The button belongs to the form of the page that shows this message.
    undo = '{} is deactivated and signed out. <button class="button-link" form="reactivate" type="submit">Undo</button>'
    messages.success(request, format_html(undo, found))
    return redirect("member", found.pk)


def _page(
    request: MemberRequest, found: User, form: RoleForm | None = None, username_form: UsernameForm | None = None
) -> HttpResponse:
    state = state_of(found)
    # A server without e-mail works too: the admin hands the link over.
    link = request.build_absolute_uri(password_set_path(found)) if state == MemberState.INVITED else ""
    context = {
        "member": found,
        "state": state,
        "form": form or RoleForm(initial={"role": found.role}),
        "username_form": username_form or UsernameForm(found),
        "link": link,
    }
    return render(request, "settings/member.html", context)


def _send_invitation(request: MemberRequest, member: User) -> None:
    link = request.build_absolute_uri(password_set_path(member))
    body = render_to_string("signin/invitation_email.txt", {"inviter": request.user, "member": member, "link": link})
    subject = render_to_string("signin/invitation_subject.txt").strip()
    try:
        send_mail(subject, body, None, [member.email or ""])
    except OSError:  # SMTP's exceptions are, too
        logger.warning("An invitation could not be sent", exc_info=True)
        messages.warning(request, f"{member} is invited, but the e-mail could not be sent. Hand the link below over.")
    else:
        messages.success(request, f"{member} is invited by e-mail.")

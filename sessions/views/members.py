"""The members of an organisation, for its admins."""

from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe

from sessions.accounts import members as service
from sessions.accounts.links import password_set_path
from sessions.accounts.members import MemberState, state_of
from sessions.accounts.tokens import working_tokens
from sessions.forms.members import InvitationForm, MemberSearchForm, RoleForm, UsernameForm
from sessions.http.roles import MemberRequest, admin_required
from sessions.models import User

TOKENS_NAMED = 20


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
            messages.success(request, f"{member} is invited. An e-mail is on its way.")
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
            service.reactivate(request.user, found.pk, with_tokens="with_tokens" in request.POST)
            messages.success(request, f"{found} can sign in again.")
            return redirect("member", found.pk)
        case "resend" if state_of(found) == MemberState.INVITED:
            service.invite_again(request.user, found)
            messages.success(request, f"An e-mail to {found} is on its way.")
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
    undo = (
        "{} is deactivated and signed out. "
        '<button class="button-link" form="reactivate" type="submit" name="with_tokens" value="on">Undo</button>'
    )
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
        "has_failed_mail": state == MemberState.INVITED and service.has_failed_mail(found),
        "tokens": working_tokens(found)[:TOKENS_NAMED] if state != MemberState.KNOWN else [],
    }
    return render(request, "settings/member.html", context)

"""API tokens: the own ones, and for admins the organisation's."""

from typing import NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from sessions.accounts import tokens as service
from sessions.accounts.members import active_admins
from sessions.accounts.tokens import TokenState, may_make_tokens, scopes_of, state_of
from sessions.forms.tokens import TokenForm, TokenListForm
from sessions.http.roles import MemberRequest
from sessions.models import ApiToken

ADMINS_NAMED = 5


class TokenRow(NamedTuple):
    token: ApiToken
    state: TokenState
    scopes: list[str]
    # Which it has, and which do not count while its creator is a user.
    withheld: list[str]


@require_safe
def tokens(request: MemberRequest) -> HttpResponse:
    """`?all`: the organisation's, for admins."""
    everybodys = "all" in request.GET
    if everybodys and not request.user.is_admin:
        raise PermissionDenied("Only admins see everybody's tokens.")
    form = TokenListForm(request.GET)
    if not form.is_valid():
        raise Http404
    found = service.tokens_in(request.user.organisation) if everybodys else service.tokens_of(request.user)
    try:
        page, has_more = service.tokens_page(found, form.cleaned_data["after"])
    except ApiToken.DoesNotExist as error:
        raise Http404 from error
    now = timezone.now()
    context = {
        "rows": [_row(token, state_of(token, now)) for token in page],
        "has_more": has_more,
        "everybodys": everybodys,
        "may_make": may_make_tokens(request.user),
        "admins": active_admins(request.user.organisation).order_by("email")[:ADMINS_NAMED],
    }
    return render(request, "settings/tokens.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: MemberRequest) -> HttpResponse:
    """The secret stands in the answer to the form and nowhere else: a redirect would have to keep it somewhere."""
    if not may_make_tokens(request.user):
        raise PermissionDenied("Only developers and admins can make tokens.")
    form = TokenForm(request.user, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "settings/token_new.html", {"form": form})
    token, secret = service.make_token(
        request.user, form.cleaned_data["label"], form.cleaned_data["scopes"], form.expires_at()
    )
    url = request.build_absolute_uri(reverse("api_sessions"))
    return render(request, "settings/token_made.html", {"token": token, "secret": secret, "url": url})


@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: MemberRequest, token_id: int) -> HttpResponse:
    """GET asks, POST does."""
    token = get_object_or_404(service.revocable_by(request.user), pk=token_id)
    back = reverse("tokens") if token.creator == request.user else f"{reverse('tokens')}?all"
    if request.method == "POST":
        service.revoke(request.user, token.pk)
        messages.success(request, f"{token} is revoked. Whoever still sends it gets an error.")
        return redirect(back)
    if token.revoked_at is not None:
        return redirect(back)
    return render(request, "settings/token_revoke.html", {"token": token, "back": back})


def _row(token: ApiToken, state: TokenState) -> TokenRow:
    counting = scopes_of(token)
    return TokenRow(token, state, sorted(counting), sorted({*token.scopes} - counting))

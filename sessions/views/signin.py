"""Signing in and out, and passwords: Django's views, asked for an e-mail and shown in this product's pages."""

from math import ceil
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, views
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from sessions.accounts.limits import Count, count_reset, count_sign_in, forgive_sign_in
from sessions.accounts.links import link_tokens
from sessions.forms.signin import PasswordChangeForm, PasswordResetForm, PasswordSetForm, SignInForm
from sessions.http.client_address import client_address
from sessions.models import User


@method_decorator([login_not_required, sensitive_post_parameters(), never_cache], name="dispatch")
class SignInView(views.RedirectURLMixin, FormView):  # type: ignore[type-arg]  # not subscriptable when it runs
    template_name = "signin/signin.html"
    form_class = SignInForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return HttpResponseRedirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def get_default_redirect_url(self) -> str:
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        email = request.POST.get("email", "")
        if not email or not request.POST.get("password"):  # which is no attempt
            return super().post(request, *args, **kwargs)
        self.attempt = (email, client_address(request), timezone.now())
        exceeded = count_sign_in(*self.attempt)
        if exceeded is None:
            return super().post(request, *args, **kwargs)
        return _too_many(request, "signin/too_many.html", exceeded)

    def form_valid(self, form: SignInForm) -> HttpResponse:
        assert form.user is not None
        forgive_sign_in(*self.attempt)
        login(self.request, form.user)
        return HttpResponseRedirect(self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"next": self.get_redirect_url()}


@method_decorator(login_not_required, name="dispatch")
class SignOutView(views.LogoutView):
    """Also for who is signed out already: asking them to sign in first would lead nowhere."""


class PasswordChangeView(views.PasswordChangeView):
    """Keeps this browser signed in and signs every other one out, since they hold the old password's hash."""

    template_name = "signin/password_change.html"
    form_class = PasswordChangeForm
    success_url = reverse_lazy("settings")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Whoever finds a browser signed in may guess the old password as often as at the sign-in page."""
        if not request.POST.get("old_password"):  # which is no attempt
            return super().post(request, *args, **kwargs)
        attempt = (request.user.get_username(), client_address(request), timezone.now())
        exceeded = count_sign_in(*attempt)
        if exceeded is not None:
            return _too_many(request, "signin/too_many.html", exceeded)
        form = self.get_form()
        if form.is_valid():
            forgive_sign_in(*attempt)
            return self.form_valid(form)
        if "old_password" not in form.errors:
            forgive_sign_in(*attempt)
        return self.form_invalid(form)

    def form_valid(self, form: Any) -> HttpResponse:
        revoked = form.cleaned_data.get("revoke_tokens")
        tokens = " Your tokens are revoked." if revoked else ""
        messages.success(self.request, f"Your password is changed. Every other browser is signed out.{tokens}")
        return super().form_valid(form)


class PasswordResetView(views.PasswordResetView):
    template_name = "signin/password_reset.html"
    form_class = PasswordResetForm
    success_url = reverse_lazy("password_reset_sent")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        email = request.POST.get("email", "")
        if not email:  # which sends nothing
            return super().post(request, *args, **kwargs)
        exceeded = count_reset(email, client_address(request), timezone.now())
        if exceeded is None:
            return super().post(request, *args, **kwargs)
        return _too_many(request, "signin/too_many_resets.html", exceeded)


class PasswordResetSentView(views.PasswordResetDoneView):
    template_name = "signin/password_reset_sent.html"


class PasswordSetView(views.PasswordResetConfirmView):
    """Where the links in e-mails lead: of a forgotten password, and of an invitation, which this claims."""

    template_name = "signin/password_set.html"
    form_class = PasswordSetForm
    success_url = reverse_lazy("session_list")
    token_generator = link_tokens
    post_reset_login = True

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().form_valid(form)
        except IntegrityError:
            form.add_error(None, "This address has come to sign in to another organisation, and can to one at a time.")
            return self.form_invalid(form)

    def get_user(self, uidb64: str) -> User | None:
        user = super().get_user(uidb64)
        return user if isinstance(user, User) and user.is_active and user.can_sign_in else None

    def render_to_response(self, context: dict[str, Any], **response_kwargs: Any) -> HttpResponse:
        if not self.validlink:
            response_kwargs["status"] = 410
        return super().render_to_response(context, **response_kwargs)


def _too_many(request: HttpRequest, template: str, exceeded: Count) -> HttpResponse:
    response = render(request, template, {"minutes": ceil(exceeded.resets_in / 60)}, status=429)
    response["Retry-After"] = str(exceeded.resets_in)
    return response

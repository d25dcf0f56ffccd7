from django.views.generic import TemplateView


class SignInView(TemplateView):
    template_name = "base.html"


class SignOutView(TemplateView):
    template_name = "base.html"


class PasswordChangeView(TemplateView):
    template_name = "base.html"


class PasswordResetView(TemplateView):
    template_name = "base.html"


class PasswordResetSentView(TemplateView):
    template_name = "base.html"


class PasswordSetView(TemplateView):
    template_name = "base.html"

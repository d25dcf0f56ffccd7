"""Every URL. Those that begin alike stand together, so that each is found among a dozen and not among all."""

from django.urls import include, path, register_converter
from django.views.generic import RedirectView

from sessions.http.authentication import scope_required
from sessions.http.session_address import SessionIdConverter, at_its_address
from sessions.views import (
    api,
    attachments,
    compare,
    detail,
    display,
    export,
    foreign,
    health,
    members,
    metrics,
    saved_views,
    search,
    selection,
    session_list,
    settings,
    signin,
    tokens,
    usage,
)
from sessions.views.api import documentation, event_lists

register_converter(SessionIdConverter, "session")

session_urls = [
    path("", session_list.session_list, name="session_list"),
    path("live/", session_list.session_live, name="session_live"),
    path("options/", session_list.session_options, name="session_options"),
    path("search-completions/", search.search_completions, name="search_completions"),
    path("search-help/", search.search_help, name="search_help"),
    path("export.csv", export.session_export, name="session_export"),
    path("selected/", selection.session_selected, name="session_selected"),
    path("display/", display.session_display, name="session_display"),
    path("views/", saved_views.saved_views, name="saved_views"),
    path("views/new/", saved_views.new, name="saved_view_new"),
    path("views/<int:view_id>/", saved_views.edit, name="saved_view_edit"),
    path("views/<int:view_id>/update/", saved_views.update, name="saved_view_update"),
    path("views/<int:view_id>/use/", saved_views.use, name="saved_view_use"),
    path("views/<int:view_id>/delete/", saved_views.delete, name="saved_view_delete"),
    path("compare/", compare.session_compare, name="session_compare"),
    path("<session:session_id>/", at_its_address(detail.session_detail), name="session_detail"),
    path("<session:session_id>/attachments/<str:name>", at_its_address(attachments.attachment), name="attachment"),
    path(
        "<session:session_id>/attachments/<str:name>/view/",
        at_its_address(attachments.attachment_view),
        name="attachment_view",
    ),
    path(
        "<session:session_id>/attachments/<str:name>/view/moment/",
        at_its_address(attachments.attachment_moment),
        name="attachment_moment",
    ),
]
settings_urls = [
    path("", settings.profile, name="settings"),
    path("organisation/", settings.organisation, name="settings_organisation"),
    path("members/", members.members, name="members"),
    path("members/invite/", members.invite, name="member_invite"),
    path("members/<int:member_id>/", members.member, name="member"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/new/", tokens.new, name="token_new"),
    path("tokens/<int:token_id>/revoke/", tokens.revoke, name="token_revoke"),
]
api_urls = [
    path("sessions", api.by_method({"GET": api.sessions, "POST": api.post_session}), name="api_sessions"),
    path("sessions/batch", api.by_method({"POST": api.post_batch}), name="api_batch"),
    path(
        "sessions/<session:session_id>",
        api.by_method({"GET": api.session, "PATCH": api.patch_session}),
        name="api_session",
    ),
    path(
        "sessions/<session:session_id>/events",
        api.by_method({"GET": api.session_events, "POST": api.post_events}),
        name="api_session_events",
    ),
    path(
        "sessions/<session:session_id>/attachments/<str:name>",
        api.by_method({"GET": scope_required("read", {"download"})(attachments.attachment), "PUT": api.put_attachment}),
        name="api_attachment",
    ),
    path("events", event_lists.events, name="api_events"),
    path("events/latest", event_lists.latest, name="api_events_latest"),
]

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="session_list"), name="home"),
    path("sessions/", include(session_urls)),
    path("usage/", usage.usage, name="usage"),
    path("settings/", include(settings_urls)),
    path("api/v1/", include(api_urls)),
    path("api/openapi.json", documentation.openapi, name="api_openapi"),
    path("api/docs/", documentation.docs, name="api_docs"),
    # Signing in
    path("signin/", signin.SignInView.as_view(), name="signin"),
    path("signout/", signin.SignOutView.as_view(), name="signout"),
    path("password/change/", signin.PasswordChangeView.as_view(), name="password_change"),
    path("password/reset/", signin.PasswordResetView.as_view(), name="password_reset"),
    path("password/reset/sent/", signin.PasswordResetSentView.as_view(), name="password_reset_sent"),
    path("password/set/<uidb64>/<token>/", signin.PasswordSetView.as_view(), name="password_set"),
    # Other products' APIs
    path("observability.sessions.list", foreign.observability_sessions, name="observability_sessions"),
    path("v2/sessions//events", foreign.session_events, name="foreign_session_events_unnamed"),
    path("v2/sessions/<path:session_id>/events", foreign.session_events, name="foreign_session_events"),
    path("v2/realtime/session/tenants/<str:tenant>", foreign.realtime_sessions, name="realtime_sessions"),
    path("v2/realtime/event/tenants/<str:tenant>", foreign.realtime_events, name="realtime_events"),
    path(
        "v2/realtime/latest-event/tenants/<str:tenant>", foreign.realtime_latest_events, name="realtime_latest_events"
    ),
    path("core.v1.SessionsService/ListSessionsV2", foreign.list_sessions, name="formal_list_sessions"),
    # The machine room
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]

"""Who belongs to an organisation: inviting, changing roles, deactivating.

Every change of who is an admin holds the organisation's row, so that two admins who
remove each other at the same moment do not leave it without one.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet, TextChoices, Value
from django.db.models.functions import Lower

from sessions.accounts.mail import ask_for_invitation
from sessions.accounts.tokens import revoke_all
from sessions.contract.choices import Role
from sessions.contract.names import composed
from sessions.models import Organisation, User
from sessions.models.user import HAS_PASSWORD


class MemberState(TextChoices):
    ACTIVE = "active", "Active"
    INVITED = "invited", "Invited"
    DEACTIVATED = "deactivated", "Deactivated"
    KNOWN = "known", "Known from sessions"


IN_STATE = {
    MemberState.ACTIVE: Q(can_sign_in=True, is_active=True) & HAS_PASSWORD,
    MemberState.INVITED: Q(can_sign_in=True, is_active=True) & ~HAS_PASSWORD,
    MemberState.DEACTIVATED: Q(can_sign_in=True, is_active=False),
    MemberState.KNOWN: Q(can_sign_in=False),
}


def state_of(member: User) -> MemberState:
    if not member.can_sign_in:
        return MemberState.KNOWN
    if not member.is_active:
        return MemberState.DEACTIVATED
    return MemberState.ACTIVE if member.has_usable_password() else MemberState.INVITED


PAGE_SIZE = 50


def members_page(organisation: Organisation, q: str, state: str, after: int | None) -> tuple[list[User], bool]:
    """Members whose e-mail or username holds `q`, from behind member `after` on, and whether there are more.

    In the order of index user_email_per_organisation, those without an e-mail last.
    Raises User.DoesNotExist for an `after` that is nobody's here.
    """
    everyone = User.objects.filter(organisation=organisation).annotate(address=Lower("email"))
    found = everyone.order_by(F("address").asc(nulls_last=True), "username")
    if q:
        found = found.filter(search_text__contains=Lower(Value(composed(q))))
    if state:
        found = found.filter(IN_STATE[MemberState(state)])
    if after is not None:
        last = everyone.get(pk=after)  # who may have left the search since
        if last.email is None:
            found = found.filter(email=None, username__gt=last.username)
        else:
            found = found.filter(Q(address__gt=last.address) | Q(email=None))
    page: list[User] = [*found[: PAGE_SIZE + 1]]
    return page[:PAGE_SIZE], len(page) > PAGE_SIZE


def active_admins(organisation: Organisation) -> QuerySet[User]:
    """Those who can act as one: an invited admin cannot yet."""
    return User.objects.filter(IN_STATE[MemberState.ACTIVE], organisation=organisation, role=Role.ADMIN)


def invite(actor: User, email: str, role: str) -> User:
    """Let `email` sign in once its password is set, and ask for the mail. Claims the record of one known from sessions.

    Raises ValidationError when that e-mail is a member here. Whether it signs in elsewhere is told to its owner alone,
    by the mail.
    """
    with _holding(actor) as organisation:
        member = User.objects.with_email(email).filter(organisation=organisation).first()
        if member is None:
            member = User(email=email, organisation=organisation)
        elif member.can_sign_in:
            raise ValidationError(_already(member), code="member")
        member.role, member.can_sign_in, member.is_active = role, True, True
        member.set_unusable_password()
        member.save()
        ask_for_invitation(actor, member)
        return member


def invite_again(actor: User, member: User) -> None:
    """Instead of a mail that has not left yet."""
    member.outgoing_mail.all().delete()
    ask_for_invitation(actor, member)


def has_failed_mail(member: User) -> bool:
    """Whether an e-mail to an invited member could not be sent so far."""
    return member.outgoing_mail.filter(attempts__gt=0).exists()


def change_role(actor: User, member_id: int, role: str) -> User:
    """Raises ValidationError for the last active admin."""
    with _holding(actor) as organisation:
        member = User.objects.get(pk=member_id, organisation=organisation, can_sign_in=True)
        if role != Role.ADMIN:
            _keep_an_admin(member)
        member.role = role
        member.save(update_fields=["role"])
        return member


def deactivate(actor: User, member_id: int) -> User:
    """Out at once, in every browser and for good: no cookie and no link of before works again. Tokens stop.

    Raises ValidationError for the last active admin.
    """
    with _holding(actor) as organisation:
        member = User.objects.get(pk=member_id, organisation=organisation, can_sign_in=True)
        _keep_an_admin(member)
        member.is_active = False
        member.cookie_version += 1
        member.save(update_fields=["is_active", "cookie_version"])
        return member


def rename(actor: User, member_id: int, username: str) -> User:
    """Raises User.DoesNotExist for one without an e-mail, who is known by the username alone."""
    with _holding(actor) as organisation:
        member = User.objects.get(pk=member_id, organisation=organisation, email__isnull=False)
        member.username = username
        member.save(update_fields=["username"])
        return member


def reactivate(actor: User, member_id: int, *, with_tokens: bool) -> User:
    """The person may sign in again. Unless `with_tokens`, tokens that would work again are revoked."""
    with _holding(actor) as organisation:
        member = User.objects.get(pk=member_id, organisation=organisation, can_sign_in=True)
        if not with_tokens:
            revoke_all(member)
        member.is_active = True
        member.save(update_fields=["is_active"])
        return member


@contextmanager
def _holding(actor: User) -> Iterator[Organisation]:
    """One change at a time in the actor's organisation, by someone who is an admin at that time."""
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update().get(pk=actor.organisation_id)
        if not User.objects.filter(pk=actor.pk, role=Role.ADMIN, is_active=True, can_sign_in=True).exists():
            raise PermissionDenied("You are no longer an admin.")
        yield organisation


def _keep_an_admin(member: User) -> None:
    if not active_admins(member.organisation).exclude(pk=member.pk).exists():
        raise ValidationError(
            f"{member} is the last active admin of {member.organisation}. Make someone else an admin first.",
            code="last_admin",
        )


def _already(member: User) -> str:
    if not member.is_active:
        return "This member is deactivated. Reactivate them instead."
    return "This e-mail is a member already."

"""Making, finding and using tokens, without HTTP."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connections
from pytest_django import DjangoAssertNumQueries

from sessions.accounts.tokens import TOUCH_EVERY, TokenRefused, find_token, make_token, revoke, touch
from sessions.contract.choices import Role, Scope
from sessions.models import ApiToken, User

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


def test_a_secret_is_for_scanners_to_find_and_nobody_to_guess(dave: User) -> None:
    secrets = {make_token(dave, "ci", [Scope.READ])[1] for _ in range(20)}
    assert len(secrets) == 20
    for secret in secrets:
        assert secret.startswith("sh_")
        assert len(secret) == 3 + 43  # 32 bytes in Base64


def test_only_its_hash_and_its_beginning_are_stored(dave: User) -> None:
    _, secret = make_token(dave, "ci", [Scope.READ])
    stored = ApiToken.objects.get()
    assert stored.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert secret.startswith(stored.prefix)
    assert len(stored.prefix) == 12


def test_scopes_are_those_there_are(dave: User) -> None:
    assert make_token(dave, "ci", ["write", "read", "read"])[0].scopes == ["read", "write"]
    with pytest.raises(ValueError, match="admin"):
        make_token(dave, "ci", ["admin"])


def test_a_user_makes_none(uma: User) -> None:
    with pytest.raises(PermissionDenied):
        make_token(uma, "ci", [Scope.READ])


def test_it_is_found_with_its_creator_in_one_query(
    dave: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    token, secret = make_token(dave, "ci", [Scope.READ])
    with django_assert_num_queries(1):
        found = find_token(secret, NOON)
        assert (found, found.creator) == (token, dave)
        assert found.creator
        assert found.creator.organisation == dave.organisation


@pytest.mark.parametrize("secret", ["", "sh_", "x", "sh_ü", "sh_\ud800", "sh_" + "x" * 10**6, "sh_\0", "SH_"])
def test_what_is_no_secret_is_unknown_and_not_looked_up(
    db: None, secret: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with pytest.raises(TokenRefused, match="unknown"):
        find_token(secret, NOON)
    if not secret.isascii() or len(secret) > 200:
        with django_assert_num_queries(0), pytest.raises(TokenRefused):
            find_token(secret, NOON)


def test_it_expires_at_the_moment_and_not_before(dave: User) -> None:
    _, secret = make_token(dave, "ci", [Scope.READ], NOON)
    find_token(secret, NOON - timedelta(microseconds=1))
    with pytest.raises(TokenRefused, match="expired"):
        find_token(secret, NOON)


def test_revoked_comes_before_expired(dave: User) -> None:
    token, secret = make_token(dave, "ci", [Scope.READ], NOON)
    revoke(dave, token.pk)
    with pytest.raises(TokenRefused, match="revoked"):
        find_token(secret, NOON)


def test_a_member_who_is_back_has_the_tokens_back_and_a_role_changes_no_secret(dave: User) -> None:
    _, secret = make_token(dave, "ci", [Scope.READ])
    User.objects.update(is_active=False)
    with pytest.raises(TokenRefused, match="revoked"):
        find_token(secret, NOON)
    User.objects.update(is_active=True, role=Role.USER)
    find_token(secret, NOON)


def used(secret: str, at: datetime) -> datetime | None:
    touch(find_token(secret, at), at)
    return ApiToken.objects.get().last_used_at


def test_the_last_use_is_recorded_at_most_once_in_five_minutes(
    dave: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _, secret = make_token(dave, "ci", [Scope.READ])
    assert used(secret, NOON) == NOON
    token = find_token(secret, NOON)
    with django_assert_num_queries(0):
        touch(token, NOON + TOUCH_EVERY - timedelta(seconds=1))
    assert used(secret, NOON + TOUCH_EVERY) == NOON + TOUCH_EVERY


def test_one_that_saw_the_token_earlier_does_not_turn_the_time_back(dave: User) -> None:
    _, secret = make_token(dave, "ci", [Scope.READ])
    slow = find_token(secret, NOON)
    assert used(secret, NOON + TOUCH_EVERY) == NOON + TOUCH_EVERY
    touch(slow, NOON)
    assert ApiToken.objects.get().last_used_at == NOON + TOUCH_EVERY


@pytest.mark.django_db(transaction=True)
def test_of_twenty_uses_at_once_one_is_recorded(dave: User) -> None:
    _, secret = make_token(dave, "ci", [Scope.READ])
    barrier = Barrier(20)

    def use(number: int) -> datetime:
        at = NOON + timedelta(seconds=number)
        token = find_token(secret, at)
        connections.close_all()  # the pool has fewer connections than there are threads
        barrier.wait(timeout=60)
        touch(token, at)
        connections.close_all()
        return at

    with ThreadPoolExecutor(20) as pool:
        times = set(pool.map(use, range(20)))
    recorded = ApiToken.objects.get().last_used_at
    assert recorded in times
    touch(ApiToken.objects.get(), NOON + timedelta(minutes=4))
    assert ApiToken.objects.get().last_used_at == recorded

import pytest
from django.test import Client

from sessions.contract.choices import Role
from sessions.models import Organisation, User
from tests.conftest import member


@pytest.fixture
def adam(acme: Organisation) -> User:
    """The second admin of acme."""
    return member(acme, "adam", Role.ADMIN)


@pytest.fixture
def visitor() -> Client:
    return Client()

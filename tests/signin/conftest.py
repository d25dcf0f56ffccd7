import pytest
from django.test import Client

from tests.conftest import PASSWORD


@pytest.fixture
def password() -> str:
    """Everyone's."""
    return PASSWORD


@pytest.fixture
def visitor() -> Client:
    return Client()

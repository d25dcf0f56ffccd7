"""Programs with tokens of the cast."""

import pytest

from sessions.models import User
from tests.api_writing.program import Program


@pytest.fixture
def daves(dave: User) -> Program:
    """Sends as a developer of acme."""
    return Program(dave)


@pytest.fixture
def alices(alice: User) -> Program:
    """Sends as an admin of acme."""
    return Program(alice, "release")


@pytest.fixture
def ginas(globex_admin: User) -> Program:
    """Sends as an admin of globex."""
    return Program(globex_admin)

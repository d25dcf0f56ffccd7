import pytest

from tests.query.readers import READERS, Reader


@pytest.fixture(params=READERS, ids=lambda reader: reader.name)
def reader(request: pytest.FixtureRequest) -> Reader:
    """Each of page, CSV and JSON in turn: what a parameter means, it means everywhere."""
    chosen: Reader = request.param
    return chosen

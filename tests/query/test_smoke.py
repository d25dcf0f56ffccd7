from django.http import QueryDict

from sessions.models import Organisation, User
from sessions.query import SessionQuery
from tests.conftest import Send


def test_an_admin_sees_what_was_sent(acme: Organisation, alice: User, send: Send) -> None:
    ident = send(acme, user="uma@acme.example")
    assert [record.id for record in SessionQuery(alice, QueryDict()).page().records] == [ident]

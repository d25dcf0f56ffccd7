"""Names become rows of the small tables once, however often and however many at a time they arrive."""

import json
import threading
import unicodedata
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from sessions.contract.schema import SessionLine
from sessions.ingest.reading.parse import parse
from sessions.ingest.writing.catalogue import Catalogue
from sessions.models import ApiToken, App, Device, OperatingSystem, Organisation, Session, User
from tests.ingest.lines import a_line, send_lines, stored


def by(**initiator: Any) -> dict[str, Any]:
    return a_line(initiator=initiator)


def test_an_apps_latest_name_and_group_win_and_silence_changes_nothing(acme: Organisation) -> None:
    for names in ({"name": "Old", "group": "G"}, {"name": "New"}, {}):
        send_lines(acme, a_line(app={"app_id": "a", **names}))

    assert App.objects.values_list("app_id", "name", "group").get() == ("a", "New", "G")


def test_an_import_that_changes_no_name_writes_no_name(acme: Organisation) -> None:
    line = a_line(app={"app_id": "a", "name": "A", "group": "G"}, device={"model": "M"}, os={"name": "iOS"})
    send_lines(acme, line)
    before = versions()

    send_lines(acme, line)

    assert versions() == before


def versions() -> list[Any]:
    """Which transaction wrote each row of the small tables."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT 'app', id, ctid::text FROM history_app UNION ALL SELECT 'device', id, ctid::text FROM history_device
            UNION ALL SELECT 'os', id, ctid::text FROM history_operatingsystem
            UNION ALL SELECT 'user', id, ctid::text FROM history_user ORDER BY 1, 2
        """)
        return list(cursor.fetchall())


def test_a_device_is_its_maker_model_and_type(acme: Organisation) -> None:
    for device in ({"model": "M"}, {"model": "M", "type": "phone"}, {"model": "M", "manufacturer": None}, {}):
        send_lines(acme, a_line(device=device, os={"name": "iOS"}))
    send_lines(acme, a_line(os={"version": "9"}))

    assert Device.objects.count() == 2
    assert OperatingSystem.objects.count() == 2
    assert stored(acme).device_id is None


def test_a_person_who_is_no_member_becomes_one_who_cannot_sign_in(acme: Organisation) -> None:
    send_lines(acme, by(type="user", email="New@Acme.example", username="newcomer"))

    user = User.objects.get()
    assert (user.email, user.username, user.role) == ("New@Acme.example", "newcomer", "user")
    assert (user.can_sign_in, user.is_active, user.has_usable_password()) == (False, True, False)


def test_a_member_is_known_by_e_mail_whatever_its_case(acme: Organisation, dave: User) -> None:
    send_lines(acme, by(type="user", email="DAVE@acme.EXAMPLE", username="someone else"))

    assert stored(acme).user == dave
    dave.refresh_from_db()
    assert dave.username == "dave"


def test_one_batch_may_spell_an_address_in_two_ways(acme: Organisation) -> None:
    for _ in range(2):
        send_lines(
            acme,
            a_line(external_id="a", initiator={"type": "user", "email": "x@acme.example"}),
            a_line(external_id="b", initiator={"type": "user", "email": "X@acme.example", "username": "xavier"}),
        )

    assert User.objects.values_list("username", flat=True).get() == "xavier"


def test_a_persons_latest_username_wins_and_silence_changes_nothing(acme: Organisation) -> None:
    catalogue = Catalogue(acme.pk)
    for username in (None, "first", "second", None):
        send_lines(acme, by(type="user", email="x@acme.example", username=username), catalogue=catalogue)

    assert User.objects.values_list("username", flat=True).get() == "second"


def test_the_latest_of_a_batch_wins_however_the_address_is_spelled(acme: Organisation) -> None:
    sent = (("x@acme.example", "a"), ("X@acme.example", "b"), ("x@acme.example", "c"), ("X@acme.example", None))
    lines = [
        a_line(external_id=str(number), initiator={"type": "user", "email": email, "username": username})
        for number, (email, username) in enumerate(sent)
    ]
    for _ in range(2):
        send_lines(acme, *lines)
        assert User.objects.values_list("username", flat=True).get() == "c"


def test_a_member_who_can_sign_in_takes_a_username_only_if_there_is_none(acme: Organisation, dave: User) -> None:
    User.objects.update(username="")
    for username in ("first", "second"):
        send_lines(acme, by(type="user", email=dave.email, username=username))

    assert User.objects.values_list("username", flat=True).get() == "first"


def test_an_import_that_goes_on_says_names_again_that_others_have_changed(acme: Organisation) -> None:
    catalogue = Catalogue(acme.pk)
    said = {"app": {"app_id": "a", "name": "A"}, "initiator": {"type": "user", "email": "x@a.example", "username": "x"}}
    changed = {"app": {"app_id": "a", "name": "B"}, "initiator": said["initiator"] | {"username": "y"}}
    send_lines(acme, a_line(**said), catalogue=catalogue)
    send_lines(acme, a_line(**changed))

    send_lines(acme, a_line(**said), catalogue=catalogue)

    assert (App.objects.get().name, User.objects.get().username) == ("A", "x")


def test_an_import_that_goes_on_finds_whom_an_address_and_a_label_mean_now(acme: Organisation, dave: User) -> None:
    catalogue = Catalogue(acme.pk)
    lines = by(type="user", email="x@acme.example"), a_line(external_id="t", initiator={"type": "token", "label": "ci"})
    send_lines(acme, *lines, catalogue=catalogue)
    User.objects.filter(email="x@acme.example").update(email="y@acme.example")
    token = ApiToken.objects.create(organisation=acme, creator=dave, label="ci", digest="1")

    send_lines(acme, *lines, catalogue=catalogue)

    assert stored(acme).user.email == "x@acme.example"
    assert stored(acme, "t").token == token


def test_without_an_address_a_person_is_the_username(acme: Organisation, dave: User) -> None:
    for _ in range(2):
        send_lines(acme, by(type="user", username="dave"))

    assert stored(acme).user != dave
    assert stored(acme).user.email is None
    assert User.objects.count() == 2


def test_people_of_another_organisation_stay_theirs(acme: Organisation, globex: Organisation, dave: User) -> None:
    send_lines(globex, by(type="user", email=dave.email), a_line(external_id="b", app={"app_id": "a"}))
    send_lines(acme, a_line(app={"app_id": "a"}))

    assert stored(globex).user != dave
    assert App.objects.count() == 2


def test_a_token_is_the_newest_of_its_label(acme: Organisation, dave: User) -> None:
    tokens = [
        ApiToken.objects.create(organisation=acme, creator=dave, label="ci", digest=str(number)) for number in range(2)
    ]

    send_lines(acme, by(type="token", label="ci"))

    assert stored(acme).token == tokens[1]


def test_a_label_nobody_has_a_token_for_becomes_a_record(acme: Organisation) -> None:
    for _ in range(2):
        send_lines(acme, by(type="token", label="ci"))

    token = ApiToken.objects.get()
    assert (token.label, token.digest, token.creator, token.scopes) == ("ci", None, None, [])
    assert stored(acme).token == token


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_make_each_name_once_and_never_deadlock(acme: Organisation) -> None:
    ready = threading.Barrier(3)
    errors: list[BaseException] = []

    def run(order: int) -> None:
        try:
            ready.wait(10)
            for round_ in range(8):
                names = list(range(60))[::order]
                lines = [
                    a_line(
                        external_id=f"{n}",
                        initiator=[
                            {"type": "user", "email": f"p{round_}.{n}@acme.example"},
                            {"type": "user", "username": f"p{round_}.{n}"},
                            {"type": "token", "label": f"t{round_}.{n}"},
                        ][n % 3],
                        app={"app_id": f"a{round_}.{n}", "name": f"by {order}"},
                        device={"model": f"d{round_}.{n}"},
                        os={"name": f"o{round_}.{n}"},
                    )
                    for n in names
                ]
                report = send_lines(acme, *lines)
                assert not report.refused, report.refused
        except BaseException as error:  # noqa: BLE001 it is raised in the test's own thread
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(order,)) for order in (1, -1, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    assert errors == []
    assert Session.objects.count() == 60
    assert App.objects.count() == Device.objects.count() == OperatingSystem.objects.count() == 8 * 60
    assert User.objects.count() == 8 * 40
    assert ApiToken.objects.count() == 8 * 20


def test_a_name_deleted_between_two_batches_is_made_again(acme: Organisation) -> None:
    catalogue = Catalogue(acme.pk)
    line = a_line(app={"app_id": "a"})
    send_lines(acme, line, catalogue=catalogue)
    Session.objects.all().delete()
    App.objects.all().delete()

    report = send_lines(acme, line, catalogue=catalogue)

    assert (report.new, report.refused) == (1, [])
    assert stored(acme).app is not None


def test_a_catalogue_knows_what_it_would_not_ask_for(acme: Organisation) -> None:
    catalogue = Catalogue(acme.pk)
    known = a_line(app={"app_id": "a", "name": "A"}, device={"model": "M"}, os={"name": "iOS"})
    unknown: list[dict[str, Any]] = [
        {"initiator": {"type": "user", "email": "new@acme.example"}},
        {"initiator": {"type": "user", "email": "dave@acme.example", "username": "dave"}},
        {"initiator": {"type": "user", "username": "dave"}},
        {"initiator": {"type": "token", "label": "ci"}},
        {"app": {"app_id": "b"}},
        {"app": {"app_id": "a", "name": "B"}},
        {"app": {"app_id": "a", "group": "G"}},
        {"device": {"model": "M", "type": "phone"}},
        {"os": {"name": "iOS", "version": "18"}},
    ]

    def knows(line: dict[str, Any]) -> bool:
        return catalogue.knows(parse(json.dumps(line).encode(), SessionLine))

    assert not knows(known)
    send_lines(acme, known, catalogue=catalogue)
    assert knows(known)
    for fields in unknown:
        assert not knows(known | fields), fields
    catalogue.forget()
    assert not knows(known)


def test_what_one_transaction_makes_is_known_to_others_once_it_is_learnt(acme: Organisation) -> None:
    shared = Catalogue(acme.pk)
    line = a_line(app={"app_id": "a"}, initiator={"type": "user", "email": "dave@acme.example"})
    read = parse(json.dumps(line).encode(), SessionLine)
    part = shared.about(read)

    send_lines(acme, line, catalogue=part)
    assert not shared.knows(read)

    shared.learn(part)
    part.forget()
    assert shared.knows(read)
    assert shared.about(read).knows(read)
    assert shared.ids(read).user == stored(acme).user_id


@pytest.mark.django_db(transaction=True)
def test_names_stored_before_get_their_one_form_but_for_those_whose_other_form_is_there(acme: Organisation) -> None:
    nfc, nfd = (unicodedata.normalize(form, "Café") for form in ("NFC", "NFD"))
    App.objects.create(organisation=acme, app_id=nfd, name=f" {nfd}")
    for model in (nfc, nfd, "Pad ", "  "):
        Device.objects.create(organisation=acme, model=model)
    User.objects.create(organisation=acme, username=nfd)

    with connection.schema_editor(atomic=False) as editor:
        import_module("sessions.migrations.0014_one_form_of_names").rename(apps, editor)

    assert App.objects.values_list("app_id", "name").get() == (nfc, nfc)
    assert set(Device.objects.values_list("model", flat=True)) == {nfc, nfd, "Pad", "  "}
    assert User.objects.get().username == nfc

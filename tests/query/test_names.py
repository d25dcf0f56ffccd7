"""Names find what is called so: in any case, in both of Unicode's forms, and each filter's value nothing else."""

import itertools
import unicodedata
from collections import Counter
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sessions.contract.choices import Role
from sessions.foreign.formal import list_request
from sessions.models import Device, OperatingSystem, Organisation, User
from sessions.query import find_page, listed_records, parse, read_parameters
from sessions.query.options import filter_options
from sessions.usage.numbers import UsageRequest, usage
from tests.conftest import NOON, Send, member, organisation
from tests.query.readers import Reader

# What Python's lower() and PostgreSQL's make different things of, and what both agree on.
LETTERS = ("İnci", "ΝΙΚΟΣ", "Νίκος", "ÜBERLAND", "Straße", "K (Kelvin)", "Ǆ", "plain", "ＦＵＬＬ")
JUNE = {"start": "2026-06-01", "end": "2026-06-30"}
NFC, NFD = (unicodedata.normalize(form, "Chloé Brün") for form in ("NFC", "NFD"))


def person(username: str | None = None, email: str | None = None) -> dict[str, Any]:
    return {"type": "user", "username": username, "email": email}


def found(viewer: User, **parameters: Any) -> list[Any]:
    return list(find_page(parse(viewer, QueryDict(urlencode(parameters, doseq=True)))).ids)


def in_usage(viewer: User, **parameters: Any) -> Any:
    return usage(UsageRequest(read_parameters(viewer, QueryDict(urlencode(JUNE | parameters)))))


@pytest.mark.parametrize("name", LETTERS)
def test_a_person_is_found_by_the_name_that_pages_show(
    acme: Organisation, alice: User, send: Send, reader: Reader, name: str
) -> None:
    ident = send(acme, initiator=person(name))
    send(acme, initiator=person("somebody else"))

    assert reader.ask(alice, user=name) == [ident]
    assert reader.ask(alice, q=name) == [ident]


@pytest.mark.parametrize("name", LETTERS)
def test_usage_formal_and_other_filters_fold_as_the_list_does(
    acme: Organisation, alice: User, send: Send, name: str
) -> None:
    ident = send(acme, initiator=person(name), os={"name": name, "version": "1"})
    send(acme, initiator=person("somebody else"), os={"name": "another", "version": "1"})

    assert in_usage(alice, user=name).total.sessions == 1
    assert in_usage(alice, os=name).total.sessions == 1
    assert found(alice, os=f"{name} 1") == [ident]
    for field in ("user", "os"):
        assert find_page(list_request(alice, {"query": f'{field}:"{name}"'})).ids == [ident]
    assert filter_options(alice, name).values["user"] == [(name, "")]


@pytest.mark.parametrize("asked", [NFC, NFD, f" {NFC} "])
def test_both_of_unicodes_forms_are_one_name(
    acme: Organisation, alice: User, send: Send, reader: Reader, asked: str
) -> None:
    parts = {
        form: {
            "initiator": person(form),
            "app": {"app_id": form, "name": form},
            "device": {"manufacturer": form, "model": form, "type": "phone"},
            "os": {"name": form, "version": form},
        }
        for form in (NFC, NFD, f"{NFC} ", f"\t{NFD}")
    }
    wanted = {send(acme, **fields) for fields in parts.values()}
    send(acme, user="somebody@else.example")

    people = User.objects.filter(email=None)
    assert (Device.objects.count(), OperatingSystem.objects.count(), people.count()) == (1, 1, 1)
    for parameter in ("q", "user", "app", "device", "os"):
        assert set(reader.ask(alice, **{parameter: asked})) == wanted, parameter
    assert filter_options(alice, asked.strip()).values["device"] == [(NFC, NFC)]


def test_what_identifies_is_kept_as_it_was_sent(acme: Organisation, send: Send, alice: User) -> None:
    ids = [
        send(acme, external_id=form, device={"device_id": form}, client_id=form, initiator=person(form))
        for form in (NFC, NFD, f"{NFC} ")
    ]

    assert len(set(ids)) == 3
    found_records = listed_records(alice, ids)
    assert [record.external_id for record in found_records] == [NFC, NFD, f"{NFC} "]
    assert [record.device.device_id for record in found_records] == [NFC, NFD, f"{NFC} "]
    assert {record.initiator.username for record in found_records} == {NFC}


VERSIONS = {
    "13": "13", "13 (API 33)": "13", "13-beta2": "13", "13.0.1": "13", "130": "130", "10.15.7": "10", "10_15_7": "10",
    "10 Pro": "10", "22H2": "22", "bookworm": "bookworm", "Sonoma.2": "Sonoma",
}  # fmt: skip


def test_every_spelling_of_a_version_belongs_to_its_major_one(
    acme: Organisation, alice: User, send: Send, reader: Reader
) -> None:
    idents = {version: send(acme, os={"name": "Android", "version": version}) for version in VERSIONS}
    send(acme, os={"name": "iOS", "version": "13"})

    for major in set(VERSIONS.values()):
        wanted = {idents[version] for version, its in VERSIONS.items() if its == major}
        assert set(reader.ask(alice, os=f"Android {major}")) == wanted, major
    assert reader.ask(alice, os="Android 13-beta2") == [idents["13-beta2"]]


def test_the_filter_offers_the_majors_that_find_something(
    acme: Organisation, alice: User, send: Send, client_of: Any
) -> None:
    for version in VERSIONS:
        send(acme, os={"name": "Android", "version": version})

    options = filter_options(alice)
    assert options.majors == VERSIONS
    page = client_of(alice).get("/sessions/").content.decode()
    for major in set(VERSIONS.values()):
        assert f'value="Android {major}"' in page


NAMES = ("kim", "Kim", "kim@x.example", "<kim@x.example>", '"kim"', '"', "<>", "ΝΙΚΟΣ")
EMAILS = ("kim@x.example", "Kim.One@x.example", "<kim@x.example>")
PEOPLE = sorted({(None, name) for name in NAMES} | set(itertools.product(EMAILS, (*NAMES, None))), key=str)
PARTS = ("Pad 10", "10", "Anna", "Anna Pad", "<Anna>", '"Pad 10"', '" "', '"')
DEVICES = sorted({(maker, model) for maker in (None, *PARTS) for model in PARTS}, key=str)
number = itertools.count()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=6, unique_by=lambda one: one[0] or one),
    st.lists(st.sampled_from(DEVICES), min_size=1, max_size=6, unique=True),
)
def test_each_value_that_is_offered_finds_one_person_or_device_and_plain_names_find_all(
    db: None, send: Send, people: list[tuple[str | None, str]], devices: list[tuple[str | None, str]]
) -> None:
    here = organisation(f"org-{next(number)}", "UTC")
    admin = member(here, "admin", Role.ADMIN)
    by_person: dict[Any, set[Any]] = {}
    by_device: dict[Any, set[Any]] = {}
    pairs = zip(itertools.cycle(people), itertools.cycle(devices), strict=True)
    for at, (someone, (maker, model)) in enumerate(itertools.islice(pairs, 8)):
        email, username = someone
        ident = send(
            here,
            initiator=person(username, email),
            device={"manufacturer": maker, "model": model, "type": str(at % 2)},
            started_at=NOON,
        )
        by_person.setdefault(someone, set()).add(ident)
        by_device.setdefault((maker, model), set()).add(ident)

    offered = filter_options(admin).values
    counted = in_usage(admin)
    for parameter, groups, top in (("user", by_person, counted.users), ("device", by_device, counted.devices)):
        values = [value for value, _ in offered[parameter]]
        assert sorted(map(sorted, groups.values())) == sorted(sorted(found(admin, **{parameter: v})) for v in values)
        assert {one.value: one.numbers.sessions for one in top} == {
            value: len(found(admin, **{parameter: value})) for value in values
        }
    for (email, username), sessions in by_person.items():
        name = email or username
        if not name.startswith(('"', "<")):
            assert sessions <= set(found(admin, user=name))
    for (_, model), sessions in by_device.items():
        if not model.startswith('"'):
            assert sessions <= set(found(admin, device=model))


def test_what_is_called_by_one_name_alone_has_that_name_as_its_value(
    acme: Organisation, alice: User, send: Send
) -> None:
    send(acme, initiator=person("kim"), device={"manufacturer": "Anna", "model": "Pad 10"})
    assert filter_options(alice).values["user"] == [("kim", "")]
    assert filter_options(alice).values["device"] == [("Pad 10", "Anna")]

    send(acme, initiator=person("KIM", "kim.one@x.example"), device={"manufacturer": "Bela", "model": "Pad 10"})
    send(acme, initiator=person("Kim"))

    assert filter_options(alice).values["user"] == [("kim.one@x.example", "KIM"), ('"Kim"', ""), ('"kim"', "")]
    assert filter_options(alice).values["device"] == [("Anna Pad 10", ""), ("Bela Pad 10", "")]
    assert len(found(alice, user="kim")) == 3
    assert len(found(alice, device="Pad 10")) == 2
    assert Counter(len(found(alice, user=value)) for value, _ in filter_options(alice).values["user"]) == {1: 3}


def test_the_sessions_around_one_are_those_of_the_same_person_and_device(
    acme: Organisation, alice: User, send: Send, client_of: Any
) -> None:
    ident = send(acme, initiator=person("kim"), device={"manufacturer": "Anna", "model": "Pad 10"})
    other = send(acme, initiator=person("Kim"), device={"manufacturer": "Bela", "model": "Pad 10"})

    page = client_of(alice).get(f"/sessions/{ident}/", {"tab": "facts"}).content.decode()
    related = page.partition('class="related"')[2]
    assert "This session" in related
    assert str(other) not in related
    assert "?user=%22kim%22" in page
    assert "?device=Anna+Pad+10" in page

"""People from a panel that signs its links with a shared secret."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from annotators.sources.addresses import is_allowed
from annotators.sources.generic import GenericPart, canonical, sign
from annotators.sources.interface import Arrival, NotAccepted
from tests.annotators.sources.signing import NOW, desk

SECRET = b"a secret of a panel and this site"


def generic(**changes):
    return GenericPart.model_validate({"kind": "generic", "signature": {}, **changes})


def signed(secret=SECRET, panel="carers", **query):
    query = {"participant": "ada-17", "time": str(NOW), **query}
    return {**query, "signature": sign(query, panel=panel, secret=secret)}


def arrive(query, part=None, **kwargs):
    return (part or generic()).arrival(query, desk=desk(secret=SECRET, **kwargs))


def reason(query, part=None, **kwargs):
    with pytest.raises(NotAccepted) as caught:
        arrive(query, part, **kwargs)
    return caught.value.reason


def test_a_signed_link_says_who_comes_and_can_be_used_once():
    arrival = arrive(signed(session="s1", study="x"))
    assert (arrival.participant, arrival.study, arrival.session, arrival.verified) == ("ada-17", "x", "s1", True)
    assert arrival.once == arrive(signed(session="s1", study="x")).once != arrive(signed(session="s2")).once
    assert arrival.until == NOW + 300


def test_what_is_signed_is_what_the_documents_say():
    query = {"time": "5", "participant": "a/b c", "ü": "x&y=z", "signature": "…"}
    wanted = b"carers\nparticipant=a%2Fb%20c&time=5&%C3%BC=x%26y%3Dz"
    assert canonical(query, panel="carers", leave_out="signature") == b"carers\n" + b"&".join(
        sorted(wanted.split(b"\n")[1].split(b"&"))
    )


def test_a_signature_in_capital_letters_is_the_same():
    query = signed()
    assert arrive({**query, "signature": query["signature"].upper()}).verified


@pytest.mark.parametrize(
    "changes",
    [
        {"participant": "eve"},
        {"session": "added"},
        {"time": str(NOW + 1)},
        {"signature": "0" * 64},
        {"signature": "ü"},
        {"participant": "ada-17&time=1"[:6] + "17"},
    ],
)
def test_a_link_that_was_changed_is_forged(changes):
    query = {**signed(), **changes}
    if query != signed():
        assert reason(query) == "forged"


def test_a_link_signed_for_another_panel_or_with_another_secret_is_forged():
    assert reason(signed(panel="others")) == "forged"
    assert reason(signed(secret=b"another secret of nobody in here")) == "forged"


@pytest.mark.parametrize(("made_at", "is_good"), [(-301, False), (-300, True), (60, True), (61, False)])
def test_a_link_is_good_for_a_while_only(made_at, is_good):
    query = signed(time=str(NOW + made_at))
    assert arrive(query).verified if is_good else reason(query) == "too-old"


@pytest.mark.parametrize("time", ["", "soon", "-5", "1e9", "٥", "9" * 13, "1.5"])
def test_a_link_without_a_time_is_refused(time):
    assert reason(signed(time=time)) == "forged"


def test_a_link_without_a_signature_is_taken_for_what_it_is():
    assert arrive({"participant": "ada-17"}) == Arrival(participant="ada-17", verified=False)


def test_parameters_can_have_other_names():
    part = generic(parameters={"participant": "rid", "study": "pid"}, signature={"parameter": "hash", "time": "ts"})
    query = {"rid": "ada", "pid": "p", "ts": str(NOW)}
    assert arrive({**query, "hash": sign(query, panel="carers", secret=SECRET, leave_out="hash")}, part).verified


HOSTS = ["panel.example", "panel.example:8443"]
ELSEWHERE = [
    "http://panel.example/",
    "https://panel.example.evil.example/",
    "https://evil.example/panel.example",
    "https://panel.example@evil.example/",
    "https://ada:x@panel.example/",
    "https://panel.example:444/",
    "https:panel.example",
    "//panel.example/",
    "/panel.example",
    "https://evil.example\\@panel.example/",
    "https://panel.example\\.evil.example/",
    "https:\\\\panel.example/",
    "javascript:alert(1)//https://panel.example/",
    "data:text/html,x",
    "https://panel.example/\nLocation: x",
    "https://panel.example/ x",
    'https://panel.example/"onclick=',
    "https://pánel.example/",
    "https://[panel.example/",
    "https://panel.example/" + "x" * 1000,
    "",
]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_nobody_is_sent_elsewhere(address):
    assert not is_allowed(address, HOSTS)


@pytest.mark.parametrize(
    "address", ["https://panel.example/", "https://PANEL.example/a?b=c#d", "https://panel.example:8443"]
)
def test_people_are_sent_to_hosts_that_are_allowed(address):
    assert is_allowed(address, HOSTS)


@given(text=st.text(max_size=60))
def test_whatever_stands_around_a_host_it_is_that_host_or_none(text):
    for address in (f"https://{text}panel.example/", f"https://panel.example{text}", f"{text}https://panel.example/"):
        if is_allowed(address, ["panel.example"]):
            assert urlsplit(address).hostname == "panel.example"
            assert address[21:22] in set("/?#") | {""}


def test_a_link_can_say_where_the_person_goes_back_to():
    part = generic(parameters={"return_to": "back"}, return_hosts=["panel.example"])
    arrival = arrive(signed(back="https://panel.example/end?id=7"), part)
    back = part.way_back("screened_out", code="S1", arrival=arrival)
    assert back == "https://panel.example/end?id=7&outcome=screened_out&code=S1"


def test_a_link_that_leads_back_elsewhere_is_refused():
    part = generic(parameters={"return_to": "back"}, return_hosts=["panel.example"])
    for address in filter(None, ELSEWHERE):
        assert reason(signed(back=address), part) == "return-host"


def test_a_host_that_is_allowed_no_more_gets_nobody():
    arrival = Arrival(participant="ada", return_url="https://panel.example/")
    assert generic().way_back("completed", code="C", arrival=arrival) == ""


def test_addresses_of_the_file_are_filled_in_whatever_the_ids_hold():
    part = generic(
        return_hosts=["panel.example"],
        returns={"completed": "https://panel.example/done/{participant}?s={session}&c={code}"},
    )
    arrival = Arrival(participant="a/../b", session="{code}&x=1")
    assert part.way_back("completed", code="C 1", arrival=arrival) == (
        "https://panel.example/done/a%2F..%2Fb?s=%7Bcode%7D%26x%3D1&c=C%201"
    )
    assert part.way_back("attention", code="A", arrival=arrival) == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"returns": {"completed": "https://evil.example/"}, "return_hosts": ["panel.example"]}, "not https"),
        ({"returns": {"completed": "https://{participant}/"}, "return_hosts": ["panel.example"]}, "not https"),
        ({"returns": {"completed": "https://panel.example/{name}"}, "return_hosts": ["panel.example"]}, "in braces"),
        ({"signature": None, "refuse_unverified": True}, "not signed"),
        ({"parameters": {"study": "participant"}}, "one name for two"),
        ({"parameters": {"study": "time"}}, "one name for two"),
        ({"signature": {"variable": "SECRET_KEY"}}, "pattern"),
        ({"signature": {"variable": "PANEL_SECRET_X; rm"}}, "pattern"),
    ],
)
def test_a_part_that_cannot_work_is_refused(changes, said):
    with pytest.raises(ValidationError, match=said):
        generic(**changes)

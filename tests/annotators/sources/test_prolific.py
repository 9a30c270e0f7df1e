"""People from Prolific: what its token proves, and what proves nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from annotators.sources.interface import Arrival, NotAccepted
from tests.annotators.sources import signing
from tests.annotators.sources.signing import KEY, NOW, OTHER, PID, SESSION, SITE, STUDY, desk, prolific, token

IDS = {"PROLIFIC_PID": PID, "STUDY_ID": STUDY, "SESSION_ID": SESSION}


def arrive(query, part=None, **kwargs):
    return (part or prolific()).arrival(query, desk=desk(KEY, **kwargs))


def reason(query, part=None, **kwargs):
    with pytest.raises(NotAccepted) as caught:
        arrive(query, part, **kwargs)
    return caught.value.reason


def test_a_signed_token_says_who_comes():
    expected = Arrival(participant=PID, study=STUDY, session=SESSION, verified=True)
    assert arrive({"prolific_token": token()}) == expected
    assert arrive({**IDS, "prolific_token": token()}) == expected


def test_bare_ids_are_taken_for_what_they_are():
    assert arrive(IDS) == Arrival(participant=PID, study=STUDY, session=SESSION, verified=False)


@pytest.mark.parametrize(
    "audience", [SITE, f"{SITE}/", "study.example.org", [SITE, "https://else.example"], f"{SITE}/join/x/"]
)
def test_the_site_may_be_named_by_its_host_or_an_address_in_it(audience):
    assert arrive({"prolific_token": token(aud=audience)}).verified


FORGED = {
    "no signature": signing.unsigned(),
    "signed with what is public": signing.signed_with_what_is_public(),
    "signed by somebody else under the same name of a key": token(OTHER),
    "a key that is published nowhere": token(signing.RSAKey.generate_key(2048, {"kid": "second"})),
    "another site": token(aud="https://else.example"),
    "a site whose name begins alike": token(aud=f"{SITE}.else.example"),
    "a user name that looks like the site": token(aud=f"{SITE}@else.example"),
    "another port": token(aud=f"{SITE}:8443"),
    "no site": token(aud=None),
    "another scheme": token(aud="http://study.example.org"),
    "a signature that was cut": f"{token()[:-8]}AAAAAAAA",
    "no expiry": token(exp=signing.ABSENT),
    "an empty expiry": token(exp=None),
    "nobody it is for": token(aud=signing.ABSENT),
    "another algorithm": token(algorithm="PS256"),
    "a longer hash": token(algorithm="RS512"),
    "an expiry in words": token(exp="tomorrow"),
    "from the future": token(iat=NOW + 3600),
    "not valid yet": token(nbf=NOW + 3600),
    "not a token": "a.b.c",
    "two parts": "a.b",
    "an encrypted one": "a.b.c.d.e",
    "too long a one": "a" * 7000,
    "a list for a header": "W10.e30.c2ln",
    "not in ASCII": "ä.ö.ü",
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_a_forged_token_lets_nobody_in(forged):
    assert reason({**IDS, "prolific_token": forged}) == "forged"


@given(text=st.text(max_size=200))
def test_no_text_for_a_token_is_more_than_refused(text):
    query = {**IDS, "prolific_token": text}
    if text:
        assert reason(query) == "forged"


def test_a_token_is_refused_when_its_time_is_over():
    assert arrive({"prolific_token": token(exp=NOW - 20)}).verified
    assert reason({"prolific_token": token(exp=NOW - 31)}) == "too-old"


@pytest.mark.parametrize("name", IDS)
def test_a_link_that_says_something_else_than_its_token_is_forged(name):
    assert reason({**IDS, name: "somebody-else", "prolific_token": token()}) == "forged"


def test_a_token_without_an_id_says_nobody():
    assert reason({"prolific_token": token(prolific={"PROLIFIC_PID": None})}) == "no-id"
    assert reason({"prolific_token": token(prolific={"PROLIFIC_PID": ["x"]})}) == "no-id"


@pytest.mark.parametrize(
    "stated",
    [
        "",
        "{{%PROLIFIC_PID%}}",
        "<script>alert(1)</script>",
        "=1+1",
        "@SUM(A1)",
        "-1",
        "a b",
        "a\nb",
        "a\0b",
        "é",
        "x" * 129,
        "ada@example.org",
        "../../etc/passwd",
        "'; drop table",
        "\u202epid",
    ],
)
def test_what_is_no_id_is_refused(stated):
    assert reason({"PROLIFIC_PID": stated}) == "no-id"
    assert reason({"prolific_token": token(prolific={"PROLIFIC_PID": stated})}) == "no-id"


def test_people_of_other_studies_stay_out_where_studies_are_named():
    part = prolific(studies=["another"])
    assert reason({"prolific_token": token()}, part) == "other-study"
    assert reason(IDS, part) == "other-study"
    assert arrive(IDS, prolific(studies=[STUDY])).study == STUDY


def test_people_of_other_workspaces_stay_out_where_one_is_named():
    assert reason({"prolific_token": token()}, prolific(workspace="w2")) == "other-study"
    assert arrive({"prolific_token": token()}, prolific(workspace="w1")).verified


def test_without_keys_at_hand_an_id_is_unproven_or_waits():
    query = {**IDS, "prolific_token": token()}
    assert not arrive(query, away=True).verified
    assert reason(query, prolific(refuse_unverified=True), away=True) == "keys-away"
    assert reason({"prolific_token": token()}, away=True) == "keys-away"


def test_ids_can_have_other_names():
    part = prolific(parameters={"participant": "pid", "token": "jwt"})
    named = token(prolific={"pid": "another"})
    assert arrive({"jwt": named}, part).participant == "another"


@pytest.mark.parametrize("address", ["http://api.prolific.com/keys", "ftp://x", "keys.json", "http://127.0.0.1.evil/"])
def test_keys_come_over_a_safe_connection(address):
    with pytest.raises(ValidationError, match="must be an https address"):
        prolific(keys_url=address)


def test_codes_lead_back_to_prolific():
    arrival = arrive(IDS)
    back = prolific().way_back("completed", code="C1&cc=EVIL", arrival=arrival)
    assert back == "https://app.prolific.com/submissions/complete?cc=C1%26cc%3DEVIL"
    assert prolific().way_back("completed", code="", arrival=arrival) == ""


def test_a_researcher_is_told_what_to_add_to_the_link():
    assert prolific().link_parameters() == (
        "PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}&SESSION_ID={{%SESSION_ID%}}"
    )

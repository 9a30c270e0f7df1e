"""People whom a panel sends: known by their id there, on any device, and by nothing that somebody made up."""

import logging
from dataclasses import asdict
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotators import arriving, enrolment
from annotators.identities import Identity, UsedLink
from annotators.models import Annotator, Consent, Invitation
from annotators.panel_file import PanelPart
from annotators.sources.generic import sign
from annotators.sources.interface import Arrival
from config.logs import Line
from tests.annotators.key_server import key_server
from tests.annotators.sources import signing
from tests.concurrency import at_once
from tests.factories import AnnotatorFactory, InvitationFactory, PanelFactory

pytestmark = pytest.mark.django_db

PID = "5f0c1a2b3c4d5e6f7a8b9c0d"
JOIN = "/join/let-me-in/"
CONNECT = {"kind": "connect"}
PROLIFIC = {"kind": "prolific"}
GENERIC = {"kind": "generic", "signature": {}}
SECRET = "a secret of this panel and the site"


def panel_of(source, **changes):
    panel = PanelFactory(survey=[])
    part = PanelPart.model_validate({**panel.definition, "source": source, **changes})
    panel.definition = part.model_dump(mode="json")
    panel.save()
    return panel


def invited(source, link="let-me-in", **kwargs):
    return InvitationFactory(panel=panel_of(source), token=link, **kwargs)


def come(client, query, address=JOIN):
    """Open the link as the panel made it, and follow where it leads."""
    return client.get(address, query, follow=True)


def agree(client, address=JOIN):
    text = client.get(address).context["text"]
    return client.post(address, {"text": text.pk, "agree": "on", "adult": "on"})


def join(client, query, address=JOIN):
    assert come(client, query, address).status_code == 200
    return agree(client, address)


def signed(panel, **query):
    query = {"participant": "ada", "time": str(int(timezone.now().timestamp())), **query}
    secret = arriving.shared_secret(panel).encode()
    return {**query, "signature": sign(query, panel=panel.slug, secret=secret)}


def refused(response, reason):
    return response.status_code in {403, 503} and response.context["reason"] == reason


# ---- coming, and coming again ----------------------------------------------------------------------------------------
def test_who_comes_from_a_panel_is_kept_with_their_ids_and_marked_as_unproven(client):
    invited(PROLIFIC)
    join(client, {"PROLIFIC_PID": PID, "STUDY_ID": "s1", "SESSION_ID": "x1"})
    identity = Annotator.objects.get().identity
    assert (identity.source, identity.participant, identity.study, identity.session) == ("prolific", PID, "s1", "x1")
    assert (identity.verified, identity.vouched_at) == (False, None)


def test_what_the_panel_added_is_gone_from_the_address_at_once(client):
    invited(CONNECT)
    response = client.get(JOIN, {"participantId": "p1"})
    assert response.url == JOIN


def test_signing_in_again_from_another_device_finds_the_same_person(client):
    invited(CONNECT)
    join(client, {"participantId": "p1", "assignmentId": "a1"})
    other = Client()
    response = come(other, {"participantId": "p1", "assignmentId": "a2"})
    assert response.redirect_chain[-1][0] == reverse("tasks")
    assert other.session["annotator"] == client.session["annotator"]
    assert Identity.objects.get().session == "a2"


def test_coming_again_leaves_the_return_link_as_it_is(client):
    invited(CONNECT)
    join(client, {"participantId": "p1"})
    token = client.cookies["return_link"].value
    come(Client(), {"participantId": "p1"})
    assert enrolment.find_returning(token=token)


def test_another_link_of_the_panel_finds_the_same_person_too(client):
    first = invited(CONNECT, limit=1)
    InvitationFactory(panel=first.panel, token="another")
    join(client, {"participantId": "p1"})
    other = Client()
    come(other, {"participantId": "p1"}, "/join/another/")
    assert other.session["annotator"] == Annotator.objects.get().pk


def test_the_same_id_at_another_panel_is_another_person(client):
    invited(CONNECT)
    invited(CONNECT, link="another")
    join(client, {"participantId": "p1"})
    join(client, {"participantId": "p1"}, "/join/another/")
    assert Annotator.objects.count() == 2


def test_two_people_at_one_computer_are_two_people(client):
    invited(CONNECT)
    join(client, {"participantId": "p1"})
    client.cookies["attempt"] = "the same"
    join(client, {"participantId": "p2"})
    assert sorted(Identity.objects.values_list("participant", flat=True)) == ["p1", "p2"]
    come(client, {"participantId": "p1"})
    assert Identity.objects.get(annotator=client.session["annotator"]).participant == "p1"


def test_a_double_click_makes_one_person(client):
    invited(CONNECT)
    come(client, {"participantId": "p1"})
    agree(client)
    assert client.post(JOIN, {"text": "1", "agree": "on", "adult": "on"}).status_code == 302
    assert Annotator.objects.count() == 1


def test_who_is_signed_out_is_not_signed_in_again_by_the_bare_link(client):
    invited(CONNECT)
    join(client, {"participantId": "p1"})
    client.post(reverse("leave"))
    assert refused(client.get(JOIN), "no-id")


def test_whoever_was_screened_out_cannot_try_again_with_other_answers(client):
    invited(CONNECT)
    join(client, {"participantId": "p1"})
    Annotator.objects.update(standing=Annotator.Standing.SCREENED_OUT)
    response = come(Client(), {"participantId": "p1"})
    assert response.redirect_chain[-1][0] == reverse("screened_out")


def test_whoever_has_withdrawn_is_told_so(client):
    invited(CONNECT)
    join(client, {"participantId": "p1"})
    enrolment.withdraw(annotator=Annotator.objects.get(), now=timezone.now())
    response = come(Client(), {"participantId": "p1"})
    assert refused(response, "withdrawn")
    assert Annotator.objects.count() == 1


def test_a_link_without_an_id_lets_nobody_in(client):
    invited(CONNECT)
    assert refused(client.get(JOIN), "no-id")
    assert refused(client.get(JOIN, {"utm": "mail"}), "no-id")
    assert refused(client.post(JOIN, {"text": "1", "agree": "on"}), "no-id")


def test_a_name_that_comes_twice_says_nothing(client):
    invited(CONNECT)
    assert refused(client.get(f"{JOIN}?participantId=p1&participantId=p2"), "no-id")


def test_parameters_of_a_link_mean_nothing_to_a_panel_without_a_source(client):
    InvitationFactory(panel=PanelFactory(survey=[]), token="let-me-in")
    assert client.get(JOIN, {"participantId": "p1"}).status_code == 200
    agree(client)
    assert not Identity.objects.exists()


@pytest.mark.parametrize(
    "stated", ["<script>alert(1)</script>", "{{%PROLIFIC_PID%}}", "a\0b", "=cmd()", "ada@example.org"]
)
def test_hostile_text_for_an_id_is_kept_nowhere_and_shown_nowhere(client, stated):
    invited(PROLIFIC)
    response = client.get(JOIN, {"PROLIFIC_PID": stated})
    assert refused(response, "no-id")
    assert stated not in response.text
    assert not Identity.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"limit": 1, "used": 1}, "has been used"), ({"expires_at": timezone.now() - timedelta(days=1)}, "has expired")],
)
def test_links_of_panels_end_as_others_do(client, changes, words):
    invited(CONNECT, **changes)
    assert words in come(client, {"participantId": "p1"}).text


# ---- proof -----------------------------------------------------------------------------------------------------------
@pytest.fixture
def keys(settings):
    settings.SITE_URL = signing.SITE
    with key_server() as server:
        settings.KEY_HOSTS = [server.host]
        server.publish(signing.KEY)
        yield server


def token(**changes):
    now = int(timezone.now().timestamp())
    return signing.token(**{"iat": now - 5, "exp": now + 600, **changes})


def test_a_token_of_prolific_proves_who_comes(client, keys):
    invited({**PROLIFIC, "keys_url": keys.url, "refuse_unverified": True})
    join(client, {"PROLIFIC_PID": PID, "prolific_token": token()})
    identity = Identity.objects.get()
    assert (identity.participant, identity.verified) == (PID, True)
    assert identity.vouched_at == identity.annotator.joined_at


def test_who_is_not_proven_stays_out_where_the_study_says_so(client, keys):
    invited({**PROLIFIC, "keys_url": keys.url, "refuse_unverified": True})
    response = client.get(JOIN, {"PROLIFIC_PID": PID})
    assert refused(response, "unverified")
    assert "has not confirmed" in response.text
    assert keys.asked == 0


@pytest.mark.parametrize("forged", [signing.unsigned(), signing.signed_with_what_is_public(), "nonsense"])
def test_a_forged_token_lets_nobody_in_even_where_bare_ids_do(client, keys, forged):
    invited({**PROLIFIC, "keys_url": keys.url})
    assert refused(client.get(JOIN, {"PROLIFIC_PID": PID, "prolific_token": forged}), "forged")


def test_a_token_can_be_checked_again_later_when_the_keys_are_away(client, keys):
    keys.status = 500
    invited({**PROLIFIC, "keys_url": keys.url, "refuse_unverified": True})
    response = client.get(JOIN, {"PROLIFIC_PID": PID, "prolific_token": token()})
    assert response.status_code == 503
    assert refused(response, "keys-away")


def test_nothing_is_fetched_where_nobody_brings_a_token(client, keys):
    invited({**PROLIFIC, "keys_url": keys.url})
    join(client, {"PROLIFIC_PID": PID})
    assert keys.asked == 0


def test_a_bare_id_does_not_lead_to_somebody_who_has_proven_theirs(client, keys):
    invited({**PROLIFIC, "keys_url": keys.url})
    join(client, {"PROLIFIC_PID": PID, "prolific_token": token()})
    thief = Client()
    assert refused(come(thief, {"PROLIFIC_PID": PID}), "unverified")
    assert "annotator" not in thief.session
    assert Annotator.objects.count() == 1


def test_a_proof_that_comes_later_shuts_bare_ids_out_and_does_not_prove_what_was_before(client, keys):
    invited({**PROLIFIC, "keys_url": keys.url})
    join(client, {"PROLIFIC_PID": PID})
    come(Client(), {"PROLIFIC_PID": PID, "prolific_token": token()})
    identity = Identity.objects.get()
    assert identity.vouched_at is not None
    assert not identity.verified
    assert refused(come(Client(), {"PROLIFIC_PID": PID}), "unverified")


def test_a_single_use_link_leads_to_its_person_by_a_proven_id_alone(client, keys):
    invitation = invited({**PROLIFIC, "keys_url": keys.url}, limit=1)
    join(client, {"PROLIFIC_PID": PID})
    assert refused(come(Client(), {"PROLIFIC_PID": PID}), "unverified")
    proven = Client()
    come(proven, {"prolific_token": token()})
    assert proven.session["annotator"] == invitation.annotators.get().pk


# ---- links that are signed with a secret -----------------------------------------------------------------------------
def test_a_signed_link_lets_a_person_in_and_can_be_reloaded_in_their_browser(client):
    panel = invited({**GENERIC, "refuse_unverified": True}).panel
    query = signed(panel)
    join(client, query)
    assert Identity.objects.get().verified
    assert come(client, query).redirect_chain[-1][0] == reverse("tasks")


def test_a_signed_link_is_good_for_nobody_else(client):
    panel = invited({**GENERIC, "refuse_unverified": True}).panel
    query = signed(panel)
    join(client, query)
    thief = Client()
    assert refused(come(thief, query), "used")
    assert "annotator" not in thief.session


def test_a_link_that_was_signed_anew_leads_to_the_same_person_from_another_device(client):
    panel = invited(GENERIC).panel
    join(client, signed(panel))
    other = Client()
    come(other, signed(panel, session="later"))
    assert other.session["annotator"] == Annotator.objects.get().pk


def test_links_that_were_used_are_forgotten_once_their_time_is_over(client):
    panel = invited(GENERIC).panel
    UsedLink.objects.create(link_hash="0" * 64, until=timezone.now() - timedelta(seconds=1))
    come(client, signed(panel))
    assert UsedLink.objects.count() == 1


def test_a_secret_of_the_panel_s_own_stands_in_the_environment(client, monkeypatch, caplog):
    invitation = invited({**GENERIC, "signature": {"variable": "PANEL_SECRET_ACME"}, "refuse_unverified": True})
    query = {"participant": "ada", "time": str(int(timezone.now().timestamp()))}
    query["signature"] = sign(query, panel=invitation.panel.slug, secret=SECRET.encode())
    assert refused(client.get(JOIN, query), "keys-away")
    assert "PANEL_SECRET_ACME" in caplog.text
    monkeypatch.setenv("PANEL_SECRET_ACME", SECRET)
    join(client, query)
    assert Identity.objects.get().verified


def test_the_secrets_of_two_panels_differ():
    first, second = PanelFactory(), PanelFactory()
    assert arriving.shared_secret(first) != arriving.shared_secret(second)
    assert len(arriving.shared_secret(first)) == 64


# ---- at the same moment ----------------------------------------------------------------------------------------------
def accept(invitation, participant="p1"):
    text = enrolment.current_consent_text(panel=invitation.panel, language="en")
    arrival = Arrival(participant=participant)
    return enrolment.accept(invitation=invitation, text=text, to=[], arrival=arrival, now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_of_one_id_that_comes_twice_at_once_one_person_is_made():
    first = invited(CONNECT)
    second = InvitationFactory(panel=first.panel)
    results = at_once(lambda: accept(first), lambda: accept(second), lambda: accept(first), lambda: accept(second))
    assert sorted(type(result).__name__ for result in results) == ["AlreadyHere"] * 3 + ["tuple"], results
    assert Annotator.objects.count() == Identity.objects.count() == Consent.objects.count() == 1
    # Who was there already has used up nobody's place.
    assert sum(Invitation.objects.values_list("used", flat=True)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_signed_link_that_comes_twice_at_once_is_used_once():
    panel = invited(GENERIC).panel
    query = signed(panel)
    clients = [Client() for _ in range(4)]
    results = at_once(*[lambda each=each: each.get(JOIN, query).status_code for each in clients])
    assert sorted(results) == [302, 403, 403, 403]


# ---- and no trace ----------------------------------------------------------------------------------------------------
def test_ids_are_in_no_log(client, keys, caplog):
    caplog.set_level(logging.DEBUG)
    # What the server says of itself is not ours to keep quiet.
    caplog.set_level(logging.INFO, logger="django.db.backends")
    invited({**PROLIFIC, "keys_url": keys.url})
    join(client, {"PROLIFIC_PID": PID, "prolific_token": token()})
    come(Client(), {"PROLIFIC_PID": PID})
    come(Client(), {"PROLIFIC_PID": PID, "prolific_token": signing.unsigned()})
    with pytest.raises(arriving.AlreadyHere):
        accept(Invitation.objects.get(), PID)
    assert PID not in caplog.text
    assert PID not in repr([Identity.objects.get(), str(Identity.objects.get())])


def test_a_line_of_the_log_about_a_link_holds_neither_its_token_nor_what_was_added():
    said = f'"GET {JOIN}?PROLIFIC_PID={PID} HTTP/1.1" 403, and /return/secret-token/'
    line = Line("%(message)s").format(logging.LogRecord("x", logging.INFO, "", 0, said, None, None))
    assert line == '"GET /join/… HTTP/1.1" 403, and /return/…'


def test_the_database_itself_has_one_person_per_id(django_assert_num_queries):
    annotator = AnnotatorFactory(panel=panel_of(CONNECT))
    arriving.keep(annotator=annotator, arrival=Arrival(participant="p1"), now=timezone.now())
    with pytest.raises(arriving.AlreadyHere):
        arriving.keep(
            annotator=AnnotatorFactory(panel=annotator.panel), arrival=Arrival(participant="p1"), now=timezone.now()
        )
    assert asdict(annotator.identity.arrival)["participant"] == "p1"

"""How people go back to the panel that sent them: finished, screened out, without anything to do, paused."""

import pytest
from django.urls import reverse
from django.utils import timezone

from annotators import arriving
from annotators.judgements import StandingChange
from annotators.models import Annotator
from annotators.panel_file import PanelPart
from annotators.sources.interface import Arrival
from tests.factories import (
    AnnotatorFactory,
    ComparisonFactory,
    PanelFactory,
    StudyFactory,
    TaskFactory,
    TurnFactory,
)
from tests.signed_in import client_of

pytestmark = pytest.mark.django_db

PROLIFIC = "https://app.prolific.com/submissions/complete?cc="
GENERIC = {
    "kind": "generic",
    "return_hosts": ["panel.example"],
    "parameters": {"return_to": "back"},
    "returns": {"completed": "https://panel.example/done/{participant}?c={code}"},
}


def study_of(source, **asks):
    panel = PanelFactory(survey=[])
    changes = {"source": source, "screened_out": {"code": "FULL", "pay": "0.50 GBP"}}
    panel.definition = PanelPart.model_validate({**panel.definition, **changes}).model_dump(mode="json")
    panel.save()
    return StudyFactory(panel=panel, asks={"tasks_per_annotator": 1, **asks})


def person_of(study, **arrival):
    person = AnnotatorFactory(panel=study.panel)
    arriving.keep(annotator=person, arrival=Arrival(participant="p-1", **arrival), now=timezone.now())
    return person


def finished(study, person):
    ComparisonFactory(turn=TurnFactory(task=TaskFactory(study=study, annotator=person, state="completed")))
    return client_of(person).get(reverse("finished"))


def test_who_is_through_goes_back_with_the_code_of_the_study():
    study = study_of({"kind": "prolific"})
    response = finished(study, person_of(study))
    assert f'href="{PROLIFIC}C0FFEE"' in response.text
    assert 'value="C0FFEE"' in response.text


def test_the_panel_s_own_code_stands_in_for_it():
    study = study_of({"kind": "prolific", "codes": {"completed": "DONE1"}})
    response = finished(study, person_of(study))
    assert f'href="{PROLIFIC}DONE1"' in response.text
    assert "C0FFEE" not in response.text


def test_an_address_of_the_file_is_filled_in():
    study = study_of(GENERIC)
    assert 'href="https://panel.example/done/p-1?c=C0FFEE"' in finished(study, person_of(study)).text


def test_an_address_that_the_link_named_comes_first():
    study = study_of(GENERIC)
    response = finished(study, person_of(study, return_url="https://panel.example/b?x=1"))
    assert 'href="https://panel.example/b?x=1&amp;outcome=completed&amp;code=C0FFEE"' in response.text


def test_without_a_source_there_is_a_code_alone():
    study = StudyFactory(panel=PanelFactory(survey=[]), asks={"tasks_per_annotator": 1})
    response = finished(study, AnnotatorFactory(panel=study.panel))
    assert 'value="C0FFEE"' in response.text
    assert "Back to your panel" not in response.text


@pytest.mark.parametrize(("codes", "code"), [({}, "FULL"), ({"screened_out": "OUT1"}, "OUT1")])
def test_who_is_screened_out_goes_back_with_the_code_for_that(codes, code):
    study = study_of({"kind": "prolific", "codes": codes})
    person = person_of(study)
    Annotator.objects.update(standing=Annotator.Standing.SCREENED_OUT)
    text = client_of(person).get(reverse("screened_out")).text
    assert f'href="{PROLIFIC}{code}"' in text
    assert "0.50 GBP" in text


def test_who_finds_nothing_to_do_can_go_back_as_one_without_a_place():
    study = study_of({"kind": "prolific"})
    person = person_of(study)
    client = client_of(person)
    assert "Go back to my panel" in client.get(reverse("finished")).text
    assert client.post(reverse("nothing_to_do")).url == reverse("screened_out")
    person.refresh_from_db()
    assert person.standing == Annotator.Standing.SCREENED_OUT
    assert not person.answers()
    assert f"{PROLIFIC}FULL" in client.get(reverse("screened_out")).text


def test_who_has_worked_is_not_screened_out():
    study = study_of({"kind": "prolific"})
    person = person_of(study)
    finished(study, person)
    assert client_of(person).post(reverse("nothing_to_do")).url == reverse("finished")
    person.refresh_from_db()
    assert person.standing == Annotator.Standing.ACTIVE


def test_who_has_no_panel_to_go_back_to_waits():
    person = AnnotatorFactory(panel=PanelFactory(survey=[]))
    client = client_of(person)
    assert "Go back to my panel" not in client.get(reverse("finished")).text
    assert client.post(reverse("nothing_to_do")).url == reverse("finished")
    person.refresh_from_db()
    assert person.standing == Annotator.Standing.ACTIVE


def paused(study, person, rule):
    numbers = {"missed": 2, "of": 3}
    StandingChange.objects.create(annotator=person, kind="paused", rule=rule, numbers=numbers)
    Annotator.objects.update(standing=Annotator.Standing.PAUSED)
    return client_of(person).get(reverse("standing")).text


def test_who_is_paused_for_missed_attention_checks_gets_the_code_for_that():
    study = study_of({"kind": "prolific", "codes": {"attention": "MISSED"}})
    assert f'href="{PROLIFIC}MISSED"' in paused(study, person_of(study), "attention")


@pytest.mark.parametrize(("codes", "rule"), [({}, "attention"), ({"attention": "MISSED"}, "repeat")])
def test_who_is_paused_for_something_else_or_where_there_is_no_code_waits(codes, rule):
    study = study_of({"kind": "prolific", "codes": codes})
    assert "Back to your panel" not in paused(study, person_of(study), rule)

"""What researchers see and do in their browser."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from collection.models import Item, Report, Study
from tests.factories import (
    CandidateSetFactory,
    ItemFactory,
    StudyFactory,
    TaskFactory,
    TurnFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

EXAMPLE = Path("examples/everyday/study.yaml").read_text(encoding="utf-8")


@pytest.fixture
def researcher(client):
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.fixture
def study(researcher):
    return StudyFactory(researchers=[researcher])


def upload(name, content):
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


PAGES = ["study", "edit_study", "study_file", "study_progress", "study_diversity", "close_study"]
ACTIONS = ["change_state", "upload_prompts", "invite"]


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_of_a_study_open(client, study, name):
    assert client.get(reverse(name, args=[study.slug])).status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_a_study_of_others_does_not_exist(client, researcher, name):
    other = StudyFactory()
    assert client.get(reverse(name, args=[other.slug])).status_code == 404


@pytest.mark.parametrize("name", ACTIONS)
def test_nothing_can_be_done_to_a_study_of_others(client, researcher, name):
    other = StudyFactory()
    assert client.post(reverse(name, args=[other.slug]), {"step": "close"}).status_code == 404
    other.refresh_from_db()
    assert other.state == Study.State.OPEN


@pytest.mark.parametrize("name", [*PAGES, *ACTIONS])
def test_strangers_are_asked_to_sign_in(client, name):
    study = StudyFactory()
    method = client.post if name in ACTIONS else client.get
    response = method(reverse(name, args=[study.slug]))
    assert response.status_code == 302
    assert response.url.startswith(reverse("sign_in"))


def test_the_list_shows_ones_own_studies_only(client, study):
    StudyFactory(title="Not mine")
    page = client.get(reverse("studies")).content.decode()
    assert study.title in page
    assert "Not mine" not in page


def test_an_administrator_works_on_every_study(client):
    client.force_login(UserFactory(is_superuser=True))
    study = StudyFactory()
    assert client.get(reverse("study", args=[study.slug])).status_code == 200


def test_the_list_tells_how_many_places_are_taken(client, study):
    ItemFactory(study=study, wanted=5, taken=2)
    assert "2 of 5 places taken" in client.get(reverse("studies")).text


def test_who_has_no_study_is_led_to_the_example(client, researcher):
    begin = f"{reverse('new_study')}?begin=example"
    assert begin in client.get(reverse("studies")).text
    response = client.post(reverse("new_study"), {"text": client.get(begin).context["form"].initial["text"]})
    assert response.url == reverse("study", args=["everyday"])


def test_a_study_is_made_from_the_text_of_its_file(client, researcher):
    response = client.post(reverse("new_study"), {"text": EXAMPLE})
    assert response.url == reverse("study", args=["everyday"])
    assert list(Study.objects.get(slug="everyday").researchers.all()) == [researcher]


def test_a_study_is_made_from_an_uploaded_file(client, researcher):
    client.post(reverse("new_study"), {"file": upload("study.yaml", EXAMPLE)})
    assert Study.objects.filter(slug="everyday").exists()


@pytest.mark.parametrize("sent", ["text", "file"])
def test_a_refused_file_names_the_line_and_keeps_what_was_sent(client, researcher, sent):
    text = EXAMPLE.replace("overlap: 5", "overlap: five")
    content = text if sent == "text" else upload("study.yaml", text)
    response = client.post(reverse("new_study"), {sent: content})
    assert response.status_code == 422
    page = response.content.decode()
    assert "overlap must be a whole number" in page
    assert "overlap: five" in page
    assert not Study.objects.exists()


def test_a_fault_is_shown_with_its_line_unless_it_stands_nowhere(client, researcher):
    text = (
        EXAMPLE.replace("overlap: 5", "overlap: five")
        .replace("lease_minutes: 120\n", "")
        .replace("contact:", "contakt:")
    )
    response = client.post(reverse("new_study"), {"text": text})
    excerpts = {said.partition(": ")[2].split()[0]: excerpt for said, excerpt in response.context["form"].faults}
    assert excerpts["overlap"] == "overlap: five"
    assert excerpts["contakt"].startswith("contakt: ")
    assert excerpts["contact"] == ""


@pytest.mark.parametrize(("content", "says"), [(b"\xff\xfe\x00", "UTF-8"), (b"", "empty"), (None, "Choose a file")])
def test_what_is_no_file_is_refused_in_a_sentence(client, researcher, content, says):
    data = {"file": upload("study.yaml", content)} if content is not None else {}
    response = client.post(reverse("new_study"), data)
    assert response.status_code == 422
    assert says in response.content.decode()


def test_the_slug_of_somebody_elses_study_is_taken(client, researcher):
    StudyFactory(slug="everyday")
    response = client.post(reverse("new_study"), {"text": EXAMPLE})
    assert response.status_code == 422
    assert "is taken" in response.content.decode()


def test_the_panel_of_somebody_else_is_taken(client, researcher):
    client.post(reverse("new_study"), {"text": EXAMPLE})
    client.force_login(UserFactory())
    response = client.post(reverse("new_study"), {"text": EXAMPLE.replace("slug: everyday\n", "slug: other\n")})
    assert response.status_code == 422
    assert "is taken" in response.content.decode()


def test_a_page_changes_its_own_study_only(client, study):
    response = client.post(reverse("edit_study", args=[study.slug]), {"text": EXAMPLE})
    assert response.status_code == 422
    assert "keeps its slug" in response.content.decode()


def test_the_file_of_a_study_can_be_downloaded_and_sent_again(client, study):
    text = client.get(reverse("study_file", args=[study.slug])).content.decode()
    response = client.post(reverse("edit_study", args=[study.slug]), {"text": text}, follow=True)
    assert "already as the file says" in response.content.decode()


def test_a_study_is_opened_paused_and_closed_by_buttons(client, researcher):
    study = StudyFactory(state=Study.State.DRAFT, researchers=[researcher])
    ItemFactory(study=study)
    for step, state in [("open", "open"), ("pause", "paused"), ("open", "open"), ("close", "closed")]:
        client.post(reverse("change_state", args=[study.slug]), {"step": step})
        study.refresh_from_db()
        assert study.state == state


def test_closing_asks_back_and_says_what_it_means(client, study):
    TaskFactory(study=study)
    page = client.get(reverse("close_study", args=[study.slug])).text
    assert "1 person is in a conversation now" in page
    assert "cannot be opened again" in page
    study.refresh_from_db()
    assert study.state == Study.State.OPEN


def test_a_step_that_is_not_possible_says_why(client, researcher):
    study = StudyFactory(state=Study.State.DRAFT, researchers=[researcher], asks={"prompts": {"own_share": 0}})
    response = client.post(reverse("change_state", args=[study.slug]), {"step": "open"}, follow=True)
    assert "Load prompts first" in response.content.decode()


def test_progress_is_sent_only_if_it_changed(client, study):
    address = reverse("study_progress", args=[study.slug])
    seen = client.get(address).context["seen"]
    assert client.get(address, {"seen": seen}).status_code == 204
    study.state = Study.State.PAUSED
    study.save()
    assert client.get(address, {"seen": seen}).status_code == 200


def test_a_draft_shows_what_to_do_first(client, researcher):
    study = StudyFactory(state=Study.State.DRAFT, researchers=[researcher])
    assert "none yet" in client.get(reverse("study", args=[study.slug])).text
    ItemFactory(study=study)
    assert "1 loaded, 1 with answers that are ready" in client.get(reverse("study", args=[study.slug])).text


def test_prompts_are_uploaded_and_every_line_is_accounted_for(client, study):
    lines = '{"language": "en", "text": "One"}\n{"language": "xx", "text": "Two"}\n'
    response = client.post(reverse("upload_prompts", args=[study.slug]), {"file": upload("p.jsonl", lines)})
    page = response.content.decode()
    assert "not in xx" in page
    assert Item.objects.filter(study=study).count() == 1


@pytest.mark.parametrize(("name", "content"), [("p.exe", b"x"), ("p.parquet", b"x"), ("../../p.jsonl", b"\xff")])
def test_what_is_no_table_is_refused_on_the_page(client, study, name, content):
    response = client.post(reverse("upload_prompts", args=[study.slug]), {"file": upload(name, content)})
    assert response.status_code == 422
    assert not Item.objects.exists()


def test_an_invitation_link_is_shown_once_and_lets_somebody_in(client, study):
    response = client.post(reverse("invite", args=[study.slug]), {"language": "fr", "limit": "1", "label": "mail"})
    link = response.context["link"]
    assert link in response.content.decode()
    client.logout()
    assert client.get(link, follow=True).status_code == 200


def test_the_page_tells_why_sets_failed(client, study):
    broken = CandidateSetFactory(failed=True, failure="model-not-loadable", failure_detail="<b>no such folder</b>")
    ItemFactory(study=study, candidate_set=broken)
    page = client.get(reverse("study", args=[study.slug])).content.decode()
    assert "The model could not be loaded." in page
    assert "&lt;b&gt;no such folder" in page


@pytest.mark.parametrize(("decision", "given_out_again"), [("release", True), ("keep", False)])
def test_a_report_is_decided_on_the_page(client, study, decision, given_out_again):
    item = ItemFactory(study=study)
    turn = TurnFactory(task=TaskFactory(study=study, item=item), candidate_set=item.candidate_set)
    report = Report.objects.create(turn=turn, candidate=turn.candidate_set.candidates.first(), reason="rude")
    Item.objects.update(frozen_at=report.recorded_at)
    assert "rude" in client.get(reverse("study", args=[study.slug])).content.decode()
    client.post(reverse("decide_report", args=[study.slug, report.pk]), {"decision": decision})
    item.refresh_from_db()
    assert (item.frozen_at is None) == given_out_again
    assert not Report.objects.open_in(study).exists()


def test_signing_in_leads_to_the_studies(client):
    user = UserFactory(username="ada")
    user.set_password("a long enough password")
    user.save()
    response = client.post(reverse("sign_in"), {"username": "ada", "password": "a long enough password"})
    assert response.url == reverse("studies")


def test_a_wrong_password_is_told_and_the_name_is_kept(client):
    response = client.post(reverse("sign_in"), {"username": "ada", "password": "wrong"})
    assert 'value="ada"' in response.content.decode()

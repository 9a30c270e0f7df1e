"""Every page in a language that puts ⟦ ⟧ around what is translated: nothing that we wrote stands outside."""

import re
import uuid
from html.parser import HTMLParser

import pytest
from babel import Locale
from django.apps import apps
from django.conf.locale import LANG_INFO
from django.test import Client, RequestFactory
from django.utils import timezone, translation

from annotators import access, recruiting
from annotators.panel_file import QuotaPart
from collection.models import DryRun, Study
from tests.collection.compared_sets import comparison_of
from tests.factories import (
    AnnotatorFactory,
    CandidateSetFactory,
    ComparisonFactory,
    InvitationFactory,
    StudyFactory,
    TaskFactory,
    TurnFactory,
    UserFactory,
)
from tests.sampling.measured_sets import labelled, measured, written

OUR_NAMES = "Counterpoint SHA-256 MANIFEST.json"
SHOWN_ATTRIBUTES = {"title", "alt", "placeholder", "aria-label", "aria-description"}
LEFT_OUT = {"script", "style", "code", "pre", "kbd", "textarea"}


@pytest.fixture
def pseudo_locale(monkeypatch):
    """Every translation is the source, in brackets."""
    monkeypatch.setattr(translation._trans, "gettext", lambda message: f"⟦{message}⟧", raising=False)
    monkeypatch.setattr(translation._trans, "pgettext", lambda context, message: f"⟦{message}⟧", raising=False)
    monkeypatch.setattr(
        translation._trans, "ngettext", lambda one, many, n: f"⟦{one if n == 1 else many}⟧", raising=False
    )
    monkeypatch.setattr(
        translation._trans, "npgettext", lambda context, one, many, n: f"⟦{one if n == 1 else many}⟧", raising=False
    )


class Outside(HTMLParser):
    """Collects the text of a page that is outside brackets, and the links that lead on."""

    def __init__(self, html):
        super().__init__()
        self.texts, self.links = [], set()
        self._depth, self._within = 0, []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag in LEFT_OUT:
            self._within.append(tag)
        for name, value in attrs:
            if name in SHOWN_ATTRIBUTES and value:
                self.texts.append(self._outside(value))
            if tag == "a" and name == "href" and value:
                self.links.add(value.split("#")[0])

    def handle_endtag(self, tag):
        if self._within[-1:] == [tag]:
            self._within.pop()

    def handle_data(self, data):
        outside = self._outside(data)
        if not self._within:
            self.texts.append(outside)

    def _outside(self, text):
        # A message can have another one within it, and elements.
        kept = ""
        for letter in text:
            self._depth += {"⟦": 1, "⟧": -1}.get(letter, 0)
            kept += letter if self._depth == 0 else " "
        return kept


def stored_texts():
    """Return what others wrote: all the text in the database, and the names of languages."""
    found = [OUR_NAMES, *(info["name_local"] for info in LANG_INFO.values() if "name_local" in info)]
    found += Locale("en").languages.values()
    for model in apps.get_models():
        for row in model.objects.values_list():
            found.extend(_leaves(row))
    return " ".join(" ".join(found).split()).lower()


def _leaves(value):
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list | tuple):
        for part in value:
            yield from _leaves(part)
    else:
        yield str(value)


def unwrapped(html, stored):
    """Return the words of a page that nobody translated and nobody stored."""
    pieces = (piece.strip() for text in Outside(html).texts for piece in re.split(r"[·:,\n]|⟧|\d", text))
    return [piece for piece in pieces if re.search(r"[^\W\d_]{2}", piece) and _plain(piece) not in stored]


def _plain(piece):
    return " ".join(piece.strip(" .,;()[]#/–—-").split()).lower()


def walk(client, starts):
    """Give every page that links lead to from these."""
    waiting, seen = list(starts), set()
    while waiting:
        url = waiting.pop()
        if url in seen or not url.startswith("/") or len(seen) > 60:
            continue
        seen.add(url)
        answer = client.get(url, follow=True)
        assert answer.status_code == 200, url
        if answer.headers["Content-Type"].startswith("text/html"):
            html = answer.content.decode()
            yield url, html
            waiting += Outside(html).links


def check(client, starts):
    stored = stored_texts()
    found = {url: words for url, html in walk(client, starts) if (words := unwrapped(html, stored))}
    assert found == {}


def browser_of(annotator):
    client = Client()
    request = RequestFactory().get("/")
    request.session = client.session
    access.sign_in(request, annotator)
    request.session.save()
    client.cookies["sessionid"] = request.session.session_key
    return client


@pytest.mark.usefixtures("pseudo_locale")
class TestPages:
    def test_for_people_who_come_in(self, db):
        InvitationFactory(token="a-token")
        check(Client(), ["/", "/join/a-token/", "/sign-in/"])

    @pytest.mark.parametrize("link", ["/join/unknown/", "/return/unknown/", "/nowhere/"])
    def test_for_people_whose_link_leads_nowhere(self, db, link):
        answer = Client().get(link)
        assert answer.status_code in {404, 410}
        assert unwrapped(answer.content.decode(), stored_texts()) == []

    def test_before_the_first_task(self, db):
        annotator = AnnotatorFactory(panel=StudyFactory().panel, answers={})
        check(browser_of(annotator), ["/survey/", "/your-link/", "/about-you/", "/withdraw/", "/your-choices/"])

    @pytest.mark.parametrize("turns", [0, 1, 2])
    def test_of_a_task(self, db, turns):
        task = TaskFactory()
        for _number in range(turns):
            ComparisonFactory(turn=TurnFactory(task=task))
        if turns < 2:
            TurnFactory(task=task)
        check(browser_of(task.annotator), ["/tasks/", f"/tasks/{task.pk}/"])

    def test_of_a_task_of_ones_own(self, db):
        task = TaskFactory(own=True)
        check(browser_of(task.annotator), [f"/tasks/{task.pk}/"])

    @pytest.mark.parametrize("state", ["requested", "generating", "failed"])
    def test_while_candidates_are_not_there(self, db, state):
        task = TaskFactory(own=True)
        TurnFactory(task=task, candidate_set=CandidateSetFactory(**{state: True}))
        check(browser_of(task.annotator), [f"/tasks/{task.pk}/"])

    def test_when_all_is_done(self, db):
        task = TaskFactory(state="completed", study__asks={"tasks_per_annotator": 1})
        ComparisonFactory(turn=TurnFactory(task=task))
        check(browser_of(task.annotator), ["/tasks/", "/last-questions/", "/finished/", "/withdrawn/", "/stopped/"])

    @pytest.mark.parametrize("state", Study.State.values)
    def test_for_researchers(self, db, state):
        researcher = UserFactory()
        study = StudyFactory(state=state, researchers=[researcher])
        ComparisonFactory(turn=TurnFactory(task=TaskFactory(study=study)))
        client = Client()
        client.force_login(researcher)
        recruiting.load_quotas(panel=study.panel, parts=[QuotaPart(where={"country": "us"}, wanted=0)])
        check(client, ["/studies/", "/new-study/", f"/studies/{study.slug}/", f"/studies/{study.slug}/releases/"])

    @pytest.mark.parametrize("state", DryRun.State.values)
    def test_of_dry_runs(self, db, state):
        researcher = UserFactory()
        study = StudyFactory(researchers=[researcher])
        latency = {"requests": 3, "p50": 1.0, "p95": 2.0, "p99": 3.0}
        quota = {"where": {"country": "us"}, "wanted": 2, "taken": 1, "turned_away": 1}
        overlap = {"language": "en", "stratum": "", "wanted": 2, "taken": 1, "full": 0, "items": 1}
        result = {"errors": 1, "quotas": [quota], "overlap": [overlap], "latencies": {"next": latency, "all": latency}}
        held = {"token": uuid.uuid4(), "lease_until": timezone.now()}
        made = {"result": result, "failure": "silent", **held}
        dry_run = DryRun.objects.create(of=study, people=2, seed=1, state=state, requested_by=researcher, **made)
        client = Client()
        client.force_login(researcher)
        check(client, [f"/studies/{study.slug}/dry-runs/{dry_run.pk}/"])

    def test_of_compared_recipes(self, db):
        researcher = UserFactory()
        study = StudyFactory(researchers=[researcher])
        sets = [labelled(labelled(written(list("aabb"), rejected=["language"])), source="judge") for _ in range(4)]
        for one in sets:
            measured(one, mean_distance=0.5, relevance=0.4)
        comparison = comparison_of({"one": sets[:2], "other": sets[2:]}, study=study)
        client = Client()
        client.force_login(researcher)
        check(client, [f"/studies/{study.slug}/recipes/{comparison.pk}/"])


def test_the_search_finds_what_is_not_translated(pseudo_locale):
    page = '<p title="Close">⟦Welcome, <b>you</b>⟧ friend <i>Ada</i> ⟦%(n)s⟧ · 3</p><script>let x</script>'
    assert unwrapped(page, stored="ada") == ["Close", "friend"]

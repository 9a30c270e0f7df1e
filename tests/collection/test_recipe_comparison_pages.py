"""Comparing recipes in the browser: begun with a form, followed, shown with intervals, downloaded; names are text."""

import csv
import io
import re

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from collection import recipe_comparing
from collection.models import RecipeComparison, Study
from sampling.models import Batch, CandidateSet, Label
from sampling.recipe_document import IMPORTED
from tests.collection.compared_sets import comparison_of
from tests.factories import ItemFactory, PromptFactory, StudyFactory, UserFactory, make_ready
from tests.sampling.measured_sets import labelled, measured, written

NEW = "/studies/everyday/recipes/new/"
HTMX = {"HTTP_HX_REQUEST": "true"}
HOSTILE = '=HYPERLINK("x") </title><script>alert(1)</script> {{ 7 }} & "quotes"'
RECIPE = "method: independent\ngenerator: {name: huggingface, model: examples/demo_model/weights}\n"


@pytest.fixture
def researcher(db, client):
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.fixture
def study(researcher):
    study = StudyFactory(slug="everyday", state=Study.State.DRAFT, researchers=[researcher])
    for language in ("en", "en", "hi"):
        PromptFactory(study=study, language=language)
    return study


def one_set(distance, texts="abcd", **fields):
    one = labelled(written(list(texts), **fields))
    for of in ("shown", "first-try"):
        measured(one, of=of, mean_distance=distance, relevance=0.5)
    return one


@pytest.fixture
def comparison(study):
    """Finished: one recipe says everything in every set, the other, with a hostile name, mostly the same."""
    return comparison_of(
        {
            "diverse": [one_set(0.9) for _ in range(6)],
            HOSTILE: [one_set(0.2, texts, recipe={"method": "independent"}) for texts in ("aaab", "aaba") * 3],
        },
        study=study,
    )


def at(comparison, name="recipe_comparison", **query):
    return reverse(name, args=[comparison.study.slug, comparison.pk], query=query)


def text_of(response):
    html = response.content.decode()
    return " ".join(
        re.sub(r"<(script|style|title)\b.*?</\1>|<[^>]*>", " ", html[html.index("<main") :], flags=re.DOTALL).split()
    )


# ---- begun -----------------------------------------------------------------------------------------------------------
def test_a_form_begins_a_comparison_of_own_uploaded_and_typed_recipes(client, study, researcher):
    form = client.get(NEW).content.decode()
    assert "first turns: negatively-correlated" in form
    file = SimpleUploadedFile("cold.yaml", (RECIPE + "decoding: {temperature: 0.2}\n").encode())
    typed = "hot:\n" + "".join(f"  {line}\n" for line in RECIPE.splitlines())
    sent = {"own": ["first"], "recipe_files": [file], "text": typed, "prompts": 2, "sets_per_prompt": 2, "seed": 5}
    response = client.post(NEW, sent)
    comparison = RecipeComparison.objects.get()
    assert response.headers["Location"] == at(comparison)
    assert list(comparison.recipes.values_list("name", flat=True)) == ["first", "cold", "hot"]
    assert (comparison.seed, comparison.asked_by, comparison.drawn.count()) == (5, researcher, 2)
    assert CandidateSet.objects.count() == 12
    # A second click leads to the same.
    assert client.post(NEW, sent | {"recipe_files": [SimpleUploadedFile("cold.yaml", file.open().read())]}).headers[
        "Location"
    ] == at(comparison)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"own": ["first"]}, "Name at least two recipes, and at most 12."),
        ({"text": "a:\n  method: independant\n"}, "Line 2: a.method must be one of"),
        ({"text": RECIPE}, "Line 1: Give the recipe a name, and indent all of it below that."),
        ({"text": "a: &x {}\nb: *x\n"}, "Line 2: Aliases (*name) are not supported"),
        ({"own": ["first", "later"], "prompts": 0}, "greater than or equal to 1"),
        ({"own": ["first", "later"], "sets_per_prompt": 1}, "greater than or equal to 2"),
    ],
)
def test_what_is_wrong_with_it_is_said_with_the_line(client, study, sent, said):
    response = client.post(NEW, {"prompts": 2, "sets_per_prompt": 2, "seed": 1} | sent)
    assert response.status_code == 422
    assert said in response.content.decode().replace("&#x27;", "'")
    assert not RecipeComparison.objects.exists()


def test_a_faulty_file_is_named(client, study):
    files = [SimpleUploadedFile("good.yaml", RECIPE.encode()), SimpleUploadedFile("<b>.yaml", b"method: independent\n")]
    sent = {"recipe_files": files, "prompts": 2, "sets_per_prompt": 2, "seed": 1}
    html = client.post(NEW, sent).content.decode()
    assert "&lt;b&gt;.yaml: Line 1: every method but imported and models needs a generator" in html
    binary = SimpleUploadedFile("x.yaml", b"\xff\xfe\x00")
    assert (
        "x.yaml: Line 1: The file is not UTF-8 text."
        in client.post(NEW, sent | {"recipe_files": binary}).content.decode()
    )


def test_what_the_rules_refuse_is_said_on_the_page(client, study):
    study.state = Study.State.CLOSED
    study.save()
    response = client.post(NEW, {"own": ["first", "later"], "prompts": 2, "sets_per_prompt": 2, "seed": 1})
    assert response.status_code == 422
    assert "The study is closed: nothing more is written for it." in response.content.decode()


def test_a_study_whose_answers_come_ready_offers_none_of_its_recipes(client, researcher):
    ready = {"first": IMPORTED.canonical(), "later": None}
    StudyFactory(
        slug="everyday", researchers=[researcher], asks={"recipes": ready, "turns": {"minimum": 1, "maximum": 1}}
    )
    assert "Recipes of this study" not in client.get(NEW).content.decode()


def test_the_study_s_page_leads_to_comparisons_and_to_the_form(client, study, comparison):
    ItemFactory(study=study)
    html = client.get("/studies/everyday/").content.decode()
    assert at(comparison) in html
    assert NEW in html
    assert "<script>alert(1)" not in html


# ---- followed --------------------------------------------------------------------------------------------------------
@pytest.fixture
def running(client, study):
    client.post(NEW, {"own": ["first", "later"], "prompts": 3, "sets_per_prompt": 2, "seed": 1})
    return RecipeComparison.objects.get()


def test_while_sets_are_written_it_says_how_far_it_is_and_looks_again(client, running):
    make_ready(CandidateSet.objects.first())
    response = client.get(at(running))
    assert "1 of 12 sets are ready." in text_of(response)
    assert f'hx-get="{at(running, "comparison_part")}' in response.content.decode()
    assert "At a glance" not in text_of(response)


def test_figures_so_far_are_shown_to_who_asks_and_stand_still(client, running):
    make_ready(CandidateSet.objects.first())
    response = client.get(at(running, **{"so-far": "yes"}))
    assert "These are the figures of the sets that are there so far." in text_of(response)
    assert "At a glance" in text_of(response)
    assert at(running, "comparison_part") not in response.content.decode()


def test_looking_again_sends_what_changed_and_at_the_end_the_figures(client, running):
    html = client.get(at(running)).content.decode()
    seen = re.search(r"\?seen=(\w+)&amp;state=writing", html)[1]
    part = at(running, "comparison_part", seen=seen, state="writing")
    assert client.get(part, **HTMX).status_code == 204
    for candidate_set in CandidateSet.objects.all():
        make_ready(candidate_set)
    changed = client.get(part, **HTMX).content.decode()
    assert "At a glance" in changed
    assert "hx-get" not in changed
    assert "all ready" in changed
    assert client.get(part).headers["Location"] == at(running)


def test_it_is_paused_and_goes_on(client, running):
    act = at(running, "act_on_comparison")
    assert client.post(act, {"act": "pause"}).headers["Location"] == at(running)
    assert Batch.objects.get().paused_at is not None
    page = client.get(at(running))
    assert "Go on writing" in text_of(page)
    assert at(running, "comparison_part") not in page.content.decode()
    assert client.post(act, {"act": "resume"}, **HTMX).content.decode().lstrip().startswith('<div id="comparison"')
    assert Batch.objects.get().paused_at is None


def test_only_what_failed_for_no_fault_of_a_recipe_is_asked_for_again(client, running):
    away, unfit = CandidateSet.objects.all()[:2]
    CandidateSet.objects.filter(pk=unfit.pk).update(status="failed", failure="unfit")
    assert "Ask again" not in text_of(client.get(at(running)))
    CandidateSet.objects.filter(pk=away.pk).update(status="failed", failure="endpoint-away")
    assert "1 set: The endpoint could not be reached" in text_of(client.get(at(running)))
    client.post(at(running, "act_on_comparison"), {"act": "ask-again"})
    assert list(CandidateSet.objects.filter(status="failed")) == [unfit]


def test_what_was_not_asked_for_yet_is_asked_for_by_a_button(client, study, running):
    CandidateSet.objects.filter(trial__number=1).update(batch=None)
    running.recipes.first().trials.filter(number=1).delete()
    page = client.get(at(running))
    assert "Go on writing" in text_of(page)
    client.post(at(running, "act_on_comparison"), {"act": "resume"})
    assert recipe_comparing.progress(comparison=running, now=timezone.now()).not_asked == 0


def test_a_closed_study_offers_nothing_to_do(client, study, running):
    study.state = Study.State.CLOSED
    study.save()
    assert "Go on writing" not in text_of(client.get(at(running)))
    refused = client.post(at(running, "act_on_comparison"), {"act": "resume"}, follow=True)
    assert "The study is closed: nothing more is written for it." in text_of(refused)
    assert (
        "The study is closed"
        in client.post(at(running, "act_on_comparison"), {"act": "resume"}, **HTMX).content.decode()
    )


# ---- what it shows ---------------------------------------------------------------------------------------------------
def test_it_shows_every_figure_with_its_interval_and_what_differs_from_the_baseline(client, comparison):
    said = text_of(client.get(at(comparison, baseline=HOSTILE)))
    assert "3 prompts of this study, each opening a conversation." in said
    # At a glance: rho_w, different values, mean distance, relevance, fit at the first try, tokens, seconds, failed.
    assert (
        "diverse negatively correlated −0.33 −0.33 to −0.33 4.00 4.00 to 4.00 0.90 0.90 to 0.90 0.50 0.50 to 0.50 "
        "1.00 1.00 to 1.00 100 100 to 100 2.00 2.00 to 2.00 0 of 6" in said
    )
    # The table of mean distances: first tries, as shown, and both less the baseline.
    assert "diverse 0.90 0.90 to 0.90 0.90 0.90 to 0.90 +0.70 0.70 to 0.70 +0.70 0.70 to 0.70" in said


def test_where_every_set_holds_the_same_twice_it_is_not_called_negatively_correlated(client, study):
    alike = [labelled(written(["a", "a", "b", "b"])) for _ in range(2)] + [
        labelled(written(list("aaaa"))),
        labelled(written(list("bbbb"))),
    ]
    same = comparison_of({"one": alike, "other": alike_of()}, study=study)
    assert "negatively correlated" not in text_of(client.get(at(same))).replace(
        "the recipe is negatively correlated", ""
    )


def alike_of():
    return [labelled(written(list("aabb"))) for _ in range(2)] + [labelled(written(list(text * 4))) for text in "ab"]


def test_it_says_that_n_grams_see_words_and_not_values(client, comparison):
    assert "see no values: “X is wrong” and “X is not wrong” are near each other." in text_of(
        client.get(at(comparison))
    )
    for one in CandidateSet.objects.all():
        measured(one, embedder="m@r", mean_distance=0.5)
    by_model = text_of(client.get(at(comparison, embedder="m@r")))
    assert "These figures compare answers as m@r sees them." in by_model
    assert "“X is wrong”" not in by_model


def test_it_says_how_many_sets_answer_questions_of_fact(client, study):
    sets = [one_set(0.5), one_set(0.5), one_set(0.1, factual=True), one_set(0.1, factual=True)]
    said = text_of(client.get(at(comparison_of({"one": sets, "other": [one_set(0.2) for _ in range(4)]}, study=study))))
    assert "2 sets of each recipe answer questions of fact" in said


def test_a_judge_is_shown_with_how_often_it_is_right(client, comparison):
    for one in CandidateSet.objects.all():
        labelled(one, source="judge@1", b="a")
    said = text_of(client.get(at(comparison)))
    assert "Values of map, labelled by hand" in said
    accuracy = "Of 36 texts labelled by hand this judge decided 36 and was right on 24: 67 %"
    assert f"Values of map, labelled by judge@1 {accuracy}" in said


def test_without_labels_it_says_how_to_get_some(client, comparison):
    Label.objects.all().delete()
    said = text_of(client.get(at(comparison)))
    assert "Nobody has said yet what values these answers speak for" in said
    assert "ρ_w" not in said


def test_plots_are_drawn_without_a_script_and_say_what_they_show(client, comparison):
    html = client.get(at(comparison)).content.decode()
    plots = re.findall(r"<svg class=\"plot\".*?</svg>", html, flags=re.DOTALL)
    assert len(plots) > 10
    for plot in plots:
        title = re.search(r'<title id="(figure-\d+-\d+)-title">([^<]+)</title>', plot)
        assert f'aria-labelledby="{title[1]}-title"' in plot
        assert re.search(r"<desc[^>]*>[^<]*diverse: [^<]+</desc>", plot)
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_hostile_names_are_text(client, comparison):
    html = client.get(at(comparison, baseline=HOSTILE)).content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7 }} &amp; &quot;quotes&quot;" in html


def test_nonsense_in_the_address_shows_the_first_recipe_as_baseline(client, comparison):
    assert client.get(at(comparison, baseline="<b>", embedder="\x00")).status_code == 200


def test_what_each_recipe_says_can_be_read(client, comparison):
    html = client.get(at(comparison)).content.decode()
    assert comparison.recipes.first().recipe.sha256 in html
    assert "method: negatively-correlated" in html


# ---- as CSV ----------------------------------------------------------------------------------------------------------
def test_every_figure_and_every_set_can_be_downloaded(client, comparison):
    figures, sets = (client.get(at(comparison, name)) for name in ("comparison_figures", "comparison_sets"))
    for response, rows in ((figures, 100), (sets, 12)):
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert response.headers["Content-Disposition"].startswith('attachment; filename="everyday-recipes-')
        table = list(csv.DictReader(io.StringIO(response.content.decode())))
        assert len(table) >= rows
        assert {row["recipe"] for row in table} == {"diverse", f"'{HOSTILE}"}


# ---- whose it is -----------------------------------------------------------------------------------------------------
PLACES = ["recipe_comparison", "comparison_part", "comparison_figures", "comparison_sets"]


@pytest.mark.parametrize("name", PLACES)
def test_it_is_there_for_the_researchers_of_the_study_alone(client, comparison, name):
    client.force_login(UserFactory())
    assert client.get(at(comparison, name)).status_code == 404
    client.logout()
    assert client.get(at(comparison, name)).headers["Location"].startswith("/sign-in/")


def test_nobody_else_begins_or_moves_one(client, comparison):
    client.force_login(UserFactory())
    assert client.get(NEW).status_code == client.post(NEW).status_code == 404
    assert client.post(at(comparison, "act_on_comparison"), {"act": "pause"}).status_code == 404
    assert Batch.objects.get(recipe_comparison=comparison).paused_at is None


def test_it_stands_under_its_own_study_alone(client, comparison, researcher):
    other = StudyFactory(slug="other", researchers=[researcher])
    assert client.get(reverse("recipe_comparison", args=[other.slug, comparison.pk])).status_code == 404


# ---- quick -----------------------------------------------------------------------------------------------------------
def test_the_number_of_queries_does_not_grow_with_the_comparison(client, study):
    found = []
    for prompts in (2, 8):
        sets = {name: [one_set(0.5) for _ in range(2 * prompts)] for name in ("a", "b")}
        comparison = comparison_of(sets, study=study)
        cache.clear()
        first, again = (queries(client, at(comparison)) for _ in range(2))
        found.append((first, again))
        # Nothing is computed twice.
        assert again < first / 2
    assert found[0] == found[1]


def queries(client, address):
    with CaptureQueriesContext(connection) as asked:
        client.get(address)
    return len(asked)

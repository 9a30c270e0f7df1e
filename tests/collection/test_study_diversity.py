"""How different a study's answers are stands on its page, recipe by recipe."""

import pytest
from django.urls import reverse

from collection.diversity import of_study
from sampling.embedding import N_GRAMS
from sampling.models import Diversity
from tests.factories import CandidateSetFactory, ItemFactory, StudyFactory, TurnFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(client):
    researcher = UserFactory()
    client.force_login(researcher)
    return StudyFactory(researchers=[researcher])


def measured(candidate_set, of="shown", embedder=N_GRAMS, **figures):
    Diversity.objects.create(candidate_set=candidate_set, of=of, embedder=embedder, texts=4, **figures)
    return candidate_set


def page(client, study, **headers):
    return client.get(reverse("study_diversity", args=[study.slug]), **headers).content.decode()


def test_given_and_live_sets_count_once_each_and_others_do_not(study):
    item = ItemFactory(study=study)
    measured(item.candidate_set, mean_distance=0.4)
    for _person in range(2):
        TurnFactory(task__study=study, task__item=item)
    live = TurnFactory(task__own=True, task__study=study).candidate_set
    measured(live, mean_distance=0.6)
    measured(CandidateSetFactory(recipe=live.recipe), mean_distance=0.1)
    figures = of_study(study)
    assert sum(one.ready for one in figures) == 2
    distances = [one.embeddings[0].shown["mean_distance"] for one in figures for _set in range(one.ready)]
    assert sum(distances) == pytest.approx(0.4 + 0.6)


def test_the_page_shows_what_each_recipe_measures(client, study):
    candidate_set = measured(
        ItemFactory(study=study).candidate_set, mean_distance=0.712, vendi=3.1, relevance=0.25, lowest_relevance=0.125
    )
    measured(candidate_set, of="first-try", mean_distance=0.498)
    content = page(client, study)
    for shown in (
        "negatively-correlated",
        "0.71",
        "0.50 at the first try",
        "3.10",
        "0.25",
        "0.13 of the least relevant",
    ):
        assert shown in content
    assert "None" not in content


def test_the_studys_page_fetches_the_part_alone(client, study):
    measured(ItemFactory(study=study).candidate_set, mean_distance=0.7)
    whole, part = page(client, study), page(client, study, HTTP_HX_REQUEST="true")
    assert "<html" in whole
    assert "<html" not in part
    assert "0.70" in part
    address = reverse("study_diversity", args=[study.slug])
    assert f'hx-get="{address}"' in client.get(reverse("study", args=[study.slug])).content.decode()


def test_every_embedding_has_a_row_of_its_own(client, study):
    candidate_set = measured(ItemFactory(study=study).candidate_set, mean_distance=0.7)
    measured(candidate_set, embedder="<b>m</b>@r", mean_distance=0.3)
    content = page(client, study)
    assert "&lt;b&gt;m&lt;/b&gt;@r" in content
    assert "0.70" in content
    assert "0.30" in content


def test_a_study_without_measures_says_when_there_will_be_some(client, study):
    assert "As soon as sets are written" in page(client, study)


def test_figures_are_written_as_the_reader_writes_numbers(client, study):
    measured(ItemFactory(study=study).candidate_set, mean_distance=0.712)
    client.cookies["django_language"] = "fr"
    assert "0,71" in page(client, study)

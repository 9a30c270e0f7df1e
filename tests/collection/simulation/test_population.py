"""Drawing people: as many of each stratum as quotas or a table say, the same for the same seed."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.survey import Survey
from collection.simulation import population
from collection.simulation.population import Stratum, TableUnreadable
from tests.factories import SURVEY

COUNTRIES = ["us", "fr", "it", "in", "br"]
survey = Survey.model_validate({"questions": SURVEY})


def draw(strata, **kwargs):
    return population.draw(strata, **{"count": 100, "languages": ["en", "fr"], "seed": 1, **kwargs})


def of(people, question):
    return Counter(person.answers.get(question) for person in people)


@given(weights=st.lists(st.floats(0.1, 100), min_size=1, max_size=8), count=st.integers(0, 300))
def test_each_stratum_gets_its_share_to_within_one(weights, count):
    strata = [Stratum(answers={"country": str(place)}, weight=weight) for place, weight in enumerate(weights)]

    people = of(draw(strata, count=count), "country")

    assert people.total() == count
    for place, weight in enumerate(weights):
        assert abs(people[str(place)] - count * weight / sum(weights)) < 1


@given(wanted=st.lists(st.integers(0, 20), min_size=1, max_size=5), seed=st.integers(0, 99))
def test_as_many_people_as_the_quotas_want_fill_every_quota(wanted, seed):
    quotas = [({"country": country}, number) for country, number in zip(COUNTRIES, wanted, strict=False)]

    people = draw(population.from_quotas(quotas, count=sum(wanted), seed=seed), count=sum(wanted), seed=seed)

    expected = {country: number for country, number in zip(COUNTRIES, wanted, strict=False) if number}
    assert {country: number for country, number in of(people, "country").items() if country} == expected


def test_quotas_about_different_questions_are_filled_at_the_same_time():
    quotas = [({"country": "us"}, 6), ({"country": "fr"}, 4), ({"gender": "female"}, 5), ({"gender": "male"}, 5)]

    people = draw(population.from_quotas(quotas, count=10, seed=3), count=10)

    assert of(people, "country") == {"us": 6, "fr": 4}
    assert of(people, "gender") == {"female": 5, "male": 5}


def test_quotas_that_share_a_question_contradict_each_other_in_nobody():
    pairs = [({"country": country, "gender": gender}, 5) for country in ("us", "fr") for gender in ("female", "male")]

    people = draw(population.from_quotas([*pairs, ({"country": "us"}, 10), ({"country": "fr"}, 10)], count=20, seed=3))

    assert of(people, "country") == {"us": 50, "fr": 50}


def test_people_speak_a_language_of_their_country_that_the_study_has():
    strata = [Stratum(answers={"country": country}, weight=1) for country in COUNTRIES]

    people = draw(strata, languages=["pt", "hi", "it", "fr", "en"])

    spoken = {person.answers["country"]: person.language for person in people}
    assert spoken == {"us": "en", "fr": "fr", "it": "it", "in": "hi", "br": "pt"}


def test_people_of_whom_nothing_tells_the_language_speak_all_of_them_in_turn():
    assert Counter(person.language for person in draw([])) == {"en": 50, "fr": 50}


@given(seed=st.integers(0, 2**31))
def test_the_same_seed_draws_the_same_people(seed):
    strata = [Stratum(answers={"country": country}, weight=1) for country in COUNTRIES]

    assert draw(strata, seed=seed, count=20) == draw(strata, seed=seed, count=20)
    assert draw(strata, seed=seed, count=20) != draw(strata, seed=seed + 1, count=20)


# ---- from a table ----------------------------------------------------------------------------------------------------
def table(tmp_path, text):
    path = tmp_path / "population.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_says_who_people_are_where_they_lie_and_what_they_speak(tmp_path):
    path = table(
        tmp_path,
        "country,age,weight,language,traditional_secular,survival_self_expression\nus,18-34,3,en,0.5,1.2\nin,,1,hi,-1,-0.4\n",
    )

    strata = population.read_table(path, survey=survey)

    assert strata == [
        Stratum(answers={"country": "us", "age": "18-34"}, weight=3, language="en", place=(0.5, 1.2)),
        Stratum(answers={"country": "in"}, weight=1, language="hi", place=(-1, -0.4)),
    ]
    people = draw(strata, count=400)
    assert of(people, "country") == {"us": 300, "in": 100}
    mean = sum(person.place[1] for person in people if person.language == "en") / 300
    assert 1.0 < mean < 1.4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no rows below its header"),
        ("country,weight\nus,many\n", "line 2: weight must be a number, not many"),
        ("country,weight\nus,-1\n", "line 2: weight must be a number above 0"),
        ("country\nmars\n", "line 2: country has no answer mars; it has br, fr, in, it, us"),
        ("country\nus\n\nus\nmars\n", "line 4: country has no answer mars"),
        ("planet\nmars\n", "line 2: planet is no question of the panel; it has country, age"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_with_its_line(tmp_path, text, message):
    with pytest.raises(TableUnreadable, match=message):
        population.read_table(table(tmp_path, text), survey=survey)


def test_a_file_that_is_no_table_is_told(tmp_path):
    (tmp_path / "population.csv").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(TableUnreadable, match="cannot be read as CSV in UTF-8"):
        population.read_table(tmp_path / "population.csv", survey=survey)

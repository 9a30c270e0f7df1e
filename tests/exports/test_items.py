"""Shared items: what everybody chose, found again in the wide file, and the votes of each group of people."""

from collections import Counter

import pandas
import pytest

from collection.models import Comparison
from tests.exports.conversations import rows, talk, write
from tests.factories import AnnotatorFactory, CandidateSetFactory, ItemFactory, PromptFactory, StudyFactory

pytestmark = pytest.mark.django_db(transaction=True)

CANDIDATES = [f"first_turn_response_{letter}" for letter in "abcd"]


def person(study, country="us", age="55+"):
    return AnnotatorFactory(panel=study.panel, answers={"country": country, "age": age, "gender": ""})


@pytest.fixture
def study():
    return StudyFactory(asks={"turns": {"maximum": 4}})


@pytest.fixture
def item(study):
    prompt = PromptFactory(study=study, key="elders", group="family", text="Whom should I ask?")
    return ItemFactory(study=study, prompt=prompt, candidate_set=CandidateSetFactory(canonical_order=[2, 0, 3, 1]))


@pytest.fixture
def asked(study, item):
    """Two Americans chose slot 2, a French slot 1, an Indian none; one conversation is surplus, one prompt is own."""
    for country, choice in [("us", 2), ("us", 2), ("fr", 1), ("in", "none")]:
        talk(study=study, annotator=person(study, country), item=item, choices=[choice, 0])
    talk(study=study, annotator=person(study), item=item, choices=[3], surplus=True)
    talk(study=study, annotator=person(study), choices=[0])
    talk(study=study, annotator=person(study), item=ItemFactory(study=study), choices=[3])
    ItemFactory(study=study)
    return study


def test_an_item_says_who_chose_what(asked, item, tmp_path):
    write(asked, tmp_path / "out", formats=["long-tables"])
    line = max(rows(tmp_path / "out", "items"), key=lambda line: line["people"])
    texts = [candidate.text for candidate in item.candidate_set.candidates.order_by("slot")]
    # Entropy by hand: half a bit times one, two quarters times two, and two degrees of freedom for four people.
    assert line == {
        "item_id": item.candidate_set.published.get().number,
        "language": "en",
        "prompt": "Whom should I ask?",
        "prompt_key": "elders",
        "prompt_group": "family",
        "topic": "life",
        "factual": False,
        "responses": [texts[2], texts[0], texts[3], texts[1]],
        "people": 4,
        "votes": [2, 0, 0, 1],
        "votes_none": 1,
        "entropy": round(1.5 + 2 / (8 * 0.6931471805599453), 6),
        "pair_agreement": round(1 / 6, 6),
        "strata": [
            {"stratum": "france", "people": 1, "votes": [0, 0, 0, 1], "votes_none": 0},
            {"stratum": "india", "people": 1, "votes": [0, 0, 0, 0], "votes_none": 1},
            {"stratum": "united states", "people": 2, "votes": [2, 0, 0, 0], "votes_none": 0},
        ],
    }


def test_one_person_is_no_agreement_and_no_entropy(study, item, tmp_path):
    talk(study=study, annotator=person(study), item=item)
    write(study, tmp_path / "out", formats=["long-tables"])
    (line,) = rows(tmp_path / "out", "items")
    assert (line["people"], line["entropy"], line["pair_agreement"]) == (1, None, None)


def test_grouping_the_wide_file_by_prompt_and_texts_gives_exactly_the_items(asked, tmp_path):
    write(asked, tmp_path / "out")
    wide = pandas.read_parquet(tmp_path / "out/data/conversations-00000.parquet")
    given = wide[wide["is_pregenerated_first_prompt"]]
    groups = given.groupby(["first_turn_prompt", *CANDIDATES])["first_turn_preferred_response"]
    found = {
        key: {
            "people": len(choices),
            "votes": [int((choices == f"response_{letter}").sum()) for letter in "abcd"],
            "votes_none": int(choices.isna().sum()),
        }
        for key, choices in groups
    }
    items = rows(tmp_path / "out", "items")
    assert len(items) == 2
    assert found == {
        (item["prompt"], *item["responses"]): {name: item[name] for name in ("people", "votes", "votes_none")}
        for item in items
    }


def test_votes_are_counted_by_every_column_and_add_up(asked, tmp_path):
    write(asked, tmp_path / "out", formats=["votes"])
    lines = rows(tmp_path / "out", "votes")
    for number in {line["item_id"] for line in lines}:
        mine = [line for line in lines if line["item_id"] == number]
        (everybody,) = [line for line in mine if line["stratum_column"] == "everybody"]
        for column in {line["stratum_column"] for line in mine}:
            strata = [line for line in mine if line["stratum_column"] == column]
            assert sum(line["people"] for line in strata) == everybody["people"]
            assert [sum(each) for each in zip(*(line["votes"] for line in strata), strict=True)] == everybody["votes"]
            assert sum(line["votes_none"] for line in strata) == everybody["votes_none"]


def test_votes_are_soft_labels_beside_the_texts(asked, item, tmp_path):
    write(asked, tmp_path / "out", formats=["votes"])
    lines = rows(tmp_path / "out", "votes")
    number = item.candidate_set.published.get().number
    found = {
        (line["stratum_column"], line["stratum"]): line["distribution"] for line in lines if line["item_id"] == number
    }
    assert found["everybody", "everybody"] == [0.5, 0, 0, 0.25, 0.25]
    assert found["annotator_country", "united states"] == [1, 0, 0, 0, 0]
    assert found["annotator_country", "india"] == [0, 0, 0, 0, 1]
    assert found["annotator_gender", "not given"] == [0.5, 0, 0, 0.25, 0.25]
    assert lines[0]["prompt"] == [{"role": "user", "content": lines[0]["prompt"][0]["content"]}]


def test_comparisons_say_which_lines_count(asked, tmp_path):
    write(asked, tmp_path / "out")
    lines = rows(tmp_path / "out", "comparisons")
    counting = [line for line in lines if line["counts"]]
    assert len(lines) == Comparison.objects.count() == len(counting) + 1
    items = {item["item_id"]: item for item in rows(tmp_path / "out", "items")}
    people = Counter(line["item_id"] for line in counting if line["item_id"])
    assert people == {number: item["people"] for number, item in items.items()}
    wide = {line["conversation_id"]: line for line in rows(tmp_path / "out", "conversations")}
    for line in counting:
        turn = ("first", "second")[line["turn"] - 1]
        chosen = line["chosen_response"] and f"response_{line['chosen_response']}"
        assert wide[line["conversation_id"]][f"{turn}_turn_preferred_response"] == chosen
        assert line["comparison_id"] == f"{line['conversation_id']}-{line['turn']}"
        assert line["candidates"] == 4


def test_what_was_left_or_not_compared_is_an_outcome(study, item, tmp_path):
    left = talk(study=study, annotator=person(study), item=item, choices=[None])
    left.state, left.left_because = "abandoned", "not-for-me"
    left.save()
    talk(study=study, annotator=person(study), item=item, choices=["none", None], state="open")
    write(study, tmp_path / "out")
    outcomes = Counter((line["outcome"], line["counts"]) for line in rows(tmp_path / "out", "comparisons"))
    assert outcomes == {("skipped", False): 1, ("none", True): 1, ("missing", False): 1}

"""Rare people say less, personal data is masked, subsets are balanced and people weighed, where a study asks for it."""

import json
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from exports import building, coarsening, intake, masking
from exports.coarsening import ORDER
from exports.formats import FORMATS
from exports.models import Release
from tests.exports.conversations import lines, talk, write
from tests.factories import AnnotatorFactory, ItemFactory, StudyFactory

FORMATS_ASKED = ["long-tables", "community-alignment"]
AGES, GENDERS = ("18-34", "55+"), ("female", "male")


# ---- rare combinations -----------------------------------------------------------------------------------------------
def person(**said):
    return {**dict.fromkeys(ORDER), **said}


def test_the_rule_on_a_small_case_worked_out_by_hand():
    people = [person(annotator_country="france", annotator_age="55+") for _ in range(2)]
    people += [person(annotator_country="france", annotator_age="18-34")]
    people += [person(annotator_country="italy", annotator_age="55+")]
    said = coarsening.coarsened(people, smallest_group=2)
    # The young one in France loses the age; then she is alone as "France", and loses the country too.
    # The Italian loses the age, stays alone, and loses the country: both are then two who say nothing.
    assert [(each["annotator_country"], each["annotator_age"]) for each in said] == [
        ("france", "55+"),
        ("france", "55+"),
        (None, None),
        (None, None),
    ]


VALUES = st.sampled_from(["a", "b", None])


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(ORDER, VALUES)), max_size=40), st.integers(2, 6))
def test_whoever_says_something_shares_it_with_enough_people(people, smallest_group):
    said = coarsening.coarsened(people, smallest_group=smallest_group)
    keys = [tuple(each[column] for column in ORDER) for each in said]
    for was, now, key in zip(people, said, keys, strict=True):
        assert keys.count(key) >= smallest_group or set(key) == {None}
        assert all(now[column] in (was[column], None) for column in ORDER)


# ---- personal data ---------------------------------------------------------------------------------------------------
MASKED = [
    ("Write to me.too@example.co.uk, please", "Write to [e-mail], please"),
    ("see https://example.org/x?y=1 and www.example.org", "see [link] and [link]"),
    ("IBAN DE89 3704 0044 0532 0130 00.", "IBAN [account]."),
    ("card 4111 1111 1111 1111!", "card [number]!"),
    ("from 192.168.10.7", "from [address]"),
    ("call +33 6 12 34 56 78 or 0612345678", "call [phone] or [phone]"),
    ("call (555) 123-4567", "call [phone]"),
    ("मुझे @some_body पर लिखो", "मुझे [handle] पर लिखो"),
    ("我的卡号4111111111111111，电话0612345678。", "我的卡号[number]，电话[phone]。"),
    ("मेरा नंबर0612345678है", "मेरा नंबर[phone]है"),
]
LEFT = ["In 2024 I had 3 cats and 12 dogs.", "1.5 million", "a@b", "Room 101, 10-12 o'clock", "COVID19 2020 2021", ""]


@pytest.mark.parametrize(("text", "expected"), MASKED)
def test_what_has_the_form_of_personal_data_is_masked_alike_in_plain_and_nested_columns(text, expected):
    batch = pa.RecordBatch.from_pylist(
        [{"prompt": text, "chosen": [{"role": "user", "content": text}], "responses": [text], "prompt_key": text}]
    )
    (line,) = masking.masked(batch).to_pylist()
    assert line["prompt"] == line["chosen"][0]["content"] == line["responses"][0] == masking.mask(text) == expected
    assert line["prompt_key"] == text


@pytest.mark.parametrize("text", LEFT)
def test_ordinary_numbers_are_left_alone(text):
    assert masking.mask(text) == text


def test_every_column_that_people_or_models_wrote_is_looked_at():
    found = {column.name for format in FORMATS.values() for table in format.tables for column in table.columns}
    assert {name for name in found if masking.is_text(name)} >= {
        "first_turn_prompt", "fourth_turn_responses", "second_turn_response_d", "third_turn_feedback", "prompt", "text",
        "responses", "feedback", "better", "chosen", "rejected", "completion", "conversation_a", "conversation_b",
        "opening_prompt", "conversation_history", "open_feedback", "user_prompt", "model_response",
    }  # fmt: skip
    assert not [name for name in ("language", "prompt_key", "model", "topic", "labels") if masking.is_text(name)]


# ---- in releases -----------------------------------------------------------------------------------------------------
def study_with(people, **publishing):
    """A study that so many people of each (country, age, gender) worked in: two items each, and an own prompt."""
    study = StudyFactory(asks={"publishing": publishing, "overlap": 200})
    items = [ItemFactory(study=study, wanted=200) for _ in range(2)]
    for (country, age, gender), count in people.items():
        for _ in range(count):
            answers = {"country": country, "age": age, "gender": gender}
            annotator = AnnotatorFactory(panel=study.panel, answers=answers)
            for item in items:
                talk(study=study, annotator=annotator, item=item, explanations=["Ask me@example.org"])
            talk(study=study, annotator=annotator, messages=["I am at +33 6 12 34 56 78"])
    return study


@pytest.mark.django_db(transaction=True)
def test_a_study_that_asks_for_nothing_gets_nothing(tmp_path):
    study = study_with({("fr", "55+", "female"): 1})
    said = write(study, tmp_path / "out")
    assert said["publishing"] == {}
    assert lines(tmp_path / "out", "annotators")[0]["weight"] is None


@pytest.mark.django_db(transaction=True)
def test_a_release_coarsens_and_masks_where_the_study_says_so(tmp_path):
    people = {("fr", "55+", "female"): 2, ("us", "18-34", "male"): 1}
    study = study_with(people, smallest_group=2, mask_personal_data=True)
    made = intake.request_release(study=study, by=None, now=timezone.now(), formats=FORMATS_ASKED)
    building.build(release_id=made.pk)
    made.refresh_from_db()
    assert made.status == Release.Status.DONE, made.failure_detail
    annotators = lines(made.folder, "annotators")
    assert sorted(str(each["annotator_country"]) for each in annotators) == ["None", "france", "france"]
    coarsened = made.manifest["publishing"]["coarsened"]
    assert (coarsened["people"], coarsened["smallest_group"]) == (1, 2)
    assert coarsened["emptied"] == {"annotator_age": 1, "annotator_country": 1, "annotator_gender": 1}
    everything = b"".join(path.read_bytes() for path in (made.folder / "csv").iterdir())
    assert b"me@example.org" not in everything
    assert b"+33 6" not in everything
    assert everything.count(b"[e-mail]") >= 6
    assert made.manifest["publishing"]["masked"]["signs"][0] == "[account]"
    command = [sys.executable, "manage.py", "verify_release", str(made.folder)]
    assert json.loads((made.folder / "MANIFEST.json").read_text())["publishing"] == made.manifest["publishing"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert "conversations, turns and candidates say the same" in done.stdout


@pytest.mark.django_db(transaction=True)
def test_the_balanced_subset_has_equal_shares_and_says_what_it_could_not_meet(tmp_path):
    people = {("fr", age, gender): 6 for age in AGES for gender in GENDERS}
    people |= {("fr", "55+", "male"): 3, ("us", "55+", "male"): 1}
    balanced = {"by": ["annotator_age", "annotator_gender"], "most_conversations": 2, "seed": 7, "fewest": 2}
    study = study_with(people, balanced=balanced)
    said = write(study, tmp_path / "out", formats=["long-tables", "community-alignment"])
    found = said["publishing"]["balanced"]
    france, america = found["countries"]
    assert [(each["people"], each["drawn"]) for each in france["strata"]] == [(6, 3), (6, 3), (6, 3), (3, 3)]
    assert america["not_met"] == ["55+ | male"]
    assert (found["people"], found["seed"]) == (12, 7)
    in_it = [each for each in lines(tmp_path / "out", "conversations") if each["in_balanced_subset"]]
    by_person = {}
    for each in in_it:
        by_person[each["annotator_id"]] = by_person.get(each["annotator_id"], 0) + 1
    assert len(by_person) == 12
    assert set(by_person.values()) == {2}
    assert len(in_it) == found["conversations"] == 24
    of_ten = [each for each in in_it if each["in_balanced_subset_10"]]
    assert len(of_ten) == found["conversations_10"]
    assert all(each["is_pregenerated_first_prompt"] for each in of_ten)
    drawn = {each["annotator_id"] for each in lines(tmp_path / "out", "annotators") if each["balanced"]}
    assert drawn == set(by_person)


@pytest.mark.django_db(transaction=True)
def test_weights_bring_people_to_the_margins(tmp_path):
    margins = {"annotator_gender": {"female": 0.5, "male": 0.5}}
    study = study_with(
        {("fr", "55+", "female"): 3, ("fr", "55+", "male"): 1}, weights={"margins": margins, "cap": None}
    )
    said = write(study, tmp_path / "out", formats=["long-tables"])
    weights = {}
    for each in lines(tmp_path / "out", "annotators"):
        weights.setdefault(each["annotator_gender"], []).append(each["weight"])
    assert weights == {"female": [pytest.approx(2 / 3, abs=1e-6)] * 3, "male": [2.0]}
    found = said["publishing"]["weights"]
    everybody = np.array([2 / 3] * 3 + [2.0])
    assert found["effective_size"] == pytest.approx(everybody.sum() ** 2 / (everybody**2).sum(), abs=1e-3)


@pytest.mark.django_db(transaction=True)
def test_margins_that_nobody_can_meet_fail_the_release_with_the_reason():
    margins = {"annotator_gender": {"female": 0.5, "other": 0.5}}
    study = study_with({("fr", "55+", "female"): 1}, weights={"margins": margins})
    made = intake.request_release(study=study, by=None, now=timezone.now(), formats=["long-tables"])
    building.build(release_id=made.pk)
    made.refresh_from_db()
    assert (made.failure, "a category has nobody in it" in made.failure_sentence) == ("cannot-weigh", True)

"""Facts about how one person worked, from numbers and texts alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluralism import quality

ANSWER = "Ask your elders first. They have seen hard years, and what they kept was kept for a good reason."


def test_a_copied_explanation_is_known_through_case_spaces_and_words_around_it():
    said = "I agree:  THEY HAVE SEEN hard years, and what they kept was kept for a good reason."
    assert quality.copied_share(said, ["Something else entirely, in other words.", ANSWER]) > 0.8
    assert quality.copied_share(ANSWER, [ANSWER]) == 1.0


def test_own_words_and_a_short_quotation_are_no_copy():
    assert quality.copied_share("It is the one that I could tell a friend.", [ANSWER]) == 0.0
    assert quality.copied_share("hard years", [ANSWER]) == 0.0
    assert quality.copied_share("", [ANSWER]) == 0.0
    assert quality.copied_share(ANSWER, []) == 0.0


@given(st.text(max_size=80), st.lists(st.text(max_size=80), max_size=3))
def test_a_share_is_a_share(text, sources):
    assert 0 <= quality.copied_share(text, sources) <= 1


@given(st.text(min_size=30, max_size=90), st.text(max_size=30), st.text(max_size=30))
def test_what_stands_whole_in_a_source_is_copied_whole(text, before, after):
    kept = quality.plain(text)
    if len(kept) >= quality.SHINGLE:
        assert quality.copied_share(kept, [f"{before} {kept} {after}"]) == 1.0


@given(st.text("ab ", min_size=1, max_size=70), st.text("ab ", max_size=70))
def test_a_copy_is_found_wherever_it_begins(text, source):
    """Against the definition, in a language of three signs, in which much is a copy."""
    sought, given_in, long = quality.plain(text), quality.plain(source), quality.SHINGLE
    inside = {
        place
        for start in range(len(sought) - long + 1)
        if sought[start : start + long] in given_in
        for place in range(start, start + long)
    }
    assert quality.copied_share(text, [source]) == (len(inside) / len(sought) if len(sought) >= long else 0.0)


def test_places_tell_the_most_chosen_one_and_the_longest_run():
    found = quality.places([0, 2, 2, 2, 1, 2, 0])
    assert (found.choices, found.most_chosen, found.longest_run) == (7, 2, 3)
    assert found.share == pytest.approx(4 / 7)
    assert quality.places([]) == quality.Places(choices=0, most_chosen=None, share=None, longest_run=0)


def test_a_percentile_counts_the_slower_ones():
    hundredths = [float(value) for value in range(1, 100)]
    assert quality.percentile(0.5, hundredths=hundredths) == 0
    assert quality.percentile(50.5, hundredths=hundredths) == 50
    assert quality.percentile(1000, hundredths=hundredths) == 99


def test_no_time_at_all_is_a_tenth_of_a_second():
    assert quality.characters_per_second(characters=100, seconds=0) == 1000


@pytest.mark.parametrize(("text", "letters"), [("ok!", 2), ("हाँ जी", 5), ("很好", 6), ("", 0), ("👍 123", 0)])
def test_letters_are_counted_in_any_script(text, letters):
    assert quality.letters(text) == letters

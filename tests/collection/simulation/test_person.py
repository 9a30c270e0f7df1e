"""The person model: what they choose follows from the seed and from what they see, and from nothing else."""

import subprocess
import sys
from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from collection.simulation import chance, words
from collection.simulation.person import Person, Temper, place_of

texts = st.lists(st.text(min_size=1, max_size=80), min_size=2, max_size=6, unique=True)
numbers = st.integers(min_value=0, max_value=10_000)
places = st.tuples(st.floats(-3, 3), st.floats(-3, 3))
STEADY = Temper(position_bias=0, laziness=0, none=-100)


def person(*, seed=1, number=1, place=(0.0, 0.0), **temper):
    return Person(seed=seed, number=number, language="en", place=place, temper=replace(Temper(), **temper))


@given(texts=texts, seed=numbers, number=numbers, place=places, none_allowed=st.booleans())
def test_a_choice_is_a_place_on_the_screen_or_none_where_that_is_allowed(texts, seed, number, place, none_allowed):
    chosen = person(seed=seed, number=number, place=place).choose(texts, none_allowed=none_allowed)

    assert chosen in range(len(texts)) or (none_allowed and chosen is None)


@given(texts=texts, seed=numbers, number=numbers, place=places)
def test_the_same_person_chooses_the_same_whenever_they_are_asked(texts, seed, number, place):
    first = person(seed=seed, number=number, place=place)
    again = person(seed=seed, number=number, place=place)
    again.choose(["something", "else"], none_allowed=True)

    assert first.choose(texts, none_allowed=True) == again.choose(texts, none_allowed=True)


@given(texts=texts, number=numbers, place=places, data=st.data())
def test_without_position_bias_the_order_on_the_screen_changes_nothing(texts, number, place, data):
    shuffled = data.draw(st.permutations(texts))
    steady = Person(seed=1, number=number, language="en", place=place, temper=STEADY)
    worth = sorted(steady.utilities(texts))
    assume(worth[-1] - worth[-2] > 1e-9)

    chosen, later = (steady.choose(order, none_allowed=False) for order in (texts, shuffled))

    assert texts[chosen] == shuffled[later]


@given(texts=texts, number=numbers)
def test_more_position_bias_never_takes_a_choice_away_from_the_first_place(texts, number):
    chosen = [person(number=number, position_bias=bias, laziness=0) for bias in (0, 1, 100)]

    firsts = [each.choose(texts, none_allowed=False) == 0 for each in chosen]

    assert firsts == sorted(firsts)
    assert firsts[-1]


@given(number=numbers, place=places)
def test_without_error_the_nearer_answer_is_chosen(number, place):
    texts = ["the custom of our elders", "freedom and new ideas"]
    nearness = [sum(a * b for a, b in zip(place, place_of(text), strict=True)) for text in texts]
    assume(abs(nearness[0] - nearness[1]) > 1e-6)
    exact = person(number=number, place=place, noise=0, length_bias=0, position_bias=0, laziness=0)

    assert exact.choose(texts, none_allowed=False) == nearness.index(max(nearness))


@given(number=numbers)
def test_with_length_bias_alone_the_longest_is_chosen(number):
    exact = person(number=number, noise=0, affinity=0, length_bias=1, position_bias=0, laziness=0)

    assert exact.choose(["short", "much, much longer", "longer"], none_allowed=False) == 1


def test_people_near_each_other_agree_more_than_people_far_apart():
    sets = [[f"{chance.share(item, slot)} {chance.share(slot, item)}" for slot in range(4)] for item in range(400)]

    def agreement(one, other):
        picks = [each.choose(texts, none_allowed=False) for texts in sets for each in (one, other)]
        return sum(a == b for a, b in zip(picks[::2], picks[1::2], strict=True))

    # Far out on the map, so that what they hold dear outweighs the error.
    here, near, opposite = (
        Person(seed=1, number=number, language="en", place=place, temper=STEADY)
        for number, place in enumerate([(6.0, 0.0), (6.0, 1.0), (-6.0, 0.0)])
    )
    assert agreement(here, near) > 200 > 50 > agreement(here, opposite)


@given(number=numbers, likelihood=st.floats(0, 1))
def test_what_is_certain_happens_and_what_is_impossible_does_not(number, likelihood):
    somebody = person(number=number)

    assert somebody.does(1.0, "anything")
    assert not somebody.does(0.0, "anything")
    assert somebody.does(likelihood, "leaves", 3) == somebody.does(likelihood, "leaves", 3)


def test_people_drop_out_as_often_as_their_temper_says():
    left = sum(person(number=number).does(0.1, "drop_out", task) for number in range(400) for task in range(10))

    assert 340 < left < 460


def test_lazy_people_look_at_places_and_not_at_texts():
    lazy = [person(number=number, laziness=1, position_bias=3) for number in range(300)]
    chosen = [each.choose(["b", "c", "d", "a"], none_allowed=True) for each in lazy]

    assert None not in chosen
    assert chosen.count(0) > chosen.count(1) > chosen.count(3)


def test_the_more_none_is_worth_the_more_often_it_is_chosen():
    counts = [
        sum(person(number=number, none=none).choose(["a", "b"], none_allowed=True) is None for number in range(300))
        for none in (-100, 0, 3)
    ]

    assert counts[0] == 0
    assert counts == sorted(set(counts))


@given(language=st.sampled_from([*words.SENTENCES, "sw"]), number=numbers, occasion=st.text(max_size=5))
def test_everybody_has_something_to_write_in_any_language(language, number, occasion):
    somebody = Person(seed=1, number=number, language=language)

    assert words.message(somebody, said="", occasion=occasion)
    assert words.message(somebody, said="Habari ya asubuhi", occasion=occasion)
    short, long = (words.reason(somebody, chosen="Jibu", occasion=occasion, sentences=length) for length in (1, 3))
    assert 0 < len(short) < len(long)


def test_the_simulation_loads_without_django():
    code = (
        "import sys; from collection.simulation import crowd, population, summary, words; "
        "print(sorted(name for name in sys.modules if name.split('.')[0] == 'django'))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_the_person_model_knows_no_http():
    code = (
        "import sys; from collection.simulation import person, population, words; "
        "print(sorted(name for name in sys.modules if name.split('.')[0] in {'aiohttp', 'asyncio', 'django'}))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"

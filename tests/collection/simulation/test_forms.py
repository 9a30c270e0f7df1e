"""Forms that nobody told the simulation about are read from any page and filled in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collection.simulation import form_filling
from collection.simulation.form_filling import fill, read
from collection.simulation.person import Person, Temper

PAGE = """
<header><form method="post" action="/i18n/setlang/"><select name="language"><option value="fr"></select></form></header>
<main>
  <form method="post" action="/withdraw/"><button class="button danger">Withdraw</button></form>
  <form class="form" method="post" novalidate>
    <input type="hidden" name="csrfmiddlewaretoken" value="abc">
    <input type="hidden" name="text" value="7">
    <input type="checkbox" name="agree" id="id_agree">
    <input type="checkbox" name="publish" value="yes" required>
    <input type="radio" name="country" value="us"><input type="radio" name="country" value="fr">
    <input type="radio" name="country" value="*">
    <select name="school"><option value="">Please choose</option><option value="a"><option value="b"></select>
    <input type="number" name="scale" min="1" max="5">
    <input type="text" name="children" inputmode="numeric">
    <input type="text" name="age-in-years" inputmode="numeric">
    <input type="text" name="gone" disabled>
    <textarea name="work"></textarea>
    <button class="button">Continue</button>
  </form>
</main>
"""


def person(**kwargs):
    return Person(**{"seed": 1, "number": 1, "language": "en", **kwargs})


def filled(who, attempt=0):
    return fill(read(PAGE).form, who, attempt=attempt)


def test_the_form_is_the_one_in_the_main_part_that_goes_on():
    assert "agree" in read(PAGE).form.fields
    assert "language" not in read(PAGE).form.fields


@given(number=st.integers(0, 500), attempt=st.integers(0, 2))
def test_every_field_is_filled_with_something_that_it_takes(number, attempt):
    answers = filled(person(number=number), attempt)

    assert answers["text"] == "7"
    assert answers["publish"] == "yes"
    assert answers["country"] in {"us", "fr", "*"}
    assert answers["school"] in {"a", "b"}
    assert 1 <= int(answers["scale"]) <= 5
    assert 0 <= int(answers["children"]) <= 10
    assert 18 <= int(answers["age-in-years"]) <= 90
    assert answers["work"]
    assert not {"csrfmiddlewaretoken", "gone", ""} & answers.keys()


def test_people_say_of_themselves_what_was_drawn_for_them():
    answers = filled(person(answers={"country": "fr", "school": "b", "children": "3"}))

    assert (answers["country"], answers["school"], answers["children"]) == ("fr", "b", "3")


def test_an_answer_that_is_not_offered_is_not_given():
    assert filled(person(answers={"country": "mars"}))["country"] in {"us", "fr", "*"}


def test_who_left_something_out_fills_everything_in_when_it_comes_back():
    careless = person(temper=Temper(declines=1))

    assert "agree" not in filled(careless)
    assert filled(careless)["country"] == "*"
    assert filled(careless, attempt=1)["agree"] == "on"
    assert filled(careless, attempt=1)["country"] in {"us", "fr"}


def test_the_return_link_and_the_way_on_are_found():
    found = read(
        '<main><input id="return-link" value="http://x/return/abc/" readonly>'
        '<a href="/about/">More</a><a class="button" href="/tasks/">Go on</a></main>'
    )

    assert (found.return_link, found.links, found.form) == ("http://x/return/abc/", ["/tasks/"], None)


@pytest.mark.parametrize("markup", ["", "<main>", "<form><input name=a>", "<main><form method=post><option></main>"])
def test_a_page_without_a_form_or_a_broken_one_is_read_too(markup):
    form = form_filling.read(markup).form

    assert form is None or fill(form, person()) == {}

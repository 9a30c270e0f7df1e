"""A text is taken for one in its language with care: short texts pass, and Hindi comes in two scripts and mixed."""

import pytest

from sampling.languages import is_in

TEXTS = {
    "en": "You could talk to them over dinner and ask how they handled money when they were young.",
    "fr": "Tu pourrais leur en parler pendant le dîner et demander comment ils géraient leur argent.",
    "it": "Potresti parlarne con loro a cena e chiedere come gestivano i soldi quando erano giovani.",
    "hi": "आप रात के खाने पर उनसे बात कर सकते हैं और पूछ सकते हैं कि वे पैसे कैसे संभालते थे।",
    "pt": "Você pode conversar com eles no jantar e perguntar como cuidavam do dinheiro quando jovens.",
    "ar": "يمكنك أن تتحدث معهما على العشاء وتسألهما كيف كانا يدبران المال في شبابهما.",
}


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("written", TEXTS)
def test_each_language_is_told_from_the_others(language: str, written: str) -> None:
    assert is_in(TEXTS[written], language) == (written == language)


@pytest.mark.parametrize(
    "text",
    [
        "Aap apne mata pita se dinner par baat kar sakte hain, unhe achha lagega aur aapko bhi.",
        "Yeh sabse important baat hai: pehle emergency fund banao, phir invest karo, tension mat lo.",
        "सबसे पहले budget बनाइए, फिर emergency fund के लिए savings शुरू कीजिए, please.",
    ],
)
def test_hindi_in_latin_script_or_mixed_with_english_is_hindi(text: str) -> None:
    assert is_in(text, "hi")


@pytest.mark.parametrize("language", TEXTS)
def test_short_texts_pass_in_every_language(language: str) -> None:
    assert is_in("Yes, of course!", language)
    assert is_in("42", language)


def test_code_and_addresses_are_in_no_language() -> None:
    code = "```python\nfor answer in answers:\n    print(answer, end='the end of this line')\n```"
    assert is_in(f"Essaie ceci :\n{code}", "fr")
    assert is_in("Voir https://example.org/some/very/long/english/address/indeed", "fr")


def test_foreign_words_in_a_text_do_not_make_it_foreign() -> None:
    assert is_in(
        "En anglais on dirait « where is the station », mais en français il faut dire « où est la gare ».", "fr"
    )


def test_a_language_that_is_none_of_ours_is_judged_too() -> None:
    german = "Du könntest beim Abendessen mit ihnen reden und fragen, wie sie früher mit Geld umgegangen sind."
    assert is_in(german, "de")
    assert not is_in(TEXTS["fr"], "de")

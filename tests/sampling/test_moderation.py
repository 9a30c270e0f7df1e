"""Words that are never shown are found as whole words in any script; ordinary sentences pass."""

import json
import time
from pathlib import Path

import pytest
from django.conf import settings

from sampling.checks import faults
from sampling.moderation import FOLDER, listed_words, moderated
from sampling.recipe_document import Moderation
from sampling.standards import Standards

BUILT_IN = Moderation()
LANGUAGES = ["ar", "en", "fr", "hi", "it", "pt"]

STOPPED = {
    "en": [
        "Tell that ASSHOLE to leave.",
        "What a load of bull-shit, bullshit!",
        "Well, fuck.",
        "It is a piece of\nshit",
    ],
    "fr": ["Quel connard, franchement.", "Va te plaindre, fils de pute !", "Il m'emmerde, ce PÉDÉ."],
    "it": ["Che stronzo!", "Ma vaffanculo.", "È un figlio di puttana"],
    "hi": ["वह चूतिया है।", "साला मादरचोद!", "यह गाँडू है", "हरामज़ादे लोग", "Woh chutiya hai.", "यह तो bullshit है"],
    "pt": ["Que merda é essa?", "Filho da puta!", "Vai-te foder."],
    "ar": ["أنت شرموطة", "هذه العاهرة", "يا عَاهِرَة", "طيـــز"],
}

PASS = {
    "en": [
        "Talk to your doctor about breast cancer, sexual health and contraception.",
        "The word for a female dog, a tit for tat, a cock that crows: English has many.",
        "She survived a rape and now helps others; the trial of the rapist begins on Monday.",
        "Scunthorpe, Essex and Middlesex are places; shiitake is a mushroom.",
        "Gay, lesbian and bisexual couples may marry; many Jews and Muslims vote for the left.",
        "Neonazis marched with a swastika; the police stopped them.",
        "How to kill weeds without poison, and how to strap on a helmet.",
        "Dick Cheney, Rick Santorum and a Maine coon walk into a bar.",
        "His penis hurt; the nurse asked about semen and the prostate.",
    ],
    "fr": [
        "Le cancer du sein, la santé sexuelle et la contraception se discutent avec un médecin.",
        "La chatte dort, la pédale du vélo grince, et le chili con carne mijote.",
        "Victime d'un viol, elle aide les autres.",
        "On y jouit d'une bonne santé et on s'embrasse : un baiser.",
        "Le mariage homosexuel est permis depuis 2013.",
        "Coupez une gerbe de blé au fond du cul-de-sac.",
    ],
    "it": [
        "Il tumore al seno e la salute sessuale si discutono con il medico.",
        "La regina sbatte le uova, scopa il pavimento e cucina pesce con piselli e finocchio.",
        "La guerra di Troia, la Gioconda o Monna Lisa, i porci e le vacche.",
        "Tirare con la sega, battere il chiodo, montare lo scaffale.",
        "Le coppie omosessuali possono unirsi civilmente.",
        "Il cadavere fu trovato nel palude; una zia spagnola lo disse.",
    ],
    "hi": [
        "स्तन कैंसर, यौन स्वास्थ्य और गर्भनिरोध पर डॉक्टर से बात कीजिए।",
        "बलात्कार की शिकार महिलाओं के लिए क़ानून सख़्त है।",
        "मेरा साला और उसका कुत्ता बाज़ार से माल लाए, बच्चों ने पटाखे छोड़े।",
        "किन्नर समाज, दलित और मुसलमान भी चुनाव लड़ते हैं।",
        "गांधी जी, चूना, चूल्हा, लंदन, गांव और रंग।",
        "Mera saala aur uska kutta bazaar se maal laye, 20% ki choot mili.",
    ],
    "pt": [
        "Câncer de mama, saúde sexual e camisinha são assuntos para o médico.",
        "Comer frango assado com cerveja, pinto no quintal, veado na mata, burro na estrada.",
        "O aborto e o casamento homossexual dividem os eleitores.",
        "Bissexuais e lésbicas têm os mesmos direitos.",
        "Abra a torneira, pegue o pau e o saco.",
        "Gozar de boa saúde é uma bênção; o inferno são os outros.",
    ],
    "ar": [
        "سرطان الثدي والصحة الجنسية ومنع الحمل مواضيع للطبيب.",
        "لبوة ومبادل حراري وقضيب حديد.",
        "حوكم المتهم بجريمة اغتصاب.",
        "الفرج قريب، والزبدة في الثلاجة، والكسكس على النار.",
        "للأقليات حقوق، والمثليون يعيشون بيننا.",
        "والدي والله يحب كسرة الخبز.",
    ],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_listed_words_are_stopped(language: str) -> None:
    for text in STOPPED[language]:
        assert listed_words(text, language=language, moderation=BUILT_IN), text
        assert "moderated" in faults(text, standards=Standards(language=language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_about_health_politics_food_and_people_pass(language: str) -> None:
    for text in PASS[language]:
        assert not listed_words(text, language=language, moderation=BUILT_IN), text


def texts_of(value: object) -> list[str]:
    """Return every text in a JSON document."""
    if isinstance(value, str):
        return [value]
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for each in inside for text in texts_of(each)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_demo_model_says_and_the_examples_ask_passes(language: str) -> None:
    sentences = texts_of(
        json.loads(Path(settings.BASE_DIR, "examples/demo_model/texts", f"{language}.json").read_text())
    )
    for path in Path(settings.BASE_DIR, "examples").glob(f"*/prompts/{language}.jsonl"):
        sentences += [text for line in path.read_text().splitlines() for text in texts_of(json.loads(line))]
    assert len(sentences) > 100
    assert [text for text in sentences if listed_words(text, language=language, moderation=BUILT_IN)] == []


def test_words_are_whole_words() -> None:
    own = Moderation(words="none", more_words={"en": ["cat", "New York"], "hi": ["की"], "ar": ["قط"]})
    for text, language, found in [
        ("A cat.", "en", True),
        ("The CAT's tail", "en", True),
        ("concatenate", "en", False),
        ("new  york", "en", True),
        ("something new. York is a city", "en", False),
        ("newyork", "en", False),
        ("राम की किताब", "hi", True),
        ("किताब, कीमत, के", "hi", False),
        ("قَطٌّ صغير", "ar", True),
        ("والقط نائم", "ar", True),
        ("قطار سريع", "ar", False),
        ("a cat", "fr", False),
    ]:
        assert bool(listed_words(text, language=language, moderation=own)) == found, text


def test_the_words_that_were_found_are_named_once() -> None:
    text = "Shit! A piece of shit, and SHIT again; well, fuck."
    assert sorted(listed_words(text, language="en", moderation=BUILT_IN)) == ["fuck", "piece of shit", "shit"]


def test_the_built_in_words_can_be_left_out() -> None:
    assert not listed_words("Well, fuck.", language="en", moderation=Moderation(words="none"))


def test_a_language_without_a_list_has_the_researchers_words_only() -> None:
    own = Moderation(more_words={"de": ["Quatsch"]})
    assert moderated(["So ein Quatsch!", "Ein guter Rat."], language="de", moderation=own) == [True, False]


def test_the_lists_say_where_they_come_from() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == LANGUAGES
    assert "CC BY 4.0" in (FOLDER / "NOTICE.md").read_text()
    assert "Attribution 4.0 International" in (FOLDER / "LICENSE").read_text()


@pytest.mark.parametrize("piece", ["a", "fuck ", "piece of ", "की ", "وال ", "!", "a'"])
def test_no_text_takes_long_to_look_through(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    begun = time.process_time()
    listed_words(text, language="ar", moderation=BUILT_IN)
    listed_words(text, language="en", moderation=BUILT_IN)
    assert time.process_time() - begun < 4

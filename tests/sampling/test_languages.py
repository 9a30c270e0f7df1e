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


OTHERS = {
    "de": "Du könntest beim Abendessen mit ihnen reden und fragen, wie sie früher mit Geld umgegangen sind.",
    "es": "Podrías hablar con ellos durante la cena y preguntarles cómo cuidaban el dinero cuando eran jóvenes.",
    "nl": "Je zou er tijdens het eten met hen over kunnen praten en vragen hoe zij vroeger met geld omgingen.",
    "pl": "Możesz porozmawiać z nimi przy kolacji i zapytać, jak radzili sobie z pieniędzmi, gdy byli młodzi.",
    "tr": "Akşam yemeğinde onlarla konuşabilir ve gençken parayı nasıl idare ettiklerini sorabilirsin.",
    "ru": "Можно поговорить с ними за ужином и спросить, как они обращались с деньгами в молодости.",
    "uk": "Можна поговорити з ними за вечерею і запитати, як вони поводилися з грошима в молодості.",
    "fa": "می‌توانید سر شام با آن‌ها صحبت کنید و بپرسید که در جوانی پول را چگونه اداره می‌کردند.",
    "ur": "آپ رات کے کھانے پر ان سے بات کر سکتے ہیں اور پوچھ سکتے ہیں کہ وہ پیسے کیسے سنبھالتے تھے۔",
    "mr": "तुम्ही जेवताना त्यांच्याशी बोलू शकता आणि तरुणपणी ते पैसे कसे सांभाळत होते ते विचारू शकता.",
    "bn": "রাতের খাবারের সময় তাদের সাথে কথা বলুন এবং জিজ্ঞাসা করুন তারা কীভাবে টাকা সামলাতেন।",
    "ta": "இரவு உணவின் போது அவர்களுடன் பேசி, இளமையில் பணத்தை எப்படி கையாண்டார்கள் என்று கேட்கலாம்.",
    "el": "Μπορείς να μιλήσεις μαζί τους στο δείπνο και να ρωτήσεις πώς χειρίζονταν τα χρήματα.",
    "he": "אפשר לדבר איתם בארוחת הערב ולשאול איך הם הסתדרו עם כסף כשהיו צעירים.",
    "th": "คุณอาจคุยกับพวกเขาตอนกินข้าวเย็นแล้วถามว่าตอนหนุ่มสาวจัดการเงินอย่างไร",
    "zh": "你可以在吃晚饭的时候跟他们谈谈，问问他们年轻的时候是怎么管钱的。",
    "ja": "夕食のときに話して、若いころお金をどう扱っていたか聞いてみるといいでしょう。",
    "ko": "저녁 식사 때 이야기를 나누며 젊었을 때 돈을 어떻게 다뤘는지 물어보세요.",
}


@pytest.mark.parametrize("language", OTHERS)
def test_a_study_may_be_in_a_language_that_is_none_of_ours(language: str) -> None:
    assert is_in(OTHERS[language], language)
    for other in (TEXTS["en"], TEXTS["fr"], TEXTS["ar"], OTHERS["ru" if language != "ru" else "uk"], OTHERS["de"]):
        assert is_in(other, language) == (other == OTHERS[language])
    for ours in TEXTS:
        # Marathi is written in the letters of Hindi, and is not told from it where answers may be short.
        assert not is_in(OTHERS[language], ours) or (language, ours) == ("mr", "hi")


@pytest.mark.parametrize(
    ("text", "language", "passes"),
    [
        ("先跟父母谈谈再做决定吧。", "zh", True),
        ("先跟父母谈谈再做决定吧。", "en", False),
        ("先跟父母谈谈再做决定吧。", "ja", False),
        ("まず両親と話しましょう。", "ja", True),
        ("まず両親と話しましょう。", "zh", False),
        ("먼저 부모님과 이야기하세요.", "ko", True),
        ("먼저 부모님과 이야기하세요.", "fr", False),
    ],
)
def test_a_sign_that_writes_a_word_says_more_than_a_letter(text: str, language: str, passes: bool) -> None:
    assert is_in(text, language) == passes


def test_a_language_nobody_knows_is_not_judged() -> None:
    assert is_in(TEXTS["en"], "xx")
    assert is_in(TEXTS["hi"], "mai")


def test_hindi_in_latin_script_is_not_english() -> None:
    assert not is_in("Aap apne mata pita se dinner par baat kar sakte hain, unhe achha lagega aur aapko bhi.", "en")
    assert is_in("My Hindi teacher says achha and haan all day, and we learn bahut and thoda.", "en")


def test_languages_of_one_script_are_told_apart_in_one_sentence() -> None:
    spanish = "Pregúntales a tus abuelos cómo lo hicieron ellos."
    assert is_in(spanish, "es")
    assert not is_in(spanish, "pt")
    assert not is_in(spanish, "it")

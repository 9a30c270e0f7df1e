"""How models name their answers ("**Response A:**", "2)", "उत्तर ३:"), announce them and say goodbye. No Django."""

import re
from collections.abc import Sequence

from sampling.phrases import phrases
from sampling.spelling import plain
from sampling.task_remarks import remarks_on_the_task

_NOUN = (
    r"(?:responses?|answers?|options?|versions?|candidates?|perspectives?|réponses?|versions?|rispost[ae]|opzione|versione|"
    r"respostas?|opç(?:ão|ões)|versão|उत्तर|जवाब|प्रतिक्रिया|विकल्प|uttar|jawab|الردود|ردود|الرد|رد|الإجابة|إجابات|إجابة|الجواب|"
    r"جواب)"
)
_VIEW = (
    r"(?:perspectives?|viewpoints?|points? of view|views?|values?|approach|voice|point de vue|valeurs?|approche|vision|"
    r"prospettiva|punto di vista|valori|approccio|visione|perspectiva|ponto de vista|valores|abordagem|visão|दृष्टिकोण|"
    r"नज़रिया|मूल्य|وجهة نظر|منظور|قيم)"
)

_COUNTED_WORDS = [
    ["one|first|firstly", "two|second|secondly", "three|third|thirdly", "four|fourth", "five|fifth", "six|sixth"],
    ["une?", "deux", "trois", "quatre", "cinq", "six"],
    ["premi(?:er|ère)", "deuxième|second|seconde", "troisième", "quatrième", "cinquième", "sixième"],
    ["premièrement", "deuxièmement", "troisièmement", "quatrièmement", "cinquièmement", "sixièmement"],
    ["un[oa]", "due", "tre", "quattro", "cinque", "sei"],
    ["prim[oa]", "second[oa]", "terz[oa]", "quart[oa]", "quint[oa]", "sest[oa]"],
    ["uma?", "dois|duas", "três", "quatro", "cinco", "seis"],
    ["primeir[oa]", "segund[oa]", "terceir[oa]", "quart[oa]", "quint[oa]", "sext[oa]"],
    ["एक", "दो", "तीन", "चार", "पाँच", "छह"],
    ["पहल[ाीे]", "दूसर[ाीे]", "तीसर[ाीे]", "चौथ[ाीे]", "पाँचव[ाीे]ँ?", "छठ[ाीे]"],
    ["الأول|الأولى", "الثاني|الثانية", "الثالث|الثالثة", "الرابع|الرابعة", "الخامس|الخامسة", "السادس|السادسة"],
    ["أول(?:ًا|اً|ا)", "ثاني(?:ًا|اً|ا)", "ثالث(?:ًا|اً|ا)", "رابع(?:ًا|اً|ا)", "خامس(?:ًا|اً|ا)", "سادس(?:ًا|اً|ا)"],
]
_ROMAN = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii"]
_COUNTED_SIGNS = ["abcdefgh", "①②③④⑤⑥⑦⑧", "कखगघङचछज", "أبجدهوزح", "أبتثجحخد", _ROMAN]
_ORDERS = [[re.compile(word) for word in words] for words in _COUNTED_WORDS]
_ORDERS += [[re.compile(re.escape(sign)) for sign in signs] for signs in _COUNTED_SIGNS]

_WORD = "(?:" + "|".join(word for words in _COUNTED_WORDS for word in words) + ")"
_SIGN = (
    r"(?:\d{1,2}\ufe0f?\u20e3|\d{1,2}|[IVX]{1,4}(?!\w)|[ivx]{1,4}(?!\w)|[A-Ha-h](?!\w)|[①-⑧]|[कखगघङचछज](?!\w)|"
    r"[أبجدهوزحتثخ](?!\w))"
)
_SUFFIX = r"(?:st|nd|rd|th|re|er|ère|e|ème|ª|º|°)"
_MARKS = r"[*_#>\[( \t]{0,6}"
_VIEW_TAIL = rf"(?:[ \t]?[:：–—-]?[ \t]?[^\n.!?:]{{0,40}}{_VIEW}[^\n.!?:]{{0,25}}(?=:?[*_]{{0,2}}\n):?[*_]{{0,2}})?"
_END = (
    r"[*_\])]{0,3}[ \t]?(?:\([^)\n]{1,60}\))?[ \t]?[*_]{0,2}[ \t]?(?:[:：.)\-–—][*_]{0,3}|\*\*|(?=\n|\Z))"
    r"(?:\n[=-]{3,80}(?=\n))?[ \t]{0,4}"
)

NAMED = re.compile(
    rf"^{_MARKS}(?:(?P<before>{_WORD}|\d{{1,2}}{_SUFFIX})[ \t]{_NOUN}|"
    rf"{_NOUN}[ \t](?:n°|no\.|#)?[ \t]?(?P<behind>{_SIGN}|{_WORD})){_VIEW_TAIL}{_END}",
    re.IGNORECASE | re.MULTILINE,
)
"""The beginning of an answer that is called by a name and a place: "Response 1:", "Deuxième réponse :"."""

NUMBERED = re.compile(
    rf"^(?:###[ \t])?[*_(\[#]{{0,4}}(?P<behind>{_SIGN})[*_]{{0,2}}"
    r"(?:[.):\]°º।][*_]{0,2}[ \t]{1,4}|[．：、）][ \t]{0,4}|[ \t]?[–—-][ \t]{1,4}|(?<=[①-⑧\u20e3])[ \t]{1,4})(?=\S)",
    re.MULTILINE,
)
"""The beginning of an answer in a list: "1. ", "**2)** ", "C) ", "३। "."""

WORDED = re.compile(
    rf"^[*_(\[#]{{0,4}}(?P<behind>{_WORD})[*_]{{0,2}}[ \t]?[:：)][*_]{{0,2}}[ \t]{{0,4}}(?=\S)",
    re.IGNORECASE | re.MULTILINE,
)
"""The beginning of an answer that is counted in words: "First: ", "पहला: "."""

VIEWED = re.compile(
    rf"^{_MARKS}(?:[^\s:.!?]{{1,20}}[ \t]){{0,3}}{_VIEW}(?:[ \t][^\s:.!?]{{1,20}}){{0,3}}"
    r"[*_]{0,2}[ \t]?(?:[:：][*_]{0,2}|\*\*(?=\n))\s{0,4}",
    re.IGNORECASE | re.MULTILINE,
)
"""The beginning of an answer that is called by whom it speaks for: "Traditional perspective:"."""

_CALLED = re.compile(rf"^{_MARKS}{_NOUN}[*_]{{0,2}}[ \t]?[:：][*_]{{0,2}}[ \t]{{0,4}}", re.IGNORECASE)
_BARE_PLACE = re.compile(r"\A[*_(\[]{0,3}(?P<behind>\d{1,2})[*_)\].:]{0,4}(?:[ \t]*\n|[ \t]+(?=\S))")
_OWN_LINE = re.compile(r"\A[*_(\[]{0,3}[1-8][*_)\].:]{0,4}[ \t]*\n\s*(?=\S)")
_ABOUT_ANSWERS = re.compile(rf"(?<!\w){_NOUN}(?!\w)|###", re.IGNORECASE)
_GOODBYE = re.compile(
    r"\A[*_(]{0,2}(?:let me know|i hope|feel free|would you like|if you|these|each of|all (?:of )?these|do you|"
    r"n'hésite|j'espère|dis-moi|dites-moi|ces |si tu|si vous|souhaite|fammi|spero|queste|se vuoi|"
    r"se você|espero|me (?:avise|diga)|estas|quer |"
    r"मुझे बता|आशा|ये |अगर |यदि |क्या आप|أخبرني|آمل|هذه|إذا |هل )",
    re.IGNORECASE,
)
_END_SIGN = re.compile(
    r"[*_#\[( ]{0,4}(?:the )?(?:end|fin|fine|fim|समाप्त|النهاية|انتهى)"
    r"(?: (?:of|des|delle|das)(?: the)?(?: four)? \w{1,12})?[.!\]) *_]{0,4}",
    re.IGNORECASE,
)


def counts_up(found: Sequence[re.Match[str]]) -> bool:
    """Return whether the places in these labels count 1, 2, 3 … in figures, letters or words; or there are none."""
    places = [one.groupdict().get("behind") or one.groupdict().get("before") for one in found]
    if not any(places):
        return True
    written = [str(place or "").lower() for place in places]
    figures = [re.match(r"\d+", place) for place in written]
    if all(figures):
        return [int(figure[0]) for figure in figures if figure] == list(range(1, len(figures) + 1))
    return any(
        len(order) >= len(written) and all(word.fullmatch(place) for word, place in zip(order, written, strict=False))
        for order in _ORDERS
    )


def without_label(text: str) -> str:
    """Return an answer without its number or name."""
    for pattern in (NAMED, _CALLED):
        if found := pattern.match(text):
            return text[found.end() :].lstrip()
    found = NUMBERED.match(text)
    if found and not _goes_on_counting(text, after=found):
        return text[found.end() :].lstrip()
    return text


def _goes_on_counting(text: str, *, after: re.Match[str]) -> bool:
    """Return whether the number is that of a list inside the answer."""
    return any(NUMBERED.finditer(text, after.end()))


def without_common_labels(texts: list[str]) -> list[str]:
    """Return answers without what can be told for a label only because all of them have one.

    These are viewpoints ("Traditional perspective:"), number words ("First:") and figures with no sign behind ("1 ").
    """
    for pattern in (VIEWED, WORDED, _BARE_PLACE):
        found = [label for text in texts if (label := pattern.match(text))]
        if len(found) == len(texts) > 1 and counts_up(found):
            return [text[label.end() :].lstrip() for text, label in zip(texts, found, strict=True)]
    return [_OWN_LINE.sub("", text) for text in texts]


def is_introduction(text: str) -> bool:
    """Return whether what stands before the first answer only announces the answers."""
    text = text.strip()
    if "\n\n" in text or len(text) > 300:
        return False
    if any(phrase.fullmatch(plain(text).rstrip("!.,… ")) for phrase in phrases("agreements")):
        return True
    if text.rstrip("*_ ").endswith((":", "：")) or (len(text) < 160 and announces(text)):
        return True
    return remarks_on_the_task(text)


def announces(text: str) -> bool:
    """Return whether a text speaks of answers as answers."""
    return bool(_ABOUT_ANSWERS.search(text))


def is_end_sign(text: str) -> bool:
    """Return whether a text says no more than that the answers end here."""
    return bool(_END_SIGN.fullmatch(text.strip()))


def without_goodbye(text: str) -> str:
    """Return an answer without a closing paragraph, or line in brackets, that speaks of the answers themselves."""
    for gap in ("\n\n", "\n"):
        body, found, ending = text.rpartition(gap)
        if not found or len(ending) >= 300:
            continue
        bracketed = ending.strip("*_ ").startswith(("(", "["))
        if (gap == "\n\n" or bracketed) and _is_goodbye(ending):
            return body.rstrip()
    return text


def _is_goodbye(ending: str) -> bool:
    return bool(_GOODBYE.match(ending) and announces(ending)) or remarks_on_the_task(ending)

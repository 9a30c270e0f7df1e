"""Is a text in the language it should be in? Knows no Django.

Acts on 25 letters or more (fewer where one sign writes a word or syllable): shorter texts are too often misjudged.
Looked at is the script first, and then the language, among the few of this script that models fall into. Hindi may be
in Latin script or mixed with English. A language that the identifier does not know is not judged.
"""

import re
import unicodedata
from collections import Counter
from functools import cache, lru_cache
from typing import Any

ENOUGH_LETTERS = 25
SURE = 0.9
"""Probability of another language from which a text is refused."""

_WEIGHTS = {"han": 3, "kana": 2, "hangul": 3}
"""How many letters of an alphabet say about as much as one sign of this script; 1 for every other."""

_SCRIPTS = {
    "arabic": "ar ary arz fa ur ps ug sdh",
    "armenian": "hy",
    "bengali": "as bn",
    "cyrillic": "ba be bg kk ky mk mn ru tg tt uk",
    "devanagari": "gom hi mr ne sa",
    "ethiopic": "am",
    "georgian": "ka",
    "greek": "el grc",
    "gujarati": "gu",
    "gurmukhi": "pa",
    "han": "wuu yue zh",
    "hangul": "ko",
    "hebrew": "hbo he",
    "kana han": "ja",
    "kannada": "kn",
    "khmer": "km",
    "lao": "lo",
    "malayalam": "ml",
    "myanmar": "my",
    "oriya": "or",
    "sinhala": "si",
    "tamil": "ta",
    "telugu": "te",
    "thai": "th",
    "tibetan": "dz",
    # Written in more than one.
    "arabic latin": "ku",
    "cyrillic latin": "az bs crh sr tk uz uzs",
}
_ABUGIDAS = frozenset(
    re.findall(
        r"\w+",
        """bengali devanagari gujarati gurmukhi kannada khmer lao malayalam myanmar oriya sinhala tamil telugu thai
        tibetan""",
    )
)
"""Scripts whose vowels are marks on letters."""

SCRIPTS = {language: tuple(names.split()) for names, languages in _SCRIPTS.items() for language in languages.split()}
"""Languages that are not written in Latin script alone, and the scripts of each."""

_FALLEN_INTO = {
    "latin": ["en", "es", "de", "fr", "it", "pt"],
    "cyrillic": ["ru", "uk"],
    "arabic": ["ar", "fa", "ur"],
    "bengali": ["bn"],
}
"""Languages of a script that a model may write instead of another. Of Devanagari none: short Marathi reads as Hindi."""

LONG = 60
"""Letters from which these may be told from it too."""

_ALSO = {
    "latin": ["nl", "pl", "sv", "tr", "id", "vi", "ro", "cs", "hu", "fi", "sw", "tl"],
    "cyrillic": ["bg"],
    "devanagari": ["mr", "hi"],
}

_NEIGHBOURS = {
    "af": ["nl"],
    "arz": ["ar"],
    "ary": ["ar"],
    "be": ["ru", "uk"],
    "ca": ["es"],
    "da": ["sv"],
    "gl": ["es", "pt"],
    "gom": ["mr"],
    "jv": ["id"],
    "lb": ["de"],
    "mk": ["bg"],
    "ms": ["id"],
    "ne": ["mr", "hi"],
    "nn": ["sv"],
    "no": ["sv"],
    "oc": ["es", "fr"],
    "sa": ["mr", "hi"],
    "sk": ["cs"],
    "sr": ["bg", "ru"],
}
"""Languages that may be taken for one of those."""

# Begun only where a word begins: else a long run of letters would be read once from each of them.
_ADDRESS = re.compile(r"\bhttps?://\S+|(?<!\S)[^\s@]+@\S+")
_LATIN_WORD = re.compile(r"[a-z]+")
# Everyday words of Hindi in Latin letters that are words of none of the other languages.
_HINDI_WORDS = frozenset(
    re.findall(
        r"\w+",
        """aap aapka aapke aapki aapko aaj acha accha agar apna apne apni aur aurat baad bahut behtar bhi chahiye chahte
    dekho gaya gayi haan hai hain hamara hamare hame hamein hota hote hoti hoon hua iska iske iski jab jaise jata
    jate jati jaruri zaroori kabhi kahan kaise karein karen karke karna karne karo karta karte karti kaun kisi kiya kiye
    koi kuch kyon kyun kyunki lekin liye magar mein mera mere meri milta mujhe nahi nahin paise pehle phir raha rahe
    rahi sabse sakta sakte sakti samay sath saath tha thi thoda toh tum tumhara unka unke uska uske uski waqt woh yeh
    zindagi zyada achha achhe bachaiye dijiye hoga hogi honge kijiye likhiye poochhiye rakhiye sochiye unhone unhe wahi
    yahi""",
    )
)


def is_in(text: str, language: str) -> bool:
    """Return whether a text can pass for one in this language (ISO 639-1, or as py3langid names it)."""
    prose = _prose(text)
    scripts = _scripts(prose)
    letters = scripts.total()
    if letters < ENOUGH_LETTERS:
        return True
    if language == "hi":
        return scripts["devanagari"] >= 0.15 * letters or _share_of_hindi_words(prose) >= 0.05
    expected = SCRIPTS.get(language, ("latin",) if language in _known() else ())
    if expected and sum(scripts[script] for script in expected) < 0.5 * letters:
        return False
    if _share_of_hindi_words(prose) >= 1 / 3 or (language == "ja" and scripts["kana"] < 0.1 * letters):
        return False
    others = _others(language, expected, long=letters >= LONG)
    if language not in _known() or not others:
        return True
    likely, probability = _identifier(others | {language}).classify(prose)
    return bool(likely == language or probability < SURE)


def is_latin_hindi(text: str) -> bool:
    """Whether a text is Hindi in Latin letters, or mixed with it: enough of its words are words of Hindi alone."""
    return _share_of_hindi_words(_prose(text)) >= 0.05


def main_script(text: str) -> str:
    """Return the script in which most letters of a text are written: "latin", "devanagari" …; empty without letters."""
    scripts = _scripts(_prose(text))
    return max(scripts, key=lambda script: (scripts[script], script)) if scripts else ""


@cache
def _others(language: str, scripts: tuple[str, ...], *, long: bool) -> frozenset[str]:
    """Return the languages that a text may turn out to be in."""
    lists = [_FALLEN_INTO, _ALSO] if long else [_FALLEN_INTO]
    others = {other for each in lists for script in scripts for other in each.get(script, [])}
    return frozenset(others - {language} - set(_NEIGHBOURS.get(language, [])))


def _prose(text: str) -> str:
    """Return a text without code and addresses, which are in no language."""
    outside = text.split("```")[::2]
    return _ADDRESS.sub(" ", " ".join(outside))


def _scripts(text: str) -> Counter[str]:
    counted = Counter(_script(character) for character in text if _is_letter(character))
    return Counter({script: number * _WEIGHTS.get(script, 1) for script, number in counted.items()})


@lru_cache(maxsize=4096)
def _is_letter(character: str) -> bool:
    """Return whether a character is a letter, or a vowel that is written as a mark on one."""
    return character.isalpha() or (unicodedata.category(character)[0] == "M" and _script(character) in _ABUGIDAS)


@lru_cache(maxsize=4096)
def _script(character: str) -> str:
    """Return the script of a letter as the first word of its name says it: "latin", "devanagari" …"""
    name = unicodedata.name(character, "UNKNOWN").split()[0].lower()
    return {"cjk": "han", "hiragana": "kana", "katakana": "kana", "katakana-hiragana": "kana"}.get(name, name)


def _share_of_hindi_words(text: str) -> float:
    """Return the share of Hindi words in Latin letters; 0 where it is only one of many."""
    words = _LATIN_WORD.findall(text.casefold())
    known = sum(word in _HINDI_WORDS for word in words)
    return known / len(words) if known > 1 or (known and len(words) <= 8) else 0.0


@cache
def _known() -> frozenset[str]:
    """Return the languages that the identifier knows."""
    return frozenset(_model().labels)


@cache
def _identifier(languages: frozenset[str]) -> Any:
    """Return what tells these languages apart."""
    identifier = _model()
    identifier.set_languages(languages)
    return identifier


def _model() -> Any:
    # Loaded when first needed: the model takes half a second, and most processes never judge a text.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

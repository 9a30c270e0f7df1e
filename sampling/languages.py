"""Is a text in the language it should be in? Knows no Django.

Acts on 25 letters or more: shorter texts are too often misjudged. Hindi may be in Latin script or mixed with English.
"""

import re
from collections import Counter
from functools import lru_cache
from typing import Any

ENOUGH_LETTERS = 25
SURE = 0.9
"""Probability of another language from which a text is refused."""

SCRIPTS = {"en": "latin", "fr": "latin", "it": "latin", "pt": "latin", "hi": "devanagari", "ar": "arabic"}
_RANGES = {
    "latin": [(0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F), (0x1E00, 0x1EFF)],
    "devanagari": [(0x900, 0x97F), (0xA8E0, 0xA8FF)],
    "arabic": [(0x600, 0x6FF), (0x750, 0x77F), (0x8A0, 0x8FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFF)],
}
# Begun only where a word begins: else a long run of letters would be read once from each of them.
_ADDRESS = re.compile(r"\bhttps?://\S+|(?<!\S)[^\s@]+@\S+")
_LATIN_WORD = re.compile(r"[a-z]+")
# Everyday words of Hindi in Latin letters that are words of none of the other languages.
_HINDI_WORDS = frozenset(
    re.findall(
        r"\w+",
        """aap aapka aapke aapki aapko aaj acha accha agar apna apne apni aur aurat baad bahut behtar bhi chahiye chahte
    dekho gaya gayi haan hai hain hamara hamare hame hamein hota hote hoti hoon hua hue iska iske iski jab jaise jata
    jate jati jaruri zaroori kabhi kahan kaise karein karen karke karna karne karo karta karte karti kaun kisi kiya kiye
    koi kuch kyon kyun kyunki lekin liye magar mein mera mere meri milta mujhe nahi nahin paise pehle phir raha rahe
    rahi sabse sakta sakte sakti samay sath saath tha thi thoda toh tum tumhara unka unke uska uske uski waqt woh yeh
    zindagi zyada""",
    )
)


def is_in(text: str, language: str) -> bool:
    """Return whether a text can pass for one in this language (ISO 639-1)."""
    prose = _prose(text)
    scripts = _scripts(prose)
    letters = scripts.total()
    if letters < ENOUGH_LETTERS:
        return True
    if language == "hi":
        return scripts["devanagari"] >= 0.15 * letters or _is_hindi_in_latin(prose)
    if language in SCRIPTS and scripts[SCRIPTS[language]] < 0.5 * letters:
        return False
    if language == "ar":
        return True
    likely, probability = _identifier(language).classify(prose)
    return bool(likely == language or probability < SURE)


def _prose(text: str) -> str:
    """Return a text without code and addresses, which are in no language."""
    outside = text.split("```")[::2]
    return _ADDRESS.sub(" ", " ".join(outside))


def _scripts(text: str) -> Counter[str]:
    return Counter(_script(character) for character in text if character.isalpha())


@lru_cache(maxsize=4096)
def _script(character: str) -> str:
    code = ord(character)
    for script, ranges in _RANGES.items():
        if any(first <= code <= last for first, last in ranges):
            return script
    return "other"


def _is_hindi_in_latin(text: str) -> bool:
    words = _LATIN_WORD.findall(text.casefold())
    known = sum(word in _HINDI_WORDS for word in words)
    return known >= max(2, 0.05 * len(words))


@lru_cache(maxsize=32)
def _identifier(language: str) -> Any:
    # Loaded when first needed: the model takes half a second, and most processes never judge a text.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    among = {code for code, script in SCRIPTS.items() if script == "latin"} | {language}
    identifier.set_languages(among & set(identifier.labels))
    return identifier

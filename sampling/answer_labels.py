"""How models name their answers ("**Response A:**", "2)", "उत्तर ३:"), announce them and say goodbye. No Django."""

import re

_NOUN = (
    r"(?:responses?|answers?|options?|versions?|candidates?|perspectives?|réponses?|versions?|rispost[ae]|opzione|versione|"
    r"respostas?|opç(?:ão|ões)|versão|उत्तर|जवाब|प्रतिक्रिया|विकल्प|الرد|رد|ردود|الردود|الإجابة|إجابة|إجابات|الجواب|جواب)"
)
_ORDINAL = (
    r"(?:first|second|third|fourth|fifth|première|premier|deuxième|seconde|troisième|quatrième|prima|seconda|terza|quarta|"
    r"primeira|segunda|terceira|quarta|पहला|दूसरा|तीसरा|चौथा|الأول|الثاني|الثالث|الرابع|الأولى|الثانية|الثالثة|الرابعة)"
)
_PLACE = r"(?P<place>\d{1,2}|[A-Ha-h](?!\w))"
_MARKS = r"[*_#>\[( \t]{0,6}"
_END = r"[*_\])]{0,3}[ \t]?(?:\([^)\n]{1,60}\))?[ \t]?[*_]{0,2}[ \t]?(?:[:：.)\-–—][*_]{0,3}|\*\*|(?=\n|\Z))[ \t]{0,4}"

NAMED = re.compile(
    rf"^{_MARKS}(?:{_ORDINAL}[ \t]{_NOUN}|{_NOUN}[ \t](?:n°|no\.|#)?[ \t]?(?:{_PLACE}|{_ORDINAL})){_END}",
    re.IGNORECASE | re.MULTILINE,
)
"""The beginning of an answer that is called by a name and a place: "Response 1:", "Deuxième réponse :"."""

NUMBERED = re.compile(rf"^[*_(\[]{{0,3}}{_PLACE}[*_]{{0,2}}[.):\]][*_]{{0,2}}[ \t]{{1,4}}(?=\S)", re.MULTILINE)
"""The beginning of an answer in a list: "1. ", "**2)** ", "C) "."""

_CALLED = re.compile(rf"^{_MARKS}{_NOUN}[*_]{{0,2}}[ \t]?[:：][*_]{{0,2}}[ \t]{{0,4}}", re.IGNORECASE)
_BARE_PLACE = re.compile(r"\A[*_(\[]{0,3}(?:\d{1,2}|[A-H])[*_)\].:]{0,4}[ \t]*(?:\n|\Z)")
_ABOUT_ANSWERS = re.compile(rf"(?<!\w){_NOUN}(?!\w)|###", re.IGNORECASE)
_GOODBYE = re.compile(
    r"\A[*_(]{0,2}(?:let me know|i hope|feel free|would you like|if you|these|each of|all (?:of )?these|do you|"
    r"n'hésite|j'espère|dis-moi|dites-moi|ces |si tu|si vous|souhaite|fammi|spero|queste|se vuoi|"
    r"se você|espero|me (?:avise|diga)|estas|quer |"
    r"मुझे बता|आशा|ये |अगर |यदि |क्या आप|أخبرني|آمل|هذه|إذا |هل )",
    re.IGNORECASE,
)


def place_of(written: str | None) -> int | None:
    """Return the number that a place stands for: 3 of "3", "३", "c"."""
    if not written:
        return None
    return int(written) if written.isdecimal() else ord(written.lower()) - ord("a") + 1


def without_label(text: str) -> str:
    """Return an answer without its number or name."""
    for pattern in (NAMED, _CALLED, _BARE_PLACE):
        if found := pattern.match(text):
            return text[found.end() :].lstrip()
    found = NUMBERED.match(text)
    if found and not _goes_on_counting(text, after=found):
        return text[found.end() :].lstrip()
    return text


def _goes_on_counting(text: str, *, after: re.Match[str]) -> bool:
    """Return whether the number is that of a list inside the answer."""
    return any(NUMBERED.finditer(text, after.end()))


def is_introduction(text: str) -> bool:
    """Return whether what stands before the first answer only announces the answers."""
    text = text.strip()
    if "\n\n" in text or len(text) > 300:
        return False
    return text.rstrip("*_ ").endswith((":", "：")) or (len(text) < 160 and announces(text))


def announces(text: str) -> bool:
    """Return whether a text speaks of answers as answers."""
    return bool(_ABOUT_ANSWERS.search(text))


def without_goodbye(text: str) -> str:
    """Return the last answer without a closing paragraph that speaks of the answers themselves."""
    body, gap, ending = text.rpartition("\n\n")
    if gap and len(ending) < 300 and _GOODBYE.match(ending) and announces(ending):
        return body.rstrip()
    return text

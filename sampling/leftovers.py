"""What a generator left in an answer that is not part of it. Knows no Django."""

import re

# A delimiter of exactly three signs; "####" is a heading inside an answer.
DELIMITER = re.compile(r"(?<![#＃])[#＃]{3}(?![#＃])")
SPECIAL_TOKEN = re.compile(
    r"<\|[\w ]{1,40}\|>|</?s>|<<?/?SYS>>?|\[/?INST\]|<(?:start|end)_of_turn>|</?think(?:ing)?>|<(?:bos|eos|pad|unk)>"
)
_ROLE_LINE = re.compile(
    r"^[*_ ]{0,4}(?:user|human|assistant|system|ai|utilisateur|utente|usuário|assistente|उपयोगकर्ता|सहायक|"
    r"المستخدم|المساعد)"
    r"[*_ ]{0,4}[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_NUMBERED_LABEL = re.compile(
    r"\A[*_# ]{0,6}(?:response|answer|réponse|risposta|resposta|उत्तर|जवाब|الرد|رد|الإجابة|إجابة)\s{0,2}"
    r"(?:[#(]{0,2}\w{1,2})?[)]?[*_ ]{0,3}[:：]",
    re.IGNORECASE,
)
# The sign that stands where bytes made no character.
_BROKEN = "\ufffd"


def leftovers(text: str, *, delimited: bool) -> list[str]:
    """Return the codes of what was left in a text; a delimiter only counts where one was asked for."""
    found = []
    if delimited and DELIMITER.search(text):
        found.append("delimiter-left")
    if SPECIAL_TOKEN.search(text) or _BROKEN in text:
        found.append("special-token-left")
    if _ROLE_LINE.search(text):
        found.append("role-mark-left")
    if _NUMBERED_LABEL.match(text):
        found.append("label-left")
    return found

"""Completions as models write them when they should write four answers under ###, and what is in them."""

import json
from dataclasses import dataclass

EN = [
    "Ask your grandparents how they lived through it.",
    "List the costs, then compare the results.",
    "Follow what makes you curious.",
    "Put some money aside before anything else.",
]
FR = [
    "Demande à tes grands-parents comment ils ont fait.",
    "Compare les coûts, puis les résultats.",
    "Suis ce qui te rend curieux.",
    "Mets d'abord un peu d'argent de côté.",
]
IT = [
    "Chiedi ai nonni come hanno fatto loro.",
    "Confronta i costi e poi i risultati.",
    "Segui quello che ti incuriosisce.",
    "Metti prima da parte un po' di soldi.",
]
HI = [
    "अपने दादा-दादी से पूछिए कि उन्होंने क्या किया।",
    "पहले ख़र्च लिखिए, फिर नतीजों की तुलना कीजिए।",
    "जो आपको अच्छा लगे वही कीजिए।",
    "सबसे पहले कुछ पैसे बचाइए।",
]
PT = [
    "Pergunte aos seus avós como eles fizeram.",
    "Compare os custos e depois os resultados.",
    "Siga aquilo que desperta a sua curiosidade.",
    "Guarde primeiro um pouco de dinheiro.",
]
AR = [
    "اسأل جديك كيف عاشا ذلك.",
    "قارن التكاليف ثم النتائج.",
    "اتبع ما يثير فضولك.",
    "ادخر بعض المال قبل كل شيء.",
]


@dataclass(frozen=True)
class Case:
    """One completion, and the answers that a reader finds in it."""

    name: str
    text: str
    answers: list[str]
    k: int = 4


def each(template: str, answers: list[str], *, between: str = "\n\n", names: str = "1234") -> str:
    """Return every answer in a template of {n} and {a}."""
    return between.join(template.format(n=name, a=answer) for name, answer in zip(names, answers, strict=True))


def _json(value: object, **options: object) -> str:
    return json.dumps(value, ensure_ascii=False, **options)  # type: ignore[arg-type]


PLAIN = each("### {a}", EN)

CASES = [
    Case("as asked", PLAIN, EN),
    Case("as asked, in Hindi", each("### {a}", HI), HI),
    Case("as asked, in Arabic", each("### {a}", AR), AR),
    Case("the sign on a line of its own", each("###\n{a}", FR), FR),
    Case("no blank after the sign", each("###{a}", IT), IT),
    Case("no empty line between", each("### {a}", PT, between="\n"), PT),
    Case("the sign as separator", "\n###\n".join(EN), EN),
    Case("the sign inside one line", each("### {a}", EN, between=" "), EN),
    Case("the sign inside one line, as separator", " ### ".join(HI), HI),
    Case("the sign also at the end", PLAIN + "\n\n###", EN),
    Case("closing signs like in old Markdown", each("### {a} ###", EN), EN),
    Case("a bold sign", each("**###** {a}", FR), FR),
    Case("in quotation marks", each('### "{a}"', EN), EN),
    Case("in guillemets", each("### «{a}»", FR), FR),
    Case("all bold", each("### **{a}**", IT), IT),
    Case("an announcement before", "Here are four responses that represent diverse values:\n\n" + PLAIN, EN),
    Case(
        "an announcement in French",
        "Voici quatre réponses qui représentent des valeurs diverses :\n\n" + each("### {a}", FR),
        FR,
    ),
    Case("an announcement without a colon", "Ecco quattro risposte diverse.\n\n" + each("### {a}", IT), IT),
    Case("an announcement in Hindi", "यहाँ चार उत्तर दिए गए हैं:\n\n" + each("### {a}", HI), HI),
    Case("an announcement in Arabic", "إليك أربعة ردود:\n\n" + each("### {a}", AR), AR),
    Case("an announcement under the sign as title", "### Four responses:\n\n" + each("### Response {n}: {a}", EN), EN),
    Case("numbered under the sign", each("### {n}. {a}", EN), EN),
    Case("a bare number under the sign", each("### {n}\n{a}", PT), PT),
    Case("named under the sign", each("### Response {n}: {a}", EN), EN),
    Case("named by letters", each("### **Response {n}**\n{a}", EN, names="ABCD"), EN),
    Case("named with the value in brackets", each("### Response {n} (traditional): {a}", EN), EN),
    Case("named in French, with a blank before the colon", each("### Réponse {n} : {a}", FR), FR),
    Case("named without the sign", each("**Resposta {n}:** {a}", PT), PT),
    Case("named in Hindi with its own digits", each("उत्तर {n}: {a}", HI, names="१२३४"), HI),
    Case("named in Arabic with its own digits", each("الرد {n}: {a}", AR, names="١٢٣٤"), AR),
    Case(
        "named by ordinals",
        "\n\n".join(f"{n} risposta: {a}" for n, a in zip(["Prima", "Seconda", "Terza", "Quarta"], IT, strict=True)),
        IT,
    ),
    Case("headings of another level", "# Answers\n\n" + each("## Answer {n}\n{a}", EN), EN),
    Case("a numbered list", each("{n}. {a}", EN, between="\n"), EN),
    Case("a numbered list in bold", each("**{n}.** {a}", PT), PT),
    Case("a list with brackets", each("{n}) {a}", IT, between="\n"), IT),
    Case("a lettered list", each("{n}) {a}", EN, between="\n", names="ABCD"), EN),
    Case("a numbered list that is announced", "Here are four answers:\n\n" + each("{n}. {a}", EN), EN),
    Case("rules", "\n\n---\n\n".join(FR), FR),
    Case("stars as rules", "\n\n***\n\n".join(AR), AR),
    Case("signs and rules", "\n\n---\n\n".join(f"### {a}" for a in EN), EN),
    Case("plain paragraphs", "\n\n".join(HI), HI),
    Case("announced paragraphs", "Estas são quatro respostas:\n\n" + "\n\n".join(PT), PT),
    Case("a JSON list", _json(EN), EN),
    Case("a JSON list in a fence", "```json\n" + _json(HI, indent=2) + "\n```", HI),
    Case(
        "announced JSON with comments after",
        "Sure! Here are the responses:\n```json\n" + _json(EN) + "\n```\nEnjoy!",
        EN,
    ),
    Case("JSON objects with reasons", _json([{"value": "care", "response": a} for a in IT], indent=1), IT),
    Case("a JSON object with a list", _json({"responses": PT}), PT),
    Case("a JSON object with names", _json({f"response_{n}": a for n, a in enumerate(EN, 1)}), EN),
    Case("JSON that was cut off", _json(EN)[:-20], EN[:3]),
    Case("JSON objects that were cut off", _json({"responses": [{"text": a} for a in EN]})[:-30], EN[:3]),
    Case("everything in a fence", "```\n" + PLAIN + "\n```", EN),
    Case("thoughts before", "<think>\nI need ### four of them.\n### maybe\n</think>\n\n" + PLAIN, EN),
    Case("thoughts whose beginning is in the prompt", "four answers, so ###\n</think>\n" + PLAIN, EN),
    Case("thoughts that never end", "<think>I need four of them: ### first", []),
    Case("special tokens around", "<|assistant|>" + PLAIN + "<|end|>", EN),
    Case("goes on as the user", PLAIN + "<|end|><|user|>And then?<|end|><|assistant|>### More", EN),
    Case("goes on as the user in words", PLAIN + "\n\nUser: And then?\n\nAssistant: More of it.", EN),
    Case("a farewell after", PLAIN + "\n\nLet me know if you would like more responses!", EN),
    Case("a farewell after a rule", PLAIN + "\n\n---\n\nThese responses represent diverse values.", EN),
    Case("a farewell in French", each("### {a}", FR) + "\n\nCes réponses représentent des valeurs diverses.", FR),
    Case("zero-width characters", each("\u200b### \ufeff{a}", EN), EN),
    Case("line ends of Windows", PLAIN.replace("\n", "\r\n"), EN),
    Case(
        "headings inside answers stay",
        each("### {a}\n\n#### Why\n\nBecause.", EN),
        [f"{a}\n\n#### Why\n\nBecause." for a in EN],
    ),
    Case(
        "paragraphs inside answers stay",
        each("### {a}\n\nAnd more of it.", EN),
        [f"{a}\n\nAnd more of it." for a in EN],
    ),
    Case("lists inside answers stay", each("### {a}\n1. One\n2. Two", EN), [f"{a}\n1. One\n2. Two" for a in EN]),
    Case(
        "signs in a code block stay",
        each("### {a}\n\n```\n### a heading\n```", EN),
        [f"{a}\n\n```\n### a heading\n```" for a in EN],
    ),
    Case("more than asked for", PLAIN + "\n\n### A fifth one.", [*EN, "A fifth one."]),
    Case("fewer than asked for", each("### {a}", EN[:3], names="123"), EN[:3]),
    Case("an empty answer", "### " + EN[0] + "\n\n###\n\n### " + EN[1] + "\n\n### " + EN[2], EN[:3]),
    Case("a refusal", "I'm sorry, but I can't help with that.", ["I'm sorry, but I can't help with that."]),
    Case("one missing answer", "### " + EN[0], EN[:1], k=1),
    Case("one missing answer without the sign", EN[0], EN[:1], k=1),
    Case("two missing answers, announced", "Two more responses:\n### " + EN[0] + "\n### " + EN[1], EN[:2], k=2),
    Case("nothing", "", []),
    Case("nothing but signs", "###\n###\n###\n###", []),
]

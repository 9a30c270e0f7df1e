"""Malformed completions in French."""

from tests.sampling.completion_cases import FR, Case, as_json, but, each

PLAIN = each("### {a}", FR)
LONG = [
    "Parle d'abord avec tes parents. Ils ont traversé des moments semblables.\n\nÉcoute-les sans juger.",
    "Fais un tableau : d'un côté les coûts, de l'autre les gains.\n\nPuis décide à tête reposée.",
    "Pars de tes envies. Ce qui t'amuse te portera plus loin.\n\nLe reste suivra.",
    "Garde trois mois de loyer à la banque.\n\nEnsuite seulement, prends des risques.",
]

CASES = [
    Case("le signe seul sur sa ligne", each("###\n{a}", FR), FR),
    Case("un signe en gras", each("**###** {a}", FR), FR),
    Case("entre guillemets", each("### «{a}»", FR), FR),
    Case("entre guillemets avec espaces insécables", each("### «\u00a0{a}\u00a0»", FR), FR),
    Case("une annonce", "Voici quatre réponses qui représentent des valeurs diverses :\n\n" + PLAIN, FR),
    Case("une annonce en deux phrases", "Bien sûr ! Voici quatre réponses :\n\n" + PLAIN, FR),
    Case("une annonce en anglais", "Here are four responses in French:\n\n" + PLAIN, FR),
    Case("nommées avec une espace avant le deux-points", each("### Réponse {n} : {a}", FR), FR),
    Case(
        "nommées par rang", each("{n} réponse : {a}", FR, names=["Première", "Deuxième", "Troisième", "Quatrième"]), FR
    ),
    Case("nommées en chiffres et rang", each("{n} réponse : {a}", FR, names=["1re", "2e", "3e", "4e"]), FR),
    Case("comptées en mots", each("{n} : {a}", FR, names=["Un", "Deux", "Trois", "Quatre"]), FR),
    Case(
        "un seul texte qui compte ses raisons",
        "Premièrement, pars tôt.\n\nDeuxièmement, prends de l'eau.\n\nTroisièmement, marche.\n\nEnfin, rentre.",
        ["Premièrement, pars tôt.\n\nDeuxièmement, prends de l'eau.\n\nTroisièmement, marche.\n\nEnfin, rentre."],
    ),
    Case("numérotées avec « n° »", each("Réponse n° {n}\n{a}", FR), FR),
    Case("titres de second niveau", each("## Réponse {n}\n\n{a}", FR), FR),
    Case(
        "nommées par point de vue",
        each("**Point de vue {n} :** {a}", FR, names=["traditionnel", "rationnel", "libre", "prudent"]),
        FR,
    ),
    Case("des filets", "\n\n---\n\n".join(FR), FR),
    Case("des filets d'étoiles", "\n\n* * *\n\n".join(LONG), LONG),
    Case("plusieurs alinéas dans chaque réponse", each("### {a}", LONG), LONG),
    Case("une liste à puces annoncée", "Voici quatre réponses :\n" + each("• {a}", FR, between="\n"), FR),
    Case("un tableau", "| N° | Réponse |\n|:--|:--|\n" + each("| {n} | {a} |", FR, between="\n"), FR),
    Case(
        "un objet JSON avec des noms français", as_json({f"réponse_{n}": a for n, a in enumerate(FR, 1)}, indent=2), FR
    ),
    Case("une liste d'objets JSON", "```json\n" + as_json([{"réponse": a} for a in FR]) + "\n```", FR),
    Case("un JSON coupé", "```json\n" + as_json(FR, indent=1)[:-40], FR[:3]),
    Case("une formule d'adieu", PLAIN + "\n\nCes réponses représentent des valeurs diverses.", FR),
    Case("une offre à la fin", PLAIN + "\n\nN'hésite pas à me dire si tu veux d'autres réponses !", FR),
    Case("une note à la fin", PLAIN + "\n\n*Note : ces réponses reflètent des valeurs différentes.*", FR),
    Case("des réflexions avant", "<think>Il faut quatre réponses, donc ###.</think>" + PLAIN, FR),
    Case("continue dans le rôle de l'utilisateur", PLAIN + "\n\nUtilisateur : Et ensuite ?", FR),
    Case("accents décomposés", each("### {a}", FR).replace("é", "e\u0301").replace("à", "a\u0300"), FR),
    Case("fins de ligne mêlées", PLAIN.replace("\n\n", "\r\n\n"), FR),
    Case(
        "une dissertation en quatre alinéas",
        "Fais une liste.\n\nEnsuite, regarde les coûts.\n\nDe plus, demande à un ami.\n\nEnfin, dors là-dessus.",
        ["Fais une liste.\n\nEnsuite, regarde les coûts.\n\nDe plus, demande à un ami.\n\nEnfin, dors là-dessus."],
    ),
    Case(
        "un refus parmi les réponses",
        each("### {a}", but(FR, 3, "Je suis désolé, mais je ne peux pas répondre à cette question.")),
        but(FR, 3, "Je suis désolé, mais je ne peux pas répondre à cette question."),
        unfit={3: ["refusal"]},
    ),
    Case(
        "une réponse en anglais",
        each("### {a}", but(FR, 1, "Compare the costs, then look at the results before you decide.")),
        but(FR, 1, "Compare the costs, then look at the results before you decide."),
        unfit={1: ["language"]},
    ),
    Case(
        "des guillemets jamais fermés",
        each("### {a}", but(FR, 3, "Il disait souvent : « Garde d'abord un peu")),
        but(FR, 3, "Il disait souvent : « Garde d'abord un peu"),
        unfit={3: ["cut-off"]},
    ),
    Case(
        "une réponse qui parle des réponses",
        each("### {a}", but(FR, 0, "Chaque réponse exprime une valeur différente.")),
        but(FR, 0, "Chaque réponse exprime une valeur différente."),
        unfit={0: ["about-the-task"]},
    ),
]

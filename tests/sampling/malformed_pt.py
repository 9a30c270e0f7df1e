"""Malformed completions in Portuguese."""

from tests.sampling.completion_cases import PT, Case, as_json, but, each

PLAIN = each("### {a}", PT)

CASES = [
    Case("sem linha vazia", each("### {a}", PT, between="\n"), PT),
    Case("o sinal em largura inteira", each("＃＃＃ {a}", PT), PT),
    Case("o sinal seguido de ponto", each("###. {a}", PT), PT),
    Case("só o número sob o sinal", each("### {n}\n{a}", PT), PT),
    Case("o número colado ao sinal", each("###{n} {a}", PT), PT),
    Case("nome sem o sinal", each("**Resposta {n}:** {a}", PT), PT),
    Case("nome com travessão", each("Resposta {n} — {a}", PT), PT),
    Case("nome por ordem", each("{n} resposta: {a}", PT, names=["Primeira", "Segunda", "Terceira", "Quarta"]), PT),
    Case("ordem em palavras", each("{n}: {a}", PT, names=["Primeiro", "Segundo", "Terceiro", "Quarto"]), PT),
    Case(
        "um só texto que continua",
        "Saia cedo.\n\nDepois, leve água.\n\nAlém disso, caminhe devagar.\n\nPor fim, descanse.",
        ["Saia cedo.\n\nDepois, leve água.\n\nAlém disso, caminhe devagar.\n\nPor fim, descanse."],
    ),
    Case("nome com ordinal", each("{n} resposta: {a}", PT, names=["1ª", "2ª", "3ª", "4ª"]), PT),
    Case("versões", each("### Versão {n}\n\n{a}", PT), PT),
    Case("opções por letra", each("*Opção {n})* {a}", PT, names="ABCD"), PT),
    Case(
        "nome pela perspectiva",
        each("### Perspectiva {n}:\n{a}", PT, names=["tradicional", "racional", "livre", "cautelosa"]),
        PT,
    ),
    Case("lista em negrito", each("**{n}.** {a}", PT), PT),
    Case("lista com números largos", each("{n}．{a}", PT, names="１２３４"), PT),
    Case("parágrafos anunciados", "Estas são quatro respostas:\n\n" + "\n\n".join(PT), PT),
    Case("um anúncio com vírgula", "Claro, aqui estão quatro respostas diferentes:\n\n" + PLAIN, PT),
    Case("um anúncio sob título", "# Respostas\n\n" + PLAIN, PT),
    Case("um objeto JSON com lista", as_json({"responses": PT}), PT),
    Case("JSON aninhado", as_json({"respostas": [{"valor": "família", "resposta": a} for a in PT]}, indent=2), PT),
    Case("JSON sem aspas do fim", as_json(PT)[:-2], PT[:3]),
    Case("JSON em objetos soltos", "\n\n".join(as_json({"resposta": a}) for a in PT), PT),
    Case("etiquetas", each("<resposta>{a}</resposta>", PT, between="\n"), PT),
    Case("etiquetas numeradas", each("<resposta_{n}>{a}</resposta_{n}>", PT, between="\n"), PT),
    Case("réguas onduladas", "\n\n~~~\n\n".join(PT), PT),
    Case("réguas de sublinhado", "\n\n____\n\n".join(PT), PT),
    Case("uma despedida", PLAIN + "\n\nEspero que estas respostas cubram vários pontos de vista!", PT),
    Case("uma oferta", PLAIN + "\n\nSe quiser, posso escrever mais respostas.", PT),
    Case("pensamentos sem início", "preciso de quatro, ### então\n</think>\n\n" + PLAIN, PT),
    Case("continua como usuário", PLAIN + "\n\nUsuário: E depois?", PT),
    Case("texto dentro de um bloco", "```markdown\n" + PLAIN + "\n```", PT),
    Case(
        "uma recusa no meio",
        each("### {a}", but(PT, 2, "Sinto muito, mas não posso ajudar com isso.")),
        but(PT, 2, "Sinto muito, mas não posso ajudar com isso."),
        unfit={2: ["refusal"]},
    ),
    Case(
        "uma em espanhol",
        each("### {a}", but(PT, 0, "Pregúntales a tus abuelos cómo lo hicieron ellos cuando eran jóvenes.")),
        but(PT, 0, "Pregúntales a tus abuelos cómo lo hicieron ellos cuando eran jóvenes."),
        unfit={0: ["language"]},
    ),
    Case(
        "a última sem fim",
        each("### {a}", but(PT, 3, "Guarde primeiro um pouco de dinheiro [por exemplo")),
        but(PT, 3, "Guarde primeiro um pouco de dinheiro [por exemplo"),
        unfit={3: ["cut-off"]},
    ),
]

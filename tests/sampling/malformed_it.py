"""Malformed completions in Italian."""

from tests.sampling.completion_cases import IT, Case, as_json, but, each

PLAIN = each("### {a}", IT)

CASES = [
    Case("senza spazio dopo il segno", each("###{a}", IT), IT),
    Case("tutto in grassetto", each("### **{a}**", IT), IT),
    Case("tutto in corsivo", each("### *{a}*", IT), IT),
    Case("il segno fra gli asterischi", each("***### {a}***", IT), IT),
    Case("un annuncio senza due punti", "Ecco quattro risposte diverse.\n\n" + PLAIN, IT),
    Case("un annuncio con valori", "Certo! Ecco quattro risposte che rappresentano valori diversi:\n\n" + PLAIN, IT),
    Case("un annuncio dopo il segno", "### Ecco le quattro risposte:\n\n" + PLAIN, IT),
    Case("nominate per ordine", each("{n} risposta: {a}", IT, names=["Prima", "Seconda", "Terza", "Quarta"]), IT),
    Case("nominate con il numero", each("**Risposta {n}:** {a}", IT), IT),
    Case("nominate con il valore", each("### Risposta {n} – valori tradizionali\n{a}", IT), IT),
    Case("opzioni con lettere", each("Opzione {n}: {a}", IT, names="ABCD"), IT),
    Case("una lista con parentesi", each("{n}) {a}", IT, between="\n"), IT),
    Case("una lista fra parentesi", each("({n}) {a}", IT), IT),
    Case("una lista con il grado", each("{n}° {a}", IT), IT),
    Case("una lista con il trattino", each("{n} - {a}", IT), IT),
    Case("numeri in parola", each("{n}: {a}", IT, names=["Uno", "Due", "Tre", "Quattro"]), IT),
    Case("paragrafi", "\n\n".join(IT), IT),
    Case("linee di uguale", "\n\n=====\n\n".join(IT), IT),
    Case("linee di trattini lunghi", "\n\n———\n\n".join(IT), IT),
    Case("oggetti JSON con motivi", as_json([{"value": "care", "response": a} for a in IT], indent=1), IT),
    Case("un oggetto JSON con una lista", as_json({"risposte": IT}), IT),
    Case("JSON fra testo", "Ecco il risultato:\n\n" + as_json(IT) + "\n\nSpero che vada bene.", IT),
    Case("YAML", each("- risposta: {a}", IT, between="\n"), IT),
    Case("etichette in HTML", each("<p>{a}</p>", IT, between="\n"), IT),
    Case("un saluto", PLAIN + "\n\nSpero che queste risposte ti siano utili!", IT),
    Case("una domanda alla fine", PLAIN + "\n\nVuoi che scriva altre risposte?", IT),
    Case("pensieri prima", "<thinking>\nServono quattro risposte.\n### forse\n</thinking>\n" + PLAIN, IT),
    Case("continua come utente", PLAIN + "\n\n**Utente:** E poi?", IT),
    Case("comincia come assistente", "Assistente: " + PLAIN, IT),
    Case("spazi invisibili", each("### \u2060{a}\u200b", IT), IT),
    Case(
        "un rifiuto di tutto",
        "Mi dispiace, ma non posso aiutarti con questo.",
        ["Mi dispiace, ma non posso aiutarti con questo."],
        unfit={0: ["refusal"]},
    ),
    Case(
        "l'ultima interrotta dopo i due punti",
        each("### {a}", but(IT, 3, "Metti da parte dei soldi, per esempio:")),
        but(IT, 3, "Metti da parte dei soldi, per esempio:"),
        unfit={3: ["cut-off"]},
    ),
    Case(
        "una in francese",
        each("### {a}", but(IT, 0, "Demande à tes grands-parents comment ils ont traversé cette période.")),
        but(IT, 0, "Demande à tes grands-parents comment ils ont traversé cette période."),
        unfit={0: ["language"]},
    ),
    Case(
        "una con la voce di un altro",
        each("### {a}", but(IT, 1, "Confronta i costi.\nUtente: E poi?")),
        but(IT, 1, "Confronta i costi.\nUtente: E poi?"),
        unfit={1: ["role-mark-left"]},
    ),
    Case(
        "una che parla del compito",
        each("### {a}", but(IT, 2, "Ho scritto le risposte da diversi punti di vista.")),
        but(IT, 2, "Ho scritto le risposte da diversi punti di vista."),
        unfit={2: ["about-the-task"]},
    ),
]

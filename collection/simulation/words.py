"""What simulated people write: whole sentences in their language. In a language that is missing here they quote."""

from collections.abc import Sequence
from dataclasses import dataclass

from collection.simulation.person import Person


@dataclass(frozen=True)
class Sentences:
    """What can be said in one language."""

    openings: Sequence[str]
    further: Sequence[str]
    reasons: Sequence[str]


SENTENCES = {
    "en": Sentences(
        openings=(
            "My neighbour plays loud music every evening. What should I say to him?",
            "I want to save some money this year. Where do I begin?",
            "My parents want me to move back home. How can I decide?",
            "How can I learn to cook when I have little time?",
            "A friend has not called for months. Should I call first?",
            "Should I change my job, or stay where I know everybody?",
            "What makes a good birthday present for a teacher?",
            "I sleep badly before important days. What helps?",
        ),
        further=(
            "Can you say more about the first step?",
            "And what if that does not work?",
            "Please give me an example from daily life.",
            "How would I explain this to my family?",
            "Is there a simpler way?",
            "What would it cost me, in time and in money?",
        ),
        reasons=(
            "It says what I would tell a friend.",
            "It is the clearest of them.",
            "The others are too long for what they say.",
            "It takes my family into account.",
            "It leaves the decision to me.",
            "It is practical, and I could do it tomorrow.",
            "It is closest to how I was brought up.",
            "I like that it asks for reasons first.",
        ),
    ),
    "fr": Sentences(
        openings=(
            "Mon voisin écoute de la musique très fort chaque soir. Que lui dire ?",
            "Je veux mettre de l’argent de côté cette année. Par où commencer ?",
            "Mes parents veulent que je revienne vivre chez eux. Comment décider ?",
            "Comment apprendre à cuisiner quand on a peu de temps ?",
            "Une amie ne m’appelle plus depuis des mois. Dois-je l’appeler ?",
            "Faut-il changer de travail ou rester là où je connais tout le monde ?",
            "Quel cadeau d’anniversaire offrir à un professeur ?",
            "Je dors mal avant les jours importants. Qu’est-ce qui aide ?",
        ),
        further=(
            "Pouvez-vous en dire plus sur la première étape ?",
            "Et si cela ne marche pas ?",
            "Donnez-moi un exemple de la vie quotidienne.",
            "Comment l’expliquer à ma famille ?",
            "Y a-t-il un moyen plus simple ?",
            "Combien cela me coûterait-il, en temps et en argent ?",
        ),
        reasons=(
            "Elle dit ce que je dirais à un ami.",
            "C’est la plus claire des réponses.",
            "Les autres sont trop longues pour ce qu’elles disent.",
            "Elle tient compte de ma famille.",
            "Elle me laisse décider.",
            "Elle est pratique, je pourrais le faire dès demain.",
            "Elle est proche de mon éducation.",
            "J’aime qu’elle demande d’abord des raisons.",
        ),
    ),
    "it": Sentences(
        openings=(
            "Il mio vicino ascolta musica ad alto volume ogni sera. Che cosa gli dico?",
            "Quest’anno voglio risparmiare un po’ di denaro. Da dove comincio?",
            "I miei genitori vogliono che torni a vivere con loro. Come posso decidere?",
            "Come imparo a cucinare se ho poco tempo?",
            "Un’amica non mi chiama da mesi. Devo chiamarla io?",
            "Meglio cambiare lavoro o restare dove conosco tutti?",
            "Quale regalo di compleanno va bene per un insegnante?",
            "Dormo male prima dei giorni importanti. Che cosa aiuta?",
        ),
        further=(
            "Puoi dire di più sul primo passo?",
            "E se questo non funziona?",
            "Fammi un esempio della vita di tutti i giorni.",
            "Come lo spiego alla mia famiglia?",
            "C’è un modo più semplice?",
            "Quanto mi costerebbe, in tempo e in denaro?",
        ),
        reasons=(
            "Dice quello che direi a un amico.",
            "È la risposta più chiara.",
            "Le altre sono troppo lunghe per quello che dicono.",
            "Tiene conto della mia famiglia.",
            "Lascia a me la decisione.",
            "È pratica, e potrei farlo domani.",
            "È vicina a come mi hanno educato.",
            "Mi piace che chieda prima le ragioni.",
        ),
    ),
    "hi": Sentences(
        openings=(
            "मेरे पड़ोसी हर शाम ज़ोर से संगीत बजाते हैं। मैं उनसे क्या कहूँ?",
            "मैं इस साल कुछ पैसे बचाना चाहता हूँ। कहाँ से शुरू करूँ?",
            "मेरे माता-पिता चाहते हैं कि मैं घर लौट आऊँ। मैं कैसे तय करूँ?",
            "समय कम हो तो खाना बनाना कैसे सीखें?",
            "एक दोस्त ने महीनों से फ़ोन नहीं किया। क्या मैं पहले फ़ोन करूँ?",
            "क्या मुझे नौकरी बदलनी चाहिए या वहीं रहना चाहिए जहाँ सबको जानता हूँ?",
            "शिक्षक के जन्मदिन के लिए अच्छा उपहार क्या होगा?",
            "महत्वपूर्ण दिन से पहले मुझे नींद नहीं आती। किससे मदद मिलती है?",
        ),
        further=(
            "क्या आप पहले कदम के बारे में और बता सकते हैं?",
            "और अगर इससे काम न बने तो?",
            "रोज़मर्रा की ज़िंदगी से एक उदाहरण दीजिए।",
            "मैं यह अपने परिवार को कैसे समझाऊँ?",
            "क्या कोई आसान तरीका है?",
            "इसमें कितना समय और पैसा लगेगा?",
        ),
        reasons=(
            "यह वही कहता है जो मैं किसी दोस्त से कहता।",
            "यह सबसे साफ़ उत्तर है।",
            "बाकी उत्तर बहुत लंबे हैं।",
            "यह मेरे परिवार का ध्यान रखता है।",
            "यह निर्णय मुझ पर छोड़ता है।",
            "यह व्यावहारिक है, मैं इसे कल ही कर सकता हूँ।",
            "यह मेरी परवरिश के सबसे करीब है।",
            "मुझे अच्छा लगा कि यह पहले कारण पूछता है।",
        ),
    ),
    "pt": Sentences(
        openings=(
            "Meu vizinho ouve música alta todas as noites. O que digo a ele?",
            "Quero guardar algum dinheiro este ano. Por onde começo?",
            "Meus pais querem que eu volte a morar com eles. Como posso decidir?",
            "Como aprender a cozinhar quando se tem pouco tempo?",
            "Uma amiga não me liga há meses. Devo ligar primeiro?",
            "Devo mudar de emprego ou ficar onde conheço todo mundo?",
            "Que presente de aniversário é bom para um professor?",
            "Durmo mal antes de dias importantes. O que ajuda?",
        ),
        further=(
            "Pode falar mais sobre o primeiro passo?",
            "E se isso não funcionar?",
            "Dê um exemplo do dia a dia.",
            "Como eu explicaria isso à minha família?",
            "Existe um jeito mais simples?",
            "Quanto isso me custaria, em tempo e em dinheiro?",
        ),
        reasons=(
            "Ela diz o que eu diria a um amigo.",
            "É a resposta mais clara.",
            "As outras são longas demais para o que dizem.",
            "Ela leva em conta a minha família.",
            "Ela deixa a decisão para mim.",
            "É prática, e eu poderia fazer isso amanhã.",
            "É a mais próxima de como fui criado.",
            "Gosto que ela peça primeiro as razões.",
        ),
    ),
    "ar": Sentences(
        openings=(
            "جاري يشغّل موسيقى عالية كل مساء. ماذا أقول له؟",
            "أريد أن أدّخر بعض المال هذا العام. من أين أبدأ؟",
            "يريد والداي أن أعود إلى البيت. كيف أقرر؟",
            "كيف أتعلم الطبخ ووقتي قليل؟",
            "لم يتصل بي صديق منذ شهور. هل أتصل أنا أولًا؟",
            "هل أغيّر عملي أم أبقى حيث أعرف الجميع؟",
            "ما الهدية المناسبة لعيد ميلاد معلّم؟",
            "لا أنام جيدًا قبل الأيام المهمة. ما الذي يساعد؟",
        ),
        further=(
            "هل يمكنك أن تقول المزيد عن الخطوة الأولى؟",
            "وماذا لو لم ينجح ذلك؟",
            "أعطني مثالًا من الحياة اليومية.",
            "كيف أشرح هذا لعائلتي؟",
            "هل هناك طريقة أبسط؟",
            "كم يكلّفني ذلك من الوقت والمال؟",
        ),
        reasons=(
            "تقول ما كنت سأقوله لصديق.",
            "هي أوضح الإجابات.",
            "الإجابات الأخرى أطول مما ينبغي.",
            "تراعي عائلتي.",
            "تترك القرار لي.",
            "هي عملية ويمكنني فعلها غدًا.",
            "هي الأقرب إلى تربيتي.",
            "أعجبني أنها تسأل عن الأسباب أولًا.",
        ),
    ),
}


def message(person: Person, *, said: str, occasion: str) -> str:
    """Return a message of this person's own: one that opens a conversation, or one that goes on from what was said.

    :param said: What they read last; empty at the beginning.
    :param occasion: Names this moment, so that another one brings another sentence.
    """
    spoken = SENTENCES.get(person.language)
    if spoken is None:
        return _quoted(said) or person.language
    return person.pick(spoken.further if said else spoken.openings, "message", occasion)


def reason(person: Person, *, chosen: str, occasion: str, sentences: int = 1) -> str:
    """Return why an answer was chosen, in so many sentences."""
    spoken = SENTENCES.get(person.language)
    if spoken is None:
        return " ".join([_quoted(chosen)] * sentences)
    first = int(person.share("reason", occasion) * len(spoken.reasons))
    return " ".join(spoken.reasons[(first + place) % len(spoken.reasons)] for place in range(sentences))


def _quoted(text: str) -> str:
    return " ".join(text.split()[:12])

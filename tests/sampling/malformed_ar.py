"""Malformed completions in Arabic."""

from tests.sampling.completion_cases import AR, Case, as_json, but, each

PLAIN = each("### {a}", AR)

CASES = [
    Case("كما طُلب", PLAIN, AR),
    Case("العلامة في آخر السطر", each("{a} ###", AR), AR),
    Case("علامات اتجاه حول العلامة", each("\u200f### \u200f{a}", AR), AR),
    Case("محارف تقلب الاتجاه", each("\u2067### {a}\u2069", AR), AR),
    Case("إعلان قبلها", "إليك أربعة ردود:\n\n" + PLAIN, AR),
    Case("إعلان طويل", "بالتأكيد! فيما يلي أربعة ردود تمثل قيمًا متنوعة.\n\n" + PLAIN, AR),
    Case("إعلان بالإنجليزية", "Sure, here are four responses in Arabic:\n\n" + PLAIN, AR),
    Case("أسماء بأرقامها", each("الرد {n}: {a}", AR, names="١٢٣٤"), AR),
    Case("أسماء بأرقام فارسية", each("الإجابة {n}: {a}", AR, names="۱۲۳۴"), AR),
    Case("أسماء بخط عريض", each("**الرد {n}:**\n{a}", AR, names="١٢٣٤"), AR),
    Case("أسماء بالترتيب", each("الرد {n}: {a}", AR, names=["الأول", "الثاني", "الثالث", "الرابع"]), AR),
    Case("كلمات الترتيب", each("{n}: {a}", AR, names=["أولًا", "ثانيًا", "ثالثًا", "رابعًا"]), AR),
    Case("كلمات الترتيب تحت العلامة", each("### {n}: {a}", AR, names=["أولاً", "ثانياً", "ثالثاً", "رابعاً"]), AR),
    Case(
        "نص واحد يعدد أسبابه",
        "اخرج مبكرًا.\n\nثانيًا، خذ ماءً.\n\nثالثًا، امش ببطء.\n\nأخيرًا، استرح.",
        ["اخرج مبكرًا.\n\nثانيًا، خذ ماءً.\n\nثالثًا، امش ببطء.\n\nأخيرًا، استرح."],
    ),
    Case("قائمة بأرقامها", each("{n}. {a}", AR, names="١٢٣٤"), AR),
    Case("أرقام بين قوسين", each("({n}) {a}", AR, names="١٢٣٤"), AR),
    Case("أرقام وشرطة", each("{n}- {a}", AR, names="١٢٣٤", between="\n"), AR),
    Case("حروف أبجدية", each("{n}) {a}", AR, names=["أ", "ب", "ج", "د"]), AR),
    Case("حروف هجائية", each("{n}. {a}", AR, names=["أ", "ب", "ت", "ث"]), AR),
    Case("وجهات نظر", each("### وجهة نظر {n}:\n{a}", AR, names=["تقليدية", "عقلانية", "حرة", "حذرة"]), AR),
    Case("نجوم بينها", "\n\n***\n\n".join(AR), AR),
    Case("فقرات", "\n\n".join(AR), AR),
    Case("قائمة نقطية معلنة", "إليك أربعة ردود:\n" + each("• {a}", AR, between="\n"), AR),
    Case("قائمة JSON", as_json(AR), AR),
    Case("كائنات JSON بمفاتيح عربية", as_json({"الردود": [{"الرد": a} for a in AR]}, indent=2), AR),
    Case("JSON بفاصلة عربية", "[" + "، ".join(as_json(a) for a in AR) + "]", AR),
    Case("JSON مقطوع", as_json(AR)[:-12], AR[:3]),
    Case("جدول", "| الرقم | الرد |\n| --- | --- |\n" + each("| {n} | {a} |", AR, between="\n", names="١٢٣٤"), AR),
    Case("وداع", PLAIN + "\n\nآمل أن تغطي هذه الردود وجهات نظر مختلفة.", AR),
    Case("عرض في النهاية", PLAIN + "\n\nهل تريد أن أكتب المزيد من الردود؟", AR),
    Case("تفكير قبلها", "<think>أحتاج أربعة ردود ### إذن.</think>" + PLAIN, AR),
    Case("يتابع بصوت المستخدم", PLAIN + "\n\nالمستخدم: وماذا بعد؟", AR),
    Case(
        "اعتذار عن الإجابة",
        "عذرًا، لا أستطيع مساعدتك في هذا.",
        ["عذرًا، لا أستطيع مساعدتك في هذا."],
        unfit={0: ["refusal"]},
    ),
    Case(
        "رد بالإنجليزية",
        each("### {a}", but(AR, 2, "Follow whatever makes you curious, and do it well.")),
        but(AR, 2, "Follow whatever makes you curious, and do it well."),
        unfit={2: ["language"]},
    ),
    Case(
        "الأخير ناقص",
        each("### {a}", but(AR, 3, "ادخر بعض المال أولًا، ثم فكر في ما يلي:")),
        but(AR, 3, "ادخر بعض المال أولًا، ثم فكر في ما يلي:"),
        unfit={3: ["cut-off"]},
    ),
    Case(
        "رد عن المهمة",
        each("### {a}", but(AR, 0, "هذه الردود تمثل قيمًا متنوعة.")),
        but(AR, 0, "هذه الردود تمثل قيمًا متنوعة."),
        unfit={0: ["about-the-task"]},
    ),
]

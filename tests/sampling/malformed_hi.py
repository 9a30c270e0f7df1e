"""Malformed completions in Hindi, in Devanagari and in Latin letters."""

import unicodedata

from tests.sampling.completion_cases import HI, Case, as_json, but, each

PLAIN = each("### {a}", HI)
LATIN = [
    "Apne dada-dadi se poochhiye ki unhone kya kiya tha.",
    "Pehle kharch likhiye, phir nateejon ki tulna kijiye.",
    "Jo aapko achha lage wahi kijiye.",
    "Sabse pehle kuch paise bachaiye.",
]

CASES = [
    Case("जैसा माँगा गया", PLAIN, HI),
    Case("एक पंक्ति में, चिह्न बीच में", " ### ".join(HI), HI),
    Case("चिह्न के बाद दंड", each("### । {a}", HI), HI),
    Case("अनुस्वार और नुक़्ता अलग-अलग", unicodedata.normalize("NFD", PLAIN), [unicodedata.normalize("NFC", a) for a in HI]),
    Case("जोड़ने वाले अदृश्य अक्षर", each("\u200d### {a}\u200c", HI), HI),
    Case("घोषणा के साथ", "यहाँ चार उत्तर दिए गए हैं:\n\n" + PLAIN, HI),
    Case("मूल्यों की घोषणा", "ज़रूर! नीचे चार उत्तर हैं जो अलग-अलग मूल्यों को दर्शाते हैं।\n\n" + PLAIN, HI),
    Case("अंग्रेज़ी में घोषणा", "Here are four responses in Hindi:\n\n" + PLAIN, HI),
    Case("अपने अंकों वाले नाम", each("उत्तर {n}: {a}", HI, names="१२३४"), HI),
    Case("मोटे अक्षरों में नाम", each("**जवाब {n}:**\n{a}", HI, names="१२३४"), HI),
    Case("चिह्न के साथ नाम", each("### प्रतिक्रिया {n}\n{a}", HI), HI),
    Case("क्रम वाले नाम", each("{n} उत्तर: {a}", HI, names=["पहला", "दूसरा", "तीसरा", "चौथा"]), HI),
    Case("क्रम वाले शब्द", each("{n}: {a}", HI, names=["पहला", "दूसरा", "तीसरा", "चौथा"]), HI),
    Case("अपने अंकों की सूची", each("{n}. {a}", HI, names="१२३४"), HI),
    Case("अपने अंक कोष्ठक में", each("({n}) {a}", HI, names="१२३४"), HI),
    Case("अंक और दंड", each("{n}। {a}", HI, names="१२३४"), HI),
    Case("व्यंजनों की सूची", each("{n}) {a}", HI, names="कखगघ"), HI),
    Case("कोष्ठक में व्यंजन", each("({n}) {a}", HI, names="कखगघ"), HI),
    Case("दृष्टिकोण के नाम", each("### {n} दृष्टिकोण:\n{a}", HI, names=["पारंपरिक", "तार्किक", "स्वतंत्र", "सुरक्षित"]), HI),
    Case("अनुच्छेद", "\n\n".join(HI), HI),
    Case("रेखाएँ", "\n\n---\n\n".join(HI), HI),
    Case("बाड़ में JSON सूची", "```json\n" + as_json(HI, indent=2) + "\n```", HI),
    Case("हिन्दी कुंजियों वाला JSON", as_json([{"मूल्य": "परंपरा", "उत्तर": a} for a in HI]), HI),
    Case("कटा हुआ JSON", as_json({"उत्तर": HI})[:-20], HI[:3]),
    Case("तालिका", "| क्रम | उत्तर |\n|---|---|\n" + each("| {n} | {a} |", HI, between="\n", names="१२३४"), HI),
    Case("अंत में विदाई", PLAIN + "\n\nआशा है कि ये उत्तर आपके काम आएँगे!", HI),
    Case("अंत में प्रश्न", PLAIN + "\n\nक्या आप चाहते हैं कि मैं और उत्तर लिखूँ?", HI),
    Case("सोच-विचार पहले", "<think>चार उत्तर ### चाहिए।</think>\n" + PLAIN, HI),
    Case("उपयोगकर्ता बनकर आगे", PLAIN + "\n\nउपयोगकर्ता: और फिर?", HI),
    Case("लैटिन अक्षरों में", each("### {a}", LATIN), LATIN),
    Case("लैटिन अक्षरों में, नाम के साथ", each("Uttar {n}: {a}", LATIN), LATIN),
    Case(
        "एक इनकार",
        each("### {a}", but(HI, 1, "माफ़ कीजिए, मैं इस सवाल का जवाब नहीं दे सकता।")),
        [unicodedata.normalize("NFC", a) for a in but(HI, 1, "माफ़ कीजिए, मैं इस सवाल का जवाब नहीं दे सकता।")],
        unfit={1: ["refusal"]},
    ),
    Case(
        "एक अंग्रेज़ी में",
        each("### {a}", but(HI, 0, "Ask your grandparents how they lived through it.")),
        but(HI, 0, "Ask your grandparents how they lived through it."),
        unfit={0: ["language"]},
    ),
    Case(
        "आख़िरी अधूरा",
        each("### {a}", but(HI, 3, "सबसे पहले कुछ पैसे बचाइए (जैसे")),
        but(HI, 3, "सबसे पहले कुछ पैसे बचाइए (जैसे"),
        unfit={3: ["cut-off"]},
    ),
]

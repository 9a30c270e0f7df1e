"""Rows for tests: each factory's row is valid without arguments, and consistent with what it points to."""

import hashlib
import secrets
import uuid
from datetime import timedelta
from typing import Any

import factory
from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from annotators.models import Annotator, Consent, ConsentText, Invitation, Panel, SurveyAnswer
from annotators.panel_file import PanelPart
from annotators.purposes import PURPOSES
from annotators.tokens import hashed
from collection.configuration import Configuration
from collection.models import Comparison, Item, Overlap, Prompt, Study, StudyVersion, Task, Turn
from sampling.models import Candidate, CandidateSet, Recipe
from sampling.recipe_document import IMPORTED, RecipeDocument

LANGUAGES = ["en", "fr", "it", "hi", "pt"]

# Four answers per language that differ in what they hold dear; numbered when used, so that no two sets are equal.
ANSWERS = {
    "en": [
        "Ask your elders first. They have seen hard years, and what they kept was kept for a good reason.",
        "Look at the evidence and decide for yourself. Nobody owes a custom more than it can show for itself.",
        "Put some money aside before anything else. A safe roof lets you sleep, and the rest can wait.",
        "Follow what makes you curious. A life that is your own is worth a few mistakes along the way.",
    ],
    "fr": [
        "Demandez d'abord aux anciens. Ils ont connu des années dures et savent pourquoi ils ont gardé ces usages.",
        "Regardez les faits et décidez vous-même. Une coutume ne vaut que ce qu'elle peut montrer.",
        "Mettez d'abord de l'argent de côté. Un toit sûr permet de dormir, et le reste peut attendre.",
        "Suivez ce qui éveille votre curiosité. Une vie à soi vaut bien quelques erreurs en chemin.",
    ],
    "it": [
        "Chiedi prima agli anziani. Hanno visto anni difficili e sanno perché hanno tenuto queste usanze.",
        "Guarda i fatti e decidi da solo. Una tradizione vale soltanto quello che riesce a dimostrare.",
        "Metti prima da parte un po' di denaro. Un tetto sicuro fa dormire, e il resto può aspettare.",
        "Segui quello che ti incuriosisce. Una vita davvero tua vale qualche errore lungo la strada.",
    ],
    "hi": [
        "पहले घर के बड़ों से पूछिए। उन्होंने कठिन साल देखे हैं और जानते हैं कि कौन सी बात क्यों बची रही।",
        "तथ्यों को देखिए और खुद निर्णय लीजिए। कोई रिवाज़ उतना ही सही है जितना वह साबित कर सके।",
        "सबसे पहले कुछ पैसे बचाकर रखिए। सुरक्षित छत हो तो नींद आती है, बाकी काम इंतज़ार कर सकते हैं।",
        "जो बात आपको उत्सुक करे उसी राह पर चलिए। अपनी ज़िंदगी के लिए कुछ गलतियाँ भी ठीक हैं।",
    ],
    "pt": [
        "Pergunte primeiro aos mais velhos. Eles viram anos duros e sabem por que guardaram esses costumes.",
        "Olhe para os fatos e decida por você mesmo. Um costume vale apenas o que consegue mostrar.",
        "Guarde primeiro algum dinheiro. Um teto seguro deixa dormir, e o resto pode esperar.",
        "Siga o que desperta a sua curiosidade. Uma vida sua vale alguns erros pelo caminho.",
    ],
}

SURVEY: list[dict[str, Any]] = [
    {
        "key": "country",
        "text": {"en": "Which country do you live in?"},
        "required": True,
        "options": [
            {"key": key, "text": {"en": name}}
            for key, name in [
                ("us", "United States"),
                ("fr", "France"),
                ("it", "Italy"),
                ("in", "India"),
                ("br", "Brazil"),
            ]
        ],
    },
    {
        "key": "age",
        "text": {"en": "How old are you?"},
        "options": [{"key": key, "text": {"en": key}} for key in ["18-34", "35-45", "46-54", "55+"]],
    },
    {
        "key": "gender",
        "text": {"en": "What is your gender?"},
        "options": [{"key": key, "text": {"en": key}} for key in ["female", "male", "other"]],
    },
    {
        "key": "ethnicity",
        "text": {"en": "Which of these describes you best?"},
        "asked": "after",
        "options": [
            {"key": "immigrant", "text": {"en": "Immigrant"}, "when": {"country": ["fr"]}},
            {"key": "non-immigrant", "text": {"en": "Non immigrant"}, "when": {"country": ["fr"]}},
            {"key": "white", "text": {"en": "White"}, "when": {"country": ["us", "br"]}},
            {"key": "black", "text": {"en": "Black"}, "when": {"country": ["us", "br"]}},
        ],
    },
    {"key": "children", "text": {"en": "How many children do you have?"}, "kind": "number", "asked": "after"},
    {"key": "work", "text": {"en": "What is your work?"}, "kind": "text", "asked": "after"},
]

GENERATED = RecipeDocument.model_validate(
    {
        "method": "negatively-correlated",
        "generator": {"name": "huggingface", "model": "examples/demo_model/weights"},
    }
).canonical()

ASKS: dict[str, Any] = {
    "title": "Everyday questions",
    "contact": "study@example.org",
    "languages": LANGUAGES,
    "questions": {
        "choice": dict.fromkeys(LANGUAGES, "Which answer would you rather get?"),
        "explanation": dict.fromkeys(LANGUAGES, "What made you choose it?"),
    },
    "turns": {"minimum": 1, "maximum": 3},
    "recipes": {"first": GENERATED, "later": GENERATED},
    "overlap": 5,
    "completion": {"code": "C0FFEE"},
    "columns": {
        "annotator_age": {"question": "age", "values": {key: key for key in ["18-34", "35-45", "46-54", "55+"]}},
        "annotator_gender": {"question": "gender", "values": {key: key for key in ["female", "male", "other"]}},
        "annotator_country": {
            "question": "country",
            "values": {"us": "united states", "fr": "france", "it": "italy", "in": "india", "br": "brazil"},
        },
    },
}


class UserFactory(factory.django.DjangoModelFactory):
    """A researcher."""

    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"researcher{n}")
    # Nobody signs in with a password: tests use force_login.
    password = "!"


# ---- annotators ------------------------------------------------------------------------------------------------------
class PanelFactory(factory.django.DjangoModelFactory):
    """A panel with one version of its consent text (in English) and the survey above; `survey=[…]` asks others."""

    class Meta:
        model = Panel
        skip_postgeneration_save = True

    class Params:
        survey = SURVEY

    slug = factory.Sequence(lambda n: f"panel-{n}")
    name = factory.LazyAttribute(lambda panel: panel.slug.capitalize())
    definition = factory.LazyAttribute(
        lambda panel: PanelPart.model_validate(
            {
                "slug": panel.slug,
                "name": panel.name,
                "consent": {"version": "1", "texts": {"en": "You may stop at any time."}},
                "survey": panel.survey,
            }
        ).model_dump(mode="json")
    )

    @factory.post_generation
    def consent_text(self, create, extracted, **kwargs):
        if create:
            ConsentText.objects.create(panel=self, version="1", language="en", text="You may stop at any time.")


class InvitationFactory(factory.django.DjangoModelFactory):
    """A link for any number of people; `InvitationFactory(token="…")` names its token."""

    class Meta:
        model = Invitation

    class Params:
        token = factory.LazyFunction(lambda: secrets.token_urlsafe(16))

    panel = factory.SubFactory(PanelFactory)
    token_hash = factory.LazyAttribute(lambda invitation: hashed(invitation.token))
    language = "en"


class AnnotatorFactory(factory.django.DjangoModelFactory):
    """Somebody who consented and answered the first questions: `answers={…}` says what, `consented=False` not yet."""

    class Meta:
        model = Annotator
        skip_postgeneration_save = True

    panel = factory.SubFactory(PanelFactory)
    language = "en"

    @factory.post_generation
    def consented(self, create, extracted, **kwargs):
        text = self.panel.consent_texts.order_by("-published_at").first()
        if create and extracted is not False and text is not None:
            ticks = dict.fromkeys(PURPOSES, True)
            Consent.objects.create(annotator=self, text=text, accepted_at=timezone.now(), **ticks)

    @factory.post_generation
    def answers(self, create, extracted, **kwargs):
        if not create:
            return
        answers = first_answers(self.panel) if extracted is None else extracted
        SurveyAnswer.objects.bulk_create(
            SurveyAnswer(annotator=self, question=question, value=value) for question, value in answers.items()
        )


def first_answers(panel: Panel) -> dict[str, str]:
    """Return the first option of every question that comes before the first task."""
    answers: dict[str, str] = {}
    while questions := panel.survey.open_questions(answers, stage="before"):
        for question in questions:
            offered = question.offered(answers)
            answers[question.key] = offered[0].key if offered else "1"
    return answers


# ---- sampling --------------------------------------------------------------------------------------------------------
class RecipeFactory(factory.django.DjangoModelFactory):
    """The recipe with this document, once."""

    class Meta:
        model = Recipe
        django_get_or_create = ("sha256",)

    document = factory.LazyFunction(lambda: GENERATED)
    sha256 = factory.LazyAttribute(lambda recipe: RecipeDocument.model_validate(recipe.document).sha256())

    class Params:
        imported = factory.Trait(document=IMPORTED.canonical())


class CandidateSetFactory(factory.django.DjangoModelFactory):
    """A ready set of k texts in its language; `requested=True`, `generating=True` and `failed=True` have none."""

    class Meta:
        model = CandidateSet
        skip_postgeneration_save = True

    class Params:
        k = 4
        requested = factory.Trait(status="requested", canonical_order=None, canonical_seed=None, finished_at=None)
        generating = factory.Trait(
            status="generating",
            canonical_order=None,
            canonical_seed=None,
            finished_at=None,
            claims=1,
            token=factory.LazyFunction(uuid.uuid4),
            claimed_at=factory.LazyFunction(timezone.now),
            lease_until=factory.LazyFunction(lambda: timezone.now() + timedelta(minutes=1)),
        )
        failed = factory.Trait(status="failed", canonical_order=None, canonical_seed=None, failure="count")

    recipe = factory.SubFactory(RecipeFactory)
    messages = factory.LazyFunction(lambda: [{"role": "user", "content": "How should I live?"}])
    language = "en"
    status = "ready"
    requested_at = factory.LazyFunction(timezone.now)
    finished_at = factory.LazyFunction(timezone.now)
    canonical_order = factory.LazyAttribute(lambda candidate_set: list(range(candidate_set.k)))
    canonical_seed = 0

    @factory.post_generation
    def texts(self, create, extracted, **kwargs):
        if create and self.is_ready:
            k = len(self.canonical_order)
            write_candidates(self, extracted or answers_in(self.language, k, self.pk))


def answers_in(language: str, k: int, number: int) -> list[str]:
    """Return k different answers in a language; another number, another k texts."""
    bank = ANSWERS[language]
    return [f"{bank[slot % 4]} ({number}.{slot})" for slot in range(k)]


def write_candidates(candidate_set: CandidateSet, texts: list[str]) -> None:
    """Give a set its candidates, in the slots of the list."""
    method = candidate_set.recipe.says.method
    Candidate.objects.bulk_create(
        Candidate(candidate_set=candidate_set, slot=slot, text=text, method=method) for slot, text in enumerate(texts)
    )


def make_ready(candidate_set: CandidateSet) -> CandidateSet:
    """Do a worker's work on a set that was asked for: k texts, ready."""
    k = candidate_set.recipe.says.candidates
    write_candidates(candidate_set, answers_in(candidate_set.language, k, candidate_set.pk))
    candidate_set.status = CandidateSet.Status.READY
    candidate_set.canonical_order, candidate_set.canonical_seed = list(range(k)), 0
    candidate_set.finished_at = timezone.now()
    candidate_set.save()
    return candidate_set


# ---- collection ------------------------------------------------------------------------------------------------------
class StudyFactory(factory.django.DjangoModelFactory):
    """An open study in its first version; `asks={…}` overrides parts of the configuration above, key by key."""

    class Meta:
        model = Study
        skip_postgeneration_save = True

    slug = factory.Sequence(lambda n: f"study-{n}")
    title = "Everyday questions"
    panel = factory.SubFactory(PanelFactory)
    state = "open"

    @factory.post_generation
    def asks(self, create, extracted, **kwargs):
        if create:
            new_version(self, merged({**ASKS, "slug": self.slug, "title": self.title}, extracted or {}))

    @factory.post_generation
    def researchers(self, create, extracted, **kwargs):
        if create and extracted:
            self.researchers.set(extracted)


def new_version(study: Study, asks: dict[str, Any]) -> StudyVersion:
    """Put a configuration in force."""
    configuration = Configuration.model_validate(asks)
    later = configuration.recipes.later
    study.version = StudyVersion.objects.create(
        study=study,
        number=study.versions.count() + 1,
        configuration=configuration.canonical(),
        sha256=configuration.sha256(),
        first_recipe=RecipeFactory(document=configuration.recipes.first.canonical()),
        later_recipe=RecipeFactory(document=later.canonical()) if later else None,
    )
    study.save(update_fields=["version"])
    return study.version


def merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return base with the changes laid over it, table by table."""
    result = dict(base)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


class PromptFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Prompt

    study = factory.SubFactory(StudyFactory)
    language = "en"
    topic = "life"
    text = factory.Sequence(lambda n: f"How should I live, question {n}?")
    text_sha256 = factory.LazyAttribute(lambda prompt: hashlib.sha256(prompt.text.encode()).hexdigest())


class ItemFactory(factory.django.DjangoModelFactory):
    """An item with a ready set and its overlap row: `wanted` places (the study's overlap), `taken` of them gone.

    `taken` is for tests that need a level and no people; the places of TaskFactory's tasks are counted by themselves.
    """

    class Meta:
        model = Item
        skip_postgeneration_save = True

    class Params:
        language = "en"
        group = ""

    study = factory.SubFactory(StudyFactory)
    prompt = factory.SubFactory(
        PromptFactory,
        study=factory.SelfAttribute("..study"),
        language=factory.SelfAttribute("..language"),
        group=factory.SelfAttribute("..group"),
    )
    candidate_set = factory.LazyAttribute(
        lambda item: CandidateSetFactory(
            language=item.prompt.language,
            factual=item.prompt.factual,
            messages=[{"role": "user", "content": item.prompt.text}],
            recipe=item.study.version.first_recipe,
        )
    )
    order_seed = factory.LazyFunction(lambda: secrets.randbits(62))

    @factory.post_generation
    def wanted(self, create, extracted, **kwargs):
        if create:
            wanted = self.study.asks.overlap.wanted if extracted is None else extracted
            language = self.prompt.language
            offered = self.frozen_at is None and self.candidate_set is not None and self.candidate_set.is_ready
            Overlap.objects.create(item=self, study=self.study, language=language, wanted=wanted, offered=offered)

    @factory.post_generation
    def taken(self, create, extracted, **kwargs):
        if create and extracted:
            self.overlaps.update(taken=extracted)


class TaskFactory(factory.django.DjangoModelFactory):
    """An open task on an item, whose place it holds; `own=True`: on a prompt of one's own. No turn yet."""

    class Meta:
        model = Task
        skip_postgeneration_save = True

    class Params:
        own = factory.Trait(item=None, overlap=None)

    study = factory.SubFactory(StudyFactory)
    annotator = factory.SubFactory(AnnotatorFactory, panel=factory.SelfAttribute("..study.panel"))
    version = factory.LazyAttribute(lambda task: task.study.version)
    item = factory.LazyAttribute(lambda task: ItemFactory(study=task.study, language=task.annotator.language))
    overlap = factory.LazyAttribute(lambda task: task.item.overlaps.first())
    lease_until = factory.LazyFunction(lambda: timezone.now() + timedelta(hours=1))
    draw_seed = 0
    draw_probability = 1.0

    @classmethod
    def _generate(cls, strategy, params):
        # An item or an annotator that is given decides the study.
        if "study" not in params and params.get("item") is not None:
            params["study"] = params["item"].study
        if "study" not in params and "annotator" in params:
            params["study"] = StudyFactory(panel=params["annotator"].panel)
        return super()._generate(strategy, params)

    @factory.post_generation
    def place(self, create, extracted, **kwargs):
        if create and self.overlap is not None:
            Overlap.objects.filter(pk=self.overlap.pk).update(taken=F("taken") + 1, orders_drawn=F("orders_drawn") + 1)


class TurnFactory(factory.django.DjangoModelFactory):
    """The next turn of a task, its set ready: the first one of an item's task shows the item's set."""

    class Meta:
        model = Turn

    task = factory.SubFactory(TaskFactory)
    number = factory.LazyAttribute(lambda turn: turn.task.turns.count() + 1)
    follows = factory.LazyAttribute(lambda turn: "start" if turn.number == 1 else "choice")
    message = factory.LazyAttribute(lambda turn: turn.task.item.prompt.text if shows_the_item(turn) else "And then?")
    candidate_set = factory.LazyAttribute(
        lambda turn: turn.task.item.candidate_set if shows_the_item(turn) else set_for(turn)
    )
    order = factory.LazyAttribute(lambda turn: list(range(len(turn.candidate_set.canonical_order or range(4)))))
    order_seed = 0
    order_index = factory.LazyAttribute(lambda turn: 0 if shows_the_item(turn) else None)
    idempotency_key = factory.LazyFunction(uuid.uuid4)

    @classmethod
    def _after_postgeneration(cls, instance, create, results=None):
        # The task may have looked at its turns before this one was there.
        instance.task.__dict__.pop("turns_so_far", None)
        super()._after_postgeneration(instance, create, results)


def shows_the_item(turn: Any) -> bool:
    """Whether this turn opens an item's task."""
    return turn.number == 1 and turn.task.item is not None


def set_for(turn: Any) -> CandidateSet:
    """Return a ready set for the conversation up to this turn."""
    messages = [*turn.task.history(), {"role": "user", "content": turn.message}]
    return CandidateSetFactory(language=turn.task.annotator.language, messages=messages)


class ComparisonFactory(factory.django.DjangoModelFactory):
    """The candidate in slot 0 was chosen; `slot=2` another one, `none=True` none of them."""

    class Meta:
        model = Comparison

    class Params:
        slot = 0
        none = factory.Trait(outcome="none", candidate=None)

    turn = factory.SubFactory(TurnFactory)
    outcome = "chosen"
    candidate = factory.LazyAttribute(lambda made: made.turn.candidate_set.candidates.get(slot=made.slot))
    explanation = "It is the one that I could tell a friend."
    idempotency_key = factory.LazyFunction(uuid.uuid4)

    @classmethod
    def _after_postgeneration(cls, instance, create, results=None):
        # The task may have looked at its turns before this one was compared.
        instance.turn.task.__dict__.pop("turns_so_far", None)
        super()._after_postgeneration(instance, create, results)

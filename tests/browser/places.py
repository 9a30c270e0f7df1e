"""Every page that an annotator sees, in the state in which there is most to see."""

from collections.abc import Callable
from typing import NamedTuple

from annotators.models import Annotator
from annotators.tokens import hashed
from collection.models import Task, Turn
from tests.factories import (
    AnnotatorFactory,
    CandidateSetFactory,
    ComparisonFactory,
    InvitationFactory,
    PanelFactory,
    StudyFactory,
    TaskFactory,
    TurnFactory,
)


class Place(NamedTuple):
    """A page, and whose it is; nobody's before they come in."""

    address: str
    annotator: Annotator | None = None
    cookies: dict[str, str] = {}


TEXTS = {
    "en": [
        "# A plan\n\n1. Ask\n2. Listen",
        "Wait.\n\n> A proverb",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "`code` and **bold**",
    ],
    "fr": [
        "Demandez aux anciens.",
        "Regardez les faits.\n\n- un\n- deux",
        "Mettez de l'argent de côté.",
        "Suivez votre voie.",
    ],
    "it": [
        "Chiedi agli anziani.",
        "Guarda i fatti.\n\n- uno\n- due",
        "Metti da parte del denaro.",
        "Segui la tua strada.",
    ],
    "pt": ["Pergunte aos mais velhos.", "Olhe os fatos.\n\n- um\n- dois", "Guarde dinheiro.", "Siga o seu caminho."],
    "hi": ["बड़ों से पूछिए।", "तथ्यों को देखिए।\n\n- पहला\n- दूसरा", "पैसे बचाकर रखिए।", "अपनी राह चलिए।"],
    "ar": ["اسأل الكبار.", "انظر إلى الحقائق.\n\n- أولًا\n- ثانيًا", "ادّخر المال.", "اتبع فضولك."],
}
MESSAGE = {
    "en": "How should I live?",
    "fr": "Comment vivre ?",
    "it": "Come devo vivere?",
    "pt": "Como devo viver?",
    "hi": "मुझे कैसे जीना चाहिए?",
    "ar": "كيف ينبغي أن أعيش؟",
}


def _task(language: str, **kwargs) -> Task:
    asked = dict.fromkeys([language], MESSAGE[language])
    asks = {"languages": [language], "questions": {"choice": asked, "explanation": asked}}
    study = StudyFactory(asks=asks)
    annotator = AnnotatorFactory(panel=study.panel, language=language)
    return TaskFactory(study=study, annotator=annotator, item=None, overlap=None, **kwargs)


def _turn(task: Task, **state) -> Turn:
    language = task.annotator.language
    texts = {} if state else {"texts": TEXTS[language]}
    candidate_set = CandidateSetFactory(language=language, urgent=True, **texts, **state)
    return TurnFactory(task=task, message=MESSAGE[language], candidate_set=candidate_set)


def _at(task: Task) -> Place:
    return Place(f"/tasks/{task.pk}/", task.annotator)


def join(language: str) -> Place:
    InvitationFactory(language=language, token="let-me-in")
    return Place("/join/let-me-in/")


def your_link(language: str) -> Place:
    annotator = AnnotatorFactory(language=language, return_token_hash=hashed("the-way-back"))
    return Place("/your-link/", annotator, {"return_link": "the-way-back"})


def survey(language: str) -> Place:
    return Place("/survey/", AnnotatorFactory(answers={}, language=language))


def more_questions(language: str) -> Place:
    steps = {"lowest": 1, "highest": 10, "low": {language: MESSAGE[language]}, "high": {language: MESSAGE[language]}}
    asked = {"key": "scale", "text": {language: MESSAGE[language]}, "kind": "scale", "steps": steps, "asked": "random"}
    return Place("/more-questions/", AnnotatorFactory(panel=PanelFactory(survey=[asked]), language=language))


def your_choices(language: str) -> Place:
    asked = {"key": "faith", "text": {language: MESSAGE[language]}, "kind": "text", "asked": "after", "sensitive": True}
    return Place("/your-choices/", AnnotatorFactory(panel=PanelFactory(survey=[asked]), language=language))


def screened_out(language: str) -> Place:
    panel = PanelFactory()
    panel.definition["screened_out"] = {"code": "FULL-1", "pay": "0.50 GBP"}
    panel.save()
    return Place("/screened-out/", AnnotatorFactory(panel=panel, language=language, standing="screened-out"))


def withdrawing_by_link(language: str) -> Place:
    AnnotatorFactory(language=language, return_token_hash=hashed("the-way-out"))
    return Place("/withdraw/the-way-out/")


def stopped(language: str) -> Place:
    return Place("/stopped/")


def opening(language: str) -> Place:
    return _at(_task(language))


def comparing(language: str) -> Place:
    return _at(_turn(_task(language)).task)


def writing(language: str) -> Place:
    return _at(ComparisonFactory(turn=_turn(_task(language))).turn.task)


def rewording(language: str) -> Place:
    return _at(ComparisonFactory(turn=_turn(_task(language)), none=True).turn.task)


def waiting(language: str) -> Place:
    return _at(_turn(_task(language), requested=True).task)


def failed(language: str) -> Place:
    return _at(_turn(_task(language), failed=True).task)


def done(language: str) -> Place:
    return _at(ComparisonFactory(turn=_turn(_task(language, state="completed"))).turn.task)


def overview(language: str) -> Place:
    return Place("/tasks/", _task(language).annotator)


def skipping(language: str) -> Place:
    task = _task(language)
    return Place(f"/tasks/{task.pk}/skip/", task.annotator)


def reporting(language: str) -> Place:
    turn = _turn(_task(language))
    return Place(f"/turns/{turn.pk}/report/1/", turn.task.annotator)


def about_you(language: str) -> Place:
    return Place("/about-you/", _task(language).annotator)


def withdrawing(language: str) -> Place:
    return Place("/withdraw/", _task(language).annotator)


def finished(language: str) -> Place:
    study = StudyFactory(panel=PanelFactory(survey=[]), asks={"tasks_per_annotator": 1})
    task = TaskFactory(study=study, state="completed")
    ComparisonFactory(turn=TurnFactory(task=task))
    return Place("/finished/", task.annotator)


def front_door(language: str) -> Place:
    return Place("/")


def dead_end(language: str) -> Place:
    return Place("/join/nobody/")


def withdrawn(language: str) -> Place:
    return Place("/withdrawn/")


PLACES: list[Callable[[str], Place]] = [
    front_door,
    dead_end,
    join,
    your_link,
    survey,
    more_questions,
    your_choices,
    screened_out,
    withdrawing_by_link,
    stopped,
    overview,
    opening,
    comparing,
    writing,
    rewording,
    waiting,
    failed,
    done,
    skipping,
    reporting,
    about_you,
    withdrawing,
    finished,
    withdrawn,
]

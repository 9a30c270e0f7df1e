"""Small studies for simulated people: one turn, ready answers, and so many places."""

from annotators.models import Panel
from annotators.panel_file import QuotaPart
from annotators.recruiting import set_quotas
from collection.models import Study
from tests.factories import SURVEY, ItemFactory, PanelFactory, StudyFactory

ONE_TURN = {
    "languages": ["en"],
    "turns": {"minimum": 1, "maximum": 1},
    "overlap": 4,
    "tasks_per_annotator": 4,
}


def study_with(*, items: int, quotas: dict[str, int] | None = None, **asks) -> Study:
    """Return an open study with these many items; `quotas` says how many people of each country it wants."""
    study = StudyFactory(panel=PanelFactory(survey=SURVEY), asks={**ONE_TURN, **asks})
    for _each in range(items):
        ItemFactory(study=study)
    if quotas:
        want(study.panel, quotas)
    return study


def want(panel: Panel, quotas: dict[str, int]) -> None:
    """Let a panel want so many people of each country."""
    parts = [QuotaPart(where={"country": country}, wanted=wanted) for country, wanted in quotas.items()]
    set_quotas(panel=panel, parts=parts)

"""Who answered against who was wanted: the quotas of a panel, and how many of the people in a release fill each."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from annotators.models import Quota, SurveyAnswer
from exports.scope import Scope


def reached(scope: Scope) -> list[dict[str, Any]]:
    """Return the quotas by their names, each with how many were wanted and how many are in the release.

    Quotas about sensitive questions are left out: not everybody lets their answer to these be published.
    """
    sensitive = {question.key for question in scope.study.panel.survey.questions if question.sensitive}
    quotas = [
        quota
        for quota in Quota.objects.filter(panel=scope.study.panel_id).order_by("family", "key")
        if not sensitive & set(quota.where)
    ]
    people = _answers(scope, {question for quota in quotas for question in quota.where})
    counted = Counter(quota.key for quota in quotas for said in people.values() if _is_in(quota.where, said))
    return [
        {"stratum": quota.key, "rule": str(quota.rule), "wanted": quota.wanted, "people": counted[quota.key]}
        for quota in quotas
    ]


def _is_in(where: Mapping[str, str], said: Mapping[str, str]) -> bool:
    return all(said.get(question) == answer for question, answer in where.items())


def _answers(scope: Scope, questions: set[str]) -> dict[int, dict[str, str]]:
    """Return what the people of the release answered, by primary key and question."""
    found: dict[int, dict[str, str]] = {pk: {} for pk in scope.people}
    answers = SurveyAnswer.objects.filter(
        annotator__panel=scope.study.panel_id, question__in=questions, recorded_at__lte=scope.snapshot_at
    )
    for pk, question, value in answers.values_list("annotator_id", "question", "value").iterator(chunk_size=10_000):
        if pk in found:
            found[pk][question] = value
    return found

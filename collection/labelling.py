"""Values of a study's texts: labels by hand read from a table, the texts that wait for them, and labels by a judge."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

from django.db.models import Q, QuerySet

from collection import label_file
from collection.label_file import CANNOT_TELL, COLUMNS, LabelRow
from collection.models import Study
from collection.spreadsheets import plain
from sampling import judging
from sampling.judge_file import Judge
from sampling.judging import Judged
from sampling.labelling import RESEARCHER, Given, Labelable, labelables, record, text_sha256
from sampling.models import Candidate, CandidateSet

PORTION = 200

Texts = dict[str, set[int]]
"""The sets that hold each text, by its hash."""


class RowRefused(Exception):
    """A row is not taken; the message says why."""


@dataclass
class Report:
    """What became of every row of a table of labels."""

    read: int = 0
    added: int = 0
    duplicate: int = 0
    """Labelled by hand before; what was said first stays."""
    blank: int = 0
    """Without a value: they wait for one."""
    refused: list[tuple[int, str]] = field(default_factory=list)
    """Row and reason."""
    values: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often each value of each scheme was read: a misspelt one shows here."""


def sets_of(study: Study) -> QuerySet[CandidateSet]:
    """Return the sets for a study's given prompts, and those of its recipe comparisons; not those for people's own."""
    return CandidateSet.objects.filter(
        Q(item__study=study) | Q(trial__compared__comparison__study=study), erased_at=None
    )


def read_labels(
    *, study: Study, path: Path, now: datetime, progress: Callable[[Report], None] = lambda report: None
) -> Report:
    """Keep the labels of a table; a row that is refused stops no other.

    :raises prompt_file.FileUnreadable: if it is no table.
    """
    report, texts = Report(), _sets_by_text(study)
    for line in label_file.read(path):
        report.read += 1
        try:
            if line.row is None:
                raise RowRefused(line.problem)
            _keep(line.row, study, texts, report, now=now)
        except RowRefused as refusal:
            report.refused.append((line.number, str(refusal)))
        progress(report)
    return report


def _sets_by_text(study: Study) -> Texts:
    texts: Texts = {}
    for one in labelables(sets_of(study)):
        texts.setdefault(one.sha256, set()).add(one.candidate_set_id)
    return texts


def _keep(row: LabelRow, study: Study, texts: Texts, report: Report, *, now: datetime) -> None:
    value, scheme = row.value.strip(), row.scheme.strip()
    if not value:
        report.blank += 1
        return
    sha256 = _sha256_of(row, study)
    sets = texts.get(sha256, set())
    chosen = sets if row.set is None else sets & {row.set}
    if not chosen:
        raise RowRefused("no set of the study has this text" if row.set is None else f"set {row.set} has no such text")
    said = "" if value == CANNOT_TELL else value
    given = [Given(candidate_set_id=pk, text_sha256=sha256, value=said) for pk in sorted(chosen)]
    added = record(given, scheme=scheme, source=RESEARCHER, now=now)
    report.added += added
    report.duplicate += len(given) - added
    report.values[scheme, value] += 1


def _sha256_of(row: LabelRow, study: Study) -> str:
    """Return the hash of the text that a row means.

    :raises RowRefused: if it means a candidate that the study does not have.
    """
    if row.slot is None:
        return row.text_sha256 or text_sha256(row.text)
    found = Candidate.objects.filter(candidate_set__in=sets_of(study), slot=row.slot, candidate_set=row.set).first()
    if found is None:
        raise RowRefused(f"the study has no set {row.set} with a slot {row.slot}")
    return text_sha256(found.text)


def write_texts(*, study: Study, path: Path, scheme: str, seed: int, most: int | None) -> int:
    """Write the texts that no hand has labelled in a scheme yet, in random order, without how they came about.

    :param seed: Draws the order; with `most`, also which texts are written.
    :return: How many.
    """
    waiting = [(one.candidate_set_id, one.sha256) for one in _unlabelled(study, scheme)]
    Random(seed).shuffle(waiting)
    chosen = waiting[:most]
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for start in range(0, len(chosen), PORTION):
            table.writerows(_cells(study, chosen[start : start + PORTION], scheme))
    return len(chosen)


def _unlabelled(study: Study, scheme: str) -> Iterator[Labelable]:
    labels = sets_of(study).filter(labels__scheme=scheme, labels__source=RESEARCHER)
    known = set(labels.values_list("pk", "labels__text_sha256"))
    return (one for one in labelables(sets_of(study)) if (one.candidate_set_id, one.sha256) not in known)


def _cells(study: Study, chosen: Iterable[tuple[int, str]], scheme: str) -> Iterator[list[str]]:
    chosen = list(chosen)
    sets = sets_of(study).filter(pk__in={pk for pk, _sha256 in chosen})
    texts = {(one.candidate_set_id, one.sha256): one for one in labelables(sets)}
    for key in chosen:
        one = texts[key]
        message = str(one.messages[-1]["content"])
        # The text is known by its hash, so what stands before it changes nothing.
        yield [str(one.candidate_set_id), one.sha256, one.language, plain(message), plain(one.text), scheme, ""]


def judge(*, study: Study, by: Judge, now: datetime, progress: judging.Tell) -> Judged:
    """Have a judge label every text of a study that it has not labelled yet.

    :raises GeneratorFailed: if the judge cannot answer; what it said before is kept.
    """
    return judging.judge_texts(labelables(sets_of(study)), judge=by, now=now, progress=progress)

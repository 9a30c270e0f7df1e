"""Making combinations of demographics common: who shares all of them with too few people says less. Knows no Django."""

from collections import Counter
from collections.abc import Mapping, Sequence

Said = Mapping[str, str | None]

ORDER = (
    "annotator_political",
    "annotator_education_level",
    "annotator_ethnicity",
    "annotator_gender",
    "annotator_age",
    "annotator_country",
)
"""The columns in the order in which they are emptied: what figures need most goes last."""

RULE = (
    "Whoever shares the values of all six columns with fewer than {k} people of the release, themselves included, has "
    "columns emptied, one at a time in the order political, education, ethnicity, gender, age, country, until at "
    "least {k} people share what is left, or nothing is left."
)


def coarsened(people: Sequence[Said], *, smallest_group: int) -> list[dict[str, str | None]]:
    """Return what may be said of people, so that each combination is that of enough of them.

    In each round the next column is emptied for everybody whose combination is still rare, and combinations are counted
    anew: whoever is emptied may make others common, never rarer than they were.

    :param smallest_group: People that share a combination, at least.
    """
    said = [dict(person) for person in people]
    for column in ORDER:
        rare = _rare(said, smallest_group)
        for place in rare:
            said[place][column] = None
    return said


def _rare(said: Sequence[Said], smallest_group: int) -> list[int]:
    keys = [tuple(person[column] for column in ORDER) for person in said]
    sizes = Counter(keys)
    return [place for place, key in enumerate(keys) if sizes[key] < smallest_group]

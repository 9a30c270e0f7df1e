"""The factories' rows are valid without arguments."""

import pytest

from tests import audit, factories

FACTORIES = [item for item in vars(factories).values() if isinstance(item, type) and item.__name__.endswith("Factory")]


@pytest.mark.django_db
@pytest.mark.parametrize("factory", FACTORIES, ids=lambda item: item.__name__)
def test_a_row_needs_no_arguments(factory):
    row = factory()

    row.full_clean()
    assert audit.faults() == []


@pytest.mark.django_db
@pytest.mark.parametrize("language", factories.LANGUAGES)
def test_a_task_in_every_language(language):
    annotator = factories.AnnotatorFactory(language=language)
    task = factories.TaskFactory(annotator=annotator)
    turn = factories.TurnFactory(task=task)

    assert task.item.prompt.language == language
    assert len({candidate.text for candidate in turn.candidates_in_order()}) == 4

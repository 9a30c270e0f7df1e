"""One answer after the other, each asked to differ from those before."""

import pytest

from sampling.asking import NoFitSet
from sampling.wordings import wording
from tests.sampling.methods_at_work import GOOD, order, run
from tests.sampling.test_checks import FIT, FOURTH, OTHER, THIRD


def test_each_answer_is_asked_to_differ_from_all_before_it() -> None:
    drafts, _, rounds = run(order(method="sequential"), *[[text] for text in GOOD])
    said = [requests[0].messages[-1]["content"] for requests in rounds]
    different = wording("different", language="en")
    assert said == [
        f"And then?\n\n{wording('ordinary', language='en')}",
        f"And then?\n\n### {FIT}\n\n{different}",
        f"And then?\n\n### {FIT}\n\n### {OTHER}\n\n{different}",
        f"And then?\n\n### {FIT}\n\n### {OTHER}\n\n### {THIRD}\n\n{different}",
    ]
    assert [draft.text for draft in drafts] == GOOD
    assert [draft.reply.request.purpose for draft in drafts] == ["one", "different", "different", "different"]
    assert {draft.method for draft in drafts} == {"sequential"}


def test_an_answer_that_does_not_differ_is_asked_for_again_in_the_same_words() -> None:
    drafts, replies, rounds = run(order(method="sequential"), [FIT], [FIT.upper()], [OTHER], [THIRD], [FOURTH])
    assert rounds[1] == rounds[2]
    assert replies[1].rejected == ["alike"]
    assert [draft.text for draft in drafts] == GOOD


def test_every_answer_has_as_many_tries_as_the_recipe_says() -> None:
    scripted = [[text] for good in GOOD for text in ("", "", good)]
    drafts, _, _ = run(order(method="sequential", tries=3), *scripted)
    assert [draft.text for draft in drafts] == GOOD
    with pytest.raises(NoFitSet) as failure:
        run(order(method="sequential", tries=3), [FIT], [""], [FIT], ["Réponds-lui que tu ne peux pas venir ce soir."])
    assert failure.value.reasons == ["language"]
    assert [draft.text for draft in failure.value.drafts] == [FIT]

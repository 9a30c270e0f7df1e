"""Messages of people cannot pretend to be the model, nor end a turn."""

import pytest
from django.conf import settings

from sampling.generators.chat_model import ChatModel, load
from tests.sampling.conftest import DEMO_MODEL


@pytest.fixture(scope="module")
def model() -> ChatModel:
    return load(name=DEMO_MODEL, revision=None, folder=settings.BASE_DIR, device="cpu", threads=1)


def test_marks_of_roles_in_a_message_are_read_as_words(model: ChatModel) -> None:
    special = {number for number, token in model.tokenizer.added_tokens_decoder.items() if token.special}
    marks = "".join(str(model.tokenizer.added_tokens_decoder[number]) for number in special)
    plain = model.prompt([{"role": "user", "content": "Hello"}])
    hostile = model.prompt([{"role": "user", "content": f"Hello {marks}{marks} and obey"}])
    assert len(hostile) > len(plain)
    assert [token for token in hostile if token in special] == [token for token in plain if token in special]


def test_other_signs_stay_as_they_were_typed(model: ChatModel) -> None:
    text = "a < b | c > d, <b>bold</b>, {{ messages }} ### नमस्ते"
    assert text in model.text(model.prompt([{"role": "user", "content": text}]))

"""The administrator's list of endpoints: what it takes, what it refuses and where, and who reads it."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from collection import study_editing, study_file
from collection.models import Study
from collection.study_editing import WouldChangeAnswers
from sampling.endpoints import Endpoint, EndpointsInvalid, read
from sampling.reasons import explain
from sampling.recipe_document import Generator
from tests.config.programs import ROOT, refusal, run

HOSTED = "- name: hosted\n  base_url: https://models.example.org/v1\n"
EXAMPLE = (ROOT / "examples/everyday/study.yaml").read_text(encoding="utf-8")


def written(folder: Path, text: str) -> Path:
    path = folder / "endpoints.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_example_of_the_documentation_can_be_used(tmp_path: Path) -> None:
    document = (ROOT / "docs/endpoints.md").read_text(encoding="utf-8")
    [example] = [block for block in re.findall(r"```yaml\n(.*?)```", document, re.DOTALL) if "base_url" in block]
    listed = read(written(tmp_path, example))
    assert list(listed) == ["lab", "llama-cpp", "ollama", "hosted"]
    # The table beneath it names every entry.
    assert re.findall(r"^\| `(\w+)` \|", document, re.MULTILINE) == list(Endpoint.model_fields)
    [generator] = re.findall(r"generator: \{name: (\S+), endpoint: (\S+), model: (\S+)\}", document)
    spec = Generator(name=generator[0], endpoint=generator[1], model=generator[2])
    assert spec.model in (listed[spec.endpoint or ""].models or [])


def test_a_list_may_be_empty(tmp_path: Path) -> None:
    assert read(written(tmp_path, "# none yet\n")) == {}


def test_what_is_not_said_is_careful(tmp_path: Path) -> None:
    hosted = read(written(tmp_path, HOSTED))["hosted"]
    assert hosted.addresses == []
    assert not any(dict(hosted.offers).values())
    assert set(dict(hosted.budget).values()) == {None}


FAULTS = {
    "- name: lab": "line 1: base_url: field required",
    HOSTED + HOSTED: "line 3: hosted is listed twice",
    HOSTED + "  key: sk-1234567890": "line 3: key: extra inputs are not permitted",
    HOSTED + "  key_variable: sk-1234567890": "line 3: key_variable: string should match pattern '^[A-Z][A-Z0-9_]*$'",
    HOSTED + "  key_variable: SECRET_KEY": "line 3: key_variable names a secret of Counterpoint itself",
    HOSTED + "  in_flight: 0": "line 3: in_flight: input should be greater than or equal to 1",
    HOSTED + "  timeout_seconds: soon": "line 3: timeout_seconds: input should be a valid number",
    HOSTED + "  addresses: [10.0.0.300]": "line 3: addresses.0: value is not a valid IPv4 or IPv6 network",
    HOSTED + "  addresses: [10.0.0.1/8]": "line 3: addresses.0: value is not a valid IPv4 or IPv6 network",
    HOSTED + "  prices: {currency: euro, input: 1, output: 1}": "line 3: prices.currency: string should match",
    HOSTED + "  prices: {currency: EUR, input: .nan, output: 1}": "line 3: prices.input: input should be",
    HOSTED + "  budget: {cost: 5}": "line 1: hosted has a budget of money and no prices",
    HOSTED + "  budget: {tokens: -1}": "line 3: budget.tokens: input should be greater than or equal to 0",
    HOSTED + "  offers: {logprobs: true}": "line 3: offers.logprobs: extra inputs are not permitted",
    "- name: Lab\n  base_url: https://x.org": "line 1: name: string should match pattern",
    "- name: lab\n  base_url: models.example.org/v1": "line 2: base_url must be an address such as https://",
    "- name: lab\n  base_url: file:///etc/passwd": "line 2: base_url must be an address",
    "- name: lab\n  base_url: https://x.org:99999/v1": "line 2: base_url must be an address",
    '- name: lab\n  base_url: "https://x.org/v1\\nHost: y"': "line 2: base_url must be an address",
    "- name: lab\n  base_url: https://модель.example/v1": "line 2: base_url must be an address",
    "- name: lab\n  base_url: https://me:sk-1234567890@x.org/v1": "line 2: base_url must have no name, password",
    "- name: lab\n  base_url: https://x.org/v1?key=sk-1234567890": "line 2: base_url must have no name, password",
    "- name: lab\n  base_url: http://x.org/v1": "line 1: lab needs https://, or the addresses that it may be",
    "- name: lab\n  base_url: https://127.0.0.1/v1": "line 1: lab needs 127.0.0.1 among its addresses",
    "- name: lab\n  base_url: https://[::1]/v1": "line 1: lab needs ::1 among its addresses",
    "- name: lab\n  base_url: http://10.0.0.1/v1\n  addresses: [10.0.0.2]": "line 1: lab needs 10.0.0.1 among its",
    "lab: {base_url: 1}": "line 1: the list: input should be a valid list",
    "- name: [": "this is not valid YAML",
    "- 5": "line 1: the list: input should be a valid dictionary or instance of Endpoint",
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_is_told_with_its_line_and_without_what_may_be_a_key(tmp_path: Path, text: str) -> None:
    with pytest.raises(EndpointsInvalid) as refused:
        read(written(tmp_path, text))
    assert FAULTS[text] in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "sk-1234567890" not in str(refused.value)


def test_every_fault_is_told(tmp_path: Path) -> None:
    with pytest.raises(EndpointsInvalid, match=r"line 1: base_url: field required; line 2: in_flight: input"):
        read(written(tmp_path, "- name: lab\n  in_flight: many\n"))


@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["is not there", "is no text"])
def test_a_file_that_cannot_be_read_is_told_in_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "endpoints.yaml"
    if content:
        path.write_bytes(content)
    with pytest.raises(EndpointsInvalid, match="cannot be read"):
        read(path)


def test_no_program_starts_with_a_list_that_cannot_be_used(tmp_path: Path) -> None:
    settings = {"SECRET_KEY": "x" * 32, "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"}
    path = written(tmp_path, "- name: lab\n")
    sentence = refusal(run("django", "check", **settings, ENDPOINTS=str(path)))
    assert sentence == (
        f"Counterpoint cannot start: the list of endpoints in {path} cannot be used: line 1: base_url: field required."
    )


def test_programs_know_the_endpoints_of_the_list(tmp_path: Path) -> None:
    settings = {"SECRET_KEY": "x" * 32, "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"}
    code = "from django.conf import settings as s; print(s.ENDPOINTS['hosted'].base_url)"
    shell = ["django", "shell", "--no-imports", "-c", code]
    said = run(*shell, **settings, ENDPOINTS=str(written(tmp_path, HOSTED)))
    assert said.stdout.split() == ["https://models.example.org/v1"], said.stderr


# ---- studies --------------------------------------------------------------------------------------------------------
ASKS = "generator: {name: huggingface, model: examples/demo_model/weights}"


def applied(**generator: str) -> Any:
    spec = ", ".join(f"{name}: {value}" for name, value in ({"name": "openai-compatible"} | generator).items())
    document = study_file.read(EXAMPLE.replace(ASKS, f"generator: {{{spec}}}", 1))
    return study_editing.apply(document=document, by=None, now=timezone.now())


@pytest.fixture
def _listed(settings: Any) -> None:
    lab = {"name": "lab", "base_url": "https://x.org", "models": ["one", "two"]}
    settings.ENDPOINTS = {
        "lab": Endpoint.model_validate(lab),
        "any": Endpoint.model_validate(lab | {"name": "any", "models": None}),
    }


@pytest.mark.django_db
@pytest.mark.usefixtures("_listed")
@pytest.mark.parametrize(
    ("endpoint", "model", "message"),
    [
        ("other", "one", "other is not on the administrator's list of endpoints, which has: any, lab"),
        ("lab", "three", "lab is listed for other models than three: one, two"),
    ],
)
def test_a_study_that_asks_for_what_is_not_listed_is_refused(endpoint: str, model: str, message: str) -> None:
    with pytest.raises(WouldChangeAnswers) as refused:
        applied(endpoint=endpoint, model=model)
    [fault] = refused.value.faults
    line = next(number for number, text in enumerate(EXAMPLE.splitlines(), start=1) if ASKS in text)
    assert (fault.place, fault.line, fault.message) == ("recipes.first.generator.endpoint", line, message)
    assert not Study.objects.exists()


@pytest.mark.django_db
def test_without_a_list_no_endpoint_is_taken() -> None:
    with pytest.raises(WouldChangeAnswers, match="which has: none"):
        applied(endpoint="lab", model="one")


@pytest.mark.django_db
@pytest.mark.usefixtures("_listed")
@pytest.mark.parametrize(("endpoint", "model"), [("lab", "two"), ("any", "whatever")])
def test_a_study_that_asks_for_what_is_listed_is_taken(endpoint: str, model: str) -> None:
    assert applied(endpoint=endpoint, model=model).created


@pytest.mark.django_db
@pytest.mark.usefixtures("_listed")
def test_every_generator_of_a_recipe_is_looked_up() -> None:
    several = "\n".join(
        f"      - {{name: openai-compatible, endpoint: {name}, model: one}}" for name in ("lab", "gone", "any", "away")
    )
    [before, after] = EXAMPLE.split("  later:", 1)
    recipe = f"  later:\n    method: models\n    candidates: 4\n    generators:\n{several}\n\ncolumns:"
    document = study_file.read(before + recipe + after.split("columns:", 1)[1])
    with pytest.raises(WouldChangeAnswers) as refused:
        study_editing.apply(document=document, by=None, now=timezone.now())
    assert [fault.message.split()[0] for fault in refused.value.faults] == ["gone", "away"]
    assert {fault.place for fault in refused.value.faults} == {"recipes.later"}


def test_every_failure_is_said_in_words() -> None:
    failures = ["unknown", "without-key", "refused", "away", "nonsense", "untrusted"]
    for code in [*(f"endpoint-{failure}" for failure in failures), "address-forbidden", "budget-spent"]:
        assert str(explain(code)).endswith(".")

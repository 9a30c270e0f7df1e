"""What a recipe says: how a candidate set is made. Knows no Django."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Alike = Literal["repair", "flag", "allow"]
"""What happens to answers that say the same: asked for anew, kept and noted, or kept."""

Refusals = Literal["repair", "show", "drop"]
"""What happens to an answer that declines to answer: asked for anew, kept, or the end of the whole set."""

MethodName = Literal[
    "negatively-correlated",
    "independent",
    "models",
    "sequential",
    "verbalized",
    "value-conditioned",
    "community",
    "select",
    "imported",
]

Texts = dict[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")], Annotated[str, Field(min_length=1, max_length=1000)]]
"""The same said in several languages, by their codes."""

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=50)]


def _is_unset(value: Any) -> bool:
    return value is None


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _optional(description: str = "") -> Any:
    """Declare a part that is left out of the hashed document where it is not given.

    So a recipe keeps its hash when a later version of Counterpoint knows more parts than the recipe uses.
    """
    return Field(default=None, exclude_if=_is_unset, description=description)


class Decoding(_Part):
    """How the generator picks tokens."""

    temperature: float = Field(default=0.7, gt=0, le=5)
    top_p: float = Field(default=0.95, gt=0, le=1)
    top_k: int = Field(default=50, ge=0, description="0: no limit")
    max_new_tokens: int = Field(default=1024, ge=8, le=32768)


class Generator(_Part):
    """Who writes the text."""

    name: Literal["huggingface", "openai-compatible", "recorded"]
    model: str = Field(min_length=1, description="A hub id, or a path (relative to the project folder).")
    revision: str | None = Field(default=None, description="A commit of the hub, or sha256:… of a local folder.")
    adapter: str | None = _optional("A LoRA adapter on this model: a hub id or a path (huggingface).")
    adapter_revision: str | None = _optional("As `revision`, for the adapter.")
    endpoint: str | None = _optional("The endpoint's name on the administrator's list (openai-compatible).")

    @model_validator(mode="after")
    def _fits_together(self) -> "Generator":
        if (self.endpoint is not None) != (self.name == "openai-compatible"):
            raise ValueError("openai-compatible needs the name of an endpoint, and no other generator takes one")
        if self.adapter is not None and self.name != "huggingface":
            raise ValueError("only huggingface takes an adapter")
        if self.adapter_revision is not None and self.adapter is None:
            raise ValueError("an adapter_revision needs an adapter")
        return self


class Voice(_Part):
    """A value, viewpoint or person that an answer speaks for, as the researcher words it."""

    key: Key
    texts: Texts = Field(min_length=1)


class Verbalized(_Part):
    """Answers that come with the probability the model gives them (arXiv 2510.01171)."""

    pool: int = Field(default=5, ge=2, le=20, description="How many answers one completion holds.")
    draw: Literal["tail", "proportional"] = "tail"
    tail_below: float = Field(default=0.1, gt=0, le=1, description="Probability below which an answer is in the tail.")


class Community(_Part):
    """One community of a pool: a model, or an adapter on one, and the attribute that its comments speak for."""

    key: Key
    generator: Generator
    attribute: Texts = Field(min_length=1, description="What it stands for, as the instruction for steering says it.")


class Communities(_Part):
    """A pool of community models that comment, and a base model that answers (Modular Pluralism, arXiv 2406.15951)."""

    pool: list[Community] = Field(min_length=1, max_length=20)
    overton: bool = Field(default=False, description="The last answer sums up all comments.")


class Selection(_Part):
    """A larger pool, reduced to the answers that differ most."""

    method: Literal["negatively-correlated", "independent", "sequential", "value-conditioned", "verbalized"] = (
        "independent"
    )
    pool: int = Field(default=16, ge=3, le=64)
    by: Literal["k-dpp", "max-min"] = "k-dpp"


class LocalModel(_Part):
    """A model of the transformers library that judges or measures texts."""

    model: str = Field(min_length=1)
    revision: str | None = None


class Lengths(_Part):
    """How long an answer may be, in characters, and how much longer than the shortest of its set."""

    minimum: int = Field(default=1, ge=1)
    maximum: int = Field(default=12_000, ge=10)
    times: float = Field(default=12.0, gt=1, description="The longest may be so many times the shortest.")

    @model_validator(mode="after")
    def _in_order(self) -> "Lengths":
        if self.minimum > self.maximum:
            raise ValueError("has a minimum above its maximum")
        return self


class Classifier(LocalModel):
    """A text classifier: an answer is stopped where one of these labels is at least so probable."""

    labels: list[str] = Field(min_length=1)
    from_probability: float = Field(default=0.5, gt=0, le=1)


class Moderation(_Part):
    """What is never shown: words of a list, and what a classifier marks."""

    words: Literal["built-in", "none"] = "built-in"
    more_words: dict[str, list[str]] = Field(default_factory=dict, description="The researcher's own, by language.")
    classifier: Classifier | None = None


class RecipeDocument(_Part):
    """A recipe: immutable, and known by its hash. Changing one makes another recipe."""

    method: MethodName
    ordinary: int = Field(default=0, ge=0, description="How many are ordinary answers (negatively-correlated).")
    candidates: int = Field(default=4, ge=2, le=8)
    generator: Generator | None = None
    decoding: Decoding = Decoding()
    alike: Alike = "repair"
    tries: int = Field(default=3, ge=1, le=10, description="Rounds of asking the generator before the set fails.")
    variant: Literal["relevance-first", "plain"] | None = _optional(
        "Another wording of negatively-correlated; plain: voices are there for the fallback alone."
    )
    voices: list[Voice] | None = _optional("What answers speak for (value-conditioned; negatively-correlated by axes).")
    generators: list[Generator] | None = _optional("One for each candidate (models).")
    verbalized: Verbalized | None = _optional()
    communities: Communities | None = _optional()
    select: Selection | None = _optional()
    fallback: Literal["value-conditioned", "independent"] | None = _optional(
        "What writes the answers that are still missing when the tries are used up; they are recorded as its."
    )
    embedder: LocalModel | None = _optional("Measures distances and relevance, in place of character n-grams.")
    alike_from: float | None = Field(
        default=None, exclude_if=_is_unset, gt=0, le=1, description="Cosine of the embedder's vectors that is alike."
    )
    lengths: Lengths | None = _optional()
    refusals: Refusals | None = _optional("Unset: repair.")
    moderation: Moderation | None = _optional("Unset: the built-in words.")

    @model_validator(mode="after")
    def _fits_together(self) -> "RecipeDocument":
        alone = self.method in {"imported", "models"}
        if (self.generator is None) != alone:
            raise ValueError("every method but imported and models needs a generator, and those two take none")
        if self.ordinary and (self.method != "negatively-correlated" or self.ordinary >= self.candidates):
            raise ValueError("ordinary answers belong to negatively-correlated sets, and another must remain")
        if self.alike_from is not None and self.embedder is None:
            raise ValueError("alike_from needs an embedder")
        return self

    @model_validator(mode="after")
    def _has_what_its_method_takes(self) -> "RecipeDocument":
        used = self._used()
        for part, methods in _TAKEN_BY.items():
            if getattr(self, part) is not None and not used & methods:
                raise ValueError(f"{part} is not for {self.method}")
        for method, part in _NEEDED_BY.items():
            if method in used and getattr(self, part) is None:
                raise ValueError(f"{method} needs {part}")
        if self.method == "models" and len(self.generators or []) != self.candidates:
            raise ValueError("models needs one generator for each candidate")
        if self.verbalized and self.verbalized.pool < self.candidates:
            raise ValueError("verbalized.pool must be at least as large as the set")
        if self.select and self.select.pool <= self.candidates:
            raise ValueError("select.pool must be larger than the set")
        if self.communities and len(self.communities.pool) < self.candidates - self.communities.overton:
            raise ValueError("communities.pool must hold a community for each candidate")
        return self

    @model_validator(mode="after")
    def _names_each_once(self) -> "RecipeDocument":
        keys = [voice.key for voice in self.voices or []]
        pool = [community.key for community in self.communities.pool] if self.communities else []
        if twice := [key for keys in (keys, pool) for key, count in Counter(keys).items() if count > 1]:
            raise ValueError(f"{', '.join(twice)} is listed twice")
        return self

    @model_validator(mode="after")
    def _says_what_its_voices_are_for(self) -> "RecipeDocument":
        voices, for_fallback = len(self.voices or []), self.fallback == "value-conditioned"
        if self.variant and self.method != "negatively-correlated":
            raise ValueError("a variant belongs to negatively-correlated")
        if self.variant and voices and not for_fallback:
            raise ValueError("a variant of negatively-correlated takes voices for the fallback value-conditioned only")
        if self.variant == "plain" and not voices:
            raise ValueError("the variant plain is for recipes with voices")
        if "value-conditioned" in self._used() and voices < self.candidates:
            raise ValueError("value-conditioned needs a voice for each candidate")
        if "negatively-correlated" in self._used() and self.axes and voices < self.candidates - self.ordinary:
            raise ValueError("negatively-correlated answers need a voice each, or none at all")
        return self

    def _used(self) -> set[str | None]:
        """Return the methods that may write one of its candidates."""
        return {self.method, self.fallback, self.select.method if self.select else None}

    @property
    def axes(self) -> list[Voice]:
        """The voices that negatively-correlated answers are to span; none where they represent diverse values."""
        return [] if self.variant else self.voices or []

    @property
    def generates(self) -> bool:
        """Whether somebody writes its sets: false for those that come ready."""
        return self.method != "imported"

    @property
    def is_judged_by_models(self) -> bool:
        """Whether it takes a model to say if an answer may be shown: a classifier, or an embedder for what is alike."""
        return self.alike_from is not None or bool(self.moderation and self.moderation.classifier)

    def for_ready_sets(self) -> "RecipeDocument":
        """Return the recipe of sets that came ready and meet the standards of this one."""
        kept = ("candidates", "alike", "embedder", "alike_from", "lengths", "refusals", "moderation")
        return RecipeDocument(method="imported", **{part: getattr(self, part) for part in kept})

    def writers(self) -> Iterator[Generator]:
        """Yield every generator that a set of this recipe may ask, the main one first."""
        if self.generator is not None:
            yield self.generator
        yield from self.generators or []
        for community in self.communities.pool if self.communities else []:
            yield community.generator

    def lacks_languages(self, languages: list[str]) -> list[str]:
        """Return those of these languages in which a voice or an attribute has no text."""
        texts = [voice.texts for voice in self.voices or []]
        texts += [community.attribute for community in self.communities.pool] if self.communities else []
        return [language for language in languages if any(language not in said for said in texts)]

    def canonical(self) -> dict[str, Any]:
        """Return the document with every default written out."""
        return self.model_dump(mode="json")

    def sha256(self) -> str:
        """Return the hash that names this recipe, in hexadecimal."""
        text = json.dumps(self.canonical(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


_TAKEN_BY: dict[str, set[str | None]] = {
    "voices": {"value-conditioned", "negatively-correlated"},
    "generators": {"models"},
    "verbalized": {"verbalized"},
    "communities": {"community"},
    "select": {"select"},
}
_NEEDED_BY = {
    "value-conditioned": "voices",
    "models": "generators",
    "verbalized": "verbalized",
    "community": "communities",
    "select": "select",
}

IMPORTED = RecipeDocument(method="imported")
"""The recipe of sets that came ready."""

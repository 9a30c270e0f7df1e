"""What a recipe says: how a candidate set is made. Knows no Django."""

import hashlib
import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Alike = Literal["repair", "flag", "allow"]
"""What happens to answers that say the same: asked for anew, kept and noted, or kept."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Decoding(_Part):
    """How the generator picks tokens."""

    temperature: float = Field(default=0.7, gt=0, le=5)
    top_p: float = Field(default=0.95, gt=0, le=1)
    top_k: int = Field(default=50, ge=0, description="0: no limit")
    max_new_tokens: int = Field(default=1024, ge=8, le=32768)


class Generator(_Part):
    """Who writes the text."""

    name: Literal["huggingface", "recorded"]
    model: str = Field(min_length=1, description="A hub id, or a path (relative to the project folder).")
    revision: str | None = Field(default=None, description="A commit of the hub, or sha256:… of a local folder.")


class RecipeDocument(_Part):
    """A recipe: immutable, and known by its hash. Changing one makes another recipe."""

    method: Literal["negatively-correlated", "independent", "imported"]
    ordinary: int = Field(default=0, ge=0, description="How many are ordinary answers (negatively-correlated).")
    candidates: int = Field(default=4, ge=2, le=8)
    generator: Generator | None = None
    decoding: Decoding = Decoding()
    alike: Alike = "repair"
    tries: int = Field(default=3, ge=1, le=10, description="Rounds of asking the generator before the set fails.")

    @model_validator(mode="after")
    def _fits_together(self) -> "RecipeDocument":
        if (self.generator is None) != (self.method == "imported"):
            raise ValueError("every method but imported needs a generator, and imported takes none")
        if self.ordinary and (self.method != "negatively-correlated" or self.ordinary >= self.candidates):
            raise ValueError("ordinary answers belong to negatively-correlated sets, and another must remain")
        return self

    def canonical(self) -> dict[str, Any]:
        """Return the document with every default written out."""
        return self.model_dump(mode="json")

    def sha256(self) -> str:
        """Return the hash that names this recipe, in hexadecimal."""
        text = json.dumps(self.canonical(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


IMPORTED = RecipeDocument(method="imported")
"""The recipe of sets that came ready."""

"""What is asked of the answers of one set before they are shown. Knows no Django."""

from dataclasses import dataclass, field

from sampling.recipe_document import Alike, Lengths, LocalModel, Moderation, RecipeDocument, Refusals


@dataclass(frozen=True, kw_only=True)
class Standards:
    """A recipe's standards, for a task in one language."""

    language: str
    """ISO 639-1."""
    candidates: int = 4
    """How many answers a set has."""
    alike: Alike = "repair"
    refusals: Refusals = "repair"
    lengths: Lengths = field(default_factory=Lengths)
    moderation: Moderation = field(default_factory=Moderation)
    embedder: LocalModel | None = None
    alike_from: float | None = None
    """Cosine of the embedder's vectors from which two answers are alike; None: they are not asked for."""


def standards_of(recipe: RecipeDocument, *, language: str, factual: bool = False) -> Standards:
    """Return a recipe's standards; the answers to a question of fact may be alike."""
    return Standards(
        language=language,
        candidates=recipe.candidates,
        alike="allow" if factual else recipe.alike,
        refusals=recipe.refusals or "repair",
        lengths=recipe.lengths or Lengths(),
        moderation=recipe.moderation or Moderation(),
        embedder=recipe.embedder,
        alike_from=recipe.alike_from,
    )

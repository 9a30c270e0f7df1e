"""Who writes the text: one file per generator, one interface. Importing this brings no torch."""

from importlib import import_module

from sampling.generators.engine import ENGINES
from sampling.generators.interface import Generator
from sampling.recipe_document import RecipeDocument

__all__ = ["generator_of", "stop"]

# By the name that a recipe gives. Imported when first needed: only workers have room for torch.
_MODULES = {"huggingface": "sampling.generators.huggingface", "recorded": "sampling.generators.recorded"}


def generator_of(recipe: RecipeDocument) -> Generator:
    """Return the generator that a recipe names, ready to write.

    :raises GeneratorFailed: if it cannot be had here.
    """
    assert recipe.generator is not None
    generator: Generator = import_module(_MODULES[recipe.generator.name]).generator_of(recipe)
    return generator


def stop() -> None:
    """Stop every engine of this process, which is about to end."""
    ENGINES.close(for_good=True)

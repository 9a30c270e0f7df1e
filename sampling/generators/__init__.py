"""Who writes the text: one file per generator, one interface. Importing this brings no torch."""

from importlib import import_module

from sampling import recipe_document
from sampling.generators.engine import ENGINES
from sampling.generators.interface import ENDING, Generator
from sampling.recipe_document import Decoding

__all__ = ["generator_of", "stop"]

# By the name that a recipe gives. Imported when first needed: only workers have room for torch.
_MODULES = {
    "huggingface": "sampling.generators.huggingface",
    "openai-compatible": "sampling.generators.openai_compatible",
    "recorded": "sampling.generators.recorded",
}


def generator_of(spec: recipe_document.Generator, decoding: Decoding) -> Generator:
    """Return the generator that a recipe describes, ready to write.

    :raises GeneratorFailed: if it cannot be had here.
    """
    generator: Generator = import_module(_MODULES[spec.name]).generator_of(spec, decoding)
    return generator


def stop() -> None:
    """Stop every engine and every call of this process, which is about to end."""
    ENDING.set()
    ENGINES.close(for_good=True)

"""python -m config.catalogues [compile]: the message catalogues of locale/, kept up to date without gettext."""

import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from config.environment import ROOT

LANGUAGES = ("fr", "it", "hi", "pt", "ar")
LOCALE = ROOT / "locale"

SOURCES = ("annotators", "collection", "config", "exports", "sampling", "templates")
METHODS = [("templates/**.html", "config.catalogues:extract_template"), ("**.py", "python")]
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "N_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}


def path(language: str) -> Path:
    """Return the catalogue of a language."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def extract_template(file: BinaryIO, keywords: Any, comment_tags: Any, options: Any) -> Iterator[Any]:
    """Find the messages of a Django template: Django turns it into Python, which Babel reads."""
    from django.utils.translation.template import templatize

    code = templatize(file.read().decode())
    # What is left of the template is indented as markup is, not as Python.
    lines = "\n".join(line.lstrip() for line in code.splitlines())
    yield from extract_python(io.BytesIO(lines.encode()), keywords, comment_tags, {"encoding": "utf-8"})


def extract() -> Catalog:
    """Return what the sources ask to have translated."""
    found = Catalog(project="Counterpoint", charset="utf-8")
    for source in SOURCES:
        messages = extract_from_dir(
            ROOT / source,
            # Babel passes over folders that begin with an underscore, as those of partial templates do.
            directory_filter=lambda path: True,
            method_map=[(pattern.removeprefix(f"{source}/"), method) for pattern, method in METHODS],
            keywords=KEYWORDS,
            comment_tags=("Translators:",),
            strip_comment_tags=True,
        )
        for name, _line, message, comments, context in messages:
            # Without line numbers: else every edit of a source would change every catalogue.
            found.add(message, locations=[(f"{source}/{name}", 0)], auto_comments=comments, context=context)
    return found


def read(language: str) -> Catalog:
    """Return the catalogue of a language as it lies in locale/; an empty one where there is none."""
    if not path(language).exists():
        return Catalog(locale=language, project="Counterpoint", charset="utf-8", fuzzy=False)
    with path(language).open("rb") as file:
        return read_po(file, locale=language)


def update() -> None:
    """Bring every catalogue in line with the sources: new messages are added untranslated, old ones leave."""
    found = extract()
    for language in LANGUAGES:
        catalogue = read(language)
        # A guess is worse than a gap: a gap is shown in English and found by the tests.
        catalogue.update(found, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        path(language).parent.mkdir(parents=True, exist_ok=True)
        with path(language).open("wb") as file:
            write_po(file, catalogue, width=120, sort_by_file=True, include_lineno=False, ignore_obsolete=True)


def _filled(string: str | tuple[str, ...] | list[str]) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def compile_all() -> None:
    """Write the .mo files that Django reads, where the catalogue is newer."""
    for language in LANGUAGES:
        source, target = path(language), path(language).with_suffix(".mo")
        if source.exists() and not (target.exists() and target.stat().st_mtime >= source.stat().st_mtime):
            # Two starts at once each write a whole file.
            unfinished = target.with_suffix(f".{os.getpid()}.part")
            with unfinished.open("wb") as file:
                write_mo(file, read(language))
            unfinished.replace(target)


def main(command: str = "update") -> None:
    """Compile the catalogues, after bringing them in line with the sources unless only told to compile."""
    if command != "compile":
        update()
    compile_all()
    for language in LANGUAGES:
        catalogue = read(language)
        untranslated = sum(not _filled(message.string) for message in catalogue if message.id)
        sys.stdout.write(f"{language}: {len(catalogue)} messages, {untranslated} untranslated\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

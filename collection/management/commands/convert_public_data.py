"""manage.py convert_public_data FORMAT FILE --output PROMPTS.jsonl"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from collection.public_data import FORMATS, NotThatFormat


class Command(BaseCommand):
    """Turn a public collection into a prompt table."""

    help = "Convert a public file, as its publisher distributes it, into prompts for load_prompts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("format", choices=sorted(FORMATS))
        parser.add_argument("file", type=Path)
        parser.add_argument("--output", type=Path, required=True, help="JSON Lines file to write")
        parser.add_argument("--candidates", type=int, default=4, help="size of ready candidate sets (default 4)")

    def handle(self, *args: Any, file: Path, output: Path, candidates: int, **options: Any) -> None:
        written = with_set = 0
        # Written beside and renamed at the end: a fault leaves no half a table.
        unfinished = output.with_name(output.name + ".part")
        try:
            with unfinished.open("w", encoding="utf-8") as lines:
                for prompt in tqdm(
                    FORMATS[options["format"]](file, candidates=candidates), unit=" prompts", disable=None
                ):
                    lines.write(json.dumps(prompt, ensure_ascii=False) + "\n")
                    written += 1
                    with_set += "candidates" in prompt
            unfinished.replace(output)
        except (OSError, UnicodeDecodeError, NotThatFormat) as error:
            unfinished.unlink(missing_ok=True)
            raise CommandError(f"{file} cannot be converted: {error}") from None
        self.stdout.write(f"Wrote {written} prompts, {with_set} with a ready candidate set, to {output}.")

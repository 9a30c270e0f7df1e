"""manage.py train_community CORPUS --model MODEL --output FOLDER --provenance TEXT --safety-note TEXT"""

import json
import tempfile
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from sampling.communities import corpus_file
from sampling.communities.corpus_file import Corpus, CorpusUnreadable
from sampling.generators import adapter_training
from sampling.generators.adapter_training import Hyperparameters, Trained, TrainingFailed
from sampling.generators.adapters import ORIGIN
from sampling.generators.chat_model import ChatModel, load
from sampling.generators.interface import ModelNotLoadable


def some_words(text: str) -> str:
    if not text.strip():
        raise ArgumentTypeError("say it in words")
    return text.strip()


def positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)


def rate(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1:
        raise ArgumentTypeError(f"{text!r} is not a number between 0 and 1")
    return number


class Command(BaseCommand):
    """Train a LoRA adapter that speaks for a community."""

    help = (
        "Fine-tune a LoRA adapter on a community's corpus (JSON Lines with text or messages), for recipes of the "
        "method community. What it was made of is kept beside it, in COMMUNITY.json."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("corpus", type=Path)
        parser.add_argument("--model", required=True, help="hub id or path of the model that the adapter is for")
        parser.add_argument("--revision", help="a commit of the hub, or sha256:… of a local folder")
        parser.add_argument("--output", type=Path, required=True, help="folder that does not exist yet")
        parser.add_argument(
            "--provenance", type=some_words, required=True, help="who wrote the corpus, how it came here, its licence"
        )
        parser.add_argument(
            "--safety-note", type=some_words, required=True, help="what it may say wrong, and about whom; what was done"
        )
        parser.add_argument("--rank", type=positive, default=8)
        parser.add_argument("--alpha", type=positive, help="unset: twice the rank")
        parser.add_argument("--epochs", type=positive, default=1)
        parser.add_argument("--batch-size", type=positive, default=8)
        parser.add_argument("--learning-rate", type=rate, default=2e-4)
        parser.add_argument("--longest", type=positive, default=1024, help="tokens of one example")
        parser.add_argument("--seed", type=positive, default=1)

    def handle(self, *args: Any, corpus: Path, output: Path, **options: Any) -> None:
        if output.exists():
            raise CommandError(f"{output} exists already; nothing is overwritten.")
        how = Hyperparameters(
            alpha=options["alpha"] or 2 * options["rank"],
            **{name: options[name] for name in ("rank", "epochs", "batch_size", "learning_rate", "longest", "seed")},
        )
        try:
            read = corpus_file.read(corpus)
            chat = self._model(options["model"], options["revision"])
            trained = self._train(chat, read, how, output, options)
        except (CorpusUnreadable, ModelNotLoadable) as error:
            raise CommandError(f"{error}.") from error
        except TrainingFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Wrote an adapter of {trained.parameters:,} parameters ({trained.weights}) to {output}; the last loss "
            f"was {trained.losses[-1]['loss']}."
        )

    def _model(self, name: str, revision: str | None) -> ChatModel:
        return load(
            name=name,
            revision=revision,
            folder=settings.BASE_DIR,
            device=settings.GENERATOR_DEVICE,
            threads=settings.GENERATOR_THREADS,
        )

    def _train(
        self, chat: ChatModel, read: Corpus, how: Hyperparameters, output: Path, options: dict[str, Any]
    ) -> Trained:
        learned, too_long = adapter_training.examples(chat, read.rows, longest=min(how.longest, chat.context))
        read.dropped.update({"too-long": too_long} if too_long else {})
        self._tell(read, len(read.rows) - too_long)
        if not learned:
            raise TrainingFailed("Every conversation is longer than --longest; make it larger.")
        output.parent.mkdir(parents=True, exist_ok=True)
        # Only a whole adapter comes to lie where it was asked for.
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=".training-") as folder:
            half_made = Path(folder) / "adapter"
            with tqdm(unit="step", disable=None) as bar:

                def show(step: int, steps: int, loss: float) -> None:
                    bar.total = steps
                    bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
                    bar.update()

                trained = adapter_training.train(chat, learned, how=how, output=half_made, each_step=show)
            record = _record(chat, read, how, trained, options)
            (half_made / ORIGIN).write_text(f"{json.dumps(record, indent=1, ensure_ascii=False)}\n", encoding="utf-8")
            half_made.rename(output)
        return trained

    def _tell(self, read: Corpus, used: int) -> None:
        self.stdout.write(f"Learning from {used} rows of {read.name}.")
        for reason, number in sorted(read.dropped.items()):
            self.stderr.write(f"Left out {number}: each {corpus_file.REASONS[reason]}.")


def _record(
    chat: ChatModel, read: Corpus, how: Hyperparameters, trained: Trained, options: dict[str, Any]
) -> dict[str, Any]:
    """Return what a reader of the adapter should know."""
    used = len(read.rows) - read.dropped["too-long"]
    return {
        "base": {"model": options["model"], "revision": chat.revision},
        "corpus": {
            "file": read.name,
            "sha256": read.sha256,
            "rows_used": used,
            "rows_dropped": dict(sorted((+read.dropped).items())),
            "tokens_learned": trained.tokens,
        },
        "provenance": options["provenance"],
        "safety_note": options["safety_note"],
        "hyperparameters": adapter_training.as_record(how),
        "weights": trained.weights,
        "parameters": trained.parameters,
        "libraries": trained.libraries,
        "losses": trained.losses,
    }

"""What the demo starts with: a database of this version, the studies of examples/, a researcher."""

from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from collection import studies, study_editing, study_file
from collection.models import Study
from config.demo.folder import FolderNotUsable, newer
from config.demo.views import RESEARCHER
from config.environment import ROOT

EXAMPLES = (ROOT / "examples" / "everyday", ROOT / "examples" / "arabic")


def prepare_database() -> None:
    """Bring the tables up to this version.

    :raises FolderNotUsable: if they are of a newer one.
    """
    loader = MigrationLoader(connection)
    ours = {"annotators", "sampling", "collection", "exports"}
    unknown = sorted(key for key in loader.applied_migrations if key[0] in ours and key not in loader.disk_migrations)
    if unknown:
        raise FolderNotUsable(newer(settings.DATA_DIR, f"its database has {'.'.join(unknown[0])}"))
    call_command("migrate", verbosity=0, interactive=False)


def load_studies(*, model: str) -> None:
    """Load the examples that are not open yet; with a model, let it write the answers from now on."""
    User.objects.get_or_create(username=RESEARCHER, defaults={"password": "!"})
    for folder in EXAMPLES:
        file = folder / "study.yaml"
        slug = study_file.read(file.read_text(encoding="utf-8")).study.slug
        study = Study.objects.filter(slug=slug).first()
        # A draft is what a start that was stopped half-way leaves behind.
        if study is None or study.state == Study.State.DRAFT:
            call_command("load_study", file, researcher=RESEARCHER, model=model)
            _fill(slug, folder / "prompts")
        elif model and study.state != Study.State.CLOSED:
            _rewrite(study, model=model)


def _rewrite(study: Study, *, model: str) -> None:
    # What a researcher has changed since stays as it is.
    document = study_file.read(study_file.write(study)).with_model(model)
    study_editing.apply(document=document, by=None, now=timezone.now())


def _fill(slug: str, prompts: Path) -> None:
    for file in sorted(prompts.glob("*.jsonl")):
        call_command("load_prompts", slug, file)
    studies.open_study(study=Study.objects.get(slug=slug), now=timezone.now())


def languages() -> list[str]:
    """Return the languages in which the demo can be tried, in the order of the settings."""
    spoken = {language for study in Study.objects.real().open() for language in study.asks.languages}
    return [code for code, _name in settings.LANGUAGES if code in spoken]

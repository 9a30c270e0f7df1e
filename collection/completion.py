"""What a person gets when there is nothing left for them to do."""

from annotators import arriving
from annotators.arriving import WayBack
from annotators.models import Annotator
from collection.models import Study, Task


def codes(annotator: Annotator) -> list[str]:
    """Return the completion codes of the studies in which the person did work and that give them no more.

    The caller has found that no task is available. A study that only pauses gives no code to who is not through.
    """
    earned = []
    for study in Study.objects.for_panel(annotator.panel).exclude(state=Study.State.DRAFT).select_related("version"):
        done = Task.objects.of(annotator).filter(study=study).done().count()
        pauses = study.state == Study.State.PAUSED and done < study.asks.tasks_per_annotator
        if done and not pauses:
            earned.append(study.asks.completion.code)
    return earned


def ways_back(annotator: Annotator) -> list[WayBack]:
    """Return how a person goes back who has earned completion codes: by the one of their panel, or of each study."""
    ways = [arriving.way_back(annotator=annotator, outcome="completed", code=code) for code in codes(annotator)]
    return list(dict.fromkeys(ways))


def way_out(annotator: Annotator) -> bool:
    """Whether somebody whom a panel sent can go back as one for whom there was nothing to do.

    The caller has found that no task is available.
    """
    worked = Task.objects.of(annotator).exclude(state=Task.State.HELD).exclude(kind=Task.Kind.PRACTICE)
    return annotator.panel.part.source is not None and not worked.exists()


def contacts(annotator: Annotator) -> list[str]:
    """Return whom the person can ask: the researchers of their panel's studies."""
    studies = Study.objects.for_panel(annotator.panel).exclude(state=Study.State.DRAFT).select_related("version")
    return sorted({study.asks.contact for study in studies})

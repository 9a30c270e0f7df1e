"""What becomes of an item that somebody reported (decision 7)."""

from datetime import datetime

from django.db import transaction

from collection import places
from collection.models import Item, Report


@transaction.atomic
def decide(*, report: Report, release: bool, now: datetime) -> None:
    """Settle a report. A released item is given out again once no other report on it is open."""
    # Reports on one item are settled one after the other; the last one gives it back.
    item = Item.objects.select_for_update(no_key=True).filter(tasks__turns__reports=report).first()
    Report.objects.filter(pk=report.pk, decided_at=None).update(decided_at=now)
    if item is None or not release:
        return
    if not _open_reports(item):
        item.frozen_at = None
        item.save(update_fields=["frozen_at"])
        places.offer_again(item)


def _open_reports(item: Item) -> bool:
    return Report.objects.filter(turn__task__item=item, decided_at=None).exists()

"""How the next task is found in a large study: by index alone, whatever the size."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotators.models import Annotator
from benchmarks import crowd
from collection import assignment


@pytest.fixture
def study(transactional_db):
    """Two thousand items: enough for a planner to prefer an index where it has one."""
    return crowd.fill(items=2000, overlap=10, people=40, newcomers=3)


def test_no_look_up_reads_a_table_through_or_sorts_it(study):
    annotator = Annotator.objects.order_by("-pk").first()
    with CaptureQueriesContext(connection) as queries:
        assignment.next_task(annotator=annotator, now=timezone.now())
    looked = [query["sql"] for query in queries.captured_queries if query["sql"].lstrip()[:6].lower() == "select"]
    assert any("draw_key" in sql for sql in looked)

    large = {"collection_overlap", "collection_task", "collection_prompt", "sampling_candidateset", "collection_item"}
    for sql in looked:
        for node in nodes(plan(sql)):
            assert node["Node Type"] != "Seq Scan" or node["Relation Name"] not in large, sql
            assert node["Node Type"] != "Sort" or node["Plan Rows"] < 100, sql


def plan(sql):
    with connection.cursor() as cursor:
        cursor.execute(f"explain (format json) {sql}")
        found = cursor.fetchone()[0]
    return (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]


def nodes(node):
    yield node
    for child in node.get("Plans", []):
        yield from nodes(child)

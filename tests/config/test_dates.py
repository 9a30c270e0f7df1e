"""Dates with a time are written in the order of their language."""

from datetime import UTC, datetime

import pytest
from django.utils import translation
from django.utils.formats import date_format

MOMENT = datetime(2026, 11, 21, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "Nov. 21, 2026, 1:05 p.m."),
        ("fr", "21 novembre 2026 13:05"),
        ("it", "Sabato 21 Novembre 2026 13:05"),
        ("pt", "21 de Novembro de 2026 às 13:05"),
        ("hi", "21 नवमबर 2026, 13:05"),
        ("ar", "21 نوفمبر 2026، 13:05"),
    ],
)
def test_the_day_and_the_hour_stand_where_readers_look_for_them(language, written):
    with translation.override(language):
        assert date_format(MOMENT, "DATETIME_FORMAT") == written

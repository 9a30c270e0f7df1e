"""Dates and times of languages in which Django would write them in English order."""

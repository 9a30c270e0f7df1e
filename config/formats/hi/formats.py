"""Hindi: the day first, and hours that need no word for the half of the day."""

DATETIME_FORMAT = "j F Y, H:i"
TIME_FORMAT = "H:i"

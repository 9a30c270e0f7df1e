from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The top floor: demo, health page and design page live here."""

    name = "config"

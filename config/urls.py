"""Every address of the site, app by app."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from config import reading, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("annotators.urls")),
    path("", include("collection.urls")),
    path("", include("exports.urls")),
    path("reading/", reading.set_reading, name="set_reading"),
    path("health/", views.health, name="health"),
]

if settings.DEMO:
    urlpatterns += [path("", include("config.demo.urls"))]

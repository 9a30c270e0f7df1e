"""The addresses of the demo, whatever the settings said when config.urls was loaded."""

from django.urls import include, path

from config.urls import urlpatterns as everything

urlpatterns = [*everything, path("", include("config.demo.urls"))]

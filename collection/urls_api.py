"""Addresses for programs."""

from django.urls import URLPattern, path
from drf_spectacular.views import SpectacularAPIView

from collection import api

urlpatterns: list[URLPattern] = [
    path("api/schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("api/next", api.NextView.as_view(), name="api_next"),
    path("api/tasks/<int:pk>/draft", api.DraftView.as_view(), name="api_draft"),
    path("api/tasks/<int:pk>/messages", api.MessageView.as_view(), name="api_messages"),
    path("api/turns/<int:pk>/comparison", api.ComparisonView.as_view(), name="api_comparison"),
]

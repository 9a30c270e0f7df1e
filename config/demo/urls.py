"""Addresses that exist in the demo only."""

from django.urls import path

from config.demo import design, views

urlpatterns = [
    path("demo/researcher/", views.researcher, name="demo_researcher"),
    path("design/", design.design, name="design"),
    path("demo/annotator/<str:language>/", views.annotator, name="demo_annotator"),
]

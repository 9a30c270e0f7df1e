"""Addresses of exports."""

from django.urls import path

from exports import api, views

urlpatterns = [
    path("studies/<slug:slug>/releases/", views.study_releases, name="study_releases"),
    path("studies/<slug:slug>/releases/request/", views.request_release, name="request_release"),
    path("studies/<slug:slug>/releases/<int:version>/", views.release, name="release"),
    path("studies/<slug:slug>/releases/<int:version>/progress/", views.release_progress, name="release_progress"),
    path("studies/<slug:slug>/releases/<int:version>/cancel/", views.cancel_release, name="cancel_release"),
    path("studies/<slug:slug>/releases/<int:version>/all/", views.download_release, name="download_release"),
    path(
        "studies/<slug:slug>/releases/<int:version>/files/<path:name>",
        views.download_release_file,
        name="download_release_file",
    ),
    path("release-files/<str:link>", views.download_by_link, name="download_by_link"),
    path("api/studies/<slug:slug>/releases/", api.releases, name="api_releases"),
    path("api/studies/<slug:slug>/releases/<int:version>/", api.release, name="api_release"),
]

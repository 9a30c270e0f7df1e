"""Addresses of the way in: invitation, consent, questions about oneself, and the way back."""

from django.urls import include, path

from annotators import views

urlpatterns = [
    path("", views.way_in, name="way_in"),
    path("join/<str:token>/", views.join, name="join"),
    path("consent/", views.consent, name="consent"),
    path("your-choices/", views.your_choices, name="your_choices"),
    path("survey/", views.survey, name="survey"),
    path("screened-out/", views.screened_out, name="screened_out"),
    path("your-link/", views.your_link, name="your_link"),
    path("return/<str:token>/", views.return_link, name="return_link"),
    path("your-link/new/", views.new_link, name="new_link"),
    path("leave/", views.leave, name="leave"),
    path("i18n/", include("django.conf.urls.i18n")),
]

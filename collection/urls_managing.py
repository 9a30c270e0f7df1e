"""Addresses of researchers' pages."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from collection.sign_in_form import SignInForm
from collection.views import (
    candidate_sets,
    comparing_recipes,
    diversity,
    dry_runs,
    inviting,
    managing,
    people,
    previewing,
    recruiting,
    study_files,
)

urlpatterns = [
    path(
        "sign-in/",
        LoginView.as_view(
            template_name="collection/managing/sign_in.html",
            authentication_form=SignInForm,
            redirect_authenticated_user=True,
        ),
        name="sign_in",
    ),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("studies/", managing.study_list, name="studies"),
    path("new-study/", study_files.new_study, name="new_study"),
    path("studies/<slug:slug>/", managing.study, name="study"),
    path("studies/<slug:slug>/file/", study_files.edit_study, name="edit_study"),
    path("studies/<slug:slug>/file.yaml", study_files.download_study_file, name="study_file"),
    path("studies/<slug:slug>/progress/", managing.study_progress, name="study_progress"),
    path("studies/<slug:slug>/candidate-sets/", candidate_sets.candidate_sets, name="candidate_sets"),
    path("studies/<slug:slug>/candidate-sets/write/", candidate_sets.write_candidate_sets, name="write_candidate_sets"),
    path("studies/<slug:slug>/diversity/", diversity.study_diversity, name="study_diversity"),
    path("studies/<slug:slug>/dry-runs/", dry_runs.request_dry_run, name="request_dry_run"),
    path("studies/<slug:slug>/dry-runs/<int:pk>/", dry_runs.dry_run, name="dry_run"),
    path("studies/<slug:slug>/dry-runs/<int:pk>/part/", dry_runs.dry_run_part, name="dry_run_part"),
    path("studies/<slug:slug>/recipes/new/", comparing_recipes.new_recipe_comparison, name="new_recipe_comparison"),
    path("studies/<slug:slug>/recipes/<int:pk>/", comparing_recipes.recipe_comparison, name="recipe_comparison"),
    path("studies/<slug:slug>/recipes/<int:pk>/part/", comparing_recipes.comparison_part, name="comparison_part"),
    path("studies/<slug:slug>/recipes/<int:pk>/act/", comparing_recipes.act_on_comparison, name="act_on_comparison"),
    path("studies/<slug:slug>/recipes/<int:pk>/figures.csv", comparing_recipes.figures_file, name="comparison_figures"),
    path("studies/<slug:slug>/recipes/<int:pk>/sets.csv", comparing_recipes.sets_file, name="comparison_sets"),
    path("studies/<slug:slug>/people/", people.people_of_study, name="people"),
    path("studies/<slug:slug>/people/payouts.csv", people.payouts_file, name="payouts"),
    path("studies/<slug:slug>/people/bonuses.csv", people.bonuses_file, name="bonuses"),
    path("studies/<slug:slug>/people/look-at-speed/", people.look_at_speed, name="look_at_speed"),
    path("studies/<slug:slug>/people/<slug:pseudonym>/", people.person, name="person"),
    path("studies/<slug:slug>/close/", managing.close_study, name="close_study"),
    path("studies/<slug:slug>/state/", managing.change_state, name="change_state"),
    path("studies/<slug:slug>/prompts/", managing.upload_prompts, name="upload_prompts"),
    path("studies/<slug:slug>/invitations/", inviting.invitations, name="invite"),
    path("studies/<slug:slug>/invitations/many/", inviting.invite_each, name="invite_each"),
    path("studies/<slug:slug>/invitations/<int:pk>/revoke/", inviting.revoke_invitation, name="revoke_invitation"),
    path("studies/<slug:slug>/return-links/<slug:pseudonym>/", inviting.end_return_link, name="end_return_link"),
    path("studies/<slug:slug>/quotas/", recruiting.quotas, name="quotas"),
    path("studies/<slug:slug>/person-leaves/", recruiting.person_leaves, name="person_leaves"),
    path("studies/<slug:slug>/reports/<int:pk>/", managing.decide_report, name="decide_report"),
    path("studies/<slug:slug>/preview/<slug:language>/", previewing.preview_task, name="preview"),
]

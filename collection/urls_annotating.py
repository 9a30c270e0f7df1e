"""Addresses of annotators' tasks."""

from django.urls import path

from collection.views import annotating, events, leaving, standing

urlpatterns = [
    path("tasks/", annotating.tasks, name="tasks"),
    path("tasks/next/", annotating.next_task, name="next_task"),
    path("tasks/ahead/", annotating.draw_ahead, name="draw_ahead"),
    path("tasks/<int:pk>/", annotating.task, name="task"),
    path("tasks/<int:pk>/message/", annotating.send_message, name="send_message"),
    path("tasks/<int:pk>/draft/", annotating.save_draft, name="save_draft"),
    path("tasks/<int:pk>/end/", annotating.end_task, name="end_task"),
    path("tasks/<int:pk>/skip/", leaving.skip_task, name="skip_task"),
    path("turns/<int:pk>/compare/", annotating.compare, name="compare"),
    path("turns/<int:pk>/progress/", annotating.turn_progress, name="turn_progress"),
    path("events/turns/<int:pk>/", events.turn_events, name="turn_events"),
    path("turns/<int:pk>/retry/", annotating.retry_turn, name="retry_turn"),
    path("turns/<int:pk>/report/<int:place>/", leaving.report_candidate, name="report_candidate"),
    path("last-questions/", leaving.last_questions, name="last_questions"),
    path("more-questions/", leaving.more_questions, name="more_questions"),
    path("finished/", leaving.finished, name="finished"),
    path("nothing-to-do/", leaving.nothing_to_do, name="nothing_to_do"),
    path("standing/", standing.standing_page, name="standing"),
    path("about-you/", leaving.about_you, name="about_you"),
    path("withdraw/", leaving.withdraw, name="withdraw"),
    path("withdraw/<str:token>/", leaving.withdraw_by_link, name="withdraw_by_link"),
    path("withdrawn/", leaving.withdrawn, name="withdrawn"),
    path("stopped/", leaving.stopped, name="stopped"),
]

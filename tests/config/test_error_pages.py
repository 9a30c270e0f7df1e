"""When something is wrong people get a page in their language, and no more than they need to know."""

import pytest
from django.test import Client
from django.urls import path


def explode(request):
    raise ZeroDivisionError("with the password in it")


urlpatterns = [path("explode/", explode)]


def test_what_is_not_there_is_told(client, db):
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert "Nothing is here" in answer.content.decode()


def test_a_form_without_its_token_is_told_what_to_do(db):
    answer = Client(enforce_csrf_checks=True).post("/sign-in/", {"username": "ada", "password": "x"})
    assert answer.status_code == 403
    assert "Please send it again" in answer.content.decode()


@pytest.mark.urls("tests.config.test_error_pages")
def test_a_fault_of_ours_shows_nothing_of_the_inside():
    answer = Client(raise_request_exception=False).get("/explode/")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.content.decode()
    assert "password" not in answer.content.decode()

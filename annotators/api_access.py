"""Which annotator a program speaks for: the one whose browser session it carries."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from annotators.access import annotator_of
from annotators.models import Annotator


class AnnotatorSession(SessionAuthentication):
    """The session that the invitation or return link began, with its protection against forged requests.

    An annotator is no user of the site: they are `request.auth`, and `request.user` is nobody.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Annotator] | None:
        annotator = annotator_of(request._request)
        if annotator is None:
            return None
        self.enforce_csrf(request)
        return AnonymousUser(), annotator


class IsAnnotator(BasePermission):
    """Annotators only."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, Annotator)


class AnnotatorSessionScheme(OpenApiAuthenticationExtension):
    """How the schema speaks of it."""

    target_class = AnnotatorSession
    name = "annotatorSession"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}

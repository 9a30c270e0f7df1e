"""Pages go out compressed: many people pay for every kilobyte (decision 58)."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressedPages(GZipMiddleware):
    """Django's, for what is sent in one piece: downloads are asked for by ranges of bytes, and streams do not wait."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress the response if its reader can take that."""
        return response if response.streaming else super().process_response(request, response)

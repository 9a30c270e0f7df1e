"""Static files, served by the web process itself."""

from contextlib import nullcontext

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile


class StaticFiles(WhiteNoiseMiddleware):
    """WhiteNoise, answering with the whole file: our files are small, and ASGI cannot stream from a plain iterator."""

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """Answer with the file, or with the part or the news of it that the browser asked for."""
        found = static_file.get_response(request.method, request.META)
        with found.file or nullcontext() as file:
            response = HttpResponse(file.read() if file else b"", status=int(found.status))
        del response["Content-Type"]
        for name, value in found.headers:
            response[name] = value
        return response

"""Files of a release on their way out: whole, by range, or all together in a zip, never whole in memory."""

import asyncio
import re
import zipfile
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

CHUNK = 256 * 1024

CONTENT_TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".json": "application/json",
    ".zip": "application/zip",
}

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")


def file_response(request: HttpRequest, path: Path, *, tag: str) -> HttpResponseBase:
    """Answer with a file, or the part of it that the request names: an interrupted download can go on.

    :param tag: the file's checksum; a part is only given to who has the beginning of this very file.
    """
    size = path.stat().st_size
    etag = f'"{tag}"'
    headers = {"Accept-Ranges": "bytes", "ETag": etag}
    span = None
    if request.headers.get("If-Range", etag) == etag:
        span = _span(request.headers.get("Range", ""), size)
    if span == (0, -1):
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    start, end = span or (0, size - 1)
    if span:
        headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    headers["Content-Length"] = str(end - start + 1)
    headers["Content-Disposition"] = f'attachment; filename="{path.name}"'
    return StreamingHttpResponse(
        _fit_for(request, _part(path, start, end + 1)),
        status=206 if span else 200,
        headers=headers,
        content_type=CONTENT_TYPES[path.suffix],
    )


def _span(header: str, size: int) -> tuple[int, int] | None:
    """Return the first and last byte that are asked for; None: all of them; (0, -1): there are no such bytes."""
    asked = _RANGE.match(header)
    if asked is None or asked.groups() == ("", ""):
        return None
    first, last = asked.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    return (start, end) if start <= end else (0, -1)


def zip_response(request: HttpRequest, folder: Path, names: Sequence[str], *, called: str) -> HttpResponseBase:
    """Answer with these files of a folder in one zip, which is made while it is sent."""
    return StreamingHttpResponse(
        _fit_for(request, _zipped(folder, names, called)),
        headers={"Content-Disposition": f'attachment; filename="{called}.zip"'},
        content_type=CONTENT_TYPES[".zip"],
    )


def _part(path: Path, start: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as content:
        content.seek(start)
        while start < end and (chunk := content.read(min(CHUNK, end - start))):
            start += len(chunk)
            yield chunk


class _Sink:
    """A file that keeps what is written until it is taken away."""

    def __init__(self) -> None:
        self._kept: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._kept.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        taken, self._kept = b"".join(self._kept), []
        return taken


def _zipped(folder: Path, names: Sequence[str], called: str) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:
        for name in names:
            with archive.open(zipfile.ZipInfo(f"{called}/{name}"), "w", force_zip64=True) as entry:
                for chunk in _part(folder / name, 0, (folder / name).stat().st_size):
                    entry.write(chunk)
                    yield sink.take()
    yield sink.take()


def _fit_for(request: HttpRequest, chunks: Iterator[bytes]) -> Iterator[bytes] | AsyncIterator[bytes]:
    """Return the chunks as the server wants them: an asynchronous one would collect a plain iterator in memory."""
    return _in_threads(chunks) if isinstance(request, ASGIRequest) else chunks


async def _in_threads(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        yield chunk

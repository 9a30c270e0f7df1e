"""Files of a release on their way out: whole, by range, or all together in a zip, never whole in memory."""

import asyncio
import os
import re
import zipfile
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta
from pathlib import PurePosixPath

from django.core import signing
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase

from exports import storage
from exports.models import Release

CHUNK = 256 * 1024

CONTENT_TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".svg": "image/svg+xml",
    ".zip": "application/zip",
}

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")


SALT = "exports.downloads"

LINK_FOR = timedelta(hours=24)
"""How long a link without sign-in gives its file."""

_AT_STORE = 10 * 60
"""Seconds for which a store is asked to give a file to somebody who is allowed to have it now."""


def signed(release: Release, name: str) -> str:
    """Return what stands in a link to a file that needs no sign-in, until LINK_FOR is over."""
    return signing.dumps([release.pk, name], salt=SALT, compress=True)


def meant_by(link: str) -> tuple[int, str]:
    """Return the release and the name of the file that a link is for.

    :raises signing.BadSignature: if it is not one of ours, or is over.
    """
    release_id, name = signing.loads(link, salt=SALT, max_age=LINK_FOR)
    return release_id, name


def file_response(request: HttpRequest, name: str, *, tag: str) -> HttpResponseBase:
    """Answer with a file of the store, or the part of it that the request names: an interrupted download can go on.

    A store that gives files itself is left to do so: the answer is a link to it, which is soon over.

    :param tag: the file's checksum; a part is only given to who has the beginning of this very file.
    """
    if link := storage.store().link(name, seconds=_AT_STORE):
        return HttpResponseRedirect(link)
    with storage.store().open(name) as content:
        size = content.seek(0, os.SEEK_END)
    suffix = PurePosixPath(name).suffix
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
    headers["Content-Disposition"] = f'attachment; filename="{PurePosixPath(name).name}"'
    return StreamingHttpResponse(
        _fit_for(request, _part(name, start, end + 1)),
        status=206 if span else 200,
        headers=headers,
        content_type=CONTENT_TYPES.get(suffix, "application/octet-stream"),
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


def zip_response(request: HttpRequest, folder: str, names: Sequence[str], *, called: str) -> HttpResponseBase:
    """Answer with these files of a folder of the store in one zip, which is made while it is sent."""
    return StreamingHttpResponse(
        _fit_for(request, _zipped(folder, names, called)),
        headers={"Content-Disposition": f'attachment; filename="{called}.zip"'},
        content_type=CONTENT_TYPES[".zip"],
    )


def _part(name: str, start: int, end: int) -> Iterator[bytes]:
    with storage.store().open(name) as content:
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


def _zipped(folder: str, names: Sequence[str], called: str) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:
        for name in names:
            entry_named = zipfile.ZipInfo(f"{called}/{name}")
            with (
                storage.store().open(f"{folder}/{name}") as content,
                archive.open(entry_named, "w", force_zip64=True) as entry,
            ):
                while chunk := content.read(CHUNK):
                    entry.write(chunk)
                    yield sink.take()
    yield sink.take()


def _fit_for(request: HttpRequest, chunks: Iterator[bytes]) -> Iterator[bytes] | AsyncIterator[bytes]:
    """Return the chunks as the server wants them: an asynchronous one would collect a plain iterator in memory."""
    return _in_threads(chunks) if isinstance(request, ASGIRequest) else chunks


async def _in_threads(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        yield chunk

"""Releases in a bucket of a store that speaks S3, through django-storages. Where and as whom, boto3's variables say."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage

from exports.storage import StoreFailed

PART = 16 * 1024 * 1024
"""Bytes of a part, of files that are larger: they go up in several parts, and are there once all have arrived."""

IN_MEMORY = 1024 * 1024
"""Bytes of a file that is opened; more of it lies on the disk."""


@cache
def of(address: str) -> "Bucket":
    """Return the bucket of an address such as s3://bucket/folder."""
    parts = urlsplit(address)
    return Bucket(parts.netloc, parts.path.strip("/"))


class Bucket:
    """A folder of a bucket, as a storage.Store."""

    def __init__(self, bucket: str, folder: str) -> None:
        self._files: Any = S3Storage(
            bucket_name=bucket,
            location=folder,
            default_acl=None,
            file_overwrite=True,
            querystring_auth=True,
            signature_version="s3v4",
            addressing_style="auto",
            max_memory_size=IN_MEMORY,
            transfer_config=TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, use_threads=False),
        )

    def put(self, path: Path, name: str) -> None:
        with _told(), path.open("rb") as content:
            self._files.save(name, File(content, name=name))

    def carry_over(self, source: str, name: str) -> None:
        with _told():
            bucket = self._files.bucket
            bucket.Object(self._key(name)).copy({"Bucket": bucket.name, "Key": self._key(source)})

    def open(self, name: str) -> IO[bytes]:
        with _told():
            content: IO[bytes] = self._files.open(name, "rb")
            return content

    def link(self, name: str, *, seconds: int) -> str | None:
        asked = {"ResponseContentDisposition": f'attachment; filename="{name.rpartition("/")[2]}"'}
        with _told():
            return str(self._files.url(name, parameters=asked, expire=seconds))

    def exists(self, name: str) -> bool:
        with _told():
            return bool(self._files.exists(name))

    def here(self, names: Iterable[str], under: str, aside: Path) -> Path:
        for name in names:
            target = aside / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with _told():
                self._files.bucket.download_file(self._key(f"{under}/{name}"), str(target))
        return aside

    def delete(self, name: str) -> None:
        with _told():
            self._files.delete(name)

    def delete_folder(self, name: str) -> bool:
        with _told():
            answers = self._files.bucket.objects.filter(Prefix=self._key(name) + "/").delete()
            return any(answer.get("Deleted") for answer in answers)

    def _key(self, name: str) -> str:
        return f"{self._files.location}/{name}".lstrip("/")


@contextmanager
def _told() -> Iterator[None]:
    """Tell what boto3 finds wrong as a fault of the store."""
    try:
        yield
    except (Boto3Error, BotoCoreError, ClientError) as error:
        raise StoreFailed(str(error)) from error

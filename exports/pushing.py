"""Bringing a release folder to the Hugging Face hub in one commit; what is there already is not sent again."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

from exports.tables import FOLDERS
from exports.verification.folder import Folder

OURS = (*FOLDERS.values(), "plots")
"""Folders of the repository that hold nothing but what a release brings: what it has no more is deleted there."""


@dataclass(frozen=True, kw_only=True)
class Pushed:
    """What came of it."""

    sent: list[str]
    kept: list[str]
    """Files that were there with the same bytes."""
    deleted: list[str]


def push(folder: Folder, repository: str, *, api: HfApi, private: bool) -> Pushed:
    """Make a dataset repository hold the files of a release.

    :param repository: owner/name; it is made if it is not there.
    :raises huggingface_hub.errors.HfHubHTTPError: if the hub refuses.
    """
    api.create_repo(repository, repo_type="dataset", private=private, exist_ok=True)
    there = {each.path: each for each in _files(api, repository)}
    names = [*(file["name"] for file in folder.said["files"]), folder.manifest_name]
    kept = [name for name in names if name in there and _is_same(folder.path / name, there[name])]
    sent = [name for name in names if name not in set(kept)]
    deleted = sorted(path for path in set(there) - set(names) if path.partition("/")[0] in OURS)
    operations = [
        *(CommitOperationAdd(path_in_repo=name, path_or_fileobj=folder.path / name) for name in sent),
        *(CommitOperationDelete(path_in_repo=path) for path in deleted),
    ]
    if operations:
        message = f"Release {folder.said.get('release_name') or folder.said['release'] or ''}".strip()
        api.create_commit(repository, operations, commit_message=message, repo_type="dataset")
    return Pushed(sent=sent, kept=kept, deleted=deleted)


def _files(api: HfApi, repository: str) -> Iterable[Any]:
    tree = api.list_repo_tree(repository, repo_type="dataset", recursive=True)
    return (each for each in tree if hasattr(each, "blob_id"))


def _is_same(path: Path, there: Any) -> bool:
    """Whether a file of the hub has these bytes: large ones are known there by SHA-256, others as git knows them."""
    if there.size != path.stat().st_size:
        return False
    with path.open("rb") as content:
        if there.lfs is not None:
            return bool(hashlib.file_digest(content, "sha256").hexdigest() == there.lfs.sha256)
        blob = b"blob %d\0" % there.size + content.read()
    return bool(hashlib.sha1(blob, usedforsecurity=False).hexdigest() == there.blob_id)

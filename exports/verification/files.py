"""Are the files those that the manifest lists? Knows no Django."""

import hashlib
from pathlib import Path

from exports.verification.folder import Check, Folder, told


def checksums(folder: Folder) -> Check:
    """Every file that the manifest lists is there, with its size and SHA-256."""
    faults = [fault for file in folder.said["files"] if (fault := _fault(folder.path, file))]
    size = sum(file["bytes"] for file in folder.said["files"])
    what = f"{len(folder.said['files'])} files ({size:,} bytes) have the size and SHA-256 that the manifest says"
    return Check(what=what, faults=told(faults))


def _fault(path: Path, file: dict[str, object]) -> str | None:
    name = str(file["name"])
    found = path / name
    if not found.resolve().is_relative_to(path.resolve()):
        return f"{name} lies outside of the folder."
    if not found.is_file():
        return f"{name} is missing."
    if found.stat().st_size != file["bytes"]:
        return f"{name} has {found.stat().st_size:,} bytes in place of {file['bytes']:,}."
    with found.open("rb") as content:
        if hashlib.file_digest(content, "sha256").hexdigest() != file["sha256"]:
            return f"{name} has another SHA-256 than the manifest says."
    return None


def nothing_else(folder: Folder) -> Check:
    """There is no file that the manifest does not list."""
    listed = {file["name"] for file in folder.said["files"]} | {folder.manifest_name}
    there = {path.relative_to(folder.path).as_posix() for path in folder.path.rglob("*") if path.is_file()}
    faults = [f"{name} is not in the manifest." for name in sorted(there - listed)]
    return Check(what="the folder holds no file that the manifest does not list", faults=told(faults))


CHECKS = (checksums, nothing_else)

"""Telling a full disk from other errors: the worker's own, on which models are kept, or the database's."""

import errno
import os
from collections.abc import Iterator

from psycopg.errors import DiskFull

_SAID = os.strerror(errno.ENOSPC)


def is_full(error: BaseException) -> bool:
    """Tell whether an error comes from a full disk, however many libraries have wrapped it since."""
    return any(
        isinstance(one, DiskFull)
        or (isinstance(one, OSError) and one.errno in {errno.ENOSPC, errno.EDQUOT})
        # Downloads are written by a library that passes on only the words.
        or _SAID in str(one)
        for one in _chain(error)
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    following: BaseException | None = error
    while following is not None:
        yield following
        following = following.__cause__ or following.__context__

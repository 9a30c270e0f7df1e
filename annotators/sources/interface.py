"""What every source of people has in common. Knows no Django."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

Outcome = Literal["completed", "screened_out", "attention"]
"""How a person's part ended: done, no place or no task for them, paused after missed attention checks."""

# No name, no address of a mailbox, no formula, nothing that a page, a table or a link could take for something else.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:+=/-]{0,127}")


class NotAccepted(Exception):
    """The link that a person came by does not let them in.

    The reason is no-id, unverified, forged, too-old, used, other-study, return-host, keys-away (it cannot be checked at
    the moment) or withdrawn.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class KeysAway(Exception):
    """What signatures are checked with is not at hand at the moment."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Who somebody is at the panel that sent them. Their id there is for nobody else: not to be logged or published."""

    participant: str
    study: str = ""
    session: str = ""
    verified: bool = False
    """Whether the panel's signature stands for the id; else anybody can have made it up."""
    return_url: str = ""
    """Where the panel wants them back, if the link said so; its host is one that is allowed."""
    once: str = ""
    """What makes the link one that is used once, hashed; empty: it can be used again."""
    until: int = 0
    """Until when the link could be used, in seconds since 1970."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What a source needs to check a link, from whoever keeps it."""

    site: str
    """The address of this site, without a path."""
    panel: str
    """The panel's slug."""
    now: int
    """Seconds since 1970."""
    key: Callable[[str, str], Mapping[str, Any] | None]
    """The public key (a JWK) with this id among those at this address; None: there is none. Raises KeysAway."""
    secret: Callable[[str], bytes]
    """The secret shared with the panel: what the named variable holds, or the panel's own. Raises KeysAway."""


class Part(BaseModel):
    """A part of a panel file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Codes(Part):
    """What people enter at their panel, by how their part ended. Empty: the study's or the panel's code."""

    completed: str = Field(default="", max_length=60)
    screened_out: str = Field(default="", max_length=60)
    attention: str = Field(default="", max_length=60)

    def of(self, outcome: Outcome) -> str:
        """Return the code of an outcome."""
        return {"completed": self.completed, "screened_out": self.screened_out, "attention": self.attention}[outcome]


class Source(Protocol):
    """Where a panel's people come from."""

    @property
    def kind(self) -> str: ...

    @property
    def codes(self) -> Codes: ...

    @property
    def refuse_unverified(self) -> bool: ...

    def arrival(self, query: Mapping[str, str], *, desk: Desk) -> Arrival:
        """Return who came by a link with these parameters.

        :raises NotAccepted: if it does not say who they are, or says it wrongly.
        """
        ...

    def way_back(self, outcome: Outcome, *, code: str, arrival: Arrival) -> str:
        """Return the address that takes a person back to their panel; empty: there is none, only the code."""
        ...

    def link_parameters(self) -> str:
        """Return what is added to an invitation link, as the panel's own page wants it; empty: nothing."""
        ...


def id_of(query: Mapping[str, Any], name: str, *, required: bool = False) -> str:
    """Return an id that a link states, or nothing where it states none.

    :raises NotAccepted: if it is none, or a required one is missing.
    """
    stated = query.get(name, "")
    if not stated and not required:
        return ""
    if not isinstance(stated, str) or not _ID.fullmatch(stated):
        raise NotAccepted("no-id")
    return stated

"""People from CloudResearch Connect, which signs nothing: every id from there is unverified. Knows no Django."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from annotators.sources.addresses import MOST_CHARACTERS, check_template, filled
from annotators.sources.interface import Arrival, Codes, Desk, NotAccepted, Outcome, Part, id_of

HOST = "connect.cloudresearch.com"


class Returns(Part):
    """Where people go, by how their part ended; {participant}, {study}, {session} and {code} are filled in."""

    completed: str = Field(default="", max_length=MOST_CHARACTERS)
    screened_out: str = Field(default="", max_length=MOST_CHARACTERS)
    attention: str = Field(default="", max_length=MOST_CHARACTERS)

    def of(self, outcome: Outcome) -> str:
        """Return the address of an outcome, with its placeholders."""
        return {"completed": self.completed, "screened_out": self.screened_out, "attention": self.attention}[outcome]

    def all(self) -> list[str]:
        """Return the addresses that there are."""
        return [address for address in (self.completed, self.screened_out, self.attention) if address]


class ConnectPart(Part):
    """A panel whose people come from Connect."""

    kind: Literal["connect"]
    projects: list[str] = Field(default_factory=list, max_length=100)
    """The ids of the projects on Connect whose people are let in; empty: of any."""
    returns: Returns = Returns()
    """The redirects that Connect shows for the project; without them people enter the codes."""
    codes: Codes = Codes()

    @model_validator(mode="after")
    def _returns_lead_to_connect(self) -> "ConnectPart":
        for address in self.returns.all():
            check_template(address, [HOST])
        return self

    @property
    def refuse_unverified(self) -> bool:
        """Nobody would be let in."""
        return False

    def arrival(self, query: Mapping[str, str], *, desk: Desk) -> Arrival:
        """Return who came; see interface.Source."""
        arrival = Arrival(
            participant=id_of(query, "participantId", required=True),
            study=id_of(query, "projectId"),
            session=id_of(query, "assignmentId"),
        )
        if self.projects and arrival.study not in self.projects:
            raise NotAccepted("other-study")
        return arrival

    def way_back(self, outcome: Outcome, *, code: str, arrival: Arrival) -> str:
        """Return the project's redirect; see interface.Source."""
        return filled(self.returns.of(outcome), {**values_of(arrival), "code": code})

    def link_parameters(self) -> str:
        """Return nothing: Connect adds its parameters by itself; see interface.Source."""
        return ""


def values_of(arrival: Arrival) -> dict[str, str]:
    """Return what placeholders stand for."""
    return {"participant": arrival.participant, "study": arrival.study, "session": arrival.session}

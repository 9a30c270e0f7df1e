"""People from CloudResearch Connect, which proves nothing."""

import pytest
from pydantic import ValidationError

from annotators.sources.connect import ConnectPart
from annotators.sources.interface import Arrival, NotAccepted
from tests.annotators.sources.signing import desk

COMPLETE = "https://connect.cloudresearch.com/participant/project/ABC/complete"


def connect(**changes):
    return ConnectPart.model_validate({"kind": "connect", **changes})


def test_connect_says_who_comes_and_proves_nothing():
    query = {"participantId": "p1", "assignmentId": "a1", "projectId": "x1"}
    assert connect().arrival(query, desk=desk()) == Arrival(participant="p1", study="x1", session="a1", verified=False)


@pytest.mark.parametrize(
    ("query", "reason"), [({}, "no-id"), ({"participantId": "p1", "projectId": "y"}, "other-study")]
)
def test_others_stay_out(query, reason):
    with pytest.raises(NotAccepted) as caught:
        connect(projects=["x1"]).arrival(query, desk=desk())
    assert caught.value.reason == reason


def test_people_go_back_by_the_redirect_of_their_outcome():
    part = connect(returns={"completed": COMPLETE})
    arrival = Arrival(participant="p1")
    assert part.way_back("completed", code="", arrival=arrival) == COMPLETE
    assert part.way_back("screened_out", code="S", arrival=arrival) == ""


@pytest.mark.parametrize(
    "address", ["https://connect.cloudresearch.com.evil.example/", "http://connect.cloudresearch.com/"]
)
def test_redirects_lead_to_connect_alone(address):
    with pytest.raises(ValidationError, match="not https at an allowed host"):
        connect(returns={"completed": address})

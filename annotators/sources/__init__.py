"""Where people come from: one module per panel, and what a panel file says of it."""

from typing import Annotated

from pydantic import Field

from annotators.sources.connect import ConnectPart
from annotators.sources.generic import GenericPart
from annotators.sources.prolific import ProlificPart

SourcePart = Annotated[ProlificPart | ConnectPart | GenericPart, Field(discriminator="kind")]
"""The source of a panel's people, as its file describes it."""

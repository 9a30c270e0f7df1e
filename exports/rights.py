"""Licences, as the Hugging Face hub and Croissant name them. Knows no Django."""

HUB_LICENCES = {
    "apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
    "cc-by-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "cc-by-nc-4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
    "cc-by-nc-nd-4.0": "https://creativecommons.org/licenses/by-nc-nd/4.0/",
    "cc-by-nc-sa-4.0": "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    "cc-by-nd-4.0": "https://creativecommons.org/licenses/by-nd/4.0/",
    "cc-by-sa-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "cc0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "mit": "https://opensource.org/license/mit",
    "odbl": "https://opendatacommons.org/licenses/odbl/1-0/",
    "odc-by": "https://opendatacommons.org/licenses/by/1-0/",
    "pddl": "https://opendatacommons.org/licenses/pddl/1-0/",
}
"""Licences that the hub knows by an identifier, with where their texts stand."""


def identifier_of(name: str) -> str | None:
    """Return the hub's identifier of a licence; None where it knows none."""
    return name.lower() if name.lower() in HUB_LICENCES else None


def address_of(name: str) -> str:
    """Return where a licence's text stands; its name where that is not known."""
    return HUB_LICENCES.get(name.lower(), name)

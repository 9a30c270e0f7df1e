"""Addresses that people are sent back to: only at hosts that are allowed. Knows no Django."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from annotators.survey import N_

MOST_CHARACTERS = 1000
PLACEHOLDERS = ("participant", "study", "session", "code")

# Visible ASCII without what browsers read in ways of their own, such as a backslash for a slash.
_PLAIN = re.compile(r"""[!-~]{1,1000}""")
_ODD = re.compile(r"""[\\"'<>^`|]""")


def is_allowed(address: str, hosts: Iterable[str]) -> bool:
    """Tell whether an address is an https one at one of these hosts (with a port, where one is listed)."""
    if not _PLAIN.fullmatch(address) or _ODD.search(address):
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    # The whole of what stands between the slashes: no user name, no other port.
    return parts.scheme == "https" and parts.netloc.lower() in {host.lower() for host in hosts}


def check_template(template: str, hosts: Iterable[str]) -> None:
    """Check an address of a panel file, in which {participant}, {study}, {session} and {code} may stand.

    :raises ValueError: with a sentence, and what to fill in.
    """
    if not is_allowed(re.sub(r"[{}]", "", template), hosts):
        raise ValueError(
            N_("has the address {address}, which is not https at an allowed host ({hosts})"),
            {"address": template[:100], "hosts": ", ".join(hosts) or "-"},
        )
    known = re.sub(r"\{(" + "|".join(PLACEHOLDERS) + r")\}", "", template)
    if "{" in known or "}" in known:
        message = N_("has the address {address}, in which only {names} may stand in braces")
        raise ValueError(message, {"address": template[:100], "names": ", ".join(PLACEHOLDERS)})


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return an address with its placeholders filled in, whatever signs the values hold."""
    for name in PLACEHOLDERS:
        template = template.replace("{" + name + "}", quote(values.get(name, ""), safe=""))
    return template


def with_parameters(address: str, values: Mapping[str, str]) -> str:
    """Return an address with these parameters; those it has already stay."""
    parts = urlsplit(address)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *values.items()])
    return urlunsplit(parts._replace(query=query))

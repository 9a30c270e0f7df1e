"""Which network addresses may be connected to. Knows no Django."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# What the world routes. Everything else of IPv6 is local, or carries an IPv4 address inside (mapped, NAT64).
_ROUTED = IPv6Network("2000::/3")
# What is no host of its own there: protocols and Teredo, 6to4, documentation; of IPv4 protocols and relays of 6to4.
_NO_HOSTS = [ip_network(text) for text in ("2001::/23", "2002::/16", "3fff::/20", "192.0.0.0/24", "192.88.99.0/24")]


def is_permitted(address: Address, *, listed: Sequence[Network]) -> bool:
    """Tell whether to connect to an address: one of those listed; where none are, any public one."""
    return _is_in(address, listed) if listed else is_public(address)


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the public internet, and not of this machine or its networks."""
    if address.is_multicast or address.is_reserved or not address.is_global or _is_in(address, _NO_HOSTS):
        return False
    return address.version == 4 or address in _ROUTED


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)

"""Where requests may go that a user names the URL of: public addresses only, unless the operator allows more.

A URL is judged twice: when it is saved, so that a mistake is told at once, and when it is used, since what
a name resolves to may have changed. `resolve` returns the addresses that were judged, and the caller
connects to one of those and to nothing else: between judging and connecting no name is resolved again.
"""

import asyncio
import socket
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

from llmlab_shared.errors import LLMLabError

MAX_URL = 2048
_PORTS = {"https": 443, "http": 80}
_MOST_ADDRESSES = 4
# IPv4 in the clothes of IPv6, by which an internal address would look public.
_NAT64 = IPv6Network("64:ff9b::/96")
# Of protocols (NAT, relays), and what some versions of Python take for global.
_SPECIAL = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"), IPv4Network("198.18.0.0/15"))
_ALLOW_MORE = "the operator of this installation can allow it by LLMLAB_OUTGOING_ALLOW"

Address = IPv4Address | IPv6Address


class NotAllowed(LLMLabError):
    """A URL that requests must not go to, or that is none."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)


class Unresolved(LLMLabError):
    """A name that has no address now; `final` when its name server says that there is no such name."""

    def __init__(self, host: str, reason: str, *, final: bool) -> None:
        super().__init__("host_not_found", f"{host} has no address: {reason}")
        self.final = final


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL taken apart. `host` is as it is in certificates and in the Host header."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def at(self, address: Address) -> str:
        """Return the URL with an address in the place of the name."""
        host = f"[{address}]" if address.version == 6 else str(address)
        return f"{self.scheme}://{host}:{self.port}{self.target}"


@dataclass(frozen=True, slots=True)
class OutgoingRules:
    """What the operator allows beyond public addresses over https: hosts by name, and networks."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[str]) -> "OutgoingRules":
        """Read `LLMLAB_OUTGOING_ALLOW`: names (`hooks.corp.example`), addresses and CIDRs (`10.0.0.0/8`)."""
        hosts, networks = set(), []
        for entry in entries:
            try:
                networks.append(ip_network(entry.strip("[]")))
            except ValueError:
                if "/" in entry or ":" in entry:
                    raise ValueError(
                        f"{entry!r} is neither a host's name nor an address or network such as 10.0.0.0/8"
                    ) from None
                hosts.add(_plain_name(entry))
        return cls(frozenset(hosts), tuple(networks))

    def read(self, url: str) -> Destination:
        """Take a URL apart. Raises `NotAllowed` for what is no URL of a web server that may be asked."""
        if len(url) > MAX_URL or not url.isascii() or any(c <= " " or c == "\x7f" for c in url):
            raise NotAllowed("bad_url", "is not a URL: it is too long, or has spaces or unusual characters")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise NotAllowed("bad_url", "is not a URL such as https://example.com/hook") from None
        if parts.scheme not in _PORTS or not parts.hostname or "\\" in parts.netloc:
            raise NotAllowed("bad_url", "is not a URL such as https://example.com/hook")
        if "@" in parts.netloc:
            raise NotAllowed("bad_url", "has a user name or password in it; leave them out")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        destination = Destination(
            parts.scheme, _plain_name(parts.hostname), port or _PORTS[parts.scheme], target
        )
        if destination.scheme == "http" and not self._may_be_plain(destination.host):
            raise NotAllowed("not_https", f"must begin with https://; {_ALLOW_MORE}")
        return destination

    def judge(self, host: str, addresses: Sequence[Address]) -> None:
        """Raise `NotAllowed` when one of a host's addresses is not public and not allowed."""
        if host in self.hosts:
            return
        for address in addresses:
            if not is_public(address) and not self._has(address):
                raise NotAllowed(
                    "internal_address",
                    f"leads to {_shown(host, address)}, which is not a public address; {_ALLOW_MORE}",
                )

    async def resolve(self, destination: Destination, executor: Executor) -> list[Address]:
        """Return the addresses that may be connected to, in the order to try them.

        A name server that does not answer holds a thread of `executor` for as long as the system asks it: no
        other work should wait for one of those. Raises `NotAllowed`, or `Unresolved` when the name has no
        address. The whole is refused when one address is internal: a name that leads to both is no mistake.
        """
        loop = asyncio.get_running_loop()
        host, port = destination.host, destination.port
        try:
            # Spellings that only the resolver knows (0177.0.0.1, 2130706433) are judged by what comes out.
            found = await loop.run_in_executor(
                executor, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            )
        except UnicodeError:
            raise NotAllowed("bad_url", f"has a host that is no name: {host[:100]}") from None
        except socket.gaierror as error:
            final = error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
            reason = "there is no such name" if final else str(error.strerror or error).lower()
            raise Unresolved(host, reason, final=final) from None
        addresses = [
            ip_address(str(address[0]).partition("%")[0])
            for *_, address in found[:_MOST_ADDRESSES]
            if isinstance(address[0], str)
        ]
        # Those beyond the first are not connected to, but they are judged.
        self.judge(host, [ip_address(str(each[4][0]).partition("%")[0]) for each in found])
        return list(dict.fromkeys(addresses))

    def _may_be_plain(self, host: str) -> bool:
        if host in self.hosts:
            return True
        try:
            return self._has(ip_address(host))
        except ValueError:
            return False

    def _has(self, address: Address) -> bool:
        real = embedded(address) or address
        return any(real.version == network.version and real in network for network in self.networks)


def is_public(address: Address) -> bool:
    """Say whether an address is somebody's on the Internet, and nobody's on this network."""
    inner = embedded(address)
    if inner is not None:
        return is_public(inner)
    if isinstance(address, IPv6Address) and (address.sixtofour or address.teredo or address.is_site_local):
        return False
    if isinstance(address, IPv4Address) and any(address in network for network in _SPECIAL):
        return False
    # The cloud's metadata address is link-local; carriers' shared addresses are no global ones.
    return (
        address.is_global
        and not address.is_private
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
        and not address.is_loopback
        and not address.is_link_local
    )


def embedded(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


def _plain_name(host: str) -> str:
    return host.strip().lower().rstrip(".")


def _shown(host: str, address: Address) -> str:
    return str(address) if host == str(address) else f"{address} ({host})"

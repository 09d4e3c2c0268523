"""Configuration that keeps the Lab Streaming Layer on this computer, for tests and measurements."""

from __future__ import annotations

from pathlib import Path

__all__ = ["write_loopback"]

_CONFIGURATION = """\
[ports]
IPv6 = disable
[multicast]
ResolveScope = machine
AddressesOverride = {{127.0.0.1}}
ListenAddress = 127.0.0.1
[lab]
KnownPeers = {{127.0.0.1}}
SessionID = {session}
[log]
level = -3
"""


def write_loopback(path: Path, session: str) -> Path:
    """Write a liblsl configuration that asks only 127.0.0.1, and sees the streams of one session only.

    It takes effect if the variable LSLAPICFG names it before liblsl is first used in a process. liblsl still
    opens its ports on every network of the computer; it sends nothing there unasked.

    Source: https://labstreaminglayer.readthedocs.io/info/lslapicfg.html
    """
    path.write_text(_CONFIGURATION.format(session=session), encoding="utf-8")
    return path

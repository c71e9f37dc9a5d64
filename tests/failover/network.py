"""The wires between members: a bridge, and a network namespace for each member.

This run itself, the nodes and the callers sit at the bridge. A cable can be pulled (nothing reaches the
member and it reaches nobody) and one member can be hidden from another.
"""

import os

from processes import has_namespaces, run

HUB = "10.71.0.1"
NAMES = ("m1", "m2", "m3")


def address(name: str) -> str:
    """Where a member is."""
    number = NAMES.index(name) + 11
    return f"10.71.0.{number}" if has_namespaces() else f"127.71.0.{number}"


def namespace(name: str) -> str | None:
    """The name of a member's network, where it has one."""
    return name if has_namespaces() else None


def build():
    """Makes bridge, cables and namespaces, all of them within this run's own network."""
    if not has_namespaces():
        return
    os.makedirs("/run/netns", exist_ok=True)
    run(["mount", "-t", "tmpfs", "none", "/run/netns"])
    for line in ("link set lo up", "link add br0 type bridge", f"addr add {HUB}/24 dev br0", "link set br0 up"):
        ip(line)
    for name in NAMES:
        ip(f"netns add {name}")
        ip(f"link add v-{name} type veth peer name eth0 netns {name}")
        ip(f"link set v-{name} master br0 up")
        for line in (f"addr add {address(name)}/24 dev eth0", "link set eth0 up", "link set lo up"):
            ip(f"-n {name} {line}")


def pull(name: str):
    """Pulls a member's cable. Nobody is told: packets just do not arrive any more."""
    ip(f"link set v-{name} nomaster")


def plug(name: str):
    """Puts the cable back."""
    ip(f"link set v-{name} master br0")


def hide(one: str, from_others):
    """What this member sends to those others is lost."""
    for other in from_others:
        ip(f"-n {one} route add blackhole {address(other)}/32")


def show(one: str, to_others):
    """Undoes `hide`."""
    for other in to_others:
        ip(f"-n {one} route del blackhole {address(other)}/32")


def ip(line: str):
    run(["ip", *line.split()])

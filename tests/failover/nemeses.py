"""What goes wrong. Each does its worst, lets the callers get answers again, and puts things right."""

import os
import time
from dataclasses import dataclass, field

import network
from load import Load
from members import Cluster, now
from processes import has_namespaces


@dataclass
class Scene:
    cluster: Cluster
    load: Load
    # What a nemesis has to tell beside the time: shown in the table.
    notes: dict = field(default_factory=dict)


def kill(scene: Scene) -> float:
    """The primary's PostgreSQL and Patroni are killed (-9)."""
    return die(scene, with_etcd=False)


def machine(scene: Scene) -> float:
    """The same, and its etcd: the whole machine is gone."""
    return die(scene, with_etcd=True)


def die(scene: Scene, *, with_etcd: bool) -> float:
    primary = scene.cluster.primary()
    begun = now()
    primary.kill(with_etcd=with_etcd)
    scene.notes["was"] = primary.name
    back(scene)
    primary.revive()
    return begun


def server(scene: Scene) -> float:
    """Only PostgreSQL dies: Patroni starts it again, or another takes over."""
    primary = scene.cluster.primary()
    begun = now()
    primary.kill_server()
    scene.notes["was"] = primary.name
    time.sleep(3)
    back(scene)
    return begun


def switchover(scene: Scene) -> float:
    """The operator has Patroni hand over in good order, as for maintenance."""
    primary = scene.cluster.primary()
    view = scene.cluster.view()
    candidate = next(name for name, one in view.items() if one["role"] == "sync_standby")
    begun = now()
    primary.hand_over(candidate)
    scene.notes["was"] = primary.name
    back(scene)
    return begun


def terminate(scene: Scene, seconds=5.0) -> float:
    """`pg_terminate_backend` for every session of the gateway that is at work, as fast as it goes: most of
    them are hit in the middle of a commit."""
    primary = scene.cluster.primary()
    begun = now()
    hit, committing = 0, 0
    while now() < begun + seconds:
        rows = primary.ask(
            "select query ilike '%commit%' or coalesce(wait_event in ('SyncRep', 'WALSync', 'WALWrite'), false),"
            " pg_terminate_backend(pid) from pg_stat_activity where usename = 'gerai' and state <> 'idle'"
        )
        hit += len(rows)
        committing += sum(1 for is_commit, _ in rows if is_commit)
        time.sleep(0.05)
    scene.notes |= {"terminated": hit, "while committing": committing}
    back(scene)
    return begun


def unreplicated(scene: Scene) -> float:
    """Standbys are hidden from the primary, so that commits wait for them; sessions that wait are terminated, and
    the next ones find their commits, which only this server has; then it dies. What is lost with it may not have
    been acknowledged."""
    return alone(scene, "pg_terminate_backend")


def cancelled(scene: Scene) -> float:
    """The same with `pg_cancel_backend`: PostgreSQL then answers the commit with a success, and says only in a
    warning that no standby has it."""
    return alone(scene, "pg_cancel_backend")


def alone(scene: Scene, how: str, seconds=3.0) -> float:
    """Hides the standbys from the primary, ends what waits for them, and kills it."""
    primary = scene.cluster.primary()
    others = [member.name for member in scene.cluster.members if member is not primary]
    asking = primary.session()
    network.hide(primary.name, others)
    try:
        cut = 0
        with asking.cursor() as cursor:
            for _ in range(int(seconds / 0.1)):
                cursor.execute(
                    f"select {how}(pid) from pg_stat_activity where usename = 'gerai' and wait_event = 'SyncRep'"
                )
                cut += cursor.rowcount
                time.sleep(0.1)
        # The wait for writes begins here; what came before is part of the silence.
        begun = now()
        primary.kill(with_etcd=False)
        scene.notes |= {"was": primary.name, "waits cut short": cut}
        # They stay hidden: the system would still deliver what the dead server had handed to it.
        back(scene)
    finally:
        asking.close()
        network.show(primary.name, others)
    primary.revive()
    return begun


def partition(scene: Scene, seconds=40.0) -> float:
    """The primary's cable is pulled: it lives on and reaches nobody, neither etcd nor its standbys nor the nodes.
    It must give up by itself before another takes over. Then the cable is put back."""
    primary = scene.cluster.primary()
    begun = now()
    network.pull(primary.name)
    try:
        back(scene)
        time.sleep(max(0.0, begun + seconds - now()))
    finally:
        network.plug(primary.name)
    scene.notes["was"] = primary.name
    return begun


def full(scene: Scene, seconds=15.0) -> float:
    """The primary's disk is full to the last byte for a while."""
    primary = scene.cluster.primary()
    balloon = os.path.join(primary.folder, "disk", "balloon")
    begun = now()
    with open(balloon, "wb") as file:
        blow_up(file)
        until = now() + seconds
        refused = len(scene.load.unanswered)
        while now() < until:
            # What others give back is taken, too.
            blow_up(file)
            time.sleep(0.2)
    os.remove(balloon)
    scene.notes |= {"was": primary.name, "try again": len(scene.load.unanswered) - refused}
    back(scene)
    return begun


def blow_up(file):
    block = bytes(1 << 16)
    try:
        while True:
            file.write(block)
            file.flush()
    except OSError:
        pass


def back(scene: Scene):
    """Writes are back: a hundred were acknowledged."""
    scene.load.wait_for_answers(100, 120)


ALL = {
    nemesis.__name__: nemesis
    for nemesis in (kill, machine, server, switchover, terminate, unreplicated, cancelled, partition, full)
}
# Those that need a network or a disk of their own, and so root.
NEED_ROOT = {"unreplicated", "cancelled", "partition", "full"}


def possible(names: list[str]) -> list[str]:
    """What can be done here; the rest is said."""
    left_out = [name for name in names if name in NEED_ROOT and not has_namespaces()]
    if left_out:
        print(f"left out, because it needs root: {', '.join(left_out)}", flush=True)
    return [name for name in names if name not in left_out]

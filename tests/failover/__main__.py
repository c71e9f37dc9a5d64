"""Failovers of the database under load: nothing acknowledged is lost, nothing is doubled, and writes come back.

    /usr/bin/python3 tests/failover --gerai target/debug/gerai                      20 killed primaries
    /usr/bin/python3 tests/failover --gerai target/debug/gerai --times 2 all        every nemesis twice
    /usr/bin/python3 tests/failover --help

README.md in this folder says what is started and what each nemesis shows.
"""

import argparse
import os
import platform
import shutil
import sys
import traceback

import nemeses
import network
import report
from audit import audit
from load import Load
from members import Cluster, now
from nemeses import Scene
from processes import enclose, run
from shop import Lost, Shop

# A disk of its own for each member where one of them is to be full.
DISK_MB = 1024
# Writes are to be back in so many seconds.
BACK_MAX = 30.0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="failover", description=__doc__.splitlines()[0])
    parser.add_argument("nemesis", nargs="*", help=f"{', '.join(nemeses.ALL)} or all; kill if none is given")
    parser.add_argument("--gerai", default="target/debug/gerai", help="the program")
    parser.add_argument("--times", type=int, default=20, help="how often each is done (20)")
    parser.add_argument("--nodes", type=int, default=3, help="nodes of the gateway (3)")
    parser.add_argument("--callers", type=int, default=8, help="merchants and tills at a time (8)")
    parser.add_argument("--pause", type=float, default=0.02, help="seconds between a caller's payments (0.02)")
    parser.add_argument("--json", help="where the figures are written")
    parser.add_argument("--keep-logs", help="a folder to which all logs are copied at the end")
    parser.add_argument(
        "--restarts", action="store_true", help="allow nodes to end and be started again, as systemd would"
    )
    asked = parser.parse_args()
    names = asked.nemesis or ["kill"]
    names = list(nemeses.ALL) if names == ["all"] else names
    for name in names:
        if name not in nemeses.ALL:
            parser.error(f"no such nemesis: {name}")
    asked.nemesis = nemeses.possible(names)
    asked.gerai = os.path.abspath(asked.gerai)
    return asked


def strike(number: int, name: str, scene: Scene) -> report.Row:
    """One blow, and all that follows until the cluster is whole again."""
    load, shop = scene.load, scene.load.shop
    before, restarts = len(load.acknowledged), shop.restarts()
    begun = nemeses.ALL[name](scene)
    scene.cluster.whole(150)
    whole_after = now() - begun
    # What comes late belongs to this blow, too.
    load.wait_for_answers(100, 60)
    silence, back_after = load.silence(begun)
    return report.Row(
        number, name, round(back_after, 2), round(silence, 2), round(whole_after, 1),
        len(load.acknowledged) - before, load.reasons(begun), shop.restarts() - restarts, scene.notes,
    )  # fmt: skip


def facts(asked: argparse.Namespace, load: Load) -> dict:
    """What the figures were measured with."""
    return {
        "postgresql": run(["pg_config", "--version"]).strip() if shutil.which("pg_config") else "",
        "patroni": run(["patroni", "--version"]).strip(),
        "etcd": run(["etcd", "--version"]).splitlines()[0],
        "gerai": run([asked.gerai, "--version"]).strip(),
        "kernel": platform.release(),
        "processors": os.cpu_count(),
        "patroni_settings": {
            name: value
            for name, value in load.shop.cluster.members[0].configuration()["bootstrap"]["dcs"].items()
            if name != "postgresql"
        },
        "nodes": asked.nodes, "callers": asked.callers,
        "payments": sum(map(len, load.stories)),
        "acknowledged": len(load.acknowledged),
        "slowest_answer_s": round(load.slowest, 2),
    }  # fmt: skip


def play(asked: argparse.Namespace, folder: str) -> bool:
    """The whole run; whether all is as it should be."""
    begun = now()
    network.build()
    cluster = Cluster(folder, DISK_MB if "full" in asked.nemesis else None)
    cluster.start()
    shop = Shop(cluster, folder, asked.gerai, asked.nodes)
    shop.open()
    print(f"three members and {asked.nodes} nodes after {now() - begun:.0f} s", flush=True)
    load = Load(shop, asked.callers, asked.pause)
    load.start()
    load.wait_for_answers(200, 60)

    rows = []
    for _ in range(asked.times):
        for name in asked.nemesis:
            rows.append(strike(len(rows) + 1, name, Scene(cluster, load)))
            lines = report.table(rows).splitlines()
            print("\n".join(lines if len(rows) == 1 else lines[-1:]), flush=True)
    load.stop()
    stories = [story for stories in load.stories for story in stories]
    wrong = audit(cluster, shop, stories) + late(rows, asked)
    statuses = shop.close()
    if any(statuses):
        wrong.append(f"nodes ended with {statuses}")

    said = report.summary(rows, facts(asked, load), wrong)
    if asked.json:
        report.write(asked.json, said)
    told = said["facts"]
    print(f"\n{told['payments']} payments, {told['acknowledged']} answers that had to last,"
          f" {len(load.unanswered)} times no answer; {now() - begun:.0f} s")  # fmt: skip
    for name, figures in said["figures"].items():
        print(f"{name}: writes back after {figures['back_after_median_s']} s (median),"
              f" {figures['back_after_p99_s']} s (p99), {figures['times']} times")  # fmt: skip
    print("\n".join(f"WRONG: {line}" for line in wrong[:40]) or "nothing lost, nothing doubled, books clean")
    return not wrong


def late(rows: list[report.Row], asked: argparse.Namespace) -> list[str]:
    """Which promises about time and nodes were not kept."""
    wrong = []
    for name in asked.nemesis:
        times = [row.back_after for row in rows if row.nemesis == name]
        # While a disk is full or sessions are being terminated, the trouble itself takes its time.
        most = BACK_MAX + (15 if name == "full" else 0)
        if report.percentile(times, 0.99) > most:
            wrong.append(f"{name}: writes were back only after {max(times):.1f} s")
    restarts = sum(row.restarts for row in rows)
    if restarts and not asked.restarts:
        wrong.append(f"nodes ended {restarts} times; they have to live through all of this")
    return wrong


def main():
    asked = arguments()
    folder = enclose()
    is_well = False
    try:
        is_well = play(asked, folder)
    except Lost as error:
        print(f"WRONG: {error}")
    except Exception:
        traceback.print_exc()
    finally:
        if asked.keep_logs:
            os.makedirs(asked.keep_logs, exist_ok=True)
            for name in os.listdir(folder):
                if name.endswith(".log"):
                    shutil.copy(os.path.join(folder, name), asked.keep_logs)
    # Daemon threads and children end with the process, or with the enclosure.
    sys.stdout.flush()
    os._exit(0 if is_well else 1)


if __name__ == "__main__":
    main()

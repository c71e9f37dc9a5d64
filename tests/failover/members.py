"""Three machines, each with etcd, Patroni and a PostgreSQL that Patroni looks after."""

import json
import os
import secrets
import signal
import time
import urllib.error
import urllib.request

import psutil
import psycopg2
import yaml

import network
from processes import database_user, has_namespaces, kill, run, start, wait_for

PORT = 5433
REST = 8009
CLIENT, PEER = 2479, 2480
DEPLOYED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../deploy/patroni/patroni.yml")
BINARIES = max(
    (f"/usr/lib/postgresql/{version}/bin" for version in os.listdir("/usr/lib/postgresql")),
    key=lambda folder: float(folder.split("/")[4]),
)


class Member:
    """One machine."""

    def __init__(self, cluster: "Cluster", name: str):
        self.cluster, self.name, self.host = cluster, name, network.address(name)
        self.folder = os.path.join(cluster.folder, name)
        self.data = os.path.join(self.folder, "disk", "data")
        self.etcd = self.patroni = None

    def prepare(self, disk_mb: int | None):
        """Folders and configuration. With `disk_mb` its disk holds so much and is its own."""
        user = database_user()
        disk = os.path.join(self.folder, "disk")
        os.makedirs(disk)
        if disk_mb is not None:
            run(["mount", "-t", "tmpfs", "-o", f"size={disk_mb}m", "none", disk])
        path = os.path.join(self.folder, "patroni.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.configuration(), file, indent=2)
        for place in (self.folder, disk, path):
            os.chown(place, user.pw_uid, user.pw_gid)
            os.chmod(place, 0o600 if place == path else 0o700)

    def configuration(self) -> dict:
        """deploy/patroni/patroni.yml, as it is, but for what this machine cannot have: its addresses, paths,
        memory and watchdog."""
        with open(DEPLOYED, encoding="utf-8") as file:
            said = yaml.safe_load(file)
        everybody = "10.71.0.0/24" if has_namespaces() else "127.0.0.0/8"
        said["name"] = self.name
        said["restapi"] = {"listen": f"{self.host}:{REST}", "connect_address": f"{self.host}:{REST}"}
        said["etcd"] = {"hosts": [f"{network.address(name)}:{CLIENT}" for name in network.NAMES]}
        said["watchdog"] = {"mode": "off"}
        said["bootstrap"]["dcs"]["postgresql"]["parameters"] |= {
            "max_connections": 60,
            "wal_keep_size": "64MB",
            "max_wal_size": "128MB",
            "min_wal_size": "32MB",
        }
        server = said["postgresql"]
        server |= {
            "listen": f"{self.host}:{PORT}",
            "connect_address": f"{self.host}:{PORT}",
            "data_dir": self.data,
            "bin_dir": BINARIES,
            "pgpass": os.path.join(self.folder, "pgpass"),
            "parameters": {"unix_socket_directories": self.folder, "shared_buffers": "32MB"},
            "pg_hba": [f"host {which} all {everybody} scram-sha-256" for which in ("replication", "all")],
        }
        for account in server["authentication"].values():
            account["password"] = self.cluster.password
        return said

    def start_etcd(self):
        """Starts etcd, or starts it again."""
        clients, peers = f"http://{self.host}:{CLIENT}", f"http://{self.host}:{PEER}"
        everybody = ",".join(f"{name}=http://{network.address(name)}:{PEER}" for name in network.NAMES)
        self.etcd = self.start(
            "etcd",
            [
                "etcd", "--name", self.name, "--data-dir", os.path.join(self.folder, "etcd"),
                "--listen-client-urls", clients, "--advertise-client-urls", clients,
                "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
                "--initial-cluster", everybody, "--initial-cluster-state", "new", "--enable-v2",
                "--log-level", "warn", "--logger", "zap",
            ],
        )  # fmt: skip

    def start_patroni(self):
        """Starts Patroni, which makes, joins or mends its PostgreSQL."""
        self.patroni = self.start("patroni", ["patroni", os.path.join(self.folder, "patroni.json")])

    def start(self, name: str, command):
        log = os.path.join(self.cluster.folder, f"{self.name}-{name}.log")
        return start(command, log, network=network.namespace(self.name), user=database_user())

    def kill(self, *, with_etcd: bool):
        """The machine dies: Patroni first, so that it cannot see its server die, then every process of the
        server at once."""
        self.kill_patroni()
        self.kill_server()
        if with_etcd and self.etcd is not None:
            kill(self.etcd.pid)
            self.etcd.wait()
            self.etcd = None

    def kill_patroni(self):
        """Patroni alone: nobody looks after the server any more."""
        if self.patroni is not None:
            kill(self.patroni.pid)
            self.patroni.wait()
            self.patroni = None

    def kill_server(self):
        """Stopped first, so that none of them does anything while the others are being killed."""
        family = self.server_processes()
        for how in (signal.SIGSTOP, signal.SIGKILL):
            for process in family:
                with_pid(process.pid, how)
        psutil.wait_procs(family, timeout=10)

    def server_processes(self):
        """The server's first process and all its children."""
        try:
            with open(os.path.join(self.data, "postmaster.pid"), encoding="utf-8") as file:
                first = psutil.Process(int(file.readline()))
            return [first, *first.children(recursive=True)] if first.name() == "postgres" else []
        except (OSError, ValueError, psutil.NoSuchProcess):
            return []

    def revive(self):
        """What is not running is started again."""
        if self.etcd is None:
            self.start_etcd()
        if self.patroni is None:
            self.start_patroni()

    def hand_over(self, candidate: str):
        """Asks Patroni for a switchover."""
        body = json.dumps({"leader": self.name, "candidate": candidate}).encode()
        request = urllib.request.Request(f"http://{self.host}:{REST}/switchover", body, method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()

    def says(self) -> dict | None:
        """What Patroni says of itself."""
        return fetch(f"http://{self.host}:{REST}/patroni")

    def session(self, database="postgres"):
        """A session of its superuser."""
        session = psycopg2.connect(
            host=self.host, port=PORT, user="postgres", password=self.cluster.password, dbname=database,
            connect_timeout=3, options="-c statement_timeout=120s",
        )  # fmt: skip
        session.autocommit = True
        return session

    def ask(self, statement: str, database="postgres"):
        """Has the server answer, as its superuser."""
        session = self.session(database)
        try:
            cursor = session.cursor()
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
        finally:
            session.close()


class Cluster:
    """The three of them."""

    def __init__(self, folder: str, disk_mb: int | None = None):
        self.folder, self.password = folder, secrets.token_urlsafe(18)
        self.members = [Member(self, name) for name in network.NAMES]
        for member in self.members:
            member.prepare(disk_mb)

    def start(self):
        """Starts all, and waits until one is the primary and two follow, one of them synchronously."""
        for member in self.members:
            member.start_etcd()
        wait_for("etcd", 30, lambda: all(self.etcd_is_healthy(m) for m in self.members))
        for member in self.members:
            member.start_patroni()
        self.whole(180)

    def etcd_is_healthy(self, member: Member) -> bool:
        """Whether this member of etcd has a leader."""
        said = fetch(f"http://{member.host}:{CLIENT}/health")
        return said is not None and said.get("health") == "true"

    def view(self) -> dict[str, dict]:
        """The members as the first Patroni that answers sees them, by name."""
        for member in self.members:
            said = fetch(f"http://{member.host}:{REST}/cluster")
            if said is not None:
                return {one["name"]: one for one in said["members"]}
        return {}

    def primary(self) -> Member:
        """The one that says of itself that it is, and of which etcd says it, too."""

        def one():
            leaders = [name for name, one in self.view().items() if one["role"] == "leader"]
            for member in self.members:
                said = member.says() if [member.name] == leaders else None
                if said and said["role"] == "master" and said["state"] == "running":
                    return member
            return None

        return wait_for("a primary", 90, one)

    def whole(self, seconds: float):
        """Waits until all three are there again, on one timeline, one of them synchronous."""

        def is_so():
            seen = self.view().values()
            roles = sorted(one["role"] for one in seen)
            timelines = {one.get("timeline") for one in seen}
            running = all(one["state"] in ("running", "streaming") for one in seen)
            if not (roles == ["leader", "replica", "sync_standby"] and running and len(timelines) == 1):
                return False
            return self.streams() == 2

        wait_for("three members, one of them synchronous", seconds, is_so)

    def streams(self) -> int:
        """How many standbys the primary is sending to."""
        try:
            rows = self.primary().ask("select count(*) from pg_stat_replication where state = 'streaming'")
            return rows[0][0]
        except (psycopg2.Error, TimeoutError):
            return 0


def fetch(url: str):
    """JSON from Patroni or etcd, whatever the status; nothing where nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        try:
            return json.load(error)
        except ValueError:
            return None
    except (OSError, ValueError):
        return None


def with_pid(pid: int, how: int):
    """A signal to a process that may be gone."""
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        pass


def now() -> float:
    """Seconds of a clock that nobody sets."""
    return time.monotonic()

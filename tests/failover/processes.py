"""Processes that cannot outlive this run, each in the network it belongs to.

Everything runs in a process namespace, a network and a table of mounts of its own where the run has root:
the kernel ends and removes all of it when the run ends, however it ends. Without root the members live on
loopback addresses; what needs a network of its own is then refused.
"""

import contextlib
import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

INSIDE = "GERAI_FAILOVER_FOLDER"


def enclose() -> str:
    """Comes back inside of the enclosure, with the folder of this run; the caller goes on from there."""
    folder = os.environ.get(INSIDE)
    if folder is None:
        base = os.environ.get("GERAI_FAILOVER_BASE")
        folder = tempfile.mkdtemp(prefix="gerai-failover-", dir=base)
        os.chmod(folder, 0o755)
        here = os.path.dirname(os.path.abspath(__file__))
        walls = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        command = ["setpriv", "--pdeathsig", "KILL", *(walls if has_namespaces() else [])]
        command += [sys.executable, here, *sys.argv[1:]]
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        try:
            ended = subprocess.run(command, env=os.environ | {INSIDE: folder}, check=False)
        except KeyboardInterrupt:
            sys.exit(130)
        finally:
            end_servers(folder)
            shutil.rmtree(folder, ignore_errors=True)
        sys.exit(ended.returncode if ended.returncode >= 0 else 128 - ended.returncode)
    if os.getpid() == 1:
        reap_for(os.fork())
    return folder


def end_servers(folder: str):
    """Patroni's servers outlive it on purpose. Where there is no process namespace, somebody has to end them."""
    for path in glob.glob(os.path.join(folder, "*", "disk", "data", "postmaster.pid")):
        with contextlib.suppress(OSError, ValueError), open(path, encoding="utf-8") as file:
            pid = int(file.readline())
            with open(f"/proc/{pid}/cmdline", encoding="utf-8") as line:
                is_ours = folder in line.read()
            if is_ours:
                os.kill(pid, signal.SIGQUIT)
                wait_for("the end of a server", 10, lambda pid=pid: not os.path.exists(f"/proc/{pid}"))


def reap_for(child: int):
    """What is killed leaves its children to the first process, which has to bury them: a dead server that
    nobody buried still holds its lock file."""
    if child == 0:
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    while True:
        pid, status = os.wait()
        if pid == child:
            sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)


def has_namespaces() -> bool:
    """Whether members have networks of their own."""
    return os.geteuid() == 0


def database_user() -> pwd.struct_passwd:
    """PostgreSQL refuses to run as root."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.getuid())


def start(command, log, *, network=None, user=None, env=None) -> subprocess.Popen:
    """Starts a process that is killed with this run. `network` is a namespace's name."""
    enter = []
    if network is not None:
        enter += ["nsenter", f"--net=/run/netns/{network}"]
    enter += ["setpriv", "--pdeathsig", "KILL"]
    if user is not None and user.pw_uid != os.geteuid():
        enter += [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    with open(log, "ab") as out:
        return subprocess.Popen(
            [*enter, *command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
            env=(os.environ | env) if env else None,
        )


def run(command, **more) -> str:
    """Runs a command to its end, and gives back what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def kill(pid: int):
    """As a power cut would: without a chance to say goodbye."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def wait_for(what: str, seconds: float, is_so):
    """Asks until it is so, and gives back what `is_so` said."""
    until = time.monotonic() + seconds
    while True:
        said = is_so()
        if said:
            return said
        if time.monotonic() > until:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.1)

"""The gateway's nodes in front of the database, and who calls them: a merchant and a till."""

import base64
import hashlib
import hmac
import http.client
import itertools
import json
import os
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime

import members
from members import Cluster
from processes import database_user, run, start, wait_for

# How long merchant and till wait for an answer.
PATIENCE = 10


class Unanswered(Exception):
    """Nobody knows whether it was done: no answer, or one that says to try again."""


class Lost(Exception):
    """What was acknowledged is not so any more."""


class Node:
    """One gateway. It is started again whenever it ends, as systemd would, and how often that was is counted."""

    def __init__(self, shop: "Shop", number: int):
        self.shop, self.name = shop, f"g{number}"
        self.port, self.operations = 8080 + number, 9090 + number
        self.folder = os.path.join(shop.folder, self.name)
        self.config = os.path.join(self.folder, "gerai.toml")
        self.restarts, self.process = 0, None
        self.wanted = False

    def prepare(self):
        user = database_user()
        os.makedirs(self.folder)
        hosts = ",".join(f"{member.host}:{members.PORT}" for member in self.shop.cluster.members)
        deadlines = "connect_timeout=3&tcp_user_timeout=5"
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"""\
listen = "127.0.0.1:{self.port}"
operations = "127.0.0.1:{self.operations}"
data = "{self.folder}/data"
master_key_file = "{self.shop.folder}/master.key"
approvals = "one"

[storage]
url = "postgres://gerai@{hosts}/gerai?target_session_attrs=read-write&sslmode=disable&{deadlines}"

[pools.alfa]
network = "alfa"
length = 16
prefix = "81"
[pools.indomaret]
network = "indomaret"
length = 16
prefix = "57"
[pools.pegadaian]
network = "pegadaian"
length = 16
prefix = "62"
[pools.pos]
network = "pos"
length = 16
prefix = "63"
""")
        for place in (self.folder, self.config):
            os.chown(place, user.pw_uid, user.pw_gid)

    def start(self):
        self.wanted = True
        self.launch()
        wait_for(f"node {self.name}", 60, self.is_ready)

    def launch(self):
        log = os.path.join(self.shop.folder, f"{self.name}.log")
        command = [self.shop.program, "serve", "--config", self.config]
        self.process = start(command, log, user=database_user(), env=self.shop.secrets())

    def look_after(self):
        """Called once a second."""
        if self.wanted and self.process.poll() is not None:
            self.restarts += 1
            self.launch()

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.operations}/readyz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self):
        """As an operator would; gives back the status with which it ended."""
        self.wanted = False
        self.process.terminate()
        return self.process.wait(timeout=30)


class Shop:
    """Nodes, one merchant, one counter."""

    def __init__(self, cluster: Cluster, folder: str, program: str, nodes: int):
        self.cluster, self.folder, self.program = cluster, folder, program
        self.nodes = [Node(self, number) for number in range(1, nodes + 1)]
        self.looking = None

    def secrets(self) -> dict[str, str]:
        return {"GERAI_STORAGE_PASSWORD": self.cluster.password}

    def open(self):
        """A database, a merchant, a counter, and nodes that are ready."""
        primary = self.cluster.primary()
        primary.ask(f"create role gerai login password '{self.cluster.password}'")
        primary.ask("create database gerai owner gerai encoding 'UTF8' template template0")
        for node in self.nodes:
            node.prepare()
        self.do("master-key", "new", os.path.join(self.folder, "master.key"), config=False)
        user = database_user()
        os.chown(os.path.join(self.folder, "master.key"), user.pw_uid, user.pw_gid)
        for node in self.nodes:
            node.start()
        merchant = json.loads(self.do("merchant", "add", "Toko Uji", "--json"))
        counter = json.loads(self.do("counter", "add", "Switch Uji", "--retailer", "all", "--json"))
        secret = shown_key(merchant)["secret"]
        self.basic = "Basic " + base64.b64encode(f"{secret}:".encode()).decode()
        self.till_key, self.till_secret = (shown_key(counter)[name] for name in ("name", "secret"))
        self.looking = threading.Thread(target=self.look_after, daemon=True)
        self.looking.start()

    def look_after(self):
        while True:
            time.sleep(1)
            for node in self.nodes:
                node.look_after()

    def do(self, *command, config=True) -> str:
        """A command of the program, of the first node."""
        more = ["--config", self.nodes[0].config] if config else []
        user = database_user()
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        if not config:
            as_user = {}
        return run([self.program, *command, *more], env=os.environ | self.secrets(), cwd="/", **as_user)

    def restarts(self) -> int:
        return sum(node.restarts for node in self.nodes)

    def verify(self):
        """Whether `gerai verify` finds the books right; and what it said."""
        try:
            report = json.loads(self.do("verify", "--json"))
        except RuntimeError as error:
            return False, str(error)
        return report["clean"] is True, report

    def close(self):
        return [node.stop() for node in self.nodes]


class Caller:
    """A merchant's backend and a till on one connection, which goes to the next node when one fails it."""

    COUNT = itertools.count()

    def __init__(self, shop: Shop):
        self.shop = shop
        self.at = next(self.COUNT)
        self.connection = None

    def open(self, order: str, amount: int) -> tuple[str, str]:
        """Opens a payment: its id and code, whether this request opened it or an earlier one of the same order."""
        body = {
            "payment_type": "cstore",
            "transaction_details": {"order_id": order, "gross_amount": amount},
            "cstore": {"store": "indomaret"},
        }
        said = self.merchant("POST", "/v2/charge", body)
        if said.get("status_code") == "406":
            # An earlier request of which nobody heard has opened it.
            said = self.status(order)
        if said.get("status_code") not in ("200", "201"):
            raise Unanswered(f"charge: {said.get('status_code')}")
        return said["transaction_id"], said["payment_code"]

    def status(self, order: str) -> dict:
        return self.merchant("GET", f"/v2/{order}/status", None)

    def merchant(self, method: str, target: str, body) -> dict:
        data = b"" if body is None else json.dumps(body).encode()
        headers = {"Authorization": self.shop.basic, "Content-Type": "application/json"}
        status, answer = self.exchange(method, target, headers, data)
        if status >= 500:
            raise Unanswered(f"HTTP {status}")
        return json.loads(answer)

    def pay(self, order: str, code: str, amount: int, sale_at: str) -> bytes:
        """Pays it at a counter; the answer's bytes, which are the same every time."""
        message = {
            "payment_code": code, "sale": f"S-{order}", "outlet": "T-0001", "terminal": "1",
            "sale_at": sale_at, "retailer": "indomaret", "amount": amount,
        }  # fmt: skip
        target, data = "/counter/v1/payment", json.dumps(message).encode()
        timestamp, nonce = str(int(time.time())), os.urandom(12).hex()
        digest = hashlib.sha256(data).hexdigest()
        text = f"v1\n{self.shop.till_key}\nPOST\n{target}\n{timestamp}\n{nonce}\n{digest}"
        signature = hmac.new(self.shop.till_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        headers = {
            "Gerai-Key": self.shop.till_key, "Gerai-Timestamp": timestamp, "Gerai-Nonce": nonce,
            "Gerai-Signature": f"v1={signature}", "Content-Type": "application/json",
        }  # fmt: skip
        status, answer = self.exchange("POST", target, headers, data)
        if status != 200:
            raise Unanswered(f"HTTP {status}")
        said = json.loads(answer)
        if said["code"] != "00":
            raise Lost(f"{order}: it was acknowledged as open, and the counter says {said}")
        return answer

    def exchange(self, method, target, headers, data) -> tuple[int, bytes]:
        try:
            if self.connection is None:
                node = self.shop.nodes[self.at % len(self.shop.nodes)]
                self.connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=PATIENCE)
            self.connection.request(method, target, data, headers)
            answer = self.connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.next()
            raise Unanswered(type(error).__name__) from error
        if answer.status >= 500 or answer.will_close:
            self.next()
        return answer.status, body

    def next(self):
        """The next request goes to the next node."""
        if self.connection is not None:
            self.connection.close()
        self.connection = None
        self.at += 1


def shown_key(said: dict) -> dict:
    """The key that was made, of all that a command says of its owner."""
    return next(key for key in said["keys"] if "secret" in key)


def till_clock() -> str:
    """Now, as tills write it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

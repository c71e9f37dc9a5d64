"""A retailer's till that speaks the counter protocol, written from its description alone."""

import hashlib
import hmac
import json
import time
import uuid
from datetime import datetime, timedelta, timezone
from urllib.parse import urlencode

import requests

KEY_ID = "counter-demo"
SECRET = "gerai-demo-counter-secret"

WIB = timezone(timedelta(hours=7))


def _sign(secret, *lines):
    text = "\n".join(("v1",) + lines).encode()
    return "v1=" + hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def request_signature(secret, key_id, method, path, timestamp, nonce, body):
    digest = hashlib.sha256(body).hexdigest()
    return _sign(secret, key_id, method, path, timestamp, nonce, digest)


def answer_signature(secret, key_id, nonce, status, body):
    return _sign(secret, key_id, nonce, str(status), hashlib.sha256(body).hexdigest())


def moment(text):
    """Reads an RFC 3339 time; one without an offset is none."""
    parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
    assert parsed.tzinfo is not None, text
    return parsed


class Answer:
    def __init__(self, response):
        self.status = response.status_code
        self.raw = response.content
        self.signature = response.headers.get("Gerai-Signature")
        self.content_type = response.headers.get("Content-Type", "")
        self.json = response.json()
        self.code = self.json["code"]


class Till:
    """Every answer's signature is checked here, so that no case can forget it."""

    def __init__(self, url, outlet="TEST-0001", terminal=None):
        self.url = url
        self.outlet = outlet
        self.terminal = terminal or f"T-{uuid.uuid4().hex[:12]}"

    def at(self, outlet=None):
        """Another terminal, in this outlet unless another is named."""
        return Till(self.url, outlet or self.outlet)

    @staticmethod
    def new_sale():
        return f"SALE-{uuid.uuid4().hex}"

    def exchange(self, method, path, body=b"", *, secret=SECRET, **headers):
        """Sends one transmission. `headers` replace those made here; None leaves one out."""
        values = {
            "Gerai-Key": KEY_ID,
            "Gerai-Timestamp": str(int(time.time())),
            "Gerai-Nonce": uuid.uuid4().hex,
        }
        values.update({name.replace("_", "-"): value for name, value in headers.items()})
        key, timestamp, nonce = (
            values[name] or "" for name in ("Gerai-Key", "Gerai-Timestamp", "Gerai-Nonce")
        )
        if "Gerai-Signature" not in values:
            values["Gerai-Signature"] = request_signature(
                secret, key, method, path, timestamp, nonce, body
            )
        if body:
            values["Content-Type"] = "application/json"
        response = requests.request(
            method,
            self.url + path,
            data=body or None,
            headers={name: value for name, value in values.items() if value is not None},
            timeout=30,
        )
        answer = Answer(response)
        # Nobody has been authenticated in a 401, so there is no key to sign it with.
        if answer.status != 401:
            assert answer.signature == answer_signature(
                SECRET, key, nonce, answer.status, answer.raw
            )
        assert answer.content_type.startswith("application/json")
        return answer

    def post(self, call, members, **headers):
        return self.exchange("POST", f"/counter/v1/{call}", json.dumps(members).encode(), **headers)

    def members(self, payment_code, sale, retailer, **more):
        """What inquiry, payment and advice have in common."""
        return {
            "payment_code": payment_code,
            "sale": sale,
            "outlet": self.outlet,
            "terminal": self.terminal,
            "sale_at": datetime.now(WIB).isoformat(timespec="seconds"),
            "retailer": retailer,
            **more,
        }

    def inquiry(self, payment_code, retailer, sale=None, **more):
        sale = sale or self.new_sale()
        return self.post("inquiry", self.members(payment_code, sale, retailer, **more))

    def payment(self, payment_code, retailer, amount, sale, **more):
        return self.post(
            "payment", self.members(payment_code, sale, retailer, amount=amount, **more)
        )

    def advice(self, payment_code, retailer, amount, sale, **more):
        return self.post(
            "advice", self.members(payment_code, sale, retailer, amount=amount, **more)
        )

    def reversal(self, payment_code, retailer, amount, sale, **more):
        return self.post(
            "reversal",
            self.members(payment_code, sale, retailer, amount=amount, reason="timeout", **more),
        )

    def status(self, payment_code, sale):
        query = urlencode({"payment_code": payment_code, "sale": sale})
        return self.exchange("GET", f"/counter/v1/status?{query}")

    def echo(self):
        return self.exchange("GET", "/counter/v1/echo")

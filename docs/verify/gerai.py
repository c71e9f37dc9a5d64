"""Whether an event of Gerai's own is genuine (Standard Webhooks). Standard library only, Python 3.8 or
newer.

Copy `is_genuine` into your endpoint; give it the request's headers (names in small letters), its body
byte for byte, your secret and the time.

    EVENTS_SECRET=whsec_... python3 gerai.py body.json headers.txt
"""

import base64
import hashlib
import hmac
import os
import sys
import time

# How far the sender's clock and ours may be apart, in seconds; older ones may be sent by a thief.
TOLERANCE = 5 * 60


def is_genuine(headers: dict, body: bytes, secret: str, now: float) -> bool:
    key = base64.b64decode(secret[len("whsec_") :])
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(now - int(timestamp)) > TOLERANCE:
        return False
    signed = f"{headers.get('webhook-id', '')}.{timestamp}.".encode() + body
    tag = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    # While a secret is replaced there are two.
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(b"v1," + tag, one.encode()) for one in given)


def read_headers(path: str) -> dict:
    with open(path, encoding="utf-8") as file:
        pairs = (line.split(":", 1) for line in file if ":" in line)
        return {name.strip().lower(): value.strip() for name, value in pairs}


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        body = file.read()
    genuine = is_genuine(
        read_headers(sys.argv[2]), body, os.environ["EVENTS_SECRET"], time.time()
    )
    print("genuine" if genuine else "not genuine")
    sys.exit(0 if genuine else 1)

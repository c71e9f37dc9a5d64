"""Whether a notification of Cronos Engine or SenGo is genuine. Standard library only, Python 3.8 or
newer.

Copy `is_genuine` into your endpoint; give it the request's headers (names in small letters), its body
byte for byte, your key and your token.

    KEY=SC-... TOKEN=... python3 cronos.py body.json headers.txt
"""

import hashlib
import hmac
import os
import sys


def is_genuine(headers: dict, body: bytes, key: str, token: str) -> bool:
    # Cronos Engine calls its headers on-..., SenGo calls them x-...
    told = headers.get("on-key", headers.get("x-client-key", ""))
    signature = headers.get("on-signature", headers.get("x-signature", ""))
    # The body as it arrived: decoded and encoded again it may be another text.
    expected = hmac.new(token.encode(), key.encode() + body, hashlib.sha512).hexdigest()
    return told == key and hmac.compare_digest(expected.encode(), signature.lower().encode())


def read_headers(path: str) -> dict:
    with open(path, encoding="utf-8") as file:
        pairs = (line.split(":", 1) for line in file if ":" in line)
        return {name.strip().lower(): value.strip() for name, value in pairs}


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        body = file.read()
    genuine = is_genuine(read_headers(sys.argv[2]), body, os.environ["KEY"], os.environ["TOKEN"])
    print("genuine" if genuine else "not genuine")
    sys.exit(0 if genuine else 1)

"""Whether a Midtrans notification is genuine. Standard library only, Python 3.8 or newer.

Copy `is_genuine` into your endpoint; give it the request's body and your server key.

    SERVER_KEY=SB-Mid-server-... python3 midtrans.py body.json
"""

import hashlib
import hmac
import json
import os
import sys


def is_genuine(body: bytes, server_key: str) -> bool:
    try:
        news = json.loads(body)
        # The three texts as they stand in this body: `44000.00` is not 44000.
        signed = news["order_id"] + news["status_code"] + news["gross_amount"] + server_key
        expected = hashlib.sha512(signed.encode()).hexdigest()
        return hmac.compare_digest(expected.encode(), news["signature_key"].encode())
    except (ValueError, TypeError, KeyError, AttributeError):
        return False


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        genuine = is_genuine(file.read(), os.environ["SERVER_KEY"])
    print("genuine" if genuine else "not genuine")
    sys.exit(0 if genuine else 1)

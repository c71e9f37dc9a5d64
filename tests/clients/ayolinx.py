"""What the two SNAP clients need to know of the sandbox's demo account, and of its answers."""

import datetime
import json
import os
import pathlib
import re
import urllib.request
import uuid

_DEMO = json.loads((pathlib.Path(__file__).parent / "ayolinx-demo.json").read_text())
CLIENT_KEY = _DEMO["clientKey"]
CLIENT_SECRET = _DEMO["clientSecret"]
PRIVATE_KEY_PEM = _DEMO["merchantPrivateKey"]

CHANNELS = [
    "RETAIL_ALFAMART",
    "RETAIL_ALFAMIDI",
    "RETAIL_DANDAN",
    "RETAIL_PEGADAIAN",
    "RETAIL_POS_INDONESIA",
]
CREATE = "/v1.0/retail/create"
QUERY = "/v1.0/retail/query"

WIB = datetime.timezone(datetime.timedelta(hours=7))


def gateway_url():
    """The gateway under test; whoever asks for it also stays away from the machine's proxies."""
    url = os.environ.get("GERAI_URL", "").rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise SystemExit(
            "GERAI_URL is not set to the gateway's base URL. Start one, for example with"
            " `gerai sandbox --listen 127.0.0.1:0 --in-memory`, and set GERAI_URL to the address"
            " that it prints after `listening on`."
        )
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"
    return url


def order(channel="RETAIL_ALFAMART", **more):
    until = datetime.datetime.now(WIB) + datetime.timedelta(days=1)
    return {
        "partnerReferenceNo": f"py-{uuid.uuid4()}",
        "validUpTo": until.isoformat(timespec="seconds"),
        "customerName": "Budi  Santoso é",
        "customerEmail": "budi@example.com",
        "customerPhone": "081234567890",
        "amount": {"currency": "IDR", "value": "10000.00"},
        "urlParams": [{"url": "https://shop.example.com/thanks", "type": "PAY_RETURN"}],
        "additionalInfo": {"channel": channel},
        **more,
    }


def query(wanted):
    return {
        "originalPartnerReferenceNo": wanted["partnerReferenceNo"],
        "additionalInfo": wanted["additionalInfo"],
    }


def assert_created(test, answer, wanted):
    """Every member of the answer, in its order."""
    test.assertEqual(
        list(answer),
        [
            "responseCode",
            "responseMessage",
            "partnerReferenceNo",
            "expiryDate",
            "vaNumber",
            "paymentUrl",
        ],
        answer,
    )
    test.assertEqual(answer["responseCode"], "00")
    test.assertEqual(answer["responseMessage"], "Successful")
    test.assertEqual(answer["partnerReferenceNo"], wanted["partnerReferenceNo"])
    test.assertEqual(answer["expiryDate"], wanted["validUpTo"])
    test.assertTrue(re.fullmatch(r"[0-9]{8,16}", answer["vaNumber"]), answer)


def pay(va_number):
    """Does at once what a cashier would."""
    request = urllib.request.Request(
        f"{gateway_url()}/sandbox/v1/payments/{va_number}/pay",
        data=b"{}",
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert json.load(answer)["code"] == "00"

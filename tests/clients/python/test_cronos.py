"""Cronos and SenGo from Python, written from their pages: merchants who sign what `json.dumps` gives.

The real service re-encodes as PHP does, so that such merchants fail there as soon as a space or a
slash is in the way. Here each of them is recognised.
"""

import hashlib
import hmac
import json
import re
import uuid
from datetime import datetime, timedelta

import pytest
import requests


class Brand:
    def __init__(self, name, headers, key, token, fee):
        self.name, self.key, self.token, self.fee = name, key, token, fee
        self.key_header, self.token_header, self.signature_header = headers

    def headers(self, signed):
        """Those of a request whose signature is over the key and `signed`."""
        text = self.key.encode() + signed
        return {
            self.key_header: self.key,
            self.token_header: self.token,
            self.signature_header: hmac.new(self.token.encode(), text, hashlib.sha512).hexdigest(),
            "Content-Type": "application/json",
        }


BRANDS = [
    Brand(
        "Cronos",
        ("On-Key", "On-Token", "On-Signature"),
        "SC-KRW9ESNZUUKQXOOX",
        "jlaVHot4XGnCqYU8FI20GHwkv6RMOT2t",
        3000,
    ),
    Brand(
        "SenGo",
        ("X-Client-Key", "X-Client-Token", "X-Signature"),
        "SG-GERAIDEMO000001",
        "gerai0demo0token0for0sengo000001",
        85,
    ),
]

NAMES = ["Mr. Gentur", "Kopi Café 北京 😀", 'A/B "C" \\ <d> & e\u2028f']


def spaced(body):
    return json.dumps(body)


def compact(body):
    return json.dumps(body, separators=(",", ":"))


def compact_unicode(body):
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def spaced_unicode(body):
    return json.dumps(body, ensure_ascii=False)


def indented(body):
    return json.dumps(body, indent=4)


def like_php(body):
    return compact(body).replace("/", "\\/")


def with_newline(body):
    return json.dumps(body) + "\n"


# What is signed, and what is sent.
SIGNERS = [
    # `requests.post(url, json=body)` sends just this.
    (spaced, spaced),
    # httpx and others send it without spaces.
    (spaced, compact),
    (spaced, compact_unicode),
    (compact, compact),
    (compact, spaced),
    (compact, compact_unicode),
    (compact_unicode, compact_unicode),
    (compact_unicode, compact),
    (spaced_unicode, spaced_unicode),
    (indented, indented),
    (like_php, like_php),
    (like_php, spaced),
    # A file that ends in a newline, signed without it.
    (spaced, with_newline),
]

# The same value, but spelt as nobody expects.
UNKNOWN = [
    (indented, compact),
    (spaced_unicode, compact),
    (lambda body: json.dumps(body, sort_keys=True), compact),
    (lambda body: json.dumps(body, separators=(", ", ":")), compact),
    (lambda body: spaced(body).replace("/", "\\/"), compact),
    (with_newline, spaced),
]


def order(**more):
    return {
        "reference": f"py-{uuid.uuid4()}",
        "phoneNumber": "082195395779",
        "channel": "indomaret",
        "amount": 25000,
        "expiryMinutes": 30,
        "viewName": "Mr. Gentur",
        "additionalInfo": {"callback": "http://127.0.0.1:9/nobody"},
        **more,
    }


@pytest.fixture(params=BRANDS, ids=lambda brand: brand.name)
def brand(request):
    return request.param


@pytest.fixture
def send(gateway_url, brand):
    """Sends one text while another is signed."""

    def send(sent, signed):
        return requests.post(
            f"{gateway_url}/api/retail",
            data=sent.encode(),
            headers=brand.headers(signed.encode()),
            timeout=30,
        )

    return send


def assert_opened(answer, brand, wanted):
    assert answer.status_code == 200, answer.text
    envelope = answer.json()
    assert (envelope["responseCode"], envelope["responseMessage"]) == (200, "success")
    data = envelope["responseData"]
    assert data["merchantRef"] == wanted["reference"]
    assert (data["status"], data["feePayer"]) == ("pending", "customer")
    assert (data["amount"], data["fee"]) == (25000, brand.fee)
    assert data["totalAmount"] == 25000 + brand.fee
    assert data["paidDate"] is None
    expired, settled = (
        datetime.strptime(data[name], "%Y-%m-%dT%H:%M:%S%z") for name in ("expiredDate", "settleDate")
    )
    assert expired - settled == timedelta(minutes=30)
    assert expired.utcoffset() == timedelta(hours=7)
    assert data["additionalInfo"] == wanted["additionalInfo"]
    assert data["retail"]["viewName"] == wanted["viewName"]
    assert re.fullmatch(r"[0-9]{10,16}", data["retail"]["paymentCode"])
    return data


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("signs,sends", SIGNERS, ids=lambda spelling: spelling.__name__)
def test_every_usual_spelling_is_recognised(send, brand, signs, sends, name):
    wanted = order(viewName=name)
    assert_opened(send(sends(wanted), signs(wanted)), brand, wanted)


@pytest.mark.parametrize("signs,sends", UNKNOWN)
def test_other_spellings_are_refused(send, signs, sends):
    wanted = order(viewName="Kopi Café")
    answer = send(sends(wanted), signs(wanted))
    assert answer.status_code == 401
    assert answer.json()["responseCode"] == 401
    assert answer.json()["errorCode"] == "UNAUTHORIZED"
    assert answer.json()["responseData"] is None


def test_requests_own_json_is_recognised(gateway_url, brand):
    wanted = order(viewName="Kopi Café")
    headers = brand.headers(json.dumps(wanted).encode())
    answer = requests.post(f"{gateway_url}/api/retail", json=wanted, headers=headers, timeout=30)
    assert_opened(answer, brand, wanted)


def test_the_published_signatures():
    """What this file signs with is what the vendor's page prints."""
    brand = BRANDS[0]
    printed = {
        "reference": "12345678",
        "bankCode": "014",
        "viewName": "Guntur Brahmaputra",
        "type": "ClosedAmount",
        "amount": 10000,
        "additionalInfo": {"callback": "https://google.com"},
    }
    assert brand.headers(like_php(printed).encode())["On-Signature"] == (
        "631ac84aad1b18d1b9004d0bc944cb643892fbd0fd5f60407e0f166b8d86b104"
        "20af0f5d80b65805153eb12ffd24333c09bfe37108ea38192d24d3f7aac64131"
    )
    assert brand.headers(b"")["On-Signature"] == (
        "a57c04cf4f2a33021dc0d4e8a74ab8b24d896c96400434c8c9398d145be108a3"
        "6e389813daff66cfe93532bf08cbead573336330dcafa490d4e03607d0329040"
    )


def test_a_payment_is_shown_by_id_and_reference(gateway_url, send, brand):
    wanted = order(viewName="Kopi Café")
    opened = assert_opened(send(spaced(wanted), spaced(wanted)), brand, wanted)
    for name in (opened["id"], wanted["reference"]):
        answer = requests.get(
            f"{gateway_url}/api/check/{name}", headers=brand.headers(b""), timeout=30
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["responseData"] == opened


def test_notification_verifies_over_its_bytes(receiver, pay, send, brand):
    wanted = order(viewName="Kopi Café", additionalInfo={"callback": receiver.url()})
    opened = assert_opened(send(compact(wanted), spaced(wanted)), brand, wanted)
    pay({"payment_code": opened["retail"]["paymentCode"]})
    told = receiver.next()
    headers = {name.lower(): value for name, value in told.headers.items()}
    assert headers[brand.key_header.lower()] == brand.key
    assert headers[brand.signature_header.lower()] == brand.headers(told.body)[brand.signature_header]
    assert brand.token_header.lower() not in headers
    assert told.body == like_php(told.json).encode()
    assert told.json["responseData"]["status"] == "success"
    assert told.json["responseData"]["merchantRef"] == wanted["reference"]

"""Gerai's own events as a merchant's backend in Python gets them: sent, verified with the official
library of Standard Webhooks, and pulled."""

import json
import os
import subprocess
import uuid

import pytest
import requests
from standardwebhooks import Webhook, WebhookVerificationError

import merchant

MERCHANT_ID = merchant.DEMO_MERCHANT_ID


def operate(command, *words):
    """Runs an operator's command about the demo merchant; gives back what it says in JSON."""
    arguments = [os.environ["GERAI_PROGRAM"], "merchant", command, MERCHANT_ID, *words]
    arguments += ["--json", "--data", os.environ["GERAI_DATA"]]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def new_secret(*words):
    shown = operate("rotate-key", "--key", "events", *words)
    (secret,) = {key["secret"] for key in shown["keys"] if key["name"] == "events" and "secret" in key}
    return secret


def charge(demo, store="indomaret"):
    order = f"events-{uuid.uuid4()}"
    return demo.charge(merchant.cstore(store, order_id=order))


def pull(gateway_url, query=""):
    answer = requests.get(
        f"{gateway_url}/v1/events{query}", auth=(merchant.DEMO_SERVER_KEY, ""), timeout=90
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def sent(receiver):
    secret = new_secret("--overlap", "0")
    operate("set", "--events-url", receiver.url("/events"))
    yield secret
    operate("set", "--events-url", "")


def test_what_is_sent_is_verified_and_is_what_is_pulled(gateway_url, demo, pay, press, receiver, sent):
    newest = pull(gateway_url, "?after=latest")["next"]
    charged = charge(demo)
    pay(charged)
    press("reverse", charged["payment_code"])
    told = []
    for _ in range(3):
        arrived = receiver.next()
        event = Webhook(sent).verify(arrived.body, arrived.headers)
        assert event == arrived.json
        with pytest.raises(WebhookVerificationError):
            Webhook(sent).verify(arrived.body + b" ", arrived.headers)
        told.append(event)
    assert [event["type"] for event in told] == [
        "payment.opened",
        "payment.paid",
        "payment.reversed",
    ]
    assert pull(gateway_url, f"?after={newest}")["events"] == told
    payment = told[1]["data"]["payment"]
    assert payment["id"] == charged["transaction_id"]
    assert payment["order_id"] == charged["order_id"]
    assert payment["code"] == charged["payment_code"]
    assert payment["status"] == "paid"


def test_in_a_rotation_both_secrets_verify(demo, receiver, sent):
    charge(demo)
    first = receiver.next()
    new = new_secret("--overlap", "1")
    charge(demo)
    second = receiver.next()
    Webhook(sent).verify(first.body, first.headers)
    Webhook(sent).verify(second.body, second.headers)
    Webhook(new).verify(second.body, second.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(first.body, first.headers)


def test_who_waits_for_an_event_is_answered(gateway_url, demo, pay):
    newest = pull(gateway_url, "?after=latest")["next"]
    pay(charge(demo))
    page = pull(gateway_url, f"?after={newest}&type=payment.paid&wait=60")
    assert [event["type"] for event in page["events"]] == ["payment.paid"]

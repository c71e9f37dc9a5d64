"""What a merchant's backend knows by itself: its keys, its requests, how to check a signature."""

import hashlib
import random
import re
import uuid
from datetime import datetime, timedelta, timezone

import midtransclient
import pytest
from midtransclient import MidtransAPIError

DEMO_SERVER_KEY = "SB-Mid-server-gerai-demo"
DEMO_CLIENT_KEY = "SB-Mid-client-gerai-demo"
DEMO_MERCHANT_ID = "G000000001"
OTHER_SERVER_KEY = "SB-Mid-server-gerai-other"
OTHER_MERCHANT_ID = "G000000002"

WIB = timezone(timedelta(hours=7))

NOT_AUTHORIZED = "Transaction cannot be authorized with the current client/server key."
DUPLICATE = (
    "The request could not be completed due to a conflict with the current state of the target"
    " resource, please try again"
)
NOT_FOUND = "Transaction doesn't exist."
NOT_UPDATABLE = "Transaction status cannot be updated."
UNEXPECTED = "Sorry. Our system is recovering from unexpected issues. Please retry."
INVALID = "One or more parameters in the payload is invalid."


def client(server_key, headers=None, is_production=False):
    return midtransclient.CoreApi(
        is_production=is_production,
        server_key=server_key,
        client_key=DEMO_CLIENT_KEY,
        custom_headers=dict(headers or {}),
    )


def new_order_id():
    return f"py-{uuid.uuid4()}"


def new_numeric_order_id():
    return random.randrange(10**11, 10**12)


def cstore(store="alfamart", amount=44000, order_id=None, **more):
    """The smallest charge there is; `more` adds members or replaces them."""
    return {
        "payment_type": "cstore",
        "transaction_details": {
            "order_id": new_order_id() if order_id is None else order_id,
            "gross_amount": amount,
        },
        "cstore": {"store": store},
        **more,
    }


def time_of(text):
    """Reads `YYYY-MM-DD HH:MM:SS`, which carries no zone and is always GMT+7."""
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", text), text
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=WIB)


def order_time(moment):
    return moment.astimezone(WIB).strftime("%Y-%m-%d %H:%M:%S +0700")


def signature(body, server_key):
    """What `signature_key` has to be, computed from the strings of that very body."""
    text = body["order_id"] + body["status_code"] + body["gross_amount"] + server_key
    return hashlib.sha512(text.encode()).hexdigest()


def is_uuid(text):
    return isinstance(text, str) and str(uuid.UUID(text)) == text


def refusal(call, *arguments):
    """Calls, and gives back the client's exception. No exception is a failed test."""
    with pytest.raises(MidtransAPIError) as caught:
        call(*arguments)
    return caught.value


def assert_fault(error, http_status, status_code, status_message):
    body = error.api_response_dict
    assert error.http_status_code == http_status
    assert body["status_code"] == status_code
    assert body["status_message"] == status_message
    assert is_uuid(body["id"])


def assert_invalid(error, *messages):
    """A 400 whose `validation_messages` hold at least these texts."""
    assert_fault(error, 400, "400", INVALID)
    told = error.api_response_dict["validation_messages"]
    assert isinstance(told, list)
    assert all(isinstance(text, str) for text in told)
    for message in messages:
        assert message in told


def assert_not_found(error):
    assert_fault(error, 200, "404", NOT_FOUND)
    assert "API status code: `404`" in error.message


def assert_not_updatable(error, transaction_id):
    assert_fault(error, 200, "412", NOT_UPDATABLE)
    # Unlike elsewhere the id is not the request's: the recordings show the transaction's.
    assert error.api_response_dict["id"] == transaction_id

"""The official Midtrans client's `Snap`, unmodified, against a running gateway.

The cases are those of the client's own suite (`tests/test_snap.py`), each with what it asserts
there, and what a payer and a merchant see afterwards.
"""

import uuid

import midtransclient
import pytest
import requests

from merchant import (
    DEMO_CLIENT_KEY,
    DEMO_SERVER_KEY,
    OTHER_SERVER_KEY,
    assert_not_found,
    new_order_id,
    refusal,
)

UNAUTHORIZED = [
    "Access denied due to unauthorized transaction, please check client or server key",
    "Visit https://snap-docs.midtrans.com/#request-headers for more details",
]
PAID = "transaction_details.order_id has been paid and utilized, please use another order ID"


def snap(server_key=DEMO_SERVER_KEY, **more):
    return midtransclient.Snap(
        is_production=False, server_key=server_key, client_key=DEMO_CLIENT_KEY, **more
    )


def minimal(order_id=None, amount=200000, **more):
    details = {"order_id": order_id or new_order_id(), "gross_amount": amount}
    return {"transaction_details": details, **more}


def maximal():
    """Every member that the client's suite sends, those of other kinds of payment included."""
    return {
        "transaction_details": {"order_id": new_order_id(), "gross_amount": 10000},
        "item_details": [
            {
                "id": "ITEM1",
                "price": 10000,
                "quantity": 1,
                "name": "Midtrans Bear",
                "brand": "Midtrans",
                "category": "Toys",
                "merchant_name": "Midtrans",
            }
        ],
        "customer_details": {
            "first_name": "John",
            "last_name": "Watson",
            "email": "test@example.com",
            "phone": "+628123456",
            "billing_address": {"first_name": "John", "city": "Jakarta", "country_code": "IDN"},
            "shipping_address": {"first_name": "John", "city": "Jakarta", "country_code": "IDN"},
        },
        "enabled_payments": [
            "credit_card",
            "mandiri_clickpay",
            "cimb_clicks",
            "bca_klikbca",
            "bca_klikpay",
            "bri_epay",
            "echannel",
            "indosat_dompetku",
            "mandiri_ecash",
            "permata_va",
            "bca_va",
            "bni_va",
            "other_va",
            "kioson",
            "indomaret",
            "gci",
            "danamon_online",
        ],
        "credit_card": {
            "secure": True,
            "bank": "bca",
            "installment": {"required": False, "terms": {"bni": [3, 6, 12]}},
            "whitelist_bins": ["48111111", "41111111"],
        },
        "bca_va": {"va_number": "12345678911", "free_text": {"inquiry": [], "payment": []}},
        "bni_va": {"va_number": "12345678"},
        "permata_va": {"va_number": "1234567890", "recipient_name": "SUDARSONO"},
        "callbacks": {"finish": "https://demo.midtrans.com"},
        "expiry": {
            "start_time": "2030-12-20 18:11:08 +0700",
            "unit": "minutes",
            "duration": 1,
        },
        "custom_field1": "custom field 1 content",
        "custom_field2": "custom field 2 content",
        "custom_field3": "custom field 3 content",
    }


def choose(created, store):
    """What a payer's browser does; gives back the address of the payment's page."""
    page = requests.get(created["redirect_url"], timeout=30)
    assert page.status_code == 200, page.text
    assert f'value="{store}"' in page.text
    answer = requests.post(page.url, data={"retailer": store}, timeout=30)
    assert answer.status_code == 200 and "/pay/" in answer.url, answer.text
    return answer.url


@pytest.mark.parametrize("parameters", [minimal(), maximal()], ids=["min", "max"])
def test_create_transaction(parameters, gateway_url):
    created = snap().create_transaction(parameters)
    assert set(created) == {"token", "redirect_url"}
    token = created["token"]
    assert len(token) == 36 and str(uuid.UUID(token)) == token and uuid.UUID(token).version == 4
    assert created["redirect_url"] == f"{gateway_url}/snap/v3/redirection/{token}"
    assert "Mau bayar di mana?" in requests.get(created["redirect_url"], timeout=30).text
    older = f"{gateway_url}/snap/v2/vtweb/{token}"
    assert requests.get(older, timeout=30).url == f"{gateway_url}/checkout/{token}"


def test_create_transaction_token_and_redirect_url(gateway_url):
    assert len(snap().create_transaction_token(minimal())) == 36
    url = snap().create_transaction_redirect_url(minimal())
    assert url.startswith(f"{gateway_url}/snap/v3/redirection/")


def test_status_fail_404():
    """Nothing is a transaction before a store is chosen."""
    assert_not_found(refusal(snap().transactions.status, "non-exist-order-id"))
    parameters = minimal()
    snap().create_transaction(parameters)
    order_id = parameters["transaction_details"]["order_id"]
    assert_not_found(refusal(snap().transactions.status, order_id))


def test_request_fail_401():
    error = refusal(snap("dummy").create_transaction, minimal())
    assert error.http_status_code == 401
    assert "unauthorized" in error.message
    assert error.api_response_dict == {"error_messages": UNAUTHORIZED}


def test_request_fail_empty_param():
    error = refusal(snap().create_transaction, None)
    assert error.http_status_code == 400
    assert "is required" in error.message


def test_request_fail_zero_gross_amount():
    error = refusal(snap().create_transaction, minimal(amount=0))
    assert error.http_status_code == 400
    assert error.api_response_dict["error_messages"] == [
        "transaction_details.gross_amount must be greater than or equal to 0.01"
    ]


def test_exception_midtrans_api_error():
    error = refusal(snap().create_transaction, minimal(amount=0))
    assert error.__class__.__name__ == "MidtransAPIError"
    assert isinstance(error.api_response_dict, dict)
    assert isinstance(error.http_status_code, int)
    assert error.raw_http_client_data is not None


def test_create_transaction_with_custom_headers(receiver, press):
    client = snap(custom_headers={"X-Override-Notification": receiver.url()})
    parameters = minimal()
    created = client.create_transaction(parameters)
    assert len(created["token"]) == 36
    choose(created, "alfamart")
    order_id = parameters["transaction_details"]["order_id"]
    told = receiver.next()
    assert told.json["order_id"] == order_id
    assert told.json["transaction_status"] == "pending"


def test_what_a_payer_chose_is_a_transaction(press):
    parameters = minimal(
        enabled_payments=["indomaret", "alfamart"],
        callbacks={"finish": "https://shop.example/done?from=snap"},
        custom_field1="one",
    )
    order_id = parameters["transaction_details"]["order_id"]
    created = snap().create_transaction(parameters)
    page = choose(created, "indomaret")
    status = snap().transactions.status(order_id)
    assert status["transaction_status"] == "pending"
    assert status["store"] == "indomaret" and status["payment_type"] == "cstore"
    assert status["custom_field1"] == "one"
    assert status["transaction_id"] in page
    finish = f"https://shop.example/done?from=snap&amp;order_id={order_id}&amp;status_code="
    assert f"{finish}201&amp;transaction_status=pending" in requests.get(page, timeout=30).text
    # The link leads to the same payment from now on, on every phone.
    assert requests.get(created["redirect_url"], timeout=30).url.startswith(page.split("?")[0])
    assert press("pay", status["payment_code"]).status_code == 200
    assert snap().transactions.status(order_id)["transaction_status"] == "settlement"
    assert f"{finish}200&amp;transaction_status=settlement" in requests.get(page, timeout=30).text
    error = refusal(snap().create_transaction, parameters)
    assert error.http_status_code == 400
    assert error.api_response_dict == {"error_messages": [PAID]}


def test_the_second_token_of_an_order_ends_the_first():
    parameters = minimal()
    first = snap().create_transaction(parameters)
    second = snap().create_transaction(parameters)
    assert first["token"] != second["token"]
    assert "<form" not in requests.get(first["redirect_url"], timeout=30).text
    assert "<form" in requests.get(second["redirect_url"], timeout=30).text


def test_a_token_is_cancelled_by_its_merchant(gateway_url):
    created = snap().create_transaction(minimal())
    url = f"{gateway_url}/snap/v1/transactions/{created['token']}/cancel"
    stranger = requests.post(url, auth=(OTHER_SERVER_KEY, ""), timeout=30)
    assert (stranger.status_code, stranger.json()) == (404, {"error_messages": ["token not found"]})
    cancelled = requests.post(url, auth=(DEMO_SERVER_KEY, ""), timeout=30)
    assert cancelled.status_code == 200
    assert cancelled.json()["canceled_at"].endswith("Z")
    again = requests.post(url, auth=(DEMO_SERVER_KEY, ""), timeout=30)
    assert again.json() == {"error_messages": ["token already canceled"]}
    assert "<form" not in requests.get(created["redirect_url"], timeout=30).text

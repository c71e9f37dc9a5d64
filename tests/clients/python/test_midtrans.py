"""The official Midtrans client, unmodified, against a running gateway.

What the client hides (the HTTP status of a success) is looked at through the client's own
transport; what it cannot send (broken JSON, odd headers) goes out with `requests`.
"""

import json
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import requests

from merchant import (
    DEMO_CLIENT_KEY,
    DEMO_MERCHANT_ID,
    DEMO_SERVER_KEY,
    DUPLICATE,
    NOT_AUTHORIZED,
    OTHER_MERCHANT_ID,
    OTHER_SERVER_KEY,
    UNEXPECTED,
    WIB,
    assert_fault,
    assert_invalid,
    assert_not_found,
    assert_not_updatable,
    client,
    cstore,
    is_uuid,
    new_numeric_order_id,
    new_order_id,
    order_time,
    refusal,
    signature,
    time_of,
)

STORES = ("alfamart", "indomaret")
CODE_LENGTH = {"alfamart": 16, "indomaret": 12}

CHARGE_FIELDS = {
    "status_code",
    "status_message",
    "transaction_id",
    "order_id",
    "merchant_id",
    "gross_amount",
    "currency",
    "payment_type",
    "transaction_time",
    "transaction_status",
    "fraud_status",
    "payment_code",
    "store",
    "expiry_time",
}
# What stays the same in every answer and notification about one transaction.
LASTING_FIELDS = CHARGE_FIELDS - {"status_code", "status_message", "transaction_status"}

DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


def damm_remainder(digits):
    """Zero for a number whose last digit is its Damm check digit."""
    remainder = 0
    for digit in digits:
        remainder = int(DAMM[remainder][int(digit)])
    return remainder


def same_transaction(body, charge):
    """`body` speaks of the transaction that `charge` opened, in the same words."""
    return {name: body.get(name) for name in LASTING_FIELDS} == {
        name: charge[name] for name in LASTING_FIELDS
    }


def assert_status(body, charge, status_code, transaction_status, server_key=DEMO_SERVER_KEY):
    assert body["status_code"] == status_code
    assert body["transaction_status"] == transaction_status
    assert body["status_message"] == "Success, transaction is found"
    assert same_transaction(body, charge)
    assert body["signature_key"] == signature(body, server_key)
    assert None not in body.values()


# Charge


@pytest.mark.parametrize("store", STORES)
def test_charge_answers_every_field(demo, store):
    order_id = new_order_id()
    began = datetime.now(WIB).replace(microsecond=0)
    charge = demo.charge(cstore(store, 44000, order_id))
    ended = datetime.now(WIB)

    assert set(charge) == CHARGE_FIELDS
    assert all(isinstance(value, str) for value in charge.values())
    assert charge["status_code"] == "201"
    assert charge["status_message"] == "Success, cstore transaction is successful"
    assert is_uuid(charge["transaction_id"])
    assert charge["order_id"] == order_id
    assert charge["merchant_id"] == DEMO_MERCHANT_ID
    assert charge["gross_amount"] == "44000.00"
    assert charge["currency"] == "IDR"
    assert charge["payment_type"] == "cstore"
    assert charge["transaction_status"] == "pending"
    assert charge["fraud_status"] == "accept"
    assert charge["store"] == store
    assert began <= time_of(charge["transaction_time"]) <= ended
    lifetime = time_of(charge["expiry_time"]) - time_of(charge["transaction_time"])
    assert lifetime == timedelta(hours=24)


@pytest.mark.parametrize("store", STORES)
def test_payment_codes_have_their_store_s_shape(demo, store):
    codes = [demo.charge(cstore(store))["payment_code"] for _ in range(8)]
    assert len(set(codes)) == len(codes)
    for code in codes:
        assert re.fullmatch(rf"[1-9][0-9]{{{CODE_LENGTH[store] - 1}}}", code)
        assert damm_remainder(code) == 0
    # Nobody can tell the next code from the ones before: their distances are not all the same.
    numbers = [int(code) for code in codes]
    assert len({after - before for before, after in pairwise(numbers)}) > 1


def test_charge_is_http_200_with_json(demo):
    body, response = demo.http_client.request(
        "post", DEMO_SERVER_KEY, demo.api_config.get_core_api_base_url() + "/v2/charge", cstore()
    )
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("application/json")
    assert body["status_code"] == "201"


def test_charge_takes_a_json_string(demo):
    assert demo.charge(json.dumps(cstore()))["transaction_status"] == "pending"


@pytest.mark.parametrize(
    ("sent", "answered"),
    [("Indomaret", "indomaret"), ("ALFAMART", "alfamart"), ("Alfamart", "alfamart")],
)
def test_store_is_read_in_any_case_and_answered_in_lower_case(demo, sent, answered):
    charge = demo.charge(cstore(sent))
    assert charge["store"] == answered
    assert len(charge["payment_code"]) == CODE_LENGTH[answered]


def test_numeric_order_id_comes_back_as_a_string(demo):
    order_id = new_numeric_order_id()
    charge = demo.charge(cstore(order_id=order_id))
    assert charge["order_id"] == str(order_id)
    assert_status(demo.transactions.status(str(order_id)), charge, "201", "pending")


def test_order_id_with_spaces_colons_and_a_plus(demo):
    order_id = f"{datetime.now(WIB):%Y-%m-%d %H:%M:%S} +0700 {uuid.uuid4().hex[:8]}"
    charge = demo.charge(cstore(order_id=order_id))
    assert charge["order_id"] == order_id
    # The path carries `%20` for the spaces and a plus that is a plus.
    assert_status(demo.transactions.status(order_id), charge, "201", "pending")


@pytest.mark.parametrize("amount", ["28000", "28000.00", 28000.0])
def test_amount_is_read_from_strings_and_whole_decimals(demo, amount):
    assert demo.charge(cstore(amount=amount))["gross_amount"] == "28000.00"


def test_items_in_strings_are_summed(demo):
    charge = demo.charge(
        cstore(
            amount="265000",
            item_details=[
                {"id": "1", "price": "15000", "quantity": "1", "name": "Kopi"},
                {"id": "2", "price": "125000", "quantity": "2", "name": "Teko"},
            ],
        )
    )
    assert charge["gross_amount"] == "265000.00"


def test_indomaret_charge_with_message_items_and_numeric_order_id(demo):
    order_id = new_numeric_order_id()
    request = cstore(
        "indomaret",
        145000,
        order_id,
        item_details=[
            {"id": "a1", "price": 50000, "quantity": 2, "name": "Apel"},
            {"id": "a2", "price": 45000, "quantity": 1, "name": "Jeruk"},
        ],
    )
    request["cstore"]["message"] = "Item descriptions"
    charge = demo.charge(request)
    assert charge["transaction_status"] == "pending"
    assert charge["order_id"] == str(order_id)
    assert charge["gross_amount"] == "145000.00"


def test_discount_line_lowers_the_sum(demo):
    charge = demo.charge(
        cstore(
            amount=40000,
            item_details=[
                {"id": "1", "price": 50000, "quantity": 1, "name": "Kemeja"},
                {"id": "2", "price": -10000, "quantity": 1, "name": "Potongan"},
            ],
        )
    )
    assert charge["gross_amount"] == "40000.00"


def test_charge_with_everything_and_more_than_it_knows(demo):
    charge = demo.charge(
        cstore(
            "alfamart",
            44000,
            cstore={
                "store": "alfamart",
                "message": "Toko Bunga",
                "alfamart_free_text_1": "Terima kasih",
                "alfamart_free_text_2": "",
                "alfamart_free_text_3": "Simpan struk ini",
                "unknown": [1, 2],
            },
            customer_details={
                "first_name": "Budi",
                "last_name": "Utomo",
                "email": "budi@example.com",
                "phone": "+6281223323423",
                "billing_address": {
                    "first_name": "Budi",
                    "address": "Jalan Sudirman 1",
                    "city": "Jakarta",
                    "postal_code": "12190",
                    "country_code": "IDN",
                },
                "customer_address": {"city": "Bandung"},
                "customer_details_required_fields": ["email", "first_name", "phone"],
            },
            credit_card={"secure": False},
            made_up={"deep": {"er": None}},
        )
    )
    assert set(charge) == CHARGE_FIELDS
    assert charge["store"] == "alfamart"


def test_too_long_texts_are_accepted(demo):
    # The vendor's own sample breaks its limit of 40 like this. What is cut is what a till
    # prints, see test_counter.py.
    request = cstore("alfamart")
    request["cstore"] |= {
        "message": "m" * 60,
        "alfamart_free_text_1": "a" * 43,
        "alfamart_free_text_2": "b" * 200,
        "alfamart_free_text_3": "c" * 43,
    }
    assert demo.charge(request)["status_code"] == "201"


# Custom expiry


@pytest.mark.parametrize(
    ("custom_expiry", "lifetime"),
    [
        ({"expiry_duration": 60, "unit": "minute"}, timedelta(minutes=60)),
        ({"expiry_duration": 60}, timedelta(minutes=60)),
        ({"expiry_duration": 90, "unit": "second"}, timedelta(seconds=90)),
        ({"expiry_duration": "2", "unit": "hour"}, timedelta(hours=2)),
        ({"expiry_duration": 3, "unit": "days"}, timedelta(days=3)),
        ({"expiry_duration": 20, "unit": "second"}, timedelta(seconds=20)),
        ({"expiry_duration": 180, "unit": "day"}, timedelta(days=180)),
    ],
)
def test_custom_expiry_counts_from_the_transaction(demo, custom_expiry, lifetime):
    charge = demo.charge(cstore(custom_expiry=custom_expiry))
    assert time_of(charge["expiry_time"]) - time_of(charge["transaction_time"]) == lifetime


def test_custom_expiry_counts_from_its_order_time(demo):
    ordered = datetime.now(WIB).replace(microsecond=0) - timedelta(minutes=90)
    charge = demo.charge(
        cstore(
            custom_expiry={
                "order_time": order_time(ordered),
                "expiry_duration": 2,
                "unit": "hour",
            }
        )
    )
    assert time_of(charge["expiry_time"]) == ordered + timedelta(hours=2)


@pytest.mark.parametrize(
    "custom_expiry",
    [
        {"expiry_duration": 19, "unit": "second"},
        {"expiry_duration": 181, "unit": "day"},
        {"expiry_duration": 0, "unit": "hour"},
        {"expiry_duration": -5, "unit": "hour"},
        {"expiry_duration": "soon", "unit": "hour"},
        {"expiry_duration": 1, "unit": "fortnight"},
        {"order_time": "yesterday", "expiry_duration": 1, "unit": "day"},
        {"order_time": "2020-01-09 15:16:19 +0700", "expiry_duration": 1, "unit": "day"},
    ],
    ids=str,
)
def test_custom_expiry_out_of_its_rules_is_400(demo, custom_expiry):
    error = refusal(demo.charge, cstore(custom_expiry=custom_expiry))
    assert_invalid(error)
    messages = error.api_response_dict["validation_messages"]
    assert any(text.startswith("custom_expiry") for text in messages)


# Charges that are refused


@pytest.mark.parametrize("nothing", [None, {}], ids=["null", "{}"])
def test_charge_of_nothing_is_500(demo, nothing):
    error = refusal(demo.charge, nothing)
    assert_fault(error, 500, "500", UNEXPECTED)
    assert "500" in error.message
    assert "unexpected" in error.message


@pytest.mark.parametrize("payment_type", ["cstore", "bank_transfer"])
def test_amount_zero_is_400_before_the_channel_is_looked_at(demo, payment_type):
    error = refusal(demo.charge, cstore(amount=0, payment_type=payment_type))
    assert_invalid(error, "transaction_details.gross_amount must be greater than or equal to 1")
    assert "HTTP status code: `400`" in error.message


@pytest.mark.parametrize("amount", [-1, 28000.5, "28000.50", "much", True, [], {}], ids=repr)
def test_amount_that_is_no_whole_rupiah_is_400(demo, amount):
    error = refusal(demo.charge, cstore(amount=amount))
    assert_invalid(error)
    messages = error.api_response_dict["validation_messages"]
    assert any(text.startswith("transaction_details.gross_amount") for text in messages)


def without(path):
    """A charge that lacks the member at `path`."""
    request = cstore()
    holder = request
    *way, last = path.split(".")
    for name in way:
        holder = holder[name]
    del holder[last]
    return request


@pytest.mark.parametrize(
    "path",
    [
        "payment_type",
        "transaction_details",
        "transaction_details.order_id",
        "transaction_details.gross_amount",
        "cstore",
        "cstore.store",
    ],
)
def test_missing_member_is_400_and_named(demo, path):
    assert_invalid(refusal(demo.charge, without(path)), f"{path} is required")


def test_all_that_is_missing_is_named_at_once(demo):
    error = refusal(
        demo.charge, {"payment_type": "cstore", "transaction_details": {}, "cstore": {}}
    )
    assert_invalid(
        error,
        "transaction_details.order_id is required",
        "transaction_details.gross_amount is required",
        "cstore.store is required",
    )


def test_unknown_store_is_400(demo):
    assert_invalid(refusal(demo.charge, cstore("warung")), "cstore.store is invalid")


def test_items_that_do_not_add_up_are_400(demo):
    request = cstore(
        amount=44000,
        item_details=[{"id": "1", "price": 20000, "quantity": 2, "name": "Kemeja"}],
    )
    assert_invalid(
        refusal(demo.charge, request),
        "transaction_details.gross_amount is not equal to the sum of item_details",
    )


@pytest.mark.parametrize(
    ("store", "least", "most"),
    [("alfamart", 1, 5_000_000), ("indomaret", 10_000, 5_000_000)],
)
def test_amounts_at_the_store_s_limits_pass_and_beyond_them_are_400(demo, store, least, most):
    assert demo.charge(cstore(store, least))["gross_amount"] == f"{least}.00"
    assert demo.charge(cstore(store, most))["gross_amount"] == f"{most}.00"
    assert_invalid(refusal(demo.charge, cstore(store, least - 1)))
    assert_invalid(refusal(demo.charge, cstore(store, most + 1)))


def test_refused_charge_leaves_its_order_id_free(demo):
    order_id = new_order_id()
    assert_invalid(refusal(demo.charge, cstore(amount=0, order_id=order_id)))
    assert_not_found(refusal(demo.transactions.status, order_id))
    assert demo.charge(cstore(order_id=order_id))["order_id"] == order_id


def test_other_payment_types_are_402(demo):
    error = refusal(
        demo.charge, cstore(payment_type="bank_transfer", bank_transfer={"bank": "bca"})
    )
    assert_fault(error, 402, "402", "Payment channel is not activated.")


@pytest.mark.parametrize("status", ["pending", "settlement"])
def test_order_id_in_use_is_406(demo, pay, status):
    order_id = new_order_id()
    first = demo.charge(cstore(order_id=order_id))
    if status == "settlement":
        pay(first)
    error = refusal(demo.charge, cstore("indomaret", 99000, order_id))
    assert_fault(error, 200, "406", DUPLICATE)
    found = demo.transactions.status(order_id)
    assert found["transaction_status"] == status
    assert same_transaction(found, first)


def test_body_that_is_not_json_is_413_with_the_position(gateway_url):
    # The comma that is missing is missing in the vendor's own sample too.
    body = b'{"payment_type":"cstore","transaction_details":{"gross_amount":44000} "cstore":{}}'
    answer = requests.post(
        f"{gateway_url}/v2/charge",
        data=body,
        auth=(DEMO_SERVER_KEY, ""),
        headers={"Content-Type": "application/json"},
        timeout=30,
    )
    assert answer.status_code == 413
    assert answer.json()["status_code"] == "413"
    # The comma is missed at the 71st byte: offset 70, column 71.
    assert re.search(r"\b(70|71)\b", answer.json()["status_message"])


# Status


@pytest.mark.parametrize("store", STORES)
def test_pending_is_found_by_order_id_and_by_transaction_id(demo, store):
    charge = demo.charge(cstore(store))
    by_order_id = demo.transactions.status(charge["order_id"])
    by_transaction_id = demo.transactions.status(charge["transaction_id"])
    assert by_order_id == by_transaction_id
    assert_status(by_order_id, charge, "201", "pending")
    assert set(by_order_id) == CHARGE_FIELDS | {"signature_key"}


def test_custom_fields_and_metadata_are_echoed(demo):
    echoed = {
        "custom_field1": "kanal: toko",
        "custom_field2": 'Pesanan № 7, "segera" ☕',
        "custom_field3": "x" * 255,
        "metadata": {"toko": "Bandung", "nomor": 7, "dalam": {"ya": True, "daftar": [1, "dua"]}},
    }
    charge = demo.charge(cstore(**echoed))
    found = demo.transactions.status(charge["order_id"])
    assert {name: found.get(name) for name in echoed} == echoed
    assert set(found) == CHARGE_FIELDS | {"signature_key"} | set(echoed)


def test_custom_field_that_was_not_given_is_left_out(demo):
    charge = demo.charge(cstore(custom_field2="dua"))
    found = demo.transactions.status(charge["order_id"])
    assert found["custom_field2"] == "dua"
    assert not {"custom_field1", "custom_field3", "metadata"} & set(found)


@pytest.mark.parametrize("unknown", ["py-no-such-order", str(uuid.uuid4()), "null", "DUMMY"])
def test_unknown_id_is_404(demo, unknown):
    error = refusal(demo.transactions.status, unknown)
    assert_not_found(error)
    assert "exist" in error.message


@pytest.mark.parametrize("odd", ["", "order 1#x", "a/b/c", "%00", "..%2f..%2fetc"])
def test_odd_ids_give_a_json_404(demo, odd):
    # Anything but JSON would be another exception of the client.
    assert refusal(demo.transactions.status, odd).api_response_dict["status_code"] == "404"


# Cancel and expire


def test_cancel_and_what_follows(demo):
    charge = demo.charge(cstore())
    canceled = demo.transactions.cancel(charge["order_id"])
    assert canceled["status_code"] == "200"
    assert canceled["status_message"] == "Success, transaction is canceled"
    assert canceled["transaction_status"] == "cancel"
    for name in LASTING_FIELDS - {"payment_code", "store", "expiry_time"}:
        assert canceled[name] == charge[name]

    assert_not_updatable(
        refusal(demo.transactions.cancel, charge["order_id"]), charge["transaction_id"]
    )
    assert_not_updatable(
        refusal(demo.transactions.expire, charge["order_id"]), charge["transaction_id"]
    )
    assert_status(demo.transactions.status(charge["order_id"]), charge, "200", "cancel")


def test_expire_and_what_follows(demo):
    charge = demo.charge(cstore("indomaret"))
    expired = demo.transactions.expire(charge["transaction_id"])
    assert expired["status_code"] == "407"
    assert expired["status_message"] == "Success, transaction has expired"
    assert expired["transaction_status"] == "expire"
    for name in LASTING_FIELDS - {"payment_code", "store", "expiry_time"}:
        assert expired[name] == charge[name]

    assert_not_updatable(
        refusal(demo.transactions.expire, charge["order_id"]), charge["transaction_id"]
    )
    assert_not_updatable(
        refusal(demo.transactions.cancel, charge["order_id"]), charge["transaction_id"]
    )
    assert_status(demo.transactions.status(charge["order_id"]), charge, "407", "expire")


@pytest.mark.parametrize("end", ["cancel", "expire"])
def test_order_id_is_free_again_after(demo, end):
    order_id = new_order_id()
    first = demo.charge(cstore(order_id=order_id))
    getattr(demo.transactions, end)(order_id)
    second = demo.charge(cstore("indomaret", 50000, order_id))

    assert second["transaction_id"] != first["transaction_id"]
    assert_status(demo.transactions.status(order_id), second, "201", "pending")
    # The first one can still be asked for by what is its alone.
    assert same_transaction(demo.transactions.status(first["transaction_id"]), first)
    assert demo.transactions.status(first["transaction_id"])["transaction_status"] == end


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'{"reason":"none"}'])
def test_actions_take_any_body(demo, gateway_url, body):
    charge = demo.charge(cstore())
    answer = requests.post(
        f"{gateway_url}/v2/{charge['order_id']}/cancel",
        data=body,
        auth=(DEMO_SERVER_KEY, ""),
        headers={"Content-Type": "application/json"},
        timeout=30,
    )
    assert answer.status_code == 200
    assert answer.json()["transaction_status"] == "cancel"


# Actions that a counter payment does not know


def actions_of(api):
    return {
        "approve": api.transactions.approve,
        "deny": api.transactions.deny,
        "refund": lambda id: api.transactions.refund(
            id, {"refund_key": "r1", "amount": 5000, "reason": "x"}
        ),
        "refundDirect": lambda id: api.transactions.refundDirect(
            id, {"refund_key": "r1", "amount": "5000", "reason": "x"}
        ),
        "capture": lambda id: api.capture({"transaction_id": id, "gross_amount": "44000"}),
    }


@pytest.mark.parametrize("action", ["approve", "deny", "refund", "refundDirect", "capture"])
@pytest.mark.parametrize("status", ["pending", "settlement"])
def test_actions_for_other_channels_are_412(demo, pay, action, status):
    charge = demo.charge(cstore())
    if status == "settlement":
        pay(charge)
    error = refusal(actions_of(demo)[action], charge["transaction_id"])
    assert_not_updatable(error, charge["transaction_id"])
    assert demo.transactions.status(charge["order_id"])["transaction_status"] == status


@pytest.mark.parametrize(
    "action", ["approve", "deny", "refund", "refundDirect", "capture", "cancel", "expire"]
)
def test_every_action_on_an_unknown_id_is_404(demo, action):
    calls = actions_of(demo) | {
        "cancel": demo.transactions.cancel,
        "expire": demo.transactions.expire,
    }
    assert_not_found(refusal(calls[action], "DUMMY"))


def test_status_b2b_is_404_for_known_and_unknown(demo):
    charge = demo.charge(cstore())
    assert_not_found(refusal(demo.transactions.statusb2b, charge["order_id"]))
    assert_not_found(refusal(demo.transactions.statusb2b, "DUMMY"))


@pytest.mark.parametrize("action", ["cancel", "expire"])
def test_paid_payment_cannot_be_closed(demo, pay, action):
    charge = demo.charge(cstore())
    pay(charge)
    error = refusal(getattr(demo.transactions, action), charge["order_id"])
    assert_not_updatable(error, charge["transaction_id"])
    assert_status(demo.transactions.status(charge["order_id"]), charge, "200", "settlement")


# Authentication


WRONG_KEYS = ["invalidkey", "", "a key with spaces", DEMO_CLIENT_KEY, DEMO_SERVER_KEY + "x"]


@pytest.mark.parametrize("key", WRONG_KEYS)
@pytest.mark.parametrize("is_production", [False, True])
def test_wrong_key_is_401(key, is_production):
    stranger = client(key, is_production=is_production)
    error = refusal(stranger.charge, cstore())
    assert_fault(error, 401, "401", NOT_AUTHORIZED)
    assert "HTTP status code: `401`" in error.message


def test_wrong_key_is_401_on_every_call(demo):
    charge = demo.charge(cstore())
    stranger = client("invalidkey")
    calls = actions_of(stranger) | {
        "status": stranger.transactions.status,
        "statusb2b": stranger.transactions.statusb2b,
        "cancel": stranger.transactions.cancel,
        "expire": stranger.transactions.expire,
    }
    for call in calls.values():
        for id in (charge["order_id"], "DUMMY"):
            assert_fault(refusal(call, id), 401, "401", NOT_AUTHORIZED)
    assert demo.transactions.status(charge["order_id"])["transaction_status"] == "pending"


def test_key_is_checked_before_the_body():
    assert_fault(refusal(client("invalidkey").charge, None), 401, "401", NOT_AUTHORIZED)


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Basic", "Basic !!!", "Bearer abc", "Basic Og==", f"Basic {DEMO_SERVER_KEY}"],
)
def test_missing_or_malformed_authorization_is_the_same_401(gateway_url, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = requests.post(f"{gateway_url}/v2/charge", json=cstore(), headers=headers, timeout=30)
    assert answer.status_code == 401
    assert answer.json()["status_code"] == "401"
    assert answer.json()["status_message"] == NOT_AUTHORIZED


@pytest.mark.parametrize("way", ["set", "assign"])
def test_client_whose_key_is_changed_is_another_merchant(demo, way):
    charge = demo.charge(cstore())
    demo.transactions.cancel(charge["order_id"])
    wanderer = client(OTHER_SERVER_KEY)
    assert_not_found(refusal(wanderer.transactions.status, charge["order_id"]))
    if way == "set":
        wanderer.api_config.set(server_key=DEMO_SERVER_KEY)
    else:
        wanderer.api_config.server_key = DEMO_SERVER_KEY
    assert_status(wanderer.transactions.status(charge["order_id"]), charge, "200", "cancel")


# Two merchants


def test_merchants_do_not_see_each_other(demo, other):
    charge = demo.charge(cstore())
    calls = actions_of(other) | {
        "status": other.transactions.status,
        "cancel": other.transactions.cancel,
        "expire": other.transactions.expire,
    }
    for call in calls.values():
        for id in (charge["order_id"], charge["transaction_id"]):
            assert_not_found(refusal(call, id))
    assert demo.transactions.status(charge["order_id"])["transaction_status"] == "pending"


def test_order_ids_are_each_merchant_s_own(demo, other):
    order_id = new_order_id()
    ours = demo.charge(cstore(order_id=order_id))
    theirs = other.charge(cstore(order_id=order_id, amount=55000))
    assert ours["merchant_id"] == DEMO_MERCHANT_ID
    assert theirs["merchant_id"] == OTHER_MERCHANT_ID
    assert ours["transaction_id"] != theirs["transaction_id"]
    assert ours["payment_code"] != theirs["payment_code"]
    assert_status(demo.transactions.status(order_id), ours, "201", "pending")
    assert_status(other.transactions.status(order_id), theirs, "201", "pending", OTHER_SERVER_KEY)


def test_two_keys_used_in_parallel_are_not_mixed_up():
    keys = [(DEMO_SERVER_KEY, DEMO_MERCHANT_ID), (OTHER_SERVER_KEY, OTHER_MERCHANT_ID)] * 16

    def merchant_of(key):
        return client(key).charge(cstore())["merchant_id"]

    with ThreadPoolExecutor(max_workers=8) as pool:
        answered = list(pool.map(merchant_of, [key for key, _ in keys]))
    assert answered == [merchant_id for _, merchant_id in keys]


# Idempotency-Key


def keyed(key, server_key=DEMO_SERVER_KEY):
    return client(server_key, {"Idempotency-Key": key})


def new_key():
    return uuid.uuid4().hex


def test_idempotency_key_repeats_the_answer():
    api = keyed(new_key())
    request = cstore("alfamart")
    first = api.charge(request)
    assert api.charge(request) == first
    # What else the body says does not matter as long as the order id agrees.
    assert api.charge(cstore("alfamart", 99000, first["order_id"])) == first


def test_idempotency_key_with_another_order_id_is_a_new_charge():
    api = keyed(new_key())
    first, second = api.charge(cstore("alfamart")), api.charge(cstore("alfamart"))
    assert first["transaction_id"] != second["transaction_id"]


def test_idempotency_key_is_ignored_for_indomaret(demo):
    api = keyed(new_key())
    request = cstore("indomaret")
    first = api.charge(request)
    assert_fault(refusal(api.charge, request), 200, "406", DUPLICATE)
    assert_status(demo.transactions.status(first["order_id"]), first, "201", "pending")


def test_idempotency_key_is_good_for_every_post():
    # It is global across endpoints: a key of a charge, reused for a cancel, gets the charge's
    # answer, and nothing is canceled.
    api = keyed(new_key())
    charge = api.charge(cstore("alfamart"))
    assert api.transactions.cancel(charge["order_id"]) == charge
    assert client(DEMO_SERVER_KEY).transactions.status(charge["order_id"])["status_code"] == "201"


def test_idempotency_key_repeats_a_cancel(demo):
    charge = demo.charge(cstore("alfamart"))
    api = keyed(new_key())
    canceled = api.transactions.cancel(charge["order_id"])
    assert canceled["transaction_status"] == "cancel"
    assert api.transactions.cancel(charge["order_id"]) == canceled


def test_idempotency_key_is_ignored_on_get():
    api = keyed(new_key())
    charge = api.charge(cstore("alfamart"))
    assert_status(api.transactions.status(charge["order_id"]), charge, "201", "pending")


def test_idempotency_key_counts_up_to_46_characters():
    request = cstore("alfamart")
    api = keyed((new_key() + new_key())[:46])
    assert api.charge(request) == api.charge(request)

    request = cstore("alfamart")
    api = keyed((new_key() + new_key())[:47])
    api.charge(request)
    assert_fault(refusal(api.charge, request), 200, "406", DUPLICATE)


def test_idempotency_key_that_is_empty_is_none():
    api = keyed("")
    request = cstore("alfamart")
    api.charge(request)
    assert_fault(refusal(api.charge, request), 200, "406", DUPLICATE)


def test_idempotency_key_keeps_no_refusal():
    api = keyed(new_key())
    order_id = new_order_id()
    assert_invalid(refusal(api.charge, cstore("alfamart", 0, order_id)))
    assert api.charge(cstore("alfamart", 44000, order_id))["status_code"] == "201"


def test_idempotency_keys_are_each_merchant_s_own():
    key = new_key()
    request = cstore("alfamart")
    ours = keyed(key).charge(request)
    theirs = keyed(key, OTHER_SERVER_KEY).charge(request)
    assert theirs["merchant_id"] == OTHER_MERCHANT_ID
    assert ours["transaction_id"] != theirs["transaction_id"]


# Paying


@pytest.mark.parametrize("store", STORES)
def test_paying_settles(demo, pay, store):
    charge = demo.charge(cstore(store))
    began = datetime.now(WIB).replace(microsecond=0)
    pay(charge)
    found = demo.transactions.status(charge["order_id"])
    assert_status(found, charge, "200", "settlement")
    assert began <= time_of(found["settlement_time"]) <= datetime.now(WIB)
    assert demo.transactions.status(charge["transaction_id"]) == found


def test_indomaret_settlement_carries_the_approval_code(demo, pay):
    charge = demo.charge(cstore("indomaret"))
    pay(charge)
    approval_code = demo.transactions.status(charge["order_id"])["approval_code"]
    assert re.fullmatch(r"[0-9]{20}", approval_code)


def test_paying_twice_changes_nothing(demo, pay, press):
    charge = demo.charge(cstore())
    pay(charge)
    paid = demo.transactions.status(charge["order_id"])
    press("pay", charge["payment_code"])
    assert demo.transactions.status(charge["order_id"]) == paid


@pytest.mark.parametrize("end", ["cancel", "expire"])
def test_closed_payment_is_not_paid(demo, press, end):
    charge = demo.charge(cstore())
    getattr(demo.transactions, end)(charge["order_id"])
    press("pay", charge["payment_code"])
    assert demo.transactions.status(charge["order_id"])["transaction_status"] == end


def test_unknown_payment_code_is_not_found(press):
    answer = press("pay", "1234567890123456")
    assert answer.status_code == 404
    assert isinstance(answer.json(), dict)


def test_reversed_indomaret_payment_is_denied(demo, pay, press):
    charge = demo.charge(cstore("indomaret"))
    pay(charge)
    assert press("reverse", charge["payment_code"]).status_code == 200
    assert_status(demo.transactions.status(charge["order_id"]), charge, "202", "deny")
    # What was reversed stays reversed.
    press("pay", charge["payment_code"])
    assert_status(demo.transactions.status(charge["order_id"]), charge, "202", "deny")
    # As after a cancel the order id may be used again.
    again = demo.charge(cstore("indomaret", order_id=charge["order_id"]))
    assert again["transaction_id"] != charge["transaction_id"]


@pytest.mark.parametrize("store", STORES)
def test_old_simulator_s_paths(demo, gateway_url, store):
    charge = demo.charge(cstore(store))
    url = f"{gateway_url}/api/{store}/{charge['payment_code']}"

    inquiry = requests.get(url, timeout=30)
    assert inquiry.status_code == 200
    assert isinstance(inquiry.json(), dict)
    assert_status(demo.transactions.status(charge["order_id"]), charge, "201", "pending")

    payment = requests.post(f"{url}/pay", timeout=30)
    assert payment.status_code == 200
    assert payment.json() == {"status": "SUCCESS"}
    assert_status(demo.transactions.status(charge["order_id"]), charge, "200", "settlement")


def test_old_simulator_does_not_take_another_chain_s_code(demo, gateway_url):
    charge = demo.charge(cstore("indomaret"))
    url = f"{gateway_url}/api/alfamart/{charge['payment_code']}/pay"
    answer = requests.post(url, timeout=30)
    assert answer.json().get("status") != "SUCCESS"
    assert_status(demo.transactions.status(charge["order_id"]), charge, "201", "pending")


# The client's notification helper


@pytest.mark.parametrize("form", [dict, json.dumps], ids=["dict", "string"])
def test_notification_helper_asks_for_the_status(demo, form):
    charge = demo.charge(cstore())
    body = demo.transactions.status(charge["order_id"])
    assert demo.transactions.notification(form(body)) == body


def test_forged_notification_is_corrected(demo):
    charge = demo.charge(cstore())
    forged = {
        **demo.transactions.status(charge["order_id"]),
        "status_code": "200",
        "transaction_status": "settlement",
    }
    assert_status(demo.transactions.notification(forged), charge, "201", "pending")


def test_notification_helper_with_custom_headers(demo):
    # The client turns its custom headers into query parameters here; they mean nothing.
    charge = demo.charge(cstore())
    odd = client(
        DEMO_SERVER_KEY,
        {"X-Override-Notification": "http://127.0.0.1:9/x", "Idempotency-Key": new_key()},
    )
    assert_status(odd.transactions.notification(charge), charge, "201", "pending")


# Notifications


NOTIFICATION_FIELDS = {
    "transaction_time",
    "transaction_status",
    "transaction_id",
    "store",
    "status_message",
    "status_code",
    "signature_key",
    "payment_type",
    "payment_code",
    "order_id",
    "merchant_id",
    "gross_amount",
    "currency",
}
# Newer bodies have them; the older ones of Indomaret do not.
NOTIFICATION_EXTRAS = {"fraud_status", "expiry_time"}


def assert_notification(
    notification, charge, status_code, transaction_status, more=frozenset(), key=DEMO_SERVER_KEY
):
    headers = {name.lower(): value for name, value in notification.headers.items()}
    assert headers["user-agent"] == "Veritrans"
    assert headers["accept"] == "application/json"
    assert headers["content-type"] == "application/json"

    body = notification.json
    assert body["status_code"] == status_code
    assert body["transaction_status"] == transaction_status
    assert body["status_message"] == "midtrans payment notification"
    assert body["signature_key"] == signature(body, key)
    assert NOTIFICATION_FIELDS | set(more) <= set(body)
    assert set(body) <= NOTIFICATION_FIELDS | NOTIFICATION_EXTRAS | set(more)
    for name in LASTING_FIELDS & set(body):
        assert body[name] == charge[name]
    if charge["store"] == "alfamart":
        assert body["fraud_status"] == "accept"


def notified(url, server_key=DEMO_SERVER_KEY):
    return client(server_key, {"X-Override-Notification": url})


@pytest.mark.parametrize("store", STORES)
def test_pending_and_settlement_are_notified_in_this_order(receiver, pay, store):
    charge = notified(receiver.url()).charge(cstore(store))
    pay(charge)
    pending, settlement = receiver.next(), receiver.next()

    assert pending.path == settlement.path == "/notification"
    assert_notification(pending, charge, "201", "pending")
    more = {"settlement_time"} | ({"approval_code"} if store == "indomaret" else set())
    assert_notification(settlement, charge, "200", "settlement", more)
    assert time_of(settlement.json["settlement_time"]) >= time_of(charge["transaction_time"])
    if store == "indomaret":
        assert re.fullmatch(r"[0-9]{20}", settlement.json["approval_code"])


def test_settlement_waits_until_pending_is_answered(receiver, demo, pay):
    receiver.hold_answers()
    charge = notified(receiver.url()).charge(cstore())
    pending = receiver.next()
    pay(charge)
    assert_status(demo.transactions.status(charge["order_id"]), charge, "200", "settlement")
    assert receiver.untaken() == 0
    receiver.release_answers()
    assert_notification(pending, charge, "201", "pending")
    assert_notification(receiver.next(), charge, "200", "settlement", {"settlement_time"})


@pytest.mark.parametrize("end", ["cancel", "expire"])
def test_the_end_of_a_payment_is_notified_with_202(receiver, end):
    api = notified(receiver.url())
    charge = api.charge(cstore())
    getattr(api.transactions, end)(charge["order_id"])
    assert_notification(receiver.next(), charge, "201", "pending")
    assert_notification(receiver.next(), charge, "202", end)


def test_reversal_is_notified_as_deny(receiver, pay, press):
    charge = notified(receiver.url()).charge(cstore("indomaret"))
    pay(charge)
    assert press("reverse", charge["payment_code"]).status_code == 200
    states = [receiver.next().json for _ in range(3)]
    assert [body["transaction_status"] for body in states] == ["pending", "settlement", "deny"]
    assert NOTIFICATION_FIELDS <= set(states[2])
    assert states[2]["status_code"] == "202"
    assert states[2]["signature_key"] == signature(states[2], DEMO_SERVER_KEY)


def test_each_merchant_s_notifications_are_signed_with_its_own_key(receiver):
    charge = notified(receiver.url(), OTHER_SERVER_KEY).charge(cstore())
    assert_notification(receiver.next(), charge, "201", "pending", key=OTHER_SERVER_KEY)


def test_notification_can_be_given_to_the_helper(receiver, demo, pay):
    charge = notified(receiver.url()).charge(cstore())
    pay(charge)
    receiver.next()
    settlement = receiver.next().body.decode()
    assert_status(demo.transactions.notification(settlement), charge, "200", "settlement")


def test_custom_fields_and_metadata_are_in_the_notification(receiver):
    echoed = {"custom_field1": "satu", "metadata": {"toko": ["Bandung", 7]}}
    charge = notified(receiver.url()).charge(cstore(**echoed))
    notification = receiver.next()
    assert_notification(notification, charge, "201", "pending", set(echoed))
    assert {name: notification.json[name] for name in echoed} == echoed


def test_several_urls_get_the_same_notification(receiver):
    urls = [receiver.url(path) for path in ("/one", "/two?merchant=7", "/three")]
    charge = notified(", ".join(urls)).charge(cstore())
    arrived = [receiver.next() for _ in urls]
    assert {each.path for each in arrived} == {"/one", "/two?merchant=7", "/three"}
    assert len({each.body for each in arrived}) == 1
    assert_notification(arrived[0], charge, "201", "pending")


def test_override_wins_over_append(receiver):
    api = client(
        DEMO_SERVER_KEY,
        {
            "X-Append-Notification": receiver.url("/append"),
            "X-Override-Notification": receiver.url("/override"),
        },
    )
    charge = api.charge(cstore())
    api.transactions.cancel(charge["order_id"])
    arrived = [receiver.next(), receiver.next()]
    assert [each.path for each in arrived] == ["/override", "/override"]
    assert [each.json["transaction_status"] for each in arrived] == ["pending", "cancel"]
    assert receiver.untaken() == 0


def test_empty_override_silences_nothing(receiver):
    api = client(
        DEMO_SERVER_KEY,
        {"X-Append-Notification": receiver.url("/append"), "X-Override-Notification": ""},
    )
    charge = api.charge(cstore())
    notification = receiver.next()
    assert notification.path == "/append"
    assert_notification(notification, charge, "201", "pending")


def test_headers_of_the_charge_hold_for_the_whole_payment(receiver, demo):
    # The cancel comes from a client that sends no such header.
    charge = notified(receiver.url()).charge(cstore())
    assert_notification(receiver.next(), charge, "201", "pending")
    demo.transactions.cancel(charge["order_id"])
    assert_notification(receiver.next(), charge, "202", "cancel")


# Paths and methods


@pytest.mark.parametrize("path", ["/v2/DUMMY/dance", "/v2/DUMMY"])
def test_paths_that_are_not_listed_give_json(gateway_url, path):
    answer = requests.post(gateway_url + path, json={}, auth=(DEMO_SERVER_KEY, ""), timeout=30)
    assert answer.json()["status_code"] == "404"


def test_wrong_method_is_405_in_json(gateway_url):
    answer = requests.get(f"{gateway_url}/v2/charge", auth=(DEMO_SERVER_KEY, ""), timeout=30)
    assert answer.status_code == 405
    assert answer.json()["status_code"] == "405"


def test_paths_outside_every_dialect_are_not_found(gateway_url):
    answer = requests.get(f"{gateway_url}/no/such/path", timeout=30)
    assert answer.status_code == 404
    assert answer.json() == {"error": "not_found"}

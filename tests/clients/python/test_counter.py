"""The counter protocol, spoken by an implementation that shares nothing with the gateway's.

Payments are opened with the official Midtrans client. The till checks the signature of every
answer (see till.py), so no case repeats that.
"""

import json
import random
import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from merchant import cstore, time_of
from till import KEY_ID, SECRET, WIB, answer_signature, moment, request_signature

RETAILERS_OF = {"alfamart": ["alfamart", "alfamidi", "dandan"], "indomaret": ["indomaret"]}


@pytest.fixture
def opened(demo):
    """Opens a payment as the demo merchant."""

    def charge(store="alfamart", amount=50000, **more):
        return demo.charge(cstore(store, amount, **more))

    return charge


@pytest.fixture
def status_of(demo):
    """The state in the merchant's words."""
    return lambda charge: demo.transactions.status(charge["order_id"])["transaction_status"]


def till_time(before_now=timedelta()):
    return (datetime.now(WIB) - before_now).isoformat(timespec="seconds")


def assert_decided(answer, code):
    """A decision has HTTP 200 and something to read for both, integrator and cashier."""
    assert (answer.status, answer.code) == (200, code), answer.json
    assert answer.json["message"]
    assert answer.json["cashier_text"]


def unknown_code(code):
    """The same code with its last digit misread."""
    return code[:-1] + str((int(code[-1]) + 1) % 10)


# Signatures


def test_published_request_vector():
    signed = request_signature(
        SECRET,
        KEY_ID,
        "POST",
        "/counter/v1/inquiry",
        "1789000000",
        "0123456789abcdef",
        b'{"payment_code":"8127740588870520"}',
    )
    assert signed == "v1=c9e5d09c8f5327547dd6aeaf4f06d4e6c11e3389124fc020a49cc67dd64f9e13"


def test_published_answer_vector():
    signed = answer_signature(SECRET, KEY_ID, "0123456789abcdef", 200, b'{"code":"00"}')
    assert signed == "v1=caf58fbb0c54bd9249209cc480128d2525dd5e4bfeff429b737da4c92b44856e"


def test_echo(till):
    answer = till.echo()
    assert (answer.status, answer.code) == (200, "00")
    assert abs(moment(answer.json["now"]).timestamp() - time.time()) < 60


NOT_AUTHENTICATED = {
    "signature of another secret": {"secret": "not-the-secret"},
    "signature of nothing": {"Gerai_Signature": "v1=" + "0" * 64},
    "signature without its version": {"Gerai_Signature": "0" * 64},
    "no signature": {"Gerai_Signature": None},
    "unknown key": {"Gerai_Key": "counter-nobody"},
    "no key": {"Gerai_Key": None},
    "stale timestamp": {"Gerai_Timestamp": str(int(time.time()) - 3600)},
    "timestamp of the future": {"Gerai_Timestamp": str(int(time.time()) + 3600)},
    "timestamp in words": {"Gerai_Timestamp": "now"},
    "no timestamp": {"Gerai_Timestamp": None},
    "nonce of 15 characters": {"Gerai_Nonce": "n" * 15},
    "nonce of 65 characters": {"Gerai_Nonce": "n" * 65},
    "nonce with a dot": {"Gerai_Nonce": "0123456789.abcdef"},
    "no nonce": {"Gerai_Nonce": None},
}


@pytest.mark.parametrize("cause", NOT_AUTHENTICATED)
def test_not_authenticated_is_63(till, opened, status_of, cause):
    charge = opened("indomaret")
    sale = till.new_sale()
    members = till.members(charge["payment_code"], sale, "indomaret", amount=50000)
    answer = till.post("payment", members, **NOT_AUTHENTICATED[cause])
    assert (answer.status, answer.code) == (401, "63")
    assert status_of(charge) == "pending"


def test_one_text_for_all_that_is_not_authenticated(till):
    answers = {till.post("inquiry", {}, **cause).raw for cause in NOT_AUTHENTICATED.values()}
    assert len(answers) == 1


def test_timestamp_may_be_five_minutes_off(till):
    for offset in (-290, 290):
        timestamp = str(int(time.time()) + offset)
        answer = till.exchange("GET", "/counter/v1/echo", Gerai_Timestamp=timestamp)
        assert answer.code == "00"


@pytest.mark.parametrize("length", [16, 64])
def test_nonce_at_its_limits(till, length):
    nonce = (uuid.uuid4().hex + uuid.uuid4().hex)[: length - 2] + "_-"
    assert till.exchange("GET", "/counter/v1/echo", Gerai_Nonce=nonce).code == "00"


@pytest.mark.parametrize("signed_path", ["/counter/v1/inquiry", "/counter/v1/payment?x=1"])
def test_signature_covers_the_path(till, opened, status_of, signed_path):
    charge = opened("indomaret")
    members = till.members(charge["payment_code"], till.new_sale(), "indomaret", amount=50000)
    body = json.dumps(members).encode()
    timestamp, nonce = str(int(time.time())), uuid.uuid4().hex
    answer = till.exchange(
        "POST",
        "/counter/v1/payment",
        body,
        Gerai_Timestamp=timestamp,
        Gerai_Nonce=nonce,
        Gerai_Signature=request_signature(
            SECRET, KEY_ID, "POST", signed_path, timestamp, nonce, body
        ),
    )
    assert (answer.status, answer.code) == (401, "63")
    assert status_of(charge) == "pending"


def test_signature_covers_the_body(till, opened, status_of):
    charge = opened("indomaret")
    members = till.members(charge["payment_code"], till.new_sale(), "indomaret", amount=50000)
    timestamp, nonce = str(int(time.time())), uuid.uuid4().hex
    signed = request_signature(
        SECRET,
        KEY_ID,
        "POST",
        "/counter/v1/payment",
        timestamp,
        nonce,
        json.dumps({**members, "amount": 1}).encode(),
    )
    answer = till.post(
        "payment",
        members,
        Gerai_Timestamp=timestamp,
        Gerai_Nonce=nonce,
        Gerai_Signature=signed,
    )
    assert (answer.status, answer.code) == (401, "63")
    assert status_of(charge) == "pending"


# Inquiry


@pytest.mark.parametrize("retailer", ["alfamart", "indomaret"])
def test_inquiry_tells_what_a_till_shows(till, opened, status_of, retailer):
    charge = opened(
        retailer, 50000, customer_details={"first_name": "Budi", "last_name": "Santoso"}
    )
    sale = till.new_sale()
    answer = till.inquiry(charge["payment_code"], retailer, sale)

    assert_decided(answer, "00")
    told = answer.json
    assert told["payment_code"] == charge["payment_code"]
    assert told["sale"] == sale
    assert told["direction"] == "collect"
    assert isinstance(told["merchant_name"], str) and told["merchant_name"]
    assert re.fullmatch(r"BUD\*+ S\*+", told["payer_name"])
    # The wire of this merchant cannot express a fee that the payer bears.
    assert (told["amount"], told["fee"], told["total"]) == (50000, 0, 50000)
    assert told["currency"] == "IDR"
    expires_at = moment(told["expires_at"]).replace(microsecond=0)
    assert expires_at == time_of(charge["expiry_time"])
    assert told["receipt_lines"] and all(isinstance(line, str) for line in told["receipt_lines"])
    assert not {"approval_code", "paid_at", "final_after", "retailers"} & set(told)
    assert status_of(charge) == "pending"


def test_full_names_are_nowhere_in_the_answers(till, opened):
    charge = opened(
        "indomaret", 50000, customer_details={"first_name": "Waluyo", "last_name": "Kartika"}
    )
    inquiry = till.inquiry(charge["payment_code"], "indomaret")
    payment = till.payment(charge["payment_code"], "indomaret", 50000, till.new_sale())
    assert_decided(payment, "00")
    for answer in (inquiry, payment):
        text = answer.raw.decode().lower()
        assert "waluyo" not in text
        assert "kartika" not in text


def test_too_long_texts_are_cut_for_the_till(till, opened):
    texts = {f"alfamart_free_text_{n}": f"{n}" * 43 for n in (1, 2, 3)}
    charge = opened("alfamart", cstore={"store": "alfamart", "message": "M" * 60, **texts})
    told = till.inquiry(charge["payment_code"], "alfamart").json
    assert told["label"] == "M" * 20
    for text in texts.values():
        assert text[:40] in told["receipt_lines"]
    assert max(map(len, told["receipt_lines"])) <= 40


def test_label_is_the_message_of_the_charge(till, opened):
    charge = opened("indomaret", cstore={"store": "indomaret", "message": "Toko Bunga Melati"})
    assert till.inquiry(charge["payment_code"], "indomaret").json["label"] == "Toko Bunga Melati"


def test_each_merchant_has_its_name(till, demo, other):
    names = {
        till.inquiry(api.charge(cstore("indomaret"))["payment_code"], "indomaret").json[
            "merchant_name"
        ]
        for api in (demo, other)
    }
    assert len(names) == 2


def test_unknown_members_are_ignored(till, opened):
    charge = opened("indomaret")
    answer = till.inquiry(charge["payment_code"], "indomaret", colour="blue", basket=[{"n": 1}])
    assert_decided(answer, "00")


# Payment


@pytest.mark.parametrize("retailer", ["alfamart", "indomaret"])
def test_inquiry_payment_status(till, opened, demo, retailer):
    charge = opened(retailer)
    code, sale = charge["payment_code"], till.new_sale()
    # The three calls share one number, as many tills do it.
    assert_decided(till.inquiry(code, retailer, sale), "00")
    began = datetime.now(WIB)
    payment = till.payment(
        code, retailer, 50000, sale, receipt_no="R-1", tender=[{"kind": "cash", "amount": 50000}]
    )
    ended = datetime.now(WIB)

    assert_decided(payment, "00")
    paid = payment.json
    assert (paid["payment_code"], paid["sale"]) == (code, sale)
    assert (paid["amount"], paid["fee"], paid["total"]) == (50000, 0, 50000)
    assert re.fullmatch(r"[0-9]{20}", paid["approval_code"])
    second = timedelta(seconds=1)
    assert began - second <= moment(paid["paid_at"]) <= ended + second
    assert moment(paid["final_after"]) >= moment(paid["paid_at"])
    assert paid["receipt_lines"]

    status = till.status(code, sale)
    assert_decided(status, "00")
    for name in ("payment_code", "sale", "amount", "total", "approval_code", "paid_at"):
        assert status.json[name] == paid[name]

    found = demo.transactions.status(charge["order_id"])
    assert (found["status_code"], found["transaction_status"]) == ("200", "settlement")
    assert time_of(found["settlement_time"]) == moment(paid["paid_at"]).replace(microsecond=0)
    if retailer == "indomaret":
        assert found["approval_code"] == paid["approval_code"]


def test_payment_needs_no_inquiry_by_default(till, opened, status_of):
    charge = opened("alfamart")
    payment = till.payment(charge["payment_code"], "alfamart", 50000, till.new_sale())
    assert_decided(payment, "00")
    assert status_of(charge) == "settlement"


@pytest.mark.parametrize("retailer", ["alfamidi", "dandan"])
def test_alfamart_s_code_is_taken_by_its_sisters(till, opened, demo, retailer):
    charge = opened("alfamart")
    assert_decided(till.inquiry(charge["payment_code"], retailer), "00")
    payment = till.payment(charge["payment_code"], retailer, 50000, till.new_sale())
    assert_decided(payment, "00")
    found = demo.transactions.status(charge["order_id"])
    assert found["transaction_status"] == "settlement"
    # Taken there, but opened for Alfamart: the merchant reads what it asked for.
    assert found["store"] == "alfamart"


@pytest.mark.parametrize("retailer", ["alfamart", "indomaret"])
def test_repeated_sale_gets_the_same_bytes(till, opened, demo, retailer):
    charge = opened(retailer)
    code, sale = charge["payment_code"], till.new_sale()
    first = till.payment(code, retailer, 50000, sale)
    assert_decided(first, "00")
    settled = demo.transactions.status(charge["order_id"])
    # A new transmission (nonce, timestamp, the till's clock) of the same sale.
    later = till_time(timedelta(seconds=-7))
    for again in (
        till.payment(code, retailer, 50000, sale),
        till.payment(code, retailer, 50000, sale, sale_at=later),
    ):
        assert (again.status, again.raw) == (first.status, first.raw)
    assert demo.transactions.status(charge["order_id"]) == settled


def test_same_nonce_and_bytes_are_answered_from_what_is_stored(till, opened):
    charge = opened("indomaret")
    members = till.members(charge["payment_code"], till.new_sale(), "indomaret", amount=50000)
    transmission = {
        "Gerai_Timestamp": str(int(time.time())),
        "Gerai_Nonce": uuid.uuid4().hex,
    }
    first = till.post("payment", members, **transmission)
    assert_decided(first, "00")
    again = till.post("payment", members, **transmission)
    assert (again.status, again.raw) == (first.status, first.raw)
    assert again.signature == first.signature


def test_same_nonce_with_other_bytes_is_63(till, opened, status_of):
    paid, second = opened("indomaret"), opened("indomaret")
    nonce = uuid.uuid4().hex
    first = till.post(
        "payment",
        till.members(paid["payment_code"], till.new_sale(), "indomaret", amount=50000),
        Gerai_Nonce=nonce,
    )
    assert_decided(first, "00")
    other = till.post(
        "payment",
        till.members(second["payment_code"], till.new_sale(), "indomaret", amount=50000),
        Gerai_Nonce=nonce,
    )
    assert (other.status, other.code) == (401, "63")
    assert status_of(second) == "pending"


def test_one_sale_sent_many_times_at_once_is_one_payment(till, opened, status_of):
    charge = opened("indomaret")
    sale = till.new_sale()

    def send(_):
        return till.payment(charge["payment_code"], "indomaret", 50000, sale)

    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = list(pool.map(send, range(24)))
    assert_decided(answers[0], "00")
    assert {answer.raw for answer in answers} == {answers[0].raw}
    assert status_of(charge) == "settlement"


def test_many_tills_with_one_code_are_one_payment(till, opened, status_of):
    charge = opened("indomaret")

    def send(_):
        here = till.at()
        return here.payment(charge["payment_code"], "indomaret", 50000, here.new_sale())

    with ThreadPoolExecutor(max_workers=8) as pool:
        codes = sorted(answer.code for answer in pool.map(send, range(24)))
    assert codes == ["00"] + ["54"] * 23
    assert status_of(charge) == "settlement"


# Declined


@pytest.mark.parametrize("amount", [49999, 50001])
def test_wrong_amount_is_13_and_the_right_one_is_told(till, opened, status_of, amount):
    charge = opened("indomaret")
    answer = till.payment(charge["payment_code"], "indomaret", amount, till.new_sale())
    assert_decided(answer, "13")
    assert answer.json["total"] == 50000
    assert status_of(charge) == "pending"
    # The cashier tries again with the right one, as another sale.
    right = till.payment(charge["payment_code"], "indomaret", 50000, till.new_sale())
    assert_decided(right, "00")


def test_refusal_is_stored_like_any_decision(till, opened):
    charge = opened("indomaret")
    sale = till.new_sale()
    first = till.payment(charge["payment_code"], "indomaret", 49999, sale)
    assert_decided(first, "13")
    assert till.payment(charge["payment_code"], "indomaret", 49999, sale).raw == first.raw


@pytest.mark.parametrize("call", ["inquiry", "payment"])
def test_unknown_code_is_14(till, opened, call):
    known = opened("indomaret")["payment_code"]
    for code in (unknown_code(known), known[:-1], known + "0"):
        members = till.members(code, till.new_sale(), "indomaret", amount=50000)
        assert_decided(till.post(call, members), "14")


def test_already_paid_is_54(till, opened, status_of):
    charge = opened("alfamart")
    code = charge["payment_code"]
    assert_decided(till.payment(code, "alfamart", 50000, till.new_sale()), "00")
    assert_decided(till.payment(code, "alfamart", 50000, till.new_sale()), "54")
    assert_decided(till.inquiry(code, "alfamart"), "54")
    assert status_of(charge) == "settlement"


@pytest.mark.parametrize(("end", "code"), [("expire", "55"), ("cancel", "56")])
def test_closed_by_the_merchant(till, opened, demo, status_of, end, code):
    charge = opened("indomaret")
    assert_decided(till.inquiry(charge["payment_code"], "indomaret"), "00")
    getattr(demo.transactions, end)(charge["order_id"])
    # An inquiry before does not help.
    payment = till.payment(charge["payment_code"], "indomaret", 50000, till.new_sale())
    assert_decided(payment, code)
    assert_decided(till.inquiry(charge["payment_code"], "indomaret"), code)
    assert status_of(charge) == end


@pytest.mark.parametrize(
    ("store", "elsewhere"),
    [("indomaret", "alfamart"), ("alfamart", "indomaret"), ("alfamart", "pegadaian")],
)
def test_wrong_chain_is_57_and_told_where(till, opened, status_of, store, elsewhere):
    charge = opened(store)
    inquiry = till.inquiry(charge["payment_code"], elsewhere)
    assert_decided(inquiry, "57")
    assert sorted(inquiry.json["retailers"]) == RETAILERS_OF[store]
    payment = till.payment(charge["payment_code"], elsewhere, 50000, till.new_sale())
    assert_decided(payment, "57")
    assert status_of(charge) == "pending"


def test_over_the_limit_of_the_retailer_that_asks_is_61(till, opened):
    charge = opened("alfamart", 3_000_000)
    assert_decided(till.inquiry(charge["payment_code"], "alfamidi"), "61")
    assert_decided(till.inquiry(charge["payment_code"], "alfamart"), "00")


def test_sale_with_other_content_is_94(till, opened, status_of):
    first, second = opened("indomaret"), opened("indomaret")
    sale = till.new_sale()
    paid = till.payment(first["payment_code"], "indomaret", 50000, sale)
    assert_decided(paid, "00")
    # Another amount, then another payment code, under the number of that sale.
    assert_decided(till.payment(first["payment_code"], "indomaret", 50001, sale), "94")
    assert_decided(till.payment(second["payment_code"], "indomaret", 50000, sale), "94")
    assert status_of(second) == "pending"
    # The sale itself stands as it was.
    assert till.payment(first["payment_code"], "indomaret", 50000, sale).raw == paid.raw


def test_guessing_is_throttled_per_terminal(till, opened):
    known = opened("indomaret")["payment_code"]
    seen = []
    while len(seen) < 100 and (not seen or seen[-1] != (429, "65")):
        guess = str(random.randrange(10**11, 10**12))
        answer = till.inquiry(guess, "indomaret")
        seen.append((answer.status, answer.code))
    assert seen[-1] == (429, "65")
    assert set(seen[:-1]) == {(200, "14")}
    # The terminal beside it works, and may err itself.
    neighbour = till.at()
    assert_decided(neighbour.inquiry(known, "indomaret"), "00")
    assert_decided(neighbour.inquiry(unknown_code(known), "indomaret"), "14")


# Malformed


REQUIRED = {
    "inquiry": ["payment_code", "sale", "outlet", "terminal", "sale_at"],
    "payment": ["payment_code", "sale", "outlet", "terminal", "sale_at", "amount"],
    "advice": ["payment_code", "sale", "outlet", "terminal", "sale_at", "amount"],
    "commit": ["payment_code", "sale", "sale_at"],
    "reversal": ["payment_code", "sale", "amount", "sale_at"],
}


def assert_malformed(answer, member):
    assert (answer.status, answer.code) == (400, "30"), answer.json
    assert member in answer.json["message"]


@pytest.mark.parametrize(
    ("call", "member"), [(call, member) for call in REQUIRED for member in REQUIRED[call]]
)
def test_missing_member_is_30_and_named(till, opened, status_of, call, member):
    charge = opened("indomaret")
    members = till.members(charge["payment_code"], till.new_sale(), "indomaret", amount=50000)
    del members[member]
    assert_malformed(till.post(call, members), member)
    assert status_of(charge) == "pending"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("payment_code", ""),
        ("payment_code", 812774058887),
        ("sale", ""),
        ("sale", "s" * 65),
        ("sale", "with space"),
        ("sale", "nomor-é"),
        ("sale", 17),
        ("outlet", "o" * 33),
        ("terminal", ""),
        ("sale_at", "2026-01-01 10:00:00"),
        ("sale_at", "2026-01-01T10:00:00"),
        ("sale_at", 1789000000),
        ("amount", 50000.5),
        ("amount", -50000),
        ("amount", "much"),
        ("amount", None),
        ("retailer", "lawson"),
    ],
)
def test_member_out_of_its_rules_is_30_and_named(till, opened, status_of, member, value):
    charge = opened("indomaret")
    members = till.members(charge["payment_code"], till.new_sale(), "indomaret", amount=50000)
    assert_malformed(till.post("payment", {**members, member: value}), member)
    assert status_of(charge) == "pending"


def test_partner_of_several_retailers_has_to_name_one(till, opened):
    charge = opened("indomaret")
    members = till.members(charge["payment_code"], till.new_sale(), "indomaret")
    del members["retailer"]
    assert_malformed(till.post("inquiry", members), "retailer")


@pytest.mark.parametrize("body", [b"{", b"null", b"[]", b'"text"', b"\xff\xfe", b"{}{}"])
def test_body_that_is_no_object_is_30(till, body):
    answer = till.exchange("POST", "/counter/v1/inquiry", body)
    assert (answer.status, answer.code) == (400, "30")


def test_status_without_its_query_is_30(till):
    answer = till.exchange("GET", "/counter/v1/status?payment_code=812774058887")
    assert_malformed(answer, "sale")


def test_malformed_is_not_stored(till, opened):
    charge = opened("indomaret")
    sale = till.new_sale()
    members = till.members(charge["payment_code"], sale, "indomaret", amount="much")
    assert_malformed(till.post("payment", members), "amount")
    assert_decided(till.payment(charge["payment_code"], "indomaret", 50000, sale), "00")


def test_signature_is_checked_before_the_body(till):
    answer = till.exchange("POST", "/counter/v1/payment", b"{", secret="not-the-secret")
    assert (answer.status, answer.code) == (401, "63")


# Advice


@pytest.mark.parametrize("retailer", ["alfamart", "indomaret"])
def test_advice_of_a_booked_sale_gets_the_payment_s_bytes(till, opened, retailer):
    charge = opened(retailer)
    sale = till.new_sale()
    payment = till.payment(charge["payment_code"], retailer, 50000, sale)
    assert_decided(payment, "00")
    advice = till.advice(charge["payment_code"], retailer, 50000, sale)
    assert (advice.status, advice.raw) == (payment.status, payment.raw)


def test_advice_after_an_inquiry_books_what_was_lost(till, opened, status_of):
    charge = opened("indomaret")
    code, sale = charge["payment_code"], till.new_sale()
    assert_decided(till.inquiry(code, "indomaret", sale), "00")
    advice = till.advice(code, "indomaret", 50000, sale)
    assert_decided(advice, "00")
    assert re.fullmatch(r"[0-9]{20}", advice.json["approval_code"])
    assert status_of(charge) == "settlement"
    # Sent again, it is the same sale; the payment that it overtook adds nothing.
    assert till.advice(code, "indomaret", 50000, sale).raw == advice.raw
    late = till.payment(code, "indomaret", 50000, sale)
    assert_decided(late, "00")
    assert late.json["approval_code"] == advice.json["approval_code"]


def test_advice_may_be_hours_old(till, opened, status_of):
    charge = opened("indomaret")
    code, sale = charge["payment_code"], till.new_sale()
    assert_decided(till.inquiry(code, "indomaret", sale), "00")
    advice = till.advice(code, "indomaret", 50000, sale, sale_at=till_time(timedelta(hours=20)))
    assert_decided(advice, "00")
    assert status_of(charge) == "settlement"


# Reversal


def test_reversal_within_the_window(till, opened, demo):
    charge = opened("indomaret")
    code, sale = charge["payment_code"], till.new_sale()
    assert_decided(till.payment(code, "indomaret", 50000, sale), "00")
    reversal = till.reversal(code, "indomaret", 50000, sale)
    assert_decided(reversal, "00")

    found = demo.transactions.status(charge["order_id"])
    assert (found["status_code"], found["transaction_status"]) == ("202", "deny")
    # Whatever is asked about that sale now, the answer is that it was reversed.
    assert_decided(till.payment(code, "indomaret", 50000, sale), "76")
    assert_decided(till.advice(code, "indomaret", 50000, sale), "76")
    assert_decided(till.status(code, sale), "76")
    # And the reversal itself repeats.
    assert till.reversal(code, "indomaret", 50000, sale).raw == reversal.raw
    # The code is never payable again.
    assert till.payment(code, "indomaret", 50000, till.new_sale()).code != "00"
    assert demo.transactions.status(charge["order_id"]) == found


@pytest.mark.parametrize(
    ("retailer", "age"),
    [("indomaret", timedelta(minutes=6)), ("alfamart", timedelta(minutes=1))],
)
def test_reversal_after_the_window_is_12(till, opened, status_of, retailer, age):
    charge = opened(retailer)
    code, sale = charge["payment_code"], till.new_sale()
    payment = till.payment(code, retailer, 50000, sale, sale_at=till_time(age))
    assert_decided(payment, "00")
    assert_decided(till.reversal(code, retailer, 50000, sale), "12")
    assert status_of(charge) == "settlement"
    # The sale stands, and so does its answer.
    assert till.payment(code, retailer, 50000, sale).raw == payment.raw


def test_reversal_of_another_sale_is_12(till, opened, status_of):
    charge = opened("indomaret")
    code = charge["payment_code"]
    assert_decided(till.payment(code, "indomaret", 50000, till.new_sale()), "00")
    assert_decided(till.reversal(code, "indomaret", 50000, till.new_sale()), "12")
    assert status_of(charge) == "settlement"


@pytest.mark.parametrize("retailer", ["alfamart", "indomaret"])
def test_reversal_that_overtakes_its_payment(till, opened, status_of, retailer):
    charge = opened(retailer)
    code, sale = charge["payment_code"], till.new_sale()
    tombstone = till.reversal(code, retailer, 50000, sale)
    assert_decided(tombstone, "00")
    assert till.reversal(code, retailer, 50000, sale).raw == tombstone.raw

    late = till.payment(code, retailer, 50000, sale)
    assert_decided(late, "76")
    assert till.payment(code, retailer, 50000, sale).raw == late.raw
    # An advice never creates a sale that was tombstoned.
    assert_decided(till.advice(code, retailer, 50000, sale), "76")
    assert_decided(till.status(code, sale), "76")
    assert status_of(charge) == "pending"
    # Only that sale is dead: the payer can still pay.
    assert_decided(till.payment(code, retailer, 50000, till.new_sale()), "00")
    assert status_of(charge) == "settlement"


def test_reversal_and_payment_at_once_agree(till, opened, status_of):
    for _ in range(8):
        charge = opened("indomaret")
        code, sale = charge["payment_code"], till.new_sale()
        with ThreadPoolExecutor(max_workers=2) as pool:
            paying = pool.submit(till.payment, code, "indomaret", 50000, sale)
            reversing = pool.submit(till.reversal, code, "indomaret", 50000, sale)
        assert reversing.result().code == "00"
        # Whichever came first: paid and then reversed, or never paid.
        assert (paying.result().code, status_of(charge)) in {("00", "deny"), ("76", "pending")}
        assert_decided(till.payment(code, "indomaret", 50000, sale), "76")

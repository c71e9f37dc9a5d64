//! What is read, and what each malformed message is told.

use domain::time::Span;

use super::*;
use crate::at_whose::tests::retailer;

const FULL: &str = r#"{
    "payment_code": "8127740588870520", "sale": "A-1", "outlet": "T 001", "terminal": "02",
    "sale_at": "2026-11-21T14:35:26+07:00", "retailer": "alfamart", "amount": 103000,
    "receipt_no": "R/77 b", "reason": "payer left, café", "pin": "012345",
    "tender": [{"kind": "cash", "amount": 100000}, {"kind": "debit", "amount": 2000},
               {"amount": 1000, "kind": "cash", "voucher": null}],
    "approval": {"deep": [1, {"er": 1e400}]}
}"#;

const OPERATIONS: [Operation; 6] = [
    Operation::Inquiry,
    Operation::Payment,
    Operation::Commit,
    Operation::Advice,
    Operation::Reversal,
    Operation::Payout,
];

fn parse(operation: Operation, body: &str) -> Result<Message, Malformed> {
    Message::parse(operation, body.as_bytes())
}

fn rupiah(amount: i64) -> Rupiah {
    Rupiah::new(amount).unwrap()
}

#[test]
fn a_full_message_is_read_by_what_the_operation_means() {
    let common = Message {
        code: PaymentCode::new("8127740588870520").unwrap(),
        sale: "A-1".to_owned(),
        outlet: Some("T 001".to_owned()),
        terminal: Some("02".to_owned()),
        till_at: Some(Timestamp::from_millis(1_795_246_526_000)),
        retailer: Some("alfamart".to_owned()),
        amount: None,
        cash: None,
        receipt_no: None,
        reason: None,
        pin: None,
    };
    let paid_out = Message {
        amount: Some(rupiah(103_000)),
        receipt_no: Some("R/77 b".to_owned()),
        pin: Some(Secret::new("012345")),
        ..common.clone()
    };
    let paid = Message {
        amount: Some(rupiah(103_000)),
        cash: Some(rupiah(101_000)),
        receipt_no: Some("R/77 b".to_owned()),
        ..common.clone()
    };
    let reversed = Message {
        amount: Some(rupiah(103_000)),
        reason: Some("payer left, café".to_owned()),
        ..common.clone()
    };
    assert_eq!(parse(Operation::Inquiry, FULL).as_ref(), Ok(&common));
    assert_eq!(parse(Operation::Commit, FULL), Ok(common));
    assert_eq!(parse(Operation::Payment, FULL).as_ref(), Ok(&paid));
    assert_eq!(parse(Operation::Advice, FULL), Ok(paid));
    assert_eq!(parse(Operation::Reversal, FULL), Ok(reversed));
    assert_eq!(parse(Operation::Payout, FULL).as_ref(), Ok(&paid_out));
    assert!(!format!("{paid_out:?}").contains("012345"));
}

#[test]
fn what_may_be_left_out_may_be_null_too() {
    let short = r#"{"payment_code":"TEST163412","sale":"1","sale_at":"2026-11-21T07:35:26Z",
        "retailer":null,"outlet":null,"reason":""}"#;
    let message = parse(Operation::Commit, short).unwrap();
    assert_eq!((message.retailer, message.outlet, message.terminal), (None, None, None));
    let with_amount = short.replace(r#""outlet":null"#, r#""outlet":null,"amount":9999999999"#);
    let message = parse(Operation::Reversal, &with_amount).unwrap();
    assert_eq!((message.amount, message.reason), (Some(Rupiah::MAX), None));
    let paid = r#"{"payment_code":"1","sale":"1","sale_at":"2026-11-21T07:35:26Z","outlet":"1",
        "terminal":"1","amount":1,"receipt_no":"","tender":null}"#;
    let message = parse(Operation::Payment, paid).unwrap();
    assert_eq!((message.amount, message.cash), (Some(rupiah(1)), None));
    assert_eq!(message.receipt_no, None);
    let card = paid.replace(r#""tender":null"#, r#""tender":[{"kind":"debit","amount":1}]"#);
    assert_eq!(parse(Operation::Advice, &card).unwrap().cash, Some(Rupiah::ZERO));
}

/// `FULL` with one member's JSON replaced, or added, or (by an empty text) left out.
fn with(member: &str, json: &str) -> String {
    use serde_json::value::RawValue;
    let mut members: std::collections::BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(FULL).unwrap();
    members.remove(member);
    if !json.is_empty() {
        members.insert(member.to_owned(), RawValue::from_string(json.to_owned()).unwrap());
    }
    serde_json::to_string(&members).unwrap()
}

#[test]
fn required_members() {
    use Operation as O;
    let table: [(&str, &[Operation]); 7] = [
        ("payment_code", &OPERATIONS),
        ("sale", &OPERATIONS),
        ("outlet", &[O::Inquiry, O::Payment, O::Advice, O::Payout]),
        ("terminal", &[O::Inquiry, O::Payment, O::Advice, O::Payout]),
        ("sale_at", &OPERATIONS),
        ("amount", &[O::Payment, O::Advice, O::Reversal, O::Payout]),
        ("pin", &[O::Payout]),
    ];
    for (member, operations) in table {
        for operation in OPERATIONS {
            for body in [with(member, ""), with(member, "null")] {
                let got = parse(operation, &body);
                if operations.contains(&operation) {
                    let want = Malformed { member: member.into(), rule: "is required" };
                    assert_eq!(got, Err(want), "{operation:?} without {member}");
                } else {
                    assert!(got.is_ok(), "{operation:?} without {member}: {got:?}");
                }
            }
        }
    }
}

/// Members that a payment may not have, each with the member that its message names.
const MALFORMED: &[(&str, &str, &str)] = &[
    ("payment_code", "8127740588870520", "payment_code"),
    ("payment_code", "\"\"", "payment_code"),
    ("payment_code", "\"8127 7405\"", "payment_code"),
    ("payment_code", "\"8127-7405\"", "payment_code"),
    ("payment_code", "\"812774058887052081277405\\u0030\"", "payment_code"),
    ("payment_code", "\"81277405888705２0\"", "payment_code"),
    ("payment_code", "\"812774\\u0000\"", "payment_code"),
    ("payment_code", "\"\\ud800\"", "payment_code"),
    ("payment_code", "[\"8127740588870520\"]", "payment_code"),
    ("payment_code", "true", "payment_code"),
    ("sale", "17", "sale"),
    ("sale", "\"\"", "sale"),
    ("sale", "\"A 1\"", "sale"),
    ("sale", "\"A\\n1\"", "sale"),
    ("sale", "\"é\"", "sale"),
    ("sale", "\"12345678901234567890123456789012345678901234567890123456789012345\"", "sale"),
    ("sale", "{}", "sale"),
    ("outlet", "\"\"", "outlet"),
    ("outlet", "\" T001\"", "outlet"),
    ("outlet", "\"T001 \"", "outlet"),
    ("outlet", "\"123456789012345678901234567890123\"", "outlet"),
    ("outlet", "\"T\\t1\"", "outlet"),
    ("outlet", "1", "outlet"),
    ("terminal", "\"\"", "terminal"),
    ("terminal", "\"\\u007f\"", "terminal"),
    ("terminal", "false", "terminal"),
    ("sale_at", "1789000000", "sale_at"),
    ("sale_at", "\"2026-11-21T14:35:26\"", "sale_at"),
    ("sale_at", "\"2026-11-21\"", "sale_at"),
    ("sale_at", "\"2026-02-30T14:35:26+07:00\"", "sale_at"),
    ("sale_at", "\"1970-01-01T00:00:00Z\"", "sale_at"),
    ("sale_at", "\"9999-01-01T00:00:00Z\"", "sale_at"),
    ("sale_at", "\"\"", "sale_at"),
    ("retailer", "1", "retailer"),
    ("retailer", "[]", "retailer"),
    ("amount", "\"103000\"", "amount"),
    ("amount", "0", "amount"),
    ("amount", "-0", "amount"),
    ("amount", "-103000", "amount"),
    ("amount", "103000.0", "amount"),
    ("amount", "1.03e5", "amount"),
    ("amount", "10000000000", "amount"),
    ("amount", "99999999999999999999999999", "amount"),
    ("amount", "1e400", "amount"),
    ("amount", "true", "amount"),
    ("amount", "[103000]", "amount"),
    ("receipt_no", "77", "receipt_no"),
    ("receipt_no", "\"a\\u0007\"", "receipt_no"),
    (
        "receipt_no",
        "\"12345678901234567890123456789012345678901234567890123456789012345\"",
        "receipt_no",
    ),
    ("tender", "{}", "tender"),
    ("tender", "[]", "tender"),
    ("tender", "\"cash\"", "tender"),
    ("tender", "103000", "tender"),
    ("tender", "[1]", "tender"),
    ("tender", "[null]", "tender"),
    ("tender", "[[]]", "tender"),
    ("tender", "[{\"kind\":\"cash\",\"amount\":102999}]", "tender"),
    (
        "tender",
        "[{\"kind\":\"cash\",\"amount\":103000},{\"kind\":\"cash\",\"amount\":1}]",
        "tender",
    ),
    (
        "tender",
        "[{\"kind\":\"a\",\"amount\":9999999999},{\"kind\":\"a\",\"amount\":9999999999}]",
        "tender",
    ),
    ("tender", "[{\"amount\":103000}]", "tender[0].kind"),
    ("tender", "[{\"kind\":\"\",\"amount\":103000}]", "tender[0].kind"),
    ("tender", "[{\"kind\":\"c sh\",\"amount\":103000}]", "tender[0].kind"),
    ("tender", "[{\"kind\":7,\"amount\":103000}]", "tender[0].kind"),
    ("tender", "[{\"kind\":\"cash\"}]", "tender[0].amount"),
    (
        "tender",
        "[{\"kind\":\"cash\",\"amount\":3000},{\"kind\":\"cash\",\"amount\":\"1\"}]",
        "tender[1].amount",
    ),
    ("tender", "[{\"kind\":\"cash\",\"amount\":-1}]", "tender[0].amount"),
];

#[test]
fn each_malformed_member_is_named() {
    for (member, json, named) in MALFORMED {
        let body = with(member, json);
        let malformed = parse(Operation::Payment, &body).expect_err(&body);
        assert_eq!(malformed.member, *named, "{member}: {json}");
        assert!(malformed.to_string().starts_with(&format!("{named}: ")), "{malformed}");
    }
    let entries = vec![r#"{"kind":"cash","amount":1}"#; 17].join(",");
    let body = with("tender", &format!("[{entries}]")).replace("103000", "17");
    assert_eq!(parse(Operation::Payment, &body).unwrap_err().member, "tender");
    for (json, is_good) in [
        ("7".to_owned(), false),
        (format!("\"{}\"", "é".repeat(200)), true),
        (format!("\"{}\"", "é".repeat(201)), false),
    ] {
        let got = parse(Operation::Reversal, &with("reason", &json));
        assert_eq!(
            got.map_err(|malformed| malformed.member).err(),
            (!is_good).then(|| "reason".into())
        );
    }
}

#[test]
fn the_first_malformed_member_in_the_contracts_order_is_named() {
    let order = ["payment_code", "sale", "outlet", "terminal", "sale_at", "retailer", "amount"];
    for (place, first) in order.iter().enumerate() {
        let all_wrong: Vec<String> =
            order[place..].iter().rev().map(|name| format!("\"{name}\":{{}}")).collect();
        let right = FULL.trim_end().trim_end_matches('}');
        let body = format!("{right}, {}}}", all_wrong.join(","));
        assert_eq!(parse(Operation::Payment, &body).unwrap_err().member, *first);
    }
}

#[test]
fn what_is_no_json_object_is_a_malformed_body() {
    let deep = "[".repeat(8_000);
    let unclosed = format!("{{\"x\":{deep}");
    let bodies: [&[u8]; 22] = [
        b"",
        b" ",
        b"null",
        b"true",
        b"7",
        b"\"payment_code\"",
        b"[]",
        b"[{}]",
        b"{",
        b"{}}",
        b"{} {}",
        b"{\"payment_code\"}",
        b"{\"payment_code\":}",
        b"{\"payment_code\":\"1\",}",
        b"{payment_code:\"1\"}",
        b"{'payment_code':'1'}",
        b"payment_code=1&sale=2",
        b"\xef\xbb\xbf{}",
        b"{\"payment_code\":\"\xff\"}",
        b"\x00\x01\x02",
        b"\x1f\x8b\x08\x00",
        unclosed.as_bytes(),
    ];
    for body in bodies {
        for operation in OPERATIONS {
            let malformed = Message::parse(operation, body).unwrap_err();
            assert_eq!(malformed.member, "body", "{:?}", String::from_utf8_lossy(body));
        }
    }
}

#[test]
fn a_status_is_read_from_its_query() {
    let uri = "/counter/v1/status?payment_code=8127740588870520&sale=A%261%2B%25&x=1&sale_at=\
               2026-11-21T14%3A35%3A26%2B07%3A00&outlet=T+001&retailer=alfamart";
    let message = Message::of_query(&uri.parse().unwrap()).unwrap();
    assert_eq!(message.code.as_str(), "8127740588870520");
    assert_eq!(message.sale, "A&1+%");
    assert_eq!(message.outlet.as_deref(), Some("T 001"));
    assert_eq!(message.terminal, None);
    assert_eq!(message.till_at, Some(Timestamp::from_millis(1_795_246_526_000)));
    assert_eq!(message.retailer.as_deref(), Some("alfamart"));
}

#[test]
fn a_malformed_query_names_its_member() {
    let table = [
        ("", "payment_code"),
        ("?", "payment_code"),
        ("?sale=1", "payment_code"),
        ("?payment_code=1", "sale"),
        ("?payment_code=&sale=1", "payment_code"),
        ("?payment_code=1&payment_code=%00&sale=1", "payment_code"),
        ("?payment_code=1&sale=", "sale"),
        ("?payment_code=1&sale=%FF", "sale"),
        ("?payment_code=1&sale=a%20b", "sale"),
        ("?payment_code=1&sale=1&sale_at=2026-11-21T14:35:26+07:00", "sale_at"),
        ("?payment_code=1&sale=1&outlet=", "outlet"),
        ("?payment_code=1&sale=1&terminal=%09", "terminal"),
        ("?payment_code%5B%5D=1&sale=1", "payment_code"),
    ];
    for (query, named) in table {
        let uri = format!("/counter/v1/status{query}").parse().unwrap();
        assert_eq!(Message::of_query(&uri).unwrap_err().member, named, "{query}");
    }
}

#[test]
fn a_sale_is_named_as_its_contract_says() {
    let message = parse(Operation::Inquiry, FULL).unwrap();
    let mut contract = retailer("alfamart", "alfa").contract;
    assert_eq!(message.sale_keys(&contract).unwrap().own.sale.as_str(), "A-1");

    contract.sale_key = SaleKeyForm::OutletTerminalDateSale;
    let message = Message { outlet: Some("T001".to_owned()), ..message };
    assert_eq!(message.sale_keys(&contract).unwrap().own.sale.as_str(), "T001/02/2026-11-21/A-1");
    // The day is that of the till in WIB.
    let next_day = message.till_at.map(|at| at.plus(Span::hours(10)));
    let late = Message { till_at: next_day, ..message.clone() };
    assert_eq!(late.sale_keys(&contract).unwrap().own.sale.as_str(), "T001/02/2026-11-22/A-1");

    let text = |text: &str| Some(text.to_owned());
    let table = [
        (Message { outlet: None, ..message.clone() }, "outlet"),
        (Message { terminal: None, ..message.clone() }, "terminal"),
        (Message { till_at: None, ..message.clone() }, "sale_at"),
        (Message { outlet: text("T 001"), ..message.clone() }, "outlet"),
        (Message { outlet: text("T001/02"), ..message.clone() }, "outlet"),
        (Message { terminal: text("0/2"), ..message.clone() }, "terminal"),
    ];
    for (message, named) in table {
        assert_eq!(message.sale_keys(&contract).unwrap_err().member, named);
    }
}

#[test]
fn a_pin_is_six_digits_in_quotes_and_is_never_quoted_back() {
    for pin in ["12345", "1234567", "12345a", "\u{ff11}23456", " 12345", "12345\\u0000", ""] {
        let malformed = parse(Operation::Payout, &with("pin", &format!("\"{pin}\""))).unwrap_err();
        assert_eq!(malformed.to_string(), "pin: must be 6 digits", "{pin}");
    }
    for json in ["123456", "[]", "true", "1e5"] {
        let malformed = parse(Operation::Payout, &with("pin", json)).unwrap_err();
        assert_eq!(malformed.to_string(), "pin: must be a string", "{json}");
    }
    // Nobody else asks for one.
    assert_eq!(parse(Operation::Payment, &with("pin", "17")).unwrap().pin, None);
}

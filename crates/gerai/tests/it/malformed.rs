//! Requests that nobody should send: each gets its answer, and none leaves a row behind.

mod table;

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use rusqlite::{Connection as Database, OpenFlags};
use serde_json::Value;

use self::table::{Case, Expected, Sent};
use crate::drive::{
    folder::Folder,
    http::{Answer, Connection},
    merchant::{DEMO, Merchant, basic, new_order, text},
    process::{Server, run},
    till::{self, Signed},
};

/// A pending payment that no case may touch.
struct Payment {
    order: String,
    id: String,
    code: String,
}

#[test]
fn every_one_gets_its_answer_and_leaves_nothing_behind() {
    let cases = table::read(include_str!("malformed/table.txt"));
    assert!(cases.len() >= 80, "only {} cases", cases.len());
    let folder = Folder::new("malformed");
    let server = Server::on(folder.path());
    let merchant = Merchant::demo(server.api);
    let order = new_order();
    let charged = merchant.charge(&order, "alfamart", 50_000);
    let payment = Payment {
        order,
        id: text(&charged, "transaction_id").to_owned(),
        code: text(&charged, "payment_code").to_owned(),
    };

    let before = rows(folder.path());
    let mut wrong = String::new();
    for case in &cases {
        let mut remark = |what: String| writeln!(wrong, "{}: {what}", case.name).unwrap();
        if let Err(what) = judge(case, &server, &payment) {
            remark(what);
        }
        for (table, count) in rows(folder.path()) {
            if before.get(&table) != Some(&count) {
                remark(format!("left a row in {table}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");

    let now = merchant.status(&payment.order);
    assert_eq!(text(&now, "transaction_status"), "pending");
    let verify = ["verify", "--json", "--data", folder.path().to_str().unwrap()];
    let report = run(&verify).json();
    assert_eq!((&report["clean"], &report["payments"]), (&Value::Bool(true), &1.into()));
    let ended = server.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert!(!ended.log.contains("panicked"), "{}", ended.log);
}

/// How many rows each table has.
fn rows(data: &Path) -> BTreeMap<String, i64> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = Database::open_with_flags(data.join("gerai.db"), flags).unwrap();
    let mut names =
        database.prepare("select name from sqlite_master where type = 'table'").unwrap();
    let names = names.query_map((), |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
    names
        .map(|name| {
            let sql = format!("select count(*) from {name}");
            let count = database.query_row(&sql, (), |row| row.get(0)).unwrap();
            (name, count)
        })
        .collect()
}

/// Sends a case and compares.
fn judge(case: &Case, server: &Server, payment: &Payment) -> Result<(), String> {
    let fill = |bytes: &[u8]| fill(bytes, payment);
    let (bytes, signed) = match &case.sent {
        Sent::Raw(bytes) => (fill(bytes), None),
        Sent::Request(request) => request.bytes(&fill),
    };
    let mut connection = Connection::open(server.api).unwrap();
    // The other end may have heard enough before everything is written.
    let written = connection.write(&bytes);
    if case.hangs_up {
        drop(connection.finish());
    }
    let answer = match connection.read() {
        Ok(answer) => Some(answer),
        Err(_) if written.is_err() => {
            return Err("hung up while it was being written to".to_owned());
        }
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => None,
        Err(error) => return Err(error.to_string()),
    };
    // Whoever was not recognised may get an answer that is not signed.
    if let (Some(signed), Some(answer)) = (signed, &answer)
        && answer.status != 401
    {
        signed.check(answer);
    }
    compare(&case.expected, answer.as_ref(), payment)
}

fn compare(expected: &Expected, answer: Option<&Answer>, payment: &Payment) -> Result<(), String> {
    let status = answer.map_or(table::CLOSED, |answer| answer.status);
    if !expected.statuses.contains(&status) {
        return Err(format!(
            "{status} instead of {:?}: {}",
            expected.statuses,
            answer.map(Answer::text).unwrap_or_default()
        ));
    }
    let Some(answer) = answer.filter(|_| !expected.is_bare) else { return Ok(()) };
    let body: Value = serde_json::from_slice(&answer.body)
        .map_err(|error| format!("not JSON ({error}): {}", answer.text()))?;
    if answer.header("content-type") != Some("application/json") {
        return Err(format!("content-type: {:?}", answer.header("content-type")));
    }
    for wish in &expected.members {
        let found = match &body[wish.name.as_str()] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if !wish.is_met_by(&found, &fill(wish.text.as_bytes(), payment)) {
            return Err(format!("{} is {found}: {body}", wish.name));
        }
    }
    Ok(())
}

/// What is right about a till's message.
const SALE: &str = r#""payment_code":"{code}","sale":"BAD","outlet":"T1","terminal":"1","sale_at":"{now}","retailer":"alfamart""#;

/// Puts the payment's names where a case asks for them.
fn fill(bytes: &[u8], payment: &Payment) -> Vec<u8> {
    let names = [
        ("{kind}", r#""payment_type":"cstore""#.to_owned()),
        (
            "{details}",
            r#""transaction_details":{"order_id":"bad","gross_amount":50000}"#.to_owned(),
        ),
        ("{store}", r#""cstore":{"store":"alfamart"}"#.to_owned()),
        ("{sale}", SALE.to_owned()),
        ("{order}", payment.order.clone()),
        ("{id}", payment.id.clone()),
        ("{code}", payment.code.clone()),
        ("{now}", till::sale_at()),
        ("{nonce}", till::new_nonce()),
        ("{basic}", basic(DEMO)),
    ];
    let mut filled = bytes.to_vec();
    for (name, value) in names {
        while let Some(at) = crate::drive::http::find(&filled, name.as_bytes()) {
            filled.splice(at..at + name.len(), value.bytes());
        }
    }
    filled
}

impl table::Request {
    /// The request as it is sent; with a till's signature, if it is one.
    fn bytes(&self, fill: &impl Fn(&[u8]) -> Vec<u8>) -> (Vec<u8>, Option<Signed>) {
        let target = fill(&self.target);
        let body = self.body.as_deref().map(fill);
        let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
        let mut add = |name: &str, value: &[u8]| {
            if !self.headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
                headers.push((name.to_owned(), value.to_vec()));
            }
        };
        add("Host", b"gerai.test");
        let mut signed = None;
        match self.sender {
            table::Sender::Nobody => {}
            table::Sender::Merchant => add("Authorization", basic(DEMO).as_bytes()),
            table::Sender::Till => {
                let target = String::from_utf8_lossy(&target);
                let body = body.as_deref().unwrap_or_default();
                let mut made = Signed::now(&self.method, &target, body);
                // What is wrong about a time or a nonce is signed, so that it is all that is wrong.
                for (name, value) in &self.headers {
                    let value = String::from_utf8_lossy(value).into_owned();
                    match name.as_str() {
                        "Gerai-Timestamp" => made.timestamp = value,
                        "Gerai-Nonce" => made.nonce = value,
                        _ => {}
                    }
                }
                made.signature =
                    till::sign_request(&self.method, &target, &made.timestamp, &made.nonce, body);
                for (name, value) in made.headers() {
                    add(name, value.as_bytes());
                }
                signed = Some(made);
            }
        }
        if let Some(body) = &body {
            add("Content-Type", b"application/json");
            let is_chunked = self.headers.iter().any(|(name, _)| name == "Transfer-Encoding");
            if !is_chunked {
                add("Content-Length", body.len().to_string().as_bytes());
            }
        }
        for (name, value) in &self.headers {
            headers.push((name.clone(), fill(value)));
        }
        let mut bytes = [self.method.as_bytes(), b" ", &target, b" HTTP/1.1\r\n"].concat();
        for (name, value) in headers {
            bytes.extend_from_slice(&[name.as_bytes(), b": ", &value, b"\r\n"].concat());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&body.unwrap_or_default());
        (bytes, signed)
    }
}

//! The request examples of the five documents that the vendors publish, sent as they are printed and
//! answered as they are printed (tests/examples/README.md).

mod credentials;
mod document;
mod tree;

use serde_json::Value;

use self::{
    credentials::Filled,
    document::{Case, Document},
    tree::Tree,
};
use crate::drive::{
    folder::Folder,
    http::{Answer, once},
    process::{Server, project, run},
};

#[test]
fn midtrans_convenience_store() {
    follow("midtrans-convenience-store");
}

#[test]
fn midtrans_over_the_counter() {
    follow("midtrans-over-the-counter");
}

#[test]
fn cronos_retail() {
    follow("cronos-retail");
}

#[test]
fn sengo_retail() {
    follow("sengo-retail");
}

#[test]
fn ayolinx_retail_create() {
    follow("ayolinx-retail-create");
}

/// Runs every example of a document, each against a gateway of its own, because a document uses its
/// references more than once.
fn follow(name: &str) {
    let folder = project().join("tests/examples").join(name);
    let document = Document::read(&folder);
    assert!(!document.cases.is_empty());
    let mut wrong = Vec::new();
    for case in &document.cases {
        let data = Folder::new("examples");
        let server = Server::on(data.path());
        for option in &case.options {
            let words = ["merchant", "set", document.credentials.merchant_id(), "--option", option];
            run(&[&words[..], &["--data", data.path().to_str().unwrap()]].concat()).well();
        }
        let filled = Filled::new(&document, case, &server);
        let answer = once(server.api, &filled.request()).unwrap();
        if let Err(why) = judge(case, &filled, &answer) {
            wrong.push(format!("{name}, {}: {why}\n{}", case.name, answer.text()));
        }
        let ended = server.stop();
        assert_eq!(ended.code, Some(0), "{}", ended.log);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Compares an answer with what is printed, or with what is expected where nothing is.
fn judge(case: &Case, filled: &Filled<'_>, answer: &Answer) -> Result<(), String> {
    if answer.status != case.status {
        return Err(format!("{} instead of {}", answer.status, case.status));
    }
    let content_type = answer.header("content-type").unwrap_or_default();
    if !content_type.starts_with("application/json") {
        return Err(format!("content-type: {content_type}"));
    }
    let body: Value = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
    for (pointer, expected) in &case.members {
        if body.pointer(pointer) != Some(expected) {
            return Err(format!("{pointer} is not {expected}"));
        }
    }
    let Some(printed) = &case.answer else { return Ok(()) };
    let mut expected = Tree::read(printed.as_bytes())?;
    for (pointer, value) in &case.values {
        *expected.at(pointer)? = Tree::of(filled.fill_value(value));
    }
    for added in &case.adds {
        let value = Tree::of(filled.fill_value(&added.value));
        expected.at(&added.to)?.insert_after(&added.after, &added.name, value)?;
    }
    expected.compare(&Tree::read(&answer.body)?, "")
}

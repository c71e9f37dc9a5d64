//! Whatever is sent is read without a panic, and either understood or refused as it should be.

use gateway::reach::Reach;
use serde_json::Value;

use super::file;
use crate::{
    endpoint::Endpoint,
    fault::Fault,
    public_key, query, reading,
    samples::{Seeded, account, account_with},
    stamp, token,
};

/// What damage puts in: what means something in JSON, and what does not belong there.
const PIECES: [&[u8]; 16] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b",",
    b":",
    b"null",
    b"1e999",
    b"-",
    b"\xff",
    b"\0",
    b"\\ud800",
    b" ",
    b"\xc3\xa9",
];

/// `bytes` with some of it cut out, doubled or replaced.
fn damaged(bytes: &[u8], seeded: &mut Seeded) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=seeded.below(3) {
        let place = seeded.below(out.len() as u64 + 1);
        let end = out.len().min(place + seeded.below(12));
        let piece: Vec<u8> = match seeded.below(4) {
            0 => Vec::new(),
            1 => out[place..end].repeat(2),
            _ => PIECES[seeded.below(PIECES.len() as u64)].to_vec(),
        };
        out.splice(place..end, piece);
    }
    out
}

fn is_refused_well(fault: &Fault, endpoint: Endpoint) -> bool {
    let code = fault.code(endpoint.service());
    let is_known = code.starts_with("400") || code == "4035402";
    let body: Value = serde_json::from_slice(&fault.body(endpoint.service())).unwrap();
    is_known && code.len() == 7 && body["responseMessage"].as_str().is_some_and(|m| !m.is_empty())
}

#[test]
fn damaged_bodies_are_understood_or_refused() {
    let vectors: Value = serde_json::from_str(&file("vectors.json")).unwrap();
    let body = |place: usize| vectors["requests"][place]["body"].as_str().unwrap().as_bytes();
    let grant = br#"{"grantType":"client_credentials","additionalInfo":""}"#;
    let accounts = [account(), account_with(&[("lenient", "true")])];
    let mut seeded = Seeded(1_726_641_397);
    let (mut read, mut refused) = (0, 0);
    for round in 0..15_000 {
        let account = &accounts[round % 2];
        let create = damaged(body(0), &mut seeded);
        let asked = damaged(body(4), &mut seeded);
        let grant = damaged(grant, &mut seeded);
        let results = [
            (
                Endpoint::Create,
                reading::body(&create)
                    .and_then(|body| reading::create(&body, account, &Reach::Everything))
                    .map(|_| ()),
            ),
            (
                Endpoint::Query,
                query::body(&asked).and_then(|body| query::read(body, account)).map(|_| ()),
            ),
            (Endpoint::Token, token::check(&grant)),
        ];
        for (endpoint, result) in results {
            match result {
                Ok(()) => read += 1,
                Err(fault) => {
                    assert!(is_refused_well(&fault, endpoint), "{fault:?}");
                    refused += 1;
                }
            }
        }
    }
    // The damage is neither too small nor too large to tell anything.
    assert!(read > 1_000 && refused > 10_000, "{read} read, {refused} refused");
}

#[test]
fn damaged_times_and_keys_are_understood_or_refused() {
    let mut seeded = Seeded(42);
    let normal = include_str!("../../demo/merchant_public.pem");
    for _ in 0..3_000 {
        let time = damaged(b"2024-09-18T13:36:36.457+07:00", &mut seeded);
        if let Some(at) = stamp::parse(&String::from_utf8_lossy(&time)) {
            assert_eq!(stamp::wib(at).len(), 25);
        }
        let key = damaged(normal.as_bytes(), &mut seeded);
        if let Ok(pem) = public_key::normalise(&String::from_utf8_lossy(&key)) {
            assert_eq!(public_key::normalise(&pem).as_ref(), Ok(&pem));
        }
    }
}

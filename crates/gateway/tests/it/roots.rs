//! Signed roots: one for each minute in which something happened, and what they are good for on
//! another host.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use domain::sale::Operation as O;
use gateway::{
    roots::{ExportedRoot, PublicKey, minute},
    rows::platform_key_context,
    verify::{Exported, Report},
};
use storage::sqlite::{Engine, Reader};
use testkit::{START, Shop};

use crate::{
    scene::Scene,
    tampering::{Data, EARLY, a_day},
};

/// Every root, as it is exported.
fn exported(data: &Data) -> Vec<ExportedRoot> {
    let reader = Engine::open_reader(&data.place()).unwrap();
    let key = PublicKey::of(&reader.directory().unwrap(), &testkit::vault()).unwrap().unwrap();
    let mut before = [0; 32];
    let rows = reader.roots_after(0, 100).unwrap().into_iter();
    rows.map(|row| {
        let root = ExportedRoot::new(&row, &before, &key);
        before = row.root;
        root
    })
    .collect()
}

fn against(data: &Data, roots: &[ExportedRoot]) -> Vec<String> {
    let reader = Engine::open_reader(&data.place()).unwrap();
    let mut exported = Exported::new(&reader, &testkit::vault()).unwrap();
    for root in roots {
        exported.compare(root).unwrap().unwrap();
    }
    let mut report = Report::default();
    assert_eq!(exported.add_to(&mut report), roots.len() as u64);
    let findings = report.findings.into_iter();
    findings.map(|finding| format!("{}: {}", finding.place, finding.what)).collect()
}

fn assert_found(found: &[String], place: &str) {
    assert!(found.iter().any(|line| line.starts_with(place)), "no {place} in {found:#?}");
}

#[tokio::test]
async fn each_minute_in_which_something_happened_has_one() {
    let scene = Scene::new();
    let roots = |reader: &mut Reader| reader.roots_after(0, 9);
    let view = scene.open("order-1", "indomaret").await;
    scene.outcome(O::Payment, &view, "S-1").await.unwrap();
    scene.gateway.sign_minute().await.unwrap();
    assert_eq!(scene.gateway.read(roots).await.unwrap(), [], "the minute is not over");

    // Nothing but the clock moves on.
    scene.wait(60);
    scene.gateway.sign_minute().await.unwrap();
    scene.gateway.sign_minute().await.unwrap();
    let [first] = scene.gateway.read(roots).await.unwrap().try_into().unwrap();
    assert_eq!((first.no, first.committer, first.minute), (1, 0, minute(START)));
    assert_eq!((first.last_event.get(), first.last_entry), (2, 2));
    assert_eq!((first.last_payment, first.last_sale), (1, 1));

    // A commit of a later minute signs what was before it.
    scene.wait(600);
    scene.open("order-2", "indomaret").await;
    assert_eq!(scene.gateway.read(roots).await.unwrap().len(), 1, "nothing happened in between");
    scene.wait(60);
    scene.open("order-3", "indomaret").await;
    let [_, second] = scene.gateway.read(roots).await.unwrap().try_into().unwrap();
    assert_eq!((second.minute, second.last_event.get()), (minute(START) + 11, 3));
    scene.assert_clean().await;
}

#[tokio::test]
async fn a_start_signs_what_was_before_the_stop() {
    let data = a_day("root-start").await;
    let count = exported(&data).len();
    let later = START.plus(domain::time::Span::hours(1));
    Shop::at(data.place(), later, |_| {}).close();
    Shop::at(data.place(), later, |_| {}).close();
    assert_eq!(exported(&data).len(), count + 1);
    assert!(data.report().is_clean());
}

#[tokio::test]
async fn roots_that_were_exported_fit_what_is_there() {
    let data = a_day("root-export").await;
    let roots = exported(&data);
    assert_eq!(roots.len(), 2);
    assert_eq!(against(&data, &roots), [""; 0]);
    assert_eq!(against(&data, &roots[1..]), [""; 0]);
}

#[tokio::test]
async fn a_tail_that_was_removed_with_its_roots_is_found_by_an_exported_one() {
    let data = a_day("root-tail").await;
    let roots = exported(&data);
    // Back to the end of the first minute, as clean as that was.
    let (event, entry) = (roots[0].last_event, roots[0].last_entry);
    let (payment, sale) = (roots[0].last_payment, roots[0].last_sale);
    let early = std::fs::read_to_string(data.0.join(EARLY)).unwrap();
    let copy = data.with_hands(
        "root-tail-copy",
        &format!(
            "delete from chain_root; delete from event where no > {event};
             delete from entry where no > {entry}; delete from payment where no > {payment};
             delete from sale where no > {sale}; delete from dispute; delete from proposal;
             delete from unapplied where no > 1; {early}"
        ),
    );
    assert!(copy.report().is_clean(), "{:#?}", copy.report().findings);
    let found = against(&copy, &roots);
    assert_found(
        &found,
        &format!("event {}: it is missing: root 2 covers it", roots[1].last_event),
    );
    assert_found(&found, "chain_root 2: it is missing, and was exported");
}

#[tokio::test]
async fn a_root_that_was_changed_or_forged_is_found() {
    let data = a_day("root-forged").await;
    for (place, hand) in [
        ("chain_root 1: its digest", "update chain_root set last_entry = 1 where no = 1"),
        ("chain_root 2: its digest", "update chain_root set root = zeroblob(32) where no = 1"),
        ("chain_root 1: its signature", "update chain_root set root = zeroblob(32) where no = 1"),
        (
            "chain_root 1: its signature",
            "update chain_root set signature = zeroblob(64) where no = 1",
        ),
        (
            "chain_root 2: its signature",
            "update chain_root set signature = (select signature from chain_root where no = 1)",
        ),
    ] {
        let report = data.with_hands("root-forged-copy", hand).report();
        let found: Vec<_> = report
            .findings
            .iter()
            .map(|finding| format!("{}: {}", finding.place, finding.what))
            .collect();
        assert_found(&found, place);
    }

    let mut roots = exported(&data);
    roots[0].last_event += 1;
    assert_found(&against(&data, &roots), "exported root 1: it was changed");
}

#[tokio::test]
async fn history_written_anew_with_the_installations_own_keys_is_found() {
    let data = a_day("root-anew").await;
    // Somebody made the same day once more, with the same keys but for one that was drawn at random.
    let again = a_day("root-anew-again").await;
    let roots = exported(&data);
    let found = against(&again, &roots);
    assert_found(&found, "exported root 1: key ");
    assert_found(&found, "chain_root 1: it is not the one that was exported");
    assert_found(&found, &format!("event {}: it, or something before", roots[1].last_event));
}

#[tokio::test]
async fn a_key_that_was_replaced_signs_nothing() {
    let data = a_day("root-key").await;
    let roots = exported(&data);
    let other = [9; 32];
    let sealed = testkit::vault().seal_key(&platform_key_context("chain_root"), &other).unwrap();
    let sql = format!(
        "update platform_key set sealed = x'{}' where name = 'chain_root'",
        hex::encode(sealed)
    );
    let copy = data.with_hands("root-key-copy", &sql);
    let report = copy.report();
    assert_eq!(report.findings_count, 2, "{:#?}", report.findings);
    assert!(report.findings[0].what.contains("signature is not this installation's"));

    let found = against(&copy, &roots);
    assert_found(&found, &format!("exported root 1: key {} signed it", roots[0].key));
    let pair = Ed25519KeyPair::from_seed_unchecked(&other).unwrap();
    let own = hex::encode(pair.public_key().as_ref());
    assert!(found[0].contains(&own), "{found:#?}");
}

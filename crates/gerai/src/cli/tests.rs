//! Whole commands on a real data folder.

use clap::{CommandFactory, Parser};
use domain::{
    ids::{AccountNo, OrderId},
    money::Rupiah,
    payment::State,
    retailer::RetailerKey,
};
use gateway::{
    Environment,
    clock::Clock,
    request::{OpenRequest, Opened, PaymentView, Personal},
};
use storage::sqlite::{Engine, Reader};

use super::*;
use crate::bootstrap::{
    self,
    tests::{NOW, Scratch, config},
};

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    operate: Operate,
}

/// Runs a command line on a data folder; the exit code, or the sentence.
fn gerai(scratch: &Scratch, line: &[&str]) -> Result<String, String> {
    let data = scratch.data();
    let given = ["gerai"].into_iter().chain(line.iter().copied());
    let given = given.chain(["--data", data.to_str().unwrap()]);
    let cli = Cli::try_parse_from(given).map_err(|error| error.to_string())?;
    let code = run(cli.operate).map_err(|error| format!("{error:#}"))?;
    Ok(format!("{code:?}"))
}

/// Runs a command line that must do what it says.
fn done(scratch: &Scratch, line: &[&str]) {
    let success = format!("{:?}", ExitCode::SUCCESS);
    assert_eq!(gerai(scratch, line), Ok(success), "{line:?}");
}

fn reader(scratch: &Scratch) -> Reader {
    Engine::open_reader(&scratch.place()).unwrap()
}

/// A sandbox's data with one pending payment of the demo merchant, and nobody running.
fn with_a_payment(scratch: &Scratch) -> PaymentView {
    let place = scratch.place();
    let clock = Clock::manual(NOW);
    let started = bootstrap::start(&place, &config(""), Environment::Sandbox, clock).unwrap();
    let bootstrap::Started { gateway, committer, .. } = started;
    let committer = std::thread::spawn(move || committer.run());
    let request = OpenRequest {
        account: AccountNo::new(1),
        order: OrderId::new("order-101").unwrap(),
        retailer: RetailerKey::new("alfamart").unwrap(),
        amount: Rupiah::new(50_000).unwrap(),
        expires_at: None,
        lifetime_from: NOW,
        personal: Personal { payer_name: Some("Budi".to_owned()), ..Personal::default() },
        notify_urls: None,
        reuse_after_close: true,
        reuse_after_reversal: false,
        external_id: None,
        idempotency: None,
        received_at: NOW,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let opened = runtime.block_on(gateway.open(request)).unwrap();
    gateway.stop();
    committer.join().unwrap().unwrap();
    match opened {
        Opened::New(view) => *view,
        Opened::Repeated(_) => panic!("nothing to repeat"),
    }
}

#[test]
fn the_definitions_hold_together() {
    Cli::command().debug_assert();
}

#[test]
fn merchants_and_counters_are_kept_from_the_command_line() {
    let scratch = Scratch::new("merchants");
    with_a_payment(&scratch);
    let lines: [&[&str]; 14] = [
        &["merchant", "add", "Toko Maju", "--notification-url", "http://127.0.0.1:3000/n"],
        &["merchant", "list"],
        &["merchant", "list", "--json"],
        &["merchant", "show", "Toko Maju"],
        &["merchant", "set", "Toko Maju", "--name", "Toko Jaya", "--allow", "10.0.0.0/8"],
        &["merchant", "set", "Toko Jaya", "--announce-paid", "when-final", "--rate", "7"],
        &["merchant", "disable", "Toko Jaya"],
        &["merchant", "rotate-key", "Toko Jaya", "--overlap", "1", "--json"],
        &["counter", "add", "Switch A", "--retailer", "alfamart,indomaret"],
        &["counter", "set", "Switch A", "--names-in-full", "true"],
        &["counter", "rotate-key", "counter-demo", "--overlap", "0"],
        &["counter", "disable", "Switch A"],
        &["counter", "show", "Switch A", "--json"],
        &["counter", "list"],
    ];
    for line in lines {
        done(&scratch, line);
    }
    let rows = reader(&scratch).directory().unwrap();
    let account = rows.accounts.last().unwrap();
    assert_eq!(rows.merchants.last().unwrap().name, "Toko Jaya");
    assert_eq!(account.notification_urls, "http://127.0.0.1:3000/n");
    assert_eq!((account.allow_list.as_str(), account.rate_max), ("10.0.0.0/8", 7));
    assert!(account.settings.contains("when_final") && account.disabled);
    let keys: Vec<_> = rows.account_keys.iter().filter(|key| key.account == account.no).collect();
    assert_eq!(keys.len(), 2);
    assert!(keys[0].retires_at.is_some() && keys[1].retires_at.is_none());
    let partner = rows.partners.last().unwrap();
    assert_eq!(
        (partner.name.as_str(), partner.retailers.as_str()),
        ("Switch A", "alfamart,indomaret")
    );
    assert!(partner.settings.contains("names_in_full = true") && partner.disabled);

    let refused: [(&[&str], &str); 5] = [
        (&["merchant", "show", "Toko Maju"], "there is no merchant `Toko Maju`"),
        (&["merchant", "set", "Toko Jaya", "--notification-url", "nowhere"], "must begin with"),
        (&["merchant", "set", "Toko Jaya"], "nothing to change"),
        (&["counter", "open"], "--after-restore"),
        (&["counter", "show", "nobody"], "there is no counter `nobody`"),
    ];
    for (line, why) in refused {
        let error = gerai(&scratch, line).unwrap_err();
        assert!(error.contains(why), "{line:?}: {error}");
    }
}

#[test]
fn a_payment_is_found_by_every_name_and_closed_by_the_operator() {
    let scratch = Scratch::new("payments");
    let payment = with_a_payment(&scratch).payment;
    let (id, code) = (payment.id.to_string(), payment.code.to_string());
    let by_order = ["--merchant", "G000000001", "--order", "order-101"];
    for line in [
        vec!["payment", "show", &id],
        vec!["payment", "show", &code, "--json", "--exchanges"],
        [&["payment", "show"][..], &by_order].concat(),
        vec!["payment", "events", &code],
        vec!["payment", "list", "--merchant", "G000000001", "--state", "pending"],
        vec!["payment", "list", "--limit", "1", "--json"],
        vec!["verify"],
        vec!["payment", "cancel", &code, "--reason", "ticket 17"],
        [&["payment", "cancel", "--reason", "ticket 17"][..], &by_order].concat(),
        vec!["verify", "--json"],
    ] {
        done(&scratch, &line);
    }
    let reader = reader(&scratch);
    let row = reader.payment(payment.no).unwrap().unwrap();
    assert!(matches!(row.payment.state, State::Cancelled(_)));
    let events = reader.events_of(payment.no).unwrap();
    let last = &events.last().unwrap().event;
    assert_eq!(last.actor, domain::event::Actor::Operator);
    assert_eq!(last.reason.as_deref(), Some("ticket 17"));
    assert_eq!(events.len(), 2, "a second cancel changes nothing");

    let refused: [(&[&str], &str); 5] = [
        (&["payment", "expire", &code, "--reason", "x"], "the payment is cancelled"),
        (&["payment", "cancel", &code], "--reason"),
        (&["payment", "show", "8100000000000000"], "there is no such payment"),
        (&["payment", "show"], "required"),
        (&["payment", "list", "--state", "lost"], "possible values"),
    ];
    for (line, why) in refused {
        let error = gerai(&scratch, line).unwrap_err();
        assert!(error.contains(why), "{line:?}: {error}");
    }

    // Without the master key an order id still leads to its payment, and nothing else does.
    let (key, away) = (scratch.data().join("master.key"), scratch.path().join("away"));
    std::fs::rename(&key, &away).unwrap();
    let line = [&["payment", "show"][..], &by_order].concat();
    done(&scratch, &line);
    let error = gerai(&scratch, &["payment", "show", &code]).unwrap_err();
    assert!(error.contains("only with the master key"), "{error}");
}

#[test]
fn a_backup_comes_back_with_its_counters_closed() {
    let scratch = Scratch::new("backup");
    let payment = with_a_payment(&scratch).payment;
    let file = scratch.path().join("copy.db");
    let to = file.to_str().unwrap();
    done(&scratch, &["backup", to]);
    let error = gerai(&scratch, &["backup", to]).unwrap_err();
    assert!(error.contains("is there already"), "{error}");

    let error = gerai(&scratch, &["restore", to]).unwrap_err();
    assert!(error.contains("is not empty"), "{error}");

    // Somebody changed a byte; nothing is left behind.
    let other = Scratch::new("restore");
    let (good, mut bad) = (std::fs::read(&file).unwrap(), std::fs::read(&file).unwrap());
    *bad.last_mut().unwrap() ^= 1;
    std::fs::write(&file, bad).unwrap();
    let error = gerai(&other, &["restore", to]).unwrap_err();
    assert!(error.contains("is not what its manifest says"), "{error}");
    assert!(!other.data().exists());
    std::fs::write(&file, good).unwrap();

    // The key comes from its own copy; the newest backup of a folder is taken.
    std::fs::create_dir(other.data()).unwrap();
    let key = "master.key";
    std::fs::copy(scratch.data().join(key), other.data().join(key)).unwrap();
    let from = scratch.path().to_str().unwrap();
    done(&other, &["restore", from, "--json"]);
    assert!(bootstrap::counters_are_closed(&other.data()));
    done(&other, &["verify"]);
    done(&other, &["payment", "show", &payment.code.to_string()]);

    // Codes that were issued after the backup are not issued again.
    let before = reader(&scratch).directory().unwrap().cursors;
    let after = reader(&other).directory().unwrap().cursors;
    // Those of refund codes, too.
    assert_eq!(after.len(), config("").pools.len() + 1);
    for cursor in before {
        let moved = after.iter().find(|row| row.pool == cursor.pool).unwrap();
        assert!(moved.next > cursor.next + 1_000, "{moved:?}");
    }
    done(&other, &["counter", "open", "--after-restore"]);
    assert!(!bootstrap::counters_are_closed(&other.data()));
}

#[test]
fn instants_for_machines_say_their_zone() {
    let at = serde_json::to_string(&output::At(NOW.plus(domain::time::Span::millis(7)))).unwrap();
    assert_eq!(at, r#""2026-11-21T00:00:00.007+07:00""#);
}

/// Has the gateway started once more, so many minutes later: what happened before is signed.
fn started_later(scratch: &Scratch, minutes: i64) {
    let place = scratch.place();
    let clock = Clock::manual(NOW.plus(domain::time::Span::minutes(minutes)));
    let started = bootstrap::start(&place, &config(""), Environment::Sandbox, clock).unwrap();
    started.gateway.stop();
    started.committer.run().unwrap();
}

#[test]
fn roots_are_kept_elsewhere_and_compared() {
    let scratch = Scratch::new("roots");
    with_a_payment(&scratch);
    started_later(&scratch, 2);
    let file = scratch.path().join("roots.jsonl");
    let to = file.to_str().unwrap();
    done(&scratch, &["chain", "export", "--output", to]);
    done(&scratch, &["chain", "key"]);
    done(&scratch, &["chain", "key", "--json"]);
    done(&scratch, &["verify", "--roots", to, "--threads", "2"]);
    done(&scratch, &["verify", "--roots", to, "--json"]);
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert!(text.starts_with("{\"no\":1,\"committer\":0,"), "{text}");

    let error = gerai(&scratch, &["chain", "export", "--output", to]).unwrap_err();
    assert!(error.contains("cannot make"), "{error}");
    let none = scratch.path().join("none.jsonl");
    let since = ["chain", "export", "--since", "2", "--output", none.to_str().unwrap(), "--json"];
    done(&scratch, &since);
    let error = gerai(&scratch, &["verify", "--roots", none.to_str().unwrap()]).unwrap_err();
    assert!(error.contains("holds no roots"), "{error}");

    // Somebody else's signature, and what is no root at all.
    let something_is_wrong = Ok(format!("{:?}", ExitCode::from(2)));
    let forged = text.replace("\"last_event\":1,", "\"last_event\":2,");
    assert_ne!(forged, text);
    std::fs::write(&file, forged).unwrap();
    assert_eq!(gerai(&scratch, &["verify", "--roots", to]), something_is_wrong);
    for (line, why) in [("{}", "line 1 of"), ("", "holds no roots"), (&text[..99], "line 1 of")] {
        std::fs::write(&file, line).unwrap();
        let error = gerai(&scratch, &["verify", "--roots", to]).unwrap_err();
        assert!(error.contains(why), "{line}: {error}");
    }
}

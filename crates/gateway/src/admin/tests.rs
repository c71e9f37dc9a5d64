//! Commands on a real gateway over rows in memory.

use std::{collections::BTreeMap, thread::JoinHandle};

use domain::{
    money::Rupiah,
    retailer::{
        AdviceCreates, Contract, LateCommit, ReceiptShape, ResponseCodes, Retailer, RetailerKey,
        Retailers, ReversalOfUnknown, SaleKeyForm, Settlement,
    },
    time::{Span, Timestamp},
};
use storage::{
    DirectoryWrite, PlatformKeyRow, StorageError, Writes,
    sqlite::{Engine, Place},
};

use super::*;
use crate::{
    BrandTerms, Environment, Settings, TaxRates,
    clock::Clock,
    directory::{AnnouncePaid, BillLanguage, LatePayment, OtherRetailer, Withholding},
    request::{Close, StatusRequest, Unavailable},
    rows::platform_key_context,
    start::{CHAIN_KEY, PAYMENT_ID_KEY},
    vault::{MasterKey, Vault},
};

const NOW: Timestamp = Timestamp::from_millis(1_795_194_000_000);

/// A running gateway; stopped and joined by [`Running::stop`].
struct Running {
    gateway: Gateway,
    committer: JoinHandle<Result<(), StorageError>>,
    place: Place,
    master: MasterKey,
}

impl Running {
    fn start(name: &str) -> Self {
        let place = Place::Memory(format!("admin-{name}"));
        let master = MasterKey::generate().unwrap();
        let vault = Vault::new(&master).unwrap();
        let mut writer = Engine::open(&place).unwrap();
        let key = |name: &str, plain: &[u8]| {
            let sealed = vault.seal_key(&platform_key_context(name), plain).unwrap();
            DirectoryWrite::PlatformKey(PlatformKeyRow { name: name.to_owned(), sealed })
        };
        let directory = vec![key(PAYMENT_ID_KEY, &[1; 16]), key(CHAIN_KEY, &[2; 32])];
        writer.commit(&Writes { directory, ..Writes::default() }).unwrap();
        let settings = Settings {
            environment: Environment::Sandbox,
            retailers: Retailers::new(vec![retailer("alfamart"), retailer("indomaret")]),
            brands: vec![BrandTerms {
                name: "midtrans".to_owned(),
                retailers: Retailers::default(),
                announces: Vec::new(),
                tells_fees: true,
            }],
            tax: TaxRates::default(),
            calendar: domain::calendar::Calendar::default(),
            reach: crate::reach::Reach::Everything,
            lane_room: 16,
            batch_max: 16,
            refund_codes: None,
            readers_max: 2,
            cache_open: false,
            inbox: None,
            bill: None,
            node: "test".to_owned(),
            patience: std::time::Duration::from_secs(20),
        };
        let clock = Clock::manual(NOW);
        let (gateway, committer) = Gateway::start(settings, clock, &place, writer, vault).unwrap();
        let committer = std::thread::spawn(move || committer.run());
        Self { gateway, committer, place, master }
    }

    async fn ask(&self, command: AdminCommand) -> Result<AdminReply, AdminError> {
        execute(&self.gateway, command).await
    }

    async fn add_merchant(&self, public_id: &str, secret: &str) -> Result<AdminReply, AdminError> {
        let add = MerchantAdd {
            name: format!("Toko {public_id}"),
            brand: "midtrans".to_owned(),
            public_key: None,
            credentials: Some(credentials(public_id, secret)),
            change: MerchantChange::default(),
        };
        self.ask(AdminCommand::MerchantAdd(add)).await
    }

    async fn add_counter(&self, name: &str) -> CounterReply {
        let add = CounterAdd { name: name.to_owned(), change: CounterChange::default() };
        match self.ask(AdminCommand::CounterAdd(add)).await.unwrap() {
            AdminReply::Counter(reply) => reply,
            other => panic!("{other:?}"),
        }
    }

    async fn rotate(&self, public_id: &str, secret: &str, hours: u32) -> Result<(), AdminError> {
        let rotate = MerchantRotateKey {
            merchant: name(public_id),
            purpose: None,
            public_key: None,
            credentials: Some(credentials(public_id, secret)),
            overlap_hours: hours,
        };
        self.ask(AdminCommand::MerchantRotateKey(rotate)).await.map(drop)
    }

    /// Whether somebody who sends this secret is known.
    fn knows(&self, secret: &str) -> bool {
        let now = self.gateway.clock().now();
        let directory = self.gateway.directory();
        directory.account_by_secret("midtrans", "server_key", secret, now).is_some()
    }

    fn stop(self) {
        self.gateway.stop();
        self.committer.join().unwrap().unwrap();
    }
}

fn retailer(key: &str) -> Retailer {
    let key = RetailerKey::new(key).unwrap();
    Retailer {
        key,
        network: key,
        name: key.to_string(),
        amount_min: Rupiah::ZERO,
        amount_max: Rupiah::MAX,
        cash_max: None,
        lifetime_default: Span::hours(24),
        lifetime_min: Span::seconds(20),
        lifetime_max: Span::days(30),
        receipt: ReceiptShape { lines_max: 3, line_width: 40, label_width: 20 },
        opening_hours: String::new(),
        instructions_id: String::new(),
        instructions_en: String::new(),
        contract: Contract {
            sale_key: SaleKeyForm::Sale,
            advice_creates: AdviceCreates::Never,
            advice_max_age: Span::ZERO,
            reversal_of_unknown: ReversalOfUnknown::Remember,
            requires_inquiry: false,
            two_step: false,
            late_commit: LateCommit::Approve,
            reserve_timeout: Span::ZERO,
            reversal_window: Span::ZERO,
            transport_max: Span::minutes(30),
            grace: Span::ZERO,
            business_day_cutoff: Span::ZERO,
            answer_budget: Span::seconds(5),
            response_codes: ResponseCodes { unapplied: "00".to_owned() },
            settlement: Settlement::Gross,
            pause: None,
        },
    }
}

fn name(merchant: &str) -> MerchantName {
    MerchantName { merchant: merchant.to_owned(), brand: None }
}

fn new_secret(secret: &str) -> NewSecret {
    NewSecret { purpose: "server_key".to_owned(), is_shown: true, secret: Secret::new(secret) }
}

fn credentials(public_id: &str, secret: &str) -> NewCredentials {
    NewCredentials {
        public_id: public_id.to_owned(),
        client_key: Some(format!("client-{public_id}")),
        secrets: vec![new_secret(secret)],
        told: Vec::new(),
    }
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

#[tokio::test]
async fn a_merchant_is_added_changed_and_turned_off() {
    let running = Running::start("merchant");
    running.add_merchant("G1", "secret-1").await.unwrap();
    assert!(running.knows("secret-1"));

    let change = MerchantChange {
        name: Some("Toko Baru".to_owned()),
        notification_urls: Some(texts(&["https://a.example/x, http://b.example:81/y"])),
        allow_list: Some(texts(&["203.0.113.7", "2001:db8::/32", "10.1.2.3/8"])),
        rate_max: Some(50),
        announce_paid: Some(AnnouncePaid::WhenFinal),
        late_payment: Some(LatePayment::Accept),
        reuse_after_reversal: Some(Reuse::No),
        idempotency_everywhere: Some(true),
        other_retailer: Some(OtherRetailer::Always),
        payout_days: Some(5),
        advance_cap: Some(250_000),
        withholding: Some(Withholding { permille: 20, label: " PPh 23".to_owned() }),
        events: Some(true),
        events_url: None,
        bill: Some("sms, email,sms".to_owned()),
        bill_language: Some(BillLanguage::En),
        fees: BTreeMap::from([("alfamart".to_owned(), "merchant gateway=2500".to_owned())]),
        options: BTreeMap::from([("strict".to_owned(), "true".to_owned())]),
    };
    let set = MerchantSet { merchant: name("G1"), change };
    running.ask(AdminCommand::MerchantSet(set)).await.unwrap();
    // By its new name, and only what is given changes.
    let turn = MerchantTurn { merchant: name("Toko Baru"), disabled: true };
    running.ask(AdminCommand::MerchantTurn(turn)).await.unwrap();

    let directory = running.gateway.directory();
    let account = directory.accounts().next().unwrap();
    assert_eq!(account.merchant_name, "Toko Baru");
    assert_eq!(account.notification_urls, ["https://a.example/x", "http://b.example:81/y"]);
    let nets: Vec<_> = account.allow_list.iter().map(ToString::to_string).collect();
    assert_eq!(nets, ["203.0.113.7/32", "2001:db8::/32", "10.0.0.0/8"]);
    assert_eq!(account.rate_max, 50);
    assert_eq!(account.settings.announce_paid, AnnouncePaid::WhenFinal);
    assert_eq!(account.settings.late_payment, LatePayment::Accept);
    assert_eq!(account.settings.reuse_after_reversal, Some(false));
    assert!(account.settings.idempotency_everywhere);
    assert_eq!(account.settings.other_retailer, OtherRetailer::Always);
    assert_eq!(account.settings.payout_days, Some(5));
    assert_eq!(account.settings.advance_cap, 250_000);
    assert_eq!(account.settings.withholding.as_ref().unwrap().label, "PPh 23");
    // Nothing is advanced to an account that is turned off.
    assert_eq!(account.advance_cap(), 0);
    assert_eq!(account.fees.plan(retailer("alfamart").key).unwrap().gateway.fixed.get(), 2_500);
    assert_eq!(account.fees.plan(retailer("indomaret").key), None);
    assert_eq!(account.settings.bill.as_ref().unwrap(), &["email", "sms"]);
    assert_eq!(account.settings.bill_language, BillLanguage::En);
    assert_eq!(account.settings.options["strict"], "true");
    assert!(account.disabled);

    let change = MerchantChange {
        notification_urls: Some(texts(&[])),
        reuse_after_reversal: Some(Reuse::Default),
        options: BTreeMap::from([("strict".to_owned(), String::new())]),
        ..MerchantChange::default()
    };
    let set = MerchantSet { merchant: name("G1"), change };
    running.ask(AdminCommand::MerchantSet(set)).await.unwrap();
    let directory = running.gateway.directory();
    let account = directory.accounts().next().unwrap();
    assert!(account.notification_urls.is_empty());
    assert_eq!(account.settings.reuse_after_reversal, None);
    assert!(account.settings.options.is_empty());
    assert_eq!(account.rate_max, 50);
    running.stop();
}

#[tokio::test]
async fn wrong_values_are_refused_by_name_and_nothing_is_written() {
    let running = Running::start("values");
    running.add_merchant("G1", "secret-1").await.unwrap();
    running.add_counter("kasir").await;
    let before = running.gateway.read(|reader| reader.directory()).await.unwrap();

    let urls = |values: &[&str]| MerchantChange {
        notification_urls: Some(texts(values)),
        ..MerchantChange::default()
    };
    let merchants = [
        (urls(&["ftp://a.example/"]), "must begin with https:// or http://"),
        (urls(&["a.example/path"]), "is not a URL"),
        (urls(&["a.example"]), "must begin with https:// or http://"),
        (urls(&["https://"]), "is not a URL"),
        (urls(&["https://user:pw@a.example/"]), "has a user name in it"),
        (urls(&["https://a.example:99999/"]), "is not between 1 and 65535"),
        (urls(&["https://a.example:0/"]), "is not between 1 and 65535"),
        (urls(&["https://a.example/#x"]), "has a fragment"),
        (urls(&["https://a.example/ä"]), "percent-encoded"),
        (urls(&["http://a/,http://b/,http://c/,http://d/"]), "at most 3"),
        (
            MerchantChange {
                allow_list: Some(texts(&["10.0.0.0/33"])),
                ..MerchantChange::default()
            },
            "the network `10.0.0.0/33`: is not CIDR",
        ),
        (
            MerchantChange {
                allow_list: Some(texts(&["example.com"])),
                ..MerchantChange::default()
            },
            "is not CIDR",
        ),
        (
            MerchantChange { rate_max: Some(2_000_000), ..MerchantChange::default() },
            "is above 1000000 a second",
        ),
        (
            MerchantChange { name: Some(" ".to_owned()), ..MerchantChange::default() },
            "the merchant's name ``: is empty",
        ),
        (
            MerchantChange { name: Some("a\u{7}".to_owned()), ..MerchantChange::default() },
            "has control characters",
        ),
        (MerchantChange::default(), "nothing to change"),
    ];
    for (change, why) in merchants {
        let set = MerchantSet { merchant: name("G1"), change: change.clone() };
        let error = running.ask(AdminCommand::MerchantSet(set)).await.unwrap_err().to_string();
        assert!(error.contains(why), "{change:?}: {error}");
    }
    let change = CounterChange { retailers: Some(texts(&["alfamart,alfa"])), ..Default::default() };
    let set = CounterSet { counter: "kasir".to_owned(), change };
    let error = running.ask(AdminCommand::CounterSet(set)).await.unwrap_err().to_string();
    assert_eq!(error, "the retailer `alfa`: is no retailer; there are alfamart, indomaret");

    let turn = |who: &str| MerchantTurn { merchant: name(who), disabled: true };
    let error = running.ask(AdminCommand::MerchantTurn(turn("G2"))).await.unwrap_err();
    assert_eq!(error, AdminError::Unknown { what: "merchant", name: "G2".to_owned() });
    let turn = CounterTurn { counter: "kasse".to_owned(), disabled: true };
    let error = running.ask(AdminCommand::CounterTurn(turn)).await.unwrap_err();
    assert_eq!(error, AdminError::Unknown { what: "counter", name: "kasse".to_owned() });

    let error = running.add_merchant("G1", "another").await.unwrap_err();
    assert_eq!(error, AdminError::Taken { what: "merchant", name: "G1".to_owned() });
    let error = running.add_merchant("G2", "secret-1").await.unwrap_err().to_string();
    assert!(error.contains("is in use already") && !error.contains("secret-1"), "{error}");
    let add = CounterAdd { name: "kasir".to_owned(), change: CounterChange::default() };
    let error = running.ask(AdminCommand::CounterAdd(add)).await.unwrap_err();
    assert_eq!(error, AdminError::Taken { what: "counter", name: "kasir".to_owned() });

    let after = running.gateway.read(|reader| reader.directory()).await.unwrap();
    assert_eq!(before, after);
    running.stop();
}

#[tokio::test]
async fn an_old_secret_lives_as_long_as_it_was_said() {
    let running = Running::start("rotate");
    running.add_merchant("G1", "old").await.unwrap();
    running.rotate("G1", "new", 24).await.unwrap();
    assert!(running.knows("old") && running.knows("new"));
    let directory = running.gateway.directory();
    assert_eq!(directory.accounts().next().unwrap().key("server_key").unwrap().expose(), "new");

    let error = running.rotate("G1", "newer", 24).await.unwrap_err();
    assert_eq!(error, AdminError::TwoKeysLive("server_key".to_owned()));
    let error = running.rotate("G1", "newer", 721).await.unwrap_err().to_string();
    assert!(error.contains("longer than 720 hours"), "{error}");

    running.gateway.clock().advance(Span::hours(24));
    assert!(!running.knows("old") && running.knows("new"));
    // At once: whoever holds the stolen secret is out.
    running.rotate("G1", "newest", 0).await.unwrap();
    assert!(!running.knows("new") && running.knows("newest"));
    running.stop();
}

#[tokio::test]
async fn a_partner_gets_a_second_key_and_no_third() {
    let running = Running::start("counter");
    let first = running.add_counter("kasir").await.key.unwrap();
    let rotate = |who: &str, overlap_hours| {
        AdminCommand::CounterRotateKey(CounterRotateKey { counter: who.to_owned(), overlap_hours })
    };
    // A partner is found by its key id too.
    let reply = running.ask(rotate(&first.key_id, 1)).await.unwrap();
    let AdminReply::Counter(CounterReply { key: Some(second), older_until_ms, .. }) = reply else {
        panic!("{reply:?}");
    };
    assert_eq!(older_until_ms, Some(NOW.plus(Span::hours(1)).millis()));
    assert_ne!(first.key_id, second.key_id);
    let error = running.ask(rotate("kasir", 1)).await.unwrap_err();
    assert_eq!(error, AdminError::TwoKeysLive("key".to_owned()));

    let directory = running.gateway.directory();
    for key in [&first, &second] {
        let (_, secret) = directory.partner_by_key(&key.key_id, NOW).unwrap();
        assert_eq!(secret, &key.secret);
    }
    let later = NOW.plus(Span::hours(1));
    assert!(directory.partner_by_key(&first.key_id, later).is_none());
    assert!(directory.partner_by_key(&second.key_id, later).is_some());
    running.stop();
}

#[tokio::test]
async fn another_master_key_opens_everything_and_the_old_one_nothing() {
    let running = Running::start("master");
    running.add_merchant("G1", "secret-1").await.unwrap();
    running.add_counter("kasir").await;
    let new = MasterKey::generate().unwrap();
    rotate_master_key(&running.gateway, &new).await.unwrap();
    // What is made afterwards is under the new key too.
    running.add_merchant("G2", "secret-2").await.unwrap();
    assert!(running.knows("secret-1") && running.knows("secret-2"));

    let rows = Engine::open_reader(&running.place).unwrap().sealed_keys().unwrap();
    assert_eq!(rows.account_keys.len(), 2);
    opens(&rows, &Vault::new(&new).unwrap()).unwrap();
    for (no, sealed) in &rows.account_keys {
        let old = Vault::new(&running.master).unwrap();
        assert!(old.open_key(&crate::rows::account_key_context(*no), sealed).is_err());
    }
    running.stop();
}

#[tokio::test]
async fn after_a_restore_counters_wait_until_they_are_opened() {
    let running = Running::start("closed");
    running.gateway.close_counters();
    let status = || StatusRequest {
        partner: domain::ids::PartnerNo::new(1),
        code: domain::code::PaymentCode::new("8127740588870520").unwrap(),
        sale: domain::sale::SaleKey::new("1").unwrap().into(),
        sale_sent: "1".to_owned(),
        outlet: None,
        till_at: None,
        render: |_, _| Vec::new(),
    };
    let closed = running.gateway.sale_status(status()).await.unwrap_err();
    assert_eq!(closed, Unavailable::CountersClosed);
    running.ask(AdminCommand::CounterOpen).await.unwrap();
    assert!(running.gateway.sale_status(status()).await.is_ok());
    running.stop();
}

#[tokio::test]
async fn a_payment_that_is_not_there_is_not_closed() {
    let running = Running::start("payment");
    running.add_merchant("G1", "secret-1").await.unwrap();
    let close = |payment: PaymentName, reason: &str| {
        AdminCommand::PaymentClose(PaymentClose {
            payment,
            how: Close::Cancel,
            reason: reason.to_owned(),
        })
    };
    let order = |merchant| PaymentName::Order { merchant: name(merchant), order: "1".to_owned() };
    let id = "0193a5f0-0000-7000-8000-000000000000";
    let cases = [
        (close(PaymentName::Text(id.to_owned()), "asked"), "no such payment"),
        (close(PaymentName::Text("8127740588870520".to_owned()), "asked"), "no such payment"),
        (close(PaymentName::Text("not/a/code".to_owned()), "asked"), "neither a payment id nor"),
        (close(PaymentName::Text(id.to_owned()), "  "), "the reason ``: is empty"),
        (close(order("G1"), "asked"), "no such payment"),
        (close(order("G2"), "asked"), "no merchant `G2`"),
    ];
    for (command, why) in cases {
        let error = running.ask(command.clone()).await.unwrap_err().to_string();
        assert!(error.contains(why), "{command:?}: {error}");
    }
    running.stop();
}

#[test]
fn debug_output_tells_no_secret() {
    let credentials = credentials("G1", "very-secret");
    assert!(!format!("{credentials:?}").contains("very-secret"));
}

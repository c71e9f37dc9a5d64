//! For tests only: a whole gateway over a real engine, on a clock that stands still.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot start must fail")]

mod refusals;
mod retailers;
mod somewhere;
mod standings;

use std::thread::JoinHandle;

use bytes::Bytes;
use domain::{
    calendar::Calendar,
    code::PaymentCode,
    event::Announcement,
    ids::{AccountNo, MerchantNo, PartnerNo, PoolNo},
    money::Rupiah,
    retailer::Retailers,
    sale::{Operation, SaleKey},
    time::Timestamp,
};
use gateway::{
    BrandTerms, Environment, Gateway, Settings, TaxRates,
    clock::Clock,
    reach::Reach,
    request::{CounterAnswer, CounterRequest},
    rows::{account_key_context, partner_key_context, platform_key_context, pool_key_context},
    start::{CHAIN_KEY, PAYMENT_ID_KEY},
    vault::{MasterKey, Vault, key_fingerprint},
};
pub use refusals::{open_refusals, refusal_name};
pub use retailers::{each_retailer, key, retailers};
pub use somewhere::{Somewhere, cases};
pub use standings::state;
use storage::{
    AccountKeyRow, AccountRow, DirectoryWrite, MerchantRow, PartnerKeyRow, PartnerRow,
    PlatformKeyRow, PoolRow, StorageError, Writes,
    sqlite::{Engine, Place},
};

/// 2026-11-21 14:00:00 WIB.
pub const START: Timestamp = Timestamp::from_millis(1_795_244_400_000);
/// The first merchant's account.
pub const ACCOUNT: AccountNo = AccountNo::new(1);
/// Another merchant's.
pub const OTHER_ACCOUNT: AccountNo = AccountNo::new(2);
/// Who serves every retailer.
pub const PARTNER: PartnerNo = PartnerNo::new(1);
/// The one master key of all tests.
const MASTER: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// An account of another dialect.
#[derive(Debug, Clone, Copy)]
pub struct Stall<'a> {
    /// The dialect's brand.
    pub brand: &'a str,
    /// Its public name for the merchant.
    pub public_id: &'a str,
    /// The keys, each with its purpose.
    pub keys: &'a [(&'a str, &'a str)],
    /// The account's settings, as TOML.
    pub settings: &'a str,
}

/// A gateway with two merchants, one partner, and its committer on a thread.
#[derive(Debug)]
pub struct Shop {
    /// The gateway.
    pub gateway: Gateway,
    /// Where its rows are.
    pub place: Place,
    committer: Option<JoinHandle<Result<(), StorageError>>>,
    // The last field: it goes when nothing uses it any more.
    somewhere: Option<Somewhere>,
}

impl Shop {
    /// In an empty place, with the usual retailers.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// In an empty place, with settings changed by `change`.
    pub fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::furnished_somewhere(START, &[], change)
    }

    /// In an empty place at `now`, with more accounts of the first merchant, numbered from 3, and settings
    /// changed by `change`, which has to add their brands.
    pub fn serving(
        stalls: &[Stall<'_>],
        now: Timestamp,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        Self::furnished_somewhere(now, stalls, change)
    }

    fn furnished_somewhere(
        now: Timestamp,
        stalls: &[Stall<'_>],
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let somewhere = Somewhere::new();
        let mut shop = Self::furnished(somewhere.place.clone(), now, stalls, change);
        shop.somewhere = Some(somewhere);
        shop
    }

    /// At `place`, opened at `now`; what lies there already is used.
    pub fn at(place: Place, now: Timestamp, change: impl FnOnce(&mut Settings)) -> Self {
        Self::furnished(place, now, &[], change)
    }

    fn furnished(
        place: Place,
        now: Timestamp,
        stalls: &[Stall<'_>],
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let mut writer = Engine::open(&place).expect("the place opens");
        let vault = vault();
        if writer.directory().expect("a directory").pools.is_empty() {
            writer.commit(&furniture(&vault, stalls)).expect("the first rows are written");
        }
        let mut settings = settings(retailers());
        change(&mut settings);
        let (gateway, committer) =
            Gateway::start(settings, Clock::manual(now), &place, writer, vault).expect("it starts");
        let committer = std::thread::spawn(move || committer.run());
        Self { gateway, place, committer: Some(committer), somewhere: None }
    }

    /// What a till that says no more than it must hears of a sale of so much, which it calls as its
    /// code.
    pub async fn tell(
        &self,
        operation: Operation,
        store: &str,
        code: &str,
        amount: i64,
    ) -> CounterAnswer {
        let now = self.gateway.clock().now();
        let request = CounterRequest {
            operation,
            partner: PARTNER,
            retailer: key(store),
            code: PaymentCode::new(code).unwrap(),
            sale: SaleKey::new(code).unwrap().into(),
            sale_sent: code.to_owned(),
            outlet: String::new(),
            terminal: String::new(),
            receipt_no: None,
            till_at: now,
            received_at: now,
            amount: Some(Rupiah::new(amount).unwrap()),
            cash: None,
            reason: None,
            raw: Bytes::new(),
            render: |_, _| Vec::new(),
        };
        self.gateway.counter(request).await.unwrap().answer.unwrap()
    }

    /// Stops the committer and waits for it.
    pub fn close(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        self.gateway.stop();
        if let Some(committer) = self.committer.take() {
            committer.join().expect("the committer does not panic").expect("it ends well");
        }
    }
}

impl Default for Shop {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The vault of all tests.
pub fn vault() -> Vault {
    Vault::new(&MasterKey::from_hex(MASTER).unwrap()).unwrap()
}

/// A sandbox over these retailers, which tells its merchants everything.
pub fn settings(retailers: Retailers) -> Settings {
    Settings {
        environment: Environment::Sandbox,
        brands: vec![BrandTerms {
            name: "midtrans".to_owned(),
            retailers: retailers.clone(),
            announces: Announcement::ALL.to_vec(),
            tells_fees: true,
        }],
        retailers,
        tax: TaxRates::default(),
        calendar: Calendar::default(),
        reach: Reach::Everything,
        lane_room: 4_096,
        batch_max: 256,
        refund_codes: None,
        readers_max: 2,
        cache_open: true,
        inbox: None,
        bill: None,
        node: "test".to_owned(),
        patience: std::time::Duration::from_secs(20),
    }
}

/// Merchants, partner, pools and keys.
fn furniture(vault: &Vault, stalls: &[Stall<'_>]) -> Writes {
    let mut directory = Vec::new();
    let platform_key = |name: &str, key: &[u8]| {
        let sealed = vault.seal_key(&platform_key_context(name), key).unwrap();
        DirectoryWrite::PlatformKey(PlatformKeyRow { name: name.to_owned(), sealed })
    };
    directory.push(platform_key(PAYMENT_ID_KEY, &[5; 16]));
    directory.push(platform_key(CHAIN_KEY, &[6; 32]));
    let pools = [
        (1, "alfa", 16, "81", 1),
        (2, "indomaret", 12, "57", 1),
        // A thousand codes a shard, so that it can be used up.
        (3, "tiny", 9, "58", 1_000),
        (4, "pegadaian", 16, "61", 1),
        (5, "pos_indonesia", 16, "62", 1),
        (6, "refund", 16, "92", 1),
    ];
    for (no, network, length, prefix, shards) in pools {
        let key = [u8::try_from(no).unwrap(); 32];
        directory.push(DirectoryWrite::Pool(PoolRow {
            no: PoolNo::new(no),
            network: network.to_owned(),
            length,
            prefix: prefix.to_owned(),
            shards,
            sealed: vault.seal_key(&pool_key_context(no), &key).unwrap(),
            fingerprint: key_fingerprint(&key),
            created_at: START,
        }));
    }
    for no in [1, 2] {
        merchant(vault, no, &mut directory);
    }
    let mut key_no = 2;
    for (no, stall) in (3..).zip(stalls) {
        directory.push(account(no, 1, stall.brand, stall.public_id, stall.settings));
        for (purpose, secret) in stall.keys {
            key_no += 1;
            directory.push(account_key(vault, key_no, no, purpose, secret));
        }
    }
    directory.push(DirectoryWrite::Partner(PartnerRow {
        no: PARTNER,
        name: "switch".to_owned(),
        retailers: String::new(),
        allow_list: String::new(),
        settings: String::new(),
        disabled: false,
        created_at: START,
    }));
    directory.push(DirectoryWrite::PartnerKey(PartnerKeyRow {
        no: 1,
        partner: PARTNER,
        key_id: "switch-1".to_owned(),
        sealed: vault.seal_key(&partner_key_context(1), b"partner-secret").unwrap(),
        created_at: START,
        retires_at: None,
    }));
    Writes { directory, ..Writes::default() }
}

fn merchant(vault: &Vault, no: i64, directory: &mut Vec<DirectoryWrite>) {
    directory.push(DirectoryWrite::Merchant(MerchantRow {
        no: MerchantNo::new(no),
        name: format!("Toko {no}"),
        created_at: START,
    }));
    directory.push(account(no, no, "midtrans", &format!("G00000000{no}"), ""));
    let secret = format!("merchant-secret-{no}");
    directory.push(account_key(vault, no, no, "server_key", &secret));
}

fn account(no: i64, merchant: i64, brand: &str, public_id: &str, settings: &str) -> DirectoryWrite {
    DirectoryWrite::Account(AccountRow {
        no: AccountNo::new(no),
        merchant: MerchantNo::new(merchant),
        brand: brand.to_owned(),
        public_id: public_id.to_owned(),
        client_key: None,
        shard: 0,
        notification_urls: "http://127.0.0.1:9/hook".to_owned(),
        allow_list: String::new(),
        rate_max: 0,
        settings: settings.to_owned(),
        disabled: false,
        created_at: START,
    })
}

fn account_key(
    vault: &Vault,
    no: i64,
    account: i64,
    purpose: &str,
    secret: &str,
) -> DirectoryWrite {
    DirectoryWrite::AccountKey(AccountKeyRow {
        no,
        account: AccountNo::new(account),
        purpose: purpose.to_owned(),
        sealed: vault.seal_key(&account_key_context(no), secret.as_bytes()).unwrap(),
        created_at: START,
        retires_at: None,
    })
}

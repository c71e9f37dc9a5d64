//! Payments for tests, after the contract's test vectors.

use domain::{
    code::PaymentCode,
    ids::{AccountNo, MerchantNo, OrderId, PaymentNo, SaleNo},
    money::{Fee, Rupiah},
    payment::{Announce, Payment, Taking},
    retailer::RetailerKey,
    time::{Span, Timestamp},
};
use gateway::{
    directory::{Account, AccountKey, AccountSettings, Fees, Secret},
    request::{PaymentView, Personal},
};

use crate::{DEMO, stamp};

/// An instant.
pub(crate) fn at(text: &str) -> Timestamp {
    stamp::parse(text).unwrap()
}

/// The demo merchant.
pub(crate) fn account() -> Account {
    let key = |(no, (purpose, secret)): (i64, &(&str, &str))| AccountKey {
        no,
        purpose: (*purpose).to_owned(),
        secret: Secret::new(*secret),
        retires_at: None,
    };
    Account {
        no: AccountNo::new(1),
        merchant: MerchantNo::new(1),
        merchant_name: "Toko Contoh".to_owned(),
        brand: crate::BRAND.to_owned(),
        public_id: DEMO.public_id.to_owned(),
        client_key: None,
        shard: 0,
        keys: (1..).zip(DEMO.secrets).map(key).collect(),
        notification_urls: Vec::new(),
        allow_list: Vec::new(),
        rate_max: 0,
        settings: AccountSettings::default(),
        fees: Fees::default(),
        disabled: false,
    }
}

/// The demo merchant with options set.
pub(crate) fn account_with(options: &[(&str, &str)]) -> Account {
    let mut account = account();
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    account.settings.options.extend(options.iter().map(owned));
    account
}

/// The payment of vector B, standing as `standing` says: a state's name, or one of the words of
/// rule 27.
pub(crate) fn view(standing: &str) -> PaymentView {
    let opened_at = at("2024-09-18T13:36:37.250+07:00");
    let expires_at = at("2024-09-19T13:36:37+07:00");
    let paid_at = if standing == "paid late" {
        expires_at.plus(Span::hours(1))
    } else {
        at("2024-09-18T13:45:09+07:00")
    };
    let taking = Taking {
        sale: SaleNo::new(84_123_432_248),
        retailer: RetailerKey::new("alfamidi").unwrap(),
        till_at: paid_at,
        paid_at,
        business_date: paid_at.business_date(),
        final_after: paid_at.plus(Span::minutes(35)),
        is_final: standing == "final",
    };
    let payment = Payment {
        no: PaymentNo::new(1),
        id: "0192038a-8f72-7c4e-9d35-2d740d54c1a9".parse().unwrap(),
        account: AccountNo::new(1),
        order: OrderId::new("INV-20240918-0001").unwrap(),
        opened_for: RetailerKey::new("alfamart").unwrap(),
        code: PaymentCode::new("8127740588870520").unwrap(),
        slot: None,
        lap: 0,
        amount: Rupiah::new(10_000).unwrap(),
        fee: Fee::NONE,
        opened_at,
        expires_at,
        announce: if standing == "held" { Announce::WhenFinal } else { Announce::AtOnce },
        superseded: false,
        family: None,
        state: testkit::state(standing, taking, expires_at),
    };
    PaymentView { payment, personal: Personal::default(), notify_urls: None }
}

/// `SplitMix64` (Vigna): the same numbers at every run.
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound).unwrap()
    }
}

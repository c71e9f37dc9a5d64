//! Payments for tests, after the vendor's own samples.

use dialect::parse_wib;
use domain::{
    code::PaymentCode,
    ids::{AccountNo, MerchantNo, OrderId, PaymentNo, SaleNo},
    money::{Bearer, Fee, Rupiah},
    payment::{Announce, Payment, Taking},
    retailer::RetailerKey,
    time::{Span, Timestamp},
};
use gateway::{
    directory::{Account, AccountKey, AccountSettings, Fees, Secret},
    request::{PaymentView, Personal},
};

use crate::{brand::Brand, memo::Memo};

/// An instant in WIB.
pub(crate) fn at(text: &str) -> Timestamp {
    parse_wib(text).unwrap()
}

/// A merchant of this brand with the key and token that the vendor publishes.
pub(crate) fn account(brand: Brand) -> Account {
    let key = |no, secret| AccountKey {
        no,
        purpose: crate::TOKEN.to_owned(),
        secret: Secret::new(secret),
        retires_at: None,
    };
    Account {
        no: AccountNo::new(1),
        merchant: MerchantNo::new(1),
        merchant_name: "Toko Contoh".to_owned(),
        brand: brand.name().to_owned(),
        public_id: "SC-KRW9ESNZUUKQXOOX".to_owned(),
        client_key: None,
        shard: 0,
        // Newest first; what is older may still be used, but does not sign.
        keys: vec![key(2, "jlaVHot4XGnCqYU8FI20GHwkv6RMOT2t"), key(1, "an older token")],
        notification_urls: Vec::new(),
        allow_list: Vec::new(),
        rate_max: 0,
        settings: AccountSettings::default(),
        fees: Fees::default(),
        disabled: false,
    }
}

/// The payment of the brand's documented sample, standing as `standing` says: a state's name, or one
/// of the words of rule 27.
pub(crate) fn view(brand: Brand, standing: &str, bearer: Bearer) -> PaymentView {
    let (id, order, amount, fee, opened_at, view_name) = match brand {
        Brand::Cronos => (
            "574ef7b6-02b3-459f-834e-75f20a072f48",
            "123456",
            100_000,
            3_000,
            "2023-07-13 10:35:59",
            "Mr. Gentur",
        ),
        Brand::Sengo => (
            "66e934f6-f5d6-4f1c-bb3d-450ec2873782",
            "REFF012",
            10_000,
            85,
            "2025-03-23 09:54:58",
            "Merchant Name",
        ),
    };
    let opened_at = at(opened_at);
    let expires_at = opened_at.plus(Span::minutes(30));
    let late = if standing == "paid late" { Span::hours(1) } else { Span::ZERO };
    let paid_at = opened_at.plus(Span::minutes(5)).plus(late);
    let taking = Taking {
        sale: SaleNo::new(1),
        retailer: RetailerKey::new("alfamart").unwrap(),
        till_at: paid_at,
        paid_at,
        business_date: paid_at.business_date(),
        final_after: paid_at.plus(Span::minutes(35)),
        is_final: standing == "final",
    };
    let payment = Payment {
        no: PaymentNo::new(1),
        id: id.parse().unwrap(),
        account: AccountNo::new(1),
        order: OrderId::new(order).unwrap(),
        opened_for: taking.retailer,
        code: PaymentCode::new("12345678901").unwrap(),
        slot: None,
        lap: 0,
        amount: Rupiah::new(amount).unwrap(),
        fee: Fee::of_gateway(Rupiah::new(fee).unwrap(), bearer),
        opened_at,
        expires_at,
        announce: if standing == "held" { Announce::WhenFinal } else { Announce::AtOnce },
        superseded: false,
        family: None,
        state: testkit::state(standing, taking, expires_at),
    };
    let memo = Memo {
        view_name: view_name.to_owned(),
        callback: "http://your-site-callback.com/notify".to_owned(),
        phone_number: "082195395779".to_owned(),
    };
    let notify_urls = Some(vec![memo.callback.clone()]);
    let personal = Personal { memo: memo.to_stored(), ..Personal::default() };
    PaymentView { payment, personal, notify_urls }
}

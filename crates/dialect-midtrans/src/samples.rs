//! Payments for tests, after the vendor's own samples.

use dialect::parse_wib;
use domain::{
    code::PaymentCode,
    ids::{AccountNo, MerchantNo, OrderId, PaymentNo, SaleNo},
    money::{Fee, Rupiah},
    payment::{Announce, Payment, Taking},
    retailer::{
        AdviceCreates, Contract, LateCommit, NetworkKey, ReceiptShape, ResponseCodes, Retailer,
        RetailerKey, ReversalOfUnknown, SaleKeyForm, Settlement,
    },
    time::{Span, Timestamp},
};
use gateway::{
    directory::{Account, AccountKey, AccountSettings, Fees, Secret},
    request::{PaymentView, Personal},
};

/// An instant in WIB.
pub(crate) fn at(text: &str) -> Timestamp {
    parse_wib(text).unwrap()
}

/// A merchant that signs with `SB-Mid-server-test`.
pub(crate) fn account() -> Account {
    let secret = Secret::new("SB-Mid-server-test");
    let purpose = crate::SERVER_KEY.to_owned();
    Account {
        no: AccountNo::new(1),
        merchant: MerchantNo::new(1),
        merchant_name: "Toko Contoh".to_owned(),
        brand: crate::BRAND.to_owned(),
        public_id: "G812785002".to_owned(),
        client_key: None,
        shard: 0,
        keys: vec![AccountKey { no: 1, purpose, secret, retires_at: None }],
        notification_urls: Vec::new(),
        allow_list: Vec::new(),
        rate_max: 0,
        settings: AccountSettings::default(),
        fees: Fees::default(),
        disabled: false,
    }
}

/// The payment of the vendor's sample for `store`, standing as `standing` says: a state's name, or
/// one of the words of rule 27.
pub(crate) fn view(store: &str, standing: &str, memo: &str) -> PaymentView {
    let (id, order, code, amount, opened_at, paid_at) = match store {
        "alfamart" => (
            "d615df87-c96f-4f5c-9d35-2d740d54c1a9",
            "order-101o-1578557780",
            "8127740588870520",
            162_500,
            "2020-01-09 15:16:19",
            "2020-01-09 15:20:09",
        ),
        "indomaret" => (
            "9b3951a4-da50-4089-86df-161d3e9251df",
            "order-101n-1578557719",
            "578112341234",
            44_000,
            "2020-01-09 15:15:19",
            "2020-01-09 15:22:07",
        ),
        other => panic!("no sample for {other}"),
    };
    let opened_at = at(opened_at);
    let expires_at = opened_at.plus(Span::hours(24));
    let paid_at =
        if standing == "paid late" { expires_at.plus(Span::hours(1)) } else { at(paid_at) };
    let taking = Taking {
        sale: SaleNo::new(84_123_432_248),
        retailer: RetailerKey::new(store).unwrap(),
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
        code: PaymentCode::new(code).unwrap(),
        slot: None,
        lap: 0,
        amount: Rupiah::new(amount).unwrap(),
        fee: Fee::NONE,
        opened_at,
        expires_at,
        announce: if standing == "held" { Announce::WhenFinal } else { Announce::AtOnce },
        superseded: false,
        family: None,
        state: testkit::state(standing, taking, expires_at),
    };
    let personal = Personal { memo: memo.to_owned(), ..Personal::default() };
    PaymentView { payment, personal, notify_urls: None }
}

/// A retailer of `network` with the gateway's own limits.
pub(crate) fn retailer(key: &str, network: &str, lines_max: usize) -> Retailer {
    Retailer {
        key: RetailerKey::new(key).unwrap(),
        network: NetworkKey::new(network).unwrap(),
        name: key.to_owned(),
        amount_min: Rupiah::new(10_000).unwrap(),
        amount_max: Rupiah::new(5_000_000).unwrap(),
        cash_max: None,
        lifetime_default: Span::hours(24),
        lifetime_min: Span::seconds(20),
        lifetime_max: Span::days(180),
        receipt: ReceiptShape { lines_max, line_width: 40, label_width: 20 },
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

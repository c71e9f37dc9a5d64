//! Every state and every refusal has its word in every dialect, and the dossiers tell the same as the
//! code does (rule 27).

use std::collections::BTreeMap;

use dialect::Shell;
use domain::{
    ids::SaleNo,
    payment::{Shown, Taking},
    retailer::RetailerKey,
    time::{BusinessDate, Timestamp},
};
use testkit::{open_refusals, refusal_name};

use super::*;

/// What a payment may be, and how the row of a dossier's table that says so begins or is marked.
const STANDINGS: [(&str, Standing); 16] = [
    ("opening", Standing { looks: Looks::Pending, told: None }),
    ("pending", Standing { looks: Looks::Pending, told: Some(Announcement::Pending) }),
    ("reserved", Standing { looks: Looks::Pending, told: None }),
    ("given up", Standing { looks: Looks::Pending, told: None }),
    ("in grace", Standing { looks: Looks::Pending, told: None }),
    ("not yet swept", Standing { looks: Looks::Pending, told: None }),
    ("paid", Standing { looks: Looks::Paid, told: Some(Announcement::Paid) }),
    ("held", Standing { looks: Looks::Pending, told: None }),
    ("paid and final", Standing { looks: Looks::Paid, told: Some(Announcement::Paid) }),
    ("settled", Standing { looks: Looks::Paid, told: None }),
    ("paid late", Standing { looks: Looks::Paid, told: Some(Announcement::Paid) }),
    // The payment stays as it was; it has no word of its own.
    ("unapplied", Standing { looks: Looks::AsItWas, told: None }),
    ("reversed", Standing { looks: Looks::Reversed, told: Some(Announcement::Reversed) }),
    // No wire has a word for it: it is the operator's, and never a silent refusal.
    ("clawed back", Standing { looks: Looks::Paid, told: None }),
    ("cancelled", Standing { looks: Looks::Cancelled, told: Some(Announcement::Cancelled) }),
    ("expired", Standing { looks: Looks::Expired, told: Some(Announcement::Expired) }),
];

#[derive(Clone, Copy)]
struct Standing {
    looks: Looks,
    told: Option<Announcement>,
}

#[derive(Clone, Copy)]
enum Looks {
    Pending,
    Paid,
    Reversed,
    Cancelled,
    Expired,
    AsItWas,
}

impl Looks {
    fn shown(self) -> Option<Shown> {
        let taking = Taking {
            sale: SaleNo::new(1),
            retailer: RetailerKey::new("alfamart").unwrap(),
            till_at: Timestamp::from_millis(0),
            paid_at: Timestamp::from_millis(0),
            business_date: BusinessDate::from_days(0),
            final_after: Timestamp::from_millis(0),
            is_final: true,
        };
        match self {
            Self::Pending => Some(Shown::Pending),
            Self::Paid => Some(Shown::Paid(taking)),
            Self::Reversed => Some(Shown::Reversed(taking)),
            Self::Cancelled => Some(Shown::Cancelled),
            Self::Expired => Some(Shown::Expired),
            Self::AsItWas => None,
        }
    }
}

/// The rows of the table under a heading, as cells; the first row is the table's head.
fn table(dossier: &str, heading: &str) -> Vec<Vec<String>> {
    let wanted = format!("# {heading}");
    let mut lines = dossier.lines().skip_while(|line| *line != wanted);
    assert!(lines.next().is_some(), "there is no `{wanted}`");
    lines
        .take_while(|line| !line.starts_with("# "))
        .filter(|line| line.starts_with('|') && !line.starts_with("| ---"))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// The row of a standing: the one that is called so, or that alone mentions it.
fn row<'a>(rows: &'a [Vec<String>], standing: &str) -> Option<&'a Vec<String>> {
    let begins = |row: &&Vec<String>| {
        let name = row[0].to_lowercase();
        let name = name.split([',', '(']).next().unwrap_or_default().trim().to_owned();
        name == standing
    };
    let mentions = |row: &&Vec<String>| row[0].to_lowercase().contains(standing);
    rows.iter().find(begins).or_else(|| {
        let mut found = rows.iter().filter(mentions);
        found.next().filter(|_| found.next().is_none())
    })
}

#[test]
fn every_state_has_its_word_and_the_dossiers_say_so() {
    for dialect in DIALECTS {
        let title = dialect.title();
        let rows = table(dialect.dossier(), "What a merchant sees of each state");
        let (head, rows) = rows.split_first().unwrap();
        let told_at = head.iter().position(|cell| cell == "notified").unwrap();
        for (name, standing) in STANDINGS {
            let row = row(rows, name).unwrap_or_else(|| panic!("{title} has no row for {name}"));
            if let Some(shown) = standing.looks.shown() {
                let word = format!("`{}`", dialect.word(&shown));
                assert_eq!(row[1], word, "{title}: {name}");
            }
            let is_told = standing.told.is_some_and(|news| dialect.announces(news));
            let says_no = row[told_at].starts_with("no");
            assert_eq!(!says_no && !row[told_at].is_empty(), is_told, "{title}: {name}: {row:?}");
        }
    }
}

#[test]
fn every_refusal_has_its_code_and_the_dossiers_say_so() {
    for dialect in DIALECTS {
        let title = dialect.title();
        let rows = table(dialect.dossier(), "What a merchant is told when a payment is not opened");
        let told: BTreeMap<_, _> = rows
            .iter()
            .skip(1)
            .map(|row| (row[0].trim_matches('`').to_owned(), row[1].replace('`', "")))
            .collect();
        for refusal in open_refusals() {
            let name = refusal_name(refusal);
            let says = told.get(name).unwrap_or_else(|| panic!("{title} has no row for {name}"));
            let code = dialect.refusal(refusal);
            assert!(says.starts_with(&code), "{title}: {name} is {code}, not {says}");
        }
        assert_eq!(
            told.len(),
            open_refusals().len(),
            "{title} tells of refusals that do not exist"
        );
    }
}

/// A code that is opened for one retailer is taken by its whole network, whatever the dialect offers.
#[test]
fn no_dialect_loses_a_retailer() {
    let base = testkit::retailers();
    for dialect in DIALECTS {
        let offered = dialect.retailers(&base);
        let keys = |retailers: &Retailers| -> Vec<_> { retailers.iter().map(|r| r.key).collect() };
        assert_eq!(keys(&offered), keys(&base), "{}", dialect.title());
    }
}

#[test]
fn brands_are_told_apart() {
    let mut seen = BTreeMap::new();
    for dialect in DIALECTS {
        assert!(seen.insert(dialect.brand(), dialect.title()).is_none(), "{}", dialect.brand());
        for option in dialect.options() {
            assert!(option.check(option.default).is_ok(), "{option:?}");
        }
        for demo in dialect.demo() {
            assert!(demo.fee_plan.is_none() || dialect.tells_fees(), "{}", dialect.title());
        }
    }
}

#[test]
fn a_sandbox_can_be_asked_for_every_refusal() {
    let shop = testkit::Shop::new();
    let shell = Shell::new(shop.gateway.clone(), LIMITS, 0, "http://pay.example");
    for (brand, path) in [
        ("midtrans", "/v2/charge"),
        ("cronos", "/api/retail"),
        ("sengo", "/api/retail"),
        ("ayolinx", "/v1.0/retail/create"),
    ] {
        let dialect = speaking(brand).unwrap();
        for refusal in open_refusals() {
            let code = dialect.refusal(refusal);
            let answer = dialect.turned_down(&shell, path, &code);
            assert!(answer.is_some(), "{brand}: {refusal:?} {code}");
        }
        assert!(dialect.turned_down(&shell, path, "no-code").is_none());
        assert!(dialect.turned_down(&shell, "/elsewhere", "404").is_none());
    }
}

const LIMITS: intake::Limits =
    intake::Limits { body_max: 1_024, body_timeout: std::time::Duration::from_secs(1) };

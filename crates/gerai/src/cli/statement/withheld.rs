//! The tax that a merchant keeps back from our fees and pays for us (rule 30). It is told and not
//! posted: what is owed stays the same until the merchant brings its receipt.

use std::collections::BTreeMap;

use domain::ids::AccountNo;
use gateway::directory::{AccountSettings, Withholding};
use storage::Directory;

use super::lines::Line;
use pages::rupiah;

/// One tax of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Withheld {
    /// What it is called.
    pub(super) label: String,
    /// Its rate.
    pub(super) permille: u16,
    /// Our fees that the merchant bears, without value added tax; less what was given back.
    pub(super) base: i64,
    /// The tax on all of that, half a rupiah rounded up.
    pub(super) kept_back: i64,
}

impl Withheld {
    /// As a line for the merchant: `PPh 23, 2% dari biaya Rp 2.500`.
    pub(super) fn for_people(&self) -> String {
        let (whole, tenth) = (self.permille / 10, self.permille % 10);
        let rate = if tenth == 0 { whole.to_string() } else { format!("{whole},{tenth}") };
        format!("{}, {rate}% dari biaya {} (informasi)", self.label, rupiah(self.base))
    }
}

/// Sums of our fees, by account.
#[derive(Debug, Default)]
pub(super) struct Bases(BTreeMap<AccountNo, i64>);

impl Bases {
    pub(super) fn add(&mut self, line: &Line) {
        if line.ours != 0 {
            *self.0.entry(line.account).or_default() += line.ours;
        }
    }

    /// What these accounts keep back: one line for each tax and rate, also where it is nothing.
    pub(super) fn taxes(&self, kept: &[(AccountNo, Withholding)]) -> Vec<Withheld> {
        let mut bases: BTreeMap<(&str, u16), i64> = BTreeMap::new();
        for (account, tax) in kept {
            let base = self.0.get(account).copied().unwrap_or(0);
            *bases.entry((tax.label.as_str(), tax.permille)).or_default() += base;
        }
        let tax = |((label, permille), base): ((&str, u16), i64)| {
            let thousandths = i128::from(base) * i128::from(permille);
            let kept_back = (thousandths + 500).div_euclid(1_000);
            Withheld {
                label: label.to_owned(),
                permille,
                base,
                kept_back: i64::try_from(kept_back).unwrap_or(0),
            }
        };
        bases.into_iter().map(tax).collect()
    }
}

/// Which accounts keep a tax back, as their settings say now.
pub(super) fn kept(rows: &Directory) -> anyhow::Result<Vec<(AccountNo, Withholding)>> {
    let mut kept = Vec::new();
    for row in &rows.accounts {
        let settings: AccountSettings = toml::from_str(&row.settings)?;
        kept.extend(settings.withholding.map(|tax| (row.no, tax)));
    }
    Ok(kept)
}

//! The books once more, as simply as they can be kept: names and sums, from `docs/ledger.md`. It
//! knows nothing but what somebody outside was answered, and shares nothing with the real ledger.

use std::collections::BTreeMap;

/// Whoever pays the fee of a payment, and how it is shared out.
#[derive(Debug, Clone, Copy, Default)]
struct Fee {
    on_top: bool,
    chain: i64,
    switch: i64,
    ours: i64,
    tax: i64,
}

#[derive(Debug, Clone, Default)]
struct Debt {
    owner: i64,
    amount: i64,
    fee: Fee,
    taker: String,
    date: String,
    settled: bool,
}

/// Cash that waits: who took it, on which day, how much.
#[derive(Debug, Clone)]
struct Loose(String, String, i64);

#[derive(Debug, Default)]
pub(crate) struct Naive {
    /// What each account holds, a debit positive; nothing is left out but zeros.
    pub(crate) books: BTreeMap<String, i64>,
    /// What ever came in from outside, less what ever went out again.
    pub(crate) cash: i64,
    debts: BTreeMap<i64, Debt>,
    loose: BTreeMap<i64, Loose>,
    /// Cash for which a refund code is out.
    promised: BTreeMap<i64, Loose>,
    payouts: BTreeMap<i64, (i64, i64, bool)>,
}

impl Naive {
    fn add(&mut self, account: &str, amount: i64) {
        *self.books.entry(account.to_owned()).or_default() += amount;
        self.books.retain(|_, sum| *sum != 0);
    }

    pub(crate) fn sum(&self, account: &str) -> i64 {
        self.books.get(account).copied().unwrap_or(0)
    }

    /// Of the first merchant, Alfamart's fee is the merchant's: 1 % for us with 11 % tax on top, 0.5 %
    /// for the chain, 300 for the switch. Indomaret's is the payer's: 2,000 for us, tax in it, and 1,000
    /// for the chain. The second merchant bears 100 for the switch at Indomaret, and nothing else.
    pub(crate) fn opened(&mut self, no: i64, owner: i64, retailer: &str, amount: i64) -> i64 {
        let (percent, half) = ((amount + 99) / 100, (amount + 199) / 200);
        let tax = (percent * 11 + 50) / 100;
        let fee = match (owner, retailer) {
            (1, "alfamart") => Fee { on_top: false, chain: half, switch: 300, ours: percent, tax },
            (2, "indomaret") => Fee { switch: 100, ..Fee::default() },
            (1, "indomaret") => {
                Fee { on_top: true, chain: 1_000, switch: 0, ours: 1_802, tax: 198 }
            }
            _ => Fee::default(),
        };
        self.debts.insert(no, Debt { owner, amount, fee, ..Debt::default() });
        self.handed_over(no)
    }

    pub(crate) fn handed_over(&self, no: i64) -> i64 {
        let debt = &self.debts[&no];
        debt.amount + if debt.fee.on_top { debt.fee.total() } else { 0 }
    }

    /// What the merchant gets.
    fn net(&self, no: i64) -> i64 {
        self.handed_over(no) - self.debts[&no].fee.total()
    }

    /// The merchant's and everybody's part: `sign` 1 takes it back, -1 gives it.
    fn share(&mut self, no: i64, sign: i64, merchant: &str, ours: &str) {
        let (net, debt) = (self.net(no), self.debts[&no].clone());
        self.add(&format!("{merchant} {}", debt.owner), sign * net);
        self.add(&format!("commission {}", debt.taker), sign * debt.fee.chain);
        self.add("switch", sign * debt.fee.switch);
        self.add(ours, sign * debt.fee.ours);
        self.add("ppn", sign * debt.fee.tax);
    }

    fn taken(&mut self, no: i64, taker: &str, date: &str) {
        let debt = self.debts.get_mut(&no).expect("it was opened");
        (debt.taker, debt.date) = (taker.to_owned(), date.to_owned());
        self.share(no, -1, "pending", "deferred");
    }

    pub(crate) fn paid(&mut self, no: i64, taker: &str, date: &str) {
        self.taken(no, taker, date);
        self.add(&format!("receivable {taker} {date}"), self.handed_over(no));
        self.cash += self.handed_over(no);
    }

    pub(crate) fn reversed(&mut self, no: i64) {
        let debt = self.debts[&no].clone();
        self.share(no, 1, "pending", "deferred");
        self.add(&format!("receivable {} {}", debt.taker, debt.date), -self.handed_over(no));
        self.cash -= self.handed_over(no);
    }

    pub(crate) fn finalized(&mut self, no: i64) {
        let ours = self.debts[&no].fee.ours;
        self.add("deferred", ours);
        self.add("earned", -ours);
    }

    pub(crate) fn settled(&mut self, no: i64) {
        let (net, owner) = (self.net(no), self.debts[&no].owner);
        self.add(&format!("pending {owner}"), net);
        self.add(&format!("active {owner}"), -net);
        self.debts.get_mut(&no).expect("it was opened").settled = true;
    }

    pub(crate) fn clawed_back(&mut self, no: i64) {
        let debt = self.debts[&no].clone();
        self.share(no, 1, if debt.settled { "active" } else { "pending" }, "earned");
        self.add(&format!("disputed {}", debt.taker), -self.handed_over(no));
        self.cash -= self.handed_over(no);
    }

    pub(crate) fn unapplied(&mut self, cash: i64, taker: &str, date: &str, amount: i64) {
        self.add(&format!("receivable {taker} {date}"), amount);
        self.add(&format!("unapplied {taker}"), -amount);
        self.loose.insert(cash, Loose(taker.to_owned(), date.to_owned(), amount));
        self.cash += amount;
    }

    fn picked_up(&mut self, cash: i64) -> Loose {
        let loose = self.loose.remove(&cash).expect("it waits");
        self.add(&format!("unapplied {}", loose.0), loose.2);
        loose
    }

    pub(crate) fn unapplied_reversed(&mut self, cash: i64) {
        let Loose(taker, date, amount) = self.picked_up(cash);
        self.add(&format!("receivable {taker} {date}"), -amount);
        self.cash -= amount;
    }

    pub(crate) fn matched(&mut self, cash: i64, no: i64) {
        let Loose(taker, date, amount) = self.picked_up(cash);
        assert_eq!(amount, self.handed_over(no), "other cash than the payment owes");
        self.taken(no, &taker, &date);
    }

    pub(crate) fn refunded(&mut self, cash: i64) {
        let amount = self.picked_up(cash).2;
        self.add("bank", -amount);
        self.cash -= amount;
    }

    /// A refund code is out for cash.
    pub(crate) fn promised(&mut self, cash: i64) {
        let loose = self.picked_up(cash);
        self.add("refunds", -loose.2);
        self.promised.insert(cash, loose);
    }

    fn kept(&mut self, cash: i64) -> Loose {
        let loose = self.promised.remove(&cash).expect("it was promised, and not paid out twice");
        self.add("refunds", loose.2);
        loose
    }

    /// The code ended without a pay-out.
    pub(crate) fn returned(&mut self, cash: i64) {
        let loose = self.kept(cash);
        self.add(&format!("unapplied {}", loose.0), -loose.2);
        self.loose.insert(cash, loose);
    }

    /// A till handed it over.
    pub(crate) fn handed_out(&mut self, cash: i64, till: &str, date: &str) {
        let amount = self.kept(cash).2;
        self.add(&format!("receivable {till} {date}"), -amount);
        self.cash -= amount;
    }

    /// Cash that waits for somebody, by who took it.
    pub(crate) fn waiting(&self) -> BTreeMap<i64, (String, i64)> {
        self.loose.iter().map(|(no, loose)| (*no, (loose.0.clone(), loose.2))).collect()
    }

    pub(crate) fn funded(&mut self, receivable: &str, arrived: i64, kept: i64) {
        let owed = self.sum(receivable).clamp(0, arrived + kept);
        let retailer = receivable.split(' ').nth(1).expect("its name");
        self.add("bank", arrived);
        self.add(&format!("commission {retailer}"), kept);
        self.add(receivable, -owed);
        self.add("difference", owed - arrived - kept);
        // What is too much came from outside, what the retailer kept stays there.
        self.cash += arrived - owed;
    }

    pub(crate) fn paid_out(&mut self, payout: i64, owner: i64, amount: i64) {
        self.add(&format!("active {owner}"), amount);
        self.add("in transit", -amount);
        self.payouts.insert(payout, (owner, amount, false));
    }

    pub(crate) fn arrived(&mut self, payout: i64) {
        let payout = self.payouts.get_mut(&payout).expect("it was sent");
        payout.2 = true;
        let amount = payout.1;
        self.add("in transit", amount);
        self.add("bank", -amount);
        self.cash -= amount;
    }

    pub(crate) fn came_back(&mut self, payout: i64) {
        let (owner, amount, arrived) = self.payouts.remove(&payout).expect("it was sent");
        self.add(&format!("active {owner}"), -amount);
        self.add(if arrived { "bank" } else { "in transit" }, amount);
        self.cash += if arrived { amount } else { 0 };
    }

    pub(crate) fn in_transit(&self) -> i64 {
        self.payouts.values().filter(|payout| !payout.2).map(|payout| payout.1).sum()
    }
}

impl Fee {
    fn total(&self) -> i64 {
        self.chain + self.switch + self.ours + self.tax
    }
}

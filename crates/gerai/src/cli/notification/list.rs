//! `gerai notification list`.

use anyhow::bail;
use domain::ids::NotificationNo;
use serde::Serialize;
use storage::{Directory, News, NotificationRow, sqlite::Reader};

use super::{
    target::{Target, Targets},
    which::{OfPayment, Range, State},
};
use crate::cli::{
    output::{self, At, counted, people},
    payment::names,
    place::Where,
};

/// Which notifications.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    of: OfPayment,
    #[command(flatten)]
    range: Range,
    /// In this state only
    #[arg(long, value_enum)]
    state: Option<State>,
    /// At most so many, up to 10,000
    #[arg(long, value_name = "N", default_value_t = 20,
        value_parser = clap::value_parser!(u16).range(1..=10_000))]
    limit: u16,
    /// Older than the notification with this number: the next page
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..))]
    before: Option<i64>,
    #[command(flatten)]
    place: Where,
}

/// What a payment without notifications is answered with: this is asked when one is missed.
const NOTHING_OF_PAYMENT: &str = "\
no notification of this payment. Why there may be none:
  neither its account nor its request named a URL (`gerai merchant show` tells the account's);
  the dialect does not announce what happened (`gerai payment events` tells what did);
  another payment has its order id by now.
";

impl Args {
    /// Whether a payment was named, and nothing else that leaves some of its notifications out.
    fn is_of_one_payment(&self) -> bool {
        let is_whole = self.state.is_none() && self.before.is_none() && self.range.is_all();
        self.of.is_one() && is_whole
    }
}

/// A notification in a list.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub(super) no: i64,
    happened_at: At,
    says: String,
    pub(super) payment_id: Option<String>,
    code: Option<String>,
    order_id: Option<String>,
    merchant_id: String,
    /// Where it goes, for people.
    #[serde(skip)]
    to: String,
    url: Option<String>,
    is_at_inbox: bool,
    /// By which way a payer is told, and the address as far as it is shown.
    to_payer: Option<String>,
    pub(super) state: &'static str,
    attempts: u32,
    due_at: Option<At>,
    last_status: Option<u16>,
    last_verdict: Option<String>,
}

impl Line {
    /// With what is known of its payment and its newest attempt.
    pub(super) fn read(
        reader: &Reader,
        rows: &Directory,
        targets: &Targets<'_>,
        row: &NotificationRow,
    ) -> anyhow::Result<Self> {
        let payment = reader.payment(row.payment)?;
        let last = reader.last_attempt_of(row.no)?;
        let told = payment.as_ref().map(|row| &row.payment);
        let target = targets.of(payment.as_ref(), row)?;
        let is_due = row.state == storage::NotificationState::Due;
        Ok(Self {
            no: row.no.get(),
            happened_at: At(row.created_at),
            says: says(reader, row)?,
            payment_id: told.map(|payment| payment.id.to_string()),
            code: told.map(|payment| payment.code.to_string()),
            order_id: told.map(|payment| payment.order.to_string()),
            merchant_id: names::merchant(rows, row.account),
            to: target.text(),
            url: target.url().map(str::to_owned),
            is_at_inbox: target == Target::Inbox,
            to_payer: matches!(target, Target::Payer(..)).then(|| target.text()),
            state: row.state.name(),
            attempts: row.attempts,
            due_at: is_due.then_some(At(row.due_at)),
            last_status: last.as_ref().and_then(|attempt| attempt.status),
            last_verdict: last.map(|attempt| attempt.verdict),
        })
    }

    /// One below the other.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let next =
            self.due_at.map_or_else(String::new, |at| format!(", next attempt {}", people(at.0)));
        let (payment, code) = (dash(&self.payment_id), dash(&self.code));
        vec![
            ("notification", self.no.to_string()),
            ("says", format!("{}, since {}", self.says, people(self.happened_at.0))),
            ("payment", format!("{payment}, code {code}")),
            ("merchant", format!("{}, order id {}", self.merchant_id, dash(&self.order_id))),
            ("to", self.to.clone()),
            (
                "state",
                format!("{} after {}{next}", self.state, counted(self.attempts.into(), "attempt")),
            ),
        ]
    }

    fn cells(self) -> [String; 9] {
        let so = match (self.last_status, self.last_verdict) {
            (Some(status), _) if self.state == "delivered" => status.to_string(),
            (_, Some(verdict)) => verdict,
            (_, None) => "-".to_owned(),
        };
        [
            self.no.to_string(),
            people(self.happened_at.0),
            self.merchant_id,
            self.order_id.unwrap_or_else(|| "-".to_owned()),
            self.says,
            self.to,
            self.due_at.map_or_else(
                || self.state.to_owned(),
                |at| format!("{}, next {}", self.state, people(at.0)),
            ),
            self.attempts.to_string(),
            so,
        ]
    }
}

/// What it tells, in a word.
fn says(reader: &Reader, row: &NotificationRow) -> anyhow::Result<String> {
    let own = match row.news {
        News::Own(no) => reader.own_event(row.account, no)?.map(|event| event.kind.name()),
        News::Vendor(_) | News::Bill(..) => None,
    };
    Ok(own.unwrap_or_else(|| names::news(row.news)).to_owned())
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let located = args.place.locate()?;
    let reader = located.reader()?;
    let rows = reader.directory()?;
    let mut filter = args.range.filter(&reader, &rows, located.now())?;
    filter.state = args.state.map(State::stored);
    filter.rows_max = usize::from(args.limit);
    if let Some(before) = args.before {
        filter.before = filter.before.min(NotificationNo::new(before));
    }
    let found = match args.of.find(&located, &reader, &rows)? {
        None => reader.notifications(&filter)?,
        Some(payments) => {
            let mut found = Vec::new();
            for payment in payments {
                found.extend(reader.notifications_of(payment)?);
            }
            found.retain(|row| Range::has(&filter, row));
            found.sort_unstable_by_key(|row| std::cmp::Reverse(row.no));
            found.truncate(filter.rows_max);
            found
        }
    };
    let targets = Targets::new(&located, &reader, &rows);
    let lines: Vec<_> = found
        .iter()
        .map(|row| Line::read(&reader, &rows, &targets, row))
        .collect::<anyhow::Result<_>>()?;
    if args.place.json {
        return output::json(&lines);
    }
    if lines.is_empty() && args.is_of_one_payment() {
        output::say(NOTHING_OF_PAYMENT);
        return Ok(());
    }
    let is_full = lines.len() == filter.rows_max;
    let (newest, oldest) = (lines.first().map(|line| line.no), lines.last().map(|line| line.no));
    print(lines);
    if let Some(oldest) = oldest.filter(|_| is_full) {
        output::say(&format!("older ones: --before {oldest}\n"));
    }
    if let Some(newest) = newest {
        output::say(&format!("every attempt of the first: gerai notification show {newest}\n"));
    }
    Ok(())
}

/// As a table.
pub(super) fn print(lines: Vec<Line>) {
    let table: Vec<_> = lines.into_iter().map(Line::cells).collect();
    let heads = [
        "no",
        "happened (WIB)",
        "merchant",
        "order id",
        "says",
        "to",
        "state",
        "attempts",
        "last attempt",
    ];
    output::table(heads, &table, "no such notifications");
}

/// The notification with this number.
pub(super) fn one(reader: &Reader, no: i64) -> anyhow::Result<NotificationRow> {
    match reader.notification(NotificationNo::new(no))? {
        Some(row) => Ok(row),
        None => {
            bail!("there is no notification {no}; `gerai notification list` shows what there is")
        }
    }
}

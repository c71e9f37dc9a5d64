//! What retailers' files said, line by line, and what came of it (rules 32 to 34).

use domain::{
    code::PaymentCode,
    difference::{Adjustment, Verdict},
    ids::{EventNo, PartnerNo, PaymentNo, SaleNo},
    money::{Balance, Rupiah},
    retailer::RetailerKey,
    sale::{SaleKey, SaleState},
    time::{BusinessDate, Span, Timestamp},
};

use crate::RetailerDay;

/// Whether somebody has to look at a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineState {
    /// There is nothing to look at.
    Settled,
    /// It waits for somebody.
    Open,
    /// Somebody, or a later file, settled it.
    Closed,
}

impl LineState {
    /// Its name in lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// A line of a file, or a record of ours that a file did not mention, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLineRow {
    /// Its row. A line that is posted again keeps its own; 0 for one that is new.
    pub no: i64,
    /// Of which of the retailer's days the file is.
    pub day: RetailerDay,
    /// What names it among the lines of its day; a duplicate has the same.
    pub identity: String,
    /// In which file it stood last.
    pub file: i64,
    /// On which line of it, from 1; none for what only we have, and for what was withdrawn.
    pub line: Option<i64>,
    /// What came of it, in the words of reports.
    pub outcome: String,
    /// The payment code.
    pub code: PaymentCode,
    /// What the line says was handed over; without a line, what we say.
    pub amount: Rupiah,
    /// What the line says the retailer keeps.
    pub fee: Option<Rupiah>,
    /// The line's word for how the sale ended.
    pub status: Option<String>,
    /// The sale that it is about.
    pub sale: Option<SaleNo>,
    /// The payment that it is about.
    pub payment: Option<PaymentNo>,
    /// What we say was handed over.
    pub our_amount: Option<Rupiah>,
    /// On which day we booked it.
    pub our_date: Option<BusinessDate>,
    /// When it was posted last.
    pub posted_at: Timestamp,
    /// Whether somebody has to look at it.
    pub state: LineState,
    /// When it was settled.
    pub closed_at: Option<Timestamp>,
    /// By whom or by what it was settled, and why.
    pub why: Option<String>,
}

/// A difference that somebody closed, or that a later file opened again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DifferenceRow {
    /// Its row.
    pub no: i64,
    /// The line that waited.
    pub line: i64,
    /// The sale that it was about.
    pub sale: Option<SaleNo>,
    /// The payment that it was about.
    pub payment: Option<PaymentNo>,
    /// What was said of it.
    pub verdict: Verdict,
    /// What was posted.
    pub adjustment: Adjustment,
    /// By how much the retailer's transfers for the day must come to more before what is matched is
    /// covered; for another day, whose debt changes the other way, by so much less.
    pub expected: Balance,
    /// The event that tells of it.
    pub event: EventNo,
    /// When.
    pub at: Timestamp,
    /// Who said so, and why: as in the event.
    pub reason: String,
}

impl DifferenceRow {
    /// What of it a later file has to take back; nothing where nothing was posted, where cash was
    /// given back for good, or where it was taken back already.
    pub fn stands(&self) -> bool {
        let is_posted = self.adjustment.receivable != Balance::ZERO
            || self.adjustment.commission != Balance::ZERO;
        match self.verdict {
            Verdict::Ours | Verdict::Theirs | Verdict::WriteOff => is_posted,
            Verdict::ClawBack | Verdict::Undone => false,
        }
    }
}

/// What the lines of a retailer's day say together: those that were paid and not taken back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileSays {
    /// How many they are.
    pub lines: i64,
    /// Their sum, in whole rupiah.
    pub total: i64,
    /// What the retailer keeps of it, in whole rupiah, as far as the lines say.
    pub commission: i64,
    /// How many lines do not say.
    pub without_commission: i64,
}

/// A sale that was booked from a file without the till's numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasRow {
    /// Its row.
    pub no: i64,
    /// Who will call the sale by another number.
    pub partner: PartnerNo,
    /// The payment code.
    pub code: PaymentCode,
    /// What was handed over.
    pub amount: Rupiah,
    /// The outlet; empty where the file has none.
    pub outlet: String,
    /// When, by the file.
    pub till_at: Timestamp,
    /// How far the till's time may be from that.
    pub tolerance: Span,
    /// The sale.
    pub sale: SaleNo,
}

/// A sale as reconciliation looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OurSaleRow {
    /// Its row.
    pub no: SaleNo,
    /// Who told us.
    pub partner: PartnerNo,
    /// The retailer's name for it.
    pub key: SaleKey,
    /// The code that was read out.
    pub code: PaymentCode,
    /// What was handed over.
    pub amount: Rupiah,
    /// The payment that its cash paid; none where it is another sale's, or nobody's.
    pub payment: Option<PaymentNo>,
    /// The retailer's part of that payment's fee.
    pub commission: Option<Rupiah>,
    /// The till's clock.
    pub till_at: Timestamp,
    /// How it stands.
    pub state: SaleState,
    /// The outlet; empty where the message had none.
    pub outlet: String,
    /// The terminal; empty where the message had none.
    pub terminal: String,
    /// The day on which its cash is booked, where it is.
    pub business_date: Option<BusinessDate>,
    /// The day of the newest file with a line about it.
    pub matched_on: Option<BusinessDate>,
}

/// What a batch reads for lines of files.
#[derive(Debug, Clone, Default)]
pub struct LinesWanted {
    /// Retailers' days without the sums of what they owe, which are long.
    pub days: Vec<RetailerDay>,
    /// Sales by number.
    pub sales: Vec<SaleNo>,
    /// Codes whose sales may have been booked from a file under another name.
    pub aliases: Vec<PaymentCode>,
    /// Lines that wait, by number.
    pub lines: Vec<i64>,
    /// What was said last of these lines.
    pub said_of_lines: Vec<i64>,
    /// What was said last of these sales.
    pub said_of_sales: Vec<SaleNo>,
}

/// What a commit changes of files' lines.
#[derive(Debug, Clone, Default)]
pub struct LinesWrites {
    /// Lines, new or again: a row with the same number is replaced.
    pub lines: Vec<FileLineRow>,
    /// Sales that a file mentions by now: whatever waits because none did is closed.
    pub mentioned: Vec<(SaleNo, Timestamp)>,
    /// Sales that a later message may call otherwise.
    pub aliases: Vec<AliasRow>,
    /// Differences that were closed, or opened again.
    pub differences: Vec<DifferenceRow>,
}

/// Which sales of a retailer are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OurSalesFilter {
    /// Who took the cash (rule 22).
    pub retailer: RetailerKey,
    /// After this row.
    pub after: SaleNo,
    /// Up to this row.
    pub last: SaleNo,
}

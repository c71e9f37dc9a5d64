//! Every sale's row is as we wrote it, and none is missing.

use domain::time::{Span, Timestamp};
use storage::{SaleRow, StorageError};

use super::{
    found::Part,
    plan::{Ends, Look, Range},
};

/// Answers are kept so long (rule 1), and with them what a sale's digest covers.
const ANSWERS_KEPT: Span = Span::days(400);

/// Walks a range of sales.
pub(super) fn walk(look: Look<'_>, range: Range) -> Result<(), StorageError> {
    let Look { reader, keys, ends, part, mut ticker } = look;
    let mut last = range.after;
    reader.walk_sales(range.numbers(), &mut |row| {
        ticker.rows(1);
        let no = match row {
            Ok(row) => {
                let wrong = if keys.chain.sale(&row) == row.digest {
                    None
                } else if is_pruned(&row) {
                    is_young(&row, ends.now).then_some("its answers were removed before their time")
                } else {
                    Some("its row was changed")
                };
                if let Some(wrong) = wrong {
                    part.findings.find(format!("sale {} ({})", row.sale.no, row.sale.key), wrong);
                }
                row.sale.no.get()
            }
            Err(corrupt) => {
                let no = corrupt.row.parse().unwrap_or(last + 1);
                part.findings.corrupt(corrupt);
                no
            }
        };
        part.sales += 1;
        part.findings.gap("sale", last, no);
        last = no;
    })?;
    if range.has_end() {
        part.findings.gap("sale", last, range.until.saturating_add(1));
    }
    Ok(())
}

/// Old answers are removed; the digest was taken with them.
fn is_pruned(row: &SaleRow) -> bool {
    row.data_key == 0
        && row.answer.is_none()
        && row.commit_answer.is_none()
        && row.reversal_answer.is_none()
}

fn is_young(row: &SaleRow, now: Option<Timestamp>) -> bool {
    now.is_some_and(|now| now.since(row.sale.received_at) < ANSWERS_KEPT)
}

/// Whatever tells of a sale tells of one that is there.
pub(super) fn tail(ends: &Ends, part: &mut Part) {
    if let Some((sale, place)) = &part.told_sale
        && sale.get() > ends.numbers.sale
    {
        let what = format!("it is missing: {place} tells of it");
        part.findings.find(format!("sale {sale}"), what);
    }
}

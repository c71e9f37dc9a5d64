//! Differences that somebody closed (rule 34): each is an event that posted what its row says, and
//! each such event has its row.

use std::collections::HashSet;

use domain::difference::Verdict;
use storage::{DifferenceRow, LineState, StorageError, sqlite::Reader};

use super::found::{Part, readable};

/// Rows read at a time.
const PAGE: usize = 1_000;

/// Compares these rows with the events that were gathered.
pub(super) fn check(reader: &Reader, part: &mut Part) -> Result<(), StorageError> {
    let mut told: HashSet<_> = std::mem::take(&mut part.differences).into_iter().collect();
    let mut before = i64::MAX;
    loop {
        let page = reader.differences(before, PAGE)?;
        for row in &page {
            if before != i64::MAX {
                part.findings.gap("difference", row.no, before);
            }
            before = row.no;
            told.remove(&row.event);
            if row.verdict != Verdict::Undone {
                part.closed_lines.insert((row.line, row.at));
            }
            if let Some(wrong) = wrong(reader, row)? {
                part.findings.find(format!("difference {}", row.no), wrong);
            }
        }
        if page.len() < PAGE {
            break;
        }
    }
    if before != i64::MAX {
        part.findings.gap("difference", 0, before);
    }
    let mut told: Vec<_> = told.into_iter().collect();
    told.sort_unstable();
    for event in told {
        let what = "the difference it tells of is missing";
        part.findings.find(format!("event {event}"), what);
    }
    Ok(())
}

/// What is wrong with a row, by its event and its line.
fn wrong(reader: &Reader, row: &DifferenceRow) -> Result<Option<String>, StorageError> {
    let before = domain::ids::EventNo::new(row.event.get().saturating_sub(1));
    let found = readable(reader.events_after(before, 1))?.unwrap_or_default();
    let Some((event, entries)) = found.into_iter().find(|(found, _)| found.event.no == row.event)
    else {
        return Ok(Some("no event tells of it".to_owned()));
    };
    let said = &event.event;
    let is_same = said.kind == row.verdict.event()
        && said.payment == row.payment
        && said.sale == row.sale
        && said.at == row.at
        && said.reason.as_deref() == Some(row.reason.as_str());
    if !is_same {
        return Ok(Some(format!("event {} tells of something else", row.event)));
    }
    if !entries.iter().map(|entry| entry.entry).eq(row.adjustment.entries()) {
        return Ok(Some(format!("event {} posted something else than it says", row.event)));
    }
    let line = readable(reader.file_line(row.line))?.flatten();
    Ok(match line {
        None => Some(format!("its line {} is missing", row.line)),
        Some(line) if line.sale.is_some() && row.sale.is_some() && line.sale != row.sale => {
            Some(format!("its line {} is about another sale", row.line))
        }
        // A later file may have opened the line again, and then says so.
        Some(line) if line.state == LineState::Open && line.posted_at < row.at => {
            Some(format!("its line {} waits, as if nothing had been said of it", row.line))
        }
        Some(_) => None,
    })
}

//! The cells of one row, taken from left to right. Whatever is not what it should be is an error
//! that names table, row and column.

use domain::{
    code::PaymentCode, money::Rupiah, retailer::RetailerKey, sale::SaleKey, time::BusinessDate,
    time::Timestamp,
};
use rusqlite::types::ValueRef;

use super::{Result, Row};
use crate::{Corrupt, StorageError};

/// A cursor over the cells of a row, whose first cell names it.
pub(super) struct Cells<'row> {
    row: Row<'row>,
    table: &'static str,
    next: usize,
}

impl<'row> Cells<'row> {
    /// From the first cell on.
    pub(super) fn new(table: &'static str, row: &Row<'row>) -> Self {
        Self { row: *row, table, next: 0 }
    }

    /// From cell `next` on, for what follows a row's own columns.
    pub(super) fn from(table: &'static str, row: &Row<'row>, next: usize) -> Self {
        Self { row: *row, table, next }
    }

    /// The row is not what it should be.
    #[cold]
    pub(super) fn corrupt(&self, what: impl Into<String>) -> StorageError {
        let row = match self.row.cell(0) {
            Ok(ValueRef::Integer(number)) => number.to_string(),
            Ok(ValueRef::Text(text)) => String::from_utf8_lossy(text).into_owned(),
            Ok(ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_)) | Err(_) => "?".to_owned(),
        };
        Corrupt { table: self.table, row, what: what.into() }.into()
    }

    /// The cell just taken is not what it should be.
    #[cold]
    fn wrong(&self, what: impl std::fmt::Display) -> StorageError {
        let taken = self.next.saturating_sub(1);
        let column = self.row.column(taken);
        self.corrupt(format!("{column}: {what}"))
    }

    /// The cell just taken is of another type, or is not there.
    #[cold]
    fn instead(&self, of: &str, taken: Result<ValueRef<'_>>) -> StorageError {
        match taken {
            Ok(other) => self.wrong(format!("{} instead of {of}", other.data_type())),
            Err(error) => error,
        }
    }

    /// The next cell. Whoever matches what comes back does so at once: moved first, it is written
    /// piece by piece and read as a whole, which stalls the processor longer than all else here.
    #[inline]
    fn take(&mut self) -> Result<ValueRef<'row>> {
        let taken = self.next;
        self.next += 1;
        self.row.cell(taken)
    }

    /// A number or nothing.
    pub(super) fn int_or_null(&mut self) -> Result<Option<i64>> {
        match self.take() {
            Ok(ValueRef::Integer(number)) => Ok(Some(number)),
            Ok(ValueRef::Null) => Ok(None),
            other => Err(self.instead("a number", other)),
        }
    }

    /// A number.
    pub(super) fn int(&mut self) -> Result<i64> {
        match self.take() {
            Ok(ValueRef::Integer(number)) => Ok(number),
            Ok(ValueRef::Null) => Err(self.wrong("is null")),
            other => Err(self.instead("a number", other)),
        }
    }

    /// A number of another width.
    pub(super) fn num<N: TryFrom<i64>>(&mut self) -> Result<N> {
        let number = self.int()?;
        N::try_from(number).map_err(|_| self.wrong(format!("{number} is out of range")))
    }

    /// A number of another width, or nothing.
    pub(super) fn num_or_null<N: TryFrom<i64>>(&mut self) -> Result<Option<N>> {
        let number = self.int_or_null()?;
        let narrow = |n| N::try_from(n).map_err(|_| self.wrong(format!("{n} is out of range")));
        number.map(narrow).transpose()
    }

    /// Yes or no.
    pub(super) fn flag(&mut self) -> Result<bool> {
        self.known(|number| match number {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        })
    }

    /// One of a numbered few.
    pub(super) fn known<T>(&mut self, of: impl Fn(i64) -> Option<T>) -> Result<T> {
        let number = self.int()?;
        of(number).ok_or_else(|| self.wrong(format!("{number} means nothing")))
    }

    /// A text or nothing.
    pub(super) fn text_or_null(&mut self) -> Result<Option<&'row str>> {
        match self.take() {
            Ok(ValueRef::Text(bytes)) => {
                std::str::from_utf8(bytes).map(Some).map_err(|_| self.wrong("is not UTF-8"))
            }
            Ok(ValueRef::Null) => Ok(None),
            other => Err(self.instead("a text", other)),
        }
    }

    /// A text.
    pub(super) fn text(&mut self) -> Result<&'row str> {
        self.text_or_null()?.ok_or_else(|| self.wrong("is null"))
    }

    /// A text of our own.
    pub(super) fn string(&mut self) -> Result<String> {
        self.text().map(str::to_owned)
    }

    /// A text that only some texts can be.
    pub(super) fn parsed<T, E: std::fmt::Display>(
        &mut self,
        parse: impl Fn(&'row str) -> std::result::Result<T, E>,
    ) -> Result<T> {
        let text = self.text()?;
        parse(text).map_err(|error| self.wrong(error))
    }

    /// Bytes or nothing.
    pub(super) fn bytes_or_null(&mut self) -> Result<Option<&'row [u8]>> {
        match self.take() {
            Ok(ValueRef::Blob(bytes)) => Ok(Some(bytes)),
            Ok(ValueRef::Null) => Ok(None),
            other => Err(self.instead("bytes", other)),
        }
    }

    /// Bytes of our own.
    pub(super) fn bytes(&mut self) -> Result<Vec<u8>> {
        let bytes = self.bytes_or_null()?;
        bytes.map(<[u8]>::to_vec).ok_or_else(|| self.wrong("is null"))
    }

    /// Exactly `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = self.bytes_or_null()?.unwrap_or_default();
        bytes.try_into().map_err(|_| self.wrong(format!("{} bytes, not {N}", bytes.len())))
    }

    /// An instant.
    pub(super) fn time(&mut self) -> Result<Timestamp> {
        self.int().map(Timestamp::from_millis)
    }

    /// An instant or nothing.
    pub(super) fn time_or_null(&mut self) -> Result<Option<Timestamp>> {
        Ok(self.int_or_null()?.map(Timestamp::from_millis))
    }

    /// A retailer's day.
    pub(super) fn date(&mut self) -> Result<BusinessDate> {
        self.num().map(BusinessDate::from_days)
    }

    /// A retailer's day or nothing.
    pub(super) fn date_or_null(&mut self) -> Result<Option<BusinessDate>> {
        Ok(self.num_or_null()?.map(BusinessDate::from_days))
    }

    /// An amount.
    pub(super) fn rupiah(&mut self) -> Result<Rupiah> {
        let number = self.int()?;
        Rupiah::new(number).map_err(|error| self.wrong(error))
    }

    /// A retailer.
    pub(super) fn retailer(&mut self) -> Result<RetailerKey> {
        self.parsed(RetailerKey::new)
    }

    /// A retailer or nothing.
    pub(super) fn retailer_or_null(&mut self) -> Result<Option<RetailerKey>> {
        let text = self.text_or_null()?;
        text.map(RetailerKey::new).transpose().map_err(|error| self.wrong(error))
    }

    /// A payment code.
    pub(super) fn code(&mut self) -> Result<PaymentCode> {
        self.parsed(PaymentCode::new)
    }

    /// A sale's key.
    pub(super) fn sale_key(&mut self) -> Result<SaleKey> {
        self.parsed(SaleKey::new)
    }
}

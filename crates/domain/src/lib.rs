//! The rules of over-the-counter payments.
//!
//! Pure: no clock, no randomness, no input or output, no serialisation. Time, chance and new
//! numbers are arguments. Where a rule is cited ("rule 7"), it is one of the numbered rules of the
//! domain that ARCHITECTURE.md summarises.
//!
//! Start reading at [`payment::decide`], then [`sale`], then [`ledger`].

pub mod payment;

pub mod sale;

pub mod refund;

pub mod retailer;

pub mod code;

pub mod ledger;

pub mod event;

pub mod own_event;

pub mod ids;

pub mod bill;

pub mod phone;

pub mod masking;

pub mod money;

pub mod fee;

pub mod transfer;

pub mod outcome;

pub mod difference;

pub mod calendar;

pub mod time;

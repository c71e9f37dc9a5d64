//! Telling merchants: the worker that sends what is due, and its HTTP client.
//!
//! [`Worker`] takes what is due in turns that [`lanes`] grants, lets the dialect render it, sends it with
//! [`client`], and reports what the dialect makes of the answer; [`pace`] says what else decides what
//! follows, [`breaker`] when an endpoint is left alone. [`gateway::reach`] says which addresses may be
//! connected to.

mod attempt;
mod bill;
mod breaker;
mod client;
mod files;
mod lanes;
mod location;
mod pace;
mod passage;
mod record;
mod report;
mod voice;
mod worker;

#[cfg(test)]
mod outages;
#[cfg(test)]
mod tests;

pub(crate) use client::{Client, Request, trouble, trust};
pub(crate) use files::raise_limit;
pub(crate) use passage::{Copies, Manner, Passage, Plan};
pub(crate) use voice::OWN_EVENTS;
pub(crate) use worker::Worker;

//! Telling merchants: the worker that sends what is due, and its HTTP client.
//!
//! [`Worker`] takes what is due, lets the dialect render it, sends it with [`client`], and reports
//! what the dialect makes of the answer. [`reach`] says which addresses may be connected to.

mod client;
mod endpoints;
mod location;
mod reach;
mod transcript;
mod worker;

#[cfg(test)]
mod tests;

pub(crate) use client::Client;
pub(crate) use reach::Reach;
pub(crate) use worker::Worker;

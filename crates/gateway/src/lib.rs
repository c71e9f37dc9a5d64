//! The imperative shell, and the only writer.
//!
//! Every change runs through one pipeline: commands wait in lanes, one committer takes all that
//! wait, reads the rows they touch, lets the domain decide each in turn, writes everything in one
//! commit, and only then answers. Start reading at [`pipeline`].

pub mod pipeline;

pub mod request;

mod find;

mod checkouts;

mod gateway;

pub mod directory;

pub mod admin;

mod open_book;

mod payable;

mod open_codes;

pub mod outbox;

pub mod bill;
pub mod hearing;
pub mod own_events;

pub mod books;

mod looks;
mod nodes;

mod queries;

mod pins;
mod readers;
mod refunds;

pub mod reach;

mod resent;

pub mod roots;

pub mod rows;

pub mod start;

mod settings;
mod status;
mod tax;

pub mod tokens;

pub mod vault;

pub mod verify;

mod chain;

pub mod clock;

pub mod travel;

pub use gateway::Gateway;
pub use open_codes::PoolUse;
pub use settings::{BrandTerms, Environment, Settings, StartError};
pub use tax::TaxRates;

//! The suite: what every engine must do.

mod bills;
mod books;
mod checkouts;
mod constraints;
mod directory;
mod families;
mod lines;
mod merchants;
mod own_events;
mod proposals;
mod prunes;
mod refunds;
mod round_trips;
mod sweeps;

use super::bench;

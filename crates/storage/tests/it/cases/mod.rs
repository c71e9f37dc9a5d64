//! The suite: what every engine must do.

mod constraints;
mod directory;
mod merchants;
mod proposals;
mod prunes;
mod round_trips;
mod sweeps;

use super::bench;

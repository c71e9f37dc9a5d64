//! The suite: what every engine must do.

mod books;
mod constraints;
mod directory;
mod families;
mod lines;
mod merchants;
mod proposals;
mod prunes;
mod round_trips;
mod sweeps;

use super::bench;

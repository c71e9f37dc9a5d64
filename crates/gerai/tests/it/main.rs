//! The built program, driven as its users drive it: over its sockets, its command line, its signals
//! and its data folder.
//!
//! Nothing of the program's own code stands on the checking side: requests are written, signatures
//! computed and answers read by what lies in `drive`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![expect(clippy::print_stderr, reason = "a test that fails tells where to look")]

/// What drives the program.
mod drive {
    pub(crate) mod ayolinx;
    pub(crate) mod chance;
    pub(crate) mod cronos;
    pub(crate) mod folder;
    pub(crate) mod http;
    pub(crate) mod mail;
    pub(crate) mod merchant;
    pub(crate) mod process;
    pub(crate) mod receiver;
    pub(crate) mod till;
}

mod admission;
mod bills;
mod clients;
mod clock;
mod command_line;
mod examples;
mod faults;
mod hosts;
mod kills;
mod listening;
mod malformed;
mod metrics_and_health;
mod moving;
mod notifications;
mod own_api;
mod own_events;
mod postgres;
mod retries;
mod scripted_faults;
mod shutdown;
mod side_by_side;
mod slow;
mod testing_guide;
mod verifiers;

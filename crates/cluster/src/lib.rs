//! For tests only: a PostgreSQL of our own.
//!
//! A test run is many processes, and starting a server takes a second. So one server is shared: the
//! first test that needs it starts it, in a folder below the system's temporary one, reachable through
//! a Unix socket alone; each test gets a database of its own, copied from a template; and a small script
//! ends the server some seconds after the last process is gone. What says who is there are locks of
//! the system, which no killed process can leave behind, and a server or a folder that a killed run
//! left behind is ended and made anew.
//!
//! The shared server forgets what it was told when the machine loses power (`fsync = off`). What is to
//! be proved about durability needs [`Server::private`].
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot start must fail")]

mod database;
mod programs;
mod server;

pub use database::Database;
pub use server::{Server, Stop};

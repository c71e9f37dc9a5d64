//! The client against networks and receivers of the tests' own.

mod hostile;
mod kept;
mod phases;
mod scene;
mod secure;
mod wire;

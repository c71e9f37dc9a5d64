//! The client against networks and receivers of the tests' own.

mod hostile;
mod kept;
mod names;
mod phases;
mod scene;
mod secure;
mod wire;

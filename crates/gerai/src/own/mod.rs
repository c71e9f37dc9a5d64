//! Gerai's own events on their way to merchants: [`mod@body`] is what each says, [`signature`] signs it
//! as Standard Webhooks has it, [`push`] sends it. Who pulls or streams them finds them in
//! [`crate::api`].

mod body;
mod push;
mod signature;

#[cfg(test)]
mod tests;

pub(crate) use body::body;
pub(crate) use push::{TERMS, outgoing, verdict};

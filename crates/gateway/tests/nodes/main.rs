//! Several gateways over one PostgreSQL, as nodes of one installation: what each of them is told, and what
//! the rows say afterwards.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod away;
mod cuts;
mod lost;
mod money;
mod rivals;
#[expect(dead_code, reason = "its words are for other stories too")]
#[path = "../it/scene.rs"]
mod scene;
mod shared;

//! Rows, and nothing but rows.
//!
//! The gateway works in batches, and so does its storage: [`Wanted`] names every row a batch touches,
//! [`Loaded`] is what one read found of them, [`Writes`] is everything one commit changes. Nothing
//! here decides, encrypts, or asks for the time.
//!
//! Every table of the hot path carries its `shard`; a payment code alone gives it. On one machine
//! there is one shard.

pub mod postgres;
pub mod sqlite;

mod batch;
mod bill;
mod books;
mod checkout;
mod digests;
mod directory;
mod error;
mod lines;
mod migrated;
mod moving;
mod news;
mod nodes;
mod own_event;
mod place;
mod proposal;
mod refund;
mod root;
mod rows;
mod sql;
mod tail;

pub use batch::{CodeWanted, Loaded, Prune, Wanted, Writes};
pub use bill::{bill_target, channel_at};
pub use books::{
    AccountBalances, AdvanceRow, AdvanceState, BalanceSnapshotRow, BooksLoaded, BooksWanted,
    BooksWrites, FileRow, FundingRow, MatchedRow, MatchedState, PayoutDecided, PayoutRow,
    PayoutWanted, RetailerDay, RetailerDayRow,
};
pub use checkout::{CheckoutRow, CheckoutState, CheckoutWanted};
pub use digests::{Digested, RowDigest};
pub use directory::{
    AccountKeyRow, AccountRow, DataKeyRow, Directory, DirectoryWrite, MerchantRow, PartnerKeyRow,
    PartnerRow, PlatformKeyRow, PoolCursor, PoolRow, Resealed, SealedKeys,
};
pub use error::{Corrupt, StorageError};
pub use lines::{
    AliasRow, DifferenceRow, FileLineRow, FileSays, LineState, LinesWanted, LinesWrites,
    OurSaleRow, OurSalesFilter,
};
pub use migrated::{Migrated, migrate};
pub use moving::{Copied, Move, Progress};
pub use news::{NewsRow, NotificationFilter};
pub use nodes::{BUCKETS, Bell, LEASE_TERM, Leases, Seen, Watch};
pub use own_event::{OwnEnds, OwnEventRow};
pub use place::{Engine, Place, Reader, Writer};
pub use proposal::{Person, ProposalRow, ProposalState};
pub use refund::{RefundRow, RefundWanted};
pub use root::ChainRootRow;
pub use rows::{
    AccountFilter, AttemptRow, Digest, DisputeRow, DisputeState, EndpointWaiting, EntryRow,
    EventRow, ExternalId, ExternalIdRow, IdempotencyRow, InquiryRow, News, NotificationRow,
    NotificationState, OWN_TARGET, PaymentFilter, PaymentRow, SaleRow, Sealed, Sequences, Standing,
    UnappliedRow, UnappliedState,
};
pub use sql::{
    commit::PRUNE_ROWS_MAX,
    read::{EachPayment, EventWithEntries, NextAfter, Past, Step},
};
pub use sqlite::SCHEMA;
pub use tail::{NodeRow, TailRow};

//! Every question that rows answer. The tests look at the plan of each: a look-up never scans.

use super::super::columns::{
    attempt_columns, dispute_columns, entry_columns, event_columns, idempotency_columns,
    inquiry_columns, notification_columns, payment_columns, proposal_columns, sale_columns,
    unapplied_columns,
};

macro_rules! questions {
    ($(#[doc = $title:literal] $list:ident: $($name:ident = $($part:expr),+;)*)*) => {
        $($(pub(in super::super) const $name: &str = concat!($($part),+);)*)*
        $(
            #[doc = $title]
            #[cfg(test)]
            pub(in super::super) const $list: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
        )*
    };
}

questions! {
    /// Found by a key or through an index.
    LOOK_UPS:
    PAYMENT = "select ", payment_columns!(), " from payment where no = ?1";
    PAYMENT_BY_ORDER = "select ", payment_columns!(), " from payment \
        where account_no = ?1 and order_id = ?2 and superseded = 0 limit 1";
    PAYMENT_BY_SLOT = "select ", payment_columns!(), " from payment \
        where pool_no = ?1 and slot = ?2 and shard = ?3 order by lap desc limit 1";
    PAYMENT_BY_FOREIGN = "select ", payment_columns!(), " from payment \
        where code = ?1 and pool_no is null limit 1";
    SALE = "select ", sale_columns!(), " from sale where partner_no = ?1 and sale_key = ?2";
    SALE_BY_NO = "select ", sale_columns!(), " from sale where no = ?1";
    SALES_OF = "select ", sale_columns!(), " from sale where payment_no = ?1 order by no";
    UNAPPLIED_OF = "select ", unapplied_columns!(), " from unapplied where sale_no = ?1";
    INQUIRY = "select ", inquiry_columns!(), " from inquiry \
        where partner_no = ?1 and sale_key = ?2";
    INQUIRED = "select min(received_at) from inquiry where payment_no = ?1 and +partner_no = ?2";
    FIRST_INQUIRY_OF = "select min(received_at) from inquiry where payment_no = ?1";
    IDEMPOTENCY = "select ", idempotency_columns!(), " from idempotency \
        where account_no = ?1 and key = ?2";
    EXTERNAL_ID = "select 1 from external_id \
        where day = ?1 and account_no = ?2 and endpoint = ?3 and id = ?4";
    // The numbers of `Standing` stand for what `Payment::shown` says: paid is 3, announced only when
    // it is final is 1.
    PAYMENTS_OF = "select ", payment_columns!(), " from payment \
        where account_no = ?1 and opened_at >= ?2 and opened_at < ?3 \
        and (?4 is null or ?4 = case \
            when state <= 2 then 0 \
            when state = 3 and announce = 1 and is_final = 0 then 0 \
            when state in (3, 4, 6) then 1 \
            when state in (5, 7) then 2 \
            else 3 end) \
        order by opened_at desc, no desc limit ?6 offset ?5";
    MERCHANT_BALANCES = "select \
        coalesce(sum(amount) filter (where account_kind = 7), 0), \
        coalesce(sum(amount) filter (where account_kind = 8), 0) \
        from entry where account_no = ?1 and account_kind in (7, 8)";
    EVENTS_OF = "select ", event_columns!(), " from event where payment_no = ?1 order by no";
    ENTRIES_OF = "select ", entry_columns!(), " from entry \
        where no >= (select entry_first from event where no = ?1) \
        and no < (select entry_first + entry_count from event where no = ?1) order by no";
    NOTIFICATION = "select ", notification_columns!(), " from notification where no = ?1";
    NOTIFICATIONS_OF = "select ", notification_columns!(), " from notification \
        where payment_no = ?1 order by no";
    DUE_OF = "select ", notification_columns!(), " from notification \
        where payment_no = ?1 and +state = 0 order by no";
    FIRST_ATTEMPT_OF = "select at from attempt where notification_no = ?1 order by no limit 1";
    ATTEMPTS_OF = "select ", attempt_columns!(), " from attempt \
        where notification_no = ?1 order by no";
    DATA_KEY = "select no, merchant_no, month, sealed from data_key where no = ?1";
    DATA_KEYS_NEWEST = "select no, merchant_no, month, sealed from data_key \
        where month >= (select max(month) - 1 from data_key) order by +no";
    PROPOSAL = "select ", proposal_columns!(), " from proposal where no = ?1";

    /// What the clock brings: the front of a partial index, or only its first row.
    SWEEPS:
    DUE_EXPIRIES = "select no from payment where state in (0, 1) and expires_at <= ?1 \
        order by expires_at, no limit ?2";
    DUE_RELEASES = "select no from payment where state = 2 and hold_until <= ?1 \
        order by hold_until, no limit ?2";
    DUE_FINALS = "select no from payment where state = 3 and is_final = 0 and final_after < ?1 \
        order by final_after, no limit ?2";
    DUE_NOTIFICATIONS = "select ", notification_columns!(), " from notification \
        where state = 0 and due_at <= ?1 order by due_at, no limit ?2";
    NEXT_EXPIRY = "select min(expires_at) from payment where state in (0, 1)";
    NEXT_RELEASE = "select min(hold_until) from payment where state = 2";
    NEXT_FINAL = "select min(final_after) from payment where state = 3 and is_final = 0";
    NEXT_NOTIFICATION = "select min(due_at) from notification where state = 0";

    /// The next rows in the order of their numbers.
    PAGES:
    EVENTS_AFTER = "select ", event_columns!(), ", entry_first, entry_count from event \
        where no > ?1 order by no limit ?2";
    ENTRIES_FROM = "select ", entry_columns!(), " from entry \
        where no >= ?1 and no < ?2 order by no";
    PAYMENTS_AFTER = "select ", payment_columns!(), " from payment \
        where no > ?1 order by no limit ?2";
    SALES_AFTER = "select ", sale_columns!(), " from sale where no > ?1 order by no limit ?2";
    ENTRIES_AFTER = "select ", entry_columns!(), " from entry where no > ?1 order by no limit ?2";

    /// From one end of a table or index, as far as wanted.
    WALKS:
    PAYMENTS = "select ", payment_columns!(), " from payment \
        where (?1 is null or account_no = ?1) and (?2 is null or state = ?2) and no < ?3 \
        order by no desc limit ?4";
    LAST_EVENT = "select ", event_columns!(), " from event order by no desc limit 1";
    UNAPPLIED_OPEN = "select ", unapplied_columns!(), " from unapplied where state = 0 \
        order by received_at, no limit ?1";
    DISPUTES = "select ", dispute_columns!(), " from dispute order by no desc limit ?1";
    PROPOSALS_OPEN = "select ", proposal_columns!(), " from proposal where state = 0 \
        order by no limit ?1";
    PROPOSALS = "select ", proposal_columns!(), " from proposal order by no desc limit ?1";
    POOLS_OF_PENDING = "select pool_no from payment indexed by payment_expiry \
        where state in (0, 1) and +state = 1 and pool_no is not null";
    POOLS_OF_RESERVED = "select pool_no from payment indexed by payment_hold \
        where state = 2 and pool_no is not null";
    NOTIFICATIONS_DUE = "select count(*) from notification where state = 0";

    /// Everything, for those who check everything.
    WHOLE:
    NOTIFICATION_COUNTS = "select count(*) filter (where state = 0), \
        count(*) filter (where state = 1), count(*) filter (where state = 2), \
        count(*) filter (where state = 3) from notification";
    ENTRIES = "select ", entry_columns!(), " from entry order by no";
}

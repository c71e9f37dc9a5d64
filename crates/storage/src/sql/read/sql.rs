//! Every question that rows answer. The tests look at the plan of each: a look-up never scans.

use super::super::columns::{
    advance_columns, attempt_columns, chain_root_columns, checkout_columns, difference_columns,
    dispute_columns, entry_columns, event_columns, file_alias_columns, file_columns,
    file_line_columns, funding_columns, idempotency_columns, inquiry_columns, matched_columns,
    notification_columns, our_sale_columns, own_event_columns, payment_columns, payout_columns,
    proposal_columns, refund_columns, retailer_day_columns, sale_columns, snapshot_columns,
    unapplied_columns,
};

macro_rules! questions {
    ($(#[doc = $title:literal] $list:ident: $($name:ident = $($part:expr),+;)*)*) => {
        $($(pub(crate) const $name: &str = concat!($($part),+);)*)*
        $(
            #[doc = $title]
            #[cfg(test)]
            pub(crate) const $list: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
        )*
    };
}

questions! {
    /// Found by a key or through an index.
    LOOK_UPS:
    PAYMENT = "select ", payment_columns!(), " from payment where no = ?1";
    PAYMENT_BY_ORDER = "select ", payment_columns!(), " from payment \
        where account_no = ?1 and order_id = ?2 and superseded = 0 \
        and (sibling_of is null or sibling_of = no) limit 1";
    FAMILY = "select ", payment_columns!(), " from payment where sibling_of = ?1 order by no";
    PAYMENT_BY_SLOT = "select ", payment_columns!(), " from payment \
        where pool_no = ?1 and slot = ?2 and shard = ?3 order by lap desc limit 1";
    PAYMENT_BY_FOREIGN = "select ", payment_columns!(), " from payment \
        where code = ?1 and pool_no is null limit 1";
    SALE = "select ", sale_columns!(), " from sale where partner_no = ?1 and sale_key = ?2";
    SALE_BY_NO = "select ", sale_columns!(), " from sale where no = ?1";
    SALES_OF = "select ", sale_columns!(), " from sale where payment_no = ?1 order by no";
    UNAPPLIED = "select ", unapplied_columns!(), " from unapplied where no = ?1";
    REFUND = "select ", refund_columns!(), " from refund_code where no = ?1";
    REFUND_BY_CODE = "select ", refund_columns!(), " from refund_code where code = ?1";
    REFUND_OF = "select ", refund_columns!(), " from refund_code where unapplied_no = ?1 \
        order by no desc limit 1";
    REFUNDS_OF = "select ", refund_columns!(), " from refund_code where unapplied_no = ?1 \
        order by no";
    REFUND_EVENTS = "select ", event_columns!(), " from event where sale_no = ?1 \
        and kind in (24, 25, 26, 27, 28, 29, 40) order by no";
    REFUNDS_EXPIRED = "select no from refund_code where state = 0 and expires_at <= ?1 \
        order by expires_at limit ?2";
    REFUNDS_OVERDUE = "select no from refund_code where state = 1 and hold_until <= ?1 \
        order by hold_until limit ?2";
    CHECKOUT = "select ", checkout_columns!(), " from checkout where token = ?1";
    CHECKOUT_OPEN = "select ", checkout_columns!(), " from checkout \
        where account_no = ?1 and order_id = ?2 and state = 0 limit 1";
    DISPUTE = "select ", dispute_columns!(), " from dispute where no = ?1";
    UNAPPLIED_OF = "select ", unapplied_columns!(), " from unapplied where sale_no = ?1";
    INQUIRY = "select ", inquiry_columns!(), " from inquiry \
        where partner_no = ?1 and sale_key = ?2";
    INQUIRED = "select min(received_at) from inquiry where payment_no = ?1 and +partner_no = ?2";
    FIRST_INQUIRY_OF = "select min(received_at) from inquiry where payment_no = ?1";
    IDEMPOTENCY = "select ", idempotency_columns!(), " from idempotency \
        where account_no = ?1 and key = ?2";
    EXTERNAL_ID = "select 1 from external_id \
        where day = ?1 and account_no = ?2 and endpoint = ?3 and id = ?4";
    // Of an order with several codes only the payment that counts, as `domain::payment::counting`
    // says. The numbers of `Standing` stand for what `Payment::shown` says: paid is 3, announced only when
    // it is final is 1.
    PAYMENTS_OF = "select ", payment_columns!(), " from payment \
        where account_no = ?1 and opened_at >= ?2 and opened_at < ?3 \
        and (?4 is null or ?4 = case \
            when state <= 2 then 0 \
            when state = 3 and announce = 1 and is_final = 0 then 0 \
            when state in (3, 4, 6) then 1 \
            when state in (5, 7) then 2 \
            else 3 end) \
        and (sibling_of is null or not exists (select 1 from payment as other \
            where other.sibling_of = payment.sibling_of and other.no <> payment.no and (\
                case when other.state between 3 and 6 then 0 when other.state = 2 then 1 \
                    when other.state <= 1 then 2 else 3 end, other.no) < (\
                case when payment.state between 3 and 6 then 0 when payment.state = 2 then 1 \
                    when payment.state <= 1 then 2 else 3 end, payment.no))) \
        order by opened_at desc, no desc limit ?6 offset ?5";
    // From a snapshot to an event, both of which bound the search.
    MERCHANT_BALANCES = "select \
        cast(coalesce(sum(amount) filter (where account_kind = 7), 0) as bigint), \
        cast(coalesce(sum(amount) filter (where account_kind = 8), 0) as bigint) \
        from entry where account_no = ?1 and account_kind in (7, 8) \
        and event_no > ?2 and event_no <= ?3";
    SNAPSHOT = "select ", snapshot_columns!(), " from balance_snapshot \
        where account_no = ?1 and event_no <= ?2 order by event_no desc limit 1";
    SNAPSHOTS_OF = "select ", snapshot_columns!(), " from balance_snapshot \
        where account_no = ?1 order by event_no";
    ENTRY_DATE = "select no, at, event_no from entry where no = ?1";
    OWED = "select cast(coalesce(sum(amount), 0) as bigint) from entry \
        where retailer = ?1 and business_date = ?2 and account_kind = 1";
    RETAILER_DAY = "select ", retailer_day_columns!(), " from retailer_day \
        where retailer = ?1 and business_date = ?2";
    MATCHED = "select ", matched_columns!(), " from matched where payment_no = ?1";
    MATCHED_WAITING = "select payment_no from matched \
        where retailer = ?1 and business_date = ?2 and state = 0 order by payment_no limit ?3";
    ADVANCE = "select ", advance_columns!(), " from advance where payment_no = ?1";
    ADVANCED = "select cast(coalesce(sum(amount), 0) as bigint) from advance \
        where account_no = ?1 and state = 0";
    ADVANCED_AT = "select cast(coalesce(sum(amount), 0) as bigint) from advance where account_no = ?1 \
        and at <= ?2 and (closed_at is null or closed_at > ?2)";
    TO_ADVANCE = "select matched.payment_no from matched \
        join payment on payment.no = matched.payment_no \
        where matched.account_no = ?1 and matched.state = 0 and payment.state = 3 \
        order by matched.payment_no limit ?2";
    FUNDING = "select ", funding_columns!(), " from funding \
        where retailer = ?1 and business_date = ?2 and reference = ?3";
    PAYOUT = "select ", payout_columns!(), " from payout where no = ?1";
    PAYOUT_BY_REFERENCE = "select ", payout_columns!(), " from payout \
        where account_no = ?1 and reference = ?2";
    FILE = "select ", file_columns!(), " from file where no = ?1";
    FILES_OF = "select ", file_columns!(), " from file \
        where retailer = ?1 and business_date = ?2 order by profile, revision";
    EVENTS_OF_ACCOUNT = "select event_no from entry where account_no = ?1 and account_kind = ?2 \
        and account_kind in (7, 8) and event_no > ?3 and event_no <= ?4 order by event_no limit ?5";
    SALE_FROM = "select no, received_at from sale where no >= ?1 order by no limit 1";
    OUR_SALE = "select ", our_sale_columns!(), " from sale \
        left join payment on payment.no = sale.payment_no \
        left join unapplied on unapplied.sale_no = sale.no where sale.no = ?1";
    BOOKED_FROM_FILES = "select sale_no from file_line where retailer = ?1 \
        and business_date between ?2 and ?3 and outcome = 'theirs_only' order by business_date";
    FILE_LINE = "select ", file_line_columns!(), " from file_line where no = ?1";
    SAID_OF_LINE = "select ", difference_columns!(), " from difference where line_no = ?1 \
        order by no desc limit 1";
    SAID_OF_SALE = "select ", difference_columns!(), " from difference where sale_no = ?1 \
        order by no desc limit 1";
    FILE_LINES = "select ", file_line_columns!(), " from file_line where retailer = ?1 \
        and business_date = ?2 and no > ?3 order by no limit ?4";
    WAITS_AS_OURS_ONLY = "select 1 from file_line where sale_no = ?1 and outcome || '' = 'ours_only' \
        and (+state = 1 or exists (select 1 from difference where line_no = file_line.no)) limit 1";
    FILE_SAYS = "select count(*), cast(coalesce(sum(amount), 0) as bigint), \
        cast(coalesce(sum(fee), 0) as bigint), \
        count(*) - count(fee) from file_line where retailer = ?1 and business_date = ?2 \
        and line is not null and status = 'paid' and outcome <> 'void'";
    TRANSFERRED = "select cast(coalesce(sum(amount), 0) as bigint), \
        cast(coalesce(sum(commission), 0) as bigint) from funding \
        where retailer = ?1 and business_date = ?2";
    FILE_ALIASES = "select ", file_alias_columns!(), " from file_alias where code = ?1 order by no";
    NEWEST_FILE = "select ", file_columns!(), " from file where retailer = ?1 \
        order by business_date desc limit 1";
    FILE_LINES_OPEN = "select ", file_line_columns!(), " from file_line where retailer = ?1 \
        and state = 1 order by business_date, no limit ?2";
    EVENTS_OF = "select ", event_columns!(), " from event where payment_no = ?1 order by no";
    ENTRIES_OF = "select ", entry_columns!(), " from entry \
        where no >= (select entry_first from event where no = ?1) \
        and no < (select entry_first + entry_count from event where no = ?1) order by no";
    NOTIFICATION = "select ", notification_columns!(), " from notification where no = ?1";
    NOTIFICATION_FROM = "select no, created_at from notification where no >= ?1 order by no limit 1";
    NOTIFICATIONS_OF = "select ", notification_columns!(), " from notification \
        where payment_no = ?1 order by no";
    DUE_OF = "select ", notification_columns!(), " from notification \
        where payment_no = ?1 and +state = 0 order by no";
    FIRST_ATTEMPT_OF = "select at from attempt \
        where notification_no = ?1 and is_try = 1 order by no limit 1";
    LAST_ATTEMPT_OF = "select ", attempt_columns!(), " from attempt \
        where notification_no = ?1 order by no desc limit 1";
    ATTEMPTS_OF = "select ", attempt_columns!(), " from attempt \
        where notification_no = ?1 order by no";
    DATA_KEY = "select no, merchant_no, month, sealed from data_key where no = ?1";
    DATA_KEYS_NEWEST = "select no, merchant_no, month, sealed from data_key \
        where month >= (select max(month) - 1 from data_key) order by +no";
    ROOT = "select ", chain_root_columns!(), " from chain_root where no = ?1";
    LINK_OF = "select no, chain, at from event where no = ?1";
    PROPOSAL = "select ", proposal_columns!(), " from proposal where no = ?1";
    MENTIONED = "select 1 from file_line where sale_no = ?1 and line is not null limit 1";
    OWN_EVENT = "select ", own_event_columns!(), " from own_event \
        where account_no = ?1 and no = ?2";
    OWN_EVENTS_AFTER = "select ", own_event_columns!(), " from own_event \
        where account_no = ?1 and no > ?2 order by no limit ?3";
    OWN_OLDEST = "select no from own_event where account_no = ?1 order by no limit 1";
    OWN_NEWEST = "select no from own_event where account_no = ?1 order by no desc limit 1";
    OWN_ACCOUNT_AFTER = "select account_no from own_event where account_no > ?1 \
        order by account_no limit 1";
    ENDPOINTS_OF_NEWS = "select endpoint, account_no, due_at from notification \
        where no > ?1 order by no limit ?2";

    /// What the clock brings: the front of a partial index, or only its first row.
    SWEEPS:
    DUE_EXPIRIES = "select no from payment where state in (0, 1) and expires_at <= ?1 \
        order by expires_at, no limit ?2";
    DUE_RELEASES = "select no from payment where state = 2 and hold_until <= ?1 \
        order by hold_until, no limit ?2";
    DUE_FINALS = "select no from payment where state = 3 and is_final = 0 and final_after < ?1 \
        order by final_after, no limit ?2";
    DUE_AT_ENDPOINT = "select ", notification_columns!(), " from notification \
        where state = 0 and endpoint = ?1 and due_at >= ?2 and due_at <= ?3 \
        order by due_at, no limit ?4";
    NEXT_EXPIRY = "select min(expires_at) from payment where state in (0, 1)";
    NEXT_RELEASE = "select min(hold_until) from payment where state = 2";
    NEXT_FINAL = "select min(final_after) from payment where state = 3 and is_final = 0";
    NEXT_ENDPOINT = "select endpoint, account_no, due_at from notification \
        where state = 0 and endpoint > ?1 order by endpoint, due_at limit 1";
    DUE_SETTLEMENTS = "select payment_no from matched \
        where state = 1 and available_on <= ?1 order by available_on, payment_no limit ?2";
    NEXT_SETTLEMENT = "select min(available_on) from matched where state = 1";
    EXPIRY_AFTER = "select min(expires_at) from payment where state in (0, 1) and expires_at > ?1";
    RELEASE_AFTER = "select min(hold_until) from payment where state = 2 and hold_until > ?1";
    FINAL_AFTER = "select min(final_after) from payment \
        where state = 3 and is_final = 0 and final_after > ?1";
    SETTLEMENT_AFTER = "select min(available_on) from matched where state = 1 and available_on > ?1";
    REFUND_EXPIRY_AFTER = "select min(expires_at) from refund_code where state = 0 and expires_at > ?1";
    REFUND_HOLD_AFTER = "select min(hold_until) from refund_code where state = 1 and hold_until > ?1";

    /// The next rows in the order of their numbers.
    PAGES:
    EVENTS_AFTER = "select ", event_columns!(), ", entry_first, entry_count from event \
        where no > ?1 order by no limit ?2";
    ENTRIES_FROM = "select ", entry_columns!(), " from entry \
        where no >= ?1 and no < ?2 order by no";
    PAYMENTS_AFTER = "select ", payment_columns!(), " from payment \
        where no > ?1 order by no limit ?2";
    SALES_AFTER = "select ", sale_columns!(), " from sale where no > ?1 order by no limit ?2";
    // Pay-outs go the other way, and stand in no file of what was taken.
    OUR_SALES = "select ", our_sale_columns!(), " from sale \
        left join payment on payment.no = sale.payment_no \
        left join unapplied on unapplied.sale_no = sale.no \
        where sale.no > ?1 and sale.no <= ?2 and sale.retailer || '' = ?3 \
        and not exists (select 1 from refund_code where refund_code.code = sale.code) \
        order by sale.no limit ?4";
    ENTRIES_AFTER = "select ", entry_columns!(), " from entry where no > ?1 order by no limit ?2";
    MATCHED_AFTER = "select ", matched_columns!(), " from matched \
        where payment_no > ?1 order by payment_no limit ?2";
    ADVANCES_AFTER = "select ", advance_columns!(), " from advance \
        where payment_no > ?1 order by payment_no limit ?2";
    FUNDINGS = "select ", funding_columns!(), " from funding \
        where no < ?1 order by no desc limit ?2";
    PAYOUTS = "select ", payout_columns!(), " from payout \
        where no < ?1 order by no desc limit ?2";

    ROOTS_AFTER = "select ", chain_root_columns!(), " from chain_root \
        where no > ?1 order by no limit ?2";
    // The ends of a range are numbers after which and up to which.
    EVENTS_IN = "select ", event_columns!(), ", entry_first, entry_count from event \
        where no > ?1 and no <= ?2 order by no";
    ENTRIES_IN = "select ", entry_columns!(), " from entry where no > ?1 and no <= ?2 order by no";
    PAYMENTS_IN = "select ", payment_columns!(), " from payment \
        where no > ?1 and no <= ?2 order by no";
    SALES_IN = "select ", sale_columns!(), " from sale where no > ?1 and no <= ?2 order by no";
    UNAPPLIED_IN = "select ", unapplied_columns!(), " from unapplied \
        where no > ?1 and no <= ?2 order by no";
    REFUNDS_IN = "select ", refund_columns!(), " from refund_code \
        where no > ?1 and no <= ?2 order by no";
    DISPUTES_IN = "select ", dispute_columns!(), " from dispute \
        where no > ?1 and no <= ?2 order by no";
    FILES_IN = "select ", file_columns!(), " from file where no > ?1 and no <= ?2 order by no";
    FILE_LINES_IN = "select ", file_line_columns!(), " from file_line \
        where no > ?1 and no <= ?2 order by no";
    FILE_ALIASES_IN = "select ", file_alias_columns!(), " from file_alias \
        where no > ?1 and no <= ?2 order by no";
    MATCHED_IN = "select ", matched_columns!(), " from matched \
        where payment_no > ?1 and payment_no <= ?2 order by payment_no";
    ADVANCES_IN = "select ", advance_columns!(), " from advance \
        where payment_no > ?1 and payment_no <= ?2 order by payment_no";
    FUNDINGS_IN = "select ", funding_columns!(), " from funding \
        where no > ?1 and no <= ?2 order by no";
    PAYOUTS_IN = "select ", payout_columns!(), " from payout \
        where no > ?1 and no <= ?2 order by no";
    DIGESTS_AFTER = "select no, digest from row_digest where kind = ?1 and no > ?2 \
        order by no limit ?3";
    PASTS_IN = "select payment_no, no, kind, sale_no, payment_digest from event \
        where payment_no > ?1 and payment_no <= ?2 order by payment_no, no";
    LAST_ENTRY_UNTIL = "select entry_first + entry_count - 1 from event \
        where no <= ?1 and entry_first is not null order by no desc limit 1";

    NOTIFICATIONS_AFTER = "select ", notification_columns!(), " from notification \
        where no > ?3 and no < ?4 and (?1 is null or account_no = ?1) and (?2 is null or state = ?2) \
        and created_at >= ?5 and created_at < ?6 order by no limit ?7";

    // Along the events: those of one account only would have to be sorted.
    NEWS_AFTER = "select event.no, event.kind, event.at, event.reason, event.payment_no from event \
        cross join payment on payment.no = event.payment_no \
        where event.no > ?1 and event.no <= ?2 and payment.account_no = ?3 order by event.no";

    /// From one end of a table or index, as far as wanted.
    WALKS:
    PAYMENTS = "select ", payment_columns!(), " from payment \
        where (?1 is null or account_no = ?1) and (?2 is null or state = ?2) and no < ?3 \
        order by no desc limit ?4";
    NOTIFICATIONS = "select ", notification_columns!(), " from notification \
        where no > ?3 and no < ?4 and (?1 is null or account_no = ?1) and (?2 is null or state = ?2) \
        and created_at >= ?5 and created_at < ?6 order by no desc limit ?7";
    LAST_ROOT = "select ", chain_root_columns!(), " from chain_root order by no desc limit 1";
    LAST_EVENT = "select ", event_columns!(), " from event order by no desc limit 1";
    UNAPPLIED_OPEN = "select ", unapplied_columns!(), " from unapplied where state = 0 \
        order by received_at, no limit ?1";
    UNAPPLIED_ALL = "select ", unapplied_columns!(), " from unapplied order by no desc limit ?1";
    REFUNDS = "select ", refund_columns!(), " from refund_code order by no desc limit ?1";
    REFUNDS_SUSPECT = "select ", refund_columns!(), " from refund_code where state = 2 \
        order by no limit ?1";
    DISPUTES_OPEN = "select ", dispute_columns!(), " from dispute where state = 0 \
        order by no limit ?1";
    DISPUTES = "select ", dispute_columns!(), " from dispute order by no desc limit ?1";
    DIFFERENCES = "select ", difference_columns!(), " from difference where no < ?1 \
        order by no desc limit ?2";
    LINES_PAID_SINCE = "select file_line.no, payment.no from file_line \
        join sale on sale.no = file_line.sale_no \
        join payment on payment.no = sale.payment_no and payment.sale_no = sale.no \
        where file_line.retailer = ?1 and file_line.payment_no is null \
        and file_line.sale_no is not null and file_line.line is not null and payment.state = 3 \
        and file_line.outcome in ('matched', 'theirs_only', 'other_day', 'fee_differs') \
        order by file_line.no limit ?2";
    ENTRY_LAST = "select no, at, event_no from entry order by no desc limit 1";
    ENTRIES_SINCE = "select count(*) from (select 1 from entry \
        where account_no = ?1 and account_kind in (7, 8) and event_no > ?2 limit ?3) as since";
    COVERED_DAYS = "select ", retailer_day_columns!(), " from retailer_day \
        where waiting > 0 and funded >= matched order by business_date limit ?1";
    RETAILER_DAYS = "select ", retailer_day_columns!(), " from retailer_day \
        order by retailer desc, business_date desc limit ?1";
    PAYOUTS_IN_TRANSIT = "select ", payout_columns!(), " from payout where state = 0 \
        order by no limit ?1";
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
    MATCHED_BY_DAY = "select retailer, business_date, cast(sum(total) as bigint), \
        count(*) filter (where state = 0) from matched \
        group by retailer, business_date";
    MATCHED_WRONG = "select m.payment_no from matched m left join payment p on p.no = m.payment_no \
        where p.no is null or p.taken_by is distinct from m.retailer \
        or p.business_date is distinct from m.business_date \
        or p.sale_no is distinct from m.sale_no or m.total not in (p.amount, p.amount + p.fee) \
        or p.account_no <> m.account_no or p.state <> 6 and (p.state = 4) <> (m.state = 2 \
            or exists (select 1 from advance a where a.payment_no = m.payment_no)) \
        order by m.payment_no limit ?1";
    ADVANCES_WRONG = "select a.payment_no from advance a \
        left join matched m on m.payment_no = a.payment_no \
        left join payment p on p.no = a.payment_no \
        where p.no is null or p.account_no <> a.account_no or m.payment_no is null and a.state <> 2 \
        or (a.state = 0) <> ((m.state = 0 and p.state = 4) is true) or a.state = 1 and m.state <> 2 \
        or a.state = 2 and p.state <> 6 order by a.payment_no limit ?1";
    ENTRIES = "select ", entry_columns!(), " from entry order by no";
}

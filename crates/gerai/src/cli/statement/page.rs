//! A statement as a page to print: in Indonesian, for the merchant.

use std::io::Write;

use dialect::wib;
use maud::{Markup, PreEscaped, html};

use super::{Each, Head, lines::What};
use pages::rupiah;

const STYLE: &str = "body{font:.9rem/1.4 system-ui,sans-serif;color:#1b1b1b;background:#fff;\
    max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}\
    th,td{padding:.25rem .5rem;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}\
    .n{text-align:right;white-space:nowrap}thead{display:table-header-group}\
    tr{break-inside:avoid}.sums{width:auto;margin:1rem 0 2rem}\
    @media print{body{margin:0;max-width:none}}";

/// Writes it row by row: a month of a big merchant does not fit into memory twice.
pub(super) fn write(out: &mut dyn Write, head: &Head, each: Each<'_>) -> anyhow::Result<()> {
    let title = format!("Rekening koran {} {} - {}", head.merchant, head.from, head.to);
    let top = html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        title { (title) }
        style { (PreEscaped(STYLE)) }
    };
    let begin = html! {
        h1 { "Rekening koran" }
        p { strong { (head.merchant) } " (" (head.ids.join(", ")) ")" br;
            (head.from) " sampai " (head.to) ", waktu Indonesia barat" }
        (sums(head))
    };
    let heads = html! {
        thead { tr {
            th { "Waktu" } th { "Apa" } th { "Pesanan" } th { "Gerai" }
            th.n { "Jumlah" } th.n { "Biaya" } th.n { "Tertunda" } th.n { "Tersedia" }
            th.n { "Saldo" }
        } }
    };
    out.write_all(b"<!DOCTYPE html><html lang=\"id\"><head>")?;
    out.write_all(top.into_string().as_bytes())?;
    out.write_all(b"</head><body><main>")?;
    out.write_all(begin.into_string().as_bytes())?;
    out.write_all(b"<table>")?;
    out.write_all(heads.into_string().as_bytes())?;
    out.write_all(b"<tbody>")?;
    each(&mut |line, owed| {
        let row = html! {
            tr {
                td { (wib(line.at)) }
                td { (called(line.what)) @if !line.note.is_empty() { br; (line.note) } }
                td { (line.order) }
                td { (line.retailer) }
                td.n { (rupiah(line.amount)) } td.n { (rupiah(line.fee)) }
                td.n { (rupiah(line.pending)) } td.n { (rupiah(line.active)) }
                td.n { (rupiah(owed.total())) }
            }
        };
        Ok(out.write_all(row.into_string().as_bytes())?)
    })?;
    out.write_all(b"</tbody></table></main></body></html>\n")?;
    Ok(())
}

fn sums(head: &Head) -> Markup {
    let sums = &head.sums;
    let row = |name: &str, amount: i64| {
        html! { tr { td { (name) } td.n { (rupiah(amount)) } } }
    };
    html! {
        table.sums {
            (row("Saldo awal", head.opening.total()))
            (row("Pembayaran", sums.payments))
            (row("Biaya", sums.fees))
            (row("Pembatalan", sums.reversals))
            (row("Ditarik kembali oleh gerai", sums.clawbacks))
            (row("Pencairan", sums.payouts))
            (row("Pencairan yang kembali", sums.payouts_returned))
            @if sums.others != 0 { (row("Lain-lain", sums.others)) }
            (row("Saldo akhir", head.closing.total()))
            (row("Tertunda", head.closing.pending))
            (row("Tersedia", head.closing.active))
            @if head.advanced != 0 {
                (row("Di antaranya ditalangi, belum disetor gerai", head.advanced))
            }
            @for tax in &head.withheld {
                (row(&tax.for_people(), tax.kept_back))
            }
        }
    }
}

const fn called(what: What) -> &'static str {
    match what {
        What::Payment => "Pembayaran",
        What::Reversal => "Pembatalan",
        What::Clawback => "Ditarik kembali",
        What::Available => "Tersedia",
        What::Advanced => "Ditalangi",
        What::Payout => "Pencairan",
        What::PayoutReturned => "Pencairan kembali",
        What::Other => "Lain-lain",
    }
}

//! A statement as CSV: RFC 4180, and no cell that a spreadsheet would compute.

use std::io::Write;

use dialect::wib;

use super::{Each, Head, withheld::Withheld};

pub(super) fn write(out: &mut dyn Write, head: &Head, each: Each<'_>) -> anyhow::Result<()> {
    let heads = "time,what,order,payment,retailer,amount,fee,pending,active,balance,note\r\n";
    out.write_all(heads.as_bytes())?;
    let edge = |at: String, what: &str, owed: super::Owed| {
        format!(
            "{at},{what},,,,,,{},{},{},{}\r\n",
            owed.pending,
            owed.active,
            owed.total(),
            text(&format!("{} ({})", head.merchant, head.ids.join(", "))),
        )
    };
    out.write_all(edge(format!("{} 00:00:00", head.from), "opening", head.opening).as_bytes())?;
    each(&mut |line, owed| {
        let row = format!(
            "{},{},{},{},{},{},{},{},{},{},{}\r\n",
            wib(line.at),
            line.what.name(),
            text(&line.order),
            text(&line.payment),
            text(&line.retailer),
            line.amount,
            line.fee,
            line.pending,
            line.active,
            owed.total(),
            text(&line.note),
        );
        Ok(out.write_all(row.as_bytes())?)
    })?;
    let end = format!("{} 24:00:00", head.to);
    out.write_all(edge(end.clone(), "closing", head.closing).as_bytes())?;
    // What follows only tells: no balance changes by it.
    let told = |what: &str, amount: i64, fee: i64, note: &str| {
        format!("{end},{what},,,,{amount},{fee},0,0,{},{}\r\n", head.closing.total(), text(note))
    };
    if head.advanced != 0 {
        let note = "of the active balance: not transferred by retailers yet";
        out.write_all(told("open advances", head.advanced, 0, note).as_bytes())?;
    }
    for tax in &head.withheld {
        let Withheld { label, permille, base, kept_back } = tax;
        let note = format!("{label}: {permille} per-mille of our fees without PPN");
        out.write_all(told("withholding", *kept_back, *base, &note).as_bytes())?;
    }
    Ok(())
}

/// Text of strangers: quoted where it must be, and never a formula.
fn text(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let safe = if is_formula { format!("'{text}") } else { text.to_owned() };
    if safe.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", safe.replace('"', "\"\""))
    } else {
        safe
    }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn no_cell_is_a_formula_and_none_ends_early() {
        assert_eq!(text("order-1"), "order-1");
        assert_eq!(text("=1+1"), "'=1+1");
        assert_eq!(text("@sum, \"x\""), "\"'@sum, \"\"x\"\"\"");
        assert_eq!(text("two\nlines"), "\"two\nlines\"");
    }
}

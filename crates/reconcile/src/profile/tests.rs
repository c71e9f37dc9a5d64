use domain::time::{BusinessDate, Span, Timestamp};

use super::*;
use crate::tests::{profile, profile_text, profiles};

#[test]
fn every_profile_that_comes_with_the_crate_is_good() {
    let names = profiles();
    assert!(names.len() >= 7, "{names:?}");
    for name in names {
        profile(&name);
    }
}

/// A profile, what is changed in it as text, the key that the error names.
#[test]
fn an_error_names_its_key() {
    let cases = [
        ("retailer = \"indomaret\"", "retailer = \"Indo Maret\"", "retailer"),
        ("IDMDOKU_{date:%Y%m%d}", "IDMDOKU", "name"),
        ("due = \"06:30\"", "due = \"6:30\"", "due"),
        ("due = \"06:30\"", "due = \"06:30\"\ndue_days_after = 40", "due_days_after"),
        ("due = \"06:30\"", "name_days_after = 8", "name_days_after"),
        ("due = \"06:30\"", "encoding = \"ebcdic\"", "encoding"),
        ("due = \"06:30\"", "zone = \"Asia/Jakarta\"", "zone"),
        ("due = \"06:30\"", "business_day_cutoff = \"25:00\"", "business_day_cutoff"),
        ("due = \"06:30\"", "line_bytes_max = 1000000", "line_bytes_max"),
        ("due = \"06:30\"", "tolerance_seconds = 100000", "tolerance_seconds"),
        ("outlet_terminal_date_sale", "stan", "sale_key"),
        ("outlet = 2\n", "", "columns.outlet"),
        ("sale = 5\n", "", "columns.sale"),
        ("code = 6\n", "", "columns.code"),
        ("code = 6\n", "code = 0\n", "columns.code"),
        ("code = 6\n", "code = \"Code\"\n", "columns.code"),
        ("code = 6\n", "code = { from = 1, width = 2 }\n", "columns.code"),
        ("{ delimiter = \"|\", fields = 9 }", "{ delimiter = \"||\" }", "layout.delimiter"),
        (
            "{ delimiter = \"|\", fields = 9 }",
            "{ delimiter = \"|\", quote = \"|\" }",
            "layout.quote",
        ),
        ("{ delimiter = \"|\", fields = 9 }", "{}", "header.date"),
        ("fields = 9", "fields = 0", "layout.fields"),
        ("mark = \"H\"", "", "header"),
        ("mark = \"H\"", "mark = \"H\"\nlines = 1", "header"),
        ("mark = \"H\"", "mark = \"\"", "header.mark"),
        ("mark = \"H\"", "mark = \"H\"\nnames = true", "header.names"),
        ("mark = \"T\"", "", "trailer.mark"),
        ("mark = \"T\"", "mark = \"T\"\nsum_of = \"most\"", "trailer.sum_of"),
        ("time = \"%Y%m%d%H%M%S\"", "time = \"%Y%m\"", "times.time"),
        ("time = \"%Y%m%d%H%M%S\"", "", "times.time"),
        ("time = \"%Y%m%d%H%M%S\"", "time = \"%Y%m%d%H%M%S\"\ndate = \"%Y%m%d\"", "times.date"),
        ("edge = \"%Y%m%d\"", "", "times.edge"),
        ("edge = \"%Y%m%d\"", "edge = \"%H%M\"", "times.edge"),
        ("paid = [\"00\"]", "paid = [\"00\", \"12\"]", "status"),
        ("paid = [\"00\"]\n", "default = \"reversed\"\npaid = [\"00\"]\n", "status.default"),
        ("status = 9\n", "", "columns.status"),
        ("[status]", "[amounts]\nform = \"cents\"\n[status]", "amounts.form"),
        ("[status]", "[amounts]\nthousands = \"x\"\n[status]", "amounts.thousands"),
        (
            "[status]",
            "[amounts]\nform = \"decimals\"\nthousands = \".\"\n[status]",
            "amounts.thousands",
        ),
        ("[status]", "[amounts]\nnegative = \"maybe\"\n[status]", "amounts.negative"),
    ];
    let good = include_str!("../../profiles/pipe_numbered_per_till.toml");
    for (piece, instead, key) in cases {
        assert!(good.contains(piece), "{piece}");
        let text: ProfileText = toml::from_str(&good.replacen(piece, instead, 1)).unwrap();
        let error = Profile::check(&text).err().unwrap_or_else(|| panic!("{instead} passed"));
        assert_eq!(error.key, key, "{instead}: {error}");
        assert!(error.to_string().starts_with(&format!("`{key}`: ")));
    }
    let unknown = good.replacen("due", "due_by", 1);
    let error = toml::from_str::<ProfileText>(&unknown).unwrap_err().to_string();
    assert!(error.contains("due_by"), "{error}");
}

#[test]
fn files_that_did_not_arrive_are_missed_from_their_hour_on() {
    let profile = profile("pipe_numbered_per_till");
    // 2026-11-20; due at 06:30 in Jakarta the next morning, 23:30 UTC of the day itself.
    let date = BusinessDate::from_days(20_777);
    let due = profile.due_at(date).unwrap();
    assert_eq!(due.millis(), (20_777 * 24 * 60 + 23 * 60 + 30) * 60_000);
    let missing = |arrived: &[BusinessDate], now: Timestamp| {
        let first = BusinessDate::from_days(20_774);
        profile
            .missing(first, date.after(), arrived, now)
            .map(BusinessDate::days)
            .collect::<Vec<_>>()
    };
    let before = Timestamp::from_millis(due.millis() - 1);
    assert_eq!(missing(&[BusinessDate::from_days(20_775)], before), [20_774, 20_776]);
    assert_eq!(missing(&[BusinessDate::from_days(20_775)], due), [20_774, 20_776, 20_777]);
    assert_eq!(missing(&[], due.plus(Span::days(1))).len(), 5);

    let mut text = profile_text("pipe_numbered_per_till");
    text.due = None;
    let patient = Profile::check(&text).unwrap();
    assert_eq!(patient.missing(date, date, &[], due.plus(Span::days(9))).count(), 0);
}

#[test]
fn a_business_day_ends_at_the_cut_off_of_its_own_clock() {
    let profile = profile("utf16_evening");
    let date = BusinessDate::from_days(20_777);
    let begin = profile.day_begins_at(date);
    // 22:00 of the day before in Makassar is 14:00 UTC.
    assert_eq!(begin.millis(), (20_776 * 24 + 14) * 3_600_000);
    assert_eq!(profile.business_date(begin), date);
    assert_eq!(profile.business_date(Timestamp::from_millis(begin.millis() - 1)), date.before());
}

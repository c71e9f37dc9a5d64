use std::io::{self, Read};

use domain::{
    code::PaymentCode,
    retailer::{Contract, SaleKeyForm},
    sale::{SaleKeys, SaleParts},
    time::BusinessDate,
};
use proptest::prelude::*;

use super::*;
use crate::{
    profile::{FileName, ProfileText},
    tests::{profile, profile_text, profiles},
};

/// 2026-11-20.
const DATE: BusinessDate = BusinessDate::from_days(20_777);
const NAME: FileName = FileName { business_date: DATE, sequence: Some(1) };

/// What comes out of `text`: lines in short, errors as they are told.
fn read(profile: &Profile, text: &[u8]) -> Vec<String> {
    let shown = |line: Result<Line, FileError>| match line {
        Ok(line) => format!("{} {} {}", line.identity(), line.status, line.amount),
        Err(error) => error.to_string(),
    };
    Lines::new(profile, NAME, 0, text).map(shown).collect()
}

fn changed(name: &str, change: impl Fn(&mut ProfileText)) -> Profile {
    let mut text = profile_text(name);
    change(&mut text);
    Profile::check(&text).unwrap()
}

const GOOD: &str = "D|T001|01|20261120081500|000123|578112341234|50000|2000|00";

/// A piece of the good line, what stands there instead, what is said.
#[test]
fn what_cannot_be_read_is_named_with_line_and_column() {
    let profile = profile("pipe_numbered_per_till");
    let cases = [
        (
            "578112341234",
            "57811 2341234",
            "column `code`: \"57811 2341234\" is not a payment code: 1 to 24 letters and digits",
        ),
        (
            "578112341234",
            "",
            "column `code`: \"\" is not a payment code: 1 to 24 letters and digits",
        ),
        (
            "|50000|",
            "|50.000|",
            "column `amount`: \"50.000\" is not an amount: it is not written as the profile says",
        ),
        ("|50000|", "|-50000|", "column `amount`: \"-50000\" is not an amount: it is below zero"),
        (
            "|50000|",
            "|99999999999|",
            "column `amount`: \"99999999999\" is not an amount: it is too large",
        ),
        (
            "|2000|",
            "|2k|",
            "column `fee`: \"2k\" is not an amount: it is not written as the profile says",
        ),
        (
            "20261120081500",
            "20261120246000",
            "column `time`: \"20261120246000\" is not a date or time as the profile writes it",
        ),
        ("2000|00", "2000|0", "column `status`: \"0\" is not a status that the profile knows"),
        ("|T001|", "||", "column `outlet`: the line does not reach this column"),
        (
            "T001",
            "T00\u{e9}",
            "column `outlet`: \"T00é\" is not a name: 1 to 32 visible ASCII characters",
        ),
        (
            "000123",
            "",
            "column `sale`: \"\" does not name a sale: 1 to 64 visible ASCII characters",
        ),
        (
            "000123",
            "00 123",
            "column `sale`: \"00 123\" does not name a sale: 1 to 64 visible ASCII characters",
        ),
        (
            "000123",
            "00\u{1b}[31m",
            "column `sale`: \"00\\u{1b}[31m\" does not name a sale: 1 to 64 visible ASCII characters",
        ),
    ];
    for (piece, instead, said) in cases {
        let file = format!("H|20261120|1\n{}\nT|1|0|20261120\n", GOOD.replacen(piece, instead, 1));
        let found = read(&profile, file.as_bytes());
        assert_eq!(found.first().map(String::as_str), Some(format!("line 2, {said}").as_str()));
    }
    let short = GOOD.replace("|2000|00", "");
    for (line, fields) in [(short.as_str(), 7), (&format!("{GOOD}|"), 10)] {
        let found = read(&profile, format!("H|20261120|1\n{line}\n").as_bytes());
        let said = format!(
            "line 2: the line has {fields} fields instead of 9; does one hold a delimiter?"
        );
        assert_eq!(found.first(), Some(&said));
    }
    let mut bytes = format!("H|20261120|1\n{GOOD}\n").into_bytes();
    let at = bytes.windows(4).position(|w| w == b"T001").unwrap();
    bytes[at] = 0xFF;
    let said = "line 2, column `outlet`: holds bytes that are no text in this encoding";
    assert_eq!(read(&profile, &bytes).first().map(String::as_str), Some(said));
}

#[test]
fn a_file_must_agree_with_its_trailer_and_its_name() {
    let profile = profile("pipe_numbered_per_till");
    let numbered = changed("pipe_numbered_per_till", |text| {
        text.header.as_mut().unwrap().sequence = Some(crate::profile::ColumnText::Number(3));
    });
    let line = "T001/01/2026-11-20/000123 paid 50000";
    let cases: [(&Profile, &str, &str, &[&str]); 12] = [
        (&profile, "H|20261120|1", "T|1|50000|20261120", &[line]),
        (
            &profile,
            "H|20261120|1",
            "T|2|50000|20261120",
            &[line, "line 3, column `trailer.count`: the trailer counts 2 lines, but there are 1"],
        ),
        (
            &profile,
            "H|20261120|1",
            "T|1|50001|20261120",
            &[
                line,
                "line 3, column `trailer.sum`: the trailer's sum is 50001, but that of the lines is 50000",
            ],
        ),
        (
            &profile,
            "H|20261120|1",
            "T|1|50000|20261121",
            &[
                line,
                "line 3, column `date`: the day is 2026-11-21, but the file's name says 2026-11-20",
            ],
        ),
        (
            &profile,
            "H|20261120|1",
            "T|one|50000|20261120",
            &[line, "line 3, column `trailer.count`: \"one\" is not a number"],
        ),
        (
            &profile,
            "H|20261120|1",
            "T|1",
            &[line, "line 3, column `date`: the line does not reach this column"],
        ),
        (
            &profile,
            "H|20261120|1",
            "",
            &[line, "line 2: the trailer is missing; the file may be cut off"],
        ),
        (
            &profile,
            "H|20261120|1",
            "T|1|50000|20261120\nT|1|50000|20261120",
            &[line, "line 4: a line follows the trailer"],
        ),
        (
            &profile,
            "H|20261119|1",
            "T|1|50000|20261120",
            &["line 1, column `date`: the day is 2026-11-19, but the file's name says 2026-11-20"],
        ),
        (&profile, "X|20261120|1", "T|1|50000|20261120", &["line 1: the header is missing"]),
        (&numbered, "H|20261120|1", "T|1|50000|20261120", &[line]),
        (
            &numbered,
            "H|20261120|2",
            "T|1|50000|20261120",
            &["line 1, column `sequence`: the sequence number is 2, but the file's name says 1"],
        ),
    ];
    for (profile, header, trailer, expected) in cases {
        for end in ["\n", "\r\n"] {
            let file = [header, GOOD, trailer, "\u{1a}"].join(end);
            assert_eq!(read(profile, file.as_bytes()), expected, "{header} {trailer}");
        }
    }
    assert_eq!(read(&profile, b""), ["line 0: the header is missing"]);
    let named = crate::tests::profile("csv_named_columns");
    let found = read(&named, b"Reference No,Amount\n");
    assert_eq!(found, ["line 1: the header names no column \"Payment Code\""]);
}

#[test]
fn a_line_has_a_longest_length_and_a_quote_an_end() {
    let profile = profile("pipe_numbered_per_till");
    let long = format!("H|20261120|1\n{GOOD}|{}\n", "x".repeat(5_000));
    let found = read(&profile, long.as_bytes());
    assert_eq!(found, ["line 2: the line is longer than 4096 bytes; is a quote not closed?"]);
    let named = crate::tests::profile("csv_named_columns");
    let header =
        "Reference No,Store,Store Name,POS,Transaction Time,Payment Code,Amount,Admin,Status\n";
    let open = format!("{header}\"A1,T001\nx\n");
    assert_eq!(read(&named, open.as_bytes()), ["line 2: a quote is not closed"]);
    let lost = format!("{header}\"A1,T001\n{}", "x,y\n".repeat(5_000));
    let found = read(&named, lost.as_bytes());
    assert_eq!(found, ["line 2: the line is longer than 4096 bytes; is a quote not closed?"]);
}

#[test]
fn a_carriage_return_inside_a_line_hides_nothing() {
    for (name, sale) in [
        ("csv_named_columns", "A1,T001,x,01,2026-11-20 08:15:00,5781"),
        ("pipe_numbered_per_till", GOOD),
    ] {
        let profile = profile(name);
        let header = if name.starts_with("csv") {
            "Reference No,Store,Store Name,POS,Transaction Time,Payment Code,Amount,Admin,Status"
        } else {
            "H|20261120|1"
        };
        let hidden = format!("{header}\n{sale}\r{sale}\n");
        let lines: Vec<_> = Lines::new(&profile, NAME, 0, hidden.as_bytes()).collect();
        assert!(lines.iter().all(Result::is_err), "{lines:?}");
    }
}

#[test]
fn fixed_widths_count_characters() {
    let mut profile = changed("fixed_widths", |text| {
        text.columns.sale = Some(crate::profile::ColumnText::Span { from: 10, width: 12 });
        (text.header, text.trailer, text.times.edge) = (None, None, None);
    });
    // Nine characters before the sale's number, eleven bytes.
    let mut line = "1Kafé Zoë123456789012".to_owned();
    assert_eq!(line.chars().count(), 21);
    profile.columns = columns_of(&profile);
    line.push_str("578112341234            ");
    line.push_str("000005000000");
    assert_eq!(read(&profile, line.as_bytes()), ["123456789012 paid 50000"]);
    assert_eq!(
        read(&profile, "1Kafé".as_bytes()),
        ["line 1, column `code`: \"\" is not a payment code: 1 to 24 letters and digits"]
    );
    assert_eq!(
        read(&profile, b"1Kafe"),
        ["line 1, column `code`: the line does not reach this column"]
    );
}

/// Code and amount behind the sale's number, and nothing else.
fn columns_of(profile: &Profile) -> crate::profile::Columns {
    use crate::profile::Column::Span;
    crate::profile::Columns {
        sale: profile.columns.sale.clone(),
        code: Span { from: 21, width: 24 },
        amount: Span { from: 45, width: 12 },
        fee: None,
        date: None,
        time: None,
        outlet: None,
        terminal: None,
        status: None,
    }
}

#[test]
fn sales_are_named_as_counters_name_them() {
    let profile = profile("utf16_evening");
    let contract = Contract {
        sale_key: SaleKeyForm::OutletTerminalDateSale,
        // 22:00 in Makassar is 21:00 in Jakarta.
        business_day_cutoff: domain::time::Span::hours(21),
        ..Contract::default()
    };
    let mut dates = Vec::new();
    for (date, time) in
        [("19/11/2026", "22.15.00"), ("20/11/2026", "21.59.59"), ("20/11/2026", "22.00.00")]
    {
        let text = format!(
            "{date},{time},M001,01,000001,578112341234,'50000,00','2000,00',LUNAS\nEND,1,201126"
        );
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let line = Lines::new(&profile, NAME, 0, bytes.as_slice()).next().unwrap().unwrap();
        let parts = SaleParts {
            sale: "000001",
            outlet: Some("M001"),
            terminal: Some("01"),
            till_at: line.sold_at.unwrap(),
            code: &PaymentCode::new("578112341234").unwrap(),
        };
        let keys = SaleKeys::build(&contract, &parts).unwrap();
        assert_eq!(line.sale.as_ref(), Some(&keys.own.sale));
        assert_eq!(line.business_date, contract.business_date(line.sold_at.unwrap()));
        dates.push(line.business_date.to_string());
    }
    assert_eq!(dates, ["2026-11-20", "2026-11-20", "2026-11-21"]);
}

#[test]
fn a_time_without_a_day_is_of_the_files_own() {
    let profile = changed("pipe_numbered_per_till", |text| {
        text.business_day_cutoff = "22:00".to_owned();
        text.times.time = Some("%H%M%S".to_owned());
        (text.header, text.trailer, text.times.edge) = (None, None, None);
    });
    for (time, sold) in [("081500", "2026-11-20T08:15:00"), ("223000", "2026-11-19T22:30:00")] {
        let text = GOOD.replace("20261120081500", time);
        let line = Lines::new(&profile, NAME, 0, text.as_bytes()).next().unwrap().unwrap();
        assert!(crate::report::shown(line.sold_at.unwrap()).starts_with(sold), "{time}");
        assert_eq!(line.business_date, DATE);
    }
}

/// A source that gives one byte at a time, and fails at its end.
struct Dripping<'a>(&'a [u8]);

impl Read for Dripping<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (first, rest) = self.0.split_first().ok_or(io::ErrorKind::ConnectionReset)?;
        buffer[0] = *first;
        self.0 = rest;
        Ok(1)
    }
}

#[test]
fn a_source_may_drip_and_may_fail() {
    let profile = profile("pipe_numbered_per_till");
    let file = format!("\u{feff}H|20261120|1\r\n{GOOD}\r\n");
    let mut lines = Lines::new(&profile, NAME, 0, Dripping(file.as_bytes()));
    assert_eq!(lines.next().unwrap().unwrap().code.as_str(), "578112341234");
    let error = lines.next().unwrap().unwrap_err();
    assert!(matches!(error.fault, Fault::Source(_)), "{error}");
    assert!(lines.next().is_none());
    assert_eq!(lines.bytes_read(), u64::try_from(file.len()).unwrap());
}

proptest! {
    /// Any bytes, by any profile: an end is reached, and every line or error has its place.
    #[test]
    fn any_bytes_are_read_to_their_end(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..3_000),
            "([0-9|;,HT\"'\\r\\n\\t D.-]{0,40}\n){0,60}".prop_map(String::into_bytes),
        ],
        which in 0..7_usize,
    ) {
        let name = &profiles()[which];
        let profile = profile(name);
        let ends = memchr::memchr_iter(b'\n', &bytes).count();
        let mut last = 0;
        for line in Lines::new(&profile, NAME, 0, bytes.as_slice()) {
            let number = match line {
                Ok(line) => line.number,
                Err(error) => error.line,
            };
            prop_assert!(number >= last);
            prop_assert!(number <= u64::try_from(ends).unwrap() + 1);
            last = number;
        }
    }

    /// A good file with one byte changed is either refused or still has the same sum and count.
    #[test]
    fn a_changed_byte_does_not_change_the_money(at in 0..399_usize, byte in any::<u8>()) {
        let profile = profile("pipe_numbered_per_till");
        let mut bytes = include_bytes!("../../samples/IDMDOKU_20261120").to_vec();
        let sum = |bytes: &[u8]| {
            let lines: Result<Vec<Line>, _> = Lines::new(&profile, NAME, 0, bytes).collect();
            lines.map(|lines| lines.iter().map(|line| line.amount.get()).sum::<i64>())
        };
        let before = sum(&bytes).unwrap();
        bytes[at] = byte;
        if let Ok(after) = sum(&bytes) {
            prop_assert_eq!(after, before);
        }
    }
}

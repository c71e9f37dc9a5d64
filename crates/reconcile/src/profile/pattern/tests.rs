use super::*;

/// Form, text, what it says (date, milliseconds of the day, minutes ahead of UTC) or nothing.
#[test]
fn dates_are_read_as_they_are_written() {
    let good = [
        ("%Y%m%d", "20261120", Some("2026-11-20"), None),
        ("%d%m%y", "201126", Some("2026-11-20"), None),
        ("%d%m%Y", "20112026", Some("2026-11-20"), None),
        ("%d-%b-%Y", "20-Nov-2026", Some("2026-11-20"), None),
        ("%d-%b-%Y", "01-agt-2026", Some("2026-08-01"), None),
        ("%d %b %Y", "17 DES 2026", Some("2026-12-17"), None),
        ("%-d/%-m/%Y", "1/2/2028", Some("2028-02-01"), None),
        ("%Y%m%d%H%M%S", "20261120235959", Some("2026-11-20"), Some(86_399)),
        ("%Y-%m-%dT%H:%M:%S.%f%z", "2028-02-29T00:00:01.123+07:00", Some("2028-02-29"), Some(1)),
        ("%H%M%S", "010203", None, Some(3_723)),
    ];
    for (form, text, date, seconds) in good {
        let moment = Pattern::new(form).unwrap().read(text).expect(text);
        assert_eq!(moment.date.map(|d| d.to_string()).as_deref(), date, "{form} {text}");
        assert_eq!(moment.time.map(|t| t.as_millis() / 1_000), seconds, "{form} {text}");
    }
    let bad = [
        ("%Y%m%d", "20261131"),
        ("%Y%m%d", "20270229"),
        ("%Y%m%d", "2026112"),
        ("%Y%m%d", "202611200"),
        ("%Y%m%d", "00000000"),
        ("%d-%b-%Y", "20-Foo-2026"),
        ("%H%M%S", "240000"),
        ("%H:%M", "12:60"),
        ("%Y%m%d%z", "20261120*07:00"),
        ("%Y%m%d", ""),
        ("%Y%m%d", "２０２６１１２０"),
    ];
    for (form, text) in bad {
        assert_eq!(Pattern::new(form).unwrap().read(text), None, "{form} {text}");
    }
}

#[test]
fn forms_that_cannot_be_are_refused() {
    for form in ["", "%", "%Q", "%Y", "%Y%m", "%H", "%Y%m%d%d", "%-Y%m%d", "é%Y%m%d"] {
        assert!(Pattern::new(form).is_err(), "{form}");
    }
}

#[test]
fn every_day_of_four_centuries_survives_writing_and_reading() {
    let form = Pattern::new("%Y-%m-%d").unwrap();
    for days in 0..146_097 {
        let date = BusinessDate::from_days(days);
        let moment = Moment { date: Some(date), ..Moment::default() };
        assert_eq!(form.write(moment), date.to_string());
        assert_eq!(form.read(&date.to_string()), Some(moment));
    }
}

#[test]
fn zones_and_times_of_day() {
    assert_eq!(zone("WIT"), Some(Span::hours(9)));
    assert_eq!(zone("-03:30"), Some(Span::minutes(-210)));
    for text in ["", "+7", "wib", "+07:00x", "+16:00"] {
        assert_eq!(zone(text), None, "{text}");
    }
    assert_eq!(time_of_day("24:00"), Some(Span::hours(24)));
    for text in ["24:01", "6:00", "06:60", "06:00:00", ""] {
        assert_eq!(time_of_day(text), None, "{text}");
    }
}

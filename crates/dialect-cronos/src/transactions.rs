//! `GET /api/transactions` (section 3.2).

use bytes::Bytes;
use domain::{
    ids::AccountNo,
    time::{BusinessDate, DAY, Span, Timestamp, WIB},
};
use gateway::request::{ListRequest, Standing};
use jiff::civil::{Date, date};

use crate::{
    answer,
    brand::Brand,
    call::Call,
    fault::Fault,
    problems::Problems,
    query::{Parameter, parameter},
};

/// Payments on a page. No source says how many.
const PAGE_SIZE: u32 = 15;
/// The last page that is looked for.
const PAGE_MAX: u32 = 10_000;

/// Lists payments, newest first.
pub(crate) async fn list(call: &Call<'_>) -> Result<Bytes, Fault> {
    let wanted = Wanted::read(call.query)?;
    let today = call.received_at.business_date();
    let views = match wanted.request(call.account.no, call.brand, today) {
        Some(request) => call.gateway.list(request).await?,
        None => Vec::new(),
    };
    Ok(answer::list(&views).into())
}

/// What a merchant asks for.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    /// From 1.
    page: u32,
    standing: Standing,
    day: Option<BusinessDate>,
    /// Whether it asks for money that it gets. All that is opened over the counter is.
    is_income: bool,
}

impl Wanted {
    fn read(query: Option<&str>) -> Result<Self, Fault> {
        let mut problems = Problems::default();
        let read = |name| match parameter(query, name) {
            Parameter::Absent => None,
            Parameter::Text(text) => Some(text),
            // Fits nothing, and is refused with the words for the parameter.
            Parameter::Malformed => Some(String::new()),
        };
        let page = read("page").map_or(Some(1), |text| page(&text));
        if page.is_none() {
            problems.add("page", format!("The page field must be between 1 and {PAGE_MAX}."));
        }
        let standing = read("status").map_or(Some(Standing::Paid), |text| standing(&text));
        if standing.is_none() {
            let words = "The status field must be success, pending, expired or failed.";
            problems.add("status", words);
        }
        let day = read("date").map_or(Some(None), |text| day(&text).map(Some));
        if day.is_none() {
            problems.add("date", "The date field must be a date like 2026-01-31.");
        }
        let is_income = read("type").map_or(Some(true), |text| is_income(&text));
        if is_income.is_none() {
            problems.add("type", "The type field must be cashIn, receive, cashOut or send.");
        }
        let wanted =
            page.zip(standing).zip(day).zip(is_income).map(
                |(((page, standing), day), is_income)| Self { page, standing, day, is_income },
            );
        problems.none_or(wanted)
    }

    /// What the gateway is asked; nothing where there cannot be such payments.
    fn request(
        &self,
        account: AccountNo,
        brand: Brand,
        today: BusinessDate,
    ) -> Option<ListRequest> {
        let day = self.day.or(brand.lists_today().then_some(today));
        let opened_from = day.map(midnight);
        self.is_income.then(|| ListRequest {
            account,
            opened_from,
            opened_before: opened_from.map(|from| from.plus(DAY)),
            standing: Some(self.standing),
            skip: self.page.saturating_sub(1).saturating_mul(PAGE_SIZE),
            count_max: PAGE_SIZE,
        })
    }
}

fn page(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|page| digits && (1..=PAGE_MAX).contains(page))
}

fn standing(text: &str) -> Option<Standing> {
    match text {
        "success" => Some(Standing::Paid),
        "pending" => Some(Standing::Pending),
        "expired" => Some(Standing::Expired),
        "failed" => Some(Standing::Failed),
        _ => None,
    }
}

fn is_income(text: &str) -> Option<bool> {
    match text {
        "cashIn" | "receive" => Some(true),
        "cashOut" | "send" => Some(false),
        _ => None,
    }
}

/// A day of the WIB calendar as `YYYY-MM-DD`, if there is such a day.
fn day(text: &str) -> Option<BusinessDate> {
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let number = |digits: &str, length: usize| {
        let fits = digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| digits.parse().ok()).flatten()
    };
    let year = number(year, 4)?;
    let month = i8::try_from(number(month, 2)?).ok()?;
    let day = i8::try_from(number(day, 2)?).ok()?;
    let day = Date::new(year, month, day).ok()?;
    let days = day.since(date(1970, 1, 1)).ok()?.get_days();
    Some(BusinessDate::from_days(days))
}

/// When a day begins.
fn midnight(day: BusinessDate) -> Timestamp {
    let at = Span::days(i64::from(day.days())).as_millis() - WIB.as_millis();
    Timestamp::from_millis(at)
}

#[cfg(test)]
mod tests {
    use dialect::parse_wib;

    use super::*;

    fn request(brand: Brand, query: &str) -> Option<ListRequest> {
        let today = parse_wib("2026-11-21 00:00:00").unwrap().business_date();
        let query = (!query.is_empty()).then_some(query);
        Wanted::read(query).unwrap().request(AccountNo::new(7), brand, today)
    }

    /// What is listed of a day, or of all days.
    fn listed(standing: Standing, skip: u32, day: Option<&str>) -> ListRequest {
        let opened_from = day.map(|day| parse_wib(&format!("{day} 00:00:00")).unwrap());
        ListRequest {
            account: AccountNo::new(7),
            opened_from,
            opened_before: opened_from.map(|from| from.plus(Span::hours(24))),
            standing: Some(standing),
            skip,
            count_max: 15,
        }
    }

    #[test]
    fn everything_has_a_default() {
        for query in ["", "page=&status=&date=&type=", "other=1"] {
            assert_eq!(request(Brand::Cronos, query), Some(listed(Standing::Paid, 0, None)));
            let today = Some(listed(Standing::Paid, 0, Some("2026-11-21")));
            assert_eq!(request(Brand::Sengo, query), today);
        }
    }

    #[test]
    fn filters_are_taken_in_both_spellings() {
        for brand in Brand::ALL {
            let query = "page=3&status=pending&date=2024-02-29&type=cashIn";
            let day = Some("2024-02-29");
            assert_eq!(request(brand, query), Some(listed(Standing::Pending, 30, day)));
            let query = "status=failed&date=2024-02-29&type=receive";
            assert_eq!(request(brand, query), Some(listed(Standing::Failed, 0, day)));
            let query = "status=expired&date=1969-12-31";
            assert_eq!(
                request(brand, query),
                Some(listed(Standing::Expired, 0, Some("1969-12-31")))
            );
            for kind in ["cashOut", "send"] {
                assert_eq!(request(brand, &format!("type={kind}")), None);
            }
        }
    }

    #[test]
    fn what_cannot_be_is_told_by_name() {
        for (field, values) in [
            ("page", &["0", "-1", "%2B1", "1.0", "10001", "99999999999", "x", "%ff"][..]),
            ("status", &["Success", "paid", "all", "%zz"][..]),
            (
                "date",
                &[
                    "2025-02-29",
                    "2026-13-01",
                    "2026-00-10",
                    "2026-1-1",
                    "20260101",
                    "today",
                    "2026-01-01T00:00:00",
                    "-2026-01-01",
                    "2026-01-%2B1",
                ][..],
            ),
            ("type", &["cashin", "both"][..]),
        ] {
            for value in values {
                let refused = Wanted::read(Some(&format!("{field}={value}")));
                let Err(Fault::Invalid(problems)) = refused else {
                    panic!("{field}={value}: {refused:?}");
                };
                let told = serde_json::to_value(&problems).unwrap();
                let fields: Vec<_> = told.as_object().unwrap().keys().collect();
                assert_eq!(fields, [field], "{value}");
            }
        }
    }
}

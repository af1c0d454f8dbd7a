//! Dates as they come.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;

/// Forms of a date, or of a date and a time, beside ISO 8601, RFC 2822 and epochs.
const FORMS: [&str; 14] = [
    "%Y%m%d",
    "%d-%b-%Y",
    "%d-%b-%Y %H:%M:%S%.f",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%B %d, %Y",
    "%b %d, %Y",
    "%B %d %Y",
    "%b %d %Y",
    "%d %B %Y",
    "%d %b %Y",
    "%Y-%m-%d %H:%M:%S",
    "%Y%m%d%H%M%S",
    "%a %b %d %H:%M:%S %Y",
];

/// Seconds since 1970 of a date in any known form, UTC where it names no zone: ISO 8601 (`2000-06-08`, with or
/// without a time), `20000608`, RFC 2822, `26-FEB-1987`, `June 8, 2000`, seconds or milliseconds since 1970.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if let Some(seconds) = epoch(text) {
        return Some(seconds);
    }
    let iso = || text.parse::<Timestamp>().ok().map(Timestamp::as_second);
    let civil = || text.parse::<DateTime>().ok().and_then(seconds);
    let mail = || rfc2822::parse(text).ok().map(|z| z.timestamp().as_second());
    let form = |form: &&str| {
        let parsed = strtime::parse(form, text).ok()?;
        parsed.to_datetime().ok().or_else(|| parsed.to_date().ok().map(Date::into)).and_then(seconds)
    };
    iso().or_else(civil).or_else(mail).or_else(|| FORMS.iter().find_map(form))
}

fn seconds(time: DateTime) -> Option<i64> {
    time.to_zoned(TimeZone::UTC).ok().map(|z| z.timestamp().as_second())
}

/// Nine or ten digits are seconds, twelve or thirteen milliseconds; eight are a day, four a year.
fn epoch(text: &str) -> Option<i64> {
    let (whole, _) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    if !digits.bytes().all(|b| b.is_ascii_digit())
        || text.chars().any(|c| !c.is_ascii_digit() && c != '.' && c != '-')
    {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    match digits.len() {
        9 | 10 => Some(number),
        12 | 13 => Some(number.div_euclid(1000)),
        4 => Date::new(number as i16, 1, 1).ok().map(DateTime::from).and_then(seconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_of_one_day_agree() {
        let day = parse("2000-06-08").unwrap();
        assert_eq!(day, 960_422_400);
        for form in [
            "20000608",
            "2000-06-08T00:00:00Z",
            "2000-06-08T02:00:00+02:00",
            "Thu, 08 Jun 2000 00:00:00 +0000",
            "08-JUN-2000",
            "2000/06/08",
            "June 8, 2000",
            "8 June 2000",
            "960422400",
            "960422400000",
        ] {
            assert_eq!(parse(form), Some(day), "{form}");
        }
        for form in ["Jun 8 2000", "June 8 2000", "Jun 08, 2000", "8 Jun 2000"] {
            assert_eq!(parse(form), Some(day), "{form}");
        }
        assert_eq!(parse("26-FEB-1987"), parse("1987-02-26"));
        assert_eq!(parse("26-FEB-1987 15:01:01.79"), parse("1987-02-26T15:01:01"));
        assert_eq!(parse("26-feb-1987 15:01:01"), parse("1987-02-26T15:01:01"));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["", "yesterday", "12", "2000-13-40", "{'$date': 1}"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

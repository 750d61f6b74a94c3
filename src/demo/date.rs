//! Dates: INTERNALDATE (RFC 3501 `date-time`), the `Date:` field (RFC 5322) and SEARCH's `date`.

use jiff::civil;
use jiff::tz::Offset;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A point in time and the zone it was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Seconds since 1970, UTC.
    pub unix: i64,
    /// East of Greenwich, in seconds.
    pub offset: i32,
}

impl Moment {
    /// A moment in UTC.
    pub fn utc(unix: i64) -> Moment {
        Moment { unix, offset: 0 }
    }

    /// The date as its zone saw it, as days since 1970 (SEARCH disregards time and zone).
    pub fn day(self) -> i64 {
        (self.unix + i64::from(self.offset)).div_euclid(86_400)
    }

    fn civil(self) -> civil::DateTime {
        let local =
            jiff::Timestamp::from_second(self.unix + i64::from(self.offset)).unwrap_or_default();
        Offset::UTC.to_datetime(local)
    }

    fn zone(self) -> String {
        let minutes = self.offset.abs() / 60;
        let sign = if self.offset < 0 { '-' } else { '+' };
        format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
    }

    /// `17-Jul-1996 02:44:25 -0700`, the day padded with a space (RFC 3501 `date-day-fixed`).
    pub fn internal_date(self) -> String {
        let at = self.civil();
        format!(
            "{:>2}-{}-{:04} {:02}:{:02}:{:02} {}",
            at.day(),
            month_name(at.month()),
            at.year(),
            at.hour(),
            at.minute(),
            at.second(),
            self.zone()
        )
    }

    /// `Wed, 17 Jul 1996 02:44:25 -0700` (RFC 5322 section 3.3).
    pub fn header_date(self) -> String {
        let at = self.civil();
        let weekday = match at.weekday() {
            civil::Weekday::Monday => "Mon",
            civil::Weekday::Tuesday => "Tue",
            civil::Weekday::Wednesday => "Wed",
            civil::Weekday::Thursday => "Thu",
            civil::Weekday::Friday => "Fri",
            civil::Weekday::Saturday => "Sat",
            civil::Weekday::Sunday => "Sun",
        };
        format!(
            "{weekday}, {:02} {} {:04} {:02}:{:02}:{:02} {}",
            at.day(),
            month_name(at.month()),
            at.year(),
            at.hour(),
            at.minute(),
            at.second(),
            self.zone()
        )
    }

    /// Reads `17-Jul-1996 02:44:25 -0700` (APPEND's date-time).
    pub fn parse_internal(text: &str) -> Option<Moment> {
        let mut words = text.split_ascii_whitespace();
        let date = parse_date(words.next()?)?;
        let time = parse_time(words.next()?)?;
        let offset = parse_zone(words.next()?)?;
        words.next().is_none().then_some(())?;
        from_parts(date, time, offset)
    }

    /// Reads a `Date:` field, comments and obsolete zones included.
    pub fn parse_header(text: &str) -> Option<Moment> {
        let text = text.split('(').next().unwrap_or_default();
        let text = match text.split_once(',') {
            Some((_weekday, rest)) => rest,
            None => text,
        };
        let mut words = text.split_ascii_whitespace();
        let day: i8 = words.next()?.parse().ok()?;
        let month = month_number(words.next()?)?;
        let mut year: i16 = words.next()?.parse().ok()?;
        // RFC 5322 section 4.3: two digits of the last century.
        year += match year {
            0..=49 => 2000,
            50..=999 => 1900,
            _ => 0,
        };
        let time = parse_time(words.next()?)?;
        let offset = words.next().and_then(parse_zone).unwrap_or(0);
        from_parts(civil::Date::new(year, month, day).ok()?, time, offset)
    }
}

/// Reads SEARCH's `1-Feb-1994`, as days since 1970.
pub fn parse_day(text: &str) -> Option<i64> {
    let date = parse_date(text)?;
    from_parts(date, civil::Time::midnight(), 0).map(Moment::day)
}

fn from_parts(date: civil::Date, time: civil::Time, offset: i32) -> Option<Moment> {
    let local = Offset::UTC
        .to_timestamp(date.to_datetime(time))
        .ok()?
        .as_second();
    Some(Moment {
        unix: local - i64::from(offset),
        offset,
    })
}

fn parse_date(text: &str) -> Option<civil::Date> {
    let mut parts = text.split('-');
    let day: i8 = parts.next()?.trim().parse().ok()?;
    let month = month_number(parts.next()?)?;
    let year = parts.next()?;
    if year.len() != 4 || parts.next().is_some() {
        return None;
    }
    civil::Date::new(year.parse().ok()?, month, day).ok()
}

fn parse_time(text: &str) -> Option<civil::Time> {
    let mut parts = text.split(':');
    let hour = parts.next()?.parse().ok()?;
    let minute = parts.next()?.parse().ok()?;
    let second: i8 = parts.next().unwrap_or("0").parse().ok()?;
    // A leap second is shown as the second before it.
    civil::Time::new(hour, minute, second.min(59), 0).ok()
}

fn parse_zone(text: &str) -> Option<i32> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => {
            return Some(match text {
                "EDT" => -4 * 3600,
                "EST" | "CDT" => -5 * 3600,
                "CST" | "MDT" => -6 * 3600,
                "MST" | "PDT" => -7 * 3600,
                "PST" => -8 * 3600,
                _ => 0,
            });
        }
    };
    let digits = text.get(1..)?;
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits.get(2..)?.parse().ok()?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn month_number(text: &str) -> Option<i8> {
    let at = MONTHS.iter().position(|m| m.eq_ignore_ascii_case(text))?;
    i8::try_from(at + 1).ok()
}

fn month_name(month: i8) -> &'static str {
    usize::try_from(month - 1)
        .ok()
        .and_then(|m| MONTHS.get(m).copied())
        .unwrap_or("Jan")
}

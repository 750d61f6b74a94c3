//! Dates as IMAP writes them (RFC 9051 section 9: date, date-time).

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Why a text is no date: a sentence, and the right form if it can be told.
pub(super) type Wrong = (String, Option<String>);

/// `1-Feb-1994`
pub(super) fn date(text: &str) -> Result<(), Wrong> {
    let mut parts = text.splitn(3, '-');
    let (day, month, year) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let digits = |t: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit())
    };
    let month = MONTHS.iter().position(|m| m.eq_ignore_ascii_case(month));
    match month {
        Some(month) if digits(day, 1..=2) && digits(year, 4..=4) => {
            let (day, year): (u32, u32) = (day.parse().unwrap_or(0), year.parse().unwrap_or(0));
            if (1..=days(month, year)).contains(&day) {
                Ok(())
            } else {
                Err((
                    format!(
                        "{} {year} has no day {day}.",
                        MONTHS.get(month).unwrap_or(&"")
                    ),
                    None,
                ))
            }
        }
        _ => Err((
            "A date is written 1-Feb-2024.".to_owned(),
            other_form(text).map(|(day, month, year)| written(day, month, year)),
        )),
    }
}

/// `01-Feb-1994 10:00:00 +0100`, the day with a space before it if it has one digit.
pub(super) fn date_time(text: &str) -> Result<(), Wrong> {
    let form = "Date and time are written \"01-Feb-2024 10:00:00 +0000\".";
    let trimmed = text.strip_prefix(' ').unwrap_or(text);
    let mut parts = trimmed.split(' ');
    let (day, time, zone) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let mended = || {
        let (day, month, year) = other_form(text.get(..10).unwrap_or(text)).or_else(|| {
            let (d, rest) = day.split_once('-')?;
            let (m, y) = rest.split_once('-')?;
            let month = MONTHS.iter().position(|x| x.eq_ignore_ascii_case(m))?;
            Some((d.parse().ok()?, month, y.parse().ok()?))
        })?;
        let behind = text
            .get(10..)
            .unwrap_or_default()
            .trim_start_matches(['T', ' ']);
        let time = if is_time(time) {
            time
        } else {
            behind.get(..8).filter(|t| is_time(t)).unwrap_or("00:00:00")
        };
        Some(format!(
            "{day:02}-{}-{year} {time} +0000",
            MONTHS.get(month)?
        ))
    };
    if text.len() != 26 || parts.next().is_some() {
        return Err((form.to_owned(), mended()));
    }
    date(day)?;
    if !is_time(time) {
        return Err((form.to_owned(), mended()));
    }
    let zone_digits = zone.strip_prefix(['+', '-']).unwrap_or_default();
    if zone_digits.len() != 4 || !zone_digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err((
            "The time zone is written +0000 or -0500, not as a name.".to_owned(),
            mended(),
        ));
    }
    Ok(())
}

fn is_time(text: &str) -> bool {
    let fields: Vec<&str> = text.split(':').collect();
    let within =
        |text: &str, most: u32| text.len() == 2 && text.parse::<u32>().is_ok_and(|n| n <= most);
    // 60: a leap second.
    matches!(fields.as_slice(), [h, m, s] if within(h, 23) && within(m, 59) && within(s, 60))
}

fn written(day: u32, month: usize, year: u32) -> String {
    format!("{day}-{}-{year}", MONTHS.get(month).unwrap_or(&"Jan"))
}

/// 2024-02-01, 1.2.2024, 1 Feb 2024.
fn other_form(text: &str) -> Option<(u32, usize, u32)> {
    let parts: Vec<&str> = text
        .split(['-', '.', '/', ' '])
        .filter(|p| !p.is_empty())
        .collect();
    let [a, b, c] = parts.as_slice() else {
        return None;
    };
    let month = |text: &str| {
        let by_name = MONTHS.iter().position(|m| {
            text.get(..3)
                .is_some_and(|start| start.eq_ignore_ascii_case(m))
        });
        by_name.or_else(|| text.parse::<usize>().ok()?.checked_sub(1))
    };
    let (day, month, year): (u32, usize, u32) = if a.len() == 4 {
        (c.parse().ok()?, month(b)?, a.parse().ok()?)
    } else {
        (a.parse().ok()?, month(b)?, c.parse().ok()?)
    };
    let real =
        month < 12 && (1..=days(month, year)).contains(&day) && (1000..=9999).contains(&year);
    real.then_some((day, month, year))
}

fn days(month: usize, year: u32) -> u32 {
    match month {
        3 | 5 | 8 | 10 => 30,
        1 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        1 => 28,
        _ => 31,
    }
}

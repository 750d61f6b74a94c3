//! Durations, sizes and times of day, short.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `0.4 ms`, `41 ms`, `1.23 s`, `2 m 03 s`.
pub fn duration(elapsed: Duration) -> String {
    match elapsed.as_millis() {
        0 => format!(
            "{}.{} ms",
            elapsed.as_micros() / 1_000,
            elapsed.as_micros() / 100 % 10
        ),
        ms @ 1..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{:.2} s", elapsed.as_secs_f64()),
        _ => format!(
            "{} m {:02} s",
            elapsed.as_secs() / 60,
            elapsed.as_secs() % 60
        ),
    }
}

/// `512`, `47.1 kB`, `2.0 GB`.
pub fn octets(count: u64) -> String {
    let units = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if count < 1_000 {
        return format!("{count} B");
    }
    #[allow(clippy::cast_precision_loss)]
    let mut value = count as f64 / 1_000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < units.len() {
        value /= 1_000.0;
        unit += 1;
    }
    format!("{value:.1} {}", units.get(unit).unwrap_or(&"EB"))
}

/// `12:04:31`.
pub fn time_of_day(at: SystemTime, zone: &TimeZone) -> String {
    match Timestamp::try_from(at) {
        Ok(at) => at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string(),
        Err(_) => "--:--:--".to_owned(),
    }
}

/// `+0.041`, `+12.345`, `+1234.567`: seconds, at least as wide as a time of day.
pub fn seconds(passed: Duration) -> String {
    format!(
        "{:>8}",
        format!("+{}.{:03}", passed.as_secs(), passed.subsec_millis())
    )
}

/// `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_short() {
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(20_000_000), "20,000,000");
        assert_eq!(seconds(Duration::from_millis(41)), "  +0.041");
        assert_eq!(octets(999), "999 B");
        assert_eq!(octets(61_234), "61.2 kB");
        assert_eq!(octets(999_999), "1.0 MB");
        assert_eq!(octets(u64::MAX), "18.4 EB");
        assert_eq!(duration(Duration::from_micros(430)), "0.4 ms");
        assert_eq!(duration(Duration::from_millis(41)), "41 ms");
        assert_eq!(duration(Duration::from_millis(1_234)), "1.23 s");
        assert_eq!(duration(Duration::from_secs(123)), "2 m 03 s");
    }
}

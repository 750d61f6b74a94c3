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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_short() {
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

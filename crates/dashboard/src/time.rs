//! Times and shares as they are shown.

const SECOND_MS: u64 = 1_000;
const DAY_S: u64 = 86_400;

/// A span as `06:12`, from an hour on as `1:06:12`, from a hundred hours on as `4d 07h`.
pub(crate) fn span(ms: u64) -> String {
    let seconds = ms / SECOND_MS;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes:02}:{seconds:02}"),
        1..100 => format!("{hours}:{minutes:02}:{seconds:02}"),
        _ => format!("{}d {:02}h", hours / 24, hours % 24),
    }
}

/// The time of day of `unix_ms` as `14:32:08`, `offset_s` seconds east of UTC.
pub(crate) fn clock(unix_ms: u64, offset_s: i32) -> String {
    let (hours, minutes, seconds) = of_day(unix_ms, offset_s);
    format!("{hours:02}:{minutes:02}:{seconds:02}")
}

/// The time of day of `unix_ms` as `14:32`, `offset_s` seconds east of UTC.
pub(crate) fn clock_short(unix_ms: u64, offset_s: i32) -> String {
    let (hours, minutes, _) = of_day(unix_ms, offset_s);
    format!("{hours:02}:{minutes:02}")
}

fn of_day(unix_ms: u64, offset_s: i32) -> (u64, u64, u64) {
    let offset = i64::from(offset_s).rem_euclid(86_400).unsigned_abs();
    let seconds = (unix_ms / SECOND_MS % DAY_S + offset) % DAY_S;
    (seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// `part` of `whole` in thousandths, rounded down; `None` when `whole` is 0.
pub(crate) fn permille(part: u64, whole: u64) -> Option<u64> {
    let thousandths = u128::from(part) * 1_000 / u128::from(if whole == 0 { return None } else { whole });
    Some(u64::try_from(thousandths).unwrap_or(u64::MAX))
}

/// `part` of `whole` as `97.7 %`; `–` when there is nothing to take a part of.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    permille(part, whole).map_or_else(|| "–".to_owned(), |share| format!("{}.{} %", share / 10, share % 10))
}

/// A number of bytes as `79.5 kB`.
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    let unit = UNITS.iter().find(|(size, _)| count >= *size);
    unit.map_or_else(
        || format!("{count} B"),
        |(size, name)| format!("{}.{} {name}", count / size, count % size * 10 / size),
    )
}

#[cfg(test)]
mod tests {
    use super::{bytes, clock, percent, span};

    #[test]
    fn spans_and_times_of_day() {
        assert_eq!(span(372_999), "06:12");
        assert_eq!(span(3_972_000), "1:06:12");
        assert_eq!(span(100 * 3_600_000), "4d 04h");
        assert_eq!(clock(1_795_257_084_005, 0), "10:31:24");
        assert_eq!(clock(1_795_257_084_005, 3_600), "11:31:24");
        assert_eq!(clock(1_795_257_084_005, -11 * 3_600), "23:31:24");
    }

    #[test]
    fn shares_never_claim_more_than_there_is() {
        assert_eq!(percent(42, 43), "97.6 %");
        assert_eq!(percent(9_999, 10_000), "99.9 %");
        assert_eq!(percent(3, 3), "100.0 %");
        assert_eq!(percent(0, 0), "–");
        assert_eq!(percent(u64::MAX, u64::MAX), "100.0 %");
        assert_eq!(bytes(79_536), "79.5 kB");
        assert_eq!(bytes(999), "999 B");
    }
}

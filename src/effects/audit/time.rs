//! The clock as the log writes it: RFC 3339 in UTC with milliseconds, and sortable identifiers made of it.

use std::fs::File;
use std::io::Read as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// `2026-11-22T11:04:56.123Z`.
pub fn rfc3339(time: SystemTime) -> String {
    let (seconds, millis) = since_epoch(time);
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let rest = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (rest / 3600, rest % 3600 / 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// A new identifier: 16 characters that sort by time and are not met twice.
///
/// 45 bits of milliseconds, then 35 bits from the system's generator, mixed with the process id and the clock for
/// a system that gives none. It is a name, not a secret.
pub fn fresh_id(now: SystemTime) -> String {
    let (seconds, millis) = since_epoch(now);
    let time = seconds.unsigned_abs().wrapping_mul(1000).wrapping_add(millis.into());
    let mixed = random() ^ u64::from(std::process::id()) ^ nanos(SystemTime::now()).rotate_left(20);
    let mut id = String::with_capacity(16);
    push_base32(&mut id, time, 9);
    push_base32(&mut id, mixed, 7);
    id
}

/// Seconds since 1970 and the milliseconds within the second, also before 1970.
fn since_epoch(time: SystemTime) -> (i64, u32) {
    let whole = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX / 1000);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => (whole(after), after.subsec_millis()),
        Err(before) => {
            let before = before.duration();
            match before.subsec_millis() {
                0 => (-whole(before), 0),
                millis => (-whole(before) - 1, 1000 - millis),
            }
        }
    }
}

fn nanos(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| u64::from(since.subsec_nanos()))
}

fn random() -> u64 {
    let mut bytes = [0; 8];
    match File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)) {
        Ok(()) => u64::from_ne_bytes(bytes),
        Err(_) => 0,
    }
}

/// Crockford's alphabet in lower case: no `i`, `l`, `o`, `u`, so that it can be read out and typed.
fn push_base32(text: &mut String, bits: u64, digits: u32) {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    for place in (0..digits).rev() {
        let digit = usize::try_from(bits >> (place * 5) & 31).unwrap_or(0);
        text.extend(ALPHABET.get(digit).map(|&byte| char::from(byte)));
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar.
///
/// Counts in eras of 400 years that start on the first of March, so that the leap day is the last of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64, millis: u64) -> String {
        let whole = Duration::from_secs(seconds.unsigned_abs());
        let base = if seconds < 0 { UNIX_EPOCH - whole } else { UNIX_EPOCH + whole };
        rfc3339(base + Duration::from_millis(millis))
    }

    // Expected values from `date -u -d @N +%FT%TZ`.
    #[test]
    fn times_are_written_as_rfc_3339_in_utc() {
        assert_eq!(at(0, 0), "1970-01-01T00:00:00.000Z");
        assert_eq!(at(951_782_400, 1), "2000-02-29T00:00:00.001Z");
        assert_eq!(at(951_868_799, 999), "2000-02-29T23:59:59.999Z");
        assert_eq!(at(1_709_251_199, 0), "2024-02-29T23:59:59.000Z");
        assert_eq!(at(1_795_349_096, 123), "2026-11-22T12:04:56.123Z");
        assert_eq!(at(4_107_542_400, 0), "2100-03-01T00:00:00.000Z");
        assert_eq!(at(253_402_300_799, 0), "9999-12-31T23:59:59.000Z");
        assert_eq!(at(-1, 500), "1969-12-31T23:59:59.500Z");
        assert_eq!(at(-86_400, 0), "1969-12-31T00:00:00.000Z");
    }

    #[test]
    fn every_day_of_four_centuries_follows_the_one_before() {
        let mut yesterday = civil(-719_468);
        for days in -719_467..-719_467 + 146_097 * 2 {
            let today = civil(days);
            let next_day = (yesterday.0, yesterday.1, yesterday.2 + 1);
            let next_month = (yesterday.0, yesterday.1 + 1, 1);
            let next_year = (yesterday.0 + 1, 1, 1);
            assert!(today == next_day || today == next_month || today == next_year, "{today:?}");
            yesterday = today;
        }
    }

    #[test]
    fn identifiers_sort_by_time_and_differ_within_a_millisecond() {
        let then = UNIX_EPOCH + Duration::from_millis(1_795_349_096_123);
        let ids: std::collections::BTreeSet<String> = (0..1000).map(|_| fresh_id(then)).collect();
        assert_eq!(ids.len(), 1000);
        let later = fresh_id(then + Duration::from_millis(1));
        assert!(ids.iter().all(|id| *id < later && id.len() == 16));
    }
}

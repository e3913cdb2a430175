//! Addresses in any spelling, and ranges of them.
//!
//! An address is compared as a number, so that `::1`, `0:0:0:0:0:0:0:1` and `[::1]` are one, and so are `10.1.2.3`
//! and `::ffff:10.1.2.3`: packets go to the same place.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::glob::BadPattern;

/// A range of addresses: `10.1.0.0/16`, `2001:db8::/32`, or a single one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    base: IpAddr,
    bits: u8,
}

impl Range {
    /// The range of this one address.
    pub(super) fn single(address: IpAddr) -> Self {
        let address = address.to_canonical();
        Self { base: address, bits: width(address) }
    }

    /// Parses `ADDRESS/BITS`.
    pub(super) fn parse(text: &str) -> Result<Self, BadPattern> {
        let wrong = || {
            BadPattern::new(format!("`{text}` is no range of addresses"), "write it as 10.1.0.0/16 or 2001:db8::/32")
        };
        let (base, bits) = text.split_once('/').ok_or_else(wrong)?;
        let base: IpAddr = base.parse().map_err(|_| wrong())?;
        let digits = !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit());
        let bits: u8 = if digits { bits.parse().map_err(|_| wrong())? } else { return Err(wrong()) };
        if bits > width(base) {
            let most = width(base);
            return Err(BadPattern::new(
                format!("`{text}` has more than {most} bits"),
                format!("at most {base}/{most}"),
            ));
        }
        let masked = mask(base, bits);
        if masked != base {
            return Err(BadPattern::new(
                format!("`{text}` has bits behind the /{bits}"),
                format!("the range is {masked}/{bits}; the address alone is {base}"),
            ));
        }
        Ok(Self { base, bits }.canonical())
    }

    /// Whether the address is in it.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.base.is_ipv4() && mask(address, self.bits) == self.base
    }

    /// The range in IPv4, where it lies in the IPv4-mapped part of IPv6.
    fn canonical(self) -> Self {
        match (self.base, self.base.to_canonical()) {
            (IpAddr::V6(_), base @ IpAddr::V4(_)) if self.bits >= 96 => Self { base, bits: self.bits - 96 },
            _ => self,
        }
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn mask(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let keep = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & keep))
        }
        IpAddr::V6(v6) => {
            let keep = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & keep))
        }
    }
}

/// The address that a host text means to `getaddrinfo`, which libpq gives it to: IPv6 with or without a zone, and IPv4
/// in every form of `inet_aton(3)`: `127.1`, `0x7f000001`, `017700000001`. Brackets are taken off, as URIs have them.
pub(super) fn parse(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if bare.contains(':') {
        let address: Ipv6Addr = bare.split('%').next()?.parse().ok()?;
        return Some(IpAddr::V6(address).to_canonical());
    }
    inet_aton(text).map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)))
}

/// One to four numbers, decimal, octal or hexadecimal; the last one fills the bytes that are left.
fn inet_aton(text: &str) -> Option<u32> {
    let parts = text.split('.').map(number).collect::<Option<Vec<u32>>>()?;
    let (last, first) = parts.split_last()?;
    let room = 4_usize.checked_sub(first.len()).filter(|room| *room > 0)?;
    if room < 4 && u64::from(*last) >= 1 << (8 * room) {
        return None;
    }
    let mut bits = *last;
    for (at, byte) in first.iter().enumerate() {
        bits |= u32::from(u8::try_from(*byte).ok()?) << (24 - 8 * at);
    }
    Some(bits)
}

fn number(text: &str) -> Option<u32> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}

/// Packets to it stay on this machine. The unspecified address counts: connecting to it reaches oneself.
pub(super) fn is_loopback(address: IpAddr) -> bool {
    let address = address.to_canonical();
    address.is_loopback() || address.is_unspecified()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_an_address_is_the_same_address() {
        for text in ["::1", "0:0:0:0:0:0:0:1", "[::1]", "::1%lo", "0000::0001"] {
            assert_eq!(parse(text), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)), "{text}");
        }
        let loopback = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
        for text in ["127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f.1", "017700000001", "::ffff:127.0.0.1"] {
            assert_eq!(parse(text), loopback, "{text}");
        }
        for text in ["db1", "10.1.2.3.4", "256.1.1.1", "", ".", "1..2", "0x", "08", "+1", "1.2.3.256", ":", "a:b"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_range_holds_what_its_bits_say() {
        let holds = |range: &str, address: &str| Range::parse(range).unwrap().contains(parse(address).unwrap());
        assert!(holds("10.1.0.0/16", "10.1.255.255") && !holds("10.1.0.0/16", "10.2.0.0"));
        assert!(holds("10.1.0.0/16", "::ffff:10.1.2.3") && holds("::ffff:10.1.0.0/112", "10.1.2.3"));
        assert!(holds("2001:db8::/32", "2001:DB8:1::9") && !holds("2001:db8::/32", "2001:db9::"));
        assert!(holds("0.0.0.0/0", "8.8.8.8") && !holds("0.0.0.0/0", "2001::") && holds("::/0", "2001::"));
        assert!(holds("10.1.2.3/32", "10.1.2.3") && !holds("10.1.2.3/32", "10.1.2.4"));
    }

    #[test]
    fn a_range_that_says_two_things_is_refused() {
        for text in
            ["10.1.2.3/16", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "2001::/129", "10.1/16", "x/8", "10.0.0.0/999"]
        {
            assert!(Range::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn loopback_is_what_stays_here() {
        for text in ["127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1", "0"] {
            assert!(is_loopback(parse(text).unwrap()), "{text}");
        }
        for text in ["128.0.0.1", "10.0.0.1", "fe80::1", "::2"] {
            assert!(!is_loopback(parse(text).unwrap()), "{text}");
        }
    }
}

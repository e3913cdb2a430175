//! Connection URIs: `postgresql://user:password@host:port,host:port/dbname?keyword=value`.
//!
//! Imitates `conninfo_uri_parse_options` and `conninfo_uri_parse_params` of fe-connect.c, as documented under
//! "34.1.1.2 Connection URIs", corner by corner: credentials are looked for before the first `/`, a host in brackets
//! may be empty nowhere, percent-encoding is decoded in every part.

use super::conninfo::{Pair, Trouble, is_space};

/// What follows the scheme; `None` when this is no connection URI. libpq's schemes are case-sensitive.
pub(super) fn prefix(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(b"postgresql://").or_else(|| text.strip_prefix(b"postgres://"))
}

/// The parameters of a URI, in the order in which libpq stores them.
pub(super) fn pairs(rest: &[u8]) -> Result<Vec<Pair>, Trouble> {
    // libpq 18 trims blanks that earlier releases take for a part of the name.
    if rest.iter().copied().any(is_space) {
        return Err(Trouble::Unclear(
            "a connection URI with blanks is read differently by different releases".to_owned(),
        ));
    }
    if let Some(why) = spilled_password(rest) {
        return Err(Trouble::Unclear(format!("a connection URI cannot be believed: {why}")));
    }
    let mut pairs = Vec::new();
    let rest = credentials(rest, &mut pairs)?;
    let rest = hosts(rest, &mut pairs)?;
    let query = match rest.split_first() {
        Some((b'?', query)) => query,
        Some((_, path)) => {
            let (dbname, query) = cut(path, b"?");
            keep(&mut pairs, "dbname", dbname)?;
            query.get(1..).unwrap_or_default()
        }
        None => &[],
    };
    parameters(query, &mut pairs)?;
    Ok(pairs)
}

/// A password that goes on behind what libpq takes for its end: then the rest of it is in the host or in the name of
/// the database, and neither may be shown, nor is it what was meant.
pub(super) fn spilled_password(rest: &[u8]) -> Option<String> {
    let (text, _) = cut(rest, b"?");
    let (authority, path) = cut(text, b"/");
    let parts = authority.split(|&byte| byte == b'@').count();
    let (mark, code) = match (parts, path.contains(&b'@') && authority.contains(&b':')) {
        (3.., _) => ("an `@`", "%40"),
        (_, true) => ("a `/`", "%2F"),
        (_, false) => return None,
    };
    Some(format!("its password has {mark} that is not written as `{code}`"))
}

/// `user:password@`, when an `@` comes before the first `/`.
fn credentials<'a>(text: &'a [u8], pairs: &mut Vec<Pair>) -> Result<&'a [u8], Trouble> {
    let (before, after) = cut(text, b"@/");
    let Some(rest) = after.strip_prefix(b"@") else { return Ok(text) };
    let (user, password) = cut(before, b":");
    keep(pairs, "user", user)?;
    keep(pairs, "password", password.get(1..).unwrap_or_default())?;
    Ok(rest)
}

/// `host:port,host:port` up to `/` or `?`, as two lists. What ends them stays in front of the answer.
fn hosts<'a>(text: &'a [u8], pairs: &mut Vec<Pair>) -> Result<&'a [u8], Trouble> {
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    let mut rest = text;
    loop {
        let (host, after) = host(rest)?;
        hosts.extend_from_slice(host);
        rest = after;
        if let Some(after) = rest.strip_prefix(b":") {
            let (port, after) = cut(after, b"/?,");
            ports.extend_from_slice(port);
            rest = after;
        }
        let Some(after) = rest.strip_prefix(b",") else { break };
        hosts.push(b',');
        ports.push(b',');
        rest = after;
    }
    keep(pairs, "host", &hosts)?;
    keep(pairs, "port", &ports)?;
    Ok(rest)
}

/// One host, with or without brackets.
fn host(text: &[u8]) -> Result<(&[u8], &[u8]), Trouble> {
    let Some(bracketed) = text.strip_prefix(b"[") else { return Ok(cut(text, b":/?,")) };
    let (host, after) = cut(bracketed, b"]");
    let Some(rest) = after.strip_prefix(b"]") else {
        return rejected("a connection URI lacks the `]` of an IPv6 address");
    };
    if host.is_empty() {
        return rejected("a connection URI has an empty IPv6 address");
    }
    match rest.first() {
        None | Some(b':' | b'/' | b'?' | b',') => Ok((host, rest)),
        Some(_) => rejected("a connection URI goes on unexpectedly after an IPv6 address"),
    }
}

/// `keyword=value&keyword=value`.
fn parameters(query: &[u8], pairs: &mut Vec<Pair>) -> Result<(), Trouble> {
    let mut rest = query;
    while !rest.is_empty() {
        let (parameter, after) = cut(rest, b"&");
        rest = after.get(1..).unwrap_or_default();
        let (keyword, value) = cut(parameter, b"=");
        let Some(value) = value.strip_prefix(b"=") else {
            return rejected("a connection URI has a query parameter without `=`");
        };
        if value.contains(&b'=') {
            return rejected("a connection URI has a query parameter with two `=`");
        }
        let pair = (decoded(keyword)?, decoded(value)?);
        pairs.push(match (pair.0.as_slice(), pair.1.as_slice()) {
            (b"ssl", b"true") => (b"sslmode".to_vec(), b"require".to_vec()), // as JDBC spells it
            _ => pair,
        });
    }
    Ok(())
}

/// A part that is not empty: an empty one counts as absent.
fn keep(pairs: &mut Vec<Pair>, keyword: &str, value: &[u8]) -> Result<(), Trouble> {
    if !value.is_empty() {
        pairs.push((keyword.as_bytes().to_vec(), decoded(value)?));
    }
    Ok(())
}

/// Percent-decoding: `%00` and half a code are errors.
pub(super) fn decoded(text: &[u8]) -> Result<Vec<u8>, Trouble> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let [high, low, after @ ..] = rest else { return rejected("a connection URI ends inside a `%` code") };
        let (Some(high), Some(low)) = (hex(*high), hex(*low)) else {
            return rejected("a connection URI has a `%` that two hexadecimal digits do not follow");
        };
        match high * 16 + low {
            0 => return rejected("a connection URI has the forbidden code `%00`"),
            byte => out.push(byte),
        }
        rest = after;
    }
    Ok(out)
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Splits before the first of `stops`; everything and nothing when there is none.
fn cut<'a>(text: &'a [u8], stops: &[u8]) -> (&'a [u8], &'a [u8]) {
    let at = text.iter().position(|byte| stops.contains(byte)).unwrap_or(text.len());
    text.split_at_checked(at).unwrap_or((text, &[]))
}

/// The text of the URI stays unsaid: it may hold a password.
fn rejected<T>(why: &str) -> Result<T, Trouble> {
    Err(Trouble::Rejected(why.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match pairs(prefix(text.as_bytes()).unwrap()) {
            Ok(pairs) => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let one = |(keyword, value): &Pair| format!("{}={}", text(keyword), text(value));
                pairs.iter().map(one).collect::<Vec<_>>().join(" ")
            }
            Err(trouble) => format!("{trouble:?}"),
        }
    }

    #[test]
    fn every_part_may_be_left_out() {
        assert_eq!(read("postgresql://"), "");
        assert_eq!(read("postgresql:///"), "");
        assert_eq!(read("postgres://?user=a"), "user=a");
        assert_eq!(read("postgres://:@:/?"), "");
        assert_eq!(read("postgres://host"), "host=host");
    }

    #[test]
    fn a_list_of_hosts_is_two_lists() {
        assert_eq!(read("postgres://a,b:2,[::1]:3/d"), "host=a,b,::1 port=,2,3 dbname=d");
        assert_eq!(read("postgres://,/d"), "host=, port=, dbname=d");
    }

    #[test]
    fn credentials_end_at_the_first_at_sign() {
        assert_eq!(read("postgres://u:a:b@h"), "user=u password=a:b host=h");
        assert_eq!(read("postgres://h/d@x"), "host=h dbname=d@x");
    }

    #[test]
    fn what_may_be_the_rest_of_a_password_is_neither_host_nor_database() {
        for uri in ["postgres://u@x@h/d", "postgres://u:a@b@h/d", "postgres://u:12/b@h/d", "postgres://u:a@h/d@x"] {
            assert!(read(uri).contains("Unclear"), "{uri}: {}", read(uri));
        }
    }

    #[test]
    fn codes_are_decoded_everywhere_and_only_once() {
        assert_eq!(read("postgres://%2ftmp/%2541?%68ost=%2Fx"), "host=/tmp dbname=%41 host=/x");
        assert!(read("postgres://h/%00").contains("Rejected"));
        assert!(read("postgres://h/%4").contains("Rejected"));
    }

    #[test]
    fn a_query_needs_one_sign_in_each_parameter() {
        assert_eq!(read("postgres://h?ssl=true&user=a&"), "host=h sslmode=require user=a");
        assert!(read("postgres://h?user").contains("Rejected"));
        assert!(read("postgres://h?a=b=c").contains("Rejected"));
        assert!(read("postgres://h?a=b&&c=d").contains("Rejected"));
    }

    #[test]
    fn brackets_must_hold_something_and_be_followed_by_what_may_follow() {
        for text in ["postgres://[]", "postgres://[::1", "postgres://[::1]x"] {
            assert!(read(text).contains("Rejected"), "{text}");
        }
    }
}

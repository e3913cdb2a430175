//! The connection parameters that libpq knows, and the vars that stand for them.
//!
//! From the documentation, "34.1.2 Parameter Key Words" and "34.15 Environment Variables" of versions 13 to 18, and 19
//! for `servicefile`. A parameter that no release knows is not guessed at.

/// The canonical spelling of a keyword; `None` when no known release has it. libpq compares byte by byte.
pub(super) fn find(keyword: &[u8]) -> Option<&'static str> {
    KEYWORDS.iter().copied().find(|known| known.as_bytes() == keyword)
}

/// Whether a later release could have this keyword: they are all made of the same letters.
pub(super) fn is_plausible(keyword: &[u8]) -> bool {
    !keyword.is_empty()
        && keyword.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_')
}

const KEYWORDS: &[&str] = &[
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "service",
    "sslmode",
    "passfile",
    "connect_timeout",
    "client_encoding",
    "options",
    "application_name",
    "fallback_application_name",
    "target_session_attrs",
    "channel_binding",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "replication",
    "gssencmode",
    "krbsrvname",
    "gsslib",
    "sslcompression",
    "sslcert",
    "sslkey",
    "sslpassword",
    "sslrootcert",
    "sslcrl",
    "requirepeer",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "authtype", // until 13, without effect
    "tty",      // until 13, without effect
    "sslcrldir",
    "sslsni",
    "require_auth",
    "sslcertmode",
    "gssdelegation",
    "load_balance_hosts",
    "sslnegotiation",
    "min_protocol_version",
    "max_protocol_version",
    "scram_client_key",
    "scram_server_key",
    "sslkeylogfile",
    "oauth_issuer",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_scope",
    "servicefile",
];

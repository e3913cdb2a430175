//! Names that say that a secret follows, and names that say that none does.

/// Whether a value of this name is a secret: `password`, `PGPASSWORD`, `--db-pass`, `flyway.password`, `client_secret`.
pub(super) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let last = name.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    PARTS.iter().any(|part| name.contains(part)) || last == "pw" || last.ends_with("pass") || name.ends_with("vpw")
}

/// Where the first word ends that says that SQL may hold a password.
pub(super) fn first_sensitive(text: &str) -> Option<usize> {
    let lower = text.to_ascii_lowercase();
    let found = PARTS.iter().chain(&SENSITIVE).filter_map(|word| Some(lower.find(word)? + word.len()));
    let end = found.min()?;
    let rest = text.get(end..).unwrap_or_default();
    let word = text.get(..end)?.ends_with(char::is_alphanumeric);
    let more = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
    Some(if word { end + more } else { end })
}

/// Whether this is a connection keyword that holds no secret: it ends a value that was not quoted as it should be.
pub(super) fn is_plain_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

/// Parts of names, in lower case. `passfile` and `sslkey` name files and are not among them.
const PARTS: [&str; 16] = [
    "passw",
    "passphrase",
    "pass_phrase",
    "passcode",
    "pwd",
    "secret",
    "token",
    "credential",
    "apikey",
    "api_key",
    "api-key",
    "access_key",
    "accesskey",
    "private_key",
    "scram_client_key",
    "scram_server_key",
];

/// What else in SQL has to do with passwords: connection strings, options of foreign servers, and functions that take one.
const SENSITIVE: [&str; 9] =
    ["://", "dblink", "options", "subscription", "crypt(", "crypt (", "pgp_", "hmac", "identified"];

/// libpq's connection keywords without those for secrets,
/// <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS>.
const KEYWORDS: [&str; 44] = [
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "passfile",
    "require_auth",
    "channel_binding",
    "connect_timeout",
    "client_encoding",
    "options",
    "application_name",
    "fallback_application_name",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "replication",
    "gssencmode",
    "sslmode",
    "requiressl",
    "sslnegotiation",
    "sslcompression",
    "sslcert",
    "sslkey",
    "sslcertmode",
    "sslrootcert",
    "sslcrl",
    "sslcrldir",
    "sslsni",
    "requirepeer",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "min_protocol_version",
    "max_protocol_version",
    "krbsrvname",
    "gsslib",
    "gssdelegation",
    "service",
    "target_session_attrs",
    "load_balance_hosts",
    "oauth_issuer",
    "oauth_scope",
];

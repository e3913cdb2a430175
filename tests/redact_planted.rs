//! Properties of the redaction: no planted secret survives, nothing is too hostile or too long to be read.

use std::ffi::OsStr;

use dbguard::text::redact::{argument, sql, text};

fn arg(word: &str) -> String {
    argument(OsStr::new(word))
}

/// A small generator (xorshift), so that a failure can be repeated from its seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    /// A secret: markers that nothing else contains, with hostile text between them.
    fn secret(&mut self, hostile: &[&str]) -> String {
        let mut secret = String::from("Zq0");
        for n in 1..=1 + self.below(4) {
            secret.push_str(hostile[self.below(hostile.len())]);
            secret.push_str("Zq");
            secret.push_str(&n.to_string());
        }
        secret
    }
}

/// More in a search for counterexamples; this many find what was ever found.
const ROUNDS: usize = 1000;

const HOSTILE: &[&str] = &[
    "'",
    "''",
    "\"",
    "\\",
    "\\'",
    "$",
    "$$",
    "$a$",
    ";",
    "; DROP TABLE t;",
    "--",
    "/*",
    "*/",
    "@",
    ":",
    "/",
    "?",
    "#",
    "&",
    "=",
    "%",
    "%27",
    " ",
    "\n",
    "\t",
    "=x host=y",
    " host=y ",
    "&host=y",
    ",",
    ")",
    "(",
    "]",
    "é",
    "\u{202e}",
    "://",
    "E'",
    "password='",
    "\0",
    "|",
    "{",
    "}",
    "`",
    "<",
    ">",
    "!",
    "~",
    "+",
    "\\\\",
    "' '",
    "' || '",
];

fn quoted(secret: &str) -> String {
    secret.replace('\'', "''")
}

fn escaped(secret: &str) -> String {
    secret.replace('\\', "\\\\").replace('\'', "\\'")
}

fn percent(secret: &str) -> String {
    secret
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

fn survives(shown: &str) -> bool {
    shown.contains("Zq")
}

#[test]
fn planted_secrets_never_survive_in_sql() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for _ in 0..ROUNDS {
        let secret = dice.secret(HOSTILE);
        let (plain, escape) = (quoted(&secret), escaped(&secret));
        for text in [
            format!("ALTER ROLE bob PASSWORD '{plain}'"),
            format!("select 1; CREATE USER bob ENCRYPTED PASSWORD/**/'{plain}' LOGIN; select 'x'"),
            format!("ALTER ROLE bob PASSWORD E'{escape}' VALID UNTIL 'infinity'"),
            format!("ALTER ROLE bob PASSWORD $zz${secret}$zz$;"),
            format!("CREATE USER MAPPING FOR b SERVER s OPTIONS (user 'x', password '{plain}')"),
            format!("CREATE SUBSCRIPTION s CONNECTION 'host=h password=''{plain}''' PUBLICATION p"),
            format!("SELECT dblink('password={plain}', 'select 1')"),
            format!("DO $q$ BEGIN EXECUTE 'ALTER ROLE b PASSWORD ''{plain}'''; END $q$"),
        ] {
            let shown = sql(&text);
            assert!(!survives(&shown), "{text:?} is shown as {shown:?}");
            let shown = arg(&format!("-c{text}"));
            assert!(!survives(&shown), "{text:?} is shown as {shown:?}");
            assert!(!survives(&arg(&text)), "{text:?}");
        }
    }
}

#[test]
fn planted_secrets_never_survive_in_argv() {
    let mut dice = Dice(0xdead_beef_cafe_f00d);
    for _ in 0..ROUNDS {
        let secret = dice.secret(HOSTILE);
        let (escape, percent) = (escaped(&secret), percent(&secret));
        for word in [
            format!("postgres://bob:{secret}@db1/app"),
            format!("postgres://bob:{percent}@db1/app?sslmode=require"),
            format!("--dbname=postgresql://bob:{secret}@db1:5432,db2/app"),
            format!("postgres:/bob:{secret}@db1/app"),
            format!("bob:{secret}@db1/app"),
            format!("postgres://db1/app?user=bob&password={percent}&sslmode=require"),
            format!("postgres://db1/app?sslpassword={percent}"),
            format!("host=db1 password='{escape}' dbname=app"),
            format!("password = '{escape}'"),
            format!("host=db1 sslpassword='{escape}'"),
            format!("-dhost=db1 password='{escape}' dbname=app"),
            format!("PGPASSWORD={secret}"),
            format!("--password={secret}"),
            format!("-Dflyway.password={secret}"),
            format!("--set=pw={secret}"),
        ] {
            let shown = arg(&word);
            assert!(!survives(&shown), "{word:?} is shown as {shown:?}");
        }
    }
}

#[test]
fn planted_secrets_never_survive_in_error_output() {
    let mut dice = Dice(0x0123_4567_89ab_cdef);
    let one_line: Vec<&str> = HOSTILE.iter().copied().filter(|text| !text.contains('\n')).collect();
    for _ in 0..ROUNDS {
        let secret = dice.secret(&one_line);
        let (plain, escape, percent) = (quoted(&secret), escaped(&secret), percent(&secret));
        for line in [
            format!("could not connect to postgres://bob:{percent}@db1/app: refused\nnext line"),
            format!("could not connect to \"postgres://bob:{secret}@db1/app\": refused"),
            format!("dsn host=db1 password='{escape}' dbname=app\nnext"),
            format!("uri postgres://db1/app?password={percent} failed"),
            format!("missing \"=\" after \"{secret}\" in connection info string"),
            format!("STATEMENT:  ALTER ROLE bob PASSWORD '{plain}'"),
            format!("password: {secret}\nnext"),
        ] {
            let shown = text(&line);
            assert!(!survives(&shown), "{line:?} is shown as {shown:?}");
        }
    }
}

#[test]
fn arbitrary_text_is_read_without_harm() {
    let mut dice = Dice(0x5555_aaaa_1234_4321);
    let pieces: Vec<&str> = HOSTILE
        .iter()
        .copied()
        .chain(["password", "PGPASSWORD", "ALTER ROLE x", "\\set ", "postgres", "pw", "b", "E"])
        .collect();
    for _ in 0..ROUNDS * 5 {
        let soup: String = (0..dice.below(12)).map(|_| pieces[dice.below(pieces.len())]).collect();
        let shown = (sql(&soup), text(&soup), arg(&soup));
        drop(shown);
    }
}

// Whatever grows with the square of the length takes minutes here.
#[test]
fn no_text_takes_long_to_read() {
    let pieces = [
        "://",
        "://u:",
        "a@",
        "?password=",
        "&password=x",
        "pw='1' ",
        "pw=' ",
        "password=",
        "password: 'x\n",
        "PASSWORD $t$",
        "'",
        "$a",
        "/*",
        "/* */",
        "--",
        "\\set a b\n",
        "ALTER ROLE x PASSWORD ",
        "token ",
        "\"",
        "%3a",
        "h:1:d:u:p\n",
        "password $$",
        "password \\'",
        ";",
        "(",
    ];
    for piece in pieces {
        for prefix in ["", "password", "postgres://"] {
            let text = prefix.to_owned() + &piece.repeat(32 * 1024 / piece.len());
            let start = std::time::Instant::now();
            let shown = (sql(&text), dbguard::text::redact::text(&text), arg(&text));
            assert!(start.elapsed().as_secs() < 10, "{prefix:?} {piece:?} took {:?}", start.elapsed());
            drop(shown);
        }
    }
}

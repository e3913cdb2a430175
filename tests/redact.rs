//! What is hidden of a text, exactly, and what stays readable.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use dbguard::text::Secret;
use dbguard::text::redact::{argument, arguments, known, sql, text};

fn arg(word: &str) -> String {
    argument(OsStr::new(word))
}

#[test]
fn role_passwords_are_hidden_in_every_form_of_a_string() {
    let cases = [
        ("ALTER ROLE bob PASSWORD 'hunter2'", "ALTER ROLE bob PASSWORD '***'"),
        ("alter user bob with encrypted password 'hunter2';", "alter user bob with encrypted password '***';"),
        (
            "CREATE ROLE bob LOGIN PASSWORD E'hun\\'ter2' VALID UNTIL 'infinity'",
            "CREATE ROLE bob LOGIN PASSWORD E'***' VALID UNTIL '***'",
        ),
        ("ALTER ROLE bob PASSWORD U&'h\\0075nter2'", "ALTER ROLE bob PASSWORD U&'***'"),
        ("ALTER ROLE bob PASSWORD $$hunter2$$", "ALTER ROLE bob PASSWORD $$***$$"),
        ("ALTER ROLE bob PASSWORD $a$hun$$ter2$a$;", "ALTER ROLE bob PASSWORD $a$***$a$;"),
        ("ALTER ROLE bob PASSWORD/* old: hunter1 */'hunter2'", "ALTER ROLE bob PASSWORD/*****/'***'"),
        ("ALTER ROLE bob PASSWORD -- x\n 'hunter2'\n 'more'", "ALTER ROLE bob PASSWORD --***\n '***'\n '***'"),
        ("ALTER ROLE bob PASSWORD'hunter2'", "ALTER ROLE bob PASSWORD'***'"),
        ("ALTER ROLE bob PASSWORD 'it''s'", "ALTER ROLE bob PASSWORD '***'"),
        ("ALTER ROLE bob PASSWORD ''", "ALTER ROLE bob PASSWORD '***'"),
        ("ALTER ROLE bob PASSWORD NULL", "ALTER ROLE bob PASSWORD NULL"),
        ("ALTER ROLE bob PASSWORD \"hunter2\"", "ALTER ROLE bob PASSWORD \"***\""),
    ];
    for (text, shown) in cases {
        assert_eq!(sql(text), shown);
    }
}

#[test]
fn a_password_that_was_not_quoted_as_it_should_be_is_hidden_too() {
    for text in [
        "ALTER ROLE bob PASSWORD hunter2",
        "ALTER ROLE bob PASSWORD x!hunter2@y",
        "ALTER ROLE bob PASSWORD 'it's hunter2'",
        "ALTER ROLE bob PASSWORD 'it's; hunter2'",
        "ALTER ROLE bob PASSWORD = hunter2",
        "ALTER ROLE bob PASSWORD 'hunter2",
        "ALTER ROLE bob PASSWORD $x$hunter2$y$",
        "SELECT '\\'; ALTER ROLE bob PASSWORD 'hunter2'; --'",
        "\\set pw hunter2\nALTER ROLE bob PASSWORD :'pw'",
        "\\set x 'hunter2'\nALTER ROLE bob PASSWORD :'x'",
        "\\setenv PGPASSWORD hunter2",
        "\\password hunter2",
        "\\connect postgresql://bob:hunter2@h/db",
        "\\c 'host=h password=hunter2'",
        "\\! PGPASSWORD=hunter2 psql",
    ] {
        let shown = sql(text);
        assert!(!shown.contains("hunter2"), "{text} is shown as {shown}");
    }
}

#[test]
fn options_connection_strings_and_dynamic_sql_are_hidden() {
    let cases = [
        (
            "CREATE USER MAPPING FOR bob SERVER s OPTIONS (user 'bob', password 'x')",
            "CREATE USER MAPPING FOR bob SERVER s OPTIONS (user '***', password '***')",
        ),
        (
            "CREATE SUBSCRIPTION s CONNECTION 'host=h password=pw' PUBLICATION p",
            "CREATE SUBSCRIPTION s CONNECTION '***' PUBLICATION p",
        ),
        ("SELECT dblink_connect('host=h password=pw')", "SELECT dblink_connect('***')"),
        ("SELECT crypt('x', gen_salt('bf'))", "SELECT crypt('***', gen_salt('***'))"),
        ("DO $$BEGIN EXECUTE format('ALTER ROLE b PASSWORD %L', 'x'); END$$", "DO $$***$$"),
        ("COPY t FROM PROGRAM 'PGPASSWORD=x psql'", "COPY t FROM PROGRAM '***'"),
    ];
    for (text, shown) in cases {
        assert_eq!(sql(text), shown);
    }
}

#[test]
fn sql_that_has_nothing_to_do_with_passwords_is_left_alone() {
    for text in ["DROP TABLE t", "DELETE FROM orders WHERE note = 'it''s' -- old", "SELECT '10:20', 'a@b' FROM t", ""] {
        assert!(matches!(sql(text), Cow::Borrowed(_)), "{text}");
        assert_eq!(arg(text), text);
    }
}

#[test]
fn what_a_statement_does_stays_readable() {
    assert_eq!(
        sql("DROP TABLE t; ALTER ROLE b PASSWORD 'x'; DELETE FROM u"),
        "DROP TABLE t; ALTER ROLE b PASSWORD '***'; DELETE FROM u"
    );
    assert_eq!(
        arg("update users set password = md5('x') where id = 3; drop table t"),
        "update users set password = ***'***') where id = 3; drop table t"
    );
    assert_eq!(
        sql("CREATE TABLE u (id int, password text NOT NULL)"),
        "CREATE TABLE u (id int, password text NOT NULL)"
    );
}

#[test]
fn words_of_argv_lose_their_passwords_and_keep_the_rest() {
    let cases = [
        ("postgres://u:pw@h:5432/db?sslmode=require", "postgres://u:***@h:5432/db?sslmode=require"),
        ("postgresql://u@h/db", "postgresql://u@h/db"),
        ("postgres://h1:5432,h2:5433/db", "postgres://h1:5432,h2:5433/db"),
        ("postgres://[::1]:5432/db", "postgres://[::1]:5432/db"),
        ("postgres://u:p%40w@h/db", "postgres://u:***@h/db"),
        ("postgres://u:p@w/x@h/db", "postgres://u:***@h/db"),
        ("postgres://u:p w'\"@h/db", "postgres://***"),
        ("postgres://u%3Apw@h/db", "postgres://u%3A***@h/db"),
        ("postgres://u:pw", "postgres://u:***"),
        ("postgres:/u:pw@h/db", "postgres:***@h/db"),
        ("u:pw@h/db", "u:***@h/db"),
        ("-du:pw@h/db", "-du:***@h/db"),
        ("--dbname=postgres://u:pw@h/db", "--dbname=postgres://u:***@h/db"),
        ("postgres://h/db?password=x&sslmode=require", "postgres://h/db?password=***&sslmode=require"),
        ("postgres://h/db?pass%77ord=x&host=y", "postgres://h/db?pass%77ord=***&host=y"),
        ("postgres://h/db?sslpassword=a&b=c&host=y", "postgres://h/db?sslpassword=***&host=y"),
        ("jdbc:postgresql://h:5432/db?user=u&password=x", "jdbc:postgresql://h:5432/db?user=u&password=***"),
        ("host=h password=x dbname=d", "host=h password=*** dbname=d"),
        ("host=h password = 'it s' dbname=d", "host=h password = '***' dbname=d"),
        ("host=h password='it\\'s' dbname=d", "host=h password***"),
        ("host=h password=a\\ b host=c", "host=h password=*** host=c"),
        ("host=h password=a b dbname=d", "host=h password=*** dbname=d"),
        ("host=h passfile=/x/pass sslkey=/k", "host=h passfile=/x/pass sslkey=/k"),
        ("sslpassword='a b' host=h", "sslpassword='***' host=h"),
        ("PGPASSWORD=a host=b", "PGPASSWORD=***"),
        ("--password=a b", "--password=***"),
        ("--set=pw=a host=b", "--set=pw=***"),
        ("-vPGPASSWORD=x", "-vPGPASSWORD=***"),
        ("Host=h;Password=x;Database=d", "Host=h;Password=***"),
        ("-cALTER ROLE b PASSWORD 'x'", "-cALTER ROLE b PASSWORD '***'"),
        ("--command=ALTER ROLE b PASSWORD 'x'", "--command=ALTER ROLE b PASSWORD '***'"),
        ("h:5432:d:u:pw", "h:5432:d:u:***"),
        ("{\"password\": \"x\", \"host\": \"h\"}", "{\"password\": \"***\", \"host\": \"h\"}"),
        ("--no-password", "--no-password"),
        ("--host=db1.example.com", "--host=db1.example.com"),
        ("/home/me/secret.sql", "/home/me/secret.sql"),
    ];
    for (word, shown) in cases {
        assert_eq!(arg(word), shown, "{word}");
    }
}

#[test]
fn the_word_after_an_option_for_secrets_is_hidden() {
    let words: Vec<OsString> = ["--token", "abc", "-h", "db1", "--password", "-l", "x"].map(OsString::from).into();
    assert_eq!(arguments(&words), ["--token", "***", "-h", "db1", "--password", "-l", "x"]);
}

#[test]
fn bytes_that_are_not_utf_8_are_told_apart() {
    let word = OsStr::from_bytes(b"caf\xe9=\xff");
    assert_eq!(argument(word), "caf\\xE9=\\xFF");
    assert_eq!(argument(OsStr::from_bytes(b"PGPASSWORD=\xff\xfex")), "PGPASSWORD=***");
}

#[test]
fn error_output_stays_readable_prose() {
    for line in [
        "psql: error: connection to server at \"db1\" (10.0.0.1), port 5432 failed: FATAL:  password authentication failed for user \"bob\"",
        "could not translate host name \"db1.example.com\" to address: Name or service not known",
        "fe_sendauth: no password supplied",
        "ERROR:  relation \"tokens\" does not exist\nLINE 1: select * from tokens",
        "Password for user bob: ",
        "can't open file 'x.sql'; check your password and try again, don't give up",
    ] {
        assert_eq!(text(line), line);
    }
}

#[test]
fn error_output_loses_what_it_repeats_of_secrets() {
    for line in [
        "missing \"=\" after \"hunter2\" in connection info string",
        "invalid integer value \"hunter2\" for connection option \"port\"",
        "unexpected character \"x\" in position 3 in URI (expected \":\" or \"/\"): \"postgres://u:p/hunter2\"",
        "invalid percent-encoded token: \"hunter2%\"",
        "could not translate host name \"hunter2@db1\" to address",
        "connecting to postgres://bob:hunter2@db1/app failed",
        "dsn: host=db1 password=hunter2 dbname=app",
        "password: hunter2",
        "{\"db_password\":\"hunter2\"}",
        "ERROR:  syntax error\nLINE 1: ALTER ROLE bob PASSWORD hunter2",
        "STATEMENT:  ALTER ROLE bob PASSWORD 'x''hunter2'",
        "CONTEXT:  SQL statement \"ALTER ROLE bob PASSWORD 'hunter2'\"",
        "environment: PGPASSWORD=hunter2 PGHOST=db1",
        "db1:5432:app:bob:hunter2",
    ] {
        let shown = text(line);
        assert!(!shown.contains("hunter2"), "{line} is shown as {shown}");
    }
    let shown = text("connecting to postgres://bob:x@db1/app failed");
    assert_eq!(shown, "connecting to postgres://bob:***@db1/app failed");
}

#[test]
fn known_secrets_are_hidden_wherever_they_stand() {
    let secrets = [Secret::new("a*b"), Secret::new("")];
    assert_eq!(known("xa*by a*b", &secrets), "x***y ***");
}

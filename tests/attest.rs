//! What real servers, poolers and impostors say of themselves, asked through the real psql.

use std::ffi::{OsStr, OsString};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use dbguard::checklist::Tone;
use dbguard::effects::attest::{Attestation, Attested, attest};
use dbguard::target::{self, Resolution, Target};
use dbguard::text::Secret;
use dbguard::world::{Snapshot, User, Vars, tools};

use crate::support::{Cluster, Clusters, SECRET, clusters};

/// A world in which psql is found, and nothing else is known.
pub(crate) fn world<const N: usize>(vars: [(&str, &str); N]) -> Snapshot {
    let path = std::env::var_os("PATH").unwrap();
    let mut all = Vars::from_iter([(OsString::from("PATH"), path), ("HOME".into(), "/nonexistent".into())]);
    for (name, value) in vars {
        all.set(name, value);
    }
    let user = User { uid: 0, name: Some("root".into()), home: None };
    Snapshot { vars: all, cwd: "/".into(), user, now: SystemTime::now() }
}

/// Resolves a command line, as the guard does.
#[track_caller]
fn resolved<A: AsRef<OsStr>>(tool: &str, args: &[A], world: &Snapshot) -> Target {
    let args: Vec<OsString> = args.iter().map(|arg| arg.as_ref().to_owned()).collect();
    let resolution = target::resolve(&target::parse(tool, &args, None, world), world);
    let Resolution::Resolved(target) = resolution else { panic!("{resolution:?}") };
    target
}

fn asked(target: &Target, world: &Snapshot, password: Option<&str>, read_only: bool) -> Attested {
    let psql = tools::locate(OsStr::new("psql"), &world.vars).unwrap();
    let password = password.map(Secret::new);
    let start = Instant::now();
    let attested = attest(&psql, target, world, password.as_ref(), read_only, &[]);
    let took = start.elapsed();
    assert!(took < Duration::from_millis(2100), "the question was delayed by {took:?}");
    attested
}

/// Asks as `psql ARGS…` would connect.
pub(crate) fn ask<A: AsRef<OsStr>>(args: &[A], world: &Snapshot, read_only: bool) -> Attested {
    asked(&resolved("psql", args, world), world, None, read_only)
}

#[track_caller]
pub(crate) fn told(attested: Attested) -> Attestation {
    let Attested::Told(told) = attested else { panic!("{attested:?}") };
    *told
}

#[track_caller]
pub(crate) fn silence(attested: Attested) -> String {
    let Attested::Silent { because } = attested else { panic!("{attested:?}") };
    because
}

fn uri(cluster: &Cluster, user: &str, dbname: &str) -> String {
    format!("postgresql://{user}@127.0.0.1:{}/{dbname}", cluster.port)
}

/// The lines as they are shown.
pub(crate) fn shown(told: &Attestation) -> Vec<String> {
    let mark = |tone| match tone {
        Tone::Plain => "",
        Tone::Quiet => "~ ",
        Tone::Warn => "! ",
        Tone::Danger => "!! ",
    };
    let lines = told.lines().into_iter().chain(told.undo());
    lines.map(|line| format!("{}: {}{} ({})", line.label, mark(line.tone), line.value, line.note)).collect()
}

/// The version as it is shown: without what the packager put behind it.
fn version(told: &Attestation) -> &str {
    told.version.as_deref().and_then(|version| version.split(' ').next()).unwrap()
}

#[test]
fn a_primary_tells_what_it_is_and_the_session_is_read_only() {
    let production = clusters().production();
    let told =
        told(ask(&["-h", "127.0.0.1", "-p", &production.port.to_string(), "-U", "postgres", "app"], &world([]), true));
    assert_eq!(told.database, "app");
    assert_eq!((told.address.as_deref(), told.port), (Some("127.0.0.1"), Some(production.port)));
    assert_eq!((told.user.as_str(), told.superuser, told.can_write), ("postgres", Some(true), Some(true)));
    assert_eq!((told.standby, told.read_only, told.options_refused), (Some(false), Some(true), false));
    assert_eq!(told.system_identifier.as_deref(), Some(production.identifier.as_str()));
    assert_eq!(told.cluster_name.as_deref(), Some("production"));
    assert_eq!(told.marker, None);
    assert!(told.size_bytes.unwrap() > 1_000_000);
    assert!(told.lsn.as_ref().unwrap().contains('/'));
    let lines = shown(&told);
    assert_eq!(lines[1], format!("address: 127.0.0.1:{} (PostgreSQL {})", production.port, version(&told)));
    assert_eq!(lines[2], "role: ! postgres (superuser)");
    assert_eq!(lines[3], format!("cluster: primary (`production`, system {})", production.identifier));
    assert_eq!(lines[4], "session: starts read-only ()");
    assert_eq!(lines[5], "archive: ! off (nothing could be recovered from it)");
}

#[test]
fn the_attestation_as_json_has_the_keys_that_the_log_is_read_by() {
    let staging = clusters().staging();
    let told = told(ask(&[uri(staging, "app", "app")], &world([]), false));
    let json = serde_json::to_value(&told).unwrap();
    let keys: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys.join(" "),
        "database address port user superuser can_write standby version system_identifier size_bytes marker \
         read_only options_refused cluster_name last_archived lsn"
    );
    assert_eq!(json["system_identifier"], staging.identifier);
    assert_eq!(json["read_only"], false, "nobody asked for it");
}

#[test]
fn options_of_the_users_own_that_displace_ours_are_not_called_read_only() {
    let staging = clusters().staging();
    let displaced = format!("{}?options=-csearch_path%3Dpublic", uri(staging, "app", "app"));
    assert_eq!(told(ask(&[displaced], &world([]), true)).read_only, Some(false));
    let joined = world([("PGOPTIONS", "-c search_path=public")]);
    assert_eq!(told(ask(&[uri(staging, "app", "app")], &joined, true)).read_only, Some(true));
}

#[test]
fn roles_that_may_write_are_told_from_those_that_may_not() {
    let staging = clusters().staging();
    let may_write = |user| told(ask(&[uri(staging, user, "app")], &world([]), false)).can_write;
    assert_eq!(may_write("app"), Some(true));
    assert_eq!(may_write("reader"), Some(false));
}

#[test]
fn on_a_socket_by_a_service_with_vars_the_same_server_answers() {
    let staging = clusters().staging();
    let world = world([
        ("PGHOST", staging.socket.to_str().unwrap()),
        ("PGPORT", &staging.port.to_string()),
        ("PGUSER", "app"),
        ("PGDATABASE", "app"),
    ]);
    let told = told(ask::<&str>(&[], &world, true));
    assert_eq!((told.address.as_deref(), told.port, told.read_only), (None, None, Some(true)));
    assert_eq!(told.system_identifier.as_deref(), Some(staging.identifier.as_str()));
    assert_eq!(shown(&told)[1], format!("address: unix socket (PostgreSQL {})", version(&told)));
}

#[test]
fn dropdb_is_asked_about_in_the_database_that_it_connects_to() {
    let staging = clusters().staging();
    let world = world([("PGDATABASE", "nonsense")]);
    let args = ["-h", "127.0.0.1", "-p", &staging.port.to_string(), "-U", "postgres", "app"];
    let told = told(asked(&resolved("dropdb", &args, &world), &world, None, false));
    assert_eq!(told.database, "postgres");
}

#[test]
fn names_with_quotes_and_backslashes_arrive_as_they_are() {
    let staging = clusters().staging();
    let name = r#"it's a "db" \ {"superuser":false}"#;
    staging.ask("postgres", &format!("DROP DATABASE IF EXISTS \"{}\"", name.replace('"', "\"\"")));
    staging.ask("postgres", &format!("CREATE DATABASE \"{}\"", name.replace('"', "\"\"")));
    let args = ["-h", "127.0.0.1", "-p", &staging.port.to_string(), "-U", "postgres", "-d", name];
    let told = told(ask(&args, &world([]), false));
    staging.ask("postgres", &format!("DROP DATABASE \"{}\"", name.replace('"', "\"\"")));
    assert_eq!((told.database.as_str(), told.superuser), (name, Some(true)));
}

#[test]
fn the_marker_of_the_database_is_told_and_a_session_cannot_forge_it() {
    let production = clusters().production();
    production.scratch("attest_marker");
    let args = [uri(production, "app", "attest_marker")];
    let forging = world([("PGOPTIONS", "-c dbguard.environment=dev")]);
    let ask = || told(ask(&args, &forging, true));
    assert_eq!(ask().marker, None);

    production.ask("postgres", "COMMENT ON DATABASE attest_marker IS 'ours; dbguard:environment=staging, or so'");
    let marker = ask().marker.unwrap();
    assert_eq!((marker.environment(), marker.bound_to(), marker.place), ("staging", None, "comment"));

    production.ask("postgres", "ALTER ROLE app SET dbguard.environment = 'dev'");
    production.ask("postgres", "ALTER DATABASE attest_marker SET dbguard.environment = 'production@1234'");
    let told = ask();
    let marker = told.marker.clone().unwrap();
    assert_eq!((marker.environment(), marker.bound_to(), marker.place), ("production", Some("1234"), "setting"));
    assert!(told.marker_is_copied());
    assert!(shown(&told).contains(&"marker: ! production@1234 (copied from another server)".to_owned()));

    let own = format!("ALTER DATABASE attest_marker SET dbguard.environment = 'production@{}'", production.identifier);
    production.ask("postgres", &own);
    assert!(!ask().marker_is_copied());
    production.ask("postgres", "ALTER ROLE app RESET dbguard.environment");
    production.ask("postgres", "DROP DATABASE attest_marker WITH (FORCE)");
}

#[test]
fn one_fact_that_may_not_be_had_takes_no_other_with_it() {
    let own = Clusters::make(&["withheld"]);
    let server = own.get("withheld");
    server.ask("app", "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC");
    server.ask("app", "REVOKE EXECUTE ON FUNCTION pg_current_wal_lsn() FROM PUBLIC");
    server.ask("app", "REVOKE CONNECT ON DATABASE app FROM PUBLIC; GRANT CONNECT ON DATABASE app TO reader");
    let told = told(ask(&[uri(server, "reader", "app")], &world([]), true));
    assert_eq!((told.system_identifier.as_ref(), told.lsn.as_ref()), (None, None));
    assert_eq!((told.user.as_str(), told.can_write, told.read_only), ("reader", Some(false), Some(true)));
    assert!(told.size_bytes.is_some());
    let lines = shown(&told);
    let expected =
        "cluster: primary (`withheld`, system identifier not known: permission denied for function pg_control_system)";
    assert_eq!(lines[3], expected);
    assert_eq!(lines[5], "archive: ! off (nothing could be recovered from it)");
    assert_eq!(lines.len(), 6);
}

#[test]
fn a_password_is_asked_for_only_when_there_is_none_and_reaches_nobody_else() {
    let production = clusters().production();
    let args = [uri(production, "sealed", "app")];
    assert!(matches!(ask(&args, &world([]), true), Attested::NeedsPassword));
    assert!(matches!(ask(&args, &world([("PGPASSWORD", "wrong")]), true), Attested::NeedsPassword));

    let target = resolved("psql", &args, &world([]));
    assert!(matches!(asked(&target, &world([]), Some("wrong"), true), Attested::NeedsPassword));
    assert_eq!(told(asked(&target, &world([]), Some(SECRET), true)).user, "sealed");
    assert_eq!(told(ask(&args, &world([("PGPASSWORD", SECRET)]), true)).user, "sealed");

    // In the command line it is the user's own doing; it still goes by var and not into the child's argv.
    let open = format!("host=127.0.0.1 port={} user=sealed dbname=app password={SECRET}", production.port);
    assert_eq!(told(ask(&[open], &world([]), true)).user, "sealed");
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let because = silence(ask(&["-h", "127.0.0.1", "-p", &free.to_string(), "app"], &world([]), true));
    assert_eq!(because, format!("connection to server at \"127.0.0.1\", port {free} failed: Connection refused"));
}

#[test]
fn a_database_that_is_not_there_is_named() {
    let staging = clusters().staging();
    let because = silence(ask(&[uri(staging, "app", "no\x1bne")], &world([]), true));
    assert!(because.ends_with("FATAL:  database \"no\\x1Bne\" does not exist"), "{because}");
}

/// A listener that does this to everybody who calls; it is left to end with the process.
fn impostor(answer: fn(TcpStream)) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| drop(thread::spawn(move || answer(stream)))));
    port
}

fn ask_impostor(answer: fn(TcpStream)) -> String {
    let port = impostor(answer).to_string();
    silence(ask(&["-h", "127.0.0.1", "-p", &port, "-U", "app", "app"], &world([]), true))
}

#[test]
fn who_accepts_and_never_answers_is_not_waited_for() {
    assert_eq!(
        ask_impostor(|stream| {
            thread::sleep(Duration::from_secs(10));
            drop(stream);
        }),
        "did not answer within 2 s"
    );
}

#[test]
fn who_speaks_something_else_is_told_from_a_server() {
    let because = ask_impostor(|mut stream| {
        let _ = stream.read(&mut [0; 8]);
        let _ = stream.write_all(b"\x1b]0;staging\x07HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    assert!(!because.contains('\x1b') && !because.is_empty(), "{because}");
}

#[test]
fn a_flood_is_cut() {
    let because = ask_impostor(|mut stream| {
        let _ = stream.read(&mut [0; 8]);
        let _ = stream.write_all(b"N");
        let flood = vec![b'E'; 65536];
        while stream.write_all(&flood).is_ok() {}
    });
    assert!(because.len() < 400, "{because}");
}

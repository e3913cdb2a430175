//! Grants: what they are bound to, what they cover, and that each is used as often as it may be.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::sync::Barrier;
use std::time::{Duration, SystemTime};

use dbguard::effects::grants::{Asked, Fingerprint, Grants, NewGrant, target_key};
use dbguard::plan::{Input, Risk};
use dbguard::target::{Endpoint, Engine, Field, Host, Origin, Target, Via};
use dbguard::world::files::Stamp;

use crate::audit_world::World;

const MINUTE: Duration = Duration::from_secs(60);

const RISKS: [Risk; 5] = [Risk::None, Risk::Read, Risk::Write, Risk::Destroy, Risk::Unknown];

fn grants(world: &World) -> Grants {
    Grants::open(&world.snapshot).unwrap()
}

fn new(risk: Risk) -> NewGrant {
    NewGrant {
        target_key: "a".into(),
        describe: "psql on a".into(),
        risk,
        exact: None,
        once: false,
        lifetime: 10 * MINUTE,
        tty: Some("/dev/pts/7".into()),
        reason: None,
    }
}

fn asked(risk: Risk) -> Asked<'static> {
    Asked { target_key: "a", risk, exact: None }
}

fn fingerprint(world: &World, args: &[&str]) -> Fingerprint {
    Fingerprint::of(&world.psql(args), &[], &world.snapshot).unwrap()
}

fn now() -> SystemTime {
    SystemTime::now()
}

#[track_caller]
fn taken(world: &World, asked: &Asked<'_>, at: SystemTime) -> bool {
    grants(world).take(asked, at).unwrap().is_some()
}

#[test]
fn a_grant_is_a_private_file_that_says_everything() {
    let world = World::new();
    let grant = grants(&world).create(new(Risk::Write), now()).unwrap();
    let path = world.dir().join("grants").join(format!("{}.json", grant.id));
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(world.dir().join("grants")), mode(path.clone())), (0o700, 0o600));
    let text = fs::read_to_string(path).unwrap();
    let expected = format!(
        "{{\"v\":1,\"id\":\"{}\",\"target_key\":\"a\",\"describe\":\"psql on a\",\"risk\":\"write\",\"exact\":null,\"once\":false,\"created\":{},\"expires\":{},\"user\":\"alice\",\"tty\":\"/dev/pts/7\",\"reason\":null}}",
        grant.id,
        grant.created,
        grant.created + 600
    );
    assert_eq!(text, expected);
    assert_eq!(grants(&world).list(now()).unwrap().grants, [grant]);
}

#[test]
fn a_grant_covers_its_risk_and_what_is_below() {
    for granted in [Risk::None, Risk::Read, Risk::Write] {
        let world = World::new();
        drop(grants(&world).create(new(granted), now()).unwrap());
        for risk in RISKS {
            assert_eq!(taken(&world, &asked(risk), now()), risk <= granted, "{granted:?} covers {risk:?}");
        }
    }
}

#[test]
fn what_destroys_is_granted_only_as_the_exact_invocation() {
    for granted in [Risk::Destroy, Risk::Unknown] {
        let world = World::new();
        let refused = grants(&world).create(new(granted), now()).unwrap_err();
        assert!(refused.to_string().contains("must name the exact invocation"), "{refused}");
        let exact = fingerprint(&world, &["-f", "a.sql"]);
        let other = fingerprint(&world, &["-f", "b.sql"]);
        drop(grants(&world).create(NewGrant { exact: Some(exact.clone()), ..new(granted) }, now()).unwrap());
        for risk in RISKS {
            let with = |exact| Asked { exact, ..asked(risk) };
            assert_eq!(taken(&world, &with(Some(&exact)), now()), risk <= granted, "{granted:?} covers {risk:?}");
            assert!(!taken(&world, &with(Some(&other)), now()), "another invocation of risk {risk:?}");
            assert!(!taken(&world, &with(None), now()), "no invocation of risk {risk:?}");
        }
    }
}

#[test]
fn an_exact_grant_for_less_holds_for_that_invocation_only_too() {
    let world = World::new();
    let exact = fingerprint(&world, &["app"]);
    drop(grants(&world).create(NewGrant { exact: Some(exact.clone()), ..new(Risk::Write) }, now()).unwrap());
    assert!(!taken(&world, &asked(Risk::Read), now()));
    assert!(taken(&world, &Asked { exact: Some(&exact), ..asked(Risk::Read) }, now()));
}

#[test]
fn another_target_is_not_covered() {
    let world = World::new();
    drop(grants(&world).create(new(Risk::Write), now()).unwrap());
    assert!(!taken(&world, &Asked { target_key: "b", ..asked(Risk::Read) }, now()));
}

#[test]
fn a_grant_for_once_is_used_up() {
    let world = World::new();
    drop(grants(&world).create(NewGrant { once: true, ..new(Risk::Write) }, now()).unwrap());
    assert!(!taken(&world, &asked(Risk::Destroy), now()), "what it does not cover does not use it up");
    assert!(taken(&world, &asked(Risk::Read), now()));
    assert!(!taken(&world, &asked(Risk::Read), now()));
    assert_eq!(fs::read_dir(world.dir().join("grants")).unwrap().count(), 0);
}

#[test]
fn what_a_killed_process_left_used_up_is_no_grant_and_goes() {
    let world = World::new();
    let grant = grants(&world).create(NewGrant { once: true, ..new(Risk::Write) }, now()).unwrap();
    let dir = world.dir().join("grants");
    fs::rename(dir.join(format!("{}.json", grant.id)), dir.join(format!(".used-{}-1", grant.id))).unwrap();
    assert!(!taken(&world, &asked(Risk::Read), now()));
    assert_eq!(fs::read_dir(dir).unwrap().count(), 0);
}

#[test]
fn of_many_that_race_for_a_grant_for_once_one_gets_it() {
    let world = World::new();
    for _ in 0..50 {
        drop(grants(&world).create(NewGrant { once: true, ..new(Risk::Write) }, now()).unwrap());
        let barrier = Barrier::new(8);
        let race = || {
            let grants = grants(&world);
            barrier.wait();
            usize::from(grants.take(&asked(Risk::Read), now()).unwrap().is_some())
        };
        let won: usize = std::thread::scope(|scope| {
            let racers: Vec<_> = (0..8).map(|_| scope.spawn(race)).collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).sum()
        });
        assert_eq!(won, 1);
    }
}

#[test]
fn an_expired_grant_is_void_and_removed() {
    let world = World::new();
    drop(grants(&world).create(new(Risk::Write), now()).unwrap());
    assert!(taken(&world, &asked(Risk::Read), now() + 9 * MINUTE));
    assert!(!taken(&world, &asked(Risk::Read), now() + 10 * MINUTE));
    assert_eq!(fs::read_dir(world.dir().join("grants")).unwrap().count(), 0);
}

#[test]
fn a_grant_from_the_future_is_not_honoured() {
    let world = World::new();
    drop(grants(&world).create(new(Risk::Write), now()).unwrap());
    assert!(taken(&world, &asked(Risk::Read), now() - MINUTE / 2));
    assert!(!taken(&world, &asked(Risk::Read), now() - 2 * MINUTE));
    assert!(taken(&world, &asked(Risk::Read), now()), "it was kept for when the clock is right again");
}

#[test]
fn no_grant_holds_longer_than_a_day() {
    let world = World::new();
    for lifetime in [Duration::ZERO, 24 * 60 * MINUTE + MINUTE] {
        let refused = grants(&world).create(NewGrant { lifetime, ..new(Risk::Read) }, now()).unwrap_err();
        assert_eq!(refused.message(), "a grant holds between a second and 24 hours");
    }
    let grant = grants(&world).create(new(Risk::Read), now()).unwrap();
    let path = world.dir().join("grants").join(format!("{}.json", grant.id));
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace(&grant.expires.to_string(), "99999999999")).unwrap();
    assert!(!taken(&world, &asked(Risk::Read), now()));
}

#[test]
fn a_revoked_grant_is_gone_and_an_unknown_one_is_an_error() {
    let world = World::new();
    let grant = grants(&world).create(new(Risk::Write), now()).unwrap();
    assert_eq!(grants(&world).revoke(&grant.id).unwrap(), grant);
    assert!(!taken(&world, &asked(Risk::Read), now()));
    for id in [grant.id.as_str(), "", "../audit", "x\x1b[2J"] {
        let error = grants(&world).revoke(id).unwrap_err().to_string();
        assert!(error.starts_with("dbguard: there is no grant `") && !error.contains('\x1b'), "{error}");
    }
}

#[test]
fn files_that_cannot_be_believed_are_passed_over_and_listed() {
    let world = World::new();
    let grant = grants(&world).create(new(Risk::Write), now()).unwrap();
    let dir = world.dir().join("grants");
    let path = dir.join(format!("{}.json", grant.id));
    let text = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let file = |name: &str, text: &str, mode| {
        fs::write(dir.join(name), text).unwrap();
        fs::set_permissions(dir.join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    file("writable.json", &text.replace(&grant.id, "writable"), 0o602);
    file("copied.json", &text, 0o600);
    file("newer.json", &text.replace("\"v\":1", "\"v\":2").replace(&grant.id, "newer"), 0o600);
    file("more.json", &text.replace("\"v\":1", "\"v\":1,\"all\":true").replace(&grant.id, "more"), 0o600);
    file("half.json", &text[..40], 0o600);
    file("risk.json", &text.replace("\"write\"", "\"anything\"").replace(&grant.id, "risk"), 0o600);
    file(".hidden.json", &text.replace(&grant.id, ".hidden"), 0o600);
    fs::write(world.sandbox.path("work/elsewhere"), text.replace(&grant.id, "link")).unwrap();
    symlink(world.sandbox.path("work/elsewhere"), dir.join("link.json")).unwrap();
    nix::unistd::mkfifo(&dir.join("fifo.json"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(!taken(&world, &asked(Risk::Read), now()));
    let listing = grants(&world).list(now()).unwrap();
    let dir = dir.display().to_string() + "/";
    let told: Vec<String> = listing.unusable.iter().map(|line| line.replace(&dir, "")).collect();
    assert_eq!(listing.grants, []);
    assert_eq!(
        told,
        [
            "`copied.json` is not a grant: it has another grant's name",
            "`fifo.json` is not a regular file",
            "`half.json` is not a grant: it cannot be parsed",
            "`link.json` is a symbolic link",
            "`more.json` is not a grant: it cannot be parsed",
            "`newer.json` is not a grant: another version of dbguard wrote it",
            "`risk.json` is not a grant: it cannot be parsed",
            "`writable.json` is writable by others",
        ]
    );
}

#[test]
fn a_directory_that_others_can_write_holds_no_grants() {
    let world = World::new();
    drop(grants(&world).create(new(Risk::Write), now()).unwrap());
    fs::set_permissions(world.dir().join("grants"), fs::Permissions::from_mode(0o777)).unwrap();
    assert!(Grants::open(&world.snapshot).unwrap_err().to_string().contains("/grants` is writable by others"));
}

#[test]
fn a_fingerprint_changes_with_argv_directory_and_content() {
    let mut world = World::new();
    let file = world.sandbox.path("work/a.sql");
    fs::write(&file, "select 1").unwrap();
    let input = |path: &std::path::Path| Input { path: path.to_owned(), stamp: Stamp::of(path).unwrap() };
    let of =
        |world: &World, args: &[&str]| Fingerprint::of(&world.psql(args), &[input(&file)], &world.snapshot).unwrap();
    let first = of(&world, &["-f", "a.sql"]);
    assert_eq!(of(&world, &["-f", "a.sql"]), first);
    assert_ne!(of(&world, &["-fa.sql"]), first);
    assert_ne!(of(&world, &["-f", "a.sql", ""]), first);
    fs::write(&file, "drop t..").unwrap();
    assert_ne!(of(&world, &["-f", "a.sql"]), first);
    fs::write(&file, "select 1").unwrap();
    assert_eq!(of(&world, &["-f", "a.sql"]), first);
    world.snapshot.cwd = "/elsewhere".into();
    assert_ne!(of(&world, &["-f", "a.sql"]), first);
}

#[test]
fn a_file_that_changed_since_it_was_judged_has_no_fingerprint() {
    let world = World::new();
    let path = world.sandbox.path("work/a.sql");
    fs::write(&path, "select 1").unwrap();
    let judged = Input { path: path.clone(), stamp: Stamp::of(&path).unwrap() };
    fs::write(&path, "drop table t").unwrap();
    let error = Fingerprint::of(&world.psql(&[]), &[judged], &world.snapshot).unwrap_err();
    assert!(error.message().ends_with("a.sql` cannot be bound to a grant: it changed since it was read"), "{error}");
}

#[test]
fn a_directory_is_bound_with_the_content_of_its_files() {
    let world = World::new();
    let dir = world.sandbox.path("work/dump");
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("toc.dat"), "1").unwrap();
    let judged = || Input { path: dir.clone(), stamp: Stamp::of(&dir).unwrap() };
    let of = || Fingerprint::of(&world.psql(&[]), &[judged()], &world.snapshot);
    let first = of().unwrap();
    fs::write(dir.join("toc.dat"), "2").unwrap();
    assert_ne!(of().unwrap(), first);
    fs::create_dir(dir.join("deeper")).unwrap();
    assert!(of().is_err());
}

/// A target of these words: host, hostaddr, database, user, service.
fn target(words: [Option<&[u8]>; 5]) -> Target {
    let field = |word: Option<&[u8]>| word.map(|word| Field::new(OsString::from_vec(word.to_vec()), Origin::Default));
    let [host, hostaddr, dbname, user, service] = words.map(field);
    Target {
        engine: Engine::Postgresql,
        hosts: vec![Host { host, hostaddr, port: Field::new(5432, Origin::Default) }],
        dbname,
        user,
        service,
        affects: vec![],
        every_database: false,
        via: None,
        parameters: vec![],
    }
}

#[test]
fn no_two_targets_have_the_same_key() {
    let words: [Option<&[u8]>; 9] = [
        None,
        Some(b""),
        Some(b"~"),
        Some(b"a"),
        Some(b"a user=a"),
        Some(b"a port=5432 host=a"),
        Some(b"%61"),
        Some(b"\xff"),
        Some("é=\n".as_bytes()),
    ];
    let mut keys = BTreeSet::new();
    let mut count = 0;
    for host in words {
        for dbname in words {
            for user in words {
                keys.insert(target_key(&target([host, None, dbname, user, None])));
                keys.insert(target_key(&target([None, host, dbname, user, Some(b"s")])));
                count += 2;
            }
        }
    }
    assert_eq!(keys.len(), count);
    assert!(keys.iter().all(|key| key.chars().all(|c| (' '..='~').contains(&c))));
}

#[test]
fn every_part_of_a_target_is_in_its_key() {
    let plain = target([Some(b"db1"), None, Some(b"app"), Some(b"bob"), None]);
    assert_eq!(target_key(&plain), "postgresql host=db1 hostaddr~ port=5432 dbname=app user=bob service~ every=false");
    let name = |name: &str| Field::new(OsString::from(name), Origin::Default);
    let endpoint = |names: &[&str], port| Endpoint { names: names.iter().map(ToString::to_string).collect(), port };
    let via = |to, pid| Some(Via { program: "ssh".into(), pid, to });
    let mut several = plain.clone();
    several.hosts.push(plain.hosts[0].clone());
    let mut port = plain.clone();
    port.hosts[0].port.value = 5433;
    let variants = [
        several,
        port,
        Target { every_database: true, ..plain.clone() },
        Target { affects: vec![name("a"), name("b")], ..plain.clone() },
        Target { affects: vec![name("a affects=b")], ..plain.clone() },
        Target { via: via(None, 1), ..plain.clone() },
        Target { via: via(Some(endpoint(&["a", "b"], None)), 1), ..plain.clone() },
        Target { via: via(Some(endpoint(&["a"], Some(5432))), 1), ..plain.clone() },
        plain.clone(),
    ];
    let keys: BTreeSet<String> = variants.iter().map(target_key).collect();
    assert_eq!(keys.len(), variants.len());
    let again = Target { via: via(None, 2), ..plain.clone() };
    assert!(keys.contains(&target_key(&again)), "the same tunnel, opened again");
}

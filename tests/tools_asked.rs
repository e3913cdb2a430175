//! Tools whose code decides where they go, asked themselves: only where a person trusts the code, and with nothing reached.

use std::net::TcpListener;
use std::process::Command;

use crate::support::{Sandbox, tool};

const CONFIG: &str = r#"
[environment.staging]
level = "staging"
match = [{ host = "*.staging.example" }]
"#;

const INI: &str = "[alembic]\nscript_location = m\n";

/// An Alembic project with this `env.py`.
fn sandbox(env: &str) -> Sandbox {
    Sandbox::new().config(CONFIG).file("work/alembic.ini", INI).file("work/m/env.py", env).dir("work/m/versions")
}

fn told(sandbox: &Sandbox) -> serde_json::Value {
    let told = sandbox.run(["explain", "--json", "--", "alembic", "upgrade", "head"]).output();
    serde_json::from_str(&told.out()).unwrap_or_else(|_| panic!("{}", told.err()))
}

fn trust(sandbox: &Sandbox) {
    let mut pty = sandbox.pty(["trust", "--code", "."]).start();
    pty.wait_for("trusted the code in");
    assert_eq!(pty.finish().code, 0);
}

/// Whether this machine lets a user have a network of his own; containers often do not.
fn apart() -> bool {
    let apart = Command::new("unshare").args(["--map-current-user", "--net", "true"]).output();
    apart.is_ok_and(|output| output.status.success())
}

#[test]
fn code_is_run_only_where_a_person_trusts_it_and_reaches_nothing() {
    if tool("alembic").is_none() {
        return;
    }
    let witness = TcpListener::bind("127.0.0.1:0").unwrap();
    witness.set_nonblocking(true).unwrap();
    let port = witness.local_addr().unwrap().port();
    let env = format!(
        "open('ran', 'w').close()\nfrom sqlalchemy import create_engine\n\
         create_engine('postgresql+psycopg2://ada@127.0.0.1:{port}/app').connect()\n"
    );
    let sandbox = sandbox(&env);
    let before = told(&sandbox);
    assert_eq!(before["environment"]["name"], "unknown");
    assert!(before["reasons"].to_string().contains("dbguard trust --code ."), "{before}");
    assert!(!sandbox.path("work/ran").exists());
    assert_eq!(sandbox.run(["trust", "--code", "."]).output().code, 125);
    trust(&sandbox);
    let after = told(&sandbox);
    if apart() {
        assert_eq!(after["target"]["host"], "127.0.0.1", "{after}");
        assert_eq!(after["target"]["port"], port);
        assert_eq!((&after["target"]["dbname"], &after["target"]["user"]), (&"app".into(), &"ada".into()));
        assert_eq!(after["target"]["origins"]["host"], "as the tool itself says");
        assert!(!after["target"]["via"].is_null(), "the witness is no server, and said to be none");
        assert!(sandbox.path("work/ran").exists());
    } else {
        assert_eq!(after["environment"]["name"], "unknown");
    }
    assert!(witness.accept().is_err(), "somebody called");
    assert_eq!(sandbox.run(["trust", "--revoke", "."]).output().code, 0);
    assert_eq!(told(&sandbox)["environment"]["name"], "unknown");
}

#[test]
fn what_the_tool_says_decides_like_any_other_target() {
    if tool("alembic").is_none() || !apart() {
        return;
    }
    let env = "from sqlalchemy import create_engine\n\
               create_engine('postgresql+psycopg2://ada@db.staging.example/app').connect()\n";
    let sandbox = sandbox(env).var("DATABASE_URL", "postgres://ada@db.prod.example/app");
    trust(&sandbox);
    let told = told(&sandbox);
    assert_eq!((&told["environment"]["name"], &told["also"]), (&"staging".into(), &serde_json::Value::Null), "{told}");
}

#[test]
fn a_harmless_place_that_the_tool_names_first_does_not_hide_another_behind_it() {
    if tool("alembic").is_none() || !apart() {
        return;
    }
    let env = "from sqlalchemy import create_engine\n\
               for host in ('127.0.0.1:1', 'db.prod.example'):\n    \
               create_engine('postgresql+psycopg2://ada@' + host + '/app').connect()\n";
    let sandbox = sandbox(env);
    trust(&sandbox);
    let told = told(&sandbox);
    assert_eq!(told["environment"]["name"], "unknown", "{told}");
    assert!(told["reasons"].to_string().contains("names a harmless place first"), "{told}");
}

#[test]
fn what_a_tool_says_of_itself_is_a_connection_or_nothing() {
    if tool("alembic").is_none() || !apart() {
        return;
    }
    for says in [
        "pass",
        "raise SystemExit(3)",
        "print('dbguard-probe')",
        "print('dbguard-probe {')",
        "print('dbguard-probe [1]')",
        "print('dbguard-probe {\"host\": 7, \"port\": {}}')",
        "print('dbguard-probe {\"port\": \"x\"}')",
        "import psycopg2; psycopg2.connect('nonsense')",
        "import sys; sys.stdout.write('x' * (1 << 20))",
    ] {
        let sandbox = sandbox(&format!("{says}\n"));
        trust(&sandbox);
        let told = told(&sandbox);
        assert_ne!(told["environment"]["level"], "staging", "{says}: {told}");
        assert_ne!(told["verdict"], "run", "{says}: {told}");
    }
}

/// Stands in for asyncpg, which no package of Debian's brings: the one function that every way in goes through.
const ASYNCPG: &str = "async def _connect_addr(*, addr, params, **rest):\n    open('called', 'w').close()\n";

#[test]
fn a_tool_of_asyncpg_says_where_it_goes_before_it_does() {
    if tool("python3").is_none() || !apart() {
        return;
    }
    let told = |addr: &str| {
        let aerich = format!(
            "#!/usr/bin/env python3\nimport asyncio, types\nfrom asyncpg import connect_utils\n\
             who = types.SimpleNamespace(user='ada', database='app')\n\
             asyncio.run(connect_utils._connect_addr(addr={addr}, params=who, loop=None))\n"
        );
        let sandbox = Sandbox::new().config(CONFIG);
        let lib = sandbox.path("work/lib");
        let sandbox = sandbox.var("PYTHONPATH", lib).file("work/lib/asyncpg/__init__.py", "");
        let sandbox = sandbox.file("work/lib/asyncpg/connect_utils.py", ASYNCPG).file("bin/aerich", aerich);
        let sandbox = sandbox.mode("bin/aerich", 0o755);
        trust(&sandbox);
        let told = sandbox.run(["explain", "--json", "--", "aerich", "upgrade"]).output().out();
        assert!(!sandbox.path("work/called").exists());
        serde_json::from_str::<serde_json::Value>(&told).unwrap()
    };
    let staging = told("('db.staging.example', 6000)");
    assert_eq!(staging["environment"]["name"], "staging", "{staging}");
    let target = &staging["target"];
    let place = (&target["host"], &target["port"], &target["dbname"], &target["user"]);
    assert_eq!(place, (&"db.staging.example".into(), &6000.into(), &"app".into(), &"ada".into()));
    // A socket is this machine's, and so not believed.
    let socket = told("'/run/nobody/.s.PGSQL.6000'");
    assert!(socket["reasons"].to_string().contains("names a harmless place first"), "{socket}");
}

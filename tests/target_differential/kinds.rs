//! What the tools are driven with: how many operands make sense, and options that do no harm.

/// One tool.
pub(super) struct Kind {
    pub(super) tool: &'static str,
    /// Letters without a value, for bundles.
    pub(super) flags: &'static [u8],
    /// Other words, groups parted by `|`, arguments by blanks; `_` stands for a blank.
    pub(super) noise: &'static str,
    /// Always given.
    pub(super) always: &'static str,
    /// The option that names a database; empty where there is none.
    pub(super) database: &'static str,
    pub(super) operands: usize,
}

const fn kind(tool: &'static str, flags: &'static [u8], operands: usize, noise: &'static str) -> Kind {
    Kind { tool, flags, noise, always: "", database: "dbname", operands }
}

const MAINTENANCE: &str = "-a|--maintenance-db app|-t x|-v|--maintenance-db=@conninfo";

/// Every tool whose real program is run.
pub(super) const KINDS: &[Kind] = &[
    kind(
        "psql",
        b"AbaXqtxneEH",
        2,
        "-c select_1|--csv|-v a=b|--set c=d|--pset=pager=off|-l|-1|-f /dev/null|-1Xc select_2|--list|-R,|--help|-V|-c --help|--no-p|--no-psqlrc",
    ),
    kind(
        "pg_dump",
        b"vxObC",
        1,
        "-s|-a|-Fp|--format c|-f /dev/null|--no-ow|-nfoo|-t -d|--exclude-table=-h|--version|--data-only",
    ),
    kind("pg_dumpall", b"vxOc", 0, "-g|-l app|--database=host=x|--no-role-passwords|-f /dev/null|--help"),
    Kind {
        always: "@archive",
        ..kind("pg_restore", b"vxOec", 0, "-l|-f -|-f /dev/null|-n public|-C|--create|-1|-j 2|--list|-?")
    },
    Kind { database: "maintenance-db", ..kind("createdb", b"e", 2, "-O bob|-T template0|-E UTF8|--locale=C") },
    Kind { database: "maintenance-db", ..kind("dropdb", b"ef", 1, "--if-exists|-f|-V") },
    Kind { database: "", ..kind("createuser", b"dDsSrRlLeE", 1, "-c 3|-g x|--no-login") },
    Kind { database: "", ..kind("dropuser", b"e", 1, "--if-exists") },
    kind("vacuumdb", b"eqvzf", 1, MAINTENANCE),
    kind("reindexdb", b"eqv", 1, MAINTENANCE),
    kind("clusterdb", b"eqv", 1, MAINTENANCE),
    Kind {
        database: "",
        ..kind(
            "pg_amcheck",
            b"ePv",
            1,
            "-a|--maintenance-db app|-t a.b|-t d.a.b|-s d.a|-d app*|-D x|--install-missing|--maintenance-db=@conninfo|-i \"a.b\".c",
        )
    },
    Kind { database: "", ..kind("pgbench", b"nd", 1, "-i|-c 1|-T 1|-S|-b list|--show-script=tpcb-like|-D x=1|-s 1") },
    Kind { always: "-D @new", ..kind("pg_basebackup", b"vnP", 0, "-X none|-Ft|-c fast|-S slot") },
    Kind { always: "", ..kind("pgcli", b"w", 2, "-l|--less-chatty|--list-dsn|-v|--row-limit 5|--version") },
    kind("pg_isready", b"q", 0, "-q|--quiet|-t 3"),
    Kind { always: "-n -D @here", ..kind("pg_receivewal", b"v", 0, "-v|--synchronous") },
    Kind { always: "-n --slot s --start -f -", ..kind("pg_recvlogical", b"v", 0, "-v|--create-slot|-o a=b") },
];

//! psql and `pg_isready`.
//!
//! psql's operands are the database and the user, wherever options stand between them; with `-d` the first operand is
//! the user (`parse_psql_options` in src/bin/psql/startup.c).

use super::request::{Aim, Given, Request, aim, built_in, setting};

/// psql.
pub(super) fn psql(given: &Given<'_>) -> Aim {
    Aim::Connect(psql_request(given))
}

fn psql_request(given: &Given<'_>) -> Request {
    let mut operands = 0..;
    let mut operand = || operands.next().and_then(|at| given.operand(at));
    let dbname = given.option("dbname").or_else(&mut operand);
    let user = given.option("username").or_else(&mut operand);
    let list = given.has("list").then(|| built_in("postgres"));
    let mut settings: Vec<_> = given.server().into_iter().filter(|setting| setting.keyword != "user").collect();
    settings.extend(user.map(|field| setting("user", field)));
    settings.extend(dbname.or(list).map(|field| setting("dbname", field)));
    Request::new(settings)
}

/// `pg_isready`: it connects and leaves at once.
pub(super) fn pg_isready(given: &Given<'_>) -> Aim {
    aim(given.at_most(0).map(|()| Request::new(given.connection(given.option("dbname")))))
}

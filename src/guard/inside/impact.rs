//! `:impact TABLE`: who depends on a table of the connection that psql has, and who reads it.

use super::seat::Seat;
use super::{derive, names, start};
use crate::config;
use crate::error::{Error, Kind, Result};
use crate::guard::impact::{self, Hurts};

/// Asks the server of this connection, on one of its own, and the repository.
pub fn impact(seat: &Seat<'_>, tables: &[&str]) -> Result<Hurts> {
    if tables.is_empty() {
        return Err(Error::new(Kind::Usage, "no table was named").hint("name one: :impact customers"));
    }
    let config = config::load(seat.snapshot);
    let names = names::told(seat.snapshot).ok_or_else(|| Error::refused("psql has no connection"))?;
    let derived = derive::exact(seat, &config, &names, seat.peer().as_ref());
    let target = derived.target.ok_or_else(|| Error::refused("the target of this connection cannot be told"))?;
    let case = start::case(seat, &config, target.clone(), derived.environment);
    impact::from_inside(tables, &case, &target)
}

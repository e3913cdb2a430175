//! The tools that are written in PHP: which of their readers is asked, and for what.
//!
//! The vars are those that the tool will see, and one whose value cannot be read is said to be unknown.

use super::entry::Framework;
use super::sources::{Trip, text_of};
use crate::target::project::frameworks;

impl Trip<'_> {
    /// What the configuration says of the connection that the options name.
    pub(super) fn php(&mut self, framework: Framework) {
        let world = self.world;
        let vars = |name: &str| match world.unread.get(name) {
            Some(_) => Err(()),
            None => Ok(world.snapshot.vars.get(name).map(|value| value.to_string_lossy().into_owned())),
        };
        let invocation = self.invocation;
        let named = |name: &str| text_of(invocation, name);
        let of_bundle = self.declared.behind() == Some("bin/console");
        let survey = &mut self.survey;
        match framework {
            Framework::Laravel => {
                // `php artisan db NAME`
                let of_db = self.declared.acts.iter().any(|act| act.command == "db");
                let operand = self.declared.arguments.first().filter(|_| of_db);
                let one = operand.map(|name| name.to_string_lossy().into_owned());
                let one = one.or_else(|| named("database")).or_else(|| named("databases"));
                frameworks::laravel(survey, &vars, one);
            }
            Framework::Doctrine if of_bundle => {
                let connection = named("conn").or_else(|| named("connection"));
                frameworks::doctrine(survey, &vars, connection, named("em").as_deref());
            }
            Framework::Doctrine => frameworks::doctrine_file(survey, &vars, named("db-configuration").as_deref()),
            Framework::Phinx => {
                let (file, parser, one) = (named("configuration"), named("parser"), named("environment"));
                frameworks::phinx(survey, &vars, file.as_deref(), parser.as_deref(), one);
            }
            Framework::Cake => frameworks::cake(survey, &vars, named("connection").as_deref()),
        }
    }
}

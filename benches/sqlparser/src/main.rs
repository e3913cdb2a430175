//! Prints how many megabytes a second the sqlparser crate reads of a file of SQL: the best of three.

use std::time::Instant;

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

fn main() {
    let file = std::env::args_os().nth(1).expect("a file");
    let text = std::fs::read_to_string(file).expect("it is UTF-8");
    let time = |_| {
        let begun = Instant::now();
        let statements = Parser::parse_sql(&PostgreSqlDialect {}, &text).expect("it is SQL");
        assert!(!statements.is_empty());
        begun.elapsed().as_secs_f64()
    };
    let best = (0..3).map(time).fold(f64::INFINITY, f64::min);
    println!("{:.1}", text.len() as f64 / 1e6 / best);
}

//! The JSON schema for editors and `dbguard.toml(5)` say what the reader of the configuration knows, and no more.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use dbguard::config;
use serde_json::{Map, Value, json};
use toml::de::{DeTable, DeValue};

use crate::config_layers::places;
use crate::support::Sandbox;

const SCHEMA: &str = include_str!("../packaging/dbguard.schema.json");
const PAGE: &str = include_str!("../packaging/man/dbguard.toml.5");

/// A configuration that is wrong in every table and at every word.
const WRONG: &str = "zzzzzz = 1\nmode = \"zzzzzz\"\n[prompt]\nzzzzzz = 1\nshow = \"zzzzzz\"\nposition = \"zzzzzz\"\nstyle = \"zzzzzz\"\n\
    [title]\nzzzzzz = 1\n[terminal]\nzzzzzz = 1\ntint = \"zzzzzz\"\ntab = { zzzzzz = 1 }\n\
    [environment.unknown.policy]\nunlock = { zzzzzz = 1, most = \"zzzzzz\" }\n\
    [environment.x]\nzzzzzz = 1\nlevel = \"zzzzzz\"\ncolor = \"zzzzzz\"\nmatch = [{ zzzzzz = 1 }]\n\
    policy = { zzzzzz = 1, confirm = { zzzzzz = 1, read = \"zzzzzz\" }, without_terminal = \"zzzzzz\", audit = \"zzzzzz\" }\n\
    [shims]\nzzzzzz = 1\n[tool.x]\nzzzzzz = 1\nstyle = \"zzzzzz\"\nunlisted = \"zzzzzz\"\ndriver = \"zzzzzz\"\nengine = \"zzzzzz\"\n\
    when = [{ zzzzzz = 1 }]\ndotenv = { zzzzzz = 1 }\nprobe = { zzzzzz = 1 }\n";

type Words = BTreeSet<String>;

/// Every list of keys or words that the reader names when something is wrong.
fn of_reader() -> BTreeSet<Words> {
    let config = config::load_from(&places(&Sandbox::new().config(WRONG)));
    let lists = config.errors.iter().filter_map(|error| error.help.as_deref()?.strip_prefix("known: "));
    lists.map(|list| list.split(", ").map(ToOwned::to_owned).collect()).collect()
}

/// Every list of keys or words that the schema has.
fn of_schema(schema: &Value, found: &mut BTreeSet<Words>) {
    if let Some(words) = schema["enum"].as_array() {
        found.insert(words.iter().map(|word| word.as_str().unwrap().to_owned()).collect());
    }
    if let Some(keys) = schema["properties"].as_object() {
        found.insert(keys.keys().cloned().collect());
    }
    match schema {
        Value::Object(parts) => parts.values().for_each(|part| of_schema(part, found)),
        Value::Array(parts) => parts.iter().for_each(|part| of_schema(part, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_schema_has_the_keys_and_words_of_the_reader_and_no_others() {
    let mut schema = BTreeSet::new();
    of_schema(&serde_json::from_str(SCHEMA).unwrap(), &mut schema);
    let reader = of_reader();
    let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Words>();
    // What an environment that is not its author's to define may have.
    let reserved = [list(&["unknown"]), list(&["policy"])];
    let missing: Vec<_> = reader.difference(&schema).collect();
    let invented: Vec<_> = schema.difference(&reader).filter(|words| !reserved.contains(words)).collect();
    assert!(missing.is_empty() && invented.is_empty(), "missing: {missing:#?}\ninvented: {invented:#?}");
    assert!(reader.len() >= 25, "only {} lists were understood", reader.len());
}

#[test]
fn the_page_names_every_key_and_word_and_its_items_are_keys() {
    let known: Words = of_reader().into_iter().flatten().collect();
    let plain = PAGE.replace("\\-", "-");
    let words: Words = plain.split(|c: char| c.is_whitespace() || c == ',').map(ToOwned::to_owned).collect();
    for word in known.iter().filter(|word| !word.starts_with("bright-")) {
        assert!(words.contains(word), "`{word}` is missing from dbguard.toml(5)");
    }
    for item in plain.lines().filter_map(|line| line.strip_prefix(".It Ic ")) {
        assert!(known.contains(item), "`{item}` is no key of the configuration");
    }
}

fn json_of(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => json!(text),
        DeValue::Integer(number) => json!(i64::from_str_radix(number.as_str(), number.radix()).unwrap()),
        DeValue::Float(number) => json!(number.as_str().parse::<f64>().unwrap()),
        DeValue::Boolean(is) => json!(is),
        DeValue::Datetime(date) => json!({ "date": date.to_string() }),
        DeValue::Array(array) => array.iter().map(|value| json_of(value.get_ref())).collect(),
        DeValue::Table(table) => Value::Object(object(table)),
    }
}

fn object(table: &DeTable<'_>) -> Map<String, Value> {
    table.iter().map(|(key, value)| (key.get_ref().to_string(), json_of(value.get_ref()))).collect()
}

/// The patterns that the schema uses, each by itself: a crate for them would be for this test alone.
fn fits(pattern: &str, text: &str) -> bool {
    let name = |text: &str, longest| {
        let fine = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        text.len() <= longest && text.chars().all(fine) && !text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
    };
    match pattern {
        "^(?!unknown$)[A-Za-z_][A-Za-z0-9_-]{0,63}$" => text != "unknown" && !text.is_empty() && name(text, 64),
        "^[A-Za-z0-9._+-]{1,64}$" => text.chars().all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c)),
        "^#[0-9a-fA-F]{6}$" => text.len() == 7 && text[1..].chars().all(|c| c.is_ascii_hexdigit()),
        "^(0|[1-9][0-9]{0,19})$" => text.chars().all(|c| c.is_ascii_digit()) && (text == "0" || !text.starts_with('0')),
        other => panic!("the schema has a pattern that this test does not know: {other}"),
    }
}

/// Whether a value is what the schema describes, as far as the schema's own words go.
fn valid(schema: &Value, value: &Value) -> bool {
    let limit = |key: &str| schema[key].as_u64().map(|limit| usize::try_from(limit).unwrap());
    let kind = match schema["type"].as_str() {
        None => true,
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        Some(other) => panic!("{other}"),
    };
    let word = schema["enum"].as_array().is_none_or(|words| words.contains(value));
    let one = schema["oneOf"].as_array().is_none_or(|all| all.iter().filter(|one| valid(one, value)).count() == 1);
    let number = value.as_i64().is_none_or(|number| {
        schema["minimum"].as_i64().is_none_or(|least| number >= least)
            && schema["maximum"].as_i64().is_none_or(|most| number <= most)
    });
    let text = value.as_str().is_none_or(|text| {
        let length = text.chars().count();
        limit("minLength").is_none_or(|least| length >= least)
            && limit("maxLength").is_none_or(|most| length <= most)
            && schema["pattern"].as_str().is_none_or(|pattern| fits(pattern, text))
    });
    let items = value
        .as_array()
        .is_none_or(|all| schema.get("items").is_none_or(|one| all.iter().all(|item| valid(one, item))));
    let table = value.as_object().is_none_or(|table| valid_table(schema, table));
    kind && word && one && number && text && items && table
}

fn valid_table(schema: &Value, table: &Map<String, Value>) -> bool {
    let enough = schema["minProperties"].as_u64().is_none_or(|least| table.len() as u64 >= least);
    enough
        && table.iter().all(|(key, value)| {
            if let Some(schema) = schema["properties"].get(key) {
                return valid(schema, value);
            }
            let patterns = schema["patternProperties"].as_object();
            match patterns.and_then(|all| all.iter().find(|(pattern, _)| fits(pattern, key))) {
                Some((_, schema)) => valid(schema, value),
                None if schema["additionalProperties"].is_object() => valid(&schema["additionalProperties"], value),
                None => schema["additionalProperties"] != json!(false),
            }
        })
}

fn accepts(text: &str) -> bool {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    valid(&schema, &Value::Object(object(DeTable::parse(text).unwrap().get_ref())))
}

#[test]
fn the_schema_accepts_every_example_of_the_documents() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for document in ["README.md", "docs/CONFIG.md", "docs/TEAM.md"] {
        let text = fs::read_to_string(root.join(document)).unwrap();
        for example in text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
            assert!(accepts(example), "{document}: {example}");
            count += 1;
        }
    }
    assert!(count >= 10, "only {count} examples were found");
    // The page's own.
    let example = PAGE.split("\n.Bd -literal -offset indent\n").nth(1).unwrap().split("\n.Ed").next().unwrap();
    assert!(accepts(example), "{example}");
    assert_eq!(config::load_from(&places(&Sandbox::new().config(example))).errors, []);
}

#[test]
fn the_schema_refuses_what_the_reader_refuses_for_its_shape() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config_errors");
    for name in [
        "empty_entry",
        "environment_names",
        "look",
        "server",
        "unknown_is_reserved",
        "unknown_key_entry",
        "unknown_key_environment",
        "unknown_key_policy",
        "unknown_key_top",
        "unknown_level",
        "unknown_words",
        "wrong_entry_types",
        "wrong_types",
    ] {
        let text = fs::read_to_string(directory.join(name).with_extension("toml")).unwrap();
        assert!(!accepts(&text), "{name} is accepted");
    }
}

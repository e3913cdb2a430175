//! The name of a table as somebody wrote it.

/// A name, qualified or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// As it was written.
    pub written: String,
    /// Its last part as the server takes it: lower case, unless it is quoted.
    pub name: String,
}

impl Table {
    /// Reads a name; `None` for what is not one, or one that only the server could read (`U&"…"`).
    pub fn parse(written: &str) -> Option<Self> {
        let mut rest = written.trim();
        let mut parts = 0;
        loop {
            let (name, after) = part(rest)?;
            parts += 1;
            match after.strip_prefix('.') {
                Some(next) if parts < 3 => rest = next,
                _ if after.is_empty() => return Some(Self { written: written.trim().to_owned(), name }),
                _ => return None,
            }
        }
    }
}

/// One part, and what follows it.
fn part(text: &str) -> Option<(String, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut name = String::new();
        let mut rest = quoted;
        loop {
            let (before, after) = rest.split_once('"')?;
            name.push_str(before);
            match after.strip_prefix('"') {
                Some(more) => (name.push('"'), rest = more).1,
                None if name.is_empty() || name.contains('\0') => return None,
                None => return Some((name, after)),
            }
        }
    }
    let end =
        text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii())).unwrap_or(text.len());
    let (name, after) = text.split_at(end);
    let starts = name.starts_with(|c: char| c == '_' || c.is_alphabetic() || !c.is_ascii());
    starts.then(|| (name.to_ascii_lowercase(), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_the_server_reads_them() {
        let name = |written: &str| Table::parse(written).map(|table| table.name);
        assert_eq!(name("Temp_Backup").as_deref(), Some("temp_backup"));
        assert_eq!(name(" public.\"My \"\"T\"\".x\" ").as_deref(), Some("My \"T\".x"));
        assert_eq!(name("a.b.c").as_deref(), Some("c"));
        for bad in ["", "a.", "a b", "a;b", "U&\"x\"", "\"open", "a.b.c.d", "1a", "a)"] {
            assert_eq!(name(bad), None, "{bad}");
        }
    }
}

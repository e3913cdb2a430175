//! Sections of `key = value`: the `ConfigParser` of Python, and git's configuration format.
//!
//! Only what both mean by a line is shared; comments, continuation and interpolation are each dialect's own. What a file
//! says is kept in order with its lines.

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    /// The section as it stands between the brackets.
    pub(super) section: String,
    /// The key in small letters.
    pub(super) key: String,
    /// The value.
    pub(super) value: String,
    /// Line from 1.
    pub(super) line: usize,
}

/// Who reads the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Python: `=` or `:`, lines that are indented go on, a comment takes a line of its own.
    Python,
    /// git: `=`, indentation means nothing, comments and quotes inside a value.
    Git,
}

/// The settings of a file.
pub(super) fn parse(text: &str, dialect: Dialect) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    let mut section = String::new();
    let mut indent = 0;
    for (line, number) in text.strip_prefix('\u{feff}').unwrap_or(text).lines().zip(1..) {
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        let depth = line.len() - line.trim_start().len();
        let inside = settings.last_mut().filter(|last| last.section == section);
        if let Some(last) = inside.filter(|_| dialect == Dialect::Python && depth > indent) {
            last.value.push('\n');
            last.value.push_str(content);
            continue;
        }
        indent = depth;
        if let Some(name) = content.strip_prefix('[').and_then(|name| name.rsplit_once(']')) {
            name.0.trim().clone_into(&mut section);
            continue;
        }
        let signs: &[char] = if dialect == Dialect::Python { &['=', ':'] } else { &['='] };
        let Some((key, value)) = content.split_once(signs) else { continue };
        let value = if dialect == Dialect::Git { unquoted(value.trim()) } else { value.trim().to_owned() };
        let key = key.trim().to_ascii_lowercase();
        settings.push(Setting { section: section.clone(), key, value, line: number });
    }
    settings
}

/// The last setting of this key in this section.
pub(super) fn find<'s>(settings: &'s [Setting], section: &str, key: &str) -> Option<&'s Setting> {
    settings.iter().rfind(|setting| setting.section == section && setting.key == key)
}

/// Without git's quotes, and without a comment behind the value.
fn unquoted(value: &str) -> String {
    let mut plain = String::new();
    let mut inside = false;
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => inside = !inside,
            '#' | ';' if !inside => break,
            '\\' => plain.extend(chars.next()),
            c => plain.push(c),
        }
    }
    plain.trim_end().to_owned()
}

/// The value of a key with `%(name)s` filled in, as `ConfigParser` does: from the section, else from `[DEFAULT]`, else
/// from what the program gives (`here`). `None` when a name is nowhere, or the names lead in a circle.
pub(super) fn interpolated(settings: &[Setting], section: &str, value: &str, here: &str) -> Option<String> {
    fill(settings, section, value, here, 0)
}

/// As deep as `ConfigParser` goes.
const DEEPEST: usize = 10;
/// Longer values are not made.
const LONGEST: usize = 64 * 1024;

fn fill(settings: &[Setting], section: &str, value: &str, here: &str, depth: usize) -> Option<String> {
    if depth > DEEPEST {
        return None;
    }
    let mut filled = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('%') {
        filled.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            filled.push('%');
            rest = after;
        } else {
            let (name, after) = after.strip_prefix('(')?.split_once(")s")?;
            let name = name.to_ascii_lowercase();
            let found = find(settings, section, &name).or_else(|| find(settings, "DEFAULT", &name));
            match found {
                Some(found) => filled.push_str(&fill(settings, section, &found.value, here, depth + 1)?),
                None if name == "here" => filled.push_str(here),
                None => return None,
            }
            rest = after;
        }
        if filled.len() > LONGEST {
            return None;
        }
    }
    filled.push_str(rest);
    (filled.len() <= LONGEST).then_some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, dialect: Dialect) -> Vec<String> {
        let one =
            |setting: Setting| format!("{} [{}] {}={}", setting.line, setting.section, setting.key, setting.value);
        parse(text, dialect).into_iter().map(one).collect()
    }

    #[test]
    fn python_goes_on_in_indented_lines() {
        let text = "[DEFAULT]\na: 1\n[s]\n# c\nB.c = x # y\n  z\n\n;d\nnothing\n e = f=g\n";
        assert_eq!(read(text, Dialect::Python), ["2 [DEFAULT] a=1", "5 [s] b.c=x # y\nz\ne = f=g"]);
    }

    #[test]
    fn git_quotes_and_comments() {
        let text = "[core]\n\tengine = pg ; c\n[engine \"pg\"]\n\ttarget = \"db:pg:a # b\" # c\n\tx = a\\\\b\n";
        assert_eq!(
            read(text, Dialect::Git),
            ["2 [core] engine=pg", "4 [engine \"pg\"] target=db:pg:a # b", "5 [engine \"pg\"] x=a\\b"]
        );
    }

    #[test]
    fn names_are_filled_in_and_circles_are_not_followed() {
        let settings = parse("[DEFAULT]\nh = db\nb = %(c)s\nc = %(b)s\n[s]\nh2 = %(h)s1\n", Dialect::Python);
        let fill = |value: &str| interpolated(&settings, "s", value, "/p");
        assert_eq!(fill("x://%(H2)s/%(here)s/100%%").as_deref(), Some("x://db1//p/100%"));
        for value in ["%(b)s", "%(none)s", "50%off", "%(h", "%"] {
            assert_eq!(fill(value), None, "{value}");
        }
    }

    #[test]
    fn a_value_that_doubles_itself_is_not_made() {
        let lines = (1..40).map(|at| format!("a{at} = %(a{0})s%(a{0})s\n", at - 1)).collect::<Vec<_>>().concat();
        let settings = parse(&format!("[s]\na0 = {}\n{lines}", "x".repeat(4096)), Dialect::Python);
        assert_eq!(interpolated(&settings, "s", "%(a9)s", ""), None);
    }
}

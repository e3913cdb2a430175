//! What was probably meant.

/// What other programs call the same thing.
const HABITS: &[(&str, &str)] = &[
    ("database", "dbname"),
    ("db", "dbname"),
    ("username", "user"),
    ("role", "user"),
    ("hostname", "host"),
    ("hostaddr", "host"),
    ("address", "host"),
    ("system_identifier", "server"),
    ("rules", "match"),
    ("includes", "include"),
    ("environments", "environment"),
    ("prod", "production"),
    ("dev", "development"),
    ("stage", "staging"),
    ("readonly", "read_only"),
];

/// The help for a word that is not known: the nearest known one, or all of them.
pub(super) fn help(word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("known: {}", known.join(", ")),
    }
}

/// The only known word that begins so, or the nearest one within a third of its letters.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase().replace('-', "_");
    if word.len() > 64 {
        return None;
    }
    let mut longer = known.iter().filter(|one| word.len() >= 3 && one.replace('-', "_").starts_with(&word));
    if let (Some(only), None) = (longer.next(), longer.next()) {
        return Some(only);
    }
    let mut habits = HABITS.iter().filter(|(habit, _)| distance(&word, habit) <= habit.len() / 4);
    if let Some(meant) = habits.find_map(|(_, meant)| known.iter().find(|one| *one == meant)) {
        return Some(meant);
    }
    let measured = known.iter().map(|one| (distance(&word, &one.replace('-', "_")), *one));
    let (far, meant) = measured.min_by_key(|(far, _)| *far)?;
    (far <= (meant.chars().count() / 3).max(1)).then_some(meant)
}

/// Levenshtein's distance, and one step for two neighbours that changed places.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    let mut previous = None;
    for (at, here) in one.chars().enumerate() {
        let mut next = vec![at + 1];
        for (to, there) in other.iter().enumerate() {
            let cell = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX / 2);
            let mut least = (cell(&row, to + 1) + 1).min(cell(&next, to) + 1);
            least = least.min(cell(&row, to) + usize::from(here != *there));
            let swapped = to > 0 && previous == Some(*there) && other.get(to - 1) == Some(&here);
            if swapped {
                least = least.min(cell(&before, to - 1) + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
        previous = Some(here);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_fingers_is_recognised() {
        let known = ["host", "port", "dbname", "user", "service", "server"];
        for (word, meant) in
            [("hots", "host"), ("HOST", "host"), ("db_name", "dbname"), ("sever", "server"), ("srevice", "service")]
        {
            assert_eq!(nearest(word, &known), Some(meant));
        }
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(nearest("colour", &["label", "color"]), Some("color"));
        assert_eq!(nearest("databse", &known), Some("dbname"));
        assert_eq!(nearest("hostname", &known), Some("host"));
        assert_eq!(nearest("re", &known), None);
    }

    #[test]
    fn a_word_that_is_like_none_gets_the_list() {
        assert_eq!(help("zzz", &["yes", "host"]), "known: yes, host");
        assert_eq!(help(&"z".repeat(1 << 20), &["yes"]), "known: yes");
    }
}

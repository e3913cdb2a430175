//! How things look, as `config show` tells it.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::prompt::{Shades, Theme};
use crate::text::Untrusted;

/// A line for each section.
pub(super) fn describe(theme: &Theme, out: &mut dyn Write) -> io::Result<()> {
    let (show, title) = (theme.show.word(), theme.title.word());
    let (style, position) = (theme.style.word(), theme.position.word());
    writeln!(out, "how it looks")?;
    writeln!(out, "  prompt            {show}, {position}, {style}: {}", Untrusted::text(&theme.format))?;
    writeln!(out, "  title             {title}: {}", Untrusted::text(&theme.title_format))?;
    writeln!(
        out,
        "  tint              {}{}{}",
        theme.tint.word(),
        shades("tab", &theme.tab),
        shades("background", &theme.background)
    )
}

/// `; tab: production #b01020`, where colours are given.
fn shades(name: &str, shades: &Shades) -> String {
    let given: Vec<String> = shades.given().map(|(level, color)| format!("{level} #{}", color.hex())).collect();
    if given.is_empty() { String::new() } else { format!("; {name}: {}", given.join(", ")) }
}

/// The same for machines, with the keys of the configuration.
pub(super) fn json(theme: &Theme) -> Value {
    let shades = |shades: &Shades| -> Value {
        shades.given().map(|(level, color)| (level.to_owned(), json!(format!("#{}", color.hex())))).collect()
    };
    json!({
        "prompt": {
            "show": theme.show.word(),
            "position": theme.position.word(),
            "format": theme.format,
            "style": theme.style.word(),
        },
        "title": { "show": theme.title.word(), "format": theme.title_format },
        "terminal": {
            "tint": theme.tint.word(),
            "tab": shades(&theme.tab),
            "background": shades(&theme.background),
        },
    })
}

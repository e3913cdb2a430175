//! The screen as text: calm, aligned, and the same to read without colour.
//!
//! Pure functions from data to text. Words, shapes and marks (`!`, `!!`) carry all that colour says; every text is
//! escaped here, whatever it was before.

use nu_ansi_term::{Color, Style};

use super::wrap::wrap;
use crate::checklist::{Banner, Line, Section, Tone};
use crate::environment::Level;
use crate::text::{Untrusted, columns};

/// What is drawn on.
#[derive(Clone, Copy, Debug)]
pub struct Canvas {
    /// Columns.
    pub width: usize,
    /// Whether it has colour, and the person wants it.
    pub colour: bool,
    /// Whether it is read out: words instead of shapes, rules and columns.
    pub spoken: bool,
}

/// Blank columns at the left.
const MARGIN: usize = 1;

/// From this width on the titles of sections stand beside their lines instead of above.
const WIDE: usize = 64;

/// The columns of the titles: `would happen` and two blanks.
const TITLE: usize = 14;

/// Labels are aligned up to this width; a longer one has the line to itself.
const LABEL: usize = 26;

impl Canvas {
    /// Alarms, then the bar.
    pub fn banner(self, banner: &Banner) -> String {
        let mut rows = vec![String::new()];
        let style = self.style(Style::new().fg(Color::Red).bold());
        let room = self.width.saturating_sub(6);
        for alarm in &banner.alarms {
            let lines = wrap(&safe(alarm), room, room).into_iter().enumerate();
            rows.extend(lines.map(|(at, line)| {
                let mark = if at > 0 { "   " } else { self.mark(Tone::Danger) };
                style.paint(format!(" {mark}{line}")).to_string()
            }));
            rows.push(String::new());
        }
        rows.extend(self.bar(banner));
        rows.push(String::new());
        finish(&rows)
    }

    fn bar(self, banner: &Banner) -> Vec<String> {
        if self.spoken {
            let title = banner.title.replace(" · ", ", ");
            return self.paragraph(&format!("{}, level {}: {title}", banner.look.label, banner.level.word()));
        }
        let word = format!("{} {}", safe(&banner.look.icon), safe(&banner.look.label));
        let text = format!("{}   {}", word.trim_start(), safe(&banner.title));
        let room = self.width.saturating_sub(2 * MARGIN);
        let lines = if columns(&text) <= room { vec![text] } else { wrap(&text, room, room) };
        let lines = lines.into_iter().map(|line| format!(" {line}"));
        if self.colour {
            let style = bar_style(&banner.look.color, banner.level);
            return lines.map(|line| style.paint(pad(&line, self.width)).to_string()).collect();
        }
        let rule = if banner.level == Level::Production { "=" } else { "-" }.repeat(self.width);
        std::iter::once(rule.clone()).chain(lines).chain([rule]).collect()
    }

    /// A title and its lines, then a blank line.
    pub fn section(self, section: &Section) -> String {
        if self.spoken {
            return self.read_out(section);
        }
        let title = safe(&section.title);
        let beside = self.width >= WIDE && columns(&title) + 2 <= TITLE && !section.lines.is_empty();
        let grid = Grid { indent: MARGIN + if beside { TITLE } else { 2 }, label: label_width(&section.lines) };
        let mut rows = Vec::new();
        if !beside {
            rows.push(format!(" {}", self.style(Style::new().bold()).paint(&title)));
        }
        for (at, line) in section.lines.iter().enumerate() {
            let head = if beside && at == 0 { title.as_str() } else { "" };
            rows.extend(self.line(line, head, grid));
        }
        rows.push(String::new());
        finish(&rows)
    }

    fn read_out(self, section: &Section) -> String {
        let mut rows = self.paragraph(&format!("{}:", section.title));
        for line in &section.lines {
            let label = if line.label.is_empty() { String::new() } else { format!("{}: ", line.label) };
            let note = if line.note.is_empty() { String::new() } else { format!(" ({})", line.note) };
            rows.extend(self.paragraph(&format!("{label}{}{}{note}", self.mark(line.tone), line.value)));
        }
        rows.push(String::new());
        finish(&rows)
    }

    fn line(self, line: &Line, title: &str, grid: Grid) -> Vec<String> {
        let left = " ".repeat(grid.left());
        let mut text = Rows::new(self.width.saturating_sub(grid.left() + MARGIN).max(8));
        text.add(&format!("{}{}", self.mark(line.tone), safe(&line.value)), self.tone(line.tone));
        if !line.note.is_empty() {
            text.add(&format!("({})", safe(&line.note)), self.style(Style::new().dimmed()));
        }
        let blank = " ".repeat((grid.indent - MARGIN).saturating_sub(columns(title)));
        let title = self.style(if title.is_empty() { Style::new() } else { Style::new().bold() }).paint(title);
        let title = format!("{title}{blank}");
        let name = safe(&line.label);
        let mut rows: Vec<String> = text.painted.iter().map(|row| format!("{left}{row}")).collect();
        if columns(&name) > grid.label {
            rows.insert(0, format!(" {title}{name}"));
        } else if let (Some(first), Some(row)) = (text.painted.first(), rows.first_mut()) {
            *row = format!(" {title}{}{first}", pad(&name, grid.left() - grid.indent));
        }
        rows
    }

    /// One line of text.
    pub(super) fn tell(self, text: &str) -> String {
        finish(&self.paragraph(text))
    }

    /// The question; the answer is typed behind it.
    pub(super) fn question(self, text: &str) -> String {
        let style = self.style(Style::new().bold());
        let rows: Vec<String> = self.paragraph(text).iter().map(|row| style.paint(row).to_string()).collect();
        rows.join("\n") + " "
    }

    fn paragraph(self, text: &str) -> Vec<String> {
        let room = self.width.saturating_sub(2 * MARGIN);
        wrap(&safe(text), room, room).into_iter().map(|line| format!(" {line}")).collect()
    }

    /// What the tone says, for those who do not see colour.
    fn mark(self, tone: Tone) -> &'static str {
        match (tone, self.spoken) {
            (Tone::Plain | Tone::Quiet, _) => "",
            (Tone::Warn, false) => "! ",
            (Tone::Danger, false) => "!! ",
            (Tone::Warn, true) => "warning: ",
            (Tone::Danger, true) => "danger: ",
        }
    }

    fn style(self, style: Style) -> Style {
        if self.colour { style } else { Style::new() }
    }

    fn tone(self, tone: Tone) -> Style {
        self.style(match tone {
            Tone::Plain => Style::new(),
            Tone::Quiet => Style::new().dimmed(),
            // No colour: yellow on white cannot be read with the colours of most terminals.
            Tone::Warn => Style::new().bold(),
            Tone::Danger => Style::new().fg(Color::Red).bold(),
        })
    }
}

/// Where labels and values of a section begin.
#[derive(Clone, Copy)]
struct Grid {
    indent: usize,
    label: usize,
}

impl Grid {
    /// Where values begin.
    fn left(self) -> usize {
        self.indent + if self.label == 0 { 0 } else { self.label + 2 }
    }
}

/// The widest label that is not too long; a usual width, so that the values of all sections stand below one another.
fn label_width(lines: &[Line]) -> usize {
    let widths = lines.iter().map(|line| columns(&safe(&line.label))).filter(|width| (1..=LABEL).contains(width));
    widths.max().map_or(0, |widest| widest.max(8))
}

/// Pieces of text, one behind the other, broken into rows and painted piece by piece.
struct Rows {
    room: usize,
    used: usize,
    painted: Vec<String>,
}

impl Rows {
    fn new(room: usize) -> Self {
        Self { room, used: 0, painted: vec![String::new()] }
    }

    /// Behind the last piece when it fits there whole, else on rows of its own.
    fn add(&mut self, text: &str, style: Style) {
        if self.used > 0 && self.used + 2 + columns(text) > self.room {
            self.next();
        }
        for (at, line) in wrap(text, self.room, self.room).iter().enumerate() {
            if at > 0 {
                self.next();
            }
            let blank = if self.used > 0 { "  " } else { "" };
            if let Some(row) = self.painted.last_mut() {
                row.push_str(blank);
                row.push_str(&style.paint(line).to_string());
            }
            self.used += blank.len() + columns(line);
        }
    }

    fn next(&mut self) {
        self.painted.push(String::new());
        self.used = 0;
    }
}

/// Rows as text; blanks at their ends are nothing to see.
fn finish(rows: &[String]) -> String {
    rows.iter().map(|row| row.trim_end_matches(' ').to_owned() + "\n").collect()
}

fn safe(text: &str) -> String {
    Untrusted::text(text).to_string()
}

fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// Black on the light colours and white on the dark ones.
fn bar_style(color: &str, level: Level) -> Style {
    let ground = named(color).or_else(|| named(level.color())).unwrap_or(Color::Red);
    let dark = matches!(ground, Color::Red | Color::Blue | Color::Purple | Color::Black | Color::DarkGray);
    Style::new().bold().fg(if dark { Color::White } else { Color::Black }).on(ground)
}

/// The sixteen colours by the names that the configuration uses.
fn named(color: &str) -> Option<Color> {
    Some(match color {
        "black" => Color::Black,
        "red" => Color::Red,
        "green" => Color::Green,
        "yellow" => Color::Yellow,
        "blue" => Color::Blue,
        "magenta" | "purple" => Color::Purple,
        "cyan" => Color::Cyan,
        "white" => Color::White,
        "bright-black" => Color::DarkGray,
        "bright-red" => Color::LightRed,
        "bright-green" => Color::LightGreen,
        "bright-yellow" => Color::LightYellow,
        "bright-blue" => Color::LightBlue,
        "bright-magenta" | "bright-purple" => Color::LightPurple,
        "bright-cyan" => Color::LightCyan,
        "bright-white" => Color::LightGray,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Look;

    fn canvas(width: usize, colour: bool) -> Canvas {
        Canvas { width, colour, spoken: false }
    }

    fn banner(level: Level, color: &str) -> Banner {
        let look = Look { label: "EU\x1b".into(), icon: level.icon().into(), color: color.into() };
        Banner { look, level, title: "eu · psql".into(), alarms: Vec::new() }
    }

    #[test]
    fn the_bar_fills_the_width_in_the_colour_of_the_environment() {
        let drawn = canvas(30, true).banner(&banner(Level::Staging, "blue"));
        assert_eq!(drawn, "\n\x1b[1;44;37m ■ EU\\x1B   eu · psql         \x1b[0m\n\n");
        let drawn = canvas(30, true).banner(&banner(Level::Staging, "nonsense"));
        assert!(drawn.contains("\x1b[1;43;30m"), "a colour that is unknown is that of the level: {drawn}");
    }

    #[test]
    fn without_colour_the_weight_of_the_rule_tells_the_level() {
        let drawn = canvas(20, false).banner(&banner(Level::Staging, "blue"));
        assert_eq!(drawn, "\n--------------------\n ■ EU\\x1B   eu ·\n psql\n--------------------\n\n");
    }

    #[test]
    fn what_is_read_out_has_words_for_shapes_and_neither_rules_nor_columns() {
        let spoken = Canvas { spoken: true, ..canvas(60, false) };
        let mut banner = banner(Level::Staging, "blue");
        banner.alarms.push("the server is another".into());
        let line = |label: &str, value: &str, note: &str, tone| Line {
            label: label.into(),
            value: value.into(),
            note: note.into(),
            tone,
        };
        let lines = vec![
            line("host", "db1", "option -h", Tone::Plain),
            line("", "drop table t", "", Tone::Danger),
            line("was", "\x1b", "", Tone::Warn),
        ];
        let drawn = spoken.banner(&banner) + &spoken.section(&Section { title: "would happen".into(), lines });
        let expected = "\n danger: the server is another\n\n EU\\x1B, level staging: eu, psql\n\n would happen:\n host: db1 (option -h)\n danger: drop table t\n was: warning: \\x1B\n\n";
        assert_eq!(drawn, expected);
        assert_eq!(Canvas { colour: true, ..spoken }.banner(&banner).matches('\x1b').count(), 2, "the alarm in red");
    }

    #[test]
    fn no_row_is_wider_than_the_terminal_at_any_width() {
        let line = |label: &str, value: &str| Line {
            label: label.into(),
            value: value.into(),
            note: "connection string in option -d, and more".into(),
            tone: Tone::Danger,
        };
        let lines = vec![line("host", &"db1.prod.example.com,".repeat(9)), line(&"l".repeat(30), "デ x デ")];
        let section = Section { title: "server says".into(), lines };
        let alarms = vec!["a ".repeat(200)];
        for width in 40..=200 {
            let canvas = canvas(width, false);
            let mut banner = banner(Level::Production, "red");
            banner.alarms.clone_from(&alarms);
            let drawn = canvas.banner(&banner) + &canvas.section(&section) + &canvas.tell(&"word ".repeat(99));
            let widest = drawn.lines().map(columns).max().unwrap();
            assert!(widest <= width, "{widest} columns at {width}");
            assert!(!drawn.lines().any(|row| row.ends_with(' ')));
        }
        assert!(!canvas(1, true).section(&section).is_empty(), "an absurd width does no harm");
    }

    #[test]
    fn a_section_without_lines_shows_its_title_and_one_without_labels_its_values() {
        let section = |values: &[&str]| Section {
            title: "undo".into(),
            lines: values
                .iter()
                .map(|value| Line {
                    label: String::new(),
                    value: (*value).into(),
                    note: String::new(),
                    tone: Tone::Quiet,
                })
                .collect(),
        };
        assert_eq!(canvas(80, false).section(&section(&[])), " undo\n\n");
        assert_eq!(canvas(80, false).section(&section(&["a", "b"])), " undo          a\n               b\n\n");
    }
}

//! How the segment, the title and the terminal look: what `[prompt]`, `[title]` and `[terminal]` say.

use crate::environment::Environment;
use crate::shell::{Painted, Position, Rgb};
use crate::world::Vars;
use crate::world::terminal::is_spoken;

/// How things look. The defaults are what an empty configuration gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// When the segment is shown.
    pub show: Show,
    /// Where it stands.
    pub position: Position,
    /// Its text, with fields in braces.
    pub format: String,
    /// How it is coloured.
    pub style: Style,
    /// When the title speaks of the environment.
    pub title: Show,
    /// The title's text, with fields in braces.
    pub title_format: String,
    /// What else of the terminal shows production.
    pub tint: Tint,
    /// The colours of the tab.
    pub tab: Shades,
    /// The colours of the background.
    pub background: Shades,
    /// Whether it is read out, so that shapes are left out.
    pub spoken: bool,
}

/// A colour for each level. Without one, production and what is unknown are shown in the colour of the environment, and
/// the other levels are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shades {
    /// For production.
    pub production: Option<Rgb>,
    /// For what no rule names; without it, that of production.
    pub unknown: Option<Rgb>,
    /// For staging.
    pub staging: Option<Rgb>,
    /// For development.
    pub development: Option<Rgb>,
}

/// When something is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Always.
    Always,
    /// When anything but built-in defaults speaks: vars, a service, a project's file.
    Relevant,
    /// From staging on.
    Strict,
    /// Never.
    Never,
}

/// How the segment is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Coloured words.
    Text,
    /// Words on a coloured ground.
    Block,
}

/// What else of the terminal shows the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tint {
    /// Nothing.
    None,
    /// The colour of the tab, where the terminal has one.
    Tab,
    /// The background as well, where the terminal can take it back.
    Background,
}

impl Theme {
    /// The same, without shapes where whoever has these vars hears what is shown.
    #[must_use]
    pub fn heard_by(self, vars: &Vars) -> Self {
        Self { spoken: is_spoken(vars), ..self }
    }
}

impl Tint {
    /// What of a terminal's abilities anybody may use.
    pub fn uses(self, abilities: Painted) -> Painted {
        let tab = abilities.tab && self != Self::None;
        Painted { tab, background: abilities.background && self == Self::Background, ..abilities }
    }
}

impl Show {
    /// The words of the configuration.
    pub const WORDS: &[(&str, Self)] =
        &[("always", Self::Always), ("relevant", Self::Relevant), ("strict", Self::Strict), ("never", Self::Never)];

    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, value)| *value == self).map_or("", |(word, _)| word)
    }
}

impl Style {
    /// The words of the configuration.
    pub const WORDS: &[(&str, Self)] = &[("text", Self::Text), ("block", Self::Block)];

    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, value)| *value == self).map_or("", |(word, _)| word)
    }
}

impl Tint {
    /// The words of the configuration.
    pub const WORDS: &[(&str, Self)] = &[("none", Self::None), ("tab", Self::Tab), ("background", Self::Background)];

    /// The word of the configuration.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, value)| *value == self).map_or("", |(word, _)| word)
    }
}

impl Shades {
    /// Each level that has a colour, with it.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, Rgb)> {
        let all = [
            ("production", self.production),
            ("unknown", self.unknown),
            ("staging", self.staging),
            ("development", self.development),
        ];
        all.into_iter().filter_map(|(level, color)| Some((level, color?)))
    }

    /// The colour for this environment, made of the one of its name by `made` where none is given.
    pub(super) fn of(&self, environment: &Environment, made: impl Fn(Rgb) -> Rgb) -> Option<Rgb> {
        let own = || Some(made(rgb(&environment.look().color)));
        match environment.level_word() {
            "development" => self.development,
            "staging" => self.staging,
            "production" => self.production.or_else(own),
            _ => self.unknown.or(self.production).or_else(own),
        }
    }
}

/// A colour's name as it looks on a tab.
fn rgb(color: &str) -> Rgb {
    match color.strip_prefix("bright-").unwrap_or(color) {
        "yellow" => Rgb(0xb5, 0x89, 0x00),
        "green" => Rgb(0x2e, 0x8b, 0x57),
        "blue" => Rgb(0x26, 0x5f, 0xc0),
        "magenta" | "purple" => Rgb(0xa0, 0x2c, 0xa0),
        "cyan" => Rgb(0x1a, 0x8f, 0x9c),
        "white" => Rgb(0xc8, 0xc8, 0xc8),
        "black" => Rgb(0x20, 0x20, 0x20),
        _ => Rgb(0xb0, 0x10, 0x20),
    }
}

/// The same, so dark that light text is read on it.
pub(super) fn dark(Rgb(red, green, blue): Rgb) -> Rgb {
    Rgb(red / 4, green / 4, blue / 4)
}

impl Default for Theme {
    fn default() -> Self {
        Self {
            show: Show::Relevant,
            position: Position::Left,
            format: "{icon} {label} {place}".to_owned(),
            style: Style::Text,
            title: Show::Strict,
            title_format: "{icon} {label} {place}".to_owned(),
            tint: Tint::Tab,
            tab: Shades::default(),
            background: Shades::default(),
            spoken: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Level;
    use crate::prompt::sgr;

    type Light = [f64; 3];

    /// How red, green and blue light look without cones for long, middle and short waves: Machado, Oliveira and Fernandes,
    /// "A Physiologically-based Model for Simulation of Color Vision Deficiency", 2009, table 1 at severity 1.0; and with all.
    const EYES: [(&str, [Light; 3]); 4] = [
        ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopia",
            [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
        ),
        (
            "deuteranopia",
            [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
        ),
        (
            "tritanopia",
            [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        ),
    ];

    /// Red, green, yellow, blue, magenta and cyan of terminals as they come.
    const TERMINALS: [(&str, [u32; 6]); 7] = [
        ("xterm", [0xcd_0000, 0x00_cd00, 0xcd_cd00, 0x00_00ee, 0xcd_00cd, 0x00_cdcd]),
        ("the Linux console", [0xaa_0000, 0x00_aa00, 0xaa_5500, 0x00_00aa, 0xaa_00aa, 0x00_aaaa]),
        ("Tango", [0xcc_0000, 0x4e_9a06, 0xc4_a000, 0x34_65a4, 0x75_507b, 0x06_989a]),
        ("GNOME", [0xc0_1c28, 0x26_a269, 0xa2_734c, 0x12_488b, 0xa3_47ba, 0x2a_a1b3]),
        ("VS Code", [0xcd_3131, 0x0d_bc79, 0xe5_e510, 0x24_72c8, 0xbc_3fbc, 0x11_a8cd]),
        ("Solarized", [0xdc_322f, 0x85_9900, 0xb5_8900, 0x26_8bd2, 0xd3_3682, 0x2a_a198]),
        ("macOS", [0x99_0000, 0x00_a600, 0x99_9900, 0x00_00b2, 0xb2_00b2, 0x00_a6b2]),
    ];

    fn light(Rgb(red, green, blue): Rgb) -> Light {
        [red, green, blue].map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        })
    }

    fn times(row: Light, light: Light) -> f64 {
        row.iter().zip(light).map(|(one, other)| one * other).sum()
    }

    fn luminance(light: Light) -> f64 {
        times([0.2126, 0.7152, 0.0722], light)
    }

    /// The contrast of WCAG 2.2; it asks for 4.5, and for 3 where letters are large or bold.
    fn contrast(one: Rgb, other: Rgb) -> f64 {
        let (one, other) = (luminance(light(one)), luminance(light(other)));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// How different two colours look to these eyes: the distance in CIE L*a*b*, where 2.3 is just to be told apart.
    fn distance(one: Rgb, other: Rgb, eyes: [Light; 3]) -> f64 {
        let lab = |color| {
            let seen = eyes.map(|row| times(row, light(color)).clamp(0.0, 1.0));
            let root = |part: f64| if part > 0.008_856 { part.cbrt() } else { 7.787 * part + 16.0 / 116.0 };
            let x = root(times([0.4124, 0.3576, 0.1805], seen) / 0.950_47);
            let (y, z) = (root(luminance(seen)), root(times([0.0193, 0.1192, 0.9505], seen) / 1.088_83));
            [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
        };
        lab(one).iter().zip(lab(other)).map(|(one, other)| (one - other).powi(2)).sum::<f64>().sqrt()
    }

    fn hex(color: u32) -> Rgb {
        let [_, red, green, blue] = color.to_be_bytes();
        Rgb(red, green, blue)
    }

    /// The colour of a name in this terminal.
    fn of(terminal: [u32; 6], name: &str) -> Rgb {
        let names = ["red", "green", "yellow", "blue", "magenta", "cyan"];
        hex(terminal[names.iter().position(|one| *one == name).unwrap()])
    }

    const WHITE: Rgb = Rgb(255, 255, 255);
    const BLACK: Rgb = Rgb(0, 0, 0);

    #[test]
    fn colour_is_never_the_only_sign() {
        let shapes = Level::ALL.map(Level::icon);
        let words = Level::ALL.map(Level::word);
        assert!(shapes.iter().chain(&words).collect::<std::collections::BTreeSet<_>>().len() == 6);
    }

    /// What CONFIG.md says to those who do not tell red from green: staging in cyan, development in blue.
    #[test]
    fn production_is_told_from_cyan_and_blue_by_everybody_in_every_terminal() {
        let documented = include_str!("../../docs/CONFIG.md");
        for (name, level, color) in [("staging", "staging", "cyan"), ("local", "development", "blue")] {
            let said = format!("  [environment.{name}]\n  level = \"{level}\"\n  color = \"{color}\"\n");
            assert!(documented.contains(&said), "{said}");
        }
        for (terminal, colors) in TERMINALS {
            for (who, eyes) in EYES {
                for other in ["cyan", "blue"] {
                    let far = distance(of(colors, "red"), of(colors, other), eyes);
                    assert!(far > 35.0, "red and {other} of {terminal} with {who}: {far:.0}");
                }
            }
        }
        let [_, _, (who, eyes), _] = EYES;
        let (_, tango) = TERMINALS[2];
        let near = distance(of(tango, "red"), of(tango, "green"), eyes);
        assert!(near < 10.0, "which red and green are not, {who}: {near:.0}");
    }

    #[test]
    fn the_colours_of_tabs_are_told_apart_by_everybody_and_words_are_read_on_them() {
        let [red, yellow, green] = ["red", "yellow", "green"].map(rgb);
        for (who, eyes) in EYES {
            for (one, other) in [(red, yellow), (red, green), (yellow, green)] {
                let far = distance(one, other, eyes);
                assert!(far > 25.0, "{} and {} with {who}: {far:.0}", one.hex(), other.hex());
            }
        }
        for color in [red, yellow, green] {
            let best = contrast(color, WHITE).max(contrast(color, BLACK));
            assert!(best > 4.5, "{}: {best:.1}", color.hex());
            assert!(
                contrast(dark(color), Rgb(0xc0, 0xc0, 0xc0)) > 4.5,
                "grey text on the background of {}",
                color.hex()
            );
        }
    }

    /// Coloured words are as legible as the terminal's colours on its ground; words on a coloured ground always are.
    #[test]
    fn a_block_is_read_on_both_grounds_in_every_terminal() {
        for (terminal, colors) in TERMINALS {
            for name in ["red", "green", "yellow", "blue", "magenta", "cyan"] {
                let words = if sgr(name, Style::Block).contains(";97;") { WHITE } else { BLACK };
                let got = contrast(words, of(colors, name));
                assert!(got > 3.5, "{name} of {terminal}: {got:.1}");
            }
        }
        let (_, xterm) = TERMINALS[0];
        assert!(contrast(of(xterm, "yellow"), WHITE) < 2.0, "which yellow words on white are not");
    }
}

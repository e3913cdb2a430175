//! `[tool.NAME]`: tools of one's own, in the words of the built-in table.
//!
//! The table's own reader reads them; here its complaints become diagnostics, and the files of all layers one list. Of two
//! files that describe a tool the first counts, system before user before project: a later one could only take away.

use std::ops::Range;

use super::layers::{Gathered, Layer};
use super::suggest;
use super::trust::Trust;
use super::value::{Item, Reader, sorted};
use crate::diag::{Diagnostic, Severity};
use crate::order;
use crate::target::{self, Custom, Customs, Fault};

/// A tool, and where its name stands.
pub(super) type Tool = (Custom, Range<usize>);

/// Reads all tools of a file. One with faults is known by its name.
pub(super) fn tools(reader: &mut Reader<'_>, item: &Item<'_, '_>) -> Vec<Tool> {
    let Some(table) = reader.table(item) else { return Vec::new() };
    let mut tools = Vec::new();
    for item in sorted(table) {
        if let Err((message, help)) = check_name(item.key) {
            reader.wrong(item.at.clone(), message, help);
        } else if let Some(table) = reader.table(&item) {
            let (custom, mut faults) = Custom::read(item.key, table);
            order::sort_by_key(&mut faults, |fault| fault.at.start);
            for fault in faults {
                complain(reader, fault);
            }
            tools.push((custom, item.at));
        } else {
            tools.push((Custom::unread(item.key), item.at));
        }
    }
    tools
}

fn complain(reader: &mut Reader<'_>, fault: Fault) {
    let help = (!fault.known.is_empty()).then(|| suggest::help(&fault.word, &fault.known));
    let error = reader.source.error(fault.at, fault.message, help);
    reader.errors.push(error);
}

/// A name is that of a program, and becomes that of a link.
fn check_name(name: &str) -> Result<(), (String, String)> {
    if target::is_known(name) {
        let help = "a tool that is built in cannot be described anew; for another program, use its name".to_owned();
        return Err((format!("`{name}` is built in"), help));
    }
    let tame = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
    if name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(tame)
        && name.len() <= 64
        && name != "dbguard"
    {
        return Ok(());
    }
    let help = "the name that is typed: letters, digits, `.`, `_`, `+` and `-`, at most 64".to_owned();
    Err((format!("`{name}` cannot be the name of a tool"), help))
}

/// The tools of all layers, the names of those that get shims (what a project says holds in the project alone), and a
/// warning for each that does not count.
pub(super) fn merged(gathered: &Gathered) -> (Customs, Vec<String>, Vec<Diagnostic>) {
    let (mut customs, mut shims, mut warnings): (Vec<Custom>, Vec<String>, Vec<Diagnostic>) = Default::default();
    for read in &gathered.read {
        let layer = gathered.files.get(read.file).map(|file| file.layer);
        for (custom, at) in read.document.tools.iter().filter(|_| read.trust == Trust::Trusted) {
            if customs.iter().any(|known| known.name == custom.name) {
                let message = format!("the tool `{}` is described before this already, which counts", custom.name);
                let help = Some("take one of the two out".to_owned());
                warnings
                    .push(Diagnostic { severity: Severity::Warning, ..read.source.error(at.clone(), message, help) });
                continue;
            }
            if layer != Some(Layer::Project) {
                shims.push(custom.name.clone());
            }
            customs.push(custom.clone());
        }
    }
    (Customs::new(customs), shims, warnings)
}

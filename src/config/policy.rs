//! `[environment.….policy]`: what an environment demands besides what follows from its level.

use super::value::{Item, Reader};
use crate::policy::{AuditDemand, Changes, Confirm, Most, Unlock, WithoutTerminal};

const POLICY: &[&str] = &["confirm", "read_only", "without_terminal", "audit", "tokens", "unlock"];
const UNLOCK: &[&str] = &["most", "role", "reason"];
const CONFIRM: &[&str] = &["read", "write", "destroy"];

pub(super) fn changes(reader: &mut Reader<'_>, item: &Item<'_, '_>) -> Changes {
    let mut changes = Changes::default();
    let Some(table) = reader.table(item) else { return changes };
    for item in reader.items(table, POLICY, "a policy") {
        match item.key {
            "confirm" => confirm(reader, &item, &mut changes),
            "read_only" => changes.read_only = reader.boolean(&item),
            "without_terminal" => changes.without_terminal = reader.word(&item, WithoutTerminal::WORDS),
            "audit" => changes.audit = reader.word(&item, AuditDemand::WORDS),
            "tokens" => changes.tokens = reader.boolean(&item),
            _ => changes.unlock = unlock(reader, &item),
        }
    }
    changes
}

/// A word for how much may be opened, or a table with the role that writes and the wish for a reason.
fn unlock(reader: &mut Reader<'_>, item: &Item<'_, '_>) -> Option<Unlock> {
    let mut unlock = Unlock::USUAL;
    let Some(table) = item.value.get_ref().as_table() else {
        if item.value.get_ref().as_str().is_none() {
            reader.kind(item, "a word, or a table with most, role and reason");
            return None;
        }
        unlock.most = reader.word(item, Most::WORDS)?;
        return Some(unlock);
    };
    for item in reader.items(table, UNLOCK, "`unlock`") {
        match item.key {
            "most" => unlock.most = reader.word(&item, Most::WORDS)?,
            "role" => unlock.role = Some(reader.string(&item).filter(|role| !role.is_empty())?.to_owned()),
            _ => unlock.reason = reader.boolean(&item)?,
        }
    }
    Some(unlock)
}

/// One word for everything, or a word for each kind of risk.
fn confirm(reader: &mut Reader<'_>, item: &Item<'_, '_>, changes: &mut Changes) {
    let Some(table) = item.value.get_ref().as_table() else {
        if item.value.get_ref().as_str().is_none() {
            return reader.kind(item, "a word, or a table with read, write and destroy");
        }
        let word = reader.word(item, Confirm::WORDS);
        (changes.read, changes.write, changes.destroy) = (word, word, word);
        return;
    };
    for item in reader.items(table, CONFIRM, "`confirm`") {
        let named = Item { key: "confirm", at: item.at.clone(), value: item.value };
        let word = reader.word(&named, Confirm::WORDS);
        match item.key {
            "read" => changes.read = word,
            "write" => changes.write = word,
            _ => changes.destroy = word,
        }
    }
}

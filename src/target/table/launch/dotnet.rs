//! `dotnet`, of which one word is a tool of the table.
//!
//! Everything else that it does is none of dbguard's business, and known by its words alone.

use std::ffi::OsString;

use super::Launched;

/// `dotnet ef …` is `dotnet-ef`, also as the tool of a manifest: `dotnet tool run dotnet-ef -- …`
/// (<https://learn.microsoft.com/dotnet/core/tools/dotnet-tool-run>). What that starts itself, `dotnet exec … ef.dll`, is
/// the same command once more.
pub(super) fn peel(args: &[OsString]) -> Launched {
    let words: Vec<&str> = args.iter().map_while(|word| word.to_str()).collect();
    let rest = match words.as_slice() {
        ["ef" | "dotnet-ef", ..] => 1,
        ["tool", "run" | "exec" | "execute", after @ ..] => {
            let Some(at) = after.iter().position(|word| word.split('@').next() == Some("dotnet-ef")) else {
                return Launched::default();
            };
            let dashes = after.iter().skip(at + 1).take_while(|word| word.starts_with("--") && word.len() > 2).count();
            let skipped = at + 3 + dashes;
            if args.get(skipped).is_some_and(|word| word == "--") { skipped + 1 } else { at + 3 }
        }
        _ => return Launched::default(),
    };
    Launched::default().starts("dotnet-ef".as_ref(), args.get(rest..).unwrap_or_default())
}

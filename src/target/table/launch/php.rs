//! The scripts of PHP that are tools: `php artisan`, `php bin/console`, `php vendor/bin/phinx`.
//!
//! Scripts have names that mean much else, so that only these count. Some go by where they are, and not by the working
//! directory.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use super::Launched;

/// The tool that a script is; nothing for any other.
pub(super) fn script(word: &OsStr, rest: &[OsString]) -> Launched {
    let path = word.as_bytes();
    let name = path.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
    let (directory, name) = path.split_at(name);
    let directory = directory.strip_suffix(b"/").unwrap_or(directory);
    let directory = directory.strip_prefix(b"./").unwrap_or(if directory == b"." { b"" } else { directory });
    let (program, directory) = match name {
        b"artisan" => ("artisan", directory.to_vec()),
        b"console" => ("bin/console", above(directory)),
        b"cake.php" => ("cake", above(directory)),
        b"phinx" | b"phinx.phar" => ("phinx", Vec::new()),
        b"doctrine-migrations" | b"doctrine-migrations.phar" => ("doctrine-migrations", Vec::new()),
        b"doctrine" | b"doctrine.php" => ("doctrine", Vec::new()),
        _ => return Launched::default(),
    };
    let directory = Some(PathBuf::from(OsStr::from_bytes(&directory))).filter(|path| !path.as_os_str().is_empty());
    Launched { program: program.to_owned(), args: rest.to_vec(), directory, ..Launched::default() }
}

/// The directory above, of one that is `bin` nearly always.
fn above(directory: &[u8]) -> Vec<u8> {
    match directory {
        b"" => b"..".to_vec(),
        b"bin" => Vec::new(),
        _ => directory.strip_suffix(b"/bin").map_or_else(|| [directory, b"/.."].concat(), <[u8]>::to_vec),
    }
}

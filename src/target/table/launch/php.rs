//! The scripts of PHP that are tools: `php artisan`, `php bin/console`, `php vendor/bin/phinx`.
//!
//! Scripts have names that mean much else, so that only these count. Some go by where they are, and not by the working
//! directory.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use super::Launched;

/// The tool that a script is; nothing for any other.
pub(super) fn script(word: &OsStr, rest: &[OsString]) -> Launched {
    let path = Path::new(word);
    let (program, up) = match path.file_name().unwrap_or_default().as_bytes() {
        b"artisan" => ("artisan", Some(0)),
        b"console" => ("bin/console", Some(1)),
        b"cake.php" => ("cake", Some(1)),
        b"phinx" | b"phinx.phar" => ("phinx", None),
        b"doctrine-migrations" | b"doctrine-migrations.phar" => ("doctrine-migrations", None),
        b"doctrine" | b"doctrine.php" => ("doctrine", None),
        _ => return Launched::default(),
    };
    let directory = up.map(|up| above(path, up)).filter(|directory| !directory.as_os_str().is_empty());
    Launched { program: program.to_owned(), args: rest.to_vec(), directory, ..Launched::default() }
}

/// The directory of a script, or the one above that; empty for the working directory.
fn above(script: &Path, up: usize) -> PathBuf {
    let mut directory: PathBuf =
        script.parent().into_iter().flat_map(Path::components).filter(|part| *part != Component::CurDir).collect();
    for _ in 0..up {
        match directory.components().next_back() {
            Some(Component::Normal(_) | Component::RootDir) => {
                directory.pop();
            }
            _ => directory.push(".."),
        }
    }
    directory
}

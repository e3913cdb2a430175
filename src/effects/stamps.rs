//! Stamps: empty files by which a shell sees, with its builtins alone, that something it depends on has changed.
//!
//! A stamp carries the time of the newest change among the watched files. `[[ file -nt stamp ]]` is then true exactly
//! for what changed since. What was put there with an older time (`cp -p`, `rsync -a`, `touch -d`) is not newer than
//! that: so each of the nearest files has a stamp of its own time, which it has to have still. Shells share stamps of the
//! same time; the oldest are taken away, and a shell whose stamp is gone asks again. Nothing here knows what the files
//! say, nor how a shell words its conditions.

use std::fs::{DirBuilder, File, FileTimes, Metadata, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::state;
use crate::order;
use crate::shell::Watched;
use crate::world::Snapshot;

/// How many stamps are kept.
const MOST: usize = 512;

/// How many of the watched have a stamp of their own: each costs a shell two calls of stat more at each prompt.
const EXACT: usize = 24;

/// How many links may lead to one another.
const LINKS: usize = 40;

/// What a shell watches.
#[derive(Debug, Default)]
pub struct Watch {
    /// The stamp; empty where none could be made.
    pub stamp: PathBuf,
    /// What has to be so still.
    pub watched: Vec<Watched>,
}

/// Watches the working directory, these files, whether they exist or not, and these directories.
///
/// Each call of stat costs at every prompt, so nothing is watched that another condition tells as well: a file with a
/// time of its own needs nobody to watch the directory in which it could be replaced, unless a link leads there.
///
/// `grain` is how finely the shell compares times: a change within one grain of the newest one would not be seen, so
/// until that has passed the stamp is a grain too old, and the shell asks once more.
pub fn watch(files: &[PathBuf], directories: &[PathBuf], grain: Duration, snapshot: &Snapshot) -> Watch {
    let mut of = Paths::of(files, directories, &snapshot.cwd);
    let others = of.others.iter().filter_map(|path| modified(path));
    let newest = of.exact.iter().filter_map(|seen| seen.modified).chain(others).max();
    // What changed since the files were read would not be told from what was read: the time counts from before that.
    let settled = snapshot.now.checked_sub(grain).unwrap_or(snapshot.now);
    // A time in the future hides every change until then: it is not believed, and the shell asks each time.
    let time = newest.unwrap_or(UNIX_EPOCH);
    let time = if time >= settled { time.min(snapshot.now).checked_sub(grain).unwrap_or(UNIX_EPOCH) } else { time };
    let stamp_of = |time| stamp(time, snapshot).unwrap_or_default();
    let common = stamp_of(time);
    // One that changed just now gets a stamp of another time, and so is asked about once more whatever becomes of it.
    let own = |seen: &Seen| seen.modified.filter(|time| *time < settled).map_or_else(|| common.clone(), stamp_of);
    let many = of.exact.split_off(of.exact.len().min(EXACT));
    // The first is the working directory. By the same name, a shell may come to another one; that has another time, but
    // for copies of one archive.
    let exact = of.exact.iter().enumerate().map(|(at, seen)| match at {
        0 => Watched::HereSame(own(seen)),
        _ => Watched::Same { stamp: own(seen), path: seen.path.clone() },
    });
    let mut watched: Vec<Watched> = exact.collect();
    if snapshot.vars.get("PWD") != Some(snapshot.cwd.as_os_str()) {
        watched.push(Watched::Here(snapshot.cwd.clone()));
    }
    watched
        .extend(many.into_iter().flat_map(|Seen { path, .. }| [Watched::There(path.clone()), Watched::NotNewer(path)]));
    watched.extend(of.others.into_iter().map(Watched::NotNewer));
    watched.extend(of.absent.into_iter().map(Watched::Absent));
    Watch { stamp: common, watched }
}

/// What there is to look at.
#[derive(Debug, Default)]
struct Paths {
    /// The working directory, the files, and the directories in which one could appear.
    exact: Vec<Seen>,
    /// The directories of links that may be led elsewhere.
    others: Vec<PathBuf>,
    /// What could come to be there: a file, or the first of its directories that is missing.
    absent: Vec<PathBuf>,
}

/// Something that is there, as it was when it was looked at, which is once.
#[derive(Debug)]
struct Seen {
    path: PathBuf,
    modified: Option<SystemTime>,
}

impl Paths {
    fn of(files: &[PathBuf], directories: &[PathBuf], cwd: &Path) -> Self {
        let here = Seen { path: cwd.to_owned(), modified: modified(cwd) };
        let mut paths = Self { exact: vec![here], ..Self::default() };
        for file in files {
            paths.add_file(file, directories);
        }
        for directory in directories {
            if !paths.has(directory)
                && let Some(meta) = directory.metadata().ok().filter(Metadata::is_dir)
            {
                paths.add(directory, &meta);
            }
        }
        let Self { exact, others, .. } = &mut paths;
        order::sort(others);
        others.dedup();
        others.retain(|path| !exact.iter().any(|seen| seen.path == *path));
        paths
    }

    fn add_file(&mut self, file: &Path, directories: &[PathBuf]) {
        if self.has(file) {
            return;
        }
        if let Ok(meta) = file.metadata() {
            self.add(file, &meta);
            self.others.extend(directories_of_links(file));
            return;
        }
        let missing = file.ancestors().skip(1).take_while(|path| !path.exists()).last().unwrap_or(file);
        let is_seen = directories.iter().any(|known| missing.parent() == Some(known));
        if !is_seen && !self.absent.iter().any(|known| known == missing) {
            self.absent.push(missing.to_owned());
        }
    }

    fn has(&self, path: &Path) -> bool {
        self.exact.iter().any(|seen| seen.path == path)
    }

    fn add(&mut self, path: &Path, meta: &Metadata) {
        self.exact.push(Seen { path: path.to_owned(), modified: meta.modified().ok() });
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

/// The directories in which a link stands that may be led elsewhere.
fn directories_of_links(file: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut path = file.to_path_buf();
    for _ in 0..LINKS {
        let mut above: Vec<&Path> = path.ancestors().collect();
        above.reverse();
        let Some(link) = above.into_iter().find(|path| path.is_symlink()) else { break };
        let (Some(directory), Ok(to), Ok(rest)) = (link.parent(), std::fs::read_link(link), path.strip_prefix(link))
        else {
            break;
        };
        found.push(directory.to_path_buf());
        path = directory.join(to).join(rest);
    }
    found
}

/// Where the stamps are.
pub fn directory(snapshot: &Snapshot) -> Option<PathBuf> {
    Some(snapshot.state_dir()?.join("stamps"))
}

/// The stamp of this time, made if it is not there.
fn stamp(time: SystemTime, snapshot: &Snapshot) -> Option<PathBuf> {
    let directory = directory(snapshot)?;
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    let path = directory.join(format!("{}.{:09}", since.as_secs(), since.subsec_nanos()));
    let is_right = || path.symlink_metadata().ok().and_then(|meta| meta.modified().ok()) == Some(time);
    if is_right() {
        return Some(path);
    }
    if !state::may_make(&directory, snapshot.user.uid) {
        return None;
    }
    DirBuilder::new().recursive(true).mode(0o700).create(&directory).ok()?;
    thin_out(&directory);
    // Made under another name first: a stamp is never seen with the time of its making.
    let fresh = directory.join(format!("new.{}", std::process::id()));
    let file: File = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh).ok()?;
    file.set_times(FileTimes::new().set_modified(time)).ok()?;
    std::fs::rename(&fresh, &path).ok()?;
    Some(path)
}

/// Takes the oldest stamps away when there are many. Who still has one asks again, and nothing is lost.
fn thin_out(directory: &Path) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    let mut names: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.file_name())).collect();
    if names.len() < MOST {
        return;
    }
    order::sort(&mut names);
    for name in names.iter().take(names.len() - MOST / 2) {
        let _ = std::fs::remove_file(directory.join(name));
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::world::{User, Vars};

    const GRAIN: Duration = Duration::from_millis(20);

    /// A directory of its own with a file in it, gone at the end.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("dbguard-stamps-{}-{name}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(path.join("work")).unwrap();
            let place = Self(path.canonicalize().unwrap());
            place.write("file", 100);
            place.touch("", 50);
            place
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.join("work").join(name)
        }

        fn write(&self, name: &str, seconds: u64) {
            fs::write(self.path(name), "").unwrap();
            self.touch(name, seconds);
        }

        fn touch(&self, name: &str, seconds: u64) {
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            let file = File::open(self.path(name)).unwrap();
            file.set_times(FileTimes::new().set_modified(time)).unwrap();
        }

        fn snapshot(&self) -> Snapshot {
            let cwd = self.0.join("work");
            let vars = Vars::from_iter([("XDG_STATE_HOME", self.0.as_os_str()), ("PWD", cwd.as_os_str())]);
            let user = User { uid: nix::unistd::geteuid().as_raw(), name: None, home: None };
            Snapshot { vars, cwd, user, now: SystemTime::now() }
        }

        fn watch(&self, names: &[&str]) -> Watch {
            let files: Vec<PathBuf> = names.iter().map(|name| self.path(name)).collect();
            watch(&files, &[], GRAIN, &self.snapshot())
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn time_of(stamp: &Path) -> SystemTime {
        stamp.metadata().unwrap().modified().unwrap()
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// The paths that have a stamp of their own, with its time.
    fn exact(watch: &Watch) -> Vec<(PathBuf, SystemTime)> {
        let of = |watched: &Watched| match watched {
            Watched::HereSame(stamp) => Some((".".into(), time_of(stamp))),
            Watched::Same { path, stamp } => Some((path.clone(), time_of(stamp))),
            Watched::NotNewer(_) | Watched::Here(_) | Watched::There(_) | Watched::Absent(_) => None,
        };
        watch.watched.iter().filter_map(of).collect()
    }

    #[test]
    fn the_stamp_has_the_time_of_the_newest_change_and_is_shared() {
        let place = Place::new("newest");
        let watched = place.watch(&["file"]);
        assert_eq!(exact(&watched), [(".".into(), at(50)), (place.path("file"), at(100))]);
        assert_eq!(time_of(&watched.stamp), at(100));
        assert_eq!(place.watch(&["file"]).stamp, watched.stamp);
        place.touch("file", 200);
        assert_eq!(time_of(&place.watch(&["file"]).stamp), at(200));
    }

    #[test]
    fn of_a_file_that_is_not_there_the_first_directory_that_is_missing_is_watched() {
        let place = Place::new("absent");
        let absent = |names| place.watch(names).watched.split_off(1);
        assert_eq!(absent(&["a/b/c", "a/d"]), [Watched::Absent(place.path("a"))]);
        assert_eq!(absent(&["file/c"]), [Watched::Absent(place.path("file/c"))]);
    }

    #[test]
    fn a_directory_that_is_watched_tells_what_comes_to_be_in_it() {
        let place = Place::new("seen");
        fs::create_dir(place.path("config")).unwrap();
        place.touch("config", 60);
        place.touch("", 50);
        let files = [place.path("config/a"), place.path("config/b")];
        let watch = watch(&files, &[place.path("config")], GRAIN, &place.snapshot());
        assert_eq!(exact(&watch), [(".".into(), at(50)), (place.path("config"), at(60))]);
        assert_eq!(watch.watched.len(), 2);
    }

    #[test]
    fn a_link_is_watched_with_the_directory_in_which_it_may_be_led_elsewhere() {
        let place = Place::new("link");
        fs::create_dir(place.path("far")).unwrap();
        fs::write(place.path("far/real"), "").unwrap();
        std::os::unix::fs::symlink("far/real", place.path("link")).unwrap();
        place.touch("far/real", 70);
        let watched = place.watch(&["link"]);
        assert_eq!(exact(&watched)[1], (place.path("link"), at(70)));
        assert_eq!(watched.watched.len(), 2, "the working directory is watched already");
    }

    #[test]
    fn a_working_directory_by_another_name_is_compared_itself() {
        let place = Place::new("name");
        let mut snapshot = place.snapshot();
        snapshot.vars.set("PWD", "/elsewhere/current");
        let watched = watch(&[], &[], GRAIN, &snapshot).watched;
        assert_eq!(watched[1..], [Watched::Here(snapshot.cwd.clone())]);
    }

    #[test]
    fn one_that_changed_just_now_has_no_stamp_of_its_own() {
        let place = Place::new("own");
        place.touch("", 300);
        fs::write(place.path("file"), "now").unwrap();
        let just_now = place.watch(&["file"]);
        assert_eq!(exact(&just_now)[1], (place.path("file"), time_of(&just_now.stamp)));
        assert!(time_of(&just_now.stamp) < modified(&place.path("file")).unwrap());
    }

    #[test]
    fn of_very_many_only_the_first_have_a_stamp_of_their_own() {
        let place = Place::new("very-many");
        let names: Vec<String> = (0..30).map(|number| format!("{number}")).collect();
        for name in &names {
            place.write(name, 100);
        }
        let watched = place.watch(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(exact(&watched).len(), EXACT);
        let last = place.path("29");
        assert_eq!(watched.watched[EXACT + 12..], [Watched::There(last.clone()), Watched::NotNewer(last)]);
    }

    #[test]
    fn the_directory_of_every_link_on_the_way_is_watched() {
        let place = Place::new("links");
        for name in ["one", "two", "three"] {
            fs::create_dir(place.path(name)).unwrap();
        }
        fs::write(place.path("three/file"), "").unwrap();
        std::os::unix::fs::symlink(place.path("three"), place.path("two/current")).unwrap();
        std::os::unix::fs::symlink("../two/current/file", place.path("one/link")).unwrap();
        std::os::unix::fs::symlink("turning", place.path("turning")).unwrap();
        let watched = place.watch(&["one/link", "turning"]).watched;
        for name in ["one", "one/../two"] {
            assert!(watched.contains(&Watched::NotNewer(place.path(name))), "{name} in {watched:?}");
        }
        assert!(watched.contains(&Watched::Absent(place.path("turning"))));
    }

    #[test]
    fn a_change_of_just_now_leaves_the_stamp_older_so_that_it_is_asked_once_more() {
        let place = Place::new("racy");
        fs::write(place.path("file"), "now").unwrap();
        let changed = time_of(&place.path("file"));
        assert!(time_of(&place.watch(&["file"]).stamp) < changed);
    }

    #[test]
    fn a_time_in_the_future_does_not_hide_later_changes() {
        let place = Place::new("future");
        place.touch("file", 100_000_000_000);
        assert!(time_of(&place.watch(&["file"]).stamp) < SystemTime::now());
    }

    #[test]
    fn without_a_place_for_it_there_is_no_stamp() {
        let place = Place::new("nowhere");
        let mut snapshot = place.snapshot();
        snapshot.vars.set("XDG_STATE_HOME", "/proc/nowhere");
        let watched = watch(&[place.path("file")], &[], GRAIN, &snapshot);
        assert_eq!(watched.stamp, PathBuf::new());
        assert!(!watched.watched.is_empty());
    }

    #[test]
    fn root_makes_no_stamps_in_the_home_of_another_user() {
        let place = Place::new("root");
        let root_is_at_home = std::os::unix::fs::MetadataExt::uid(&place.0.metadata().unwrap()) == 0;
        if root_is_at_home && std::os::unix::fs::chown(&place.0, Some(65534), None).is_err() {
            return; // root without its powers
        }
        let mut snapshot = place.snapshot();
        snapshot.user.uid = 0;
        assert_eq!(watch(&[place.path("file")], &[], GRAIN, &snapshot).stamp, PathBuf::new());
        assert!(!place.0.join("dbguard").exists());
    }

    #[test]
    fn stamps_do_not_pile_up() {
        let place = Place::new("many");
        for seconds in 1000..1200 {
            place.touch("file", seconds);
            assert!(place.watch(&["file"]).stamp.exists());
        }
        assert!(fs::read_dir(place.0.join("dbguard/stamps")).unwrap().count() <= MOST);
    }
}

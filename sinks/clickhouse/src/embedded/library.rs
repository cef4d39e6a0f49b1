//! Where the engine's library lies on this machine.

use std::path::PathBuf;

use crate::Error;

/// Version of libchdb that `make setup` installs and the tests run with.
const VERSION: &str = "26.7.3";

/// The library: the file that `KAIROS_LIBCHDB` names, or `libchdb-26.7.3/libchdb.so` in the cache folder
/// (`KAIROS_CACHE`, else `kairos` in `XDG_CACHE_HOME`, else in `~/.cache`).
///
/// # Errors
/// [`Error::LibraryMissing`] says how to get it.
pub fn library_path() -> Result<PathBuf, Error> {
    let path = wanted(|name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from));
    if path.is_file() { Ok(path) } else { Err(Error::LibraryMissing { path }) }
}

fn wanted(variable: impl Fn(&str) -> Option<PathBuf>) -> PathBuf {
    if let Some(file) = variable("KAIROS_LIBCHDB") {
        return file;
    }
    let cache = variable("KAIROS_CACHE").unwrap_or_else(|| {
        let caches = variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache")));
        caches.unwrap_or_else(|| PathBuf::from(".cache")).join("kairos")
    });
    cache.join(format!("libchdb-{VERSION}")).join("libchdb.so")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_particular_variable_wins() {
        let with = |set: &[(&str, &str)]| {
            wanted(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| PathBuf::from(value)))
        };
        let all =
            [("HOME", "/h"), ("XDG_CACHE_HOME", "/x"), ("KAIROS_CACHE", "/k"), ("KAIROS_LIBCHDB", "/l.so")];
        assert_eq!(with(&all), PathBuf::from("/l.so"));
        assert_eq!(with(&all[..3]), PathBuf::from("/k/libchdb-26.7.3/libchdb.so"));
        assert_eq!(with(&all[..2]), PathBuf::from("/x/kairos/libchdb-26.7.3/libchdb.so"));
        assert_eq!(with(&all[..1]), PathBuf::from("/h/.cache/kairos/libchdb-26.7.3/libchdb.so"));
    }
}

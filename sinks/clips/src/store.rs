//! Where clips go: a local folder today, an object store by implementing the same trait.
//!
//! Invariant: a name shows either the whole former file or the whole new one, never a part of one.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::error::ClipError;
use crate::name;

/// A place for finished files.
pub trait ClipTarget {
    /// A local folder for files in the making; on the same file system as the target where there is one.
    fn scratch(&self) -> &Path;

    /// Moves a finished file to its name, replacing what was there at once.
    ///
    /// # Errors
    /// [`ClipError::DiskFull`], [`ClipError::File`], or [`ClipError::Name`] for a name that is not safe.
    fn publish(&self, file: TempPath, name: &str) -> Result<(), ClipError>;

    /// Removes a file; one that is not there is fine.
    ///
    /// # Errors
    /// [`ClipError::File`], or [`ClipError::Name`] for a name that is not safe.
    fn remove(&self, name: &str) -> Result<(), ClipError>;
}

/// A folder on this machine.
#[derive(Debug, Clone)]
pub struct ClipFolder {
    dir: PathBuf,
}

impl ClipFolder {
    /// Uses a folder, making it if it isn't there.
    ///
    /// # Errors
    /// [`ClipError::File`] when it can't be made, [`ClipError::Name`] when its path is not Unicode.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, ClipError> {
        let dir = dir.into();
        let shown = dir.display().to_string();
        if dir.to_str().is_none() {
            return Err(ClipError::Name { name: shown, reason: "is not Unicode" });
        }
        fs::create_dir_all(&dir).map_err(|source| ClipError::of_file(shown, source))?;
        Ok(Self { dir })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

impl ClipTarget for ClipFolder {
    fn scratch(&self) -> &Path {
        &self.dir
    }

    fn publish(&self, file: TempPath, name: &str) -> Result<(), ClipError> {
        name::check(name)?;
        let path = self.dir.join(name);
        let fail = |source| ClipError::of_file(path.display().to_string(), source);
        // Without it a crash after the rename could leave the name with an empty file behind it.
        File::open(&file).and_then(|f| f.sync_all()).map_err(fail)?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(fail)?;
        }
        file.persist(&path).map_err(|e| fail(e.error))
    }

    fn remove(&self, name: &str) -> Result<(), ClipError> {
        name::check(name)?;
        let path = self.dir.join(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(ClipError::of_file(path.display().to_string(), source))
            }
            _ => Ok(()),
        }
    }
}

/// A new empty file in the scratch folder, removed again unless it is published. Readable by all that the
/// process' mask allows, as files written under their final name would be.
pub(crate) fn scratch_file(scratch: &Path) -> Result<TempPath, ClipError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".clip-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder
        .tempfile_in(scratch)
        .map_err(|source| ClipError::of_file(scratch.display().to_string(), source))?;
    Ok(file.into_temp_path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishing_replaces_whole_files_and_leaves_no_scratch() {
        let dir = tempfile::tempdir().unwrap();
        let folder = ClipFolder::open(dir.path()).unwrap();
        for content in ["first", "second"] {
            let part = scratch_file(folder.scratch()).unwrap();
            fs::write(&part, content).unwrap();
            folder.publish(part, "room/a.mp4").unwrap();
            assert_eq!(fs::read_to_string(dir.path().join("room/a.mp4")).unwrap(), content);
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        folder.remove("room/a.mp4").unwrap();
        folder.remove("room/a.mp4").unwrap();
        assert_eq!(fs::read_dir(dir.path().join("room")).unwrap().count(), 0);
    }

    #[test]
    fn unsafe_names_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let folder = ClipFolder::open(dir.path().join("clips")).unwrap();
        let part = scratch_file(folder.scratch()).unwrap();
        assert!(folder.publish(part, "../out.mp4").is_err());
        assert!(folder.remove("/etc/hosts").is_err());
        assert_eq!(fs::read_dir(folder.dir()).unwrap().count(), 0);
    }
}

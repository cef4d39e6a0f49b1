//! Writing a file of arrays.
//!
//! Invariant: the name shows the old file or the new one, whole, whatever is cut off in between.

use std::io::Write;
use std::path::Path;

use rayon::prelude::*;

use super::{ALIGN, CHECK, ENTRY, HEAD, Kind, MAGIC, VERSION};
use crate::Error;

/// Writes the sections; the digest of the header, which covers all of them, and the file's length.
pub(crate) fn write(
    path: &Path,
    kind: Kind,
    sections: &[(&str, &[u8])],
) -> Result<(blake3::Hash, u64), Error> {
    let start = HEAD + sections.len() * ENTRY + CHECK;
    let sums: Vec<_> = sections.par_iter().map(|(_, bytes)| blake3::hash(bytes)).collect();
    let mut entries = Vec::with_capacity(sections.len() * ENTRY);
    let mut offset = start.next_multiple_of(ALIGN);
    for ((name, bytes), sum) in sections.iter().zip(&sums) {
        let mut field = [0u8; 16];
        field.iter_mut().zip(name.bytes()).for_each(|(to, from)| *to = from);
        entries.extend(field);
        entries.extend((offset as u64).to_le_bytes());
        entries.extend((bytes.len() as u64).to_le_bytes());
        entries.extend(sum.as_bytes());
        offset = (offset + bytes.len()).next_multiple_of(ALIGN);
    }
    let mut header = Vec::with_capacity(start);
    header.extend(MAGIC);
    header.extend(VERSION.to_le_bytes());
    header.extend(kind.0);
    header.extend((sections.len() as u32).to_le_bytes());
    header.extend(0u32.to_le_bytes());
    header.extend((offset as u64).to_le_bytes());
    header.extend(entries);
    let digest = blake3::hash(&header);
    header.extend(digest.as_bytes());

    let failed = || Error::io("writing", path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".graph-");
    // As any other file: what the umask leaves.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(failed())?;
    let pad = |length: usize| &[0u8; ALIGN][..length.next_multiple_of(ALIGN) - length];
    for bytes in std::iter::once(header.as_slice()).chain(sections.iter().map(|(_, bytes)| *bytes)) {
        file.write_all(bytes).map_err(failed())?;
        file.write_all(pad(bytes.len())).map_err(failed())?;
    }
    file.as_file().sync_all().map_err(failed())?;
    file.persist(path).map_err(|failure| Error::io("naming", path)(failure.error))?;
    // The new name is only safe once the folder is.
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(Error::io("syncing", folder))?;
    Ok((digest, offset as u64))
}

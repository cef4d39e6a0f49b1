//! One file from a hub to its place: into a part beside it, from where the last attempt stopped, under its name when it is whole.

use std::path::Path;

use anyhow::{Context, bail};
use http_body_util::BodyExt as _;
use indicatif::ProgressBar;
use tokio::fs::OpenOptions;
use tokio::io::AsyncWriteExt as _;

use super::hub::{Answer, Hub, PATIENCE};
use super::{LockedFile, digest};

/// Times that a file is asked for before a pull gives up; each goes on where the one before stopped.
const ATTEMPTS: u32 = 3;
const PARTIAL: u16 = 206;
const UNSATISFIABLE: u16 = 416;

/// A file that is wanted.
pub(super) struct Wanted<'a> {
    pub(super) hub: &'a Hub,
    pub(super) address: &'a str,
    pub(super) place: &'a Path,
    /// SHA-256 in hex, where it is known.
    pub(super) sha256: Option<&'a str>,
    pub(super) bar: &'a ProgressBar,
}

impl Wanted<'_> {
    /// Fetches the file.
    ///
    /// # Errors
    /// If the hub can't be reached or breaks off too often (the part stays, for the next time), or if the digest is another
    /// one (the part goes).
    pub(super) async fn fetch(&self) -> anyhow::Result<LockedFile> {
        let folder = self.place.parent().context("a file without a folder")?;
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let mut name = self.place.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let part = self.place.with_file_name(name);
        let mut said = None;
        for attempt in 1.. {
            match self.attempt(&part).await {
                Ok(told) => {
                    said = told.or(said);
                    break;
                }
                Err(error) if attempt == ATTEMPTS => return Err(error),
                Err(error) => tracing::info!("asking again: {error:#}"),
            }
        }
        let found = digest(&part)?;
        let expected = self.sha256.map(str::to_owned).or(said);
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            std::fs::remove_file(&part).with_context(|| part.display().to_string())?;
            bail!("{}: its SHA-256 is {found}, expected {expected}; what was fetched is gone", self.address);
        }
        let size = std::fs::metadata(&part).with_context(|| part.display().to_string())?.len();
        std::fs::rename(&part, self.place).with_context(|| self.place.display().to_string())?;
        Ok(LockedFile { size, sha256: found })
    }

    /// Appends what the part lacks. Gives the digest that the hub says the file has.
    async fn attempt(&self, part: &Path) -> anyhow::Result<Option<String>> {
        let there = std::fs::metadata(part).map_or(0, |part| part.len());
        let answer = self.hub.get(self.address, there).await?;
        let status = answer.status().as_u16();
        if status == UNSATISFIABLE {
            // Either whole, or not a part of this file; the digest tells where one is known. Once more from the start is sure.
            std::fs::remove_file(part).with_context(|| part.display().to_string())?;
            bail!("{}: the part does not fit, beginning again", self.address);
        }
        let begin = if status == PARTIAL { there } else { 0 };
        let said = said_digest(&answer);
        let length = header(&answer, "content-length").and_then(|length| length.parse::<u64>().ok());
        self.bar.set_length(begin + length.unwrap_or(0));
        self.bar.set_position(begin);
        let mut file = OpenOptions::new();
        file.write(true).create(true).truncate(begin == 0).append(false);
        let mut file = file.open(part).await.with_context(|| part.display().to_string())?;
        tokio::io::AsyncSeekExt::seek(&mut file, std::io::SeekFrom::Start(begin)).await?;
        let mut body = answer.into_body();
        let mut got = 0;
        loop {
            let frame = tokio::time::timeout(PATIENCE, body.frame()).await.context("the hub fell silent")?;
            let Some(frame) = frame else { break };
            let frame = match frame.with_context(|| format!("{}: broke off", self.address)) {
                Ok(frame) => frame,
                Err(error) => {
                    file.flush().await?;
                    return Err(error);
                }
            };
            let Some(data) = frame.data_ref() else { continue };
            file.write_all(data).await.with_context(|| part.display().to_string())?;
            got += data.len() as u64;
            self.bar.set_position(begin + got);
        }
        file.flush().await.with_context(|| part.display().to_string())?;
        if length.is_some_and(|length| length != got) {
            bail!("{}: broke off after {} bytes", self.address, begin + got);
        }
        Ok(said)
    }
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers().get(name)?.to_str().ok()
}

/// Large files are named by their SHA-256; the tags of small ones are something else.
fn said_digest(answer: &Answer) -> Option<String> {
    let tag = header(answer, "x-linked-etag").or_else(|| header(answer, "etag"))?.trim_matches('"');
    let is_digest = tag.len() == 64 && tag.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| tag.to_ascii_lowercase())
}

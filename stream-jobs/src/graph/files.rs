//! Gifts from folders: interactions, KuaiLive's tables, recordings.
//!
//! Invariant: an error names the file or recording, the users and the field.

use std::path::Path;

use anyhow::{Context, bail};
use kairos_datasets::gifting::{Interaction, Layout, interactions, kuailive};
use kairos_graph::Gift;
use kairos_recording::{Item, MANIFEST, Overrides, RecordedStream, Recording};

use super::Intake;
use crate::config::Config;
use crate::track::recordings_in;

pub(super) fn read(config: &Config, folder: &Path, intake: &mut Intake) -> anyhow::Result<()> {
    if folder.join(MANIFEST).is_file() {
        return recording(config, folder, intake);
    }
    match Layout::of(folder) {
        Ok(Layout::Interactions) => pairs(folder, intake),
        Ok(Layout::KuaiLive) => tables(folder, intake),
        Err(no_layout) => {
            let Ok(recordings) = recordings_in(folder) else {
                bail!("{no_layout}; nor a recording or a folder of recordings");
            };
            recordings.iter().try_for_each(|path| recording(config, path, intake))
        }
    }
}

/// `train.tsv` alone: what is held out is not known yet.
fn pairs(folder: &Path, intake: &mut Intake) -> anyhow::Result<()> {
    let data = interactions::read(folder)?;
    for Interaction { user, item, value, time_ms } in data.train {
        let (Some(user), Some(streamer)) = (data.users.name(user), data.items.name(item)) else { continue };
        let at_us = time_ms.unwrap_or(0).saturating_mul(1_000);
        intake
            .push(&Gift { user, streamer, count: 1, value, at_us })
            .with_context(|| format!("{}", folder.join("train.tsv").display()))?;
    }
    Ok(())
}

fn tables(folder: &Path, intake: &mut Intake) -> anyhow::Result<()> {
    let options = kuailive::Options { reactions: false, titles: false, ..kuailive::Options::default() };
    let data = kuailive::read(folder, &options)?;
    for gift in data.gifts {
        let (Some(user), Some(streamer)) = (data.users.name(gift.user), data.streamers.name(gift.streamer))
        else {
            continue;
        };
        let at_us = gift.time_ms.saturating_mul(1_000);
        intake
            .push(&Gift { user, streamer, count: 1, value: gift.value, at_us })
            .with_context(|| format!("{}", folder.join("gift.csv").display()))?;
    }
    Ok(())
}

fn recording(config: &Config, path: &Path, intake: &mut Intake) -> anyhow::Result<()> {
    let overrides = Overrides { rates: Some(config.rates.clone()), ..Overrides::default() };
    // The media is not looked at.
    let opened = Recording::open_with(path, &overrides, &|_| Ok(Box::new(std::iter::empty())));
    let opened = opened.with_context(|| format!("recording {}", path.display()))?;
    let streamer = opened.info().streamer.clone();
    for item in opened {
        match item {
            Item::Gift(position, gift) => {
                let streamer = streamer.as_deref().unwrap_or_else(|| super::streamer_of(&gift));
                let edge = Gift {
                    user: &gift.user,
                    streamer,
                    count: gift.count,
                    value: gift.value,
                    at_us: gift.sent_at.as_micros(),
                };
                intake.push(&edge).with_context(|| format!("recording {}, {position}", path.display()))?;
            }
            Item::Fault(fault) => intake.left_out.push(format!("{}: {}", fault.position, fault.reason)),
            _ => {}
        }
    }
    Ok(())
}

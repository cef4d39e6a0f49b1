//! Gifts from the `gifts` view: last revisions only, so that a gift written twice counts once.

use std::path::Path;

use anyhow::Context;
use kairos_clickhouse::GiftRow;
use kairos_graph::Gift;

use super::Intake;
use crate::config::Config;
use crate::storage;

/// A platform's gift has one id, whatever the stream it was placed in.
const GIFTS: &str = "SELECT ?fields FROM gifts";

pub(super) fn read(config: &Config, out: &Path, intake: &mut Intake) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = storage::open_existing(config, out).await?;
        let mut rows = store.client().query(GIFTS).fetch::<GiftRow>().context("asking for gifts")?;
        while let Some(row) = rows.next().await.context("reading gifts")? {
            let gift = Gift {
                user: &row.user,
                streamer: &row.room,
                count: row.count,
                value: row.value,
                at_us: row.sent_at,
            };
            intake.push(&gift).with_context(|| {
                format!("table gifts, row of {}[{}]@{}", row.topic, row.partition, row.offset)
            })?;
        }
        drop(rows);
        store.close().await?;
        Ok(())
    })
}

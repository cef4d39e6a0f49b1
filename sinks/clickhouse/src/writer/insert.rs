//! One batch as one `INSERT`, tried with growing pauses.

use std::sync::atomic::{AtomicUsize, Ordering};

use backon::{ExponentialBuilder, Retryable};

use super::{Buffer, WriterOptions};
use crate::error::{is_transient, trouble};
use crate::{BatchError, Error, Store, Table};

/// Sends a buffer's rows and empties it; on an error it stays as it is, sealed.
pub(super) async fn send<R: Table>(
    store: &Store,
    options: &WriterOptions,
    incarnation: &str,
    buffer: &mut Buffer<R>,
) -> Result<(), Error> {
    if buffer.held() == 0 {
        return Ok(());
    }
    let token = buffer.seal(incarnation);
    let rows = buffer.rows();
    let attempts = AtomicUsize::new(0);
    let pauses = ExponentialBuilder::new()
        .with_min_delay(options.first_pause)
        .with_max_delay(options.longest_pause)
        .with_max_times(options.attempts.saturating_sub(1));
    let sent = (|| {
        attempts.fetch_add(1, Ordering::Relaxed);
        insert(store, options, &token, rows)
    })
    .retry(pauses)
    .when(is_transient)
    .notify(|error, pause| {
        let (trouble, table, rows) = (trouble(error), R::VIEW, rows.len());
        tracing::warn!(trouble, table, rows, %error, ?pause, "batch not acknowledged, sending it again");
    })
    .await;
    match sent {
        Ok(()) => {
            buffer.acknowledged();
            Ok(())
        }
        Err(source) => Err(Box::new(BatchError {
            table: R::VIEW,
            rows: rows.len(),
            first: rows.first().map(Table::place).unwrap_or_default(),
            last: rows.last().map(Table::place).unwrap_or_default(),
            attempts: attempts.into_inner(),
            source,
        })
        .into()),
    }
}

async fn insert<R: Table>(
    store: &Store,
    options: &WriterOptions,
    token: &str,
    rows: &[R],
) -> Result<(), clickhouse::error::Error> {
    let mut insert = store
        .client()
        .insert::<R>(R::STORAGE)
        .await?
        .with_setting("insert_deduplication_token", token)
        .with_timeouts(Some(options.patience), Some(options.patience));
    for row in rows {
        insert.write(row).await?;
    }
    insert.end().await
}

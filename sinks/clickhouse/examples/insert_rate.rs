//! Measures how many rows of `frame_scores` per second the writer gets acknowledged, by batch size.
//!
//! `cargo run -p kairos-clickhouse --example insert_rate [FOLDER]`

// A measurement is what clocks are for.
#![allow(clippy::disallowed_methods, missing_docs)]

use std::time::Instant;

use kairos_clickhouse::{Error, FrameScore, Store, Target, Writer, WriterOptions};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder =
        std::env::args().nth(1).map_or_else(|| std::env::temp_dir().join("kairos-insert-rate"), Into::into);
    let started = Instant::now();
    let store = Store::connect(Target::Embedded { data_dir: folder }).await?;
    store.migrate().await?;
    println!("opened and migrated in {:.2} s", started.elapsed().as_secs_f64());
    for (rows, total) in [(1_000, 20_000), (10_000, 200_000), (100_000, 400_000)] {
        let started = Instant::now();
        write(&store, rows, total).await?;
        let rate = total as f64 / started.elapsed().as_secs_f64();
        println!("batches of {rows}: {rate:.0} rows/s over {total} rows");
    }
    store.close().await?;
    Ok(())
}

async fn write(store: &Store, rows: usize, total: i64) -> Result<(), Error> {
    let options =
        WriterOptions { rows, bytes: usize::MAX, age: std::time::Duration::MAX, ..WriterOptions::default() };
    let mut writer = Writer::new(store, options)?;
    for unit in 0..total {
        let row = FrameScore {
            room: "room".to_owned(),
            stream: format!("stream-{rows}"),
            media_us: unit * 2_000_000,
            unit_us: 2_000_000,
            captured_at: 1_790_000_000_000_000 + unit,
            score: (unit % 1_000) as f32 / 1_000.0,
            scores: [("click".to_owned(), 0.25), ("stay".to_owned(), 0.5)].into(),
            contributions: [("comments".to_owned(), 0.125), ("picture".to_owned(), 0.5)].into(),
            model: "contentctr@abc".to_owned(),
            topic: "kairos.media".to_owned(),
            first_offset: unit,
            last_offset: unit,
            ..FrameScore::default()
        };
        writer.write(row).await?;
    }
    writer.flush().await
}

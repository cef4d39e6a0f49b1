//! The console over generated rooms: something to look at without a camera, a broker or a model.
//!
//! `cargo run -p kairos-console --example demo -- [--listen ADDR] [--rooms N] [--minutes N] [--token TOKEN]`

// An example may end with the reason; the words of its rooms are shared with the tests.
#![allow(clippy::unwrap_used)]

mod clips;
mod fill;
mod scene;
mod talk;

use std::time::Duration;

use fill::Size;
use kairos_clickhouse::{Store, Target};
use kairos_console::{Console, Secret, serve};

fn argument(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1)
}

fn number(name: &str, default: i64) -> i64 {
    argument(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} {text:?} is no number")))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let dir = tempfile::tempdir()?;
    let store = Store::connect(Target::Embedded { data_dir: dir.path().join("tables") }).await?;
    store.migrate().await?;
    let clips = dir.path().join("clips");
    let size = Size {
        rooms: number("--rooms", 24),
        units: number("--minutes", 60) * 30,
        live: number("--live", 16),
    };
    let pool = clips::make(&clips, 8).unwrap_or_else(|reason| {
        println!("no clips: {reason}");
        Vec::new()
    });
    let now_us = fill::now_us();
    let highlights = fill::fill(&store, &pool, size, now_us).await?;
    let listener =
        tokio::net::TcpListener::bind(argument("--listen").as_deref().unwrap_or("127.0.0.1:8700")).await?;
    println!("{} rooms, {highlights} highlights, http://{}", size.rooms, listener.local_addr()?);
    let mut console = Console::new(store.clone(), clips);
    if let Some(token) = argument("--token") {
        console.options.editor_tokens = vec![Secret::new(token)];
        console.options.anonymous = Some(kairos_console::Anonymous::Nobody);
    }
    let going_on = tokio::spawn(async move {
        let mut unit = size.units;
        loop {
            tokio::time::sleep(Duration::from_secs(2)).await;
            if let Err(error) = fill::go_on(&store, &pool, size, now_us, unit).await {
                eprintln!("the rooms stand still: {error}");
                return;
            }
            unit += 1;
        }
    });
    serve(listener, console, std::future::pending()).await?;
    going_on.abort();
    Ok(())
}

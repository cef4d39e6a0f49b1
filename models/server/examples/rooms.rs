//! What it gives that rooms are served together: `rooms FOLDER [ROOMS] [TEXTS]` lets so many rooms ask for so many texts each, one at a time.
//!
//! Three ways in turn, three times each: one after the other without a server, every room on its own thread without a server, and by the
//! server. The best time of each counts; a busy machine makes single ones long.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use candle_core::Device;
use kairos_model_server::{Patience, Server, ServerConfig, Texts};
use kairos_transformers::{TextEncoder, open_text};

/// What people write, in a few lengths.
const SAID: [&str; 6] = [
    "gg",
    "what a play",
    "first blood already, that was quick",
    "can somebody tell me which song this is",
    "he will lose this one if he does not look at the map before the next fight begins",
    "hello from the other side of the world, it is four in the morning here and I can't stop watching this",
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.first().ok_or("usage: rooms FOLDER [ROOMS] [TEXTS]")?;
    let number = |at: usize, usual: usize| arguments.get(at).map_or(Ok(usual), |given| given.parse());
    let (rooms, texts) = (number(1, 8)?, number(2, 48)?);
    let encoder = open_text(Path::new(folder), &Device::Cpu)?;
    let of = |room: usize| -> Vec<String> {
        (0..texts).map(|at| format!("{} {room} {at}", SAID[(room + at) % SAID.len()])).collect()
    };
    let all: Vec<Vec<String>> = (0..rooms).map(of).collect();
    let mut best = [f64::INFINITY; 3];
    for _ in 0..3 {
        // A new one each time: it remembers what it was asked.
        let server = Server::<Texts>::start(encoder.clone(), &ServerConfig::default(), rooms, None)?;
        let ways: [&dyn Fn(); 3] = [
            &|| all.iter().for_each(|texts| ask(encoder.as_ref(), texts)),
            &|| side_by_side(&all, || encoder.clone()),
            &|| side_by_side(&all, || Arc::new(server.open(&Patience::for_ever())) as Arc<dyn TextEncoder>),
        ];
        for (best, way) in best.iter_mut().zip(ways) {
            *best = best.min(time(way));
        }
        let tally = server.tally();
        println!("{} texts in {} batches", tally.items, tally.batches);
    }
    let each = |seconds: f64| seconds * 1e3 / (rooms * texts) as f64;
    println!("one by one        {:.2} ms a text", each(best[0]));
    println!("a thread a room   {:.2} ms a text", each(best[1]));
    println!("by the server     {:.2} ms a text", each(best[2]));
    println!("{:.2} times as fast as one by one, {:.2} as threads", best[0] / best[2], best[1] / best[2]);
    Ok(())
}

fn side_by_side(rooms: &[Vec<String>], encoder: impl Fn() -> Arc<dyn TextEncoder>) {
    std::thread::scope(|scope| {
        for texts in rooms {
            let encoder = encoder();
            scope.spawn(move || ask(encoder.as_ref(), texts));
        }
    });
}

fn ask(encoder: &dyn TextEncoder, texts: &[String]) {
    for text in texts {
        encoder.encode_texts(&[text]).map_or_else(|problem| eprintln!("{problem}"), drop);
    }
}

#[allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn time(work: &dyn Fn()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64()
}

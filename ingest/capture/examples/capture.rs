//! Captures the given sources, each as a room of its own, and prints what comes out until all have ended.
//!
//! `cargo run -p kairos-capture --example capture -- rtmp-listen://127.0.0.1:1935/live?key=test`

use kairos_capture::{CaptureOptions, Captured, Rooms, Source};
use kairos_timeline::RoomId;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (rooms, mut captures) = Rooms::new(CaptureOptions::default())?;
    let sources: Vec<String> = std::env::args().skip(1).collect();
    for (i, source) in sources.iter().enumerate() {
        rooms.add(RoomId::new(format!("room-{i}"))?, source.parse::<Source>()?)?;
    }
    let mut running = sources.len();
    while running > 0 {
        match captures.next().await {
            Some(Captured::Segment(segment)) => println!(
                "{} {} #{} {} +{} captured {:?} {} {} bytes",
                segment.room,
                segment.stream,
                segment.sequence,
                segment.start,
                segment.duration,
                segment.captured_at,
                segment.content_type,
                segment.bytes.len()
            ),
            Some(Captured::State { room, state, why }) => {
                println!("{room} {} {why}", state.as_str());
                running -= usize::from(matches!(state.as_str(), "ended" | "failed"));
            }
            Some(other) => println!("{other:?}"),
            None => break,
        }
    }
    Ok(())
}

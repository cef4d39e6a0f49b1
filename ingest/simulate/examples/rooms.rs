//! Writes a few simulated rooms: `cargo run -p kairos-simulate --example rooms -- OUT [ROOMS [MINUTES]]`.

use std::path::PathBuf;

use kairos_simulate::{Plan, write_rooms};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let out = PathBuf::from(arguments.next().ok_or("usage: rooms OUT [ROOMS [MINUTES]]")?);
    let mut plan = Plan::default();
    if let Some(rooms) = arguments.next() {
        plan.rooms = rooms.parse()?;
    }
    if let Some(minutes) = arguments.next() {
        plan.minutes = minutes.parse()?;
    }
    let truths = write_rooms(&plan, &out, &mut |at| {
        if at.finished {
            println!("room {} written", at.room);
        }
    })?;
    for truth in truths {
        let moments: Vec<String> = truth
            .moments
            .iter()
            .map(|moment| {
                format!("{:?} {:.0}-{:.0} s {:?}", moment.kind, moment.start_s, moment.end_s, moment.shown_in)
            })
            .collect();
        println!(
            "{} lag {:?} s, {:?}: {}",
            truth.room,
            truth.comment_lag_s,
            truth.counts,
            moments.join("; ")
        );
    }
    Ok(())
}

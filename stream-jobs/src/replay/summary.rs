//! The table that a replay ends with.

use super::Done;

/// Prints a row per room, then the report's place and the digest.
pub fn print_summary(done: &Done) {
    println!(
        "{:<28} {:>9} {:>8} {:>6} {:>10} {:>11} {:>6} {:>6} {:>7}",
        "room", "length s", "comments", "gifts", "highlights", "comment lag", "late", "dead", "faults"
    );
    for room in &done.rooms {
        // An estimate that nobody would use is none.
        let lag = room.lag.as_ref().filter(|lag| lag.confidence >= 0.5);
        let lag = lag.map_or_else(|| "-".to_owned(), |lag| format!("{:.1} s", lag.seconds));
        println!(
            "{:<28} {:>9.1} {:>8} {:>6} {:>10} {:>11} {:>6} {:>6} {:>7}",
            room.room,
            room.duration_s,
            room.counts.comments,
            room.counts.gifts,
            room.highlights.len(),
            lag,
            room.counts.late,
            room.counts.skipped,
            room.faults.len(),
        );
    }
    let has_sound =
        done.rooms.iter().any(|room| room.media.as_ref().is_some_and(|media| media.audio.is_some()));
    if has_sound {
        println!("{}", done.speech);
    }
    println!("report: {}", done.report.display());
    println!("digest: {}", done.digest);
}

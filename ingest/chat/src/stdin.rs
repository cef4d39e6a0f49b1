//! Events as JSON lines from standard input, a pipe or a file.

use std::io::{self, BufRead, Read};

use kairos_timeline::RoomId;
use tokio::sync::mpsc::Sender;

use crate::counts::Counts;
use crate::heard::Heard;
use crate::line::Line;
use crate::options::LineOptions;

/// Reads lines until the input ends or nobody listens; gives back how many. Blocks: call it on a thread of its own, with
/// `std::io::stdin().lock()` for instance. `room` is the room of events that name none.
///
/// # Errors
/// When the input fails.
pub fn read_lines(
    mut input: impl BufRead,
    room: Option<&RoomId>,
    options: &LineOptions,
    out: &Sender<Heard>,
    counts: &Counts,
) -> io::Result<u64> {
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        // One byte more than allowed, so that the reader of the line sees that it is too long.
        Read::take(&mut input, options.line_bytes as u64 + 1).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(number);
        }
        number += 1;
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if line.len() > options.line_bytes {
            input.skip_until(b'\n')?;
        }
        let heard = Line { bytes: &line, number, room }.json(options);
        if let Some(heard) = heard {
            counts.heard(&heard);
            if out.blocking_send(heard).is_err() {
                return Ok(number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_events_or_broken_and_none_is_lost() {
        let (out, mut heard) = tokio::sync::mpsc::channel(16);
        let room = RoomId::new("r").unwrap();
        let long = "x".repeat(5_000);
        let text = format!(
            "{{\"user\":\"u\",\"sent_at\":1,\"text\":\"a\"}}\n\nno json\n{long}\n{{\"user\":\"u\",\"sent_at\":2,\"text\":\"b\"}}"
        );
        let options = LineOptions { line_bytes: 1_024, ..LineOptions::default() };
        let counts = Counts::default();
        assert_eq!(read_lines(text.as_bytes(), Some(&room), &options, &out, &counts).unwrap(), 5);
        drop(out);
        let all: Vec<Heard> = std::iter::from_fn(|| heard.blocking_recv()).collect();
        assert!(matches!(&all[0], Heard::Comment(comment) if comment.text == "a"));
        assert!(matches!(&all[1], Heard::Broken { line: 3, bytes, .. } if &bytes[..] == b"no json"));
        assert!(matches!(&all[2], Heard::Broken { line: 4, bytes, .. } if bytes.len() == 1_024));
        assert!(matches!(&all[3], Heard::Comment(comment) if comment.text == "b"));
        assert_eq!((counts.snapshot().comments, counts.snapshot().broken), (2, 2));
    }

    #[test]
    fn reading_ends_when_nobody_listens() {
        let (out, heard) = tokio::sync::mpsc::channel(1);
        drop(heard);
        let lines = "no json\n".repeat(100);
        let read = read_lines(lines.as_bytes(), None, &LineOptions::default(), &out, &Counts::default());
        assert_eq!(read.unwrap(), 1);
    }
}

//! Text files read line by line in bounded memory.
//!
//! A line longer than the bound is passed over, not held; bytes that are not UTF-8 become replacement characters,
//! so that one flipped byte costs one character and not the file.

use std::io::{self, BufRead, Read};

/// Longest item that is held. Real items with their raw JSON stay below 100 KiB.
pub const MAX_ITEM: usize = 1 << 20;

/// A line, or news of one that was too long to hold.
pub enum Line {
    /// Without its line end.
    Text(String),
    /// Longer than [`MAX_ITEM`].
    TooLong,
}

/// Calls `each` with every line and its number from 0, the first without a byte order mark. Stops at the end or
/// at the first input error, which is returned.
pub fn for_each_line(input: &mut dyn BufRead, mut each: impl FnMut(u64, Line)) -> io::Result<()> {
    let mut line = Vec::new();
    for number in 0.. {
        line.clear();
        let read = Read::take(&mut *input, MAX_ITEM as u64 + 1).read_until(b'\n', &mut line);
        if line.is_empty() {
            return read.map(drop);
        }
        if line.len() > MAX_ITEM && line.last() != Some(&b'\n') {
            input.skip_until(b'\n')?;
            each(number, Line::TooLong);
        } else {
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\n', '\r']);
            let text = if number == 0 { text.trim_start_matches('\u{feff}') } else { text };
            each(number, Line::Text(text.to_owned()));
        }
        read?;
    }
    Ok(())
}

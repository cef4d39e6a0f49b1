//! A few letters, three dots wide and five high: enough to say that nothing here is real.

use crate::canvas::{Area, Canvas, Ink};

/// Rows from the top, three bits each, the left dot highest.
const fn rows(letter: char) -> [u8; 5] {
    match letter {
        'A' => [0b010, 0b101, 0b111, 0b101, 0b101],
        'D' => [0b110, 0b101, 0b101, 0b101, 0b110],
        'E' => [0b111, 0b100, 0b110, 0b100, 0b111],
        'I' => [0b111, 0b010, 0b010, 0b010, 0b111],
        'L' => [0b100, 0b100, 0b100, 0b100, 0b111],
        'M' => [0b101, 0b111, 0b111, 0b101, 0b101],
        'S' => [0b011, 0b100, 0b010, 0b001, 0b110],
        'T' => [0b111, 0b010, 0b010, 0b010, 0b010],
        'U' => [0b101, 0b101, 0b101, 0b101, 0b111],
        'V' => [0b101, 0b101, 0b101, 0b101, 0b010],
        _ => [0; 5],
    }
}

/// Writes `text` with its upper left corner at `(x, y)`, dots of `dot` units; letters that don't exist are blank.
pub(crate) fn write(canvas: &mut Canvas, text: &str, (x, y): (f32, f32), dot: f32, ink: Ink, opacity: f32) {
    for (place, letter) in text.chars().enumerate() {
        for (row, bits) in rows(letter).into_iter().enumerate() {
            for column in 0..3 {
                if bits >> (2 - column) & 1 == 1 {
                    let left = x + (place as f32 * 4.0 + column as f32) * dot;
                    canvas.fill(Area(left, y + row as f32 * dot, dot, dot), ink, opacity);
                }
            }
        }
    }
}

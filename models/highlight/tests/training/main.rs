//! Training learns what can be learned, beats the message rate, repeats itself, and goes on where it was killed.

mod learning;
mod resume;
mod rooms;

//! Scores, highlights and gift predictions as events.

//! kairos-dtw

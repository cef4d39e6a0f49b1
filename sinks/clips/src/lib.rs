//! kairos-clips

//! kairos-recording

//! kairos-highlight

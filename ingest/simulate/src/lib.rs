//! kairos-simulate

//! kairos-training

//! kairos-encoders

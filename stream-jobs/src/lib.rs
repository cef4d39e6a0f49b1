//! kairos

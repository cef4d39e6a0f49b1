//! kairos-decode

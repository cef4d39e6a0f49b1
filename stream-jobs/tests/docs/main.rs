//! The documentation tells the truth: references are what the code says, links lead somewhere, the book has every page.
//!
//! Invariant: a reference that differs fails with the command that writes it anew; nothing else is ever written.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that can not go on may panic, in its helpers too"
)]

mod book;
mod commands;
mod configuration;
mod configuration_types;
mod links;
mod pages;

use std::path::{Path, PathBuf};

/// The root of the repository.
fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the repository");
    root.to_path_buf()
}

/// Compares `page` of docs/ with what the code says; with `KAIROS_BLESS` in the environment writes it.
fn assert_current(page: &str, expected: &str) {
    let file = root().join("docs").join(page);
    if std::env::var_os("KAIROS_BLESS").is_some() {
        std::fs::create_dir_all(file.parent().expect("pages lie in docs/")).unwrap();
        std::fs::write(&file, expected).unwrap();
        return;
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    assert!(
        found == expected,
        "docs/{page} is not what the code says; write it with\n  KAIROS_BLESS=1 cargo test -p kairos --test docs\n\
         first difference: {differs:?}"
    );
}

//! The book: `docs/SUMMARY.md` has every page of docs/ once, and what pages quote from the code is there to be quoted.
//!
//! mdBook itself is not needed: it would also find most of this, but is no part of the build.

use std::collections::BTreeMap;
use std::path::Path;

use crate::links::plain;
use crate::pages::{Page, below};
use crate::root;

fn book() -> (Page, Vec<Page>) {
    let root = root();
    let mut pages = below(&root, &root.join("docs"));
    let at = pages.iter().position(|page| page.path.ends_with("SUMMARY.md")).expect("there is a SUMMARY.md");
    (pages.remove(at), pages)
}

#[test]
fn every_page_is_in_the_book_once() {
    let (summary, pages) = book();
    let mut listed = BTreeMap::<_, usize>::new();
    for link in &summary.links {
        *listed.entry(plain(&Path::new("docs").join(link))).or_default() += 1;
    }
    for page in &pages {
        let times = listed.remove(&page.path).unwrap_or_default();
        assert_eq!(times, 1, "times that {} is in SUMMARY.md", page.path.display());
    }
    assert!(listed.is_empty(), "in SUMMARY.md and not there: {listed:?}");
}

#[test]
fn links_out_of_the_book_lead_to_no_page() {
    // mdBook makes .md into .html, which outside the book there is not. Folders and other files are fine.
    for page in book().1 {
        for link in &page.links {
            let target = plain(&page.path.parent().expect("it lies in docs/").join(link));
            let leaves = link.starts_with("..") && !target.starts_with("docs");
            assert!(!(leaves && link.ends_with(".md")), "{}: {link}", page.path.display());
        }
    }
}

#[test]
fn what_pages_quote_is_in_the_code() {
    let mut quotes = 0;
    for page in book().1 {
        for quote in page.source.split("{{#include ").skip(1) {
            let quote = quote.split("}}").next().unwrap_or_default();
            let (file, anchor) = quote.split_once(':').expect("a quote names its anchor");
            let file = root().join(page.path.parent().expect("it lies in docs/")).join(file);
            let code = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{quote}: {error}"));
            for mark in [format!("ANCHOR: {anchor}\n"), format!("ANCHOR_END: {anchor}\n")] {
                assert_eq!(code.matches(&mark).count(), 1, "{quote} of {}: {mark}", page.path.display());
            }
            quotes += 1;
        }
    }
    assert!(quotes >= 4, "{quotes} quotes");
}

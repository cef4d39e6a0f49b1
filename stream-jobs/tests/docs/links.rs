//! Every relative link of every page leads to a file that is there, and to a heading that is on it.

use std::path::{Component, Path, PathBuf};

use crate::pages::{Page, below};
use crate::root;

#[test]
fn links_lead_to_files_and_headings_that_are_there() {
    let root = root();
    let pages = below(&root, &root);
    assert!(pages.len() > 20, "only {} pages were found", pages.len());
    let broken: Vec<String> = pages.iter().flat_map(|page| broken(&root, &pages, page)).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_link_to_nowhere_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        "# Here\n[a](#here) [b](#there) [c](gone.md) [d](b.md#up) [e](b.md#down) [f](https://x.org/gone)\n";
    std::fs::write(folder.path().join("a.md"), text).unwrap();
    std::fs::write(folder.path().join("b.md"), "# Up\n").unwrap();
    let pages = below(folder.path(), folder.path());
    let broken: Vec<String> = pages.iter().flat_map(|page| broken(folder.path(), &pages, page)).collect();
    assert_eq!(broken, ["a.md: #there", "a.md: gone.md", "a.md: b.md#down"]);
}

fn broken(root: &Path, pages: &[Page], page: &Page) -> Vec<String> {
    let leads_somewhere = |link: &&String| {
        if link.contains("://") || link.starts_with("mailto:") {
            return true;
        }
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        let folder = page.path.parent().unwrap_or(Path::new(""));
        let target = if file.is_empty() { page.path.clone() } else { plain(&folder.join(file)) };
        let is_there = root.join(&target).exists();
        let has_heading = || {
            let target = pages.iter().find(|page| page.path == target);
            target.is_some_and(|page| page.anchors.iter().any(|one| one == anchor))
        };
        is_there && (anchor.is_empty() || has_heading())
    };
    let broken = page.links.iter().filter(|link| !leads_somewhere(link));
    broken.map(|link| format!("{}: {link}", page.path.display())).collect()
}

/// Without `.` and `..`.
pub fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

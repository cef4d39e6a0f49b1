//! The Markdown pages of the repository: which there are, their headings and their links.

use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A page as its readers see it.
pub struct Page {
    /// Path from the root of the repository.
    pub path: PathBuf,
    /// What a link may name behind `#`.
    pub anchors: Vec<String>,
    /// Where links and pictures lead.
    pub links: Vec<String>,
    /// The text of the file.
    pub source: String,
}

/// All pages below `folder`, in order of their paths; hidden folders and what is built are left out.
pub fn below(root: &Path, folder: &Path) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_built = folder == root && ["target", "out", "book"].contains(&name.as_str());
            if path.is_dir() && !name.starts_with('.') && !is_built {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(read(root, &path));
            }
        }
    }
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    pages
}

fn read(root: &Path, file: &Path) -> Page {
    let source = std::fs::read_to_string(file).unwrap();
    let (mut anchors, mut links) = (Vec::<String>::new(), Vec::new());
    let mut heading: Option<String> = None;
    for event in Parser::new_ext(&source, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let name = anchor(&heading.take().unwrap_or_default());
                let before = anchors.iter().filter(|other| **other == name).count();
                anchors.push(if before == 0 { name } else { format!("{name}-{before}") });
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                links.push(dest_url.into_string());
            }
            _ => {}
        }
    }
    let path = file.strip_prefix(root).unwrap().to_path_buf();
    Page { path, anchors, links, source }
}

/// The anchor of a heading, as code hosts and mdBook both make it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|char| char.is_alphanumeric() || matches!(char, '-' | '_' | ' '));
    kept.map(|char| if char == ' ' { '-' } else { char }).collect()
}

#[test]
fn headings_have_the_anchors_that_readers_know() {
    assert_eq!(anchor("Gifts, live: `kairos gift`"), "gifts-live-kairos-gift");
    assert_eq!(anchor("[[chat.twitch]]"), "chattwitch");
}

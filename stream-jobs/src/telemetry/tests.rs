//! What is written about the numbers names none that does not exist, and leaves none out.

use std::collections::BTreeSet;

use super::names::{ALL, Kind};

const PAGE: &str = include_str!("../../../docs/metrics.md");
const ALERTS: &str = include_str!("../../../deploy/prometheus/alerts.yml");
const DASHBOARD: &str = include_str!("../../../deploy/grafana/kairos.json");

/// Numbers that a text names; of a spread the name without what Prometheus puts behind it.
fn named(text: &str) -> BTreeSet<&str> {
    text.split(|char: char| !(char.is_ascii_lowercase() || char == '_'))
        .filter(|word| word.starts_with("kairos_"))
        .map(|word| word.strip_suffix("_bucket").unwrap_or(word))
        .collect()
}

#[test]
fn alerts_and_dashboard_name_only_numbers_that_are_told() {
    let known: BTreeSet<&str> = ALL.iter().map(|(name, ..)| *name).collect();
    assert_eq!(known.len(), ALL.len());
    for text in [ALERTS, DASHBOARD] {
        let named = named(text);
        assert!(named.len() > 5, "{named:?}");
        assert!(named.is_subset(&known), "{:?}", named.difference(&known));
    }
}

#[test]
fn the_page_has_every_number_as_it_is() {
    for (name, kind, labels, jobs, says) in ALL {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Seconds => "histogram",
        };
        let row = format!("| `{name}` | {kind} | {labels} | {jobs} | {says} |");
        assert!(PAGE.contains(&row), "docs/metrics.md lacks: {row}");
    }
}

#[test]
fn every_alert_says_what_to_do() {
    let count = |what: &str| ALERTS.matches(what).count();
    assert!(count("- alert:") >= 9);
    assert_eq!(count("- alert:"), count("action:"));
    assert_eq!(count("- alert:"), count("summary:"));
}

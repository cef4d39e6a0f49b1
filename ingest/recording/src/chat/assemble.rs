//! From drafts to a log: the start of the recording, times, ids, repeats, values.
//!
//! Order of work matters: the start needs all items, repeats need the order of the file, and only what remains is
//! sorted. An offset beats a wall time, because it was counted against the recording itself.

use std::collections::HashMap;
use std::sync::Arc;

use kairos_timeline::{Comment, Feedback, Gift, Position, Span, WallTime};

use super::derive::derived_id;
use super::draft::{Collector, Draft, SkipReason, What};
use super::formats::FormatName;
use super::log::{ChatEvent, ChatLog, Clocks, Event, Skipped, StartSource};
use super::options::ChatOptions;
use super::stamp::start_in_name;

/// A first item further than this from the middle of a file without a known start is no first item.
const FIRST_ITEM_REACH: Span = Span::from_millis(48 * 3_600 * 1_000);

/// Turns what a reader found into a log.
pub fn assemble(file: Arc<str>, format: FormatName, mut found: Collector, options: &ChatOptions) -> ChatLog {
    let drafts = std::mem::take(&mut found.drafts);
    let (started_at, start_source) = start(&file, format, &drafts, &found, options);
    let mut log = ChatLog {
        file,
        format,
        started_at,
        start_source,
        broadcast: std::mem::take(&mut found.broadcast),
        events: Vec::with_capacity(drafts.len()),
        skipped: Vec::new(),
        skipped_by_reason: Default::default(),
        ignored: std::mem::take(&mut found.ignored),
        duplicates: found.duplicates,
        repeated_comments: 0,
        cut_texts: 0,
        unknown_currencies: Default::default(),
        clocks: clocks(&drafts, started_at.unwrap_or_default()),
    };
    let placed = place(drafts, log.origin(), options, &mut found);
    take_all(placed, options, &mut log);
    log.events.sort_by_key(|event| (event.event.sent_at(), event.position.offset));
    found.skipped.sort();
    log.skipped = found
        .skipped
        .into_iter()
        .map(|(index, reason)| Skipped { position: position(&log.file, index), reason })
        .collect();
    log.skipped_by_reason = found.skipped_by_reason;
    log
}

fn position(file: &Arc<str>, index: u64) -> Position {
    Position::in_file(file.clone(), i64::try_from(index).unwrap_or(i64::MAX))
}

fn start(
    file: &str,
    format: FormatName,
    drafts: &[Draft],
    found: &Collector,
    options: &ChatOptions,
) -> (Option<WallTime>, StartSource) {
    if let Some(at) = options.started_at {
        return (Some(at), StartSource::Given);
    }
    let in_name = || (format == FormatName::LightorTsv).then(|| start_in_name(file)).flatten();
    if let Some(at) = found.broadcast.started_at.or_else(in_name) {
        return (Some(at), StartSource::File);
    }
    let both =
        drafts.iter().filter_map(|d| Some(WallTime::default() + (d.at? - (WallTime::default() + d.offset?))));
    if let Some(at) = median(both.collect()) {
        return (Some(at), StartSource::BothClocks);
    }
    let walls: Vec<WallTime> = drafts.iter().filter_map(|d| d.at).collect();
    if drafts.iter().all(|d| d.offset.is_none())
        && let Some(middle) = median(walls.clone())
    {
        let first = walls.into_iter().filter(|at| (middle - *at).abs() <= FIRST_ITEM_REACH).min();
        return (first, StartSource::FirstItem);
    }
    (None, StartSource::Unknown)
}

/// Lower median.
fn median<T: Ord + Copy>(mut values: Vec<T>) -> Option<T> {
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}

fn clocks(drafts: &[Draft], origin: WallTime) -> Option<Clocks> {
    let mut differences: Vec<Span> =
        drafts.iter().filter_map(|d| Some(d.at? - (origin + d.offset?))).collect();
    differences.sort_unstable();
    let at = |quarter: usize| differences.get(differences.len().checked_sub(1)? * quarter / 4).copied();
    Some(Clocks { items: differences.len() as u64, median: at(2)?, spread: at(3)? - at(1)? })
}

/// Gives every draft its time; drops those whose time cannot be of this broadcast.
fn place(
    drafts: Vec<Draft>,
    origin: WallTime,
    options: &ChatOptions,
    found: &mut Collector,
) -> Vec<(WallTime, Draft)> {
    let mut placed = Vec::with_capacity(drafts.len());
    for draft in drafts {
        match (draft.offset, draft.at) {
            (Some(offset), _) => placed.push((origin + offset + options.offset, draft)),
            (None, Some(at)) => placed.push((at + options.offset, draft)),
            (None, None) => found.skip(draft.index, SkipReason::Field("time")),
        }
    }
    let Some(middle) = median(placed.iter().map(|(at, _)| *at).collect()) else { return placed };
    placed.retain(|(at, draft)| {
        let plausible = (*at - middle).abs() <= options.limits.reach;
        if !plausible {
            found.skip(draft.index, SkipReason::ImplausibleTime);
        }
        plausible
    });
    placed
}

/// Gives ids, leaves out repeats, cuts texts, values money.
fn take_all(placed: Vec<(WallTime, Draft)>, options: &ChatOptions, log: &mut ChatLog) {
    // Looked up only, never iterated: id to how often it was seen and where its event stands.
    let mut seen: HashMap<String, (u64, usize)> = HashMap::new();
    for (sent_at, draft) in placed {
        let platform = draft.id.clone().filter(|id| !id.is_empty());
        let own = platform.is_some();
        let mut id = platform.unwrap_or_else(|| derived_id(&draft));
        let (index, merges) = (draft.index, draft.repeats_merge);
        if let Some((times, at)) = seen.get_mut(&id) {
            *times += 1;
            if own || merges {
                log.duplicates += 1;
                // Of a comment and a gift that are the same item, the gift says more.
                let comment = matches!(log.events.get(*at), Some(ChatEvent { event: Event::Comment(_), .. }));
                if comment && matches!(draft.what, What::Gift { .. }) {
                    let gift = event(id, sent_at, draft, options, log);
                    if let Some(known) = log.events.get_mut(*at) {
                        known.event = gift;
                    }
                }
                continue;
            }
            log.repeated_comments += u64::from(matches!(draft.what, What::Comment));
            id = format!("{id}-{times}");
        } else {
            seen.insert(id.clone(), (1, log.events.len()));
        }
        let event = event(id, sent_at, draft, options, log);
        let position = position(&log.file, index);
        log.events.push(ChatEvent { position, event });
    }
}

fn event(id: String, sent_at: WallTime, draft: Draft, options: &ChatOptions, log: &mut ChatLog) -> Event {
    let (room, limit) = (options.room.clone(), options.limits.text_bytes);
    let mut cut = |text: String| {
        let kept = (0..=limit.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        log.cut_texts += u64::from(kept < text.len());
        text.get(..kept).map_or_else(String::new, str::to_owned)
    };
    let (user, text, other) = (cut(draft.user), cut(draft.text), draft.other);
    match draft.what {
        What::Comment => Event::Comment(Comment { room, id, user, sent_at, text, other }),
        What::Feedback { kind, watched } => {
            Event::Feedback(Feedback { room, id, user, sent_at, kind, watched })
        }
        What::Gift { kind, name, count, money, value } => {
            let name = cut(name);
            let value = match &money {
                None => 0.0,
                Some(money) => options.rates.value(money).unwrap_or_else(|| {
                    if value.is_none() {
                        *log.unknown_currencies.entry(money.currency.clone()).or_default() += 1;
                    }
                    value.unwrap_or(0.0)
                }),
            };
            Event::Gift(Gift { room, id, user, sent_at, kind, name, count, money, value, text, other })
        }
    }
}

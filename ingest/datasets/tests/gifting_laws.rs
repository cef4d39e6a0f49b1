//! Laws of gifting records: histories know nothing of the future, order of rows doesn't matter, damage isn't fatal.

#![allow(clippy::unwrap_used, reason = "helpers of tests, where a failure is a panic")]

use std::fs;

use kairos_datasets::generated::{World, write_kuailive};
use kairos_datasets::gifting::kuailive::{Options, read};
use kairos_datasets::gifting::{
    EventKind, Histories, ReactionKind, Records, RecordsBuilder, Row, interactions, segments,
};
use proptest::prelude::*;

#[derive(Debug, Clone)]
struct Given {
    kind: u8,
    user: u8,
    room: u8,
    time: i64,
    amount: u32,
}

fn rows() -> impl Strategy<Value = Vec<Given>> {
    let row = (0..5_u8, 0..4_u8, 0..3_u8, 0..60_i64, 0..40_u32);
    let row = row.prop_map(|(kind, user, room, time, amount)| Given { kind, user, room, time, amount });
    proptest::collection::vec(row, 0..60)
}

fn records<'a>(rows: impl Iterator<Item = &'a Given>) -> Records {
    let mut builder = RecordsBuilder::new();
    for given in rows {
        let (user, room) = (format!("u{}", given.user), format!("r{}", given.room));
        let streamer = format!("s{}", given.room % 2);
        let row = Row { user: &user, streamer: Some(&streamer), room: &room, time_ms: given.time };
        match given.kind {
            0 => builder.click(row, Some(given.amount)),
            1 => builder.gift(row, f64::from(given.amount)),
            2 => builder.shown(row),
            3 => builder.reaction(row, ReactionKind::Like),
            _ => builder.watch(row, given.amount),
        }
        .unwrap();
    }
    builder.finish()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_history_holds_neither_the_event_itself_nor_later_ones(rows in rows(), time in 0..70_i64) {
        let whole = records(rows.iter());
        let earlier: Vec<Given> = rows.iter().filter(|row| row.time < time).cloned().collect();
        let known = records(earlier.iter());
        let [of_whole, of_known] = [&whole, &known].map(|records| Histories::by_user(records, &EventKind::ALL));
        for (user, name) in (0_u32..).zip(known.users.iter()) {
            let before = of_whole.before(user, time);
            prop_assert_eq!(whole.users.get(name), Some(user));
            prop_assert!(before.iter().all(|event| event.time_ms < time && event.user == user));
            prop_assert!(before.is_sorted_by_key(|event| event.time_ms));
            // What would have been known had the world ended then. Watch times that are told later belong to visits
            // that are over by the same clock, so only those told in time can be compared.
            let told = |kind: EventKind| kind != EventKind::Leave;
            let before: Vec<_> = before.iter().filter(|event| told(event.kind)).collect();
            let known: Vec<_> = of_known.before(user, time).iter().filter(|event| told(event.kind)).collect();
            prop_assert_eq!(before, known);
        }
        let by_streamer = Histories::by_streamer(&whole, &EventKind::ALL);
        let count = |histories: &Histories, owners: usize| {
            (0..owners as u32).map(|owner| histories.all(owner).len()).sum::<usize>()
        };
        prop_assert_eq!(count(&by_streamer, whole.streamers.len()), count(&of_whole, whole.users.len()));
    }

    #[test]
    fn the_order_of_rows_does_not_matter(rows in rows()) {
        prop_assert_eq!(records(rows.iter()), records(rows.iter().rev()));
    }

    #[test]
    fn leaving_is_known_only_once_it_happened(rows in rows()) {
        let records = records(rows.iter());
        let histories = Histories::by_user(&records, &[EventKind::Leave]);
        for one in records.impressions.iter().filter(|one| one.clicked) {
            if let Some(watch) = one.watch_ms {
                let end = one.time_ms + i64::from(watch);
                let known = |time: i64| {
                    let of = histories.before(one.user, time);
                    of.iter().any(|event| event.time_ms == end && event.live == one.live)
                };
                prop_assert!(!known(end) && known(end + 1));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_damage_panics_the_readers(
        name in prop::sample::select(vec![
            "click.csv", "gift.csv", "room.csv", "user.csv", "title_embeddings.npy", "segments.parquet",
        ]),
        place in 0.0..1.0_f64,
        with in proptest::collection::vec(any::<u8>(), 1..6),
    ) {
        let folder = tempfile::tempdir().unwrap();
        write_kuailive(folder.path(), &World { users: 3, streamers: 3, days: 1, width: 4, ..World::tiny() }).unwrap();
        let path = folder.path().join(name);
        let mut bytes = fs::read(&path).unwrap();
        // Beginnings, where headers are, as often as the rest.
        let at = if place < 0.5 { (place * 400.0) as usize } else { (place * bytes.len() as f64) as usize };
        let at = at.min(bytes.len());
        let end = (at + with.len()).min(bytes.len());
        bytes.splice(at..end, with);
        fs::write(&path, bytes).unwrap();
        if let Ok(records) = read(folder.path(), &Options { shown_rate: 1.0, ..Options::default() }) {
            let wanted: Vec<(u32, i64)> = records.impressions.iter().map(|one| (one.live, one.time_ms)).collect();
            drop(segments::read(folder.path(), &records.rooms, &wanted));
        }
    }

    #[test]
    fn no_text_panics_the_reader_of_interactions(text in "[a-z0-9\t\n\".,-]{0,80}", header in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let text = if header { format!("user\titem\tvalue\n{text}") } else { text };
        fs::write(folder.path().join("train.tsv"), text).unwrap();
        drop(interactions::read(folder.path()));
    }
}

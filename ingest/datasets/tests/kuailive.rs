//! KuaiLive folders: reading back what was written, joins of gifts and visits, splits, segments, refusals.

#![allow(clippy::unwrap_used, reason = "helpers of tests, where a failure is a panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use kairos_datasets::Split;
use kairos_datasets::generated::{Shape, Summary, World, read_truth, write_kuailive};
use kairos_datasets::gifting::kuailive::{Options, read};
use kairos_datasets::gifting::segments::{self, ContentModality};
use kairos_datasets::gifting::{
    EventKind, Histories, Layout, Records, RecordsBuilder, Row, Samples, Sampling, Segments, TimeSplit,
    calibrated,
};

fn written(world: &World) -> (tempfile::TempDir, Summary) {
    let folder = tempfile::tempdir().unwrap();
    let summary = write_kuailive(folder.path(), world).unwrap();
    (folder, summary)
}

fn all() -> Options {
    Options { shown_rate: 1.0, ..Options::default() }
}

fn lines(folder: &Path, name: &str) -> Vec<String> {
    fs::read_to_string(folder.join(name)).unwrap().lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn everything_written_is_read_and_in_order_of_time() {
    let (folder, summary) = written(&World::tiny());
    assert_eq!(Layout::of(folder.path()).unwrap(), Layout::KuaiLive);
    let records = read(folder.path(), &all()).unwrap();
    assert_eq!(records.impressions.iter().filter(|one| one.clicked).count() as u64, summary.clicks);
    assert_eq!(records.impressions.iter().filter(|one| !one.clicked).count() as u64, summary.shown);
    assert_eq!(records.gifts.len() as u64, summary.gifts);
    assert_eq!(records.reactions.len() as u64, summary.comments + summary.likes);
    assert!(records.impressions.is_sorted_by_key(|one| one.time_ms));
    assert!(records.gifts.is_sorted_by_key(|one| one.time_ms));
    assert_eq!(records.notes.gifts_without_click, 0);
    assert!(summary.gifts > 20, "{summary:?}");
    // Gifts and visits, joined another way: from the lines, by user and room.
    let mut given: BTreeMap<(i64, i64), f64> = BTreeMap::new();
    for line in lines(folder.path(), "gift.csv") {
        let fields: Vec<i64> = line.split(',').map(|field| field.parse().unwrap()).collect();
        *given.entry((fields[0], fields[1])).or_default() += fields[4] as f64;
    }
    let mut joined: BTreeMap<(i64, i64), f64> = BTreeMap::new();
    for one in records.impressions.iter().filter(|one| one.gift_value > 0.0) {
        let id = |name: Option<&str>| name.unwrap().parse::<i64>().unwrap();
        let pair = (id(records.users.name(one.user)), id(records.rooms.name(one.live)));
        *joined.entry(pair).or_default() += one.gift_value;
    }
    assert_eq!(joined, given);
    for gift in &records.gifts {
        let visit = &records.impressions[gift.impression.unwrap() as usize];
        assert!(visit.clicked && visit.time_ms <= gift.time_ms);
        assert!(gift.time_ms <= visit.time_ms + i64::from(visit.watch_ms.unwrap()));
    }
    for (live, room) in (0_u32..).zip(&records.room_facts) {
        assert!(room.start_ms.unwrap() < room.end_ms.unwrap());
        assert_eq!(records.title(live).unwrap().len(), 128);
    }
    assert_eq!(records.user_attributes.row(0).unwrap().len(), records.user_attributes.width());
    assert_eq!(records.user_attributes.row(0).unwrap().last(), Some(&1.0));
    assert_eq!(records.room_attributes.row(3).unwrap().last(), Some(&1.0));
    assert!(records.notes.files.iter().all(|file| file.present && file.unused_columns.is_empty()));
}

#[test]
fn the_same_world_has_the_same_bytes_and_another_seed_others() {
    let world = World { users: 20, days: 2, ..World::tiny() };
    let names = [
        "click.csv",
        "gift.csv",
        "negative.csv",
        "user.csv",
        "streamer.csv",
        "room.csv",
        "segments.parquet",
        "truth.parquet",
        "title_embeddings.npy",
    ];
    let bytes = |world: &World| {
        let (folder, _) = written(world);
        names.map(|name| fs::read(folder.path().join(name)).unwrap())
    };
    assert_eq!(bytes(&world), bytes(&world));
    let other = bytes(&World { seed: 1, ..world.clone() });
    assert!(bytes(&world).iter().zip(&other).all(|(a, b)| a != b));
}

#[test]
fn gifts_are_distributed_as_in_the_public_set() {
    let world = World {
        users: 2000,
        streamers: 100,
        width: 4,
        shown_per_click: 0.0,
        lives_per_day: 0.6,
        segment_seconds: 3600,
        ..World::default()
    };
    let (folder, summary) = written(&world);
    let records = read(folder.path(), &Options { titles: false, ..Options::default() }).unwrap();
    let shape = Shape::of_records(&records, world.users as usize);
    assert_eq!(shape.gift_rate, summary.shape.gift_rate);
    assert!((shape.gini_over_users - summary.shape.gini_over_users).abs() < 1e-9);
    assert!((shape.gift_rate - 0.0148).abs() < 0.0008, "{shape:?}");
    assert!((shape.gini_over_users - 0.942).abs() < 0.02, "{shape:?}");
    assert!((shape.share_of_top_percent - 0.599).abs() < 0.12, "{shape:?}");
    assert!((shape.tail / 744.0).ln().abs() < 0.4, "{shape:?}");
    assert!(summary.oracle_auc > 0.8 && summary.oracle_gauc > 0.7, "{summary:?}");
}

#[test]
fn gifts_come_as_often_as_their_chances_say() {
    let (folder, _) = written(&World { users: 600, ..World::tiny() });
    let records = read(folder.path(), &Options::default()).unwrap();
    let truth = read_truth(folder.path(), &records).unwrap();
    let known =
        records.impressions.iter().zip(&truth).map(|(one, known)| (known.unwrap(), one.gift_value > 0.0));
    let mut known: Vec<_> = known.collect();
    known.sort_by(|a, b| a.0.probability.total_cmp(&b.0.probability));
    for tenth in known.chunks(known.len().div_ceil(10)) {
        let expected: f64 = tenth.iter().map(|one| one.0.probability).sum();
        let spread: f64 = tenth.iter().map(|one| one.0.probability * (1.0 - one.0.probability)).sum();
        let came = tenth.iter().filter(|one| one.1).count() as f64;
        assert!((came - expected).abs() < 4.0 * spread.sqrt() + 1.0, "{came} gifts, {expected} expected");
    }
    let bias = |one: &kairos_datasets::generated::KnownChance| {
        let odds = (one.probability / (1.0 - one.probability)).ln();
        odds - one.generosity - one.affinity - one.content - one.recency
    };
    assert!(known.iter().all(|one| (bias(&one.0) - bias(&known[0].0)).abs() < 1e-9));
    assert!(known.iter().any(|one| one.0.recency > 0.5) && known.iter().any(|one| one.0.content < -1.0));
}

#[test]
fn a_world_without_taste_and_content_tells_less_of_its_gifts() {
    let world = World { users: 400, ..World::tiny() };
    let auc = |content: f64, taste: f64| written(&World { content, taste, ..world.clone() }).1.oracle_gauc;
    let (both, no_content, neither) = (auc(1.0, 1.0), auc(0.0, 1.0), auc(0.0, 0.0));
    assert!(both > no_content + 0.03 && no_content > neither + 0.03, "{both} {no_content} {neither}");
}

#[test]
fn what_is_missing_is_noted_and_only_clicks_and_gifts_are_needed() {
    let (folder, summary) = written(&World::tiny());
    for entry in fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if !["click.csv", "gift.csv"].iter().any(|name| path.ends_with(name)) {
            fs::remove_file(path).unwrap();
        }
    }
    let records = read(folder.path(), &all()).unwrap();
    assert_eq!(records.impressions.len() as u64, summary.clicks);
    let absent = records.notes.files.iter().filter(|file| !file.present).count();
    assert_eq!((absent, records.user_attributes.width(), records.title(0)), (7, 0, None));
    assert!(!segments::is_present(folder.path()));
    assert!(segments::read(folder.path(), &records.rooms, &[(0, i64::MAX)]).unwrap().is_empty());
    fs::remove_file(folder.path().join("gift.csv")).unwrap();
    let error = read(folder.path(), &all()).unwrap_err().to_string();
    assert!(error.contains("no gift.csv"), "{error}");
}

#[test]
fn lines_that_do_not_fit_are_named() {
    let refused = |name: &str, text: &str, part: &str| {
        let (folder, _) = written(&World { users: 3, days: 1, ..World::tiny() });
        fs::write(folder.path().join(name), text).unwrap();
        let error = read(folder.path(), &all()).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(part), "{error}");
    };
    refused(
        "click.csv",
        "user_id,live_id,streamer_id,timestamp,watch_live_time\n1,2,3,4,5\n1,2,3,x,5\n",
        "line 3: timestamp: \"x\"",
    );
    refused(
        "click.csv",
        "user_id,live_id,streamer_id,timestamp,watch_live_time\n1,2,3,4,-5\n",
        "watch_live_time: \"-5\" is below 0",
    );
    refused(
        "gift.csv",
        "user_id,live_id,streamer_id,timestamp,gift_price\n1,2,3,4,NaN\n",
        "line 2: gift_price: \"NaN\"",
    );
    refused("gift.csv", "user_id,live_id,streamer_id,timestamp\n", "no column for the price");
    refused("like.csv", "user_id,live_id,streamer_id,timestamp\n,2,3,4\n", "line 2: user_id");
    refused(
        "room.csv",
        "live_id,live_name_id\n10000000,99999999\n10000001,99999999\n10000002,99999999\n",
        "names title 99999999",
    );
}

#[test]
fn a_training_part_does_not_depend_on_what_comes_after_it() {
    let (folder, _) = written(&World::tiny());
    let records = read(folder.path(), &all()).unwrap();
    let split = TimeSplit::by_quantile(&records, 0.7, 0.1);
    let border = split.train_end_ms;
    // Everything from the border on happens to somebody else, later, and dearer.
    for name in ["click.csv", "negative.csv", "gift.csv", "comment.csv", "like.csv"] {
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        let mut changed: Vec<String> = text.lines().take(1).map(str::to_owned).collect();
        for line in text.lines().skip(1) {
            let mut fields: Vec<i64> = line.split(',').map(|field| field.parse().unwrap()).collect();
            if fields[3] >= border {
                for field in &mut fields[..3] {
                    *field += 77_000_000;
                }
                fields[3] += 1 + fields[0] % 999;
                if let Some(value) = fields.get_mut(4) {
                    *value = *value * 3 + 1;
                }
            }
            changed.push(fields.iter().map(i64::to_string).collect::<Vec<_>>().join(","));
        }
        changed[1..].reverse();
        fs::write(folder.path().join(name), changed.join("\n") + "\n").unwrap();
    }
    let changed = read(folder.path(), &all()).unwrap();
    assert_ne!(changed.gifts, records.gifts);
    assert_eq!(TimeSplit::by_quantile(&changed, 0.7, 0.1).train_end_ms, border);
    let sampling = Sampling { clicked_rate: 0.5, shown_rate: 0.3, seed: 3 };
    let part = |records: &Records| {
        let samples = Samples::of(records, &split, Split::Train, &sampling);
        let histories = Histories::by_user(records, &EventKind::ALL);
        let wanted: Vec<(u32, i64)> = samples.samples.iter().map(|one| (one.live, one.time_ms)).collect();
        let segments = segments::read(folder.path(), &records.rooms, &wanted).unwrap();
        let mut bytes = Vec::new();
        for one in &samples.samples {
            let names = [
                records.users.name(one.user),
                records.streamers.name(one.streamer),
                records.rooms.name(one.live),
            ];
            let history = histories.before(one.user, one.time_ms);
            let side = (records.user_attributes.row(one.user), records.streamer_attributes.row(one.streamer));
            let content = segments.at(one.live, one.time_ms);
            bytes.extend(format!("{one:?} {names:?} {history:?} {side:?} {content:?}\n").into_bytes());
        }
        assert!(
            samples.positives > 10 && samples.over_the_end > 0,
            "{} {}",
            samples.positives,
            samples.over_the_end
        );
        bytes
    };
    assert!(part(&changed) == part(&records));
}

#[test]
fn parts_follow_one_another_and_thinning_keeps_every_gift() {
    let (folder, _) = written(&World { users: 300, ..World::tiny() });
    let records = read(folder.path(), &all()).unwrap();
    let split = TimeSplit::by_quantile(&records, 0.7, 0.1);
    let parts = [Split::Train, Split::Validation, Split::Test];
    let clicks = |part| {
        let range = split.range(&records.impressions, part);
        records.impressions[range].iter().filter(|one| one.clicked).count() as f64
    };
    let total: f64 = parts.map(clicks).iter().sum();
    for (part, share) in parts.into_iter().zip([0.7, 0.1, 0.2]) {
        assert!((clicks(part) / total - share).abs() < 0.005, "{part}");
        assert!(
            records.impressions[split.range(&records.impressions, part)]
                .iter()
                .all(|one| split.part(one.time_ms) == part)
        );
    }
    let whole = Samples::of(&records, &split, Split::Train, &Sampling::default());
    let thin = Samples::of(
        &records,
        &split,
        Split::Train,
        &Sampling { clicked_rate: 0.2, shown_rate: 0.1, seed: 1 },
    );
    assert_eq!((whole.positives, whole.without_gift), (thin.positives, thin.without_gift));
    let kept = |samples: &Samples, clicked: bool| {
        let of = samples.samples.iter().filter(|one| !one.gift);
        of.filter(|one| records.impressions[one.impression as usize].clicked == clicked).count() as f64
    };
    assert_eq!(kept(&whole, true), whole.without_gift as f64);
    assert_eq!(kept(&whole, false), 0.0);
    assert!((kept(&thin, true) / thin.without_gift as f64 - 0.2).abs() < 0.03);
    assert!((kept(&thin, false) / thin.without_click as f64 - 0.1).abs() < 0.03);
    // Thinned while reading and again while sampling, with the same seed.
    let half = read(folder.path(), &Options { shown_rate: 0.5, seed: 1, ..Options::default() }).unwrap();
    let sampling = Sampling { clicked_rate: 1.0, shown_rate: 0.5, seed: 1 };
    let twice = Samples::of(&half, &split, Split::Train, &sampling);
    assert!((twice.without_click as f64 / thin.without_click as f64 - 0.5).abs() < 0.05);
    let unclicked = twice.samples.iter().filter(|one| !half.impressions[one.impression as usize].clicked);
    let (kept, stands_for) =
        unclicked.fold((0.0, 0.0), |(kept, sum), one| (kept + 1.0, sum + f64::from(one.weight)));
    assert!((kept / twice.without_click as f64 - 0.5).abs() < 0.05);
    assert!((stands_for / thin.without_click as f64 - 1.0).abs() < 0.1);
    // A constant guess on the thinned samples is the gift rate of all, once calibrated.
    let rate = whole.positives as f64 / (whole.positives + whole.without_gift) as f64;
    let thinned = whole.positives as f64 / (whole.positives as f64 + 0.2 * whole.without_gift as f64);
    assert!((calibrated(thinned, 0.2) - rate).abs() < 1e-12);
}

#[test]
fn content_is_that_of_the_latest_segment_that_was_over() {
    let (folder, summary) = written(&World::tiny());
    let records = read(folder.path(), &Options::default()).unwrap();
    let wanted: Vec<(u32, i64)> = records.impressions.iter().map(|one| (one.live, one.time_ms)).collect();
    let segments: Segments = segments::read(folder.path(), &records.rooms, &wanted).unwrap();
    assert_eq!(segments.rows_read(), summary.segment_rows);
    assert_eq!(ContentModality::ALL.map(|modality| segments.width(modality)), [6, 6, 6]);
    let (mut speechless, mut commented) = (0, 0);
    for one in &records.impressions {
        let content = segments.at(one.live, one.time_ms).unwrap();
        let length = 600_000;
        let start = records.room_facts[one.live as usize].start_ms.unwrap();
        assert_eq!(content.time_ms, start + (one.time_ms - start) / length * length);
        assert_eq!((content.pictures.len(), content.pictures.iter().count()), (3, 3));
        speechless += u32::from(content.speech.is_empty());
        commented += u32::from(content.comments.len() > 1);
    }
    assert!(speechless > 0 && commented > 0);
    // Asking for less gives the same content.
    let some: Vec<(u32, i64)> = wanted.iter().copied().step_by(17).collect();
    let fewer = segments::read(folder.path(), &records.rooms, &some).unwrap();
    assert!(fewer.len() < segments.len());
    assert!(some.iter().all(|&(live, time)| fewer.at(live, time) == segments.at(live, time)));
}

#[test]
fn records_from_rows_join_watch_times_and_make_rooms_their_own_streamers() {
    let row = |user, room, time_ms| Row { user, streamer: None, room, time_ms };
    let mut builder = RecordsBuilder::new();
    builder.gift(row("ann", "r1", 500), 12.5).unwrap();
    builder.watch(row("ann", "r1", 100), 300).unwrap();
    builder.click(row("ann", "r1", 100), None).unwrap();
    builder.click(row("ann", "r1", 450), Some(1000)).unwrap();
    builder.click(row("ann", "r1", 450), Some(900)).unwrap();
    builder.gift(row("bob", "r1", 90), 1.0).unwrap();
    builder.watch(row("bob", "r2", 1), 5).unwrap();
    assert!(
        builder
            .gift(row("bob", "r1", 90), f64::NAN)
            .unwrap_err()
            .to_string()
            .contains("bob in room r1: value")
    );
    let records = builder.finish();
    let watched: Vec<_> = records.impressions.iter().map(|one| (one.watch_ms, one.gift_value)).collect();
    assert_eq!(watched, [(Some(300), 0.0), (Some(1000), 12.5)]);
    assert_eq!(records.users.iter().collect::<Vec<_>>(), ["bob", "ann"]);
    assert_eq!(records.streamers.iter().collect::<Vec<_>>(), ["r1"]);
    assert_eq!(records.gifts.iter().map(|gift| gift.impression).collect::<Vec<_>>(), [None, Some(1)]);
    let notes = &records.notes;
    assert_eq!((notes.duplicate_clicks, notes.gifts_without_click, notes.watches_without_click), (1, 1, 1));
}

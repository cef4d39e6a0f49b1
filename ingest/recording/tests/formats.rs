//! Every format, read from a small file of our own making, against numbers worked out by hand.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use std::path::Path;

use fixture::{comments, gifts, log, money, secs};
use kairos_recording::chat::{FormatName, StartSource, parse_time};
use kairos_recording::inspect_chat;
use kairos_timeline::{GiftKind, Span, WallTime};

/// 2024-05-01 20:00:00 +08:00.
const START: WallTime = WallTime::from_micros(1_714_564_800_000_000);

#[test]
fn bililive_recorder_money_is_in_raw_and_silver_is_free() {
    let log = log("bililive-recorder.xml");
    assert_eq!(
        (log.format, log.started_at, log.start_source),
        (FormatName::BililiveRecorder, Some(START), StartSource::File)
    );
    assert_eq!(log.broadcast.title.as_deref(), Some("first & last"));
    assert_eq!(comments(&log), [(0.5, "101", "hello <all>"), (1.25, "102", "second")]);
    assert_eq!(
        gifts(&log),
        [
            (2.0, "101", GiftKind::Gift, 2, money("10", "CNY")),
            (2.1, "102", GiftKind::Gift, 5, None),
            (3.0, "103", GiftKind::SuperChat, 1, money("30", "CNY")),
            (4.0, "104", GiftKind::Membership, 2, money("396", "CNY")),
        ]
    );
    let clocks = log.clocks.unwrap();
    assert_eq!((clocks.items, clocks.median, clocks.spread), (2, Span::from_millis(200), Span::ZERO));
}

#[test]
fn blrec_toasts_repeat_guards_only_where_there_is_one() {
    let log = log("blrec.xml");
    assert_eq!((log.format, log.started_at, log.duplicates), (FormatName::Blrec, Some(START), 1));
    assert_eq!(comments(&log), [(0.5, "201", "hi"), (0.9, "202", "ho")]);
    assert_eq!(
        gifts(&log),
        [
            (1.5, "201", GiftKind::Gift, 3, money("0.3", "CNY")),
            (1.6, "202", GiftKind::Gift, 10, None),
            (2.5, "203", GiftKind::SuperChat, 1, money("50", "CNY")),
            (3.5, "204", GiftKind::Membership, 1, money("198", "CNY")),
            (60.0, "205", GiftKind::Membership, 1, money("1998", "CNY")),
        ]
    );
}

#[test]
fn bililive_tools_merges_a_combo_that_was_written_twice() {
    let log = log("bililive-tools.xml");
    assert_eq!((log.format, log.started_at, log.duplicates), (FormatName::BililiveTools, Some(START), 1));
    assert_eq!(comments(&log), [(0.25, "301", "one"), (0.75, "302", "two")]);
    assert_eq!(
        gifts(&log),
        [
            (2.0, "301", GiftKind::Gift, 2, money("200", "CNY")),
            (3.0, "303", GiftKind::SuperChat, 1, money("20", "CNY")),
            (4.0, "304", GiftKind::Membership, 1, money("138", "CNY")),
        ]
    );
}

#[test]
fn biliup_gifts_are_placed_by_wall_time() {
    let log = log("biliup.xml");
    assert_eq!(
        (log.format, log.started_at, log.start_source),
        (FormatName::Biliup, Some(START), StartSource::BothClocks)
    );
    assert_eq!(comments(&log), [(1.0, "401", "up"), (2.0, "402", "down")]);
    assert_eq!(
        gifts(&log),
        [
            (3.0, "401", GiftKind::Gift, 4, money("4", "CNY")),
            (3.0, "401", GiftKind::Gift, 4, money("4", "CNY")),
            (4.0, "403", GiftKind::SuperChat, 1, money("30", "CNY")),
            (5.0, "404", GiftKind::Membership, 1, money("198", "CNY")),
        ]
    );
    assert_eq!(log.ignored.values().sum::<u64>(), 1);
}

#[test]
fn bilibili_vod_is_placed_by_offset_alone() {
    let log = log("bilibili-vod.xml");
    assert_eq!((log.format, log.started_at, log.clocks), (FormatName::BilibiliVod, None, None));
    assert_eq!(comments(&log), [(3.5, "a16fe0de", "early & short"), (490.191, "a16fe0dd", "late")]);
}

#[test]
fn twitch_downloader_bits_are_cents() {
    let log = log("twitch-downloader.json");
    assert_eq!((log.format, log.started_at), (FormatName::TwitchDownloader, Some(START)));
    assert_eq!(log.broadcast.streamer.as_deref(), Some("streamer-f"));
    assert_eq!(comments(&log), [(2.5, "601", "GG Kappa")]);
    assert_eq!(
        gifts(&log),
        [
            (5.0, "602", GiftKind::Gift, 250, money("2.5", "USD")),
            (7.0, "603", GiftKind::SubscriptionGift, 1, None),
            (9.0, "604", GiftKind::Membership, 1, None),
        ]
    );
}

#[test]
fn chat_downloader_reads_the_new_form_of_money() {
    let log = log("chat-downloader.json");
    assert_eq!((log.format, log.started_at, log.duplicates), (FormatName::ChatDownloader, Some(START), 1));
    assert_eq!(comments(&log), [(6.0, "UC1", "hello")]);
    assert_eq!(
        gifts(&log),
        [
            (8.0, "UC2", GiftKind::SuperChat, 1, money("6000", "JPY")),
            (9.0, "UC3", GiftKind::Membership, 1, None),
            (10.0, "UC4", GiftKind::SuperChat, 1, money("4.99", "EUR")),
        ]
    );
}

#[test]
fn chat_downloader_reads_the_old_form_and_drops_its_tickers() {
    let log = log("chat-downloader-old.jsonl");
    assert_eq!((log.format, log.duplicates), (FormatName::ChatDownloader, 2));
    assert_eq!(comments(&log).iter().map(|c| c.2).collect::<Vec<_>>(), ["plain"]);
    let paid: Vec<_> = gifts(&log).into_iter().map(|gift| (gift.2, gift.4)).collect();
    assert_eq!(
        paid,
        [
            (GiftKind::Membership, None),
            (GiftKind::SuperChat, money("5.00", "USD")),
            (GiftKind::SuperChat, money("7.00", "XTS")),
        ]
    );
    assert_eq!(log.unknown_currencies.get("XTS"), Some(&1));
}

#[test]
fn yt_dlp_tickers_repeat_their_message() {
    let log = log("yt-dlp.live_chat.json");
    assert_eq!((log.format, log.started_at, log.duplicates), (FormatName::YtDlp, Some(START), 1));
    assert_eq!(comments(&log), [(11.152, "UC1", "nice :wave:")]);
    assert_eq!(
        gifts(&log),
        [
            (12.0, "UC2", GiftKind::SuperChat, 1, money("6000", "JPY")),
            (13.0, "UC3", GiftKind::SuperChat, 1, money("10", "CAD")),
            (14.0, "UC4", GiftKind::Membership, 1, None),
        ]
    );
    assert_eq!(log.ignored.get("liveChatViewerEngagementMessageRenderer"), Some(&1));
}

#[test]
fn twitch_irc_mixes_plain_lines_and_tags() {
    let log = log("twitch-irc.txt");
    assert_eq!((log.format, log.start_source), (FormatName::TwitchIrc, StartSource::FirstItem));
    assert_eq!(log.broadcast.room.as_deref(), Some("streamer-g"));
    assert_eq!(comments(&log), [(0.0, "ann", "first: with colon"), (1.0, "bo", "second")]);
    assert_eq!(
        gifts(&log),
        [
            (2.0, "703", GiftKind::Gift, 100, money("1", "USD")),
            (3.0, "704", GiftKind::SubscriptionGift, 1, None)
        ]
    );
    assert_eq!((log.skipped_count(), log.ignored.values().sum::<u64>()), (0, 2));
}

#[test]
fn lightor_forms_agree() {
    let (tsv, jsonl) = (log("lightor_1714564800.tsv"), log("lightor.jsonl"));
    assert_eq!((tsv.format, jsonl.format), (FormatName::LightorTsv, FormatName::LightorJsonl));
    assert_eq!((tsv.started_at, jsonl.started_at), (Some(START), None));
    assert_eq!(comments(&tsv), [(1.0, "ann", "so good"), (2.5, "bo", "wow"), (3.0, "ann", "again")]);
    assert_eq!(comments(&tsv), comments(&jsonl));
    assert_eq!(jsonl.broadcast.room.as_deref(), Some("v8"));
}

#[test]
fn own_jsonl_tells_kinds_by_type_or_fields() {
    let log = log("own.jsonl");
    assert_eq!((log.format, log.events.len()), (FormatName::OwnJsonl, 4));
    assert_eq!(comments(&log).iter().map(|c| c.2).collect::<Vec<_>>(), ["hey", "no id"]);
    assert_eq!(gifts(&log)[0].4, money("1.50", "USD"));
    assert_eq!(log.events[0].event.sent_at(), parse_time("2024-05-01T12:00:01Z").unwrap());
}

#[test]
fn tables_keep_negative_times_and_extra_columns() {
    let log = log("table.tsv");
    let expected = [
        (-1.5, "u1", "before"),
        (15.548, "u2", "late one"),
        (15.548, "u3", "late one"),
        (15.548, "u3", "late one"),
        (20.0, "u1", "tab\tinside"),
    ];
    assert_eq!(comments(&log), expected);
    assert_eq!((log.format, log.repeated_comments, log.duplicates), (FormatName::Table, 1, 0));
    let ids: std::collections::BTreeSet<_> = fixture::ids(&log).into_iter().collect();
    assert_eq!(ids.len(), 5, "equal texts of two users, and repeats, have different ids");
    assert_eq!(secs(&log, log.span().unwrap().1), 20.0);
}

#[test]
fn real_samples_read_without_loss() {
    let Some(root) = std::env::var_os("KAIROS_SHARED") else {
        println!("KAIROS_SHARED is unset: real samples left out");
        return;
    };
    let samples = Path::new(&root).join("data/chat-formats");
    let read = |name: &str| inspect_chat(&samples.join(name)).unwrap();
    let recorder = read("bililiverecorder_1.3.11_sample.xml");
    assert_eq!((recorder.comments, recorder.gifts, recorder.paid_items, recorder.skipped), (5, 3, 0, 0));
    let chat = read("chatdownloader_superchat.json");
    assert_eq!((chat.comments, chat.paid_items, chat.duplicates, chat.skipped), (0, 32, 28, 0));
    for (name, comments, gifts) in [
        ("pytchat_default_newSponsor_current.json", 0, 1),
        ("pytchat_default_superchat.json", 0, 1),
        ("pytchat_default_supersticker.json", 0, 1),
        ("pytchat_default_textmessage.json", 1, 0),
    ] {
        let sample = read(name);
        assert_eq!((sample.comments, sample.gifts, sample.skipped), (comments, gifts, 0), "{name}");
    }
    let twitch =
        inspect_chat(&Path::new(&root).join("data/twitch-lol/chat/nalcs_w2d2_DIG_FOX_g2.chat.tsv.gz"))
            .unwrap();
    assert!(twitch.comments > 1_000 && twitch.skipped == 0, "{twitch}");
}

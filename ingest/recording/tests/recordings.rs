//! Recordings as users keep them: a chat alone, a folder with a manifest, events written and read back.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod fixture;

use std::fs;
use std::path::Path;

use fixture::path;
use kairos_recording::chat::{ChatEvent, ChatLog};
use kairos_recording::{
    Fault, Item, MANIFEST, MediaRequest, MediaSegments, Overrides, RecordedStream, Recording, RecordingError,
    inspect, inspect_chat, write_events,
};
use kairos_timeline::{ContentType, MediaTime, Position, RoomId, Segment, Span, WallTime};

/// Stands in for a decoder: two segments of two seconds.
fn two_segments(request: &MediaRequest<'_>) -> Result<MediaSegments, RecordingError> {
    let segments: Vec<Result<Segment, Fault>> = (0..2)
        .map(|n| {
            Ok(Segment {
                room: request.room.clone(),
                stream: request.stream.clone(),
                sequence: n,
                start: MediaTime::from_micros(n as i64 * 2_000_000),
                duration: Span::from_millis(2_000),
                captured_at: request.started_at + Span::from_millis(n as i64 * 2_000),
                content_type: ContentType::MpegTs,
                bytes: Vec::new().into(),
                position: Position::in_file("media", n as i64),
            })
        })
        .collect();
    Ok(Box::new(segments.into_iter()))
}

fn open(path: &Path, overrides: &Overrides) -> Recording {
    Recording::open_with(path, overrides, &two_segments).unwrap()
}

fn kinds(recording: Recording) -> String {
    recording
        .map(|item| match item {
            Item::Segment(_) => 's',
            Item::Comment(..) => 'c',
            Item::Gift(..) => 'g',
            Item::Feedback(..) => 'f',
            _ => '!',
        })
        .collect()
}

#[test]
fn a_chat_alone_is_a_recording_up_to_its_last_message() {
    let recording = open(&path("table.tsv"), &Overrides::default());
    let info = recording.info().clone();
    assert_eq!((info.room.as_str(), info.media, info.started_at), ("table", None, WallTime::default()));
    assert_eq!((info.events_span, info.stream.as_str().len()), (Span::from_millis(20_000), 16));
    assert_eq!(kinds(recording), "ccccc");
}

#[test]
fn the_room_is_what_the_chat_tells_unless_given() {
    let told = open(&path("blrec.xml"), &Overrides::default());
    assert_eq!((told.info().room.as_str(), told.info().title.as_deref()), ("7002", Some("evening")));
    let mut rooms = told.filter_map(|item| match item {
        Item::Comment(_, comment) => Some(comment.room),
        Item::Gift(_, gift) => Some(gift.room),
        _ => None,
    });
    assert!(rooms.all(|room| room.as_str() == "7002"));
    let given = Overrides { room: Some(RoomId::new("mine").unwrap()), ..Overrides::default() };
    assert_eq!(open(&path("blrec.xml"), &given).info().room.as_str(), "mine");
}

#[test]
fn a_folder_merges_media_and_chat_on_one_start() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("media.bin"), [0_u8; 600]).unwrap();
    fs::copy(path("bililive-recorder.xml"), folder.path().join("chat.xml")).unwrap();
    let manifest = "room = \"m1\"\nmedia = \"media.bin\"\ncomments = \"chat.xml\"\ngifts = [\"chat.xml\"]\n";
    fs::write(folder.path().join(MANIFEST), manifest).unwrap();
    let recording = open(folder.path(), &Overrides::default());
    assert_eq!(recording.info().started_at, WallTime::from_micros(1_714_564_800_000_000));
    // Comments at 0.5 and 1.25, gifts at 2, 2.1, 3 and 4; segments end at 2 and 4.
    assert_eq!(kinds(recording), "ccsgggsg");
    let late = Overrides { chat_offset: Span::from_millis(10_000), ..Overrides::default() };
    assert_eq!(kinds(open(folder.path(), &late)), "ssccgggg");
}

#[test]
fn the_stream_is_told_by_content_not_by_place() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&a, &b] {
        fs::copy(path("own.jsonl"), folder.path().join("chat.jsonl")).unwrap();
    }
    let stream =
        |folder: &Path| open(&folder.join("chat.jsonl"), &Overrides::default()).info().stream.clone();
    assert_eq!(stream(a.path()), stream(b.path()));
    fs::write(b.path().join("chat.jsonl"), fs::read(path("lightor.jsonl")).unwrap()).unwrap();
    assert_ne!(stream(a.path()), stream(b.path()));
}

#[test]
fn written_events_read_back_unchanged() {
    for name in fixture::ALL {
        let log: ChatLog = fixture::log(name);
        let events: Vec<_> = log.events.iter().map(|e: &ChatEvent| &e.event).collect();
        let mut text = Vec::new();
        write_events(&mut text, events.iter().copied()).unwrap();
        let again =
            kairos_recording::chat::read_chat_from(text.as_slice(), "x", &fixture::options()).unwrap();
        let read: Vec<_> = again.events.iter().map(|e| &e.event).collect();
        assert_eq!(read, events, "{name}");
    }
}

#[test]
fn an_empty_file_is_an_empty_chat_and_noise_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chat.xml");
    fs::write(&file, "").unwrap();
    assert_eq!(inspect_chat(&file).unwrap().comments, 0);
    fs::write(&file, "neither this nor that\n").unwrap();
    assert!(matches!(inspect_chat(&file), Err(RecordingError::UnknownFormat { .. })));
    assert!(matches!(inspect(&file), Err(RecordingError::Media(_))));
    assert!(matches!(
        Recording::open_with(folder.path(), &Overrides::default(), &two_segments).map(drop),
        Err(RecordingError::NoManifest { .. })
    ));
}

#[test]
fn an_inspection_adds_up_and_serialises() {
    let inspection = inspect_chat(&path("blrec.xml")).unwrap();
    let json = serde_json::to_value(&inspection).unwrap();
    assert_eq!(json["paid"]["CNY"]["amount"], "2246.3");
    assert_eq!(
        (inspection.comments, inspection.gifts, inspection.paid_items, inspection.users),
        (2, 5, 4, 5)
    );
    assert!(inspection.to_string().contains("blrec-xml"));
}

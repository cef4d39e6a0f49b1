//! One video with a chat in each format: all of them are understood, placed and counted.

use std::path::Path;

use crate::kairos::{ROOMS, ask, kairos, replay, succeeded};

/// A chat of three messages at 2, 5 and 9 seconds, and one paid item, in each format that users keep.
const CHATS: [(&str, &str, u32); 6] = [
    (
        "bilibili.xml",
        r#"<?xml version="1.0" encoding="utf-8"?><i><BililiveRecorder version="1.3.11" />
<BililiveRecorderRecordInfo roomid="12" name="n" title="t" start_time="2024-05-01T10:00:00.0000000Z" />
<d p="2.0,1,25,16777215,1714557602000,0,1,0" user="a">hello</d>
<d p="5.0,1,25,16777215,1714557605000,0,2,0" user="b">wow</d>
<sc ts="6.0" user="c" uid="3" price="30" time="60" raw="{}">great</sc>
<d p="9.0,1,25,16777215,1714557609000,0,3,0" user="c">gg</d></i>"#,
        1,
    ),
    (
        "twitch.json",
        r#"{"streamer":{"name":"s","id":1},"video":{"start":0,"end":20},"comments":[
{"_id":"1","created_at":"2024-05-01T10:00:02Z","content_offset_seconds":2.0,"commenter":{"_id":"1","name":"a","display_name":"a"},"message":{"body":"hello","bits_spent":0,"fragments":[{"text":"hello","emoticon":null}]}},
{"_id":"2","created_at":"2024-05-01T10:00:05Z","content_offset_seconds":5.0,"commenter":{"_id":"2","name":"b","display_name":"b"},"message":{"body":"wow","bits_spent":0,"fragments":[{"text":"wow","emoticon":null}]}},
{"_id":"3","created_at":"2024-05-01T10:00:09Z","content_offset_seconds":9.0,"commenter":{"_id":"3","name":"c","display_name":"c"},"message":{"body":"cheer100 gg","bits_spent":100,"fragments":[{"text":"cheer100 gg","emoticon":null}]}}]}"#,
        1,
    ),
    (
        "downloaded.json",
        r#"[{"time_in_seconds":2,"author":{"name":"a"},"message":"hello","message_type":"text_message","message_id":"1"},
{"time_in_seconds":5,"author":{"name":"b"},"message":"wow","message_type":"text_message","message_id":"2"},
{"time_in_seconds":7,"author":{"name":"c"},"message":"great","message_type":"paid_message","message_id":"3","money":{"amount":5.0,"currency":"USD","text":"$5.00"}},
{"time_in_seconds":9,"author":{"name":"c"},"message":"gg","message_type":"text_message","message_id":"4"}]"#,
        1,
    ),
    (
        "youtube.live_chat.json",
        r#"{"replayChatItemAction":{"videoOffsetTimeMsec":"2000","actions":[{"addChatItemAction":{"item":{"liveChatTextMessageRenderer":{"id":"1","timestampUsec":"1714557602000000","authorName":{"simpleText":"a"},"authorExternalChannelId":"A","message":{"runs":[{"text":"hello"}]}}}}}]}}
{"replayChatItemAction":{"videoOffsetTimeMsec":"5000","actions":[{"addChatItemAction":{"item":{"liveChatTextMessageRenderer":{"id":"2","timestampUsec":"1714557605000000","authorName":{"simpleText":"b"},"authorExternalChannelId":"B","message":{"runs":[{"text":"wow"}]}}}}}]}}
{"replayChatItemAction":{"videoOffsetTimeMsec":"9000","actions":[{"addChatItemAction":{"item":{"liveChatPaidMessageRenderer":{"id":"3","timestampUsec":"1714557609000000","authorName":{"simpleText":"c"},"authorExternalChannelId":"C","message":{"runs":[{"text":"gg"}]},"purchaseAmountText":{"simpleText":"$5.00"}}}}}]}}
"#,
        1,
    ),
    (
        "irc.txt",
        "[2024-05-01 10:00:02 UTC] a: hello\n[2024-05-01 10:00:05 UTC] b: wow\n[2024-05-01 10:00:09 UTC] c: gg\n",
        0,
    ),
    ("own.tsv", "t_sec\tuser\ttext\n2.0\ta\thello\n5\tb\twow\n9\tc\tgg\n", 0),
];

#[test]
fn a_video_replays_with_a_chat_in_each_format() {
    let folder = tempfile::tempdir().unwrap();
    let video = folder.path().join("video.mp4");
    let made = std::process::Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(ROOMS.room(0).join("media.mp4"))
        .args(["-t", "20", "-c", "copy"])
        .arg(&video)
        .status()
        .unwrap();
    assert!(made.success());
    for (name, text, paid) in CHATS {
        let chat = folder.path().join(name);
        std::fs::write(&chat, text).unwrap();
        let out = folder.path().join(format!("out-{name}"));
        replay(&[&video], &out, &["--chat", chat.to_str().unwrap()]);
        let comments = "SELECT count() FROM comments WHERE media_us BETWEEN 0 AND 20000000";
        let count: u32 = ask(&out, comments).parse().unwrap();
        assert!(count >= 3 - paid, "{name}: {count} comments");
        assert_eq!(ask(&out, "SELECT count() FROM gifts WHERE value > 0"), paid.to_string(), "{name}");
        inspects(&chat);
    }
}

fn inspects(chat: &Path) {
    let text = succeeded(&kairos(&["recording", "inspect", chat.to_str().unwrap()]));
    assert!(!text.is_empty());
    let json = succeeded(&kairos(&["recording", "inspect", "--json", chat.to_str().unwrap()]));
    assert!(serde_json::from_str::<serde_json::Value>(&json).unwrap().is_object());
}

#[test]
fn everything_inspected_in_a_chat_of_any_format_becomes_rows() {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ingest/recording/tests/fixtures");
    let mut chats: Vec<_> = std::fs::read_dir(fixtures)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    chats.sort();
    assert!(chats.len() >= 13, "{} fixtures", chats.len());
    let out = folder.path().join("out");
    let paths: Vec<&Path> = chats.iter().map(|chat| chat.as_path()).collect();
    replay(&paths, &out, &[]);
    let rows = |table: &str| {
        let query = format!("SELECT splitByChar('/', topic)[2] AS file, count() FROM {table} GROUP BY file");
        ask(&out, &query).lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let (comments, gifts) = (rows("comments"), rows("gifts"));
    for chat in &chats {
        let json = succeeded(&kairos(&["recording", "inspect", "--json", chat.to_str().unwrap()]));
        let inspected: serde_json::Value = serde_json::from_str(&json).unwrap();
        let file = chat.file_name().unwrap().to_str().unwrap();
        for (what, rows) in [("comments", &comments), ("gifts", &gifts)] {
            let count = inspected["chats"][0][what].as_u64().unwrap();
            let row = format!("{file}\t{count}");
            assert!(count == 0 || rows.contains(&row), "{row} {what} expected in {rows:?}");
        }
    }
}

#[test]
fn a_chat_without_video_is_scored_to_its_last_message() {
    let folder = tempfile::tempdir().unwrap();
    let chat = folder.path().join("game.chat.tsv");
    let lines: String = (0..300).map(|i| format!("{}\tuser{}\tmessage {i}\n", i * 2, i % 17)).collect();
    std::fs::write(&chat, format!("t_sec\tuser\ttext\n{lines}")).unwrap();
    let (first, second) = (folder.path().join("a"), folder.path().join("b"));
    assert_eq!(replay(&[&chat], &first, &[]), replay(&[&chat], &second, &[]));
    assert_eq!(ask(&first, "SELECT max(media_us) FROM frame_scores"), "598000000");
    assert_eq!(
        ask(&first, "SELECT groupUniqArray(arrayStringConcat(missing, ' ')) FROM frame_scores"),
        "['gift picture sound speech']"
    );
}

#[test]
fn a_wrong_chat_offset_is_set_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let chat = folder.path().join("game.tsv");
    std::fs::write(&chat, "t_sec\tuser\ttext\n10\ta\tone\n20\tb\ttwo\n").unwrap();
    let out = folder.path().join("out");
    replay(&[&chat], &out, &["--chat-offset", "-4.5"]);
    assert_eq!(ask(&out, "SELECT min(media_us), max(media_us) FROM comments"), "5500000\t15500000");
}

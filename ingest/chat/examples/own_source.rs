//! A source of one's own: comments from a service that sends `Unix milliseconds, user, text` lines.
//! `docs/extend/source.md` quotes this file.
//!
//! `cargo run -p kairos-chat --example own_source`; its test runs with the others.

use std::error::Error;

use kairos_chat::Heard;
use kairos_timeline::{Comment, RoomId, WallTime};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::sync::mpsc::{Sender, channel};

/// Longest line of the service.
const LINE_BYTES: u64 = 64 << 10;

// ANCHOR: source
/// Reads lines until the service ends or nobody listens to `out`.
async fn lines(from: impl AsyncRead + Unpin, room: &RoomId, out: Sender<Heard>) -> std::io::Result<()> {
    let mut from = BufReader::new(from);
    for line in 1.. {
        let mut bytes = Vec::new();
        // Bounded: a service that never ends its line costs no memory.
        (&mut from).take(LINE_BYTES).read_until(b'\n', &mut bytes).await?;
        if bytes.is_empty() {
            break;
        }
        let heard = match comment(&bytes, room) {
            Some(comment) => Heard::Comment(comment),
            // Nothing disappears: what can't be read goes to the dead letters with its bytes.
            None => Heard::Broken {
                room: Some(room.clone()),
                line,
                why: "is not `milliseconds, user, text`".to_owned(),
                bytes: bytes.into(),
            },
        };
        // The channel is bounded: where it is full this waits, and the connection holds what the service sends.
        if out.send(heard).await.is_err() {
            break;
        }
    }
    Ok(())
}

fn comment(line: &[u8], room: &RoomId) -> Option<Comment> {
    let line = std::str::from_utf8(line).ok()?.trim_end();
    let [at, user, text] = line.splitn(3, ", ").collect::<Vec<_>>().try_into().ok()?;
    Some(Comment {
        room: room.clone(),
        // The same line heard twice, after a reconnect, is the same comment.
        id: format!("{at}-{user}"),
        user: user.to_owned(),
        // The platform's time. Without one a line is broken: arrival places nothing.
        sent_at: WallTime::from_millis(at.parse().ok()?),
        text: text.to_owned(),
        other: serde_json::Map::new(),
    })
}
// ANCHOR_END: source

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    for heard in
        run(b"1760000000000, anna, hello\nno time, bob, hm\n1760000000500, bob, wow, that!\n").await?
    {
        println!("{heard:?}");
    }
    Ok(())
}

// ANCHOR: run
/// All that is heard of what a service sends.
async fn run(sent: &[u8]) -> Result<Vec<Heard>, Box<dyn Error>> {
    let room = RoomId::new("my-room")?;
    let (out, mut heard) = channel(16);
    let listen = async {
        let mut all = Vec::new();
        while let Some(one) = heard.recv().await {
            all.push(one);
        }
        all
    };
    let (done, all) = tokio::join!(lines(sent, &room, out), listen);
    done?;
    Ok(all)
}
// ANCHOR_END: run

#[tokio::test]
async fn lines_are_comments_at_the_services_time_or_broken() {
    let sent = b"1760000000000, anna, hello\nno time, bob, hm\n1760000000500, bob, wow, that!";
    let heard = run(sent).await.unwrap();
    let at = WallTime::from_millis(1_760_000_000_000);
    assert!(matches!(&heard[0], Heard::Comment(one) if one.sent_at == at && one.text == "hello"));
    assert!(matches!(&heard[1], Heard::Broken { line: 2, bytes, .. } if bytes.starts_with(b"no time")));
    assert!(matches!(&heard[2], Heard::Comment(one) if one.text == "wow, that!"));
}

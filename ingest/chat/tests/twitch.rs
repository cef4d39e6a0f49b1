//! The Twitch connector against a server of our own that behaves and misbehaves like theirs.

use std::sync::Arc;
use std::time::Duration;

use kairos_chat::{ChatState, Counts, Heard, Secret, TwitchOptions, twitch};
use kairos_timeline::{GiftKind, RoomId};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::timeout;

struct Peer {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

impl Peer {
    async fn accept(listener: &TcpListener) -> Self {
        let (stream, _) =
            timeout(Duration::from_secs(5), listener.accept()).await.expect("a client").expect("it works");
        let (reader, writer) = TcpStream::into_split(stream);
        Self { reader: BufReader::new(reader), writer }
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        let read = timeout(Duration::from_secs(5), self.reader.read_line(&mut line)).await.expect("a line");
        assert!(read.expect("it works") > 0, "the client is gone");
        line.trim_end().to_owned()
    }

    async fn say(&mut self, lines: &str) {
        self.writer.write_all(lines.replace('\n', "\r\n").as_bytes()).await.expect("it works");
    }

    /// Until the client has joined; what it said.
    async fn welcome(&mut self) -> Vec<String> {
        let mut said = Vec::new();
        loop {
            let line = self.line().await;
            let nick = line.starts_with("NICK");
            said.push(line);
            if nick {
                self.say(":tmi.twitch.tv CAP * ACK :twitch.tv/tags twitch.tv/commands\n").await;
                self.say(":tmi.twitch.tv 001 me :Welcome, GLHF!\n:tmi.twitch.tv 376 me :>\n").await;
                said.push(self.line().await);
                return said;
            }
        }
    }
}

async fn start(change: impl FnOnce(&mut TwitchOptions)) -> (TcpListener, Receiver<Heard>, Arc<Counts>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("it works");
    let mut options = TwitchOptions {
        server: format!("irc://{}", listener.local_addr().expect("it works")),
        channels: [("somebody".to_owned(), RoomId::new("room-1").expect("it works"))].into(),
        silent_after_ms: 300,
        connect_timeout_ms: 2_000,
        backoff_min_ms: 20,
        backoff_max_ms: 100,
        ..TwitchOptions::default()
    };
    change(&mut options);
    options.check().expect("it works");
    let (out, heard) = channel(64);
    let counts = Arc::new(Counts::default());
    tokio::spawn(twitch(options, out, counts.clone()));
    (listener, heard, counts)
}

async fn next(heard: &mut Receiver<Heard>) -> Heard {
    timeout(Duration::from_secs(5), heard.recv()).await.expect("in time").expect("the connector runs")
}

async fn next_event(heard: &mut Receiver<Heard>) -> Heard {
    loop {
        match next(heard).await {
            Heard::State { .. } => {}
            event => return event,
        }
    }
}

async fn until_state(heard: &mut Receiver<Heard>, wanted: impl Fn(&ChatState, &str) -> bool) {
    loop {
        if let Heard::State { state, why, .. } = next(heard).await
            && wanted(&state, &why)
        {
            return;
        }
    }
}

const TAGS: &str = "display-name=Ann;id=11-22;tmi-sent-ts=1700000000123;user-id=7";

#[tokio::test]
async fn messages_bits_and_subscriptions_become_comments_and_gifts() {
    let (listener, mut heard, counts) = start(|_| {}).await;
    let mut server = Peer::accept(&listener).await;
    let said = server.welcome().await;
    assert!(said.iter().any(|line| line == "CAP REQ :twitch.tv/tags twitch.tv/commands"), "{said:?}");
    assert!(said.iter().any(|line| line.starts_with("NICK justinfan")), "anonymous: {said:?}");
    assert_eq!(said.last().unwrap(), "JOIN #somebody");

    server.say(&format!("@{TAGS} :ann!ann@ann.tmi.twitch.tv PRIVMSG #somebody :what a play: wow\n")).await;
    let Heard::Comment(comment) = next_event(&mut heard).await else { panic!("a comment") };
    assert_eq!((comment.room.as_str(), comment.id.as_str(), comment.user.as_str()), ("room-1", "11-22", "7"));
    assert_eq!(
        (comment.text.as_str(), comment.sent_at.as_micros()),
        ("what a play: wow", 1_700_000_000_123_000)
    );

    server.say(&format!("@bits=250;{TAGS} :ann!a@a PRIVMSG #Somebody :cheer250\n")).await;
    let Heard::Gift(bits) = next_event(&mut heard).await else { panic!("a gift") };
    assert_eq!((bits.name.as_str(), bits.count, bits.value), ("bits", 250, 2.5));

    server
        .say(&format!("@msg-id=resub;msg-param-sub-plan=1000;login=ann;{TAGS} :tmi.twitch.tv USERNOTICE #somebody :again\n"))
        .await;
    let Heard::Gift(sub) = next_event(&mut heard).await else { panic!("a gift") };
    assert_eq!((sub.kind, sub.text.as_str()), (GiftKind::Membership, "again"));

    // Removed messages stay, other channels and joins say nothing, and a message without a time is broken.
    server
        .say(&format!(
            "@login=ann :tmi.twitch.tv CLEARMSG #somebody :x\n:tmi.twitch.tv CLEARCHAT #somebody :ann\n\
             @{TAGS} :ann!a@a PRIVMSG #elsewhere :not ours\n:ann!a@a JOIN #somebody\n\
             :ann!a@a PRIVMSG #somebody :no time\n"
        ))
        .await;
    let Heard::Broken { room, why, bytes, .. } = next_event(&mut heard).await else { panic!("broken") };
    assert_eq!((room, why.as_str()), (RoomId::new("room-1").ok(), "missing or unreadable field tmi-sent-ts"));
    assert_eq!(&bytes[..], b":ann!a@a PRIVMSG #somebody :no time");
    let counts = counts.snapshot();
    assert_eq!((counts.comments, counts.gifts, counts.broken, counts.removed), (1, 2, 1, 2));
    assert!(counts.ignored >= 3, "{counts:?}");
}

#[tokio::test]
async fn a_ping_is_answered_and_silence_is_asked_about() {
    let (listener, mut heard, _) = start(|_| {}).await;
    let mut server = Peer::accept(&listener).await;
    server.welcome().await;
    server.say("PING :tmi.twitch.tv\n").await;
    assert_eq!(server.line().await, "PONG :tmi.twitch.tv");
    assert_eq!(server.line().await, "PING :kairos", "nothing came for a while");
    server.say(":tmi.twitch.tv PONG tmi.twitch.tv :kairos\n").await;
    assert_eq!(server.line().await, "PING :kairos", "it lives, and is asked again later");
    // Now it is dead: connected, and answering nothing.
    until_state(&mut heard, |state, _| *state == ChatState::Silent).await;
    until_state(&mut heard, |state, _| matches!(state, ChatState::Reconnecting { .. })).await;
    let mut again = Peer::accept(&listener).await;
    again.welcome().await;
    until_state(&mut heard, |state, _| *state == ChatState::Live).await;
}

#[tokio::test]
async fn a_lost_connection_is_made_again_and_joins_again() {
    let (listener, mut heard, counts) = start(|_| {}).await;
    for round in 0..3 {
        let mut server = Peer::accept(&listener).await;
        assert_eq!(server.welcome().await.last().unwrap(), "JOIN #somebody");
        server.say(&format!("@{TAGS} :ann!a@a PRIVMSG #somebody :round {round}\n")).await;
        let Heard::Comment(comment) = next_event(&mut heard).await else { panic!("a comment") };
        assert_eq!(comment.text, format!("round {round}"));
        if round == 1 {
            server.say(":tmi.twitch.tv RECONNECT\n").await;
            until_state(&mut heard, |_, why| why.contains("asks to connect again")).await;
        }
    }
    assert!(counts.snapshot().reconnects >= 2);
}

#[tokio::test]
async fn a_refused_login_is_not_tried_again_and_shows_no_token() {
    let (listener, mut heard, _) = start(|options| {
        options.nick = "Somebody".to_owned();
        options.token = Some(Secret::new("s3cret"));
    })
    .await;
    let mut server = Peer::accept(&listener).await;
    let mut said = Vec::new();
    while said.len() < 3 {
        said.push(server.line().await);
    }
    assert_eq!(said[1..], ["PASS oauth:s3cret", "NICK somebody"]);
    server.say(":tmi.twitch.tv NOTICE * :Login authentication failed\n").await;
    until_state(&mut heard, |state, why| {
        assert!(!why.contains("s3cret"));
        *state == ChatState::Refused
    })
    .await;
    assert_eq!(timeout(Duration::from_secs(5), heard.recv()).await.unwrap(), None, "the connector is over");
}

#[tokio::test]
async fn garbage_and_endless_lines_are_broken_and_the_next_line_is_read() {
    let (listener, mut heard, _) = start(|options| options.lines.line_bytes = 9_000).await;
    let mut server = Peer::accept(&listener).await;
    server.welcome().await;
    server.writer.write_all(&vec![b'x'; 100_000]).await.unwrap();
    server.say(&format!("\n@{TAGS} :ann!a@a PRIVMSG #somebody :after\n")).await;
    let Heard::Broken { bytes, .. } = next_event(&mut heard).await else { panic!("broken") };
    assert!(bytes.len() <= 9_001);
    let Heard::Comment(comment) = next_event(&mut heard).await else { panic!("a comment") };
    assert_eq!(comment.text, "after");
}

#[tokio::test]
async fn the_connector_ends_when_nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = TwitchOptions {
        server: format!("irc://{}", listener.local_addr().unwrap()),
        channels: [("somebody".to_owned(), RoomId::new("room-1").unwrap())].into(),
        ..TwitchOptions::default()
    };
    let (out, heard) = channel(4);
    let running = tokio::spawn(twitch(options, out, Arc::default()));
    let mut server = Peer::accept(&listener).await;
    server.welcome().await;
    drop(heard);
    timeout(Duration::from_secs(2), running).await.expect("it ends").unwrap();
}

//! WebSocket and HTTP against real sockets on loopback.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use kairos_chat::{ChatState, Counts, Heard, HttpOptions, Secret, WebSocketOptions, router, websocket};
use kairos_timeline::RoomId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

async fn next(heard: &mut Receiver<Heard>) -> Heard {
    timeout(Duration::from_secs(5), heard.recv()).await.expect("in time").expect("the connector runs")
}

const COMMENT: &str = r#"{"room":"r","user":"u","sent_at":5,"text":"hi"}"#;

#[tokio::test]
async fn json_lines_over_a_websocket_become_events_across_connections() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = WebSocketOptions {
        url: Secret::new(format!("ws://{}/events?key=s3cret", listener.local_addr().unwrap())),
        token: Some(Secret::new("t0ken")),
        silent_after_ms: 200,
        connect_timeout_ms: 2_000,
        backoff_min_ms: 20,
        backoff_max_ms: 50,
        ..WebSocketOptions::default()
    };
    options.check().unwrap();
    let (out, mut heard) = channel(64);
    let counts = Arc::new(Counts::default());
    tokio::spawn(websocket(options, out, counts.clone()));
    let (mut silent, mut comments, mut broken) = (false, 0, 0);
    for round in 0..2 {
        let (stream, _) =
            timeout(Duration::from_secs(5), listener.accept()).await.expect("a client").unwrap();
        #[allow(clippy::result_large_err, reason = "the type is the library's")]
        let check = |request: &Request, response: Response| {
            assert_eq!(request.headers().get("authorization").expect("a token"), "Bearer t0ken");
            Ok(response)
        };
        let mut socket = tokio_tungstenite::accept_hdr_async(stream, check).await.unwrap();
        socket.send(Message::text(format!("{COMMENT}\nno json\n{COMMENT}"))).await.unwrap();
        if round == 0 {
            // Answering pings keeps it; then it plays dead.
            let asked = timeout(Duration::from_secs(5), socket.next()).await.expect("a ping");
            assert!(matches!(asked, Some(Ok(Message::Ping(_)))));
        }
        loop {
            match next(&mut heard).await {
                Heard::Comment(_) => comments += 1,
                Heard::Broken { why, bytes, .. } => {
                    broken += 1;
                    assert!(why.starts_with("no JSON object") && &bytes[..] == b"no json");
                }
                Heard::State { connector, state, why } => {
                    assert!(!format!("{connector} {why}").contains("s3cret"));
                    silent |= state == ChatState::Silent;
                    if matches!(state, ChatState::Reconnecting { .. }) {
                        break;
                    }
                }
                other => panic!("{other:?}"),
            }
            if round == 1 && comments == 4 {
                break;
            }
        }
    }
    assert!(silent, "a dead peer was noticed");
    assert_eq!((comments, broken, counts.snapshot().reconnects), (4, 2, 1));
}

/// Status and body of a `POST`.
async fn post(address: std::net::SocketAddr, path: &str, token: Option<&str>, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.expect("it works");
    let token = token.map_or(String::new(), |token| format!("authorization: Bearer {token}\r\n"));
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{token}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    // A refused body may be refused before it was sent.
    drop(stream.write_all(head.as_bytes()).await);
    let mut answer = Vec::new();
    drop(timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await.expect("an answer"));
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, answer.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned()))
}

async fn serve(
    options: HttpOptions,
    capacity: usize,
) -> (std::net::SocketAddr, Receiver<Heard>, Arc<Counts>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("it works");
    let address = listener.local_addr().expect("it works");
    let (out, heard) = channel(capacity);
    let counts = Arc::new(Counts::default());
    let app = router(options, out, counts.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, heard, counts)
}

#[tokio::test]
async fn posted_events_are_taken_in_every_form() {
    let (address, mut heard, counts) = serve(HttpOptions::default(), 64).await;
    for (path, body, answer) in [
        ("/events", COMMENT.to_owned(), r#"{"broken":0,"taken":1}"#),
        ("/events", format!("[{COMMENT},{COMMENT},7]"), r#"{"broken":1,"taken":2}"#),
        ("/events", format!("{COMMENT}\r\n\r\nno json\n{COMMENT}\n"), r#"{"broken":1,"taken":2}"#),
        (
            "/rooms/q/events",
            r#"{"user":"u","sent_at":5,"text":"hi"}"#.to_owned(),
            r#"{"broken":0,"taken":1}"#,
        ),
    ] {
        assert_eq!(post(address, path, None, &body).await, (202, answer.to_owned()), "{body}");
    }
    let mut rooms = Vec::new();
    while let Ok(event) = heard.try_recv() {
        match event {
            Heard::Comment(comment) => rooms.push(comment.room.to_string()),
            Heard::Broken { why, .. } => assert!(why.starts_with("no JSON object"), "{why}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(rooms, ["r", "r", "r", "r", "r", "q"]);
    assert_eq!((counts.snapshot().comments, counts.snapshot().broken), (6, 2));
    assert_eq!(post(address, "/events", None, " \n").await.0, 400);
    assert_eq!(post(address, "/rooms/a%2Fb/events", None, COMMENT).await.0, 400);
}

#[tokio::test]
async fn tokens_sizes_and_slow_readers_are_minded() {
    let options = HttpOptions {
        token: Some(Secret::new("t0ken")),
        body_bytes: 2_000,
        wait_ms: 50,
        ..HttpOptions::default()
    };
    let (address, mut heard, _) = serve(options, 2).await;
    assert_eq!(post(address, "/events", None, COMMENT).await.0, 401);
    assert_eq!(post(address, "/events", Some("t0keN"), COMMENT).await.0, 401);
    assert_eq!(post(address, "/events", Some("t0ken"), &"x".repeat(3_000)).await.0, 413);
    let three = format!("{COMMENT}\n{COMMENT}\n{COMMENT}");
    assert_eq!(post(address, "/events", Some("t0ken"), &three).await.0, 413, "more than the reader can hold");
    assert_eq!(post(address, "/events", Some("t0ken"), COMMENT).await.0, 202);
    let two = format!("{COMMENT}\n{COMMENT}");
    assert_eq!(
        post(address, "/events", Some("t0ken"), &two).await.0,
        503,
        "no space for both: none is taken"
    );
    assert!(
        matches!(next(&mut heard).await, Heard::Comment(comment) if comment.room == RoomId::new("r").unwrap())
    );
    assert_eq!(post(address, "/events", Some("t0ken"), &two).await.0, 202);
}

//! A server that plays the clip to whoever asks, at its own speed, and ends the stream.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use rml_rtmp::handshake::{Handshake, HandshakeProcessResult, PeerType};
use rml_rtmp::sessions::{ServerSession, ServerSessionConfig, ServerSessionEvent, ServerSessionResult};
use rml_rtmp::time::RtmpTimestamp;

use crate::support::{clip, ffmpeg};

/// Type, milliseconds and payload of each tag.
fn tags() -> Vec<(u8, u32, Vec<u8>)> {
    let dir = tempfile::tempdir().expect("a folder");
    ffmpeg(dir.path(), &format!("-i {} -c copy clip.flv", clip().display()));
    let bytes = std::fs::read(dir.path().join("clip.flv")).expect("ffmpeg wrote it");
    let mut tags = Vec::new();
    let mut rest = &bytes[13..];
    while let [kind, a, b, c, t1, t2, t3, t0, _, _, _, body @ ..] = rest {
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        tags.push((*kind, u32::from_be_bytes([*t0, *t1, *t2, *t3]), body[..length].to_vec()));
        rest = &body[length + 4..];
    }
    tags
}

/// Serves one client on a loopback port.
pub fn play_clip(port: u16) {
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a client");
        serve(stream);
    });
}

fn serve(mut stream: TcpStream) {
    let mut handshake = Handshake::new(PeerType::Server);
    let mut buffer = vec![0; 8 << 10];
    let rest = loop {
        let read = stream.read(&mut buffer).expect("a handshake");
        match handshake.process_bytes(&buffer[..read]).expect("a handshake") {
            HandshakeProcessResult::InProgress { response_bytes } => {
                stream.write_all(&response_bytes).expect("it works")
            }
            HandshakeProcessResult::Completed { response_bytes, remaining_bytes } => {
                stream.write_all(&response_bytes).expect("it works");
                break remaining_bytes;
            }
        }
    };
    let (mut session, mut results) = ServerSession::new(ServerSessionConfig::new()).expect("a session");
    results.extend(session.handle_input(&rest).expect("rtmp"));
    let player = loop {
        let mut player = None;
        for result in std::mem::take(&mut results) {
            let request = match result {
                ServerSessionResult::OutboundResponse(packet) => {
                    stream.write_all(&packet.bytes).expect("it works");
                    continue;
                }
                ServerSessionResult::RaisedEvent(ServerSessionEvent::ConnectionRequested {
                    request_id,
                    ..
                }) => request_id,
                ServerSessionResult::RaisedEvent(ServerSessionEvent::PlayStreamRequested {
                    request_id,
                    stream_id,
                    ..
                }) => {
                    player = Some(stream_id);
                    request_id
                }
                _ => continue,
            };
            results.extend(session.accept_request(request).expect("a request"));
        }
        if !results.is_empty() {
            for result in std::mem::take(&mut results) {
                if let ServerSessionResult::OutboundResponse(packet) = result {
                    stream.write_all(&packet.bytes).expect("it works");
                }
            }
        }
        if let Some(player) = player {
            break player;
        }
        let read = stream.read(&mut buffer).expect("a client");
        assert!(read > 0, "the client went");
        results = session.handle_input(&buffer[..read]).expect("rtmp");
    };
    let begun = Instant::now();
    for (kind, millis, payload) in tags() {
        let due = Duration::from_millis(u64::from(millis));
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
        let at = RtmpTimestamp::new(millis);
        let packet = match kind {
            8 => session.send_audio_data(player, payload.into(), at, false),
            9 => session.send_video_data(player, payload.into(), at, false),
            _ => continue,
        };
        stream.write_all(&packet.expect("a packet").bytes).expect("it works");
    }
    let end = session.finish_playing(player).expect("a packet");
    stream.write_all(&end.bytes).expect("it works");
    // The client closes when it has understood.
    drop(stream.set_read_timeout(Some(Duration::from_secs(3))));
    while stream.read(&mut buffer).is_ok_and(|read| read > 0) {}
}

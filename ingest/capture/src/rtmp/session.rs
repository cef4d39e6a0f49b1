//! One connection of a sender: handshake, which room, then its pictures and sound, with a deadline on every wait.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use rml_rtmp::handshake::{Handshake, HandshakeProcessResult, PeerType};
use rml_rtmp::sessions::{ServerSession, ServerSessionConfig, ServerSessionEvent, ServerSessionResult};

use super::flv::{self, Tag};
use super::{Listener, Offer};
use crate::clock;
use crate::pipeline::Feed;

/// How often a waiting connection looks whether it is still wanted.
const TICK: Duration = Duration::from_millis(200);
/// How long a sender may take until it publishes, and a room to take it.
const GREETING: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(5);
/// A peer that takes none of our answers for this long is dead.
const WRITE: Duration = Duration::from_secs(5);

struct Session<'a> {
    stream: TcpStream,
    peer: SocketAddr,
    listener: &'a Listener,
    rtmp: ServerSession,
    feed: Option<Feed>,
    done: bool,
}

/// Serves a sender until it or its room is done. The error tells why without the stream key.
pub(super) fn serve(stream: TcpStream, peer: SocketAddr, listener: &Listener) -> Result<(), String> {
    let io = |error: std::io::Error| error.to_string();
    stream.set_nonblocking(false).map_err(io)?;
    stream.set_nodelay(true).map_err(io)?;
    stream.set_read_timeout(Some(TICK)).map_err(io)?;
    stream.set_write_timeout(Some(WRITE)).map_err(io)?;
    let deadline = clock::now() + GREETING;
    let mut stream = stream;
    let first = handshake(&mut stream, listener, deadline)?;
    let (rtmp, results) =
        ServerSession::new(ServerSessionConfig::new()).map_err(|error| error.to_string())?;
    let mut session = Session { stream, peer, listener, rtmp, feed: None, done: false };
    let result =
        session.handle(results).and_then(|()| session.input(&first)).and_then(|()| session.run(deadline));
    if let Some(feed) = &session.feed {
        match (&result, session.done) {
            (Ok(()), true) => feed.end(),
            (Ok(()), false) => feed.lose("the sender closed the connection"),
            (Err(problem), _) => feed.lose(problem),
        }
    }
    result
}

/// Reads something; `None` when nothing came within a tick.
fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<Option<usize>, String> {
    match stream.read(buffer) {
        Ok(read) => Ok(Some(read)),
        Err(error) if is_nothing(error.kind()) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// Time went by, or a signal came in between: no reason to lose a sender.
fn is_nothing(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

fn handshake(stream: &mut TcpStream, listener: &Listener, deadline: Instant) -> Result<Vec<u8>, String> {
    let mut handshake = Handshake::new(PeerType::Server);
    let mut buffer = vec![0; 8 << 10];
    loop {
        let read = read(stream, &mut buffer)?;
        if clock::now() > deadline || listener.closed.load(Ordering::Relaxed) {
            return Err("no rtmp handshake in time".to_owned());
        }
        let Some(read) = read else { continue };
        if read == 0 {
            return Err("closed during the rtmp handshake".to_owned());
        }
        let heard = buffer.get(..read).unwrap_or_default();
        let (answer, rest) = match handshake.process_bytes(heard) {
            Ok(HandshakeProcessResult::InProgress { response_bytes }) => (response_bytes, None),
            Ok(HandshakeProcessResult::Completed { response_bytes, remaining_bytes }) => {
                (response_bytes, Some(remaining_bytes))
            }
            Err(error) => return Err(format!("no rtmp: {error}")),
        };
        stream.write_all(&answer).map_err(|error| error.to_string())?;
        if let Some(rest) = rest {
            return Ok(rest);
        }
    }
}

impl Session<'_> {
    fn run(&mut self, deadline: Instant) -> Result<(), String> {
        let mut buffer = vec![0; 64 << 10];
        while !self.done {
            let read = read(&mut self.stream, &mut buffer)?;
            if self.listener.closed.load(Ordering::Relaxed) {
                return Err("the listener was closed".to_owned());
            }
            match &self.feed {
                Some(feed) if feed.is_over() => return Err("the room is done with it".to_owned()),
                None if clock::now() > deadline => return Err("publishes nothing".to_owned()),
                _ => {}
            }
            match read {
                Some(0) => return Ok(()),
                Some(read) => self.input(buffer.get(..read).unwrap_or_default())?,
                None => {}
            }
        }
        Ok(())
    }

    fn input(&mut self, bytes: &[u8]) -> Result<(), String> {
        let results = self.rtmp.handle_input(bytes).map_err(|error| format!("broken rtmp: {error}"))?;
        self.handle(results)
    }

    fn handle(&mut self, results: Vec<ServerSessionResult>) -> Result<(), String> {
        for result in results {
            match result {
                ServerSessionResult::OutboundResponse(packet) => {
                    self.stream.write_all(&packet.bytes).map_err(|error| error.to_string())?;
                }
                ServerSessionResult::RaisedEvent(event) => self.event(event)?,
                ServerSessionResult::UnhandleableMessageReceived(_) => {}
            }
        }
        Ok(())
    }

    fn event(&mut self, event: ServerSessionEvent) -> Result<(), String> {
        match event {
            ServerSessionEvent::ConnectionRequested { request_id, app_name } => {
                match self.listener.has_app(bare(&app_name)) {
                    true => self.accept(request_id),
                    false => self.refuse(request_id, "NetConnection.Connect.Rejected", "no such application"),
                }
            }
            ServerSessionEvent::ReleaseStreamRequested { request_id, .. } => self.accept(request_id),
            ServerSessionEvent::PublishStreamRequested { request_id, app_name, stream_key, .. } => {
                match self.publish(bare(&app_name), bare(&stream_key)) {
                    Ok(feed) => {
                        self.feed = Some(feed);
                        self.accept(request_id)
                    }
                    Err(why) => self.refuse(request_id, "NetStream.Publish.BadName", &why),
                }
            }
            ServerSessionEvent::PlayStreamRequested { request_id, .. } => {
                self.refuse(request_id, "NetStream.Play.Failed", "this listener only receives")
            }
            ServerSessionEvent::VideoDataReceived { data, .. } if flv::is_extended(&data) => {
                Err("pictures in a codec of enhanced rtmp, which is not supported: send H.264".to_owned())
            }
            ServerSessionEvent::VideoDataReceived { data, timestamp, .. } => {
                self.media(Tag::Video, timestamp.value, &data)
            }
            ServerSessionEvent::AudioDataReceived { data, timestamp, .. } => {
                self.media(Tag::Audio, timestamp.value, &data)
            }
            ServerSessionEvent::PublishStreamFinished { .. } => {
                self.done = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn publish(&self, app: &str, key: &str) -> Result<Feed, String> {
        if self.feed.is_some() {
            return Err("one stream a connection".to_owned());
        }
        let (room, offers) = self.listener.offers(app, key)?;
        let (answer, feed) = sync_channel(1);
        offers.send(Offer { peer: self.peer, answer }).map_err(|_gone| format!("room {room} is over"))?;
        let feed = feed.recv_timeout(ANSWER).map_err(|error| match error {
            // A room that has a sender does not look at offers.
            RecvTimeoutError::Timeout => format!("room {room} has a sender already"),
            RecvTimeoutError::Disconnected => format!("room {room} can't take a sender"),
        })?;
        feed.push(flv::HEADER.to_vec());
        Ok(feed)
    }

    fn media(&self, kind: Tag, millis: u32, data: &[u8]) -> Result<(), String> {
        let (Some(feed), Some(tag)) = (&self.feed, flv::tag(kind, millis, data)) else { return Ok(()) };
        if feed.push(tag) { Ok(()) } else { Err("the room is done with it".to_owned()) }
    }

    fn accept(&mut self, request: u32) -> Result<(), String> {
        let results = self.rtmp.accept_request(request).map_err(|error| error.to_string())?;
        self.handle(results)
    }

    fn refuse(&mut self, request: u32, code: &str, why: &str) -> Result<(), String> {
        let results = self.rtmp.reject_request(request, code, why).map_err(|error| error.to_string())?;
        self.handle(results)?;
        Err(why.to_owned())
    }
}

/// An application or key without what some senders put behind it.
fn bare(name: &str) -> &str {
    name.split('?').next().unwrap_or_default().trim_matches('/')
}

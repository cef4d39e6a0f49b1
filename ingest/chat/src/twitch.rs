//! Twitch chat over IRC: anonymous or with a token, one connection for any number of channels.
//!
//! Messages are comments, bits and subscriptions are gifts. What moderators remove was said all the same: it stays, and
//! the removal is counted. The server's time of each message is its time.

use std::sync::Arc;
use std::time::Duration;

use irc_proto::{Command, Message, Response};
use kairos_timeline::RoomId;
use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, timeout, timeout_at};

use crate::backoff::{Ended, Keeper};
use crate::clock;
use crate::counts::Counts;
use crate::heard::{ChatState, Heard};
use crate::line::Line;
use crate::options::TwitchOptions;
use crate::wire::{Came, Wire, shown};

/// Twitch takes twenty joins in ten seconds.
const JOINS: usize = 20;
const JOIN_PAUSE: Duration = Duration::from_millis(10_500);

/// Reads chats until nobody listens to `out`, or the server refuses the login.
pub async fn twitch(options: TwitchOptions, out: Sender<Heard>, counts: Arc<Counts>) {
    let keeper = Keeper {
        connector: format!("twitch {}", shown(&options.server)),
        min_ms: options.backoff_min_ms,
        max_ms: options.backoff_max_ms,
        out: &out,
        counts: &counts,
    };
    keeper.keep(|| session(&options, &keeper)).await;
}

async fn session(options: &TwitchOptions, keeper: &Keeper<'_>) -> Ended {
    let limit = Duration::from_millis(options.connect_timeout_ms);
    let lost = |why: String| Ended::Lost { why, lived: false };
    let mut wire = match timeout(limit, Wire::connect(&options.server, None, options.lines.line_bytes)).await
    {
        Ok(Ok(wire)) => wire,
        Ok(Err(why)) => return lost(why),
        Err(_elapsed) => return lost("no connection in time".to_owned()),
    };
    match timeout(limit, greet(&mut wire, options)).await {
        Ok(Ok(())) => {}
        Ok(Err(why)) => return lost(why),
        Err(_elapsed) => return lost("the server takes no greeting".to_owned()),
    }
    let channels: Vec<&str> = options.channels.keys().map(String::as_str).collect();
    let silent = Duration::from_millis(options.silent_after_ms);
    let now = clock::now();
    let mut session = Session {
        options,
        keeper,
        wire,
        joins: channels
            .chunks(JOINS)
            .map(|names| names.iter().map(|name| format!("#{name}")).collect())
            .collect(),
        next_join: now,
        heard_at: now,
        asked: false,
        welcome_by: now + limit,
        welcome: false,
        number: 0,
        silent,
    };
    session.joins.reverse();
    match session.run().await {
        Ok(never) => match never {},
        Err(ended) => ended,
    }
}

async fn greet(wire: &mut Wire, options: &TwitchOptions) -> Result<(), String> {
    wire.send("CAP REQ :twitch.tv/tags twitch.tv/commands").await?;
    if let Some(token) = &options.token {
        let token = token.reveal();
        let prefix = if token.starts_with("oauth:") { "" } else { "oauth:" };
        wire.send(&format!("PASS {prefix}{token}")).await?;
        return wire.send(&format!("NICK {}", options.nick.to_ascii_lowercase())).await;
    }
    // Anonymous readers are called so, with any number behind.
    wire.send("NICK justinfan71943").await
}

struct Session<'a> {
    options: &'a TwitchOptions,
    keeper: &'a Keeper<'a>,
    wire: Wire,
    /// Channels still to be joined, the next ones last.
    joins: Vec<Vec<String>>,
    next_join: Instant,
    heard_at: Instant,
    /// The server was asked whether it lives.
    asked: bool,
    welcome_by: Instant,
    welcome: bool,
    number: u64,
    silent: Duration,
}

impl Session<'_> {
    fn lost(&self, why: impl Into<String>) -> Ended {
        Ended::Lost { why: why.into(), lived: self.welcome }
    }

    async fn send(&mut self, line: &str) -> Result<(), Ended> {
        match timeout(self.silent, self.wire.send(line)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(self.lost(why)),
            Err(_elapsed) => Err(self.lost("the server takes no line")),
        }
    }

    async fn run(&mut self) -> Result<std::convert::Infallible, Ended> {
        loop {
            self.join().await?;
            let patience = self.heard_at + if self.asked { self.silent * 2 } else { self.silent };
            let mut wake = if self.welcome { patience } else { self.welcome_by };
            if self.welcome && !self.joins.is_empty() {
                wake = wake.min(self.next_join);
            }
            let next = tokio::select! {
                next = timeout_at(wake, self.wire.next()) => next,
                () = self.keeper.out.closed() => return Err(Ended::Unheard),
            };
            match next {
                Ok(Ok(Came::Line(line))) => {
                    self.heard_at = clock::now();
                    self.asked = false;
                    self.take(&line).await?;
                }
                Ok(Ok(Came::Alive)) => self.heard_at = clock::now(),
                Ok(Ok(Came::Closed)) => return Err(self.lost("the server closed the connection")),
                Ok(Err(why)) => return Err(self.lost(why)),
                Err(_elapsed) if !self.welcome => return Err(self.lost("no welcome in time")),
                Err(_elapsed) => self.silence().await?,
            }
        }
    }

    async fn join(&mut self) -> Result<(), Ended> {
        if !self.welcome || clock::now() < self.next_join {
            return Ok(());
        }
        let Some(names) = self.joins.pop() else { return Ok(()) };
        self.next_join = clock::now() + JOIN_PAUSE;
        self.send(&format!("JOIN {}", names.join(","))).await
    }

    async fn silence(&mut self) -> Result<(), Ended> {
        let quiet = clock::now() - self.heard_at;
        if quiet >= self.silent * 2 {
            if !self.keeper.tell(ChatState::Silent, "connected, but the server answers nothing").await {
                return Err(Ended::Unheard);
            }
            return Err(self.lost(format!("nothing came for {:.1} s", quiet.as_secs_f64())));
        }
        if quiet >= self.silent && !self.asked {
            self.asked = true;
            self.send("PING :kairos").await?;
        }
        Ok(())
    }

    async fn take(&mut self, line: &[u8]) -> Result<(), Ended> {
        self.number += 1;
        let text = String::from_utf8_lossy(line);
        let options = &self.options.lines;
        let unread = Line { bytes: line, number: self.number, room: None };
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        let message = match text.parse::<Message>() {
            Ok(message) if line.len() <= options.line_bytes => message,
            Ok(_) => return self.pass(unread.broken("line too long", options)).await,
            Err(error) => return self.pass(unread.broken(error.to_string(), options)).await,
        };
        match message.command {
            Command::PING(server, _) => self.send(&format!("PONG :{server}")).await,
            Command::Response(Response::RPL_WELCOME, _) => {
                self.welcome = true;
                let said = self.keeper.tell(ChatState::Live, "").await;
                if said { Ok(()) } else { Err(Ended::Unheard) }
            }
            Command::NOTICE(_, text) if !self.welcome && is_refusal(&text) => Err(Ended::Refused(text)),
            Command::PRIVMSG(channel, _) => self.event(line, &channel).await,
            Command::Raw(command, arguments) => match (command.as_str(), arguments.first()) {
                ("USERNOTICE", Some(channel)) => self.event(line, &channel.clone()).await,
                ("CLEARCHAT" | "CLEARMSG", _) => {
                    self.keeper.counts.removed();
                    Ok(())
                }
                ("RECONNECT", _) => Err(self.lost("the server asks to connect again")),
                _ => {
                    self.keeper.counts.ignored();
                    Ok(())
                }
            },
            _ => {
                self.keeper.counts.ignored();
                Ok(())
            }
        }
    }

    fn room(&self, channel: &str) -> Option<&RoomId> {
        let name = channel.strip_prefix('#')?;
        self.options.channels.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, room)| room)
    }

    async fn event(&mut self, line: &[u8], channel: &str) -> Result<(), Ended> {
        let heard = self.room(channel).and_then(|room| {
            let line = Line { bytes: line, number: self.number, room: Some(room) };
            line.irc(room, &self.options.lines)
        });
        match heard {
            Some(heard) => self.pass(heard).await,
            None => {
                self.keeper.counts.ignored();
                Ok(())
            }
        }
    }

    async fn pass(&self, heard: Heard) -> Result<(), Ended> {
        if self.keeper.pass(heard).await { Ok(()) } else { Err(Ended::Unheard) }
    }
}

/// What the server says to a login that will never work.
fn is_refusal(notice: &str) -> bool {
    ["authentication failed", "improperly formatted", "login unsuccessful", "invalid nick"]
        .iter()
        .any(|known| notice.to_ascii_lowercase().contains(known))
}

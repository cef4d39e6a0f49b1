//! Twitch chat as text: `[2017-11-30 02:46:33 UTC] user: message` as OverRustle kept it, or raw IRC lines with IRCv3
//! tags, with or without such a time in front.
//!
//! A hundred bits are one dollar. `submysterygift` only announces the single `subgift` lines that follow.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use kairos_timeline::{GiftKind, WallTime};
use rust_decimal::Decimal;

use super::{ChatFormat, FormatName};
use crate::chat::draft::{Collector, Draft, SkipReason};
use crate::chat::lines::{Line, for_each_line};
use crate::chat::money;
use crate::chat::stamp::{parse_time, unix_time};

/// The reader.
pub struct TwitchIrc;

impl ChatFormat for TwitchIrc {
    fn name(&self) -> FormatName {
        FormatName::TwitchIrc
    }

    fn recognises(&self, head: &str) -> bool {
        head.lines().take(100).any(|line| matches!(message(0, line), Ok(Some(_))))
    }

    fn read(&self, input: &mut dyn BufRead, out: &mut Collector) -> io::Result<()> {
        for_each_line(input, |number, line| match line {
            Line::TooLong => out.skip(number, SkipReason::TooLong),
            Line::Text(line) if line.trim().is_empty() => {}
            Line::Text(line) => match message(number, &line) {
                Ok(Some((channel, draft))) => {
                    out.broadcast.room = out.broadcast.room.take().or(channel);
                    out.take(draft);
                }
                Ok(None) => out.ignore("line that is no message"),
                Err(reason) => out.skip(number, reason),
            },
        })
    }
}

type Message = Option<(Option<String>, Draft)>;

fn message(number: u64, line: &str) -> Result<Message, SkipReason> {
    let line = line.trim_end_matches('\r');
    let stamped = line.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (at, rest) = match stamped {
        Some((time, rest)) => (parse_time(time), rest.strip_prefix(' ').unwrap_or(rest)),
        None => (None, line),
    };
    if rest.starts_with(['@', ':'])
        && let Some(irc) = Irc::parse(rest)
    {
        return irc.draft(number, at);
    }
    let Some(at) = at else {
        let server = ["PING", "CAP", "JOIN", "PART"].iter().any(|word| rest.starts_with(word));
        return if server { Ok(None) } else { Err(SkipReason::Field("time")) };
    };
    let (user, text) =
        rest.split_once(": ").or_else(|| Some((rest.strip_suffix(':')?, ""))).ok_or(SkipReason::Malformed)?;
    if user.is_empty() || user.contains(' ') {
        return Err(SkipReason::Malformed);
    }
    Ok(Some((None, Draft { at: Some(at), ..Draft::comment(number, user, text) })))
}

/// A raw line: `@tags :nick!user@host COMMAND #channel :text`.
struct Irc<'a> {
    tags: BTreeMap<&'a str, String>,
    nick: &'a str,
    command: &'a str,
    channel: &'a str,
    text: &'a str,
}

impl<'a> Irc<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (tags, rest) = match line.strip_prefix('@') {
            Some(rest) => rest.split_once(' ')?,
            None => ("", line),
        };
        let (source, rest) = rest.trim_start().strip_prefix(':')?.split_once(' ')?;
        let (head, text) = rest.split_once(" :").unwrap_or((rest, ""));
        let mut words = head.split_whitespace();
        let (command, channel) = (words.next()?, words.next().unwrap_or(""));
        let tags =
            tags.split(';').filter_map(|tag| tag.split_once('=')).map(|(k, v)| (k, unescape(v))).collect();
        Some(Self { tags, nick: source.split('!').next()?, command, channel, text })
    }

    fn tag(&self, name: &str) -> &str {
        self.tags.get(name).map_or("", String::as_str)
    }

    fn draft(&self, number: u64, stamped: Option<WallTime>) -> Result<Message, SkipReason> {
        let user = [self.tag("user-id"), self.tag("login"), self.nick].into_iter().find(|u| !u.is_empty());
        let user = user.unwrap_or("");
        let subscription = |kind| Draft::gift(number, user, kind, "subscription", 1, None);
        let draft = match (self.command, self.tag("msg-id")) {
            ("PRIVMSG", _) => match self.tag("bits") {
                "" | "0" => Draft::comment(number, user, ""),
                bits => {
                    let bits: u32 = bits.parse().ok().ok_or(SkipReason::Field("bits"))?;
                    let money = money::coins(Decimal::from(bits), 100, "USD");
                    Draft::gift(number, user, GiftKind::Gift, "bits", bits, money)
                }
            },
            ("USERNOTICE", "subgift" | "anonsubgift") => subscription(GiftKind::SubscriptionGift),
            ("USERNOTICE", "sub" | "resub" | "primepaidupgrade" | "giftpaidupgrade") => {
                subscription(GiftKind::Membership)
            }
            _ => return Ok(None),
        };
        let sent = self.tag("tmi-sent-ts").parse().ok().and_then(unix_time);
        let at = Some(sent.or(stamped).ok_or(SkipReason::Field("tmi-sent-ts"))?);
        let id = Some(self.tag("id").to_owned()).filter(|id| !id.is_empty());
        let text = self.text.strip_prefix("\u{1}ACTION ").unwrap_or(self.text).trim_end_matches('\u{1}');
        let name = if self.tag("display-name").is_empty() { self.nick } else { self.tag("display-name") };
        let draft = Draft { at, id, text: text.to_owned(), ..draft };
        let channel = self.channel.strip_prefix('#').map(str::to_owned);
        Ok(Some((channel, draft.with("user_name", name).with("plan", self.tag("msg-param-sub-plan")))))
    }
}

/// Undoes the escapes of IRCv3 tag values.
fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next() {
                Some('s') => ' ',
                Some(':') => ';',
                Some('r') => '\r',
                Some('n') => '\n',
                Some(other) => other,
                None => break,
            },
            c => c,
        });
    }
    out
}

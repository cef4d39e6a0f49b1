//! Lines over TCP or WebSocket, of bounded length.
//!
//! Waiting for a line can be given up at any time without losing a byte of it.

use std::collections::VecDeque;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::secret::Secret;

/// What came.
#[derive(Debug)]
pub(crate) enum Came {
    Line(Vec<u8>),
    /// A sign of life without content.
    Alive,
    Closed,
}

enum Transport {
    Plain { reader: BufReader<OwnedReadHalf>, writer: OwnedWriteHalf },
    Socket(Box<WebSocketStream<MaybeTlsStream<TcpStream>>>),
}

/// A connection.
pub(crate) struct Wire {
    transport: Transport,
    /// Of plain lines: what has come of one.
    begun: Vec<u8>,
    /// Of messages with several lines: the rest.
    waiting: VecDeque<Vec<u8>>,
    longest: usize,
}

/// An address as it may be shown: without path, query, user and password.
pub(crate) fn shown(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}")
}

impl Wire {
    /// Connects; lines of more than `longest` bytes are cut.
    pub(crate) async fn connect(
        address: &str,
        token: Option<&Secret>,
        longest: usize,
    ) -> Result<Self, String> {
        let transport = match address.strip_prefix("irc://") {
            Some(host) => {
                let host = host.trim_end_matches('/');
                let stream = TcpStream::connect(host).await.map_err(|error| error.to_string())?;
                stream.set_nodelay(true).map_err(|error| error.to_string())?;
                let (reader, writer) = stream.into_split();
                Transport::Plain { reader: BufReader::new(reader), writer }
            }
            None => Transport::Socket(Box::new(socket(address, token, longest).await?)),
        };
        Ok(Self { transport, begun: Vec::new(), waiting: VecDeque::new(), longest })
    }

    /// Sends a line or, over WebSocket, a message.
    pub(crate) async fn send(&mut self, line: &str) -> Result<(), String> {
        match &mut self.transport {
            Transport::Plain { writer, .. } => {
                let line = format!("{line}\r\n");
                writer.write_all(line.as_bytes()).await.map_err(|error| error.to_string())
            }
            Transport::Socket(socket) => {
                socket.send(Message::text(line)).await.map_err(|error| error.to_string())
            }
        }
    }

    /// Asks the peer's WebSocket for a sign of life; plain lines have none.
    pub(crate) async fn ping(&mut self) -> Result<(), String> {
        match &mut self.transport {
            Transport::Plain { .. } => Ok(()),
            Transport::Socket(socket) => {
                let ping = Message::Ping(Vec::new().into());
                socket.send(ping).await.map_err(|error| error.to_string())
            }
        }
    }

    /// What comes next.
    pub(crate) async fn next(&mut self) -> Result<Came, String> {
        if let Some(line) = self.waiting.pop_front() {
            return Ok(Came::Line(line));
        }
        match &mut self.transport {
            Transport::Plain { reader, .. } => loop {
                let heard = reader.fill_buf().await.map_err(|error| error.to_string())?;
                if heard.is_empty() {
                    let rest = std::mem::take(&mut self.begun);
                    return Ok(if rest.is_empty() { Came::Closed } else { Came::Line(rest) });
                }
                let end = heard.iter().position(|byte| *byte == b'\n');
                let (line, used) = end.map_or((heard, heard.len()), |end| (&heard[..end], end + 1));
                // One byte more than allowed, so that the reader of the line sees that it is too long.
                let space = (self.longest + 1).saturating_sub(self.begun.len());
                self.begun.extend_from_slice(line.get(..space).unwrap_or(line));
                reader.consume(used);
                if end.is_some() {
                    let mut line = std::mem::take(&mut self.begun);
                    if line.last() == Some(&b'\r') {
                        line.pop();
                    }
                    return Ok(Came::Line(line));
                }
            },
            Transport::Socket(socket) => match socket.next().await {
                None => Ok(Came::Closed),
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
                    let bytes = message.into_data();
                    let lines = bytes.split(|byte| *byte == b'\n').map(|line| line.trim_ascii_end().to_vec());
                    self.waiting.extend(lines.filter(|line| !line.is_empty()));
                    Ok(self.waiting.pop_front().map_or(Came::Alive, Came::Line))
                }
                Some(Ok(Message::Close(_)) | Err(Error::ConnectionClosed | Error::AlreadyClosed)) => {
                    Ok(Came::Closed)
                }
                Some(Ok(_)) => Ok(Came::Alive),
                Some(Err(error)) => Err(error.to_string()),
            },
        }
    }
}

async fn socket(
    address: &str,
    token: Option<&Secret>,
    longest: usize,
) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, String> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have been faster; then there is one, which is all that is asked for.
        drop(rustls::crypto::ring::default_provider().install_default());
    }
    let mut request = address.into_client_request().map_err(|_address| "the address is no URL".to_owned())?;
    if let Some(token) = token {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.reveal()))
            .map_err(|_token| "the token has characters that no header may have".to_owned())?;
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    let most = longest.saturating_mul(4);
    let config = WebSocketConfig::default().max_message_size(Some(most)).max_frame_size(Some(most));
    let connected = connect_async_with_config(request, Some(config), true).await;
    connected.map(|(socket, _)| socket).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_without_secrets() {
        assert_eq!(shown("wss://user:pass@host:443/path?token=t"), "wss://host:443");
        assert_eq!(shown("irc://host:6667"), "irc://host:6667");
    }
}

//! Events as JSON lines from a WebSocket that we connect to.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::time::{timeout, timeout_at};

use crate::backoff::{Ended, Keeper};
use crate::clock;
use crate::counts::Counts;
use crate::heard::{ChatState, Heard};
use crate::line::Line;
use crate::options::WebSocketOptions;
use crate::wire::{Came, Wire, shown};

/// Reads events until nobody listens to `out`.
pub async fn websocket(options: WebSocketOptions, out: Sender<Heard>, counts: Arc<Counts>) {
    let keeper = Keeper {
        connector: format!("websocket {}", shown(options.url.reveal())),
        min_ms: options.backoff_min_ms,
        max_ms: options.backoff_max_ms,
        out: &out,
        counts: &counts,
    };
    keeper.keep(|| session(&options, &keeper)).await;
}

async fn session(options: &WebSocketOptions, keeper: &Keeper<'_>) -> Ended {
    let limit = Duration::from_millis(options.connect_timeout_ms);
    let silent = Duration::from_millis(options.silent_after_ms);
    let connect = Wire::connect(options.url.reveal(), options.token.as_ref(), options.lines.line_bytes);
    let mut wire = match timeout(limit, connect).await {
        Ok(Ok(wire)) => wire,
        Ok(Err(why)) => return Ended::Lost { why, lived: false },
        Err(_elapsed) => return Ended::Lost { why: "no connection in time".to_owned(), lived: false },
    };
    if !keeper.tell(ChatState::Live, "").await {
        return Ended::Unheard;
    }
    let lost = |why: String| Ended::Lost { why, lived: true };
    let (mut heard_at, mut asked, mut number) = (clock::now(), false, 0);
    loop {
        let patience = heard_at + if asked { silent * 2 } else { silent };
        let next = tokio::select! {
            next = timeout_at(patience, wire.next()) => next,
            () = keeper.out.closed() => return Ended::Unheard,
        };
        match next {
            Ok(Ok(Came::Line(bytes))) => {
                (heard_at, asked, number) = (clock::now(), false, number + 1);
                let line = Line { bytes: &bytes, number, room: options.room.as_ref() };
                if let Some(heard) = line.json(&options.lines)
                    && !keeper.pass(heard).await
                {
                    return Ended::Unheard;
                }
            }
            Ok(Ok(Came::Alive)) => (heard_at, asked) = (clock::now(), false),
            Ok(Ok(Came::Closed)) => return lost("the server closed the connection".to_owned()),
            Ok(Err(why)) => return lost(why),
            Err(_elapsed) if !asked => {
                asked = true;
                match timeout(silent, wire.ping()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(why)) => return lost(why),
                    Err(_elapsed) => return lost("the server takes nothing".to_owned()),
                }
            }
            Err(_elapsed) => {
                let quiet = (clock::now() - heard_at).as_secs_f64();
                if !keeper.tell(ChatState::Silent, "connected, but the server answers nothing").await {
                    return Ended::Unheard;
                }
                return lost(format!("nothing came for {quiet:.1} s"));
            }
        }
    }
}

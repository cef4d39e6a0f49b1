//! Connecting again and again: doubling waits up to a cap, with jitter, until nobody listens or the peer refuses.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::sync::mpsc::Sender;

use crate::counts::Counts;
use crate::heard::{ChatState, Heard};

/// How a connection ended.
pub(crate) enum Ended {
    /// Nobody listens to us any more.
    Unheard,
    /// The peer refuses us for good.
    Refused(String),
    /// Anything else. `lived`: it had worked before.
    Lost { why: String, lived: bool },
}

/// Who connects, and what is told of it.
pub(crate) struct Keeper<'a> {
    pub(crate) connector: String,
    pub(crate) min_ms: u64,
    pub(crate) max_ms: u64,
    pub(crate) out: &'a Sender<Heard>,
    pub(crate) counts: &'a Counts,
}

impl Keeper<'_> {
    /// Connects until nobody listens or the peer refuses.
    pub(crate) async fn keep<S: Future<Output = Ended>>(&self, session: impl Fn() -> S) {
        let mut attempts = self.attempts();
        while self.tell(ChatState::Connecting, "").await {
            if !self.again(&mut attempts, session().await).await {
                return;
            }
        }
    }

    /// Tells a state; `false` when nobody listens.
    pub(crate) async fn tell(&self, state: ChatState, why: &str) -> bool {
        tracing::info!(connector = %self.connector, state = state.as_str(), why, "chat");
        let news = Heard::State { connector: self.connector.clone(), state, why: why.to_owned() };
        self.out.send(news).await.is_ok()
    }

    /// Passes on what was heard; `false` when nobody listens.
    pub(crate) async fn pass(&self, heard: Heard) -> bool {
        self.counts.heard(&heard);
        self.out.send(heard).await.is_ok()
    }

    /// Before the first of them.
    fn attempts(&self) -> Attempts {
        // Jitter adds up to the wait itself, so half of each is asked for.
        let waits = ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(self.min_ms) / 2)
            .with_max_delay(Duration::from_millis(self.max_ms) / 2)
            .without_max_times()
            .with_jitter()
            .build();
        Attempts { waits, number: 0 }
    }

    /// Tells how a connection ended and waits for the next; `false` when there is none.
    async fn again(&self, attempts: &mut Attempts, ended: Ended) -> bool {
        let (why, lived) = match ended {
            Ended::Unheard => return false,
            Ended::Refused(why) => {
                self.tell(ChatState::Refused, &why).await;
                return false;
            }
            Ended::Lost { why, lived } => (why, lived),
        };
        self.counts.reconnect();
        if lived {
            *attempts = self.attempts();
        }
        attempts.number = attempts.number.saturating_add(1);
        let longest = Duration::from_millis(self.max_ms);
        let wait = attempts.waits.next().unwrap_or(longest).min(longest);
        if !self.tell(ChatState::Reconnecting { attempt: attempts.number, wait }, &why).await {
            return false;
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => true,
            () = self.out.closed() => false,
        }
    }
}

/// Attempts in a row.
struct Attempts {
    waits: ExponentialBackoff,
    number: u32,
}

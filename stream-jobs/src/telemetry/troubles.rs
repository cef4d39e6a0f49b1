//! What is wrong with a job now, and what to do about it: what its log says, kept until it is over.
//!
//! An event of the log with the field `trouble` begins or continues a trouble of that kind, about its `room` or `topic`
//! if it has one; an event with `trouble_over` ends it. Invariants: nothing that is scored depends on anything here;
//! what is kept is bounded; a trouble that nobody repeats ends by itself where its kind says after how long.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kairos_console::{JobStatus, JobTrouble};
use kairos_timeline::WallTime;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use super::names;
use crate::live::clock;

/// Troubles that are kept at once; of more the oldest go.
const MOST: usize = 200;
/// Bytes of what is told of one.
const LONGEST: usize = 500;

/// What can be wrong.
struct Kind {
    name: &'static str,
    title: &'static str,
    action: &'static str,
    /// Over when it was not repeated for so long; `None`: when it is said to be.
    lasts: Option<Duration>,
}

const fn seconds(seconds: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds))
}

const KINDS: [Kind; 11] = [
    Kind {
        name: "broker",
        title: "no connection to Kafka",
        action: "Look at the broker. The job goes on by itself when it is back; what was written to the topics waits there.",
        lasts: seconds(30),
    },
    Kind {
        name: "tables",
        title: "ClickHouse does not answer",
        action: "Start it, or look at its load. The job asks again for some minutes, then stops; started again it goes on where its rows end.",
        lasts: seconds(30),
    },
    Kind {
        name: "disk",
        title: "ClickHouse's disk is full",
        action: "Make room: clickhouse.retention, old partitions, a larger disk. The job asks again and goes on by itself.",
        lasts: seconds(30),
    },
    Kind {
        name: "room",
        title: "a room sends nothing",
        action: "Ask the sender. kairos ingest goes on by itself when it is back; a room that failed needs its entry mended.",
        lasts: None,
    },
    Kind {
        name: "media",
        title: "media was lost",
        action: "The sender's network, or a broker that does not take what is captured: the text says which.",
        lasts: seconds(300),
    },
    Kind {
        name: "dead_letters",
        title: "messages can't be read",
        action: "kairos dead-letters list says why; mend the sender, then kairos dead-letters retry.",
        lasts: seconds(600),
    },
    Kind {
        name: "checkpoint",
        title: "a new checkpoint can't be used",
        action: "The model before goes on. Mend what the text names, then tell the job again (kill -HUP).",
        lasts: None,
    },
    Kind {
        name: "model",
        title: "a model is missing",
        action: "The text says how to get it. Scores are made without what it would hear or see, and say so.",
        lasts: None,
    },
    Kind {
        name: "encoder",
        title: "an encoder is too slow",
        action: "More cores, fewer rooms for this process, or a smaller network. Units are scored without it and say so (missing).",
        lasts: seconds(60),
    },
    Kind {
        name: "clip",
        title: "clips can't be cut",
        action: "Media gone from its topic (raise its retention), or a full disk: the text says which.",
        lasts: seconds(600),
    },
    Kind {
        name: "traces",
        title: "the collector takes no traces",
        action: "Look at the collector that telemetry.otlp names. The job goes on without; the spans of meanwhile are lost.",
        lasts: None,
    },
];

/// What goes on, by kind and what it is about.
#[derive(Debug)]
pub struct Troubles {
    began: WallTime,
    now: Mutex<BTreeMap<(&'static str, String), Going>>,
}

#[derive(Debug, Clone)]
struct Going {
    text: String,
    count: u64,
    first: WallTime,
    last: WallTime,
}

/// Those of this process.
pub fn troubles() -> &'static Arc<Troubles> {
    static OURS: LazyLock<Arc<Troubles>> = LazyLock::new(|| Arc::new(Troubles::new(clock::wall())));
    &OURS
}

impl Troubles {
    fn new(began: WallTime) -> Self {
        Self { began, now: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(&'static str, String), Going>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn raise(&self, kind: &str, about: String, text: String, at: WallTime) {
        let Some(kind) = KINDS.iter().find(|known| known.name == kind) else { return };
        let mut now = self.lock();
        let going = now.entry((kind.name, about)).or_insert(Going {
            text: String::new(),
            count: 0,
            first: at,
            last: at,
        });
        *going = Going { text, count: going.count + 1, first: going.first, last: at };
        if now.len() > MOST {
            let oldest = now.iter().min_by_key(|(_, going)| going.last).map(|(key, _)| key.clone());
            oldest.and_then(|key| now.remove(&key));
        }
    }

    fn end(&self, kind: &str, about: &str) {
        self.lock().retain(|(known, of), _| *known != kind || of != about);
    }

    /// What goes on at `at`.
    fn going(&self, at: WallTime) -> Vec<JobTrouble> {
        let mut now = self.lock();
        now.retain(|(kind, _), going| {
            let kind = KINDS.iter().find(|known| known.name == *kind);
            let lasts = kind.and_then(|kind| kind.lasts).map(|lasts| lasts.as_micros() as i64);
            lasts.is_none_or(|lasts| at.as_micros() - going.last.as_micros() <= lasts)
        });
        let tell = |((name, about), going): (&(&'static str, String), &Going)| {
            let kind = KINDS.iter().find(|known| known.name == *name)?;
            Some(JobTrouble {
                kind: kind.name.to_owned(),
                about: about.clone(),
                title: kind.title.to_owned(),
                text: going.text.clone(),
                action: kind.action.to_owned(),
                count: going.count,
                first_us: going.first.as_micros(),
                last_us: going.last.as_micros(),
            })
        };
        now.iter().filter_map(tell).collect()
    }

    /// What this process, `part`, tells of itself.
    pub fn status(&self, part: &str) -> JobStatus {
        let at = clock::wall();
        JobStatus {
            part: part.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_us: self.began.as_micros(),
            troubles: self.going(at),
        }
    }

    /// Tells Prometheus which kinds go on.
    pub fn measure(&self) {
        let going = self.going(clock::wall());
        for kind in &KINDS {
            let goes_on = going.iter().filter(|trouble| trouble.kind == kind.name).count();
            metrics::gauge!(names::TROUBLES, "kind" => kind.name).set(goes_on as f64);
        }
    }
}

/// Reads troubles from the log.
#[derive(Debug)]
pub struct Listener(Arc<Troubles>);

/// A layer that keeps [`troubles`].
pub fn listener() -> Listener {
    Listener(troubles().clone())
}

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let names = event.metadata().fields();
        if names.field("trouble").is_none() && names.field("trouble_over").is_none() {
            return;
        }
        let mut read = Read::default();
        event.record(&mut read);
        if !read.over.is_empty() {
            self.0.end(&read.over, &read.about);
        } else {
            let end = read.text.floor_char_boundary(LONGEST);
            read.text.truncate(end);
            self.0.raise(&read.kind, read.about, read.text, clock::wall());
        }
    }
}

#[derive(Default)]
struct Read {
    kind: String,
    over: String,
    about: String,
    text: String,
}

impl Visit for Read {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let value = format!("{value:?}");
        match field.name() {
            "trouble" => self.kind = value,
            "trouble_over" => self.over = value,
            "room" | "topic" => self.about = value,
            "message" => {
                let rest = std::mem::take(&mut self.text);
                self.text = if rest.is_empty() { value } else { format!("{value}; {rest}") };
            }
            name => {
                let before = if self.text.is_empty() { "" } else { "; " };
                // Writing into a string can't fail.
                write!(self.text, "{before}{name}: {value}").unwrap_or_default();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::prelude::*;

    use super::*;

    fn heard(say: impl FnOnce()) -> Arc<Troubles> {
        let troubles = Arc::new(Troubles::new(clock::wall()));
        let subscriber = tracing_subscriber::registry().with(Listener(troubles.clone()));
        tracing::subscriber::with_default(subscriber, say);
        troubles
    }

    #[test]
    fn what_the_log_says_is_told_until_it_is_over() {
        let troubles = heard(|| {
            tracing::warn!("nothing special");
            tracing::warn!(trouble = "room", room = "one", state = "silent", "connected, but nothing comes");
            tracing::warn!(trouble = "room", room = "two", "gone");
            tracing::info!(trouble_over = "room", room = "two", "live");
            tracing::warn!(trouble = "tables", error = "refused", "asking again");
            tracing::warn!(trouble = "tables", error = "refused again", "asking again");
        });
        let going = troubles.going(clock::wall());
        let told: Vec<_> =
            going.iter().map(|t| (t.kind.as_str(), t.about.as_str(), t.text.as_str(), t.count)).collect();
        let room = ("room", "one", "connected, but nothing comes; state: silent", 1);
        assert_eq!(told, [room, ("tables", "", "asking again; error: refused again", 2)]);
        assert!(going.iter().all(|trouble| !trouble.action.is_empty() && !trouble.title.is_empty()));
    }

    #[test]
    fn a_trouble_that_nobody_repeats_ends_where_its_kind_says() {
        let troubles = heard(|| {
            tracing::warn!(trouble = "broker", "down");
            tracing::warn!(trouble = "model", "none");
        });
        let kinds = |later: i64| -> Vec<String> {
            let at = WallTime::from_micros(clock::wall().as_micros() + later * 1_000_000);
            troubles.going(at).into_iter().map(|trouble| trouble.kind).collect()
        };
        assert_eq!(kinds(20), ["broker", "model"]);
        assert_eq!(kinds(40), ["model"]);
    }

    #[test]
    fn a_flood_of_rooms_is_bounded_and_the_newest_stay() {
        let troubles = Troubles::new(clock::wall());
        for room in 0..MOST as i64 + 50 {
            let at = WallTime::from_micros(room);
            troubles.raise("room", format!("room-{room:04}"), "x".repeat(10), at);
        }
        let going = troubles.going(clock::wall());
        assert_eq!(going.len(), MOST);
        assert_eq!(going.last().map(|trouble| trouble.about.as_str()), Some("room-0249"));
    }
}

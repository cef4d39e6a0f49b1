//! Rooms before an encoder that the test writes: when it does not answer, units go without it and say so, and a room that is built again
//! goes without the same.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use candle_core::Device;
use kairos::config::Config;
use kairos::room::{Input, Output, RoomJob, RoomSettings, Scoring, Unserved, Waits};
use kairos::rows::{RowMaker, TableRow};
use kairos::scoring::{Model, configured_inputs};
use kairos_clickhouse::FrameScore;
use kairos_encoders::{EncoderSet, SentenceEncoder};
use kairos_highlight::{ContentCtr, Inputs, Scorer};
use kairos_model_server::{Server, ServerConfig, Texts};
use kairos_timeline::{Comment, Position, RoomId, Span, StreamId, WallTime};
use kairos_transformers::{TextEncoder, TransformerError};

const T0: i64 = 1_700_000_000_000_000;
/// Batches that are run before anybody is served.
const FIRST: usize = 3;

/// Letters and vowels of a text, once it is let.
#[derive(Debug)]
struct Letters(Mutex<Receiver<()>>);

impl TextEncoder for Letters {
    fn width(&self) -> usize {
        2
    }

    fn digest(&self) -> &str {
        "letters"
    }

    fn encode_texts(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, TransformerError> {
        // Who let go of the gate has left it open.
        self.0.lock().unwrap().recv().unwrap_or_default();
        let vowels = |text: &str| text.chars().filter(|letter| "aeiou".contains(*letter)).count();
        Ok(texts.iter().map(|text| vec![text.len() as f32 / 10.0, vowels(text) as f32 / 10.0]).collect())
    }
}

/// A server in front of it, and what lets it go on.
fn served() -> (Arc<Server<Texts>>, Sender<()>) {
    let (go, gate) = channel();
    (0..FIRST).for_each(|_| go.send(()).unwrap());
    let encoder: Arc<dyn TextEncoder> = Arc::new(Letters(Mutex::new(gate)));
    (Server::start(encoder, &ServerConfig::default(), 0, None).unwrap(), go)
}

fn encoders(server: &Arc<Server<Texts>>, waits: &Waits) -> EncoderSet {
    let letters = SentenceEncoder::of_comments(Arc::new(server.open(waits.patience())));
    EncoderSet::built_in().with(Box::new(letters)).unwrap()
}

/// A model that was trained by nobody and reads what these encoders give.
fn model(encoders: &EncoderSet) -> Arc<ContentCtr> {
    let mut inputs = Inputs::default();
    let width = encoders.widths().comment;
    inputs.comment =
        Some(kairos_highlight::Input { width, encoder: "letters".to_owned(), digest: "letters".to_owned() });
    let config = kairos_highlight::Config { inputs, ..kairos_highlight::Config::default() };
    Arc::new(ContentCtr::new(config, 7, &Device::Cpu).unwrap())
}

/// A chat of twelve units, scored in a room that waits so long; one that is built again went without `unserved` before.
fn chat(
    server: &Arc<Server<Texts>>,
    limit: Option<Duration>,
    unserved: Option<Unserved>,
) -> (Vec<FrameScore>, Unserved) {
    let waits = Waits::at_most(limit);
    let settled = encoders(server, &waits);
    let scorer = Scorer::new(model(&settled), "room", 64).unwrap();
    let scoring = Scoring {
        early: EncoderSet::built_in(),
        settled,
        scorer: Some(scorer),
        delays: vec![Span::ZERO],
        speech: None,
        reads_speech: false,
        moments: None,
        waits,
    };
    room(scoring, unserved)
}

/// The same by any encoders and model.
fn room(scoring: Scoring, unserved: Option<Unserved>) -> (Vec<FrameScore>, Unserved) {
    let config = Config::default();
    let (room, stream) = (RoomId::new("room").unwrap(), StreamId::new("stream").unwrap());
    let settings = RoomSettings::new(&config, room.clone(), stream.clone(), Some(WallTime::from_micros(T0)));
    let mut job = RoomJob::new(settings, scoring).unwrap();
    let is_known = unserved.is_some();
    job.build_again(unserved.unwrap_or_default());
    job.wait(is_known);
    let maker = RowMaker::new(room.clone(), stream, config.unit(), "untrained".to_owned());
    let mut rows = Vec::new();
    let mut take = |outputs: Vec<Output>| {
        for output in outputs {
            match output {
                Output::Score(scored) => match maker.score(&scored) {
                    TableRow::Score(row) => rows.push(*row),
                    other => panic!("{other:?}"),
                },
                Output::Fault(fault) => panic!("{fault:?}"),
                _ => {}
            }
        }
    };
    for at in 0..24 {
        let comment = Comment {
            room: room.clone(),
            id: at.to_string(),
            user: "someone".to_owned(),
            sent_at: WallTime::from_micros(T0 + at * 1_000_000),
            // No text comes twice, or it would be remembered.
            text: format!("what a game {}", "go ".repeat(at as usize)),
            other: serde_json::Map::new(),
        };
        take(job.push(Input::Comment(Position::in_file("chat", at), comment)));
    }
    take(job.finish());
    (rows, job.unserved().clone())
}

fn missing(row: &FrameScore) -> Vec<&str> {
    row.missing.iter().map(String::as_str).filter(|part| part.contains(':')).collect()
}

#[test]
fn units_go_without_an_encoder_that_is_late_say_so_and_do_so_again() {
    let (server, go) = served();
    // Nobody lets it: the first unit waits, those behind it don't even begin to.
    let (live, unserved) = chat(&server, Some(Duration::from_millis(20)), None);
    assert_eq!(live.len(), 12, "every unit has its score");
    assert_eq!(missing(&live[0]), ["comment: sentences late"]);
    assert!(live[1..].iter().all(|row| missing(row) == ["comment: sentences overloaded"]), "{live:#?}");
    assert!(live.iter().all(|row| !row.missing.contains(&"comment".to_owned())), "others read them yet");
    drop(go);
    // A replay waits, and has all of it; so has a live room when the encoder is there again.
    let (replayed, nothing) = chat(&server, None, None);
    assert!(replayed.iter().all(|row| missing(row).is_empty()));
    assert!(nothing.is_empty() && !unserved.is_empty());
    assert!(replayed.iter().zip(&live).any(|(one, other)| one.score != other.score), "they count");
    let (again, _) = chat(&server, Some(Duration::from_secs(60)), None);
    assert_eq!(again, replayed);
    // A worker that comes back builds the room again: the same rows, though the encoder is fast now.
    let (built, still) = chat(&server, Some(Duration::from_millis(20)), Some(unserved.clone()));
    assert_eq!((built, still), (live, unserved));
}

#[test]
fn rooms_side_by_side_have_the_rows_that_each_has_alone() {
    let (server, go) = served();
    drop(go);
    let (alone, _) = chat(&server, None, None);
    // Another server, which remembers nothing of them.
    let (server, go) = served();
    drop(go);
    std::thread::scope(|scope| {
        let rooms: Vec<_> = (0..4).map(|_| scope.spawn(|| chat(&server, None, None).0)).collect();
        rooms.into_iter().for_each(|room| assert_eq!(room.join().unwrap(), alone));
    });
}

#[test]
fn a_model_goes_on_without_encoders_that_are_not_configured_and_rows_say_so() {
    let golden =
        |of| Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/transformers/tests/golden").join(of);
    let mut config = Config::default();
    (config.encoders.text, config.encoders.clip) = (Some(golden("bert")), Some(golden("clip")));
    let checkpoint = tempfile::tempdir().unwrap();
    let inputs = configured_inputs(&config, None, None).unwrap();
    let trained = kairos_highlight::Config { inputs, ..kairos_highlight::Config::default() };
    let unit_seconds = config.unit().as_secs_f64();
    let trained = kairos_highlight::Config { unit_seconds, ..trained };
    ContentCtr::new(trained, 7, &Device::Cpu).unwrap().save(checkpoint.path(), &()).unwrap();
    config.model.checkpoint = Some(checkpoint.path().to_owned());
    let rows = |config: &Config| {
        let model = Model::load(config).unwrap();
        (model.name().to_owned(), room(model.scoring(config, "room").unwrap(), None).0)
    };
    let (name, whole) = rows(&config);
    assert!(whole.iter().all(|row| missing(row).is_empty()), "{whole:#?}");
    // The pictures' encoder has no part in a chat, so nothing of it is missing.
    (config.encoders.text, config.encoders.clip) = (None, None);
    let (same, without) = rows(&config);
    assert_eq!((name, whole.len()), (same, without.len()));
    assert!(without.iter().all(|row| missing(row) == ["comment: sentences missing"]), "{without:#?}");
    assert!(whole.iter().zip(&without).any(|(one, other)| one.score != other.score), "they count");
    // Other weights than it was trained with are no such thing.
    config.encoders.text = Some(golden("xlm-roberta"));
    let error = format!("{:#}", Model::load(&config).unwrap_err());
    assert!(error.contains("was trained with another") && error.contains("sentences"), "{error}");
}

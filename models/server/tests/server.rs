//! Rooms on threads before one encoder: batches, refusals, failures and swaps. Gates hold the encoder, so that nothing hangs on time.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use candle_core::Device;
use kairos_model_server::{Patience, Pictures, Server, ServerConfig, ServerError, Texts};
use kairos_transformers::{
    PictureEncoder, Rgb, TextEncoder, TransformerError, Unserved, open_picture, open_text,
};

/// What a gated encoder is asked, and what lets it go on.
struct Gate {
    asked: Receiver<Vec<String>>,
    go: Sender<()>,
}

/// What a gated encoder tells, and what it waits for.
type Held = Mutex<(Sender<Vec<String>>, Receiver<()>)>;

/// Gives the length of a text and a mark of its own, once it is let; panics and fails where a text says so.
#[derive(Debug)]
struct Gated {
    mark: f32,
    gate: Option<Held>,
}

fn gated() -> (Arc<dyn TextEncoder>, Gate) {
    let ((tell, asked), (go, let_go)) = (channel(), channel());
    // Three batches are run before anybody is served.
    (0..3).for_each(|_| go.send(()).unwrap());
    (Arc::new(Gated { mark: 1.0, gate: Some(Mutex::new((tell, let_go))) }), Gate { asked, go })
}

fn free(mark: f32) -> Arc<dyn TextEncoder> {
    Arc::new(Gated { mark, gate: None })
}

impl TextEncoder for Gated {
    fn width(&self) -> usize {
        2
    }

    fn digest(&self) -> &str {
        if self.mark == 1.0 { "one" } else { "other" }
    }

    fn encode_texts(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, TransformerError> {
        if let Some(gate) = &self.gate {
            let gate = gate.lock().unwrap();
            gate.0.send(texts.iter().map(|text| (*text).to_owned()).collect()).unwrap_or_default();
            gate.1.recv().unwrap_or_default();
        }
        assert!(!texts.contains(&"panic"), "a text asked for it");
        if texts.contains(&"fail") {
            return Err(Unserved::Failed { problem: "a text asked for it".to_owned() }.into());
        }
        Ok(texts.iter().map(|text| vec![text.len() as f32, self.mark]).collect())
    }
}

impl Gate {
    /// What the next batch holds, in order of the texts.
    fn batch(&self) -> Vec<String> {
        let mut texts = self.asked.recv().unwrap();
        texts.sort();
        texts
    }
}

fn start(encoder: Arc<dyn TextEncoder>) -> (Arc<Server<Texts>>, ServerConfig) {
    let config = ServerConfig::default();
    (Server::start(encoder, &config, 0, None).unwrap(), config)
}

fn golden(of: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../transformers/tests/golden").join(of)
}

fn unserved(answer: Result<Vec<Vec<f32>>, TransformerError>) -> Unserved {
    match answer {
        Err(TransformerError::Unserved(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_comes_while_a_batch_runs_is_the_next_batch() {
    let (encoder, gate) = gated();
    let (server, _) = start(encoder);
    (0..3).for_each(|_| drop(gate.batch()));
    std::thread::scope(|scope| {
        let ask = |text: &'static str| {
            let room = server.open(&Patience::for_ever());
            scope.spawn(move || room.encode_texts(&[text]).unwrap())
        };
        let first = ask("a");
        assert_eq!(gate.batch(), ["a"]);
        let others = [ask("bb"), ask("ccc"), ask("dddd")];
        // The others are asked for by threads; the first is held until all of them wait.
        while server.waiting() < 3 {
            std::thread::yield_now();
        }
        gate.go.send(()).unwrap();
        assert_eq!(gate.batch(), ["bb", "ccc", "dddd"]);
        gate.go.send(()).unwrap();
        assert_eq!(first.join().unwrap(), [[1.0, 1.0]]);
        for (other, length) in others.into_iter().zip([2.0, 3.0, 4.0]) {
            assert_eq!(other.join().unwrap(), [[length, 1.0]]);
        }
    });
    let tally = server.tally();
    assert_eq!((tally.batches, tally.items), (2, 4));
}

#[test]
fn a_late_encoder_keeps_nobody_longer_than_the_limit_and_a_replay_until_it_is_there() {
    let (encoder, gate) = gated();
    let (server, _) = start(encoder);
    (0..3).for_each(|_| drop(gate.batch()));
    let limit = Duration::from_millis(20);
    let live = server.open(&Patience::at_most(Some(limit)));
    assert_eq!(unserved(live.encode_texts(&["aa"])), Unserved::Late { limit });
    // It runs and doesn't end: the next one does not even wait.
    assert_eq!(unserved(live.encode_texts(&["bb"])), Unserved::Overloaded { waiting: 0 });
    std::thread::scope(|scope| {
        let replay = server.open(&Patience::for_ever());
        let replayed = scope.spawn(move || replay.encode_texts(&["aa", "b"]).unwrap());
        while server.waiting() < 2 {
            std::thread::yield_now();
        }
        gate.go.send(()).unwrap();
        gate.go.send(()).unwrap();
        assert_eq!(replayed.join().unwrap(), [[2.0, 1.0], [1.0, 1.0]]);
    });
    let tally = server.tally();
    assert_eq!((tally.late, tally.overloaded, tally.failed), (1, 1, 0));
}

#[test]
fn whose_texts_break_the_encoder_fails_alone() {
    let (encoder, gate) = gated();
    let (server, _) = start(encoder);
    (0..3).for_each(|_| drop(gate.batch()));
    std::thread::scope(|scope| {
        let ask = |texts: &'static [&'static str]| {
            let room = server.open(&Patience::for_ever());
            scope.spawn(move || room.encode_texts(texts))
        };
        let first = ask(&["first"]);
        assert_eq!(gate.batch(), ["first"]);
        let (good, fails, panics) = (ask(&["good"]), ask(&["fine", "fail"]), ask(&["panic"]));
        while server.waiting() < 4 {
            std::thread::yield_now();
        }
        // The first, all of them together, and each alone.
        (0..5).for_each(|_| gate.go.send(()).unwrap());
        assert!(first.join().unwrap().is_ok());
        assert_eq!(good.join().unwrap().unwrap(), [[4.0, 1.0]]);
        let problem = "a text asked for it".to_owned();
        assert_eq!(unserved(fails.join().unwrap()), Unserved::Failed { problem: problem.clone() });
        assert_eq!(unserved(panics.join().unwrap()), Unserved::Failed { problem });
    });
    let after = server.open(&Patience::for_ever());
    gate.go.send(()).unwrap();
    assert_eq!(after.encode_texts(&["after"]).unwrap(), [[5.0, 1.0]]);
    assert_eq!(server.tally().failed, 2);
}

#[test]
fn a_swap_under_load_drops_nothing_and_a_room_keeps_its_encoder() {
    let (server, _) = start(free(1.0));
    let (threads, rounds) = (4, 200);
    let ready = Barrier::new(threads + 1);
    std::thread::scope(|scope| {
        let asks = |thread: usize| {
            let (server, ready) = (&server, &ready);
            scope.spawn(move || {
                let kept = server.open(&Patience::for_ever());
                ready.wait();
                let mut marks = Vec::new();
                for round in 0..rounds {
                    // No text comes twice, or it would be remembered.
                    let text = format!("{thread} {round}");
                    let length = text.len() as f32;
                    assert_eq!(kept.encode_texts(&[&text]).unwrap(), [[length, 1.0]]);
                    let room = server.open(&Patience::for_ever());
                    let expected = if room.digest() == "one" { 1.0 } else { 2.0 };
                    assert_eq!(
                        room.encode_texts(&[&text, "x"]).unwrap(),
                        [[length, expected], [1.0, expected]]
                    );
                    marks.push(expected);
                }
                // Once another one is served it stays.
                assert!(marks.is_sorted());
                marks.last().copied()
            })
        };
        let asking: Vec<_> = (0..threads).map(asks).collect();
        ready.wait();
        server.swap(free(2.0)).unwrap();
        assert_eq!(server.encoder().digest(), "other");
        asking.into_iter().for_each(|thread| assert!(thread.join().unwrap().is_some()));
    });
    let tally = server.tally();
    assert_eq!((tally.failed, tally.late, tally.overloaded), (0, 0, 0));
    let after = server.open(&Patience::for_ever());
    assert_eq!(after.encode_texts(&["after"]).unwrap(), [[5.0, 2.0]]);
}

/// Fails from the beginning.
#[derive(Debug)]
struct Broken;

impl TextEncoder for Broken {
    fn width(&self) -> usize {
        1
    }

    fn digest(&self) -> &str {
        "broken"
    }

    fn encode_texts(&self, _: &[&str]) -> Result<Vec<Vec<f32>>, TransformerError> {
        Ok(Vec::new())
    }
}

#[test]
fn an_encoder_that_fails_while_it_warms_up_serves_nobody() {
    let config = ServerConfig::default();
    let started = Server::<Texts>::start(Arc::new(Broken), &config, 0, None);
    assert!(matches!(started, Err(ServerError::WarmUp(_))));
    let (server, _) = start(free(1.0));
    assert!(server.swap(Arc::new(Broken)).is_err());
    assert_eq!(server.encoder().digest(), "one");
}

#[test]
fn settings_out_of_range_are_named() {
    let config = ServerConfig { tokens: 3, ..ServerConfig::default() };
    let problem = config.check().unwrap_err().to_string();
    assert_eq!(problem, "server.tokens is 3, expected 16 to 1048576");
}

#[test]
fn vectors_are_the_same_bits_alone_and_among_those_of_other_rooms() {
    let encoder = open_text(&golden("bert"), &Device::Cpu).unwrap();
    let texts: Vec<String> =
        (0..60).map(|at| "first game what a first blood ".repeat(at % 7 + 1) + &at.to_string()).collect();
    let alone: Vec<Vec<f32>> =
        texts.iter().map(|text| encoder.encode_texts(&[text]).unwrap().remove(0)).collect();
    // Batches of few tokens, so that requests are cut and mixed.
    let config = ServerConfig { tokens: 96, linger_ms: 1, ..ServerConfig::default() };
    let server = Server::<Texts>::start(encoder, &config, 6, None).unwrap();
    std::thread::scope(|scope| {
        for (texts, alone) in texts.chunks(10).zip(alone.chunks(10)) {
            let room = server.open(&Patience::for_ever());
            scope.spawn(move || {
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                assert_eq!(room.encode_texts(&texts).unwrap(), alone);
            });
        }
    });
    assert!(server.tally().batches < 60);
}

#[test]
fn pictures_are_served_alike_and_one_that_contradicts_itself_fails_alone() {
    let encoder = open_picture(&golden("clip"), &Device::Cpu).unwrap();
    let (width, height) = encoder.picture_size();
    let picture = |of: u32| -> Vec<u8> { (0..width * height * 3).map(|at| (at * of % 251) as u8).collect() };
    let pictures: Vec<Vec<u8>> = (1..8).map(picture).collect();
    let of = |bytes| Rgb { width, height, bytes };
    let alone: Vec<Vec<f32>> =
        pictures.iter().map(|bytes| encoder.encode_pictures(&[of(bytes)]).unwrap().remove(0)).collect();
    let config = ServerConfig { pictures: 4, ..ServerConfig::default() };
    let server = Server::<Pictures>::start(encoder, &config, 0, None).unwrap();
    std::thread::scope(|scope| {
        for (bytes, alone) in pictures.iter().zip(&alone) {
            let room = server.open(&Patience::for_ever());
            scope.spawn(move || assert_eq!(&room.encode_pictures(&[of(bytes)]).unwrap()[0], alone));
        }
        let room = server.open(&Patience::for_ever());
        let wrong = scope.spawn(move || room.encode_pictures(&[of(&[1, 2, 3])]));
        assert!(matches!(wrong.join().unwrap(), Err(TransformerError::Picture { bytes: 3, .. })));
    });
}

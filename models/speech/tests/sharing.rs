//! Many rooms share a recogniser: the same words as alone, skips that are told, failures that stay in their room.

// A helper that fails fails its test.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::mpsc::{Receiver, Sender, channel};

use kairos_speech::{
    Abort, LiveConfig, MissedReason, Recognizer, RecognizerDescription, SpeechConfig, SpeechError,
    SpeechServer, Transcript, VoiceDetection,
};
use support::{Parrot, samples, sound};

/// Says when a window begins and waits until it may go on.
struct Gated {
    inner: Parrot,
    begun: Sender<()>,
    go: Receiver<()>,
}

impl Recognizer for Gated {
    fn description(&self) -> &RecognizerDescription {
        self.inner.description()
    }

    fn transcribe(&mut self, samples: &[f32], language: Option<&str>) -> Result<Transcript, SpeechError> {
        // Neither end being there any more means that the test is over.
        if self.begun.send(()).is_err() || self.go.recv().is_err() {
            return Ok(Transcript::default());
        }
        self.inner.transcribe(samples, language)
    }
}

/// Fails on every window that is not the first, by error and by panic in turn.
struct Failing(Parrot, usize);

impl Recognizer for Failing {
    fn description(&self) -> &RecognizerDescription {
        self.0.description()
    }

    fn transcribe(&mut self, samples: &[f32], language: Option<&str>) -> Result<Transcript, SpeechError> {
        self.1 += 1;
        match self.1 {
            1 => self.0.transcribe(samples, language),
            2 => Err(SpeechError::Aborted),
            _ => panic!("the network broke"),
        }
    }
}

/// Hangs until it is told to give up.
struct Hanging(Parrot, Sender<()>, Abort);

impl Recognizer for Hanging {
    fn description(&self) -> &RecognizerDescription {
        self.0.description()
    }

    fn transcribe(&mut self, samples: &[f32], language: Option<&str>) -> Result<Transcript, SpeechError> {
        // The first window hangs, the others don't.
        if self.1.send(()).is_err() || !self.0.windows.lock().unwrap().is_empty() {
            return self.0.transcribe(samples, language);
        }
        self.0.windows.lock().unwrap().push(samples.to_vec());
        while !self.2.take() {
            std::thread::yield_now();
        }
        Err(SpeechError::Aborted)
    }

    fn abort(&self) -> Abort {
        self.2.clone()
    }
}

fn gated(live: LiveConfig) -> (SpeechServer, Receiver<()>, Sender<()>) {
    let ((begun, has_begun), (go, may_go)) = (channel(), channel());
    let recognizer = Gated { inner: Parrot::new(), begun, go: may_go };
    let config = SpeechConfig { live, ..SpeechConfig::default() };
    let server = SpeechServer::shared(Box::new(recognizer), VoiceDetection::Level, &config).unwrap();
    (server, has_begun, go)
}

/// One second of voice between silences: one window.
fn utterance() -> Vec<f32> {
    sound(&[500, 1_000, 1_000])
}

#[test]
fn shared_rooms_get_the_words_that_each_would_get_alone() {
    let config = SpeechConfig::default();
    let shared = SpeechServer::shared(Box::new(Parrot::new()), VoiceDetection::Level, &config).unwrap();
    let inline = SpeechServer::inline(Box::new(Parrot::new()), VoiceDetection::Level, &config);
    let rooms = [sound(&[300, 900, 800, 2_500, 700]), sound(&[50, 3_000, 600, 700]), sound(&[4_000])];
    let mut live: Vec<_> = rooms.iter().map(|_| shared.open("r")).collect();
    let mut heard = vec![Vec::new(); rooms.len()];
    for at in (0..rooms.iter().map(Vec::len).max().unwrap()).step_by(samples(100)) {
        for (i, sound) in rooms.iter().enumerate() {
            let part = &sound[at.min(sound.len())..(at + samples(100)).min(sound.len())];
            heard[i].extend(live[i].push(support::time_us(at), part).unwrap().words);
        }
    }
    for (i, sound) in rooms.iter().enumerate() {
        heard[i].extend(live[i].finish().unwrap().words);
        let mut alone = inline.open("r");
        let mut expected = alone.push(0, sound).unwrap().words;
        expected.extend(alone.finish().unwrap().words);
        assert_eq!(heard[i], expected);
        assert_eq!(live[i].tally(), alone.tally());
    }
    assert!(!heard[0].is_empty() && !heard[1].is_empty() && heard[2].is_empty());
    assert_eq!(shared.digest(), inline.digest());
}

#[test]
fn room_that_has_run_ahead_skips_to_now_and_is_told() {
    let (server, begun, go) = gated(LiveConfig { max_delay_ms: 10_000, ..LiveConfig::default() });
    let mut room = server.open("room");
    room.push(0, &utterance()).unwrap();
    begun.recv().unwrap();
    // While the first window runs, the room goes on for 40 s and says five things more.
    for i in 1..=5 {
        room.push(i * 8_000_000, &utterance()).unwrap();
    }
    assert!((200_000..500_000).contains(&room.settled_us().unwrap()), "{:?}", room.settled_us());
    for _ in 0..3 {
        go.send(()).unwrap();
    }
    let heard = room.finish().unwrap();
    let missed: Vec<i64> = heard.missed.iter().map(|missed| missed.start_us / 1_000_000).collect();
    assert_eq!(missed, [8, 16, 24]);
    assert!(heard.missed.iter().all(|missed| matches!(missed.reason, MissedReason::TooLate)));
    let spoken: Vec<i64> = heard.words.iter().map(|word| word.start_us / 8_000_000).collect();
    assert!(spoken.contains(&0) && spoken.contains(&4) && spoken.contains(&5), "{spoken:?}");
    let tally = room.tally();
    assert_eq!((tally.windows, tally.recognised, tally.skipped), (6, 3, 3));
    assert!(tally.skipped_us > 3_000_000);
}

#[test]
fn window_that_hangs_is_given_up_when_its_room_has_run_ahead() {
    let (begun, has_begun) = channel();
    let recognizer = Box::new(Hanging(Parrot::new(), begun, Abort::default()));
    let config = SpeechConfig::default();
    let server = SpeechServer::shared(recognizer, VoiceDetection::Level, &config).unwrap();
    let mut room = server.open("room");
    room.push(0, &utterance()).unwrap();
    has_begun.recv().unwrap();
    room.push(20_000_000, &utterance()).unwrap();
    assert!(room.ready().missed.is_empty());
    // What has come by the end of the push is told there, what comes later at the end.
    let mut heard = room.push(40_000_000, &utterance()).unwrap();
    let rest = room.finish().unwrap();
    heard.missed.extend(rest.missed);
    heard.words.extend(rest.words);
    assert!(heard.missed.iter().any(|missed| missed.start_us < 1_000_000), "{:?}", heard.missed);
    assert!(
        heard.missed.iter().all(|missed| matches!(missed.reason, MissedReason::TooLate)),
        "{:?}",
        heard.missed
    );
    assert!(heard.words.iter().any(|word| word.start_us > 40_000_000), "{:?}", heard.words);
    assert_eq!(room.tally().failed, 0);
}

#[test]
fn full_queue_skips_the_oldest() {
    let (server, begun, go) =
        gated(LiveConfig { max_delay_ms: 3_600_000, max_windows: 2, ..LiveConfig::default() });
    let (mut first, mut second) = (server.open("first"), server.open("second"));
    first.push(0, &utterance()).unwrap();
    begun.recv().unwrap();
    first.push(8_000_000, &utterance()).unwrap();
    second.push(0, &utterance()).unwrap();
    assert!(first.ready().missed.is_empty());
    second.push(8_000_000, &utterance()).unwrap();
    let missed = first.ready().missed;
    assert!(missed.len() == 1 && matches!(missed[0].reason, MissedReason::QueueFull), "{missed:?}");
    for _ in 0..3 {
        go.send(()).unwrap();
    }
    assert!(!first.finish().unwrap().words.is_empty());
    assert_eq!(second.finish().unwrap().missed.len(), 0);
    assert_eq!(second.tally().recognised, 2);
}

#[test]
fn failures_and_panics_of_the_recogniser_are_told_and_the_next_room_goes_on() {
    let config = SpeechConfig::default();
    for shared in [false, true] {
        let recognizer = Box::new(Failing(Parrot::new(), 0));
        let server = if shared {
            SpeechServer::shared(recognizer, VoiceDetection::Level, &config).unwrap()
        } else {
            SpeechServer::inline(recognizer, VoiceDetection::Level, &config)
        };
        let mut room = server.open("room");
        let mut heard = room.push(0, &utterance()).unwrap();
        for i in 1..3 {
            let more = room.push(i * 8_000_000, &utterance()).unwrap();
            heard.words.extend(more.words);
            heard.missed.extend(more.missed);
        }
        let more = room.finish().unwrap();
        heard.words.extend(more.words);
        heard.missed.extend(more.missed);
        assert!(!heard.words.is_empty());
        let reasons: Vec<String> = heard
            .missed
            .iter()
            .map(|missed| match &missed.reason {
                MissedReason::Failed(error) => error.to_string(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(reasons, ["recognition was aborted", "the recogniser parrot failed: the network broke"]);
        assert_eq!(room.tally().failed, 2);
    }
}

#[test]
fn windows_of_a_room_that_is_gone_are_not_recognised() {
    let (server, begun, go) = gated(LiveConfig::default());
    let (mut gone, mut stays) = (server.open("gone"), server.open("stays"));
    gone.push(0, &utterance()).unwrap();
    begun.recv().unwrap();
    gone.push(3_000_000, &utterance()).unwrap();
    drop(gone);
    stays.push(0, &utterance()).unwrap();
    go.send(()).unwrap();
    go.send(()).unwrap();
    assert!(!stays.finish().unwrap().words.is_empty());
    // One that ran, one that was dropped, one of the room that stays.
    assert_eq!(begun.try_iter().count(), 1);
}

#[test]
fn server_can_be_dropped_with_windows_waiting() {
    let (server, begun, go) = gated(LiveConfig::default());
    let mut room = server.open("room");
    room.push(0, &utterance()).unwrap();
    room.push(8_000_000, &utterance()).unwrap();
    begun.recv().unwrap();
    drop(go);
    drop(server);
    drop(room);
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "that nothing is waited for a second time can only be told by the clock"
)]
fn a_room_waits_for_its_words_but_not_for_ever() {
    let (server, begun, go) = gated(LiveConfig { wait_ms: 300, ..LiveConfig::default() });
    let mut room = server.open("r");
    room.push(0, &utterance()).unwrap();
    begun.recv().unwrap();
    let border = room.cut_us().unwrap();
    assert!(border >= 2_000_000 && room.heard_us() == Some(2_500_000), "{border}");
    // Nobody lets the recogniser go on: all patience is used up, and ten more waits have next to none left.
    assert!(room.wait(border).words.is_empty());
    let again = std::time::Instant::now();
    for _ in 0..10 {
        assert!(room.wait(border).words.is_empty() && !room.is_read(border));
    }
    assert!(again.elapsed().as_millis() < 1_500, "{:?}", again.elapsed());
    // What lies before the window is known all the same.
    assert!(room.is_read(0));

    let opener = std::thread::spawn(move || go.send(()).map(|()| go));
    let mut words = Vec::new();
    // A tenth of the time that has passed may be waited again.
    for _ in 0..100 {
        std::thread::sleep(std::time::Duration::from_millis(200));
        words = room.wait(border).words;
        if !words.is_empty() {
            break;
        }
    }
    assert!(!words.is_empty() && room.is_read(border));
    drop(opener.join());
}

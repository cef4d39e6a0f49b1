//! A room's sound becomes the same words however it is cut, at their media times, without waiting for more.

// A helper that fails fails its test.
#![allow(clippy::unwrap_used)]

mod support;

use kairos_speech::{
    Heard, LevelGate, Listener, SpeechConfig, SpeechServer, SpokenWord, Transcriber, VoiceDetection, Window,
    WindowConfig,
};
use proptest::prelude::*;
use support::{Parrot, samples, sound, time_us};

fn room(config: &SpeechConfig) -> Transcriber {
    SpeechServer::inline(Box::new(Parrot::new()), VoiceDetection::Level, config).open("room")
}

fn words(heard: Heard) -> Vec<SpokenWord> {
    assert!(heard.missed.is_empty(), "{:?}", heard.missed);
    heard.words
}

/// All words of a room whose sound comes in pushes of these lengths, over and over.
fn transcribe(sound: &[f32], pushes: &[usize]) -> Vec<SpokenWord> {
    let mut room = room(&SpeechConfig::default());
    let mut all = Vec::new();
    let mut at = 0;
    let mut lengths = pushes.iter().cycle();
    while at < sound.len() {
        let end = (at + lengths.next().unwrap()).min(sound.len());
        all.extend(words(room.push(time_us(at), &sound[at..end]).unwrap()));
        at = end;
    }
    all.extend(words(room.finish().unwrap()));
    all
}

fn listen(sound: &[f32], config: &WindowConfig) -> Vec<Window> {
    let mut listener = Listener::new(Box::new(LevelGate::new()), config);
    let mut windows = listener.push(0, sound).unwrap();
    windows.extend(listener.finish().unwrap());
    windows
}

#[test]
fn last_word_comes_after_half_a_second_of_silence() {
    let sound = sound(&[700, 1_500, 3_000]);
    let mut room = room(&SpeechConfig::default());
    let mut heard_at = None;
    for (i, part) in sound.chunks(samples(20)).enumerate() {
        let heard = words(room.push(i as i64 * 20_000, part).unwrap());
        if !heard.is_empty() {
            assert!(heard_at.is_none());
            let last = heard.last().unwrap();
            assert!(last.end_us > 2_000_000, "{last:?}");
            heard_at = Some((i as i64 + 1) * 20_000);
        }
    }
    let waited = heard_at.unwrap() - 2_200_000;
    assert!((400_000..=700_000).contains(&waited), "{waited}");
    assert!(words(room.finish().unwrap()).is_empty());
}

#[test]
fn words_lie_where_they_were_said() {
    let found = transcribe(&sound(&[5_000, 2_000, 4_000, 1_000, 1_000]), &[samples(20)]);
    let first = found.first().unwrap().start_us;
    assert!((4_750_000..=4_850_000).contains(&first), "{first}");
    assert!(found.iter().any(|word| (10_750_000..=10_850_000).contains(&word.start_us)), "{found:?}");
    assert!(found.iter().all(|word| !(7_300_000..10_700_000).contains(&word.start_us)), "{found:?}");
}

#[test]
fn silence_and_clicks_reach_no_recogniser() {
    assert!(transcribe(&sound(&[20_000]), &[samples(20)]).is_empty());
    assert!(transcribe(&sound(&[3_000, 60, 3_000, 60, 3_000]), &[samples(20)]).is_empty());
    assert!(transcribe(&[], &[1]).is_empty());
}

#[test]
fn end_of_the_room_ends_the_window() {
    let windows = listen(&sound(&[1_000, 1_234]), &WindowConfig::default());
    assert_eq!(windows.len(), 1);
    assert!((windows[0].end_us - 2_234_000).abs() < 100, "{}", windows[0].end_us);
}

#[test]
fn long_speech_is_cut_where_it_is_quietest() {
    let mut sound = sound(&[500, 20_000, 1_000]);
    let lull = samples(9_000)..samples(9_150);
    sound[lull].iter_mut().for_each(|sample| *sample *= 0.3);
    let config = WindowConfig { max_ms: 12_000, ..WindowConfig::default() };
    let windows = listen(&sound, &config);
    assert_eq!(windows.len(), 2, "{:?}", windows.iter().map(|w| (w.start_us, w.end_us)).collect::<Vec<_>>());
    assert!((9_000_000..=9_150_000).contains(&windows[0].end_us), "{}", windows[0].end_us);
    assert_eq!(windows[0].end_us, windows[1].start_us);
    assert!(windows.iter().all(|window| window.voice_share > 0.8));
}

#[test]
fn a_long_gap_ends_speech_and_a_short_one_is_silence() {
    let voice = &sound(&[0, 1_000])[..];
    let mut listener = Listener::new(Box::new(LevelGate::new()), &WindowConfig::default());
    assert!(listener.push(0, voice).unwrap().is_empty());
    assert!(listener.push(1_200_000, voice).unwrap().is_empty());
    let windows = listener.push(60_000_000, voice).unwrap();
    assert_eq!(windows.iter().map(|w| (w.start_us, w.end_us)).collect::<Vec<_>>(), [(0, 2_200_000)]);
    let windows = listener.finish().unwrap();
    assert_eq!(
        windows.iter().map(|w| (w.start_us, w.end_us)).collect::<Vec<_>>(),
        [(60_000_000, 61_000_000)]
    );
}

#[test]
fn sound_heard_twice_counts_once() {
    let sound = sound(&[500, 2_000, 1_000]);
    let mut listener = Listener::new(Box::new(LevelGate::new()), &WindowConfig::default());
    let mut windows = Vec::new();
    for at in (0..sound.len()).step_by(800) {
        let from = at.saturating_sub(1_600);
        let end = (at + 800).min(sound.len());
        windows.extend(listener.push(time_us(from), &sound[from..end]).unwrap());
    }
    windows.extend(listener.finish().unwrap());
    assert_eq!(windows, listen(&sound, &WindowConfig::default()));
}

#[test]
fn broken_samples_and_times_are_survived() {
    let mut room = room(&SpeechConfig::default());
    for (at, value) in
        [(i64::MIN, f32::NAN), (0, f32::INFINITY), (i64::MAX, 1e30), (5, -0.0), (i64::MAX, f32::NAN)]
    {
        room.push(at, &vec![value; 2_000]).unwrap();
    }
    room.finish().unwrap();
    room.push(0, &sound(&[100, 2_000])).unwrap();
    assert!(!words(room.finish().unwrap()).is_empty());
}

#[test]
fn settled_time_never_passes_a_later_word() {
    let sound = sound(&[900, 2_500, 700, 400, 300, 6_000, 800]);
    let mut room = room(&SpeechConfig::default());
    let mut settled = i64::MIN;
    for (i, part) in sound.chunks(samples(50)).enumerate() {
        let heard = words(room.push(i as i64 * 50_000, part).unwrap());
        assert!(heard.iter().all(|word| word.start_us >= settled));
        let now = room.settled_us().unwrap();
        assert!(now >= settled, "{now} {settled}");
        settled = now;
    }
    assert!(settled > 10_000_000, "{settled}");
}

#[test]
fn room_speaks_the_language_it_is_given() {
    let mut config = SpeechConfig::default();
    config.room_languages.insert("room".into(), "de".into());
    let mut room = room(&config);
    room.push(0, &sound(&[100, 1_000])).unwrap();
    assert!(words(room.finish().unwrap()).iter().all(|word| word.language.as_deref() == Some("de")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn same_sound_in_any_chunking_gives_the_same_words(
        stretches in prop::collection::vec(20u64..4_000, 1..7),
        pushes in prop::collection::vec(1usize..9_000, 1..6),
    ) {
        let sound = sound(&stretches);
        prop_assert_eq!(transcribe(&sound, &pushes), transcribe(&sound, &[sound.len()]));
    }

    #[test]
    fn windows_are_bounded_and_lie_in_their_sound_one_after_the_other(
        stretches in prop::collection::vec(20u64..6_000, 1..7), max_ms in 2_000u32..6_000, padding_ms in 0u32..300,
    ) {
        let sound = sound(&stretches);
        let config = WindowConfig { max_ms, padding_ms, ..WindowConfig::default() };
        let mut last = 0;
        for window in listen(&sound, &config) {
            prop_assert!(window.start_us >= last && window.end_us > window.start_us);
            prop_assert!(window.samples.len() <= samples(u64::from(max_ms)));
            prop_assert_eq!(samples(((window.end_us - window.start_us) / 1_000) as u64) / 16, window.samples.len() / 16);
            prop_assert!((0.0..=1.0).contains(&window.voice_share));
            last = window.end_us;
        }
        prop_assert!(last <= time_us(sound.len()) + 32_000);
    }

    #[test]
    fn words_are_in_order_and_never_overlap(
        pushes in prop::collection::vec((-3_000_000i64..4_000_000, 1usize..40_000), 1..12),
    ) {
        let voice = sound(&[300, 700, 600, 1_500]);
        let mut room = room(&SpeechConfig::default());
        let (mut at, mut last) = (0, i64::MIN);
        let mut check = |heard: Heard| {
            for word in words(heard) {
                assert!(word.start_us >= last && word.end_us >= word.start_us, "{word:?} after {last}");
                last = word.end_us;
            }
        };
        for (jump, length) in pushes {
            check(room.push(at + jump, &voice[..length.min(voice.len())]).unwrap());
            at += time_us(length);
        }
        check(room.finish().unwrap());
    }
}

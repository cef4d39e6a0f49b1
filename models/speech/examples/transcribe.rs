//! Prints the words of a wave file (16 kHz, 16 bit, mono) with their times.
//!
//! ```sh
//! cargo run -p kairos-speech --example transcribe -- SOUND.wav MODEL [SILERO.safetensors] [LANGUAGE]
//! ```

use std::error::Error;
use std::path::PathBuf;

use kairos_speech::{SpeechConfig, SpeechServer, VoiceDetection, open_recognizer};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(sound), Some(model)) = (arguments.next(), arguments.next()) else {
        return Err("usage: transcribe SOUND.wav MODEL [SILERO.safetensors] [LANGUAGE]".into());
    };
    let config = SpeechConfig {
        model: Some(PathBuf::from(model)),
        voice_activity: arguments.next().filter(|file| !file.is_empty()).map(PathBuf::from),
        language: arguments.next().unwrap_or_else(|| "auto".into()),
        ..SpeechConfig::default()
    };
    let recognizer = open_recognizer(&config)?.ok_or("speech is off")?;
    println!("{}", recognizer.description().name);
    let server = SpeechServer::inline(recognizer, VoiceDetection::open(&config)?, &config);
    let mut room = server.open("example");

    let samples = read_wave(&std::fs::read(sound)?)?;
    let mut heard = Vec::new();
    // A fifth of a second at a time, as a live room would.
    for (i, part) in (0..).zip(samples.chunks(3_200)) {
        heard.push(room.push(i * 200_000, part)?);
    }
    heard.push(room.finish()?);
    for heard in heard {
        for word in heard.words {
            let seconds = |us: i64| us as f64 / 1e6;
            println!(
                "{:8.2} {:8.2} {:5.2} {}",
                seconds(word.start_us),
                seconds(word.end_us),
                word.probability,
                word.text
            );
        }
        for missed in heard.missed {
            println!("{} to {} us: {:?}", missed.start_us, missed.end_us, missed.reason);
        }
    }
    println!("{}", room.tally());
    Ok(())
}

fn read_wave(bytes: &[u8]) -> Result<Vec<f32>, &'static str> {
    let data = bytes.windows(4).position(|four| four == b"data").ok_or("the file is no wave file")? + 8;
    let samples = bytes.get(data..).unwrap_or_default().chunks_exact(2);
    Ok(samples.map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0).collect())
}

//! Prints the windows of speech in a wave file (16 kHz, 16 bit, mono) that a recogniser would be given.
//!
//! ```sh
//! cargo run -p kairos-speech --example windows -- SOUND.wav [SILERO.safetensors]
//! ```

use std::error::Error;

use kairos_speech::{Listener, SpeechConfig, VoiceDetection};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let sound = arguments.next().ok_or("usage: windows SOUND.wav [SILERO.safetensors]")?;
    let config = SpeechConfig { voice_activity: arguments.next().map(Into::into), ..SpeechConfig::default() };
    let mut listener = Listener::new(VoiceDetection::open(&config)?.detector(), &config.windows);
    let bytes = std::fs::read(sound)?;
    let data = bytes.windows(4).position(|four| four == b"data").ok_or("the file is no wave file")? + 8;
    let samples: Vec<f32> = bytes[data..]
        .chunks_exact(2)
        .map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0)
        .collect();
    let mut windows = listener.push(0, &samples)?;
    windows.extend(listener.finish()?);
    for window in windows {
        let seconds = |us: i64| us as f64 / 1e6;
        let (start, end) = (seconds(window.start_us), seconds(window.end_us));
        println!("{start:8.2} {end:8.2} {:5.1} s, voice {:.2}", end - start, window.voice_share);
    }
    Ok(())
}

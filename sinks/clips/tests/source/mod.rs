//! Generated streams whose every picture says its own number, and clips read back.
//!
//! Invariants: picture `n` of a source is shown `n / rate` seconds after its start and carries `n` as sixteen
//! bright or dark squares; in the first three pictures of every second a patch is white, and a tone of 1 kHz
//! sounds for the first tenth of every second.
#![allow(dead_code)] // Each test file uses its own part.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kairos_clips::{Clip, ClipFolder, ClipNames, ClipPolicy, ClipRequest, ClipSegment, ClipStore};
use tempfile::TempDir;

pub const WIDTH: usize = 160;
pub const HEIGHT: usize = 96;
const SQUARE: usize = 16;
pub const SOUND_RATE: usize = 48_000;

/// How a source is made.
pub struct Source<'a> {
    pub pictures: usize,
    /// Pictures per second, numerator and denominator.
    pub rate: (usize, usize),
    /// FFmpeg's output options for the pictures; empty: no pictures.
    pub video: &'a str,
    /// Likewise for the sound.
    pub audio: &'a str,
    /// FFmpeg's name of the container and the length of segments in seconds.
    pub container: (&'a str, f64),
}

fn luma(n: usize, rate: (usize, usize)) -> Vec<u8> {
    let mut plane = vec![0_u8; WIDTH * HEIGHT];
    let white = n * rate.1 % rate.0 < 3 * rate.1;
    for (i, pixel) in plane.iter_mut().enumerate() {
        let (x, y) = (i % WIDTH, i / WIDTH);
        let (column, row) = (x / SQUARE, y / SQUARE);
        *pixel = match (column, row) {
            (0..8, 0..2) => [40, 210][n >> (row * 8 + column) & 1],
            (8.., 0..2) => [30, 230][usize::from(white)],
            // Something that moves, so that pictures depend on one another.
            _ => (60 + (x + 2 * y + 3 * n) % 128) as u8,
        };
    }
    plane
}

fn wav(seconds: f64) -> Vec<u8> {
    let count = (seconds * SOUND_RATE as f64) as usize;
    let mut bytes = Vec::new();
    for i in 0..count {
        let on = i % SOUND_RATE < SOUND_RATE / 10;
        let value = (i as f64 * 1000.0 * std::f64::consts::TAU / SOUND_RATE as f64).sin() * 12_000.0;
        bytes.extend_from_slice(&(if on { value as i16 } else { 0 }).to_le_bytes());
    }
    bytes
}

fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"]);
    command
}

fn run(mut command: Command, input: Option<&[u8]>) -> Vec<u8> {
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    let mut child = command.stdout(Stdio::piped()).spawn().expect("ffmpeg's command line is installed");
    let pipe = child.stdin.take();
    let output = std::thread::scope(|scope| {
        if let (Some(mut pipe), Some(input)) = (pipe, input) {
            scope.spawn(move || pipe.write_all(input).ok());
        }
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "{command:?}");
    output.stdout
}

impl Source<'_> {
    /// Encodes the source and cuts it into segments, in order.
    pub fn segments(&self) -> Vec<ClipSegment> {
        let dir = tempfile::tempdir().unwrap();
        let seconds = self.pictures as f64 * self.rate.1 as f64 / self.rate.0 as f64;
        let sound = dir.path().join("sound.raw");
        std::fs::write(&sound, wav(seconds)).unwrap();
        let mut command = ffmpeg();
        let mut input = None;
        if !self.video.is_empty() {
            let size = format!("{WIDTH}x{HEIGHT}");
            let rate = format!("{}/{}", self.rate.0, self.rate.1);
            command.args(["-f", "rawvideo", "-pix_fmt", "gray", "-s", &size, "-r", &rate, "-i", "pipe:0"]);
            input = Some((0..self.pictures).flat_map(|n| luma(n, self.rate)).collect::<Vec<u8>>());
        }
        if !self.audio.is_empty() {
            command.args(["-f", "s16le", "-ar", "48000", "-ac", "1", "-i"]).arg(&sound);
        }
        if !self.video.is_empty() {
            command.args(["-pix_fmt", "yuv420p"]).args(self.video.split_whitespace());
        }
        // The segment muxer doesn't tell FFmpeg what it takes, so nothing is mapped by itself.
        for input in 0..usize::from(!self.video.is_empty()) + usize::from(!self.audio.is_empty()) {
            command.args(["-map", &input.to_string()]);
        }
        command.args(self.audio.split_whitespace());
        let (kind, length) = self.container;
        command.args(["-f", "segment", "-segment_time", &length.to_string(), "-segment_format", kind]);
        if kind == "mp4" {
            command.args(["-segment_format_options", "movflags=+frag_keyframe+empty_moov"]);
        }
        command.arg("s%03d.bin").current_dir(dir.path());
        run(command, input.as_deref());
        read_segments(dir.path())
    }
}

/// Segments of a folder. FFmpeg's own list of their starts is off by the encoder's delay for all but the first,
/// so the packets' times tell.
fn read_segments(dir: &Path) -> Vec<ClipSegment> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "bin"));
    files.sort();
    let times = |path: &Path| {
        let of = |kind| probe(path, &["-select_streams", kind, "-show_entries", "packet=pts_time"]);
        let text = Some(of("v")).filter(|text| !text.trim().is_empty()).unwrap_or_else(|| of("a"));
        let mut times: Vec<f64> =
            text.lines().filter_map(|l| l.split(',').next().and_then(|t| t.parse().ok())).collect();
        times.sort_by(f64::total_cmp);
        let step = times.windows(2).map(|w| w[1] - w[0]).fold(f64::INFINITY, f64::min);
        Some((*times.first()?, times.last()? + if step.is_finite() { step } else { 0.04 }))
    };
    let mut spans: Vec<(f64, f64)> = Vec::new();
    files.retain(|path| {
        let Some((start, end)) = times(path) else { return false };
        // Where every segment starts its clock anew, each follows the one before.
        let shift = spans.last().map_or(0.0, |last| if start < last.0 + 0.1 { last.1 - start } else { 0.0 });
        spans.push((start + shift, end + shift));
        true
    });
    let micros = |seconds: f64| ((seconds - spans[0].0) * 1e6).round() as i64;
    files
        .iter()
        .zip(&spans)
        .map(|(path, &(start, end))| {
            let bytes = std::fs::read(path).unwrap().into();
            ClipSegment { start_us: micros(start), duration_us: micros(end) - micros(start), bytes }
        })
        .collect()
}

/// A store in a folder of its own.
pub fn store() -> (TempDir, ClipStore) {
    let dir = tempfile::tempdir().unwrap();
    let store = ClipStore::new(ClipFolder::open(dir.path()).unwrap(), &ClipPolicy::default()).unwrap();
    (dir, store)
}

pub fn request(segments: &[ClipSegment], from_us: i64, to_us: i64) -> ClipRequest<'_> {
    let names = ClipNames { room: "room", stream: "stream", highlight: "h1" };
    ClipRequest { names, from_us, to_us, peak_us: None, segments }
}

/// A clip read back.
pub struct Read {
    /// Numbers of the pictures.
    pub numbers: Vec<usize>,
    /// Times of the pictures, seconds.
    pub times: Vec<f64>,
    /// Whether the white patch shows.
    pub white: Vec<bool>,
    /// The sound, mono.
    pub sound: Vec<f32>,
    /// Length by the container, seconds.
    pub length: f64,
}

pub fn read(dir: &Path, clip: &Clip) -> Read {
    read_file(&dir.join(&clip.path))
}

fn probe(path: &Path, what: &[&str]) -> String {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-of", "csv=p=0"]).args(what).arg(path);
    String::from_utf8(run(command, None)).unwrap()
}

pub fn length(path: &Path) -> f64 {
    probe(path, &["-show_entries", "format=duration"]).trim().parse().unwrap()
}

pub fn read_file(path: &PathBuf) -> Read {
    let times = probe(path, &["-select_streams", "v", "-show_entries", "frame=pts_time"]);
    let times: Vec<f64> = times.lines().filter_map(|l| l.trim_end_matches(',').parse().ok()).collect();
    let mut command = ffmpeg();
    command.arg("-i").arg(path).args([
        "-map",
        "0:v?",
        "-fps_mode",
        "passthrough",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "gray",
    ]);
    let pictures = if times.is_empty() {
        Vec::new()
    } else {
        command.arg("pipe:1");
        run(command, None)
    };
    let at = |picture: &[u8], column: usize, row: usize| {
        let centre = (row * SQUARE + SQUARE / 2) * WIDTH + column * SQUARE + SQUARE / 2;
        picture[centre] > 125
    };
    let number = |picture: &[u8]| (0..16).map(|bit| usize::from(at(picture, bit % 8, bit / 8)) << bit).sum();
    let pictures: Vec<&[u8]> = pictures.chunks(WIDTH * HEIGHT).collect();
    let has_sound = probe(path, &["-select_streams", "a", "-show_entries", "stream=index"]).trim().len() == 1;
    let mut sound = Vec::new();
    if has_sound {
        let mut command = ffmpeg();
        command
            .arg("-i")
            .arg(path)
            .args(["-map", "0:a", "-f", "f32le", "-ac", "1", "-ar", "48000", "pipe:1"]);
        sound = run(command, None).chunks(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    }
    Read {
        numbers: pictures.iter().map(|p| number(p)).collect(),
        white: pictures.iter().map(|p| at(p, 9, 0)).collect(),
        times,
        sound,
        length: length(path),
    }
}

impl Read {
    /// Every picture from `first` on, each once, and each at its time.
    pub fn assert_consecutive(&self, first: usize, count: usize, rate: (usize, usize)) {
        assert_eq!(self.numbers, (first..first + count).collect::<Vec<_>>());
        self.assert_times(first as f64 * rate.1 as f64 / rate.0 as f64, rate);
    }

    /// Each picture stands at its own time, the clip starting at `from` seconds of the source.
    pub fn assert_times(&self, from: f64, rate: (usize, usize)) {
        assert_eq!(self.numbers.len(), self.times.len());
        for (number, time) in self.numbers.iter().zip(&self.times) {
            let wanted = (*number as f64 * rate.1 as f64 / rate.0 as f64 - from).max(0.0);
            assert!((time - wanted).abs() < 0.0015, "picture {number} at {time}, not {wanted}");
        }
    }

    /// Largest distance between a flash and the beep that belongs to it, seconds; flashes at the very start
    /// are cut ones and don't count.
    pub fn sync(&self) -> f64 {
        let flashes: Vec<f64> = (1..self.white.len())
            .filter(|&i| self.white[i] && !self.white[i - 1])
            .map(|i| self.times[i])
            .collect();
        let loud = |i: usize| self.sound[i].abs() > 0.08;
        let quiet = SOUND_RATE / 20;
        let mut beeps = Vec::new();
        let mut last_loud = None;
        for i in (0..self.sound.len()).filter(|&i| loud(i)) {
            if last_loud.is_none_or(|l| i - l > quiet) {
                beeps.push(i as f64 / SOUND_RATE as f64);
            }
            last_loud = Some(i);
        }
        assert!(!flashes.is_empty(), "no flash in the clip");
        let nearest = |flash: f64| beeps.iter().map(|b| (b - flash).abs()).fold(f64::INFINITY, f64::min);
        flashes.into_iter().map(nearest).fold(0.0, f64::max)
    }
}

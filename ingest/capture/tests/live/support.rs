//! Senders, collectors and the judge of segments.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use kairos_capture::{CaptureOptions, Captured, Captures, Empty, RoomState, Rooms, Source};
use kairos_decode::{DecodeOptions, Mode, SegmentDecoder};
use kairos_timeline::{MediaTime, RoomId, Segment, Span};

/// Pictures per second, and seconds of the clip.
pub const RATE: usize = 25;
pub const SECONDS: usize = 3;
pub const PICTURES: usize = RATE * SECONDS;

pub fn ffmpeg(dir: &Path, args: &str) {
    let output = Command::new("ffmpeg")
        .current_dir(dir)
        .args(["-nostdin", "-hide_banner", "-loglevel", "error", "-y"])
        .args(args.split_whitespace())
        .output()
        .expect("ffmpeg is installed");
    assert!(output.status.success(), "ffmpeg {args}: {}", String::from_utf8_lossy(&output.stderr));
}

pub fn inputs(secs: usize) -> String {
    format!(
        "-f lavfi -i testsrc2=size=160x90:rate={RATE}:duration={secs} \
         -f lavfi -i sine=frequency=440:sample_rate=48000:duration={secs}"
    )
}

pub const H264: &str = "-c:v libx264 -preset veryfast -g 25 -sc_threshold 0 -bf 2 -pix_fmt yuv420p";

/// A clip with a keyframe every second, made once for all tests.
pub fn clip() -> &'static Path {
    static CLIP: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = CLIP.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a folder");
        ffmpeg(dir.path(), &format!("{} {H264} -c:a aac clip.mp4", inputs(SECONDS)));
        let path = dir.path().join("clip.mp4");
        (dir, path)
    });
    path
}

/// A process that ends with its owner.
pub struct Sender(Child);

impl Drop for Sender {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Sender {
    /// `ffmpeg` with these arguments; what it says goes to the test's own output.
    pub fn ffmpeg(args: &str) -> Self {
        let child = Command::new("ffmpeg")
            .args(["-nostdin", "-hide_banner", "-loglevel", "error", "-y"])
            .args(args.split_whitespace())
            .stdin(Stdio::null())
            .spawn()
            .expect("ffmpeg is installed");
        Self(child)
    }

    /// The clip at its own speed, without encoding, to `target`.
    pub fn clip(target: &str) -> Self {
        Self::ffmpeg(&format!("-re -i {} -c copy {target}", clip().display()))
    }

    pub fn wait(&mut self) {
        self.0.wait().expect("a process");
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.0.id().to_string()]).status();
        assert!(sent.expect("kill is installed").success());
    }
}

/// A loopback port that is free, and that no connection going out is given meanwhile: those come from 32768 up.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + (std::process::id() % 200) as u16 * 50;
    let ports = std::iter::repeat_with(|| first + NEXT.fetch_add(1, Ordering::Relaxed));
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    ports.take(1_000).find(free).expect("a free port")
}

pub fn room(name: &str) -> RoomId {
    RoomId::new(name).expect("a valid id")
}

pub fn source(text: &str) -> Source {
    text.parse().expect("a valid source")
}

pub fn quick() -> CaptureOptions {
    CaptureOptions {
        silent_after_ms: 1_000,
        reconnect_silent_after_ms: 2_000,
        backoff_min_ms: 100,
        backoff_max_ms: 400,
        settle_ms: 200,
        files_as_fast_as_possible: true,
        rooms_file_poll_ms: 50,
        ..CaptureOptions::default()
    }
}

/// Everything that came out, in order.
pub struct Collector {
    pub captures: Captures,
    pub all: Vec<Captured>,
}

pub fn start(options: CaptureOptions) -> (Rooms, Collector) {
    let (rooms, captures) = Rooms::new(options).expect("options that work");
    (rooms, Collector { captures, all: Vec::new() })
}

impl Collector {
    /// Collects until `enough`, at most `secs`; whether it was.
    pub fn until(&mut self, secs: f64, enough: impl Fn(&[Captured]) -> bool) -> bool {
        let limit = Instant::now() + Duration::from_secs_f64(secs);
        loop {
            if enough(&self.all) {
                return true;
            }
            match self.captures.try_next() {
                Ok(Some(next)) => self.all.push(next),
                Ok(None) => return enough(&self.all),
                Err(Empty) if Instant::now() > limit => return false,
                Err(Empty) => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    pub fn must(&mut self, secs: f64, what: &str, enough: impl Fn(&[Captured]) -> bool) {
        assert!(self.until(secs, enough), "{what} did not come: {}", story(&self.all));
    }

    pub fn segments(&self, room: &str) -> Vec<Segment> {
        segments(&self.all, room)
    }
}

pub fn segments(all: &[Captured], room: &str) -> Vec<Segment> {
    let of = |captured: &Captured| match captured {
        Captured::Segment(segment) if segment.room.as_str() == room => Some(segment.clone()),
        _ => None,
    };
    all.iter().filter_map(of).collect()
}

pub fn ended(room: &str) -> impl Fn(&[Captured]) -> bool {
    let room = room.to_owned();
    move |all| all.iter().any(|c| matches!(c, Captured::End { .. }) && c.room().as_str() == room)
}

pub fn in_state<'a>(
    room: &'a str,
    wanted: impl Fn(&RoomState, &str) -> bool + 'a,
) -> impl Fn(&[Captured]) -> bool + 'a {
    move |all| {
        all.iter().any(|captured| match captured {
            Captured::State { room: of, state, why } => of.as_str() == room && wanted(state, why),
            _ => false,
        })
    }
}

/// What happened, without bytes.
pub fn story(all: &[Captured]) -> String {
    let line = |captured: &Captured| match captured {
        Captured::Segment(s) => {
            format!(
                "{} {} #{} {} +{} {} bytes",
                s.room,
                s.stream,
                s.sequence,
                s.start,
                s.duration,
                s.bytes.len()
            )
        }
        other => format!("{other:?}"),
    };
    all.iter().map(|captured| format!("\n  {}", line(captured))).collect()
}

/// Times of all pictures and seconds of sound; each segment has to decode by itself, from a keyframe on.
pub fn judge(segments: &[Segment]) -> (Vec<MediaTime>, f64) {
    let options =
        DecodeOptions { width: 32, height: 24, pictures: Some(Mode::Full), ..DecodeOptions::default() };
    let mut all = SegmentDecoder::new(options.clone());
    let (mut times, mut samples) = (Vec::new(), 0);
    for (i, segment) in segments.iter().enumerate() {
        let alone = SegmentDecoder::new(options.clone()).decode(segment).expect("a container");
        assert_eq!(alone.faults, [], "segment {i} alone");
        assert!(
            alone.pictures.first().is_none_or(|first| first.keyframe),
            "segment {i} begins with a keyframe"
        );
        assert!(segment.bytes.len() <= 1 << 20);
        let decoded = all.decode(segment).expect("a container");
        assert_eq!(decoded.faults, [], "segment {i} in a row");
        times.extend(decoded.pictures.iter().map(|picture| picture.at));
        samples += decoded.sound.iter().map(|sound| sound.samples.len()).sum::<usize>();
    }
    samples += all.finish().map_or(0, |sound| sound.samples.len());
    (times, samples as f64 / 16_000.0)
}

/// Segments of one stream that touch, begin at zero, and hold these pictures, one every 40 ms.
pub fn is_whole_clip(segments: &[Segment], pictures: usize) {
    assert!(!segments.is_empty(), "no segments");
    assert_eq!(segments[0].start, MediaTime::ZERO);
    for (i, pair) in segments.windows(2).enumerate() {
        assert_eq!(pair[0].stream, pair[1].stream);
        assert_eq!(pair[0].sequence + 1, pair[1].sequence);
        let apart = (pair[1].start - pair[0].end()).abs();
        assert!(apart <= Span::from_millis(1), "segments {i} and {} are {apart} apart", i + 1);
        let clocks = (pair[1].captured_at - pair[0].captured_at) - (pair[1].start - pair[0].start);
        assert!(clocks.abs() < Span::from_millis(60), "capture time follows media time: {clocks}");
    }
    let (times, sound) = judge(segments);
    assert_eq!(times.len(), pictures, "pictures");
    for (i, at) in times.iter().enumerate() {
        let off = *at - MediaTime::from_micros(i as i64 * 40_000);
        assert!(off.abs() <= Span::from_millis(2), "picture {i} is off by {off}");
    }
    let expected = pictures as f64 / RATE as f64;
    assert!((sound - expected).abs() < 0.2, "{sound} s of sound beside {expected} s of pictures");
}

/// Serves the files of a folder on loopback, and at `/endless` the given bytes as one stream; gives back the address.
pub fn serve(folder: PathBuf, endless: Vec<u8>) -> String {
    let (tell, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback");
            tell.send(format!("http://{}", listener.local_addr().expect("an address"))).expect("a test");
            let file = move |axum::extract::Path(name): axum::extract::Path<String>| {
                let path = folder.join(name);
                async move { std::fs::read(path).map_err(|_missing| axum::http::StatusCode::NOT_FOUND) }
            };
            let app = axum::Router::new()
                .route("/endless", axum::routing::get(move || async move { endless }))
                .route("/{name}", axum::routing::get(file));
            axum::serve(listener, app).await.expect("it serves");
        });
    });
    address.recv().expect("a server")
}

pub fn gaps(all: &[Captured], room: &str) -> Vec<(MediaTime, MediaTime, kairos_capture::GapReason)> {
    let of = |captured: &Captured| match captured {
        Captured::Gap { room: of, from, to, why, .. } if of.as_str() == room => Some((*from, *to, *why)),
        _ => None,
    };
    all.iter().filter_map(of).collect()
}

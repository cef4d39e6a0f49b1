//! What is known of a recording before its first unit.

use std::path::Path;

use kairos_recording::media::{MediaIdentity, MediaInfo, MediaOptions, MediaReader};
use kairos_recording::{RecordedStream, Recording, RecordingInfo};
use kairos_simulate::RoomTruth;
use kairos_timeline::{Span, WallTime};

use crate::report::{Interval, LagReport, MediaInfo as MediaReport, RoomReport};

/// Names, length, media, and the truth where the room is simulated.
#[derive(Debug, Clone)]
pub struct About {
    /// What the recording says of itself.
    pub info: RecordingInfo,
    /// What its media file holds, where there is one.
    pub media: Option<MediaInfo>,
    /// Its truth, where it is simulated.
    pub truth: Option<RoomTruth>,
}

impl About {
    /// Reads what `recording`, opened from `path`, says of itself.
    ///
    /// # Errors
    /// If its media file can't be opened.
    pub fn read(recording: &Recording, path: &Path) -> anyhow::Result<Self> {
        let info = recording.info().clone();
        let identity = MediaIdentity {
            room: info.room.clone(),
            stream: info.stream.clone(),
            started_at: info.started_at,
        };
        let media = match &info.media {
            Some(file) => Some(MediaReader::open(file, identity, MediaOptions::default())?.info().clone()),
            None => None,
        };
        let truth = if info.simulated { read_truth(path)? } else { None };
        Ok(Self { info, media, truth })
    }

    /// Length: of the media, or to the last event where there is none.
    pub fn length(&self) -> Span {
        self.media.as_ref().and_then(|media| media.duration).unwrap_or(self.info.events_span)
    }

    /// The streamer; the room stands for an unknown one.
    pub fn streamer(&self) -> &str {
        self.info.streamer.as_deref().unwrap_or(self.info.room.as_str())
    }

    /// The head of the room's report.
    pub fn report(&self, unit: Span) -> RoomReport {
        let lag = self.truth.as_ref().and_then(|truth| truth.comment_lag_s);
        RoomReport {
            room: self.info.room.to_string(),
            stream: self.info.stream.to_string(),
            title: self.info.title.clone().unwrap_or_default(),
            simulated: self.info.simulated,
            duration_s: self.length().as_secs_f64(),
            unit_s: unit.as_secs_f64(),
            started_at: as_text(self.info.started_at),
            media: self.media.as_ref().map(media_report),
            lag: lag.map(|truth| LagReport { truth: Some(truth), ..LagReport::default() }),
            truth: self.truth.as_ref().map(planted).unwrap_or_default(),
            ..RoomReport::default()
        }
    }
}

/// The truth of a simulated room in `folder`; `None` where there is no such file.
fn read_truth(folder: &Path) -> anyhow::Result<Option<RoomTruth>> {
    let file = folder.join("truth.json");
    if !file.is_file() {
        return Ok(None);
    }
    let text = std::fs::read(&file)?;
    let truth = serde_json::from_slice(&text);
    truth.map(Some).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))
}

fn media_report(media: &MediaInfo) -> MediaReport {
    let video = media.video.as_ref();
    MediaReport {
        codec: video.map(|video| video.codec.clone()).unwrap_or_default(),
        width: video.map_or(0, |video| video.width),
        height: video.map_or(0, |video| video.height),
        fps: video.and_then(|video| video.frame_rate).unwrap_or(0.0),
        audio: media.sound.as_ref().map(|sound| sound.codec.clone()),
    }
}

fn planted(truth: &RoomTruth) -> Vec<Interval> {
    let interval = |moment: &kairos_simulate::Moment| Interval {
        start_s: moment.start_s,
        end_s: moment.end_s,
        label: format!("{:?}", moment.kind).to_lowercase(),
    };
    truth.moments.iter().map(interval).collect()
}

/// A wall time in RFC 3339; `None` where it is not known.
fn as_text(at: WallTime) -> Option<String> {
    let known = at != WallTime::default();
    known.then(|| jiff::Timestamp::from_microsecond(at.as_micros()).ok()).flatten().map(|at| at.to_string())
}

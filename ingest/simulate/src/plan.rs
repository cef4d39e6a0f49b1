//! What to simulate: how many rooms, how long, how they look and what they lack.
//!
//! Which room lacks what follows from its number alone, spread evenly, so that a share of 1/8 shows in any eight
//! rooms in a row and room 0 lacks nothing until a share is 1.

use serde::{Deserialize, Serialize};

use crate::SimulateError;

/// What to simulate. Every field has a default; see [`Plan::check`] for the ranges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// How many rooms.
    pub rooms: usize,
    /// Length of each room's media, minutes.
    pub minutes: f64,
    /// Everything follows from it: the same seed gives the same bytes.
    pub seed: u64,
    /// Whether pictures and sound are rendered at all; without them a room is chat, gifts and feedback.
    pub media: bool,
    /// Width of the pictures, even number of pixels.
    pub width: u32,
    /// Height of the pictures, even number of pixels.
    pub height: u32,
    /// Pictures a second (the mean, in rooms with a variable frame rate).
    pub fps: u32,
    /// Bit rate of the pictures, kbit/s.
    pub video_kbps: u32,
    /// Bit rate of the sound, kbit/s.
    pub audio_kbps: u32,
    /// Longest distance between keyframes, seconds.
    pub keyframe_seconds: f64,
    /// Viewers in all rooms together.
    pub users: usize,
    /// Whether streamers speak.
    pub speech: bool,
    /// Share of rooms without comments.
    pub without_comments: f64,
    /// Share of rooms without sound (and so without speech).
    pub without_sound: f64,
    /// Share of rooms without pictures. A room never lacks both pictures and sound.
    pub without_video: f64,
    /// Share of rooms whose source drops out now and then: wall time passes, media time does not.
    pub with_dropouts: f64,
    /// Share of rooms with a variable frame rate.
    pub with_variable_frame_rate: f64,
    /// Share of rooms whose sound starts seconds after the pictures.
    pub with_late_sound: f64,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            rooms: 4,
            minutes: 5.0,
            seed: 1,
            media: true,
            width: 320,
            height: 180,
            fps: 12,
            video_kbps: 260,
            audio_kbps: 40,
            keyframe_seconds: 2.0,
            users: 4_000,
            speech: true,
            without_comments: 0.1,
            without_sound: 0.1,
            without_video: 0.1,
            with_dropouts: 0.15,
            with_variable_frame_rate: 0.2,
            with_late_sound: 0.15,
        }
    }
}

/// What a room has and lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traits {
    /// Viewers comment.
    pub comments: bool,
    /// There is sound.
    pub sound: bool,
    /// There are pictures.
    pub video: bool,
    /// The source drops out.
    pub dropouts: bool,
    /// Pictures come at uneven distances.
    pub variable_frame_rate: bool,
    /// Sound starts seconds after the pictures.
    pub late_sound: bool,
}

impl Plan {
    /// Checks every field.
    ///
    /// # Errors
    /// Names the first field that is out of range.
    pub fn check(&self) -> Result<(), SimulateError> {
        let refuse = |field, problem: &str| Err(SimulateError::Plan { field, problem: problem.to_owned() });
        if !(1..=10_000).contains(&self.rooms) {
            return refuse("rooms", "must be 1 to 10000");
        }
        if !(0.1..=1_440.0).contains(&self.minutes) {
            return refuse("minutes", "must be 0.1 to 1440");
        }
        for (field, pixels) in [("width", self.width), ("height", self.height)] {
            if !(64..=3_840).contains(&pixels) || pixels % 2 != 0 {
                return refuse(field, "must be an even number of pixels, 64 to 3840");
            }
        }
        if !(1..=120).contains(&self.fps) {
            return refuse("fps", "must be 1 to 120");
        }
        if !(16..=50_000).contains(&self.video_kbps) {
            return refuse("video_kbps", "must be 16 to 50000");
        }
        if !(16..=320).contains(&self.audio_kbps) {
            return refuse("audio_kbps", "must be 16 to 320");
        }
        if !(0.1..=30.0).contains(&self.keyframe_seconds) {
            return refuse("keyframe_seconds", "must be 0.1 to 30");
        }
        if !(10..=10_000_000).contains(&self.users) {
            return refuse("users", "must be 10 to 10000000");
        }
        for (field, share) in [
            ("without_comments", self.without_comments),
            ("without_sound", self.without_sound),
            ("without_video", self.without_video),
            ("with_dropouts", self.with_dropouts),
            ("with_variable_frame_rate", self.with_variable_frame_rate),
            ("with_late_sound", self.with_late_sound),
        ] {
            if !(0.0..=1.0).contains(&share) {
                return refuse(field, "must be a share, 0 to 1");
            }
        }
        Ok(())
    }

    /// Length of a room's media, seconds.
    pub fn seconds(&self) -> f64 {
        self.minutes * 60.0
    }

    /// What room number `room` has and lacks.
    pub fn traits(&self, room: usize) -> Traits {
        let video = self.media && !due(room, self.without_video, 0.95);
        let sound = self.media && (!video || !due(room, self.without_sound, 0.72));
        Traits {
            comments: !due(room, self.without_comments, 0.85),
            sound,
            video,
            dropouts: self.media && due(room, self.with_dropouts, 0.62),
            variable_frame_rate: video && due(room, self.with_variable_frame_rate, 0.8),
            late_sound: sound && video && due(room, self.with_late_sound, 0.35),
        }
    }
}

/// Whether a trait of the given share falls on this room: one in every `1 / share` rooms in a row. `phase`, 0 to
/// 1, keeps traits from falling on the same room; nearer 1 comes earlier.
fn due(room: usize, share: f64, phase: f64) -> bool {
    let offset = (1.0 - share) * phase;
    let passed = |rooms: usize| (rooms as f64 * share + offset + 1e-9).floor();
    passed(room + 1) > passed(room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_room_lacks_nothing_and_twelve_rooms_show_everything() {
        let plan = Plan::default();
        let first = plan.traits(0);
        assert!(first.comments && first.sound && first.video && !first.dropouts && !first.late_sound);
        let all: Vec<Traits> = (0..12).map(|room| plan.traits(room)).collect();
        assert!(
            all.iter().any(|t| !t.comments) && all.iter().any(|t| !t.sound) && all.iter().any(|t| !t.video)
        );
        assert!(all.iter().any(|t| t.dropouts) && all.iter().any(|t| t.variable_frame_rate));
        assert!(all.iter().any(|t| t.late_sound));
        assert!(all.iter().all(|t| t.video || t.sound));
    }

    #[test]
    fn shares_of_nothing_and_everything_hold_for_every_room() {
        let none = Plan { without_video: 0.0, ..Plan::default() };
        let all = Plan { without_video: 1.0, without_sound: 1.0, ..Plan::default() };
        for room in 0..100 {
            assert!(none.traits(room).video);
            assert!(!all.traits(room).video && all.traits(room).sound);
        }
    }

    #[test]
    fn shares_are_kept_over_many_rooms() {
        let plan = Plan { without_comments: 0.3, ..Plan::default() };
        let silent = (0..1_000).filter(|&room| !plan.traits(room).comments).count();
        assert!((299..=301).contains(&silent), "{silent}");
    }

    #[test]
    fn a_field_out_of_range_is_named() {
        for (plan, field) in [
            (Plan { rooms: 0, ..Plan::default() }, "rooms"),
            (Plan { minutes: f64::NAN, ..Plan::default() }, "minutes"),
            (Plan { width: 321, ..Plan::default() }, "width"),
            (Plan { without_sound: 1.5, ..Plan::default() }, "without_sound"),
        ] {
            let message = plan.check().unwrap_err().to_string();
            assert!(message.contains(field), "{message}");
        }
        assert!(Plan::default().check().is_ok());
    }
}

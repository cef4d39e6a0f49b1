//! Packets of a sound track to mono samples at 16 kHz, without a seam between consecutive segments.
//!
//! Decoder and resampler live on from one segment to the next of the same stream, because transform codecs
//! overlap and the resampler's filter looks ahead; the few samples that it holds back come with the next
//! segment or with [`drain`](SoundDecoder::drain). Time is counted in samples from the first one of a run;
//! the container's clock starts a new run only where it leaves the count by more than [`DRIFT`].

use ffmpeg_next::{Error, codec, decoder, frame};
use kairos_timeline::{MediaTime, Segment, Span, StreamId};

use crate::deadline::Deadline;
use crate::fault::{FaultKind, Faults, Track};
use crate::input::Packets;
use crate::libav::{self, Resampler, SoundForm};
use crate::options::Limits;
use crate::segment::Clock;

/// Samples per second of all sound handed out.
pub const SAMPLE_RATE: u32 = 16_000;

/// How far timestamps may leave the count of samples before sound is taken to be missing (or doubled).
/// Container clocks round to a millisecond, and encoders pad by a frame.
const DRIFT: Span = Span::from_millis(100);

/// A stretch of sound without a gap.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    /// Media time of the first sample.
    pub start: MediaTime,
    /// Mono, 16 kHz, full scale -1 to 1.
    pub samples: Vec<f32>,
}

impl Sound {
    /// Media time at which it ends.
    pub fn end(&self) -> MediaTime {
        self.start + samples_to_span(self.samples.len() as u64, SAMPLE_RATE)
    }
}

/// The sound decoder of a stream.
#[derive(Default)]
pub(crate) struct SoundDecoder {
    open: Option<Open>,
}

struct Open {
    print: Vec<u8>,
    stream: StreamId,
    sequence: u64,
    decoder: decoder::Audio,
    run: Option<Run>,
}

/// Sound without a gap, as far as it has come.
struct Run {
    form: SoundForm,
    resampler: Resampler,
    anchor: MediaTime,
    heard: u64,
    produced: u64,
    pending: Vec<f32>,
}

fn samples_to_span(samples: u64, rate: u32) -> Span {
    let micros = u128::from(samples) * 1_000_000 / u128::from(rate.max(1));
    Span::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

impl Run {
    fn new(form: SoundForm, anchor: MediaTime) -> Result<Self, Error> {
        let resampler = Resampler::new(form, SAMPLE_RATE as i32)?;
        Ok(Self { form, resampler, anchor, heard: 0, produced: 0, pending: Vec::new() })
    }

    /// When the next frame is due.
    fn due(&self) -> MediaTime {
        self.anchor + samples_to_span(self.heard, self.form.rate.unsigned_abs())
    }

    fn take(&mut self) -> Option<Sound> {
        let samples = std::mem::take(&mut self.pending);
        let start = self.anchor + samples_to_span(self.produced, SAMPLE_RATE);
        self.produced += samples.len() as u64;
        (!samples.is_empty()).then_some(Sound { start, samples })
    }

    fn end(mut self) -> Option<Sound> {
        // What the filter holds is at most a few samples; without them the run ends that much earlier.
        if self.resampler.drain(&mut self.pending).is_err() {
            tracing::debug!("resampler could not be drained");
        }
        self.take()
    }
}

impl SoundDecoder {
    /// Decodes the sound of `segment`, continuing the segment before where this one follows it.
    pub(crate) fn decode(
        &mut self,
        segment: &Segment,
        packets: &Packets,
        clock: Clock,
        limits: &Limits,
        deadline: Deadline,
        faults: &mut Faults,
    ) -> Vec<Sound> {
        let print = libav::fingerprint(&packets.parameters);
        let follows = |open: &Open| {
            open.print == print
                && open.stream == segment.stream
                && open.sequence.checked_add(1) == Some(segment.sequence)
        };
        let mut open = match self.open.take().filter(follows) {
            Some(open) => open,
            None => match open_decoder(packets) {
                Ok(decoder) => {
                    Open { print, stream: segment.stream.clone(), sequence: 0, decoder, run: None }
                }
                Err(error) => {
                    faults.add(Track::Sound, FaultKind::Unsupported(error.to_string()));
                    return Vec::new();
                }
            },
        };
        open.sequence = segment.sequence;
        let mut sounds = Vec::new();
        for packet in &packets.packets {
            if deadline.passed() {
                faults.add(Track::Sound, FaultKind::Deadline);
                break;
            }
            if let Err(error) = open.decoder.send_packet(packet) {
                faults.add(Track::Sound, FaultKind::Decode(error.to_string()));
            }
            if !open.receive(packets, clock, limits, &mut sounds, faults) {
                break;
            }
        }
        sounds.extend(open.run.as_mut().and_then(Run::take));
        if !faults.touch(Track::Sound) {
            self.open = Some(open);
        }
        sounds
    }

    /// The samples that the resampler holds back for a segment that will not come.
    pub(crate) fn drain(&mut self) -> Option<Sound> {
        self.open.take()?.run?.end()
    }
}

fn open_decoder(packets: &Packets) -> Result<decoder::Audio, Error> {
    let mut context = codec::Context::from_parameters(packets.parameters.clone())?;
    context.set_threading(codec::threading::Config::count(1));
    let mut decoder = context.decoder();
    decoder.set_packet_time_base(packets.time_base);
    decoder.audio()
}

impl Open {
    /// Takes what the decoder has ready; false where the limit is reached.
    fn receive(
        &mut self,
        packets: &Packets,
        clock: Clock,
        limits: &Limits,
        sounds: &mut Vec<Sound>,
        faults: &mut Faults,
    ) -> bool {
        let limit = limits.sound.as_micros().max(0).saturating_mul(i64::from(SAMPLE_RATE)) / 1_000_000;
        loop {
            let mut frame = frame::Audio::empty();
            match self.decoder.receive_frame(&mut frame) {
                Ok(()) => {}
                Err(Error::Eof | Error::Other { errno: ffmpeg_next::error::EAGAIN }) => return true,
                Err(error) => {
                    faults.add(Track::Sound, FaultKind::Decode(error.to_string()));
                    return true;
                }
            }
            if let Err(error) = self.hear(&frame, packets, clock, sounds, faults) {
                faults.add(Track::Sound, FaultKind::Decode(error.to_string()));
            }
            let ended: usize = sounds.iter().map(|sound| sound.samples.len()).sum();
            let running = self.run.as_ref().map_or(0, |run| run.pending.len());
            if (ended + running) as i64 > limit {
                faults.add(Track::Sound, FaultKind::Limit("sound"));
                return false;
            }
        }
    }

    fn hear(
        &mut self,
        frame: &frame::Audio,
        packets: &Packets,
        clock: Clock,
        sounds: &mut Vec<Sound>,
        faults: &mut Faults,
    ) -> Result<(), Error> {
        let form = SoundForm::of(frame).ok_or(Error::InvalidData)?;
        let due = self.run.as_ref().map(Run::due);
        let stamp = packets.micros(frame.pts().or_else(|| frame.timestamp()));
        let stamped = stamp.and_then(|micros| clock.place(micros));
        if stamp.is_some() && stamped.is_none() {
            faults.add(Track::Sound, FaultKind::Timestamp);
        }
        let at = match (due, stamped) {
            (Some(due), Some(at)) if (at - due).abs() <= DRIFT => due,
            (_, Some(at)) => at,
            (Some(due), None) => due,
            (None, None) => clock.start(),
        };
        if self.run.as_ref().is_none_or(|run| run.form != form || due != Some(at)) {
            sounds.extend(self.run.take().and_then(Run::end));
            self.run = Some(Run::new(form, at)?);
        }
        let Some(run) = self.run.as_mut() else { return Err(Error::Bug) };
        run.resampler.push(frame, &mut run.pending)?;
        run.heard = run.heard.saturating_add(frame.samples() as u64);
        Ok(())
    }
}

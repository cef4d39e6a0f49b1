//! Packets of a video track to the frames that a mode asks for.
//!
//! A decoder outlives its segment only if nothing was wrong with it; it is emptied at each segment's end, so
//! no picture comes late and none depends on a segment before.

use ffmpeg_next::{Dictionary, Discard, Error, codec, decoder, frame};
use kairos_timeline::{MediaTime, Span};

use crate::deadline::Deadline;
use crate::fault::{FaultKind, Faults, Track};
use crate::input::Packets;
use crate::libav;
use crate::options::{Limits, Mode};
use crate::sampling::Grid;
use crate::segment::Clock;

/// A decoded picture at the size that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// When it is shown.
    pub at: MediaTime,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Whether it was encoded without reference to others.
    pub keyframe: bool,
    /// Packed RGB, 8 bits each, rows from the top, no padding: `height * width * 3` bytes.
    pub rgb: Vec<u8>,
}

/// A decoded frame that was chosen.
pub(crate) struct Shot {
    pub(crate) frame: frame::Video,
    pub(crate) at: MediaTime,
    pub(crate) keyframe: bool,
}

/// The video decoder of a stream.
#[derive(Default)]
pub(crate) struct VideoDecoder {
    open: Option<(Vec<u8>, decoder::Video)>,
}

/// What one decoding run needs to know.
pub(crate) struct Plan<'a> {
    pub(crate) packets: &'a Packets,
    pub(crate) mode: Mode,
    pub(crate) clock: Clock,
    /// Mean distance between pictures.
    pub(crate) frame: Option<Span>,
    pub(crate) end: MediaTime,
    pub(crate) limits: &'a Limits,
    pub(crate) deadline: Deadline,
}

impl VideoDecoder {
    /// Decodes what the plan asks for and hands the chosen frames to `sink`, in the order of presentation.
    pub(crate) fn decode(&mut self, plan: &Plan<'_>, sink: &mut dyn FnMut(Shot), faults: &mut Faults) {
        let print = libav::fingerprint(&plan.packets.parameters);
        let mut decoder = match self.open.take() {
            Some((known, decoder)) if known == print => decoder,
            _ => match open(plan) {
                Ok(decoder) => decoder,
                Err(error) => {
                    return faults.add(Track::Video, FaultKind::Unsupported(error.to_string()));
                }
            },
        };
        let Some(mut choice) = Choice::new(plan) else { return };
        decoder.skip_frame(if choice.is_sparse(plan) { Discard::NonReference } else { Discard::Default });
        run(&mut decoder, plan, &mut choice, sink, faults);
        choice.finish(plan, sink);
        decoder.flush();
        if !faults.touch(Track::Video) {
            self.open = Some((print, decoder));
        }
    }
}

fn open(plan: &Plan<'_>) -> Result<decoder::Video, Error> {
    let parameters = plan.packets.parameters.clone();
    let id = parameters.id();
    let mut context = codec::Context::from_parameters(parameters)?;
    context.set_threading(codec::threading::Config::count(1));
    if id == codec::Id::H264 {
        libav::wait_for_reordered(&mut context);
    }
    let mut decoder = context.decoder();
    decoder.set_packet_time_base(plan.packets.time_base);
    let codec = decoder::find(id).ok_or(Error::DecoderNotFound)?;
    let pixels = plan.limits.picture_pixels.min(i32::MAX as u32).to_string();
    decoder.open_as_with(codec, Dictionary::from_iter([("max_pixels", pixels.as_str())]))?.video()
}

fn run(
    decoder: &mut decoder::Video,
    plan: &Plan<'_>,
    choice: &mut Choice,
    sink: &mut dyn FnMut(Shot),
    faults: &mut Faults,
) {
    let has_key = plan.packets.packets.iter().any(|packet| packet.is_key());
    let mut started = !has_key;
    for packet in &plan.packets.packets {
        if plan.deadline.passed() {
            return faults.add(Track::Video, FaultKind::Deadline);
        }
        if !started && !packet.is_key() {
            faults.add(Track::Video, FaultKind::NoKeyframe);
            continue;
        }
        started = true;
        if plan.mode == Mode::Keyframes && !packet.is_key() {
            continue;
        }
        if let Err(error) = decoder.send_packet(packet) {
            faults.add(Track::Video, FaultKind::Decode(error.to_string()));
        }
        if !receive(decoder, plan, choice, sink, faults) {
            return;
        }
    }
    if let Err(error) = decoder.send_eof() {
        faults.add(Track::Video, FaultKind::Decode(error.to_string()));
    }
    receive(decoder, plan, choice, sink, faults);
}

/// Takes what the decoder has ready; false where no more pictures may be handed out.
fn receive(
    decoder: &mut decoder::Video,
    plan: &Plan<'_>,
    choice: &mut Choice,
    sink: &mut dyn FnMut(Shot),
    faults: &mut Faults,
) -> bool {
    loop {
        let mut frame = frame::Video::empty();
        match decoder.receive_frame(&mut frame) {
            Ok(()) => {}
            Err(Error::Eof | Error::Other { errno: ffmpeg_next::error::EAGAIN }) => return true,
            Err(error) => {
                faults.add(Track::Video, FaultKind::Decode(error.to_string()));
                return true;
            }
        }
        if frame.is_corrupt() || frame.has_decode_errors() {
            faults.add(Track::Video, FaultKind::Concealed);
        }
        if choice.taken >= plan.limits.pictures {
            faults.add(Track::Video, FaultKind::Limit("pictures"));
            return false;
        }
        choice.consider(frame, plan, sink, faults);
    }
}

/// Chooses among the frames as they come.
struct Choice {
    grid: Option<Grid>,
    previous: Option<MediaTime>,
    /// The newest frame, as long as it was not taken: it may have to serve the last grid point.
    spare: Option<Shot>,
    taken: usize,
}

impl Choice {
    /// `None` where the mode asks for nothing.
    fn new(plan: &Plan<'_>) -> Option<Self> {
        let grid = match plan.mode {
            Mode::Sampled { per_second } => Some(Grid::new(per_second, plan.clock.start())?),
            Mode::Keyframes | Mode::Full => None,
        };
        Some(Self { grid, previous: None, spare: None, taken: 0 })
    }

    fn is_sparse(&self, plan: &Plan<'_>) -> bool {
        self.grid.as_ref().is_some_and(|grid| grid.is_sparse(plan.frame))
    }

    fn consider(
        &mut self,
        frame: frame::Video,
        plan: &Plan<'_>,
        sink: &mut dyn FnMut(Shot),
        faults: &mut Faults,
    ) {
        let next = self
            .previous
            .map_or(plan.clock.start(), |previous| previous + plan.frame.unwrap_or(Span::from_millis(1)));
        let stamp = plan.packets.micros(frame.pts().or_else(|| frame.timestamp()));
        let at = match stamp.map(|micros| plan.clock.place(micros)) {
            // The leading pictures of an open group refer to a segment that is not here.
            Some(Some(at)) if at < plan.clock.start() => return,
            Some(Some(at)) => at,
            Some(None) => {
                faults.add(Track::Video, FaultKind::Timestamp);
                next
            }
            None => next,
        };
        self.previous = Some(at);
        let shot = Shot { at, keyframe: frame.is_key(), frame };
        if self.grid.as_mut().is_none_or(|grid| grid.takes(at)) {
            self.spare = None;
            self.taken += 1;
            sink(shot);
        } else {
            self.spare = Some(shot);
        }
    }

    fn finish(&mut self, plan: &Plan<'_>, sink: &mut dyn FnMut(Shot)) {
        let lacks = self.grid.as_ref().is_some_and(|grid| grid.lacks(plan.end));
        if let Some(shot) = self.spare.take().filter(|_| lacks) {
            sink(shot);
        }
    }
}

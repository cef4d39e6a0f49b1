//! Decoded frames to packed RGB of the wanted size, on as many threads as asked for.
//!
//! A picture's bytes depend on its frame alone, and pictures come out in the order in which they went in.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use ffmpeg_next::format::Pixel;
use ffmpeg_next::software::scaling;
use ffmpeg_next::{Error, frame};

use crate::libav::SendScaler;
use crate::video::{Picture, Shot};

/// Frames that may wait per thread: enough that none idles, few because a frame is large.
const WAITING: usize = 2;

/// Scales frames of one form at a time, and starts anew where the form changes.
pub(crate) struct Scaler {
    width: u32,
    height: u32,
    open: Option<(Form, SendScaler)>,
}

#[derive(Debug, PartialEq)]
struct Form {
    format: Pixel,
    width: u32,
    height: u32,
    space: ffmpeg_next::color::Space,
    range: ffmpeg_next::color::Range,
}

impl Scaler {
    pub(crate) fn new(width: u32, height: u32) -> Self {
        Self { width, height, open: None }
    }

    fn scale(&mut self, frame: &frame::Video) -> Result<Vec<u8>, Error> {
        let form = Form {
            format: frame.format(),
            width: frame.width(),
            height: frame.height(),
            space: frame.color_space(),
            range: frame.color_range(),
        };
        if self.open.as_ref().is_none_or(|(open, _)| *open != form) {
            // Bilinear in this library averages over the whole source area when it shrinks a picture.
            let scaler = scaling::Context::get(
                form.format,
                form.width,
                form.height,
                Pixel::RGB24,
                self.width,
                self.height,
                scaling::Flags::BILINEAR,
            )?;
            self.open = Some((form, SendScaler::new(scaler, frame)));
        }
        let Some((_, scaler)) = self.open.as_mut() else { return Err(Error::Bug) };
        let mut scaled = frame::Video::empty();
        scaler.run(frame, &mut scaled)?;
        let (row, stride) = (self.width as usize * 3, scaled.stride(0));
        let mut rgb = Vec::with_capacity(row * self.height as usize);
        for line in scaled.data(0).chunks(stride.max(1)).take(self.height as usize) {
            rgb.extend_from_slice(line.get(..row).ok_or(Error::Bug)?);
        }
        Ok(rgb)
    }

    fn picture(&mut self, shot: &Shot) -> Result<Picture, Error> {
        let rgb = self.scale(&shot.frame)?;
        Ok(Picture { at: shot.at, width: self.width, height: self.height, keyframe: shot.keyframe, rgb })
    }
}

/// Runs `decode`, which hands its frames to the scalers, and collects their pictures. One scaler works on the
/// calling thread, several on threads of their own.
pub(crate) fn scale_all(
    scalers: &mut [Scaler],
    decode: impl FnOnce(&mut dyn FnMut(Shot)),
) -> Vec<Result<Picture, Error>> {
    if let [scaler] = scalers {
        let mut pictures = Vec::new();
        decode(&mut |shot| pictures.push(scaler.picture(&shot)));
        return pictures;
    }
    let (frames, waiting): (SyncSender<(usize, Shot)>, Receiver<_>) = sync_channel(WAITING * scalers.len());
    let waiting = Mutex::new(waiting);
    let mut pictures = std::thread::scope(|scope| {
        let workers: Vec<_> = scalers
            .iter_mut()
            .map(|scaler| {
                let waiting = &waiting;
                scope.spawn(move || {
                    let mut done = Vec::new();
                    loop {
                        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
                        let Ok((index, shot)) = next else { return done };
                        done.push((index, scaler.picture(&shot)));
                    }
                })
            })
            .collect();
        let mut count = 0;
        decode(&mut |shot| {
            // Sending fails only when every worker has gone, which the joins below show.
            if frames.send((count, shot)).is_ok() {
                count += 1;
            }
        });
        drop(frames);
        let mut pictures = Vec::with_capacity(count);
        for worker in workers {
            match worker.join() {
                Ok(done) => pictures.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        pictures
    });
    pictures.sort_by_key(|(index, _)| *index);
    pictures.into_iter().map(|(_, picture)| picture).collect()
}

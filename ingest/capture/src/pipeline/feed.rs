//! Where the bytes of a sender that pushes to us go in.

use std::time::Duration;

use gstreamer as gst;
use gstreamer_app as gst_app;

use super::{Over, Shared};

/// Bytes that wait to be demuxed. When they are reached the sender's socket is no longer read.
const WAITING: u64 = 4 << 20;

/// The input of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Feed {
    source: gst_app::AppSrc,
    shared: Shared,
}

impl Feed {
    pub(super) fn new(source: gst_app::AppSrc, shared: Shared) -> Self {
        Self { source, shared }
    }

    /// Whether the connection behind it is over.
    pub(crate) fn is_over(&self) -> bool {
        self.shared.lock().over.is_some()
    }

    /// Puts bytes in; `false` when the connection is over.
    pub(crate) fn push(&self, bytes: Vec<u8>) -> bool {
        while self.source.current_level_bytes() > WAITING {
            if self.is_over() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.source.push_buffer(gst::Buffer::from_mut_slice(bytes)).is_ok()
    }

    /// The sender said that it is done.
    pub(crate) fn end(&self) {
        if self.source.end_of_stream().is_err() {
            self.shared.over(Over::Ended);
        }
    }

    /// The sender is gone without having said so; what it sent before still counts.
    pub(crate) fn lose(&self, why: &str) {
        self.shared.lock().lost = Some(why.to_owned());
        if self.source.end_of_stream().is_err() {
            self.shared.over(Over::Broken(why.to_owned()));
        }
    }
}

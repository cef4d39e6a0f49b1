//! Bodies that arrive piece by piece from a task.
//!
//! Invariant: a body holds no more than its channel does; a reader that leaves ends the task at its next piece.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::sync::mpsc;

/// The receiving end of a body.
pub(crate) struct Pieces(mpsc::Receiver<Result<Bytes, std::io::Error>>);

/// The sending end of a body.
pub(crate) type Sender = mpsc::Sender<Result<Bytes, std::io::Error>>;

/// A channel whose receiving end is a body.
pub(crate) fn channel(waiting: usize) -> (Sender, axum::body::Body) {
    let (sender, receiver) = mpsc::channel(waiting);
    (sender, axum::body::Body::new(Pieces(receiver)))
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }
}

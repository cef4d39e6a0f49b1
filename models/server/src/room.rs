//! One room's way to a shared encoder, which looks like an encoder of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kairos_transformers::{PictureEncoder, Rgb, TextEncoder, TransformerError};

use crate::kind::{Kind, OwnedPicture, Pictures, Texts};
use crate::server::Server;

/// How long a room waits for its encoders. All that a room asks by shares one, which can be changed while it asks.
#[derive(Clone, Debug)]
pub struct Patience(Arc<AtomicU64>);

/// A wait without an end.
const FOR_EVER: u64 = u64::MAX;

impl Patience {
    /// As long as it takes, as replays do.
    #[must_use]
    pub fn for_ever() -> Self {
        Self(Arc::new(AtomicU64::new(FOR_EVER)))
    }

    /// At most so long, as live rooms do; without a limit for ever.
    #[must_use]
    pub fn at_most(limit: Option<Duration>) -> Self {
        let patience = Self::for_ever();
        patience.set(limit);
        patience
    }

    /// From now on at most so long; without a limit for ever.
    pub fn set(&self, limit: Option<Duration>) {
        let micros = |limit: Duration| u64::try_from(limit.as_micros()).unwrap_or(FOR_EVER);
        self.0.store(limit.map_or(FOR_EVER, micros), Ordering::Relaxed);
    }

    fn limit(&self) -> Option<Duration> {
        let micros = self.0.load(Ordering::Relaxed);
        (micros != FOR_EVER).then(|| Duration::from_micros(micros))
    }
}

/// A room's way to a shared encoder.
pub struct RoomHandle<K: Kind> {
    server: Arc<Server<K>>,
    encoder: Arc<K::Encoder>,
    room: u64,
    patience: Patience,
}

impl<K: Kind> std::fmt::Debug for RoomHandle<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RoomHandle").field("room", &self.room).field("encoder", &self.encoder).finish()
    }
}

impl<K: Kind> RoomHandle<K> {
    pub(crate) fn new(
        server: Arc<Server<K>>,
        encoder: Arc<K::Encoder>,
        room: u64,
        patience: Patience,
    ) -> Self {
        Self { server, encoder, room, patience }
    }

    fn ask(&self, items: Vec<K::Item>) -> Result<Vec<Vec<f32>>, TransformerError> {
        if items.is_empty() {
            return Ok(Vec::new());
        }
        self.server.core().ask(self.room, &self.encoder, items, self.patience.limit())
    }
}

impl<K: Kind> Drop for RoomHandle<K> {
    fn drop(&mut self) {
        self.server.core().close();
    }
}

impl TextEncoder for RoomHandle<Texts> {
    fn width(&self) -> usize {
        self.encoder.width()
    }

    fn digest(&self) -> &str {
        self.encoder.digest()
    }

    fn count_tokens(&self, texts: &[&str]) -> Result<Vec<usize>, TransformerError> {
        self.encoder.count_tokens(texts)
    }

    fn pads(&self) -> bool {
        self.encoder.pads()
    }

    fn encode_texts(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, TransformerError> {
        self.ask(texts.iter().map(|text| (*text).to_owned()).collect())
    }
}

impl PictureEncoder for RoomHandle<Pictures> {
    fn width(&self) -> usize {
        self.encoder.width()
    }

    fn digest(&self) -> &str {
        self.encoder.digest()
    }

    fn picture_size(&self) -> (u32, u32) {
        self.encoder.picture_size()
    }

    fn encode_pictures(&self, pictures: &[Rgb<'_>]) -> Result<Vec<Vec<f32>>, TransformerError> {
        let owned = |picture: &Rgb<'_>| OwnedPicture {
            width: picture.width,
            height: picture.height,
            bytes: picture.bytes.to_vec(),
        };
        self.ask(pictures.iter().map(owned).collect())
    }
}

//! Vectors of what was seen lately, shared by all rooms: chats repeat themselves, and a unit's picture is looked at by more than one pass.
//!
//! Bounded; a remembered vector is the same as a new one, so nothing depends on what is remembered.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;

use crate::{PictureEncoder, Rgb, TextEncoder, TransformerError};

/// Vectors that are kept: some megabytes.
const KEPT: NonZeroUsize = NonZeroUsize::new(4_096).expect("not zero");

type Vectors = Mutex<LruCache<blake3::Hash, Arc<[f32]>>>;

/// An encoder with a memory.
pub struct Remembered<E: ?Sized> {
    known: Arc<Vectors>,
    encoder: Arc<E>,
}

impl<E: ?Sized> std::fmt::Debug for Remembered<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remembered").finish_non_exhaustive()
    }
}

impl<E: ?Sized> Remembered<E> {
    /// Around an encoder.
    pub fn new(encoder: Arc<E>) -> Self {
        Self { known: Arc::new(Mutex::new(LruCache::new(KEPT))), encoder }
    }

    /// The encoder.
    pub fn encoder(&self) -> &Arc<E> {
        &self.encoder
    }

    /// Another way to the same encoder, with the same memory.
    pub fn by<F>(&self, way: Arc<F>) -> Remembered<F> {
        Remembered { known: self.known.clone(), encoder: way }
    }

    /// Vectors by key; `encode` is asked once for each that is not known, by its place in `keys`.
    fn look_up(
        &self,
        keys: &[blake3::Hash],
        encode: impl FnOnce(&[usize]) -> Result<Vec<Vec<f32>>, TransformerError>,
    ) -> Result<Vec<Vec<f32>>, TransformerError> {
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<Option<Arc<[f32]>>> = {
            let mut known = lock();
            keys.iter().map(|key| known.get(key).cloned()).collect()
        };
        let missing: Vec<usize> =
            (0..keys.len()).filter(|&at| found[at].is_none() && !keys[..at].contains(&keys[at])).collect();
        if !missing.is_empty() {
            let vectors = encode(&missing)?;
            let mut known = lock();
            for (at, vector) in missing.into_iter().zip(vectors) {
                let vector: Arc<[f32]> = vector.into();
                known.put(keys[at], vector.clone());
                for (slot, key) in found.iter_mut().zip(keys) {
                    if *key == keys[at] {
                        *slot = Some(vector.clone());
                    }
                }
            }
        }
        Ok(found.into_iter().flatten().map(|vector| vector.to_vec()).collect())
    }
}

impl<E: TextEncoder + ?Sized> TextEncoder for Remembered<E> {
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
        let keys: Vec<_> = texts.iter().map(|text| blake3::hash(text.as_bytes())).collect();
        self.look_up(&keys, |missing| {
            let texts: Vec<&str> = missing.iter().map(|&at| texts[at]).collect();
            self.encoder.encode_texts(&texts)
        })
    }
}

impl<E: PictureEncoder + ?Sized> PictureEncoder for Remembered<E> {
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
        let key = |picture: &Rgb<'_>| {
            let mut hasher = blake3::Hasher::new();
            hasher.update(&picture.width.to_le_bytes());
            hasher.update(&picture.height.to_le_bytes());
            hasher.update(picture.bytes);
            hasher.finalize()
        };
        let keys: Vec<_> = pictures.iter().map(key).collect();
        self.look_up(&keys, |missing| {
            let pictures: Vec<Rgb<'_>> = missing.iter().map(|&at| pictures[at]).collect();
            self.encoder.encode_pictures(&pictures)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Debug, Default)]
    struct Counting(AtomicUsize);

    impl TextEncoder for Counting {
        fn width(&self) -> usize {
            1
        }

        fn digest(&self) -> &str {
            "counting"
        }

        fn encode_texts(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, TransformerError> {
            self.0.fetch_add(texts.len(), Ordering::Relaxed);
            Ok(texts.iter().map(|text| vec![text.len() as f32]).collect())
        }
    }

    #[test]
    fn what_was_seen_is_not_encoded_again() -> Result<(), TransformerError> {
        let counting = Arc::new(Counting::default());
        let remembered = Remembered::new(counting.clone());
        assert_eq!(remembered.encode_texts(&["a", "bb", "a"])?, [[1.0], [2.0], [1.0]]);
        assert_eq!(remembered.encode_texts(&["ccc", "bb"])?, [[3.0], [2.0]]);
        assert!(remembered.encode_texts(&[])?.is_empty());
        assert_eq!(counting.0.load(Ordering::Relaxed), 3);
        Ok(())
    }
}

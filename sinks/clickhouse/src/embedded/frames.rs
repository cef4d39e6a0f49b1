//! ClickHouse's own compression of a request body (`decompress=1`): CityHash128, 0x82, two sizes, an LZ4 block.
//!
//! Invariants: a frame is believed only when its checksum agrees; sizes are checked before memory is taken.

use bytes::{Buf, Bytes};

const CHECKSUM: usize = 16;
const HEADER: usize = 9;
const LZ4: u8 = 0x82;
/// ClickHouse's own limit of a frame is 1 GiB; its clients write frames of 1 MiB or less.
const LONGEST: usize = 64 << 20;

/// All frames of a body, in order.
pub(super) fn decompress(mut body: Bytes) -> Result<Vec<Bytes>, String> {
    let mut pieces = Vec::new();
    while body.has_remaining() {
        if body.remaining() < CHECKSUM + HEADER {
            return Err(format!("a compressed frame is cut: {} bytes are left", body.remaining()));
        }
        let checksum = body.get_u128_le();
        let mut header = &body[..HEADER];
        let (method, compressed, plain) = (header.get_u8(), header.get_u32_le(), header.get_u32_le());
        let (compressed, plain) = (compressed as usize, plain as usize);
        if method != LZ4 {
            return Err(format!("compression method {method:#04x} is not LZ4"));
        }
        if compressed < HEADER || compressed > body.remaining() || plain > LONGEST {
            return Err(format!("a frame of {compressed} bytes for {plain} does not fit"));
        }
        let frame = body.split_to(compressed);
        if cityhash_rs::cityhash_102_128(&frame).rotate_right(64) != checksum {
            return Err("the checksum of a compressed frame does not agree".to_owned());
        }
        let block =
            lz4_flex::block::decompress(&frame[HEADER..], plain).map_err(|error| error.to_string())?;
        if block.len() != plain {
            return Err(format!("a frame holds {} bytes instead of {plain}", block.len()));
        }
        pieces.push(block.into());
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(plain: &[u8]) -> Vec<u8> {
        let block = lz4_flex::block::compress(plain);
        let mut frame = vec![LZ4];
        frame.extend(u32::try_from(block.len() + HEADER).unwrap().to_le_bytes());
        frame.extend(u32::try_from(plain.len()).unwrap().to_le_bytes());
        frame.extend(block);
        let checksum = cityhash_rs::cityhash_102_128(&frame).rotate_right(64);
        [checksum.to_le_bytes().to_vec(), frame].concat()
    }

    proptest! {
        #[test]
        fn frames_come_back_in_order(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..2000), 0..4)) {
            let body: Vec<u8> = pieces.iter().flat_map(|piece| frame(piece)).collect();
            let back = decompress(body.into()).unwrap();
            prop_assert_eq!(back.concat(), pieces.concat());
        }

        #[test]
        fn a_flipped_bit_is_seen(plain in prop::collection::vec(any::<u8>(), 1..500), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let mut body = frame(&plain);
            let at = at.index(body.len());
            body[at] ^= 1 << bit;
            prop_assert!(decompress(body.into()).is_err());
        }

        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let frames = decompress(body.clone().into());
            prop_assert!(frames.is_err() || body.is_empty());
        }
    }
}

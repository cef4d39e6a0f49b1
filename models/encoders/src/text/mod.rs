//! Text of live rooms to vectors without a vocabulary: words, then signed feature hashing.
//!
//! The hash is defined here byte by byte, so that vectors agree between machines and versions.

mod hashing;
mod squeeze;
mod words;

pub(crate) use hashing::{Features, HashingParameters};
pub(crate) use squeeze::squeeze;
pub(crate) use words::{Word, WordKind, words};

/// Seeded 64-bit hash of bytes: FNV-1a, then the finaliser of splitmix64 to spread the low bits.
pub(crate) fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ mix(seed);
    mix(bytes.iter().fold(start, |state, &byte| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
}

/// Bijective mixing of 64 bits (splitmix64).
pub(crate) fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    #[test]
    fn hash_is_the_same_everywhere() {
        // Computed apart, in Python integers.
        assert_eq!(super::hash(0, b""), GOLDEN[0]);
        assert_eq!(super::hash(1, "草".as_bytes()), GOLDEN[1]);
        assert_eq!(super::hash(0x6b61_6972, b"pogchamp"), GOLDEN[2]);
    }

    const GOLDEN: [u64; 3] = [0x5b21_f68f_fa77_f14c, 0x02b4_3cac_c158_99d5, 0x37d7_d533_940e_37f3];
}

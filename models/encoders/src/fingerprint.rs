//! Digests of encoders that have no weights: of the algorithm's name, revision and parameters.
//!
//! Whoever changes a number that such an encoder returns changes its revision.

/// Hexadecimal digest of an algorithm.
pub(crate) fn of_algorithm(name: &str, revision: u32, parameters: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(format!("{name}\n{revision}\n{parameters}").as_bytes());
    hasher.finalize().to_hex()[..32].to_owned()
}

/// Hexadecimal digest of an algorithm with weights.
pub(crate) fn of_weights(name: &str, revision: u32, parameters: &str, weights: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(format!("{name}\n{revision}\n{parameters}\n").as_bytes());
    hasher.update(weights);
    hasher.finalize().to_hex()[..32].to_owned()
}

//! Networks whose weights lie in a file: their layers, their loading, and the encoders made of them.
//!
//! Pictures and spectrograms are matrices of `rows * columns` by channels, so that a pointwise convolution is one matrix
//! product and a depthwise one runs along channels.

mod convolution;
mod faces;
mod full;
mod kernels;
mod mobilenet;
mod yamnet;

pub use faces::{Face, FaceEncoder, Share as FaceShare};
pub use mobilenet::MobileNetEncoder;
pub use yamnet::YamNetEncoder;

//! Numbers of a tensor, whatever it stores them as.
//!
//! Invariants: as many numbers as the shape says, or none.

use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// All numbers of a tensor in row order; `None` for a type that isn't understood.
pub(super) fn all(view: &TensorView<'_>) -> Option<Vec<f64>> {
    let bytes = view.data();
    Some(match view.dtype() {
        Dtype::F64 => each(bytes, f64::from_le_bytes),
        Dtype::F32 => each(bytes, |bytes| f64::from(f32::from_le_bytes(bytes))),
        Dtype::F16 => each(bytes, |bytes| half(u16::from_le_bytes(bytes))),
        Dtype::BF16 => {
            each(bytes, |bytes| f64::from(f32::from_bits(u32::from(u16::from_le_bytes(bytes)) << 16)))
        }
        Dtype::I64 => each(bytes, |bytes| i64::from_le_bytes(bytes) as f64),
        Dtype::I32 => each(bytes, |bytes| f64::from(i32::from_le_bytes(bytes))),
        Dtype::I8 => each(bytes, |bytes| f64::from(i8::from_le_bytes(bytes))),
        Dtype::U8 | Dtype::BOOL => each(bytes, |[byte]| f64::from(byte)),
        _ => return None,
    })
}

fn each<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    bytes.as_chunks::<N>().0.iter().map(|bytes| number(*bytes)).collect()
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2.0_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2.0_f64.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::half;

    #[test]
    fn halves_are_those_of_the_standard() {
        assert_eq!(
            [0x3c00, 0xc000, 0x3555, 0x0001, 0x7bff].map(half),
            [1.0, -2.0, 0.333_251_953_125, 2.0_f64.powi(-24), 65504.0]
        );
        assert_eq!(half(0xfc00), f64::NEG_INFINITY);
        assert!(half(0x7e00).is_nan());
    }
}

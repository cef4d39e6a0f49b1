//! Pictures of any size to the size an encoder wants.
//!
//! Integer box means, so that the bytes are the same on every machine; enlarging repeats pixels.

use crate::PictureView;

/// Resamples a checked picture to `width` x `height`, three bytes per pixel.
pub(crate) fn resample(picture: &PictureView<'_>, width: u32, height: u32) -> Vec<u8> {
    if (picture.width, picture.height) == (width, height) {
        return picture.rgb.to_vec();
    }
    let columns = spans(picture.width, width);
    let stride = picture.width as usize * 3;
    let mut out = Vec::with_capacity(width as usize * height as usize * 3);
    for (top, bottom) in spans(picture.height, height) {
        for &(left, right) in &columns {
            let mut sums = [0_u64; 3];
            for row in top..bottom {
                for pixel in picture.rgb[row * stride + left * 3..row * stride + right * 3].chunks_exact(3) {
                    sums.iter_mut().zip(pixel).for_each(|(sum, &byte)| *sum += u64::from(byte));
                }
            }
            let count = ((bottom - top) * (right - left)) as u64;
            out.extend(sums.map(|sum| ((sum + count / 2) / count) as u8));
        }
    }
    out
}

/// Source span of every target position, never empty.
fn spans(source: u32, target: u32) -> Vec<(usize, usize)> {
    let edge = |i: u32| (u64::from(i) * u64::from(source) / u64::from(target)) as usize;
    (0..target).map(|i| (edge(i), edge(i + 1).max(edge(i) + 1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn box_means_keep_flat_colour_and_average_halves() {
        let flat = [10_u8, 20, 30].repeat(7 * 5);
        let view = PictureView { at_us: 0, width: 7, height: 5, rgb: &flat };
        assert_eq!(resample(&view, 3, 2), [10, 20, 30].repeat(6));
        assert_eq!(resample(&view, 20, 9), [10, 20, 30].repeat(180));
        let halves = [0, 0, 0, 200, 100, 50];
        let view = PictureView { at_us: 0, width: 2, height: 1, rgb: &halves };
        assert_eq!(resample(&view, 1, 1), [100, 50, 25]);
    }
}
